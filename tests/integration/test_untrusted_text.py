"""Whatever a crime system, a mail server or the name of a file says, no command and no log writes what a terminal obeys.

That nothing gets through is checked in every test of the suite (tests/conftest.py). Here each text that comes from
elsewhere is hostile, and every command is made to show it.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

import click
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert

from compliance.cli import main
from compliance.config import load_settings
from compliance.records import Officer, convert_crime
from compliance.service import Service
from compliance.service.noting.logs import set_up
from compliance.store import Store, migrate, save_officers
from compliance.store.kept.disputes import file_dispute
from compliance.store.kept.trials import RegisteredTrial, store_trial
from compliance.store.tables import VICTIM_CHARACTERISTICS
from tests import web_server
from tests.conftest import OBEYED
from tests.hostile_text import CRIME, HOSTILE, MARK, OFFICER, REFUSED
from tests.integration.test_mail_server import Server, running
from tests.stores import at, take

ROOT: Final = Path(__file__).parents[2]
READ: Final = at("2026-06-16 05:00")
MORNING: Final = at("2026-06-16 07:00")
SAID: Final = HOSTILE.partition("\r")[0]
"""As much of it as a protocol of lines carries."""
Run = Callable[..., Result]


def test_every_free_text_of_the_record_format_is_hostile_here() -> None:
    """One for each field that the format's module declares as a reference or a text."""
    assert convert_crime(CRIME)
    of_a_crime = (ROOT / "compliance" / "records" / "wire.py").read_text("utf-8").partition("class Absence")[0]
    assert json.dumps(CRIME).count("owned") == len(re.findall(r"^    \w+: (Ref|Text)\b", of_a_crime, re.MULTILINE))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A force that holds a crime, an officer and a refused record, each hostile wherever text is free."""
    path = tmp_path / "config.toml"
    path.write_text((ROOT / "config.toml").read_text("utf-8"), "utf-8")
    url = load_settings(path).database_url
    migrate(url)
    store = Store.open(url)
    save_officers(store, [msgspec.convert(OFFICER, Officer)], READ)
    take(store, READ, CRIME, REFUSED)
    store.close()
    (tmp_path / "good.ndjson").write_text(json.dumps(CRIME))
    (tmp_path / "bad.ndjson").write_bytes(REFUSED)
    (tmp_path / "survey.csv").write_text(f'wave,unit,n,satisfied\n2026-05,,10,4\n2026-05,"{OTHER}",9,4\n', "utf-8")
    (tmp_path / "all.ndjson").write_bytes(json.dumps(CRIME).encode() + b"\n" + REFUSED)
    force = tmp_path / "forces" / f"force={quote(HOSTILE, safe='')}"
    force.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist([CRIME]), force / "crimes.parquet")
    return path


@pytest.fixture
def run(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on the morning of 16 June, in the folder of the settings."""
    monkeypatch.chdir(tmp_path)

    def opened(path: Path, now: datetime = MORNING) -> Service:
        settings = load_settings(path)
        set_up(settings.log)
        return Service.open(settings, lambda: now)

    for module in (
        "job_commands",
        "store_commands",
        "outbox_commands",
        "dispute_commands",
        "trial_commands",
        "token_commands",
        "audit_commands",
        "subject_commands",
        "survey_commands",
        "return_commands",
    ):
        monkeypatch.setattr(sys.modules[f"compliance.cli.{module}"], "service_of", opened)

    def invoke(*words: str) -> Result:
        result = CliRunner().invoke(main, list(words))
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


