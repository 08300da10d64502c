"""When a verdict next changes by itself (decision 0009), against judging on every day."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from compliance.policy import Policy, Verdicts, judge
from compliance.policy.calendars import NEVER, NO_DAY, from_day, to_day
from compliance.policy.wake import find_end_days, wake_on
from compliance.records import columns, convert_crime
from tests.drawn import drawn
from tests.engine import ADDITIONAL, POLICIES, shipped
from tests.histories import histories
from tests.stores import at, crime, updates

pytestmark = pytest.mark.drawn

COMPARED = (
    "clause",     "victim", "requirement", "cycle", "clock_date", "due_date", "window_opens", "state", "discharged_on", "reason",
    "same_day_update", "entered_after_due", "update", "allocation",
)  # fmt: skip
WEST_MERCIA = shipped("west-mercia")[0]
NOW = at("2026-07-20 12:00")


def each(verdicts: Verdicts) -> list[bytes]:
    """Every crime's verdicts, `days_late` apart."""
    table = np.stack([np.asarray(getattr(verdicts, name), dtype=np.int64) for name in COMPARED], axis=1)
    cuts = np.searchsorted(verdicts.crime, np.arange(1, len(verdicts.columns)))
    return [part.tobytes() for part in np.split(table, cuts)]


def ends(policy: Policy, as_at: datetime, days: int) -> Iterable[tuple[int, datetime]]:
    """(local day, its last instant) of today and the days that follow: what a day brings has come by its end."""
    today = policy.local.day_of(as_at)
    for day in range(today, today + days):
        yield day, policy.local.start_of(from_day(day + 1)) - timedelta(microseconds=1)


NOVEMBER, OCTOBER = datetime(2026, 11, 25, 12, tzinfo=UTC), datetime(2026, 10, 20, 22, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "as_at"),
    [
        *((name, NOVEMBER) for name in (*POLICIES, *ADDITIONAL) if name != "by-offence"),
        ("west-mercia", OCTOBER),
        *(pytest.param(name, OCTOBER, marks=pytest.mark.long) for name in POLICIES if name != "west-mercia"),
    ],
    ids=str,
)
def test_until_it_wakes_no_verdict_changes_but_for_the_days_over(name: str, as_at: datetime) -> None:
    policy, _ = shipped(name)
    records = columns([convert_crime(record) for record in histories(20260, drawn(300), as_at=as_at)])
    verdicts = judge(records, policy, as_at)
    wake, before = wake_on(verdicts), each(verdicts)
    changed_when_woken = set()
    for day, instant in ends(policy, as_at, 66):
        after = each(judge(records, policy, instant))
        changed = {i for i in range(len(records)) if after[i] != before[i]}
        early = [i for i in changed if wake[i] > day]
        assert not early, (
            f"{name}, {records.crime_ref[early[0]]}: changes on {from_day(day)}, wakes on {wake[early[0]]}"
        )
        changed_when_woken |= {i for i in changed if wake[i] == day}
    woken = int((wake < policy.local.day_of(as_at) + 66).sum())
    assert woken > 0.4 * len(records)
    share = 5 if name == "hours" else 2  # nothing in it repeats
    assert len(changed_when_woken) > woken / share, (
        "waking is mostly not in vain, though facts to come may change nothing"
    )


def wakes(record: dict[str, Any], now: datetime = NOW, policy: Policy = WEST_MERCIA) -> date | None:
    (day,) = wake_on(judge(columns([convert_crime(record)]), policy, now)).tolist()
    return None if day == NEVER else from_day(day)


def closed(day: str) -> list[dict[str, str]]:
    return [{"status": "closed", "at": f"{day}T12:00:00Z"}]


