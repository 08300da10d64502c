"""How a set-up of `tests/setups.py` is changed: what `tests/planted_setups.py` plants."""

import hashlib
import logging
import socket
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from copy import deepcopy
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from shutil import copytree
from typing import Any, Final

from sqlalchemy import text, update

from compliance import clock
from compliance.service.check import limits
from compliance.store.tables import Published
from tests import stores
from tests.engine import RULES
from tests.integration.test_mail_server import Server
from tests.service_states import FORMS
from tests.serving_sockets import dripping_port, free_port, silent_port
from tests.setups import (
    COLUMNS,
    MAPPING,
    ROWS,
    PlantSetup,
    Setup,
    as_files,
    authority,
    log_in,
    server_tls,
)
from tests.time_stamping import Signer, Stamper, needs_openssl
from tests.time_stamping import authority as stamp_authority
from tests.web_server import answer

HTML: Final = b"<!DOCTYPE html><html><title>Sign in</title><form action=/login></form></html>"


def setting(old: str, new: str) -> PlantSetup:
    return lambda setup: setup.set(old, new)


def both(*plants: PlantSetup) -> PlantSetup:
    return lambda setup: [plant(setup) for plant in plants]


def crimes(body: bytes = HTML, status: str = "200 OK", **headers: Any) -> PlantSetup:
    """What the crime system answers in place of its records."""
    return lambda setup: setattr(setup, "crimes", answer(body, status, **headers))


def directory(body: bytes = HTML, status: str = "200 OK", **headers: Any) -> PlantSetup:
    return lambda setup: setattr(setup, "directory", answer(body, status, **headers))


def officer(number: int, **fields: Any) -> PlantSetup:
    return lambda setup: setup.officers[number].update(fields)


def published(altered: bool) -> PlantSetup:
    """The newest report, all of whose files but one were moved away since."""

    def plant(setup: Setup) -> None:
        folder = setup.folder / "var" / "reports"
        folder.mkdir(parents=True)
        (folder / "2026-W27-board.csv").write_bytes(b"figure,value\nmet,70\n")
        digest = hashlib.sha256(b"figure,value\nmet,%d\n" % (69 if altered else 70)).hexdigest()
        with setup.state.store.writing() as connection:
            files = {f"2026-W27-board.{form}": digest for form in FORMS}
            connection.execute(update(Published).values(files=files))

    return plant


def without_officer(number: int) -> PlantSetup:
    return lambda setup: setup.officers.pop(number)


def record(change: Callable[[dict[str, Any]], object], count: int = 25) -> PlantSetup:
    """Change some of the records."""
    return lambda setup: [change(each) for each in setup.records[:count]]


def stored(change: Callable[[dict[str, Any]], object], count: int = 3) -> PlantSetup:
    """The records, some with a change, as they were stored when they last changed, which was weeks ago."""

    def plant(setup: Setup) -> None:
        for each in setup.records:
            each["changed_at"] = "2026-07-06T12:00:00Z"
        before = deepcopy(setup.records)
        for each in before[:count]:
            change(each)
        stores.take(setup.state.store, setup.state.now, *before)

    return plant


def file(name: str, content: str, *more: PlantSetup) -> PlantSetup:
    def plant(setup: Setup) -> None:
        (setup.folder / name).parent.mkdir(exist_ok=True)
        (setup.folder / name).write_text(content)

    return both(plant, *more)


# ── settings and this machine ────────────────────────────────────────────────────────────────────────────────────────


def no_time_zones(setup: Setup) -> None:
    """Neither those of the machine nor those of the package."""
    setup.patch.setattr("zoneinfo._tzpath.TZPATH", ())
    for name in [*(name for name in sys.modules if name.startswith("tzdata")), "tzdata"]:
        setup.patch.setitem(sys.modules, name, None)


def own_templates(part: str) -> PlantSetup:
    """The templates supplied, with something more in the email to officers."""

    def plant(setup: Setup) -> None:
        own = setup.folder / "own"
        copytree(RULES.parent / "templates" / "email", own)
        digest = own / "digest.txt.j2"
        digest.write_text(digest.read_text("utf-8") + part, "utf-8")
        setup.set("# templates = ", 'templates = "own"')

    return plant


