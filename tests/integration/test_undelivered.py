"""What did not reach its reader: told once a working day to the performance team, and by `compliance outbox`."""

from collections.abc import Callable
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import select

from compliance.cli import main
from compliance.mail import Withdrawn, as_written
from compliance.records import Officer
from compliance.service import Service
from compliance.service.telling.undelivered import UNDELIVERED, tell_undelivered, today_only
from compliance.store import Store, save_officers
from compliance.store.tables import OUTBOX, Outbox
from tests import stores
from tests.integration.test_mail_server import Server, running
from tests.service_states import NOW, ServiceState
from tests.stores import crime

new_database, database_url, store = stores.one_database, stores.database_url, stores.store
DAY: Final = timedelta(days=1)
FRIDAY: Final = NOW - 3 * DAY
TEAM: Final = "team@force.example"
Plant = Callable[[ServiceState], object]


@pytest.fixture
def state(store: Store, database_url: str, tmp_path: Path) -> ServiceState:
    made = ServiceState(store, database_url, tmp_path)
    made.settings = made.settings_with((r"^performance_team = \[\]", f'performance_team = ["{TEAM}"]'))
    return made


def email(
    state: str, when: datetime = FRIDAY, ref: str | None = "O1", to: str = "o1@force.example", **more: Any
) -> Plant:
    key = f"digest:{ref} {state} {when}:{when:%Y-%m-%d}"
    return lambda of: of.email(state, when, **({"key": key, "recipient_ref": ref, "to_address": to} | more))


def overdue(officer_ref: str, *, email: str | None = None) -> Plant:
    """An update that a person has not given in time; they are in the directory with an address, with none, or not."""

    def plant(of: ServiceState) -> None:
        of.read(NOW - timedelta(minutes=3), crime("22A/9/26", officer_ref=officer_ref))
        if email is not None:
            save_officers(of.store, [Officer(officer_ref=officer_ref, email=email or None)], NOW)

    return plant


def both(*plants: Plant) -> Plant:
    def plant(of: ServiceState) -> None:
        for each in plants:
            each(of)

    return plant


def found(state: ServiceState) -> dict[str, tuple[int, tuple[str, ...]]]:
    service = Service(state.settings, state.policy, state.store, lambda: state.now)
    return {each.cause.name: (each.count, each.readers) for each in service.undelivered()}


@pytest.mark.parametrize(
    ("plant", "name", "readers"),
    [
        (both(email("refused"), email("refused", FRIDAY - DAY)), "refused", ("O1",)),
        (email("refused", ref=None, kind="report", to="chief@force.example"), "refused", ("email 1 (report)",)),
        (both(email("bounced", NOW - 9 * DAY, bounced_at=FRIDAY), email("sent")), "bounced", ("O1",)),
        (email("retry", deferred_since=FRIDAY), "deferred", ("O1",)),
        (email("uncertain"), "uncertain", ("O1 (email 1, held)",)),
        (email("uncertain", next_attempt_at=NOW), "uncertain", ("O1 (email 1)",)),
        (email("pilot"), "held by the pilot", ("O1",)),
        (overdue("O8"), "without an address", ("O8",)),
        (overdue("O8", email=""), "without an address", ("O8",)),
        (overdue("O8", email="nobody"), "without an address", ("O8",)),
    ],
    ids=[
        "refused twice", "refused to a reader of the report", "bounced", "deferred", "held", "sent once more", "pilot",
        "not in the directory", "no address", "a wrong address",
    ],
)  # fmt: skip
def test_what_does_not_reach_its_reader_is_found_with_the_reader(
    state: ServiceState, plant: Plant, name: str, readers: tuple[str, ...]
) -> None:
    plant(state)
    assert {each: of for each, (_, of) in found(state).items()} == {name: readers}