@pytest.mark.parametrize(
    ("why", "record", "day"),
    [
        ("rules 3.1: the day after the 7-day date", crime(reported_at="2026-07-15T09:00:00Z"), "2026-07-23"),
        ("rules 4.2: the day after the 28-day date", crime(), "2026-07-30"),
        ("rules 4.5a: the next cycle comes the day after a met one", crime(updates=updates("2026-07-03", "2026-07-15")), "2026-07-30"),
        ("rules 4.5: silence, the day after due + 28", crime(reported_at="2026-06-10T09:00:00Z", updates=updates("2026-06-12")), "2026-08-06"),
        ("rules 3.6: closed on 10 July, written off on 7 August", crime(status=closed("2026-07-10"), reported_at="2026-06-01T09:00:00Z"), "2026-08-08"),
        ("rules 2.9: the end of today is not known yet", crime(status=closed("2026-07-20"), updates=updates("2026-07-03")), "2026-07-21"),
        ("rules 2.7: an update still to come", crime(updates=updates("2026-07-03", "2026-07-22")), "2026-07-22"),
        ("rules 2.7: an update later today", crime(updates=[{"update_ref": "U1", "at": "2026-07-20T12:00:01Z"}]), "2026-07-20"),
        ("rules 2.7: a report still to come", crime(reported_at="2026-07-21T23:30:00Z"), "2026-07-22"),
        ("rules 5.4: the end of a decline", crime(victims=[{"victim_ref": "V1", "declined_at": "2026-07-02T09:00:00Z", "declined_until": "2026-07-25T09:00:00Z"}]), "2026-07-25"),
        ("rules section 3: a victim still to be added", crime(victims=[{"victim_ref": "V1", "added_at": "2026-07-24T09:00:00Z"}]), "2026-07-24"),
        ("records section 1: an allocation still to come", crime(allocations=[{"officer_ref": "O2", "from": "2026-07-28T09:00:00Z"}]), "2026-07-28"),
        ("rules 5.3: nothing more of a cancelled crime", crime(status=[{"status": "cancelled", "at": "2026-07-02T09:00:00Z"}]), None),
        ("rules 3.2, 4.1: met, and closed since before the 28-day date", crime(reported_at="2026-06-10T09:00:00Z", updates=updates("2026-06-12"), status=closed("2026-06-20")), None),
        ("records section 1: a victimless record", crime(victims=[]), None),
    ],
)  # fmt: skip
def test_a_crime_wakes_on(why: str, record: dict[str, Any], day: str | None) -> None:
    assert wakes(record) == (None if day is None else date.fromisoformat(day)), why


def test_a_crime_wakes_at_the_end_of_an_agreed_interval() -> None:
    """Rules 7.4: an interval of 10 days that was agreed takes the place of the 28, also for silence (4.5)."""
    policy, _ = shipped("victims-code-2020")
    record = crime(victims=[{"victim_ref": "V1", "agreed_interval_days": 10}], updates=updates("2026-07-03"))
    assert wakes(record, policy=policy) == date(2026, 7, 24), "due 13 July after the 3rd, missed after the 23rd"


@pytest.mark.parametrize(
    ("why", "requirement", "record", "day"),
    [
        ("rules 4.5: due + 28", "28-day", crime(reported_at="2026-05-20T09:00:00Z"), "2026-07-15"),
        ("rules 3.6: m", "7-day", crime(reported_at="2026-05-20T09:00:00Z", status=closed("2026-06-05")), "2026-07-03"),
        ("rules 5.6: the close date", "28-day", crime(reported_at="2026-06-10T09:00:00Z", status=closed("2026-07-10")), "2026-07-10"),
        ("rules 4.1: the due date", "28-day", crime(reported_at="2026-06-10T09:00:00Z", status=closed("2026-07-02")), "2026-07-08"),
        ("rules 5.4: the day of the decline", "7-day", crime(victims=[{"victim_ref": "V1", "declined_at": "2026-07-11T23:30:00Z"}]), "2026-07-12"),
        ("rules 5.3: the day of the cancellation", "7-day", crime(status=[{"status": "cancelled", "at": "2026-07-13T12:00:00Z"}]), "2026-07-13"),
        ("still owed", "7-day", crime(), None),
        ("discharged", "7-day", crime(updates=updates("2026-07-03")), None),
    ],
)  # fmt: skip
def test_an_obligation_that_is_owed_no_longer_ended_on(
    why: str, requirement: str, record: dict[str, Any], day: str | None
) -> None:
    verdicts = judge(columns([convert_crime(record)]), WEST_MERCIA, NOW)
    place = [r.id for r in WEST_MERCIA.requirement].index(requirement)
    row = int(np.flatnonzero((verdicts.requirement == place) & (verdicts.cycle == 1))[0])
    assert int(find_end_days(verdicts)[row]) == (NO_DAY if day is None else to_day(date.fromisoformat(day))), why