def token(content: bytes) -> PlantSetup:
    def plant(setup: Setup) -> None:
        (setup.folder / "token").write_bytes(content)
        (setup.folder / "token").chmod(0o600)
        setup.set("# token = ", 'token = "file:token"')

    return plant


def pages(*lines: str, port: int | None = None, listen: str = "127.0.0.1") -> PlantSetup:
    """The pages switched on; `lines`: how one signs in, and who."""
    said = "\n".join(lines) or 'user_header = "X-Remote-User"\nroles = { officer = ["Officers"] }'

    def plant(setup: Setup) -> None:
        setup.set("# port = 8480", f"port = {port or free_port()}")
        setup.set('listen = "127', f'listen = "{listen}"')
        setup.set("proxies = ", 'proxies = ["127.0.0.1"]')
        setup.set("roles = ", said)

    return plant


def openid_pages(issuer: str, secret: bool = True) -> PlantSetup:
    """The pages, where people sign in at a provider."""

    def plant(setup: Setup) -> None:
        if secret:
            (setup.folder / "openid-secret").write_text("swordfish-1")
            (setup.folder / "openid-secret").chmod(0o600)
        provider = f'issuer = "{issuer}"\nclient_id = "x"\nclient_secret = "file:openid-secret"'
        address = 'address = "https://victims.force.example"'
        pages(f'roles = {{ officer = ["Officers"] }}\n[web.openid]\n{provider}\n{address}')(setup)

    return plant


def secret_of_mode(mode: int) -> PlantSetup:
    def plant(setup: Setup) -> None:
        (setup.folder / "token").write_text("swordfish-1")
        (setup.folder / "token").chmod(mode)
        setup.set("# token = ", 'token = "file:token"')

    return plant


def own_certificate(ends: timedelta, mode: int = 0o600) -> PlantSetup:
    def plant(setup: Setup) -> None:
        until = (setup.state.now + ends).replace(tzinfo=None)
        issued = authority().issue_cert("monitor@force.example", not_after=until)
        own = setup.folder / "own.pem"
        own.write_bytes(b"".join(each.bytes() for each in (issued.private_key_pem, *issued.cert_chain_pems)))
        own.chmod(mode)
        setup.set("# certificate = ", 'certificate = "own.pem"')

    return plant


def folder_in_the_way(setup: Setup) -> None:
    (setup.folder / "exports" / "done").write_text("")


# ── the database ─────────────────────────────────────────────────────────────────────────────────────────────────────


def database_file(setup: Setup) -> Path:
    return Path(setup.state.url.removeprefix("sqlite:///"))


def damaged(setup: Setup) -> None:
    """The root of the index that is never needed to look at how the service is."""
    setup.state.store.close()
    path = database_file(setup)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.execute("PRAGMA journal_mode = DELETE")
        (root,) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'notice'").fetchone()
        (size,) = database.execute("PRAGMA page_size").fetchone()
    whole = bytearray(path.read_bytes())
    whole[(root - 1) * size : root * size] = b"\xa5" * size
    path.write_bytes(whole)


def no_database(setup: Setup) -> None:
    setup.state.store.close()
    database_file(setup).unlink()


def old_schema(setup: Setup) -> None:
    with setup.state.store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))


# ── the crime system ─────────────────────────────────────────────────────────────────────────────────────────────────


def closed_port() -> int:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def crime_system_at(url: str) -> PlantSetup:
    def plant(setup: Setup) -> None:
        setup.keeps_address = False
        setup.set('url = "http://127.0.0.1:8470/crimes"', f'url = "{url}"')
        setup.set("officers_url = ", "")

    return plant


def silent_crime_system(setup: Setup) -> None:
    crime_system_at(f"http://127.0.0.1:{silent_port()}/crimes")(setup)
    setup.set("timeout_seconds = 30", "timeout_seconds = 0.3")


def dripping_crime_system(setup: Setup) -> None:
    """A byte now and then, so that no single wait is long."""
    setup.patch.setattr(limits, "SLACK", 0.5)
    crime_system_at(f"http://127.0.0.1:{dripping_port(b'HTTP/1.1 200 OK')}/crimes")(setup)
    setup.set("timeout_seconds = 30", "timeout_seconds = 0.5")