def with_settings(config: Path, *pairs: tuple[str, str]) -> None:
    text = config.read_text("utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    config.write_text(text, "utf-8")


def remind_in_vain(run: Run, config: Path) -> Result:
    """The digests of the morning go to a mail server that refuses them in hostile words."""
    return remind(run, config, Server(rcpt=f"550 {SAID}"))


def remind(run: Run, config: Path, server: Server) -> Result:
    with running(server, enable_SMTPUTF8=True) as port:
        with_settings(config, ("port = 8471", f"port = {port}"))
        return run("remind")


def file_a_dispute(config: Path) -> None:
    """The officer answers the digest in hostile words."""
    with closing(Store.open(load_settings(config).database_url)) as store, store.writing() as connection:
        file_dispute(connection, 1, OFFICER["officer_ref"], f"wrong {HOSTILE}", MORNING)


def hold_a_trial(config: Path) -> None:
    """The one team tries the week's plan."""
    monday, sunday = date(2026, 6, 22), date(2026, 9, 20)
    held = RegisteredTrial("plan", "plan_weekday", "never", "mon", 1.0, "seed", MORNING, monday, sunday)
    with closing(Store.open(load_settings(config).database_url)) as store:
        store_trial(store, held, MORNING.date())


def describe_a_victim(config: Path) -> None:
    """The crime system codes sex in hostile words."""
    row = {"crime_ref": REF, "victim_ref": HOSTILE, "sex": HOSTILE, "seen_at": READ}
    with closing(Store.open(load_settings(config).database_url)) as store, store.writing() as connection:
        connection.execute(insert(VICTIM_CHARACTERISTICS).values(row))


REF: Final = CRIME["crime_ref"]
OTHER: Final = f"other {HOSTILE}"
SHOW: Final[tuple[tuple[str, ...], ...]] = (
    ("explain", REF),
    ("explain", REF, "--format", "json"),
    ("explain", REF, "--format", "html"),
    ("explain", REF, "--policy", "west-mercia", "--input", "good.ndjson"),
    ("explain", OTHER),
    ("explain", f"b {HOSTILE}", "--policy", "west-mercia", "--input", "bad.ndjson"),
    ("whatif", "--set", "7-day.within.days=20", "--from", "2026-06-01", "--to", "2026-06-30"),
    ("whatif", "--set", "7-day.within.days=20", "--from", "2026-06-01", "--to", "2026-06-30", "--format", "json"),
    (
        "evaluate",
        "--policy",
        "west-mercia",
        "--as-at",
        "2026-06-16T07:00:00Z",
        "--input",
        "all.ndjson",
        "--output",
        "-",
    ),
    ("figures", "--dataset", "forces", "--policy", "west-mercia", "--period", "2026-W22", "--by", "force,division"),
    ("remind", "--dry-run"),
    ("notices", REF),
    ("notices", OTHER),
    ("outbox",),
    ("outbox list",),
    ("outbox list", "--format", "json"),
    ("outbox show", "1"),
    ("outbox show", "1", "--format", "json"),
    ("disputes list",),
    ("disputes show", "1"),
    ("disputes answer", "1", "wrong", "--note", HOSTILE),
    ("audit list",),
    ("subject", OFFICER["officer_ref"]),
    ("subject", OFFICER["officer_ref"], "--format", "json"),
    ("trial show",),
    ("survey import", "survey.csv"),
    ("survey show",),
    ("return held", REF),
    ("token create", "a", "--role", "champion", "--division", OTHER),
    ("report cases", "--week", "2026-W24", "--figure", "rate.7-day"),
    ("quarantine list",),
    ("quarantine show", "1"),
    ("demo", "--replay", "bad.ndjson", "--folder", "demo"),
)
"""Those that show what came from elsewhere."""
QUIET: Final[tuple[tuple[str, ...], ...]] = (
    ("outbox retry", "1"),
    ("outbox cancel", "1"),
    ("report", "--week", "2026-W22", "--format", "csv"),
    ("report risk",),
    ("rebuild",),
    ("quarantine retry", "--all"),
    ("retention", "--dry-run"),
    ("retention",),
    ("export", "folder"),
    ("return list",),
    ("return make", "section-6", "--period", "2026-Q1"),
    ("return sign", "section-6", "--period", "2026-Q1", "--role", HOSTILE),
    ("return write", "section-6", "--period", "2026-Q1", "forms"),
    ("return cases", "section-6", "--period", "2026-Q1", "--measure", HOSTILE, "--by", "sex", "--group", HOSTILE),
    ("review draw", "--period", "2026-W22", "--reader", "amy"),
    ("review list",),
    ("review form", "forms"),
    ("review import", "config.toml", "--reader", "amy"),
    ("review show",),
    ("review pack", "pack"),
    ("review close",),
    ("backup", "copy.db"),
    ("restore", "copy.db"),
    ("init", "new"),
    ("audit verify",),
    ("audit stamps",),
    ("check",),
    ("status",),
    ("status", "--json"),
    ("migrate",),
    ("feed restart",),
    ("trial register",),
    ("token create", "a", "--role", "board"),
    ("token list",),
    ("token revoke", "a"),
    ("trial end",),
    ("report release", "2026-W22", "--reason", f"checked {HOSTILE}"),
    ("report suspend", "--until", "2999-12-31", "--reason", f"moved {HOSTILE}"),
    ("report resume",),
    ("maintenance", "2h", "--reason", f"work {HOSTILE}"),
)
"""Those that count."""
ASKING: Final = {"poll", "feed try", "run", "web", "simulate", "inbound", "audit stamp"}
"""Those that speak to another system: the first two below. `simulate` shows nothing but what it made itself, `inbound` and
`audit stamp` nothing but counts."""


def leaves(group: click.Group, name: str = "") -> Iterator[str]:
    for command in group.commands.values():
        full = f"{name} {command.name}".strip()
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield full
        if isinstance(command, click.Group):
            yield from leaves(command, full)


def test_every_command_is_tried() -> None:
    assert {words[0] for words in SHOW + QUIET} | ASKING == set(leaves(main))


@pytest.mark.parametrize(
    "words", SHOW + QUIET, ids=lambda words: words[0] + " " + " ".join(words[1:]).partition("\x1b")[0]
)
def test_what_came_from_elsewhere_is_shown_and_not_obeyed(words: tuple[str, ...], run: Run, config: Path) -> None:
    group = words[0].partition(" ")[0]
    if group in ("notices", "outbox", "disputes"):
        remind_in_vain(run, config)
    if group == "disputes":
        file_a_dispute(config)
    if words[0] == "return held":
        describe_a_victim(config)
    if words[0] == "survey show":
        run("survey", "import", "survey.csv")
    if words[0] == "survey import":
        (config.parent / "survey.csv").write_text(f"wave,unit,n,satisfied\n2026-05,,{SAID},4\n", "utf-8")
    if words[0] in ("trial show", "trial end"):
        hold_a_trial(config)
    if words[0] == "audit list":
        run("explain", OTHER, "--config", str(config))
    done = run(*words[0].split(), *words[1:])
    shown = done.stdout + done.stderr
    assert OBEYED.search(shown) is None
    if "html" not in words:
        assert "\nforged" not in shown, "no text from elsewhere begins a line of its own"
    if words in SHOW:
        assert "owned" in shown, "it is there"
    if "json" in words:
        assert HOSTILE in "".join(_strings(json.loads(done.stdout))), "JSON says what came"


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)
    else:
        yield str(value)


