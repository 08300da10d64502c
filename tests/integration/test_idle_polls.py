"""Polls that bring nothing are stored as one row, and everything that is asked of them is answered as before."""

from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any, Final, NamedTuple

import pytest

from compliance.policy import load_policy
from compliance.records import convert_crime
from compliance.reports.periods.periods import parse_period
from compliance.service.polls.polling import NOTHING_YET, PollOutcome
from compliance.service.polls.record_state import gaps
from compliance.store import (
    IdlePoll,
    Store,
    begin_poll,
    directory_as_of,
    end_poll,
    first_poll,
    last_complete_poll,
    mark_missing,
    newest_poll,
    note_directory,
    note_idle_poll,
    retry_quarantined,
    seen_by,
    take_page,
)
from compliance.store.kept.idle_polls import list_readings
from compliance.store.tables import CRIME, POLL
from tests import stores
from tests.stores import SOURCE, at, crime, raws, rows, take

new_database, database_url = stores.new_database, stores.database_url
store = stores.store

MONDAY: Final = at("2026-07-06 00:00")
LOCAL: Final = load_policy("west-mercia").local
SECOND: Final = timedelta(seconds=1)


class Made(NamedTuple):
    """A poll as it was made, whether or not its row is still there."""

    started_at: datetime
    ended_at: datetime
    complete: bool
    idle: bool


def poll(
    store: Store, when: datetime, *, idle: bool = True, complete: bool = True, officers: int | None = 5,
    stored: bool = False,
) -> Made:  # fmt: skip
    """A poll of some seconds; an incomplete idle one found no export yet. `stored`: an idle one had something to store,
    such as another cursor."""
    end, problem = when + 20 * SECOND, None if complete else NOTHING_YET if idle else "does not answer"
    if idle and not stored:
        after = newest_poll(store, SOURCE)
        note_idle_poll(store, SOURCE, after, IdlePoll(when, end, complete, problem, officers, None))
        return Made(when, end, complete, idle)
    number = begin_poll(store, SOURCE, when)
    end_poll(store, number, end, complete, problem, idle)
    if officers is not None:
        note_directory(store, number, officers)
    return Made(when, end, complete, idle)


def test_a_night_of_idle_polls_is_two_rows(store: Store) -> None:
    """The one that stands for all, and the poll before them; for a while the one before another that stored something."""
    take(store, MONDAY - timedelta(hours=1), crime())
    for n in range(40):
        poll(store, MONDAY + timedelta(minutes=5 * n), stored=n % 12 == 5)
        assert len(rows(store, POLL)) <= (2 if n < 5 else 3)
    assert first_poll(store) == MONDAY - timedelta(hours=1)
    last = last_complete_poll(store)
    assert last is not None
    assert (last.started_at, last.idle_since) == (MONDAY + timedelta(minutes=195), MONDAY + 20 * SECOND)


def test_days_without_an_export_are_two_rows(store: Store) -> None:
    take(store, MONDAY - timedelta(hours=1), crime())
    for n in range(40):
        poll(store, MONDAY + timedelta(minutes=5 * n), complete=False, officers=None)
    assert len(rows(store, POLL)) == 2


def test_polls_that_fail_are_all_kept(store: Store) -> None:
    """How many failed is counted."""
    take(store, MONDAY - timedelta(hours=1), crime())
    for n in range(10):
        poll(store, MONDAY + timedelta(minutes=5 * n), idle=False, complete=False, officers=None)
    assert len(rows(store, POLL)) == 11


def test_a_poll_that_found_another_directory_is_kept(store: Store) -> None:
    take(store, MONDAY - timedelta(hours=1), crime())
    for n, officers in enumerate([5, 5, 5, 6, 6, 6]):
        poll(store, MONDAY + timedelta(minutes=5 * n), officers=officers)
    assert [found for (found,) in rows(store, POLL, "officers")] == [None, 5, 6]


def test_the_directory_of_a_night_is_of_the_instant_asked_about(store: Store) -> None:
    """An instant between idle polls is answered, though the row that stands for them ended later."""
    take(store, MONDAY - timedelta(hours=1), crime())
    made = [poll(store, MONDAY + timedelta(minutes=5 * n)) for n in range(20)]
    assert directory_as_of(store) == made[-1].ended_at
    asked = MONDAY + timedelta(minutes=42)
    assert directory_as_of(store, until=asked) == asked
    assert directory_as_of(store, until=MONDAY) is None