def over_tls(tls: Callable[[], Any], *, trusted: bool = True) -> PlantSetup:
    def plant(setup: Setup) -> None:
        setup.tls = tls()
        if trusted:
            setup.set('# ca_file = "crime-system-ca.pem"', f'ca_file = "{setup.trust()}"')

    return plant


def dated(off: timedelta) -> PlantSetup:
    return lambda setup: setup.headers.update(Date=format_datetime(clock.now() + off))


def with_oauth(*grants: bytes) -> PlantSetup:
    def plant(setup: Setup) -> None:
        setup.patch.setenv("CRIME_SYSTEM_SECRET", "swordfish-2")
        setup.grants = list(grants)
        setup.changes.append(
            (
                r"^# \[crime_system.oauth\](.*\n#){3}.*$",
                '[crime_system.oauth]\ntoken_url = "WEB"\nclient_id = "monitor"\n'
                'client_secret = "env:CRIME_SYSTEM_SECRET"',
            )
        )

    return plant


def mapped(more: str) -> PlantSetup:
    return lambda setup: setattr(setup, "mapping", more)


def rename(old: str, new: str) -> Callable[[dict[str, Any]], None]:
    def change(each: dict[str, Any]) -> None:
        each[new] = each.pop(old)

    return change


def outcome(value: str) -> Callable[[dict[str, Any]], None]:
    return lambda each: each["updates"][0].update(outcome=value)


# ── a folder of exports ──────────────────────────────────────────────────────────────────────────────────────────────


def exports(change: Callable[[Path], object]) -> PlantSetup:
    return both(as_files, lambda setup: change(setup.folder / "exports"))


def pattern(name: str) -> PlantSetup:
    return lambda setup: setup.changes.append(
        (r'crimes = "crimes_\*.csv" \}\nofficers', f'crimes = "{name}" }}\nofficers')
    )


def all_read(folder: Path) -> None:
    (folder / "done").mkdir(mode=0o700)
    (folder / "crimes_1.csv").rename(folder / "done" / "crimes_1.csv")


# ── a database of crimes ─────────────────────────────────────────────────────────────────────────────────────────────


def as_database(setup: Setup, crimes_query: str = "SELECT * FROM crimes WHERE changed_at >= :changed_since") -> None:
    path = setup.folder / "crimes.db"
    with closing(sqlite3.connect(path)) as database:
        columns = (*COLUMNS, "changed_at")
        database.execute(f"CREATE TABLE crimes ({', '.join(columns)})")
        marks = ", ".join("?" * len(columns))
        insert = f"INSERT INTO crimes VALUES ({marks})"  # noqa: S608
        database.executemany(insert, [(*row, "2026-07-07 10:00") for row in ROWS])
        database.execute("CREATE TABLE officers (officer_ref, email, supervisor_ref, role, team, division)")
        keys = ("officer_ref", "email", "supervisor_ref", "role", "team", "division")
        rows = [tuple(each.get(key) for key in keys) for each in setup.officers]
        database.executemany("INSERT INTO officers VALUES (?, ?, ?, ?, ?, ?)", rows[:3])
        database.commit()
    setup.patch.setenv("CRIME_DATABASE_URL", f"sqlite:///{path}")
    setup.keeps_address = False
    setup.changes += [
        ('^kind = "http"', 'kind = "database"'),
        ('^url = "http.*$', ""),
        ("^officers_url = .*$", ""),
        (
            r"^# \[crime_system.database\](.*\n#){4}.*$",
            '[crime_system.database]\nurl = "env:CRIME_DATABASE_URL"\nofficers = "SELECT * FROM officers"\n'  # noqa: S608
            f"queries = {{ crimes = '''{crimes_query}''' }}",
        ),
    ]
    setup.mapping = MAPPING


def query(said: str) -> PlantSetup:
    return lambda setup: as_database(setup, said)


def database_url(url: str) -> PlantSetup:
    return lambda setup: setup.patch.setenv("CRIME_DATABASE_URL", url)


# ── the mail server ──────────────────────────────────────────────────────────────────────────────────────────────────