@pytest.mark.parametrize(
    "plant",
    [
        email("sent"),
        email("queued"),
        email("cancelled"),
        email("refused", NOW - 8 * DAY),
        email("bounced", NOW - 9 * DAY, bounced_at=NOW - 8 * DAY),
        both(email("refused"), email("sent", NOW - DAY)),
        email("refused", to="old@force.example"),
        email("retry"),  # the mail server is away: nothing is said of a mailbox
        email("pilot", FRIDAY - DAY),
        both(email("pilot"), email("sent", NOW - DAY)),
        overdue("O8", email="o8@force.example"),
    ],
    ids=[
        "sent", "under way", "no longer due", "long ago", "came back long ago", "a later one arrived", "the address was corrected",
        "the server is away", "told before", "the pilot was opened to them", "an address",
    ],
)  # fmt: skip
def test_what_reaches_its_reader_or_may_yet_is_not_told(state: ServiceState, plant: Plant) -> None:
    plant(state)
    assert found(state) == {}


def told(state: ServiceState, store: Store | None = None) -> int:
    return tell_undelivered(store or state.store, state.policy, state.settings, state.now)


def test_it_is_told_once_a_working_day_and_only_while_there_is_something(state: ServiceState) -> None:
    assert told(state) == 0
    email("refused", NOW - timedelta(hours=1))(state)
    assert told(state) == 0, "of today: it is told tomorrow"
    email("refused")(state)
    state.now = NOW - 2 * DAY  # a Saturday
    assert told(state) == 0
    state.now = NOW.replace(hour=3)
    assert told(state) == 0, "emails go out from 7"
    state.now = NOW
    other = Store.open(state.url)
    try:
        assert [told(state), told(state), told(state, other)] == [1, 0, 0]
    finally:
        other.close()
    state.now = NOW + DAY
    assert told(state) == 1
    state.now = NOW + 9 * DAY
    assert told(state) == 0


def test_it_is_sent_on_its_own_day_or_not_at_all(state: ServiceState) -> None:
    email("refused")(state)
    told(state)
    with state.store.reading() as connection:
        row = Outbox(**connection.execute(select(OUTBOX).where(OUTBOX.c.kind == UNDELIVERED)).mappings().one())
    ask = today_only(as_written, state.policy, lambda: state.now)
    assert ask(row) == as_written(row)
    state.now = NOW + DAY
    assert ask(row) == Withdrawn("its day has passed")


def _run(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0


@stores.on_both
def test_the_email_and_the_command_say_the_same_with_references_and_remedies(
    state: ServiceState, capsys: pytest.CaptureFixture[str]
) -> None:
    """A real mail server takes it, with the morning's digests."""
    for number in range(42):
        email("refused", FRIDAY + timedelta(seconds=number), f"P{number:02}", f"p{number}@force.example")(state)
    email("uncertain", ref="P50")(state)
    email("retry", FRIDAY, deferred_since=FRIDAY, next_attempt_at=NOW + DAY)(state)
    server = Server()
    with running(server) as port:
        state.settings = state.settings_with(
            (r"^performance_team = \[\]", f'performance_team = ["{TEAM}"]'), ("^port = 8471", f"port = {port}")
        )
        Service(state.settings, state.policy, state.store, lambda: state.now).remind()
    mails = [message_from_bytes(raw, policy=policy.default) for raw in server.taken]
    (mail,) = [each for each in mails if each["To"] == TEAM]
    assert mail["Subject"] == "Emails that did not arrive: 42 refused, 1 deferred and 1 uncertain"
    text = mail.get_content().replace("\r\n", "\n")
    assert "42 emails refused by the mail server in the last 7 days: P00, P01, P02," in text
    assert "P39 and 2 more." in " ".join(text.split())
    assert "To do: correct the address in the officer directory" in text
    assert "@" not in text
    _run(["outbox", "--config", str(state.config)])
    said = capsys.readouterr().out.strip()
    assert "1 email perhaps accepted by the mail server, perhaps not: P50 (email 43, held)." in " ".join(said.split())
    assert said in text, "what was of last week is over by the clock of the command"


def test_the_command_says_that_all_is_well(state: ServiceState, capsys: pytest.CaptureFixture[str]) -> None:
    _run(["outbox", "--config", str(state.config)])
    assert "every email has reached its reader" in capsys.readouterr().out