def test_a_crime_retried_between_idle_polls_is_still_its_sources(store: Store) -> None:
    """It names the poll that it came by: one whose row stays."""
    take(store, MONDAY - timedelta(hours=1), crime("A", reported_at="soon"))
    for n in range(4):
        poll(store, MONDAY + timedelta(minutes=5 * n))
    with pytest.MonkeyPatch.context() as patched:
        as_now = [convert_crime(crime("A"))], list[object]()
        patched.setattr("compliance.store.receiving.retry.decode_crimes", lambda _: as_now)
        retry_quarantined(store, MONDAY + timedelta(minutes=18))
    for n in range(4, 8):
        poll(store, MONDAY + timedelta(minutes=5 * n))
    assert mark_missing(store, SOURCE, set(), MONDAY + timedelta(minutes=80)).lost == len(rows(store, CRIME)) == 1


@pytest.mark.parametrize("seed", range(4))
def test_what_was_answered_once_is_answered_ever_after(store: Store, seed: int) -> None:
    """By when all was seen that was known at an instant, and when the crime system was not read: in any sequence of polls
    that bring something, bring nothing, fail and stay away, as if every row were kept."""
    rng, now, made = Random(seed), MONDAY, list[Made]()
    answers: dict[datetime, datetime] = {}
    for _ in range(50):
        idle, complete = rng.random() < 0.75, rng.random() < 0.9
        now += timedelta(minutes=rng.choice([5, 5, 5, 5, 7, 59, 62, 60 * 30]))
        officers, stored = rng.choice([5, 5, 5, 6, None]), rng.random() < 0.3
        made.append(poll(store, now, idle=idle, complete=complete, officers=officers, stored=stored))
        asked = MONDAY + (now - MONDAY) * rng.random()
        for known_at in (*rng.sample(sorted(answers), min(5, len(answers))), asked):
            found = seen_by(store, known_at)
            assert found == expected(made, known_at)
            assert found == answers.get(known_at, found)
            if found is not None:
                answers[known_at] = found
    assert len(rows(store, POLL)) < len(made)
    with store.reading() as connection:
        readings = list_readings(connection, MONDAY)
    long = timedelta(hours=1, minutes=1)
    ends = [each.ended_at for each in made if each.complete]
    away = [(one, other) for (_, one), (other, _) in pairwise(readings) if other - one > long]
    assert away == [(one, other) for one, other in pairwise(ends) if other - one > long]
    week, days = parse_period("2026-W28"), [LOCAL.day_of(end) for end in ends]
    assert len(gaps(store, week, LOCAL)) == sum(b - a > 1 and a < week.days[1] for a, b in pairwise(days))


def expected(made: list[Made], known_at: datetime) -> datetime | None:
    """The end of the first complete poll that ended at or after K; K itself if nothing new came by it, nor by the one
    before, an hour at most before it."""
    found = next((place for place, each in enumerate(made) if each.complete and each.ended_at >= known_at), None)
    if found is None:
        return None
    this, before = made[found], made[found - 1] if found else None
    in_a_row = before is not None and before.complete and before.idle and this.idle
    if in_a_row and before is not None and this.started_at - before.ended_at <= timedelta(hours=1):
        return max(known_at, before.ended_at)
    return this.ended_at


@pytest.mark.parametrize(
    ("found", "idle"),
    [
        ({}, True), ({"received": 3}, True), ({"problem": NOTHING_YET, "complete": False}, True),
        ({"changed": 1}, False), ({"refused": 1}, False), ({"vanished": 1}, False), ({"late": 1}, False),
        ({"problem": "there is more to come", "complete": False}, False),
    ],
)  # fmt: skip
def test_what_is_idle(found: dict[str, Any], idle: bool) -> None:
    """What comes again as it came before changes nothing."""
    nothing: dict[str, Any] = {"poll_id": 1, "pages": 1, "received": 0, "changed": 0, "refused": 0, "complete": True}
    outcome = PollOutcome(**nothing | found)
    assert outcome.is_idle == idle


def test_a_page_may_come_by_an_idle_poll(store: Store) -> None:
    """The overlap reads the last records again."""
    take(store, MONDAY - timedelta(hours=1), crime())
    for n in range(5):
        when = MONDAY + timedelta(minutes=5 * n)
        number = begin_poll(store, SOURCE, when)
        assert take_page(store, number, SOURCE, raws([crime()]), None, when).changed == 0
        end_poll(store, number, when, complete=True, idle=True)
    assert len(rows(store, POLL)) == 3