def test_the_words_of_a_mail_server_are_shown_and_not_obeyed(run: Run, config: Path) -> None:
    done = remind(run, config, Server(mail=f"550 {SAID}"))
    assert done.exit_code == 4, done.output
    assert MARK in done.stderr


@pytest.mark.parametrize("words", [("poll",), ("feed", "try")])
def test_a_reason_phrase_is_shown_and_not_obeyed(words: tuple[str, ...], run: Run, config: Path) -> None:
    with web_server.serving() as server:
        server.answers = [web_server.answer(b"", f"404 {SAID}")]
        urls = [("http://127.0.0.1:8470/crimes", server.url), ("http://127.0.0.1:8470/officers", server.url)]
        with_settings(config, *urls)
        done = run(*words)
    assert done.exit_code == 4, done.output
    assert MARK in done.stderr


@pytest.mark.parametrize(
    "name", [f"crimes_{SAID.replace('/', '')}.csv", "crimes_\udcff.csv"], ids=["hostile", "no UTF-8"]
)
def test_the_name_of_a_file_is_shown_and_not_obeyed(name: str, run: Run, config: Path, tmp_path: Path) -> None:
    """The second is a byte that is no UTF-8: it could be neither kept in the database nor written beside the file."""
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / name).write_text("crime_ref,reported_at\nA,soon,too many\n")
    (folder / name.replace("crimes", "crimes_b")).write_bytes(b"\xff\xfe not CSV")
    with_settings(config, ('kind = "http"', 'kind = "files"'), ("# [crime_system.files]", "[crime_system.files]"),
                  ('# folder = "var/crimes"', f'folder = "{folder}"\nsettle_seconds = 0'))  # fmt: skip
    with_settings(config, ("var/compliance.db", "var/other.db"))
    assert run("migrate").exit_code == 0
    done = run("poll")
    assert done.exit_code == 4, done.output
    assert name.encode("unicode_escape").decode() in done.stderr.replace("crimes_b", "crimes").replace("\\\\", "\\")
    assert run("quarantine", "list").exit_code == 0
    assert len(list((folder / "failed").glob("*.reason.txt"))) == 1
    assert OBEYED.search(next((folder / "failed").glob("*.reason.txt")).read_text("utf-8")) is None


def test_a_fault_of_a_command_is_told_without_what_it_says(tmp_path: Path) -> None:
    """As a process of its own: exit code 1, where it arose, and neither a record nor a parameter."""
    script = (
        "import sys; from compliance.cli import main, options\n"
        "import compliance.cli.record_commands as records\n"
        "def broken(*_, **__): raise KeyError(sys.argv[3])\n"
        "import compliance.service.answers.explaining as question; question.RecordsQuestion.explain = broken\n"
        "main()\n"
    )
    command = [sys.executable, "-c", script, "explain", "--config", f"22A/1/26 {HOSTILE}", "22A/1/26", "--input", "-"]
    done = subprocess.run(
        command, capture_output=True, check=False, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 1
    told = done.stderr.decode()
    assert told.endswith("KeyError\ncompliance: internal error\n")
    assert "in broken" in told
    assert "22A" not in told
