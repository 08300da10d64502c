"""docs/troubleshooting.md: what each row says is planted, and the command that it names says what stands there."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest
from sqlalchemy import insert

from compliance.records import Officer
from compliance.store import RUN, Store, claim, save_officers
from compliance.store.tables import DATABASE_SIZE
from tests import checks, setup_plants, stores
from tests.following import DOCS, Follower, is_shown
from tests.planted_conditions import FAULTS, disputed, refused, unpublished
from tests.planted_setups import SETUP_FAULTS
from tests.service_states import NOW, ServiceState
from tests.setups import Setup
from tests.stores import at, crime, updates
from tests.web_server import answer, serving

sampled_once, without_examples = checks.sampled_once, checks.without_examples
pytestmark = pytest.mark.usefixtures("sampled_once", "without_examples")
PAGE: Final = (DOCS / "troubleshooting.md").read_text("utf-8")
ROWS: Final = re.findall(r"^\| `(compliance [^`]*)` \| `([^`]*)` \| ", PAGE, re.MULTILINE)
"""(command, what it says) of each row."""
MINUTE: Final = timedelta(minutes=1)


class World:
    """A service in which all is well, until something is planted; what has to end with the test is on `stack`."""

    def __init__(self, setup: Setup, stack: ExitStack) -> None:
        self.setup, self.state, self.stack = setup, setup.state, stack
        self.follower = Follower(setup.folder, setup.patch, now=NOW)

    def run(self, command: str) -> str:
        """What a command says; `check` finds the servers of the set-up."""
        self.follower.now = self.state.now
        if command.startswith("compliance check"):
            with self.setup.served():
                return self.follower.call(command)[1]
        return self.follower.call(command)[1]

    def read(self, **fields: Any) -> None:
        """A crime comes again with other fields."""
        self.state.read(self.state.now - MINUTE, crime(**fields))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    url = stores.new_migrated(lambda: f"sqlite:///{tmp_path / 'data' / 'compliance.db'}")
    (tmp_path / "data" / "compliance.db").chmod(0o600)
    store = Store.open(url)
    with ExitStack() as stack:
        stack.callback(store.close)
        yield World(Setup(ServiceState(store, url, tmp_path), monkeypatch), stack)


def found(name: str, begins: str = "") -> Any:
    """The fault of this name that the tests of conditions plant."""
    plants = [plant for each, plant, said in FAULTS if each == name and said.startswith(begins)]
    return lambda world: plants[0](world.state)


def looked(name: str, says: str = "") -> Any:
    """The same of the tests of `compliance check`."""
    plants = [plant for each, plant, said in SETUP_FAULTS if each.removesuffix("+") == name and says in said]
    return lambda world: plants[0](world.setup)


def said_to(**fields: Any) -> Any:
    """The crime 22A/1/26, or another, comes again with other fields."""
    return lambda world: world.read(**fields)


def on(instant: str) -> Any:
    def plant(world: World) -> None:
        world.state.now = at(instant)
        world.state.read(world.state.now - MINUTE)

    return plant


def reminded(*instants: str) -> Any:
    """Emails went out as files on these mornings; then it is an hour later."""

    def plant(world: World) -> None:
        world.state.settings = world.state.settings_with(("^# allow = .*$", "allow = []"))
        for instant in instants:
            on(instant)(world)
            world.run("compliance remind")
        world.state.now += 60 * MINUTE

    return plant


def report_refused(world: World) -> None:
    world.state.email("refused", NOW - 60 * MINUTE, kind="report", to_address="chief@force.example", recipient_ref=None)


def without_address(world: World) -> None:
    world.state.read(NOW - MINUTE, directory=False)
    save_officers(world.state.store, [Officer("O1")], NOW)


def another_runs(world: World) -> None:
    world.stack.enter_context(claim(world.state.url, RUN, NOW))


def port_taken(world: World, answered: bytes) -> None:
    """Somebody listens on the port of the pages, and answers so."""
    web = world.stack.enter_context(serving())
    web.answers = [answered]
    setup_plants.pages(port=int(web.url.split(":")[2].partition("/")[0]))(world.setup)


def disk_of(free: int) -> Any:
    return lambda world: world.setup.patch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free))


def filling(world: World) -> None:
    """A GiB a day was added."""
    with world.state.store.writing() as connection:
        day = NOW - timedelta(days=10)
        connection.execute(insert(DATABASE_SIZE).values(day=day.date(), taken_at=day, size=-10 * 2**30))
    disk_of(20 * 2**30)(world)


def at_no_server(world: World) -> None:
    world.state.url = f"postgresql+psycopg://u@/x?host={world.setup.folder}"
    world.state.write_settings()


def published_twice(world: World) -> None:
    """The report of a week; then one of its updates is entered late and one is corrected, and the next is published."""
    state, told = world.state, updates("2026-06-26")[0]
    as_published: tuple[Any, Any] = ([], [told])
    as_now: tuple[Any, Any] = ([told | {"entered_at": "2026-07-16T09:00:00Z"}], [told | {"outcome": "attempted"}])
    unpublished(state)
    world.setup.patch.setattr("compliance.service.report_jobs.release_evidence.try_examples", lambda _: (173, ()))
    state.settings = state.settings_with(("^forms = .*$", 'forms = ["html"]'))
    for instant, known in (
        ("2026-07-12 09:00", as_published),
        ("2026-07-13 10:00", as_published),
        ("2026-07-18 09:00", as_now),
        ("2026-07-20 10:00", as_now),
    ):
        state.now = at(instant)
        state.read(
            state.now - MINUTE,
            *(crime(f"22C/{n}/26", reported_at="2026-06-23T09:00:00Z", updates=of) for n, of in enumerate(known, 1)),
        )
        if instant.endswith("10:00"):
            week = "2026-W27" if instant < "2026-07-14" else "2026-W28"
            assert "published, version 1" in world.run(f"compliance report --period {week}")


def replaced(world: World) -> None:
    """The file is deleted under a service that runs."""
    service = world.stack.enter_context(ExitStack())
    service.enter_context(claim(world.state.url, RUN, NOW))
    Path(world.state.url.removeprefix("sqlite:///")).unlink()


def nothing(_: World) -> None:
    """All is well, and says so."""


PLANTED: Final[dict[str, Any]] = {
    "FAULT service-stopped: No poll is known to have begun for": found("service-stopped"),
    "FAULT feed-silent: The crime system was": found("feed-silent"),
    "WARNING reminders-held: The crime system was unavailable until": found("reminders-held", "The crime system"),
    "FAULT mail-refuses-us: The mail server refused this service": found("mail-refuses-us"),
    "WARNING mail-unreachable: The mail server has taken nothing in 3 attempts": found("mail-unreachable"),
    "digests held: ": on("2026-07-18 10:00"),
    "0 digests would be sent": reminded("2026-07-20 10:00"),
    "warning  due-from-in-future: ": looked("due-from-in-future"),
    "written to the pilot's folder and not sent": reminded("2026-07-20 10:00"),
    "suppressed notified on": reminded("2026-07-20 10:00", "2026-07-21 07:30"),
    "without an address that can be used in the officer directory": without_address,
    "refused by the mail server in the last 7 days": found("emails-refused"),
    "returned in the last 7 days, after the mail server had accepted": found("emails-bounced"),
    "FAULT report-held: ": found("report-held"),
    "WARNING reports-suspended: Reports have been suspended since": found("reports-suspended"),
    "FAULT report-owed: The reports of 2026-W26 and 2026-W27 should have been published": found("report-owed"),
    "is settled seven days after its end": nothing,
    "cannot be reported yet: the crime system has not been read completely since": found("feed-silent"),
    "refused by the mail server in the last 7 days: email 1 (report)": report_refused,
    "there is no crime '22A/9/26'": nothing,
    "22A/3/26": lambda world: refused(world.state),
    "FAULT filter-keeps-nothing: ": found("filter-keeps-nothing"),
    "WARNING export-waiting: ": found("export-waiting"),
    "The record has no victim: nobody is owed an update.": said_to(crime_ref="22A/4/26", victims=[]),
    "EXEMPT": said_to(crime_ref="22A/5/26", victims=[{"victim_ref": "V1", "category": "state"}]),
    "Does not count: the outcome is 'attempted'.": said_to(
        updates=[{"update_ref": "U1", "at": "2026-07-06T12:00:00Z", "outcome": "attempted"}]
    ),
    "It does not discharge 7-day": said_to(updates=updates("2026-07-01")),
    "Does not count: it names a victim whom the record does not have.": said_to(
        updates=[updates("2026-07-06")[0] | {"victim_ref": "V9"}]
    ),
    "no update that counts for it was given from": nothing,
    "WARNING unknown-values: ": found("unknown-values"),
    "O1": lambda world: disputed(timedelta(days=1))(world.state),
    "did you mean 'due_from'?": looked("settings-wrong"),
    "fault    secret-missing: ": looked("secret-missing"),
    "FAULT schema-behind: ": looked("schema-behind"),
    "FAULT database-missing: ": looked("database-missing"),
    "is in use by": another_runs,
    "WARNING reload-refused: ": found("reload-refused"),
    "ok       pages: they are served": lambda world: port_taken(world, answer(b"a {}", Content_Type="text/css")),
    "nothing listens": lambda world: setup_plants.pages()(world.setup),
    "fault    pages-not-served: Another program uses the port": lambda world: port_taken(
        world, answer(b"", "404 Not Found")
    ),
    "warning  pages-for-nobody: ": looked("pages-for-nobody"),
    "fault    openid-provider-unusable: ": looked("openid-provider-unusable"),
    "FAULT disk-nearly-full: Only": disk_of(2**29),
    "WARNING disk-filling: ": filling,
    "overdue, then met": published_twice,
    "met, then overdue": published_twice,
    "FAULT database-unusable: ": at_no_server,
    "FAULT database-replaced: ": replaced,
    "fault    database-damaged: ": looked("database-damaged"),
}
"""What is planted for each thing that a command says on the page."""


@pytest.mark.parametrize(("command", "says"), ROWS, ids=[f"{command}: {says}"[11:70] for command, says in ROWS])
def test_the_command_of_a_row_says_what_stands_there(world: World, command: str, says: str) -> None:
    PLANTED[says](world)
    said = world.run(command)
    assert is_shown(f"…{says}…", said), said


def test_what_is_planted_stands_in_a_row_and_no_row_says_what_is_said_anyway(world: World) -> None:
    """Of a service in which all is well. A report or a service would run."""
    assert {says for _, says in ROWS} == PLANTED.keys()
    for command in sorted(
        {command for command, _ in ROWS if not command.startswith(("compliance report", "compliance run"))}
    ):
        said = world.run(command)
        told = [says for each, says in ROWS if each == command and is_shown(f"…{says}…", said)]
        assert [says for says in told if PLANTED[says] is not nothing] == [], said


def test_the_page_has_the_symptoms_that_people_come_with() -> None:
    assert re.findall("^## (.*)$", PAGE, re.MULTILINE) == [
        "No emails this morning", "One officer got no email", "The report did not come", "A crime is missing",
        "An officer says they did ring", "The figure changed since last week", "The service will not start",
        "The pages do not answer", "The disk is full", "The database cannot be reached", "Still not found",
    ]  # fmt: skip