def dripping_mail_server(setup: Setup) -> None:
    setup.patch.setattr(limits, "SLACK", 0.5)
    setup.mail_port = dripping_port(b"220-")
    setup.changes.append((r"^timeout_seconds = 30\n# per_minute", "timeout_seconds = 0.5\n# per_minute"))


def silent_mail_server(setup: Setup) -> None:
    setup.mail_port = silent_port()
    setup.changes.append((r"^timeout_seconds = 30\n# per_minute", "timeout_seconds = 0.3\n# per_minute"))


def with_stamps(address: str = "WEB", trusted: Signer | None = None) -> PlantSetup:
    """A time-stamping service, beside the crime system unless it is elsewhere, and who is trusted for its stamps."""

    def plant(setup: Setup) -> None:
        needs_openssl()
        setup.granting = Stamper(setup.folder / "tsa")
        (setup.folder / "trusted.pem").write_bytes((trusted or stamp_authority()).pem)
        setup.set("# timestamp_url = ", f'timestamp_url = "{address}"')
        setup.set("# authority = ", 'authority = "trusted.pem"')

    return plant


def with_maildir(name: str | None, address: str = "bounces@force.example") -> PlantSetup:
    """A mailbox of bounces on this machine, or none where the settings say that one is."""

    def plant(setup: Setup) -> None:
        for folder in ("new", "cur") if name else ():
            (setup.folder / name / folder).mkdir(parents=True)  # type: ignore[operator]
        setup.set(r"# \[mail.inbound\]", "[mail.inbound]")
        setup.set("# bounce_address = ", f'bounce_address = "{address}"')
        setup.set("# maildir = ", f'maildir = "{name or "none"}"')

    return plant


def with_imap(port: Callable[[], int], *, secret: bool = True) -> PlantSetup:
    """A mailbox of bounces on a server that is not there, or says nothing."""

    def plant(setup: Setup) -> None:
        if secret:
            setup.patch.setenv("IMAP_PASSWORD", "swordfish-3")
        place = f'host = "127.0.0.1"\nport = {port()}\nusername = "bounces"\ntimeout_seconds = 0.3'
        setup.set(r"# \[mail.inbound\]", "[mail.inbound]")
        setup.set("# bounce_address = ", 'bounce_address = "bounces@force.example"')
        setup.set("# maildir = ", place)
        setup.set('# password = "env:IMAP_PASSWORD"', 'password = "env:IMAP_PASSWORD"')

    return plant


def secured(security: str, *, tls: Callable[[], Any] | None = server_tls, trusted: bool = True) -> PlantSetup:
    def plant(setup: Setup) -> None:
        setup.set('security = "plain"', f'security = "{security}"')
        if trusted:
            setup.set('# ca_file = "mail-ca.pem"', f'ca_file = "{setup.trust()}"')
        if tls is not None and security == "tls":
            setup.implicit = tls()
        elif tls is not None:
            setup.mail_options |= {"tls_context": tls(), "require_starttls": True}

    return plant


def with_login(password: str = "swordfish-4", *, offered: bool = True) -> PlantSetup:  # noqa: S107
    def plant(setup: Setup) -> None:
        setup.patch.setenv("SMTP_PASSWORD", password)
        setup.set("# username = ", 'username = "service"')
        setup.set("# password = ", 'password = "env:SMTP_PASSWORD"')
        if offered:
            setup.mail_options |= {"authenticator": log_in, "auth_require_tls": False}

    return plant


def without_log(setup: Setup) -> None:
    """The mail server logs what it does not understand, byte by byte."""
    setup.patch.setattr(logging.getLogger("mail.log"), "disabled", True)


def name_not_known(setup: Setup) -> None:
    whole = socket.getaddrinfo

    def looked_up(host: Any, *more: Any, **options: Any) -> Any:
        if host == "mail.force.example":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return whole(host, *more, **options)

    setup.patch.setattr(socket, "getaddrinfo", looked_up)
    setup.set('host = "127.0.0.1"', 'host = "mail.force.example"')


def with_test_email(setup: Setup) -> None:
    setup.send_to = "a.tester@force.example"


def answering(**answers: str) -> PlantSetup:
    return lambda setup: setattr(setup, "mail", Server(**answers))


pilot: Final = setting("# allow = ", 'allow = ["o1@force.example", "@force.example"]')
