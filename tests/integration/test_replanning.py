"""The daemon plans reminders again when something has changed, and not at every look: nothing else comes of it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import insert

from compliance.records import Officer
from compliance.reminders import remind
from compliance.service import Service
from compliance.service.telling.replanning import LastPlan
from compliance.store import save_officers
from compliance.store.tables import NOTICE, OUTBOX, PROJECTION
from tests import stores
from tests.idle import LONDON, idling
from tests.service_states import NOW, ServiceState
from tests.stores import at, crime, rows

pytestmark = stores.shared_out
new_database, database_url, store = stores.new_database, stores.database_url, stores.store
EVENING: Final = at("2026-07-20 20:00")


class Planning:
    """A service in the evening, and how often it planned."""

    def __init__(self, state: ServiceState, monkeypatch: pytest.MonkeyPatch) -> None:
        self.state, self.count, self.last = state, 0, LastPlan()
        state.now = EVENING
        state.read(EVENING)

        def counted(*args: Any) -> Any:
            self.count += 1
            return remind(*args)

        monkeypatch.setattr("compliance.service.service.remind", counted)

    def look(self, minutes: float = 5) -> int:
        """The next run of the job, and how often it has planned so far."""
        self.state.now += timedelta(minutes=minutes)
        service = Service(self.state.settings, self.state.policy, self.state.store, lambda: self.state.now)
        service.remind(last=self.last)
        return self.count


@pytest.fixture
def planning(store: Any, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Planning:
    made = Planning(ServiceState(store, database_url, tmp_path), monkeypatch)
    assert made.look() == 1
    assert made.look() == 1
    return made


def test_nothing_is_planned_again_while_nothing_has_changed(planning: Planning) -> None:
    for _ in range(9):
        planning.state.poll(planning.state.now, complete=True, officers=1)
        assert planning.look() == 1


def test_it_is_planned_again_after_an_hour(planning: Planning) -> None:
    """Whatever was changed by hand or by another instance."""
    assert planning.look(minutes=49) == 1
    assert planning.look(minutes=6) == 2
    assert planning.look() == 2


def new_record(state: ServiceState) -> None:
    state.read(state.now, crime("22A/3/26"), directory=False)


def directory(state: ServiceState) -> None:
    save_officers(state.store, [Officer("O1", email="other@force.example")], state.now)


def policy(state: ServiceState) -> None:
    with state.store.writing() as connection:
        connection.execute(insert(PROJECTION).values(policy_digest="d", title="t", since=state.now))


def rules(state: ServiceState) -> None:
    state.settings = state.settings_with(("^repeat_days = 7", "repeat_days = 3"))


@pytest.mark.parametrize("change", [new_record, directory, policy, rules])
def test_it_is_planned_again_when_something_has_changed(
    planning: Planning, change: Callable[[ServiceState], None]
) -> None:
    change(planning.state)
    assert planning.look() == 2
    assert planning.look() == 2


@pytest.mark.parametrize(
    ("then", "at_once"),
    [("2026-07-20 22:58", "2026-07-20 23:01"), ("2026-07-21 05:58", "2026-07-21 06:01")],
    ids=["midnight", "the hour from which emails go out"],
)
def test_it_is_planned_again_on_another_day_and_when_emails_may_go_out(
    planning: Planning, then: str, at_once: str
) -> None:
    planning.state.now = at(then)
    planning.state.poll(planning.state.now, complete=True, officers=1)
    planning.look(minutes=0)
    before = planning.count
    planning.state.now = at(at_once)
    assert planning.look(minutes=0) == before + 1


def test_it_is_planned_again_when_the_crime_system_falls_silent(planning: Planning) -> None:
    """Everything is then held, and says why."""
    planning.state.now = EVENING + timedelta(hours=23, minutes=55)
    planning.look(minutes=0)
    before = planning.count
    assert planning.look(minutes=30) == before + 1


def test_it_is_planned_again_after_emails_went_out_or_did_not(planning: Planning) -> None:
    """An email that was cancelled, refused or deferred may be owed to somebody else."""
    planning.state.email("queued", NOW, recipient_ref="O1")
    planning.look()
    assert planning.look() == 2
    assert planning.look() == 2


def morning(folder: Path) -> tuple[list[Any], list[Any]]:
    """A Monday from six to a quarter past seven in a simulated force at work: its emails, and the decisions on them."""
    with idling(folder, datetime(2026, 6, 29, 6, tzinfo=LONDON), weeks=6) as service:
        for _ in range(15):
            service.system.advance(service.clock.now)
            service.cycle()
        return (
            rows(service.service.store, OUTBOX, "key", "subject", "state", "created_at", "sent_at"),
            rows(service.service.store, NOTICE, *(column.name for column in NOTICE.c if column.name != "id")),
        )


def test_a_morning_is_as_if_it_were_planned_at_every_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now_and_then = morning(tmp_path / "a")
    monkeypatch.setattr(LastPlan, "stands", lambda *_: False)
    assert now_and_then == morning(tmp_path / "b")
    assert len(now_and_then[0]) > 5
