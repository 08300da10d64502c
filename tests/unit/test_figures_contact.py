"""Silent victims, cases closed without a word, and data quality, against plain loops over the records."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from compliance.records import Columns, columns, convert_crime
from compliance.reports.figures import report_figures
from compliance.reports.judging.sources import GivenRecords, KnownRecords
from compliance.reports.model.report_model import Disputed, Intake
from compliance.reports.periods.weeks import Week
from tests.engine import shipped
from tests.plain_figures import (
    SETTLED,
    WEEK,
    declining,
    figures,
    figures_of,
    heard,
    judged,
    plain_rho,
    requirement,
    same,
    share,
    stories,
    victims,
)
from tests.reference import Owed, judge_record
from tests.reference_case import DAY, Case, Json, days_between, exists, instant, last_of_each

WORDS = ("unknown-outcome", "unknown-method", "unknown-category", "unknown-event")
"""Values that nobody knows: `test_figures_unknown.py`."""


def silent_victims(week: Week, known_at: datetime) -> list[tuple[bool, Json]]:
    """(silent, who has the case) of each victim asked about at a week's end (statistics 1.7)."""
    end = week.last
    as_at = datetime(end.year, end.month, end.day, tzinfo=UTC) + DAY
    found = []
    for case, owed in victims(as_at, known_at):
        days = days_between(end - 29 * DAY, end)
        if owed.d0 < end - 28 * DAY and not declining(owed, end) and all(map(case.open_at_end, days)):
            found.append((not heard(owed, end - 27 * DAY, end), case.holder(end)))
    return found


def test_1_7_silent_victims_at_the_end_of_each_week() -> None:
    found = requirement("28-day")
    later = timedelta(days=7)
    for period, week, known_at in (
        (found.week, WEEK, SETTLED),
        (found.before, WEEK.plus(-1), SETTLED - later),
        (found.provisional, WEEK.plus(1), SETTLED),
    ):
        assert period is not None
        expected = share((silent, holder["officer_ref"]) for silent, holder in silent_victims(week, known_at))
        assert period.silent is not None
        assert same(period.silent, expected)
        assert 0 < expected.count < expected.of
    every = silent_victims(WEEK, SETTLED)
    whole = plain_rho((silent, holder["officer_ref"]) for silent, holder in every)
    for division in found.divisions:
        own = [(s, h["officer_ref"]) for s, h in every if h["division"] == division.name]
        assert division.silent is not None
        assert same(division.silent, share(own, whole))


def test_1_7_the_28_day_rate_is_never_without_the_silent_victims() -> None:
    for found in figures().requirements:
        periods = (found.week, found.before, found.provisional, found.enhanced, found.live)
        assert None not in periods
        assert {period is not None and period.silent is not None for period in periods} == {found.repeats}
        assert {division.silent is not None for division in found.divisions} == {found.repeats}


def test_1_8_closed_without_a_word() -> None:
    found = []
    for case, owed in victims(SETTLED, SETTLED):
        closed = [d for d in days_between(WEEK.first, WEEK.last) if case.open_at_end(d - DAY) > case.open_at_end(d)]
        if closed and owed.d0 <= closed[-1] and not declining(owed, closed[-1]):
            word = heard(owed, closed[-1] - 7 * DAY, closed[-1] + 7 * DAY)
            found.append((not word, case.holder(closed[-1])["officer_ref"], case.record["crime_ref"]))
    expected = share((silent, officer) for silent, officer, _ in found)
    got = figures().closing
    assert same(got.without_a_word, expected)
    assert got.cases == len({crime for _, _, crime in found})
    assert 0 < expected.count < expected.of


@pytest.mark.parametrize(("updated", "without"), [(-8, 1), (-7, 0), (0, 0), (7, 0), (8, 1)])
@pytest.mark.parametrize("reopened", [False, True])
def test_1_8_a_word_is_looked_for_7_days_around_the_last_closing_of_the_week(
    updated: int, without: int, reopened: bool
) -> None:
    closed = WEEK.first + 3 * DAY
    days = [(WEEK.first, "closed"), (WEEK.first + DAY, "open")] if reopened else []
    record: Json = {
        "crime_ref": "1",
        "reported_at": "2026-10-20T10:00:00Z",
        "victims": [{"victim_ref": "V"}],
        "status": [{"status": status, "at": f"{day}T10:00:00Z"} for day, status in [*days, (closed, "closed")]],
        "updates": [{"update_ref": "U", "at": f"{closed + updated * DAY}T10:00:00Z", "outcome": "informed"}],
    }
    found = figures_of([record], shipped("west-mercia")[0]).closing
    assert (found.cases, found.without_a_word.count, found.without_a_word.of) == (1, without, 1)


def test_1_8_closed_across_a_due_date_and_reopened_within_28_days() -> None:
    data, found = shipped("west-mercia")[1], set()
    for record in stories():
        if not exists(record["reported_at"], SETTLED):
            continue
        case = Case(record, data, SETTLED, SETTLED)
        lapsed = [
            date.fromisoformat(row["due_date"])
            for row in judge_record(record, data, SETTLED, SETTLED)
            if row["reason"] == "closed"
        ]
        for reopened in days_between(WEEK.first, WEEK.last):
            if case.open_at_end(reopened) > case.open_at_end(reopened - DAY):
                closed = reopened - DAY
                while not case.open_at_end(closed - DAY):
                    closed -= DAY
                if (reopened - closed).days <= 28 and any(closed <= due < reopened for due in lapsed):
                    found.add(record["crime_ref"])
    assert figures().closing.across_due_date == len(found) > 0


def test_rules_8_nothing_is_silently_dropped() -> None:
    """Every class, in the week and in all: updates by their entry."""
    found: dict[str, list[date]] = defaultdict(list)
    data = shipped("west-mercia")[1]
    for record in stories():
        if not exists(record["reported_at"], SETTLED):
            continue
        case = Case(record, data, SETTLED, SETTLED)
        there = [v for v in last_of_each(record.get("victims"), "victim_ref") if exists(v.get("added_at"), SETTLED)]
        owed = {victim["victim_ref"]: Owed(case, victim) for victim in there}
        named = {victim["victim_ref"] for victim in record.get("victims") or []}
        if not named:
            found["no-victim"].append(case.reported_on)
        for update in last_of_each(record.get("updates"), "update_ref"):
            entered_at = update.get("entered_at") or update["at"]
            on, entered = case.local(update["at"]), case.local(entered_at)
            if instant(entered_at) > SETTLED:
                continue
            if instant(update["at"]) > SETTLED:
                found["future"].append(entered)
                continue
            victim, outcome = update.get("victim_ref"), update.get("outcome")
            d0s = [owed[ref].d0 for ref in ([victim] if victim in owed else owed if victim is None else [])]
            classes = {
                "attempt": outcome == "attempted",
                "outcome": outcome not in ("informed", "attempted"),
                "same-day": outcome == "informed" and on in d0s,
                "recording-day": outcome == "informed" and on == case.recorded_on and any(on > d0 for d0 in d0s),
                "before-report": on < case.reported_on,
                "unknown-victim": victim is not None and victim not in named,
                "late-entry": (entered - on).days > 3,
            }
            for name, holds in classes.items():
                if holds:
                    found[name].append(entered)
    for row in judged(data):
        if row["entered_after_due"]:
            found["entered-after-due"].append(date.fromisoformat(row["due_date"]))
    got = {item.key: item for item in figures().quality if not item.key.startswith(WORDS)}
    assert set(got) == {
        *found, "unprintable", "unknown-officer", "no-address", "feed-gap", "refused", "vanished", "set-aside",
    }  # fmt: skip
    for key, days in found.items():
        in_week = sum(WEEK.first <= day <= WEEK.last for day in days)
        assert (key, got[key].in_week, got[key].held) == (key, in_week, len(days))
        assert days
    only_the_service = ("unknown-officer", "no-address", "refused", "vanished")
    assert {got[key].held for key in only_the_service} == {None}


def test_rules_8_what_is_set_aside_is_counted_and_in_no_rate() -> None:
    """As at T and as known at K, of what the verdicts are of (rules 6.1a): an arrest before the calendar begins.

    The policy asks for nothing else: it would be owed every 28 days for 36 years.
    """
    policy = shipped("victims-code-2020")[0]
    arrested = policy.requirement_by_id("arrested").model_dump(by_alias=True, exclude_unset=True)
    policy = policy.with_values(requirement=[arrested])
    arrests = [
        {"event_ref": day, "kind": "suspect_arrested", "at": f"{day}T12:00:00Z"} for day in ("1990-03-02", "2026-10-26")
    ]
    record: Json = {"crime_ref": "1", "reported_at": "1990-03-01T10:00:00Z", "victims": [{"victim_ref": "V"}]}
    for events, expected in ((arrests, 1), (arrests[1:], 0)):
        source = GivenRecords("one", columns([convert_crime(record | {"events": events})]))
        found = report_figures(source, policy, WEEK, SETTLED, force="A force")
        (aside,) = (each for each in found.quality if each.key == "set-aside")
        assert (aside.clause, aside.in_week, aside.held) == ("6.1a", None, expected)
        (rate,) = (each.week.rate.share for each in found.requirements if each.id == "arrested")
        assert rate.of == 1, "that of the arrest of 26 October, due in the week"


def test_rules_8_what_only_the_service_knows_is_shown_with_the_rest() -> None:
    intake = Intake(refused=3, no_address=2, unknown_officers=1, vanished=5, vanished_in_period=4)
    got = {item.key: item for item in figures_of([], shipped("west-mercia")[0], intake=intake).quality}
    assert [got[key].held for key in ("refused", "no-address", "unknown-officer", "vanished")] == [3, 2, 1, 5]
    assert got["vanished"].in_week == 4


@pytest.mark.parametrize(
    ("disputed", "said"),
    [
        (Disputed(0, 0, 0, None, 0, 0, 0), "0 open; none answered"),
        (Disputed(1, 1, 1, 0, 0, 0, 0), "1 open, the oldest for 0 days; none answered"),
        (Disputed(9, 4, 2, 12, 3, 1, 3), "2 open, the oldest for 12 days; the record was wrong in 3 of 4 answered"),
    ],
)
def test_rules_8_disputes_are_counted_with_how_often_the_record_was_wrong(disputed: Disputed, said: str) -> None:
    """Not those withdrawn, of which nobody knows; and none where replies are not read."""
    found = {
        item.key: item for item in figures_of([], shipped("west-mercia")[0], intake=Intake(disputed=disputed)).quality
    }
    assert (found["disputed"].in_week, found["disputed"].held) == (disputed.in_period, disputed.received)
    assert found["disputed"].meaning == f"replies to reminders that stop no clock: {said}"
    without = figures_of([], shipped("west-mercia")[0], intake=Intake()).quality
    assert "disputed" not in {item.key for item in without}


@dataclass(frozen=True)
class Seen:
    """Records whose versions of K had been seen by an instant, None: none were."""

    columns: Columns
    until: datetime | None
    name = "one"

    def records_known(self, _known_at: datetime) -> KnownRecords:
        return KnownRecords(self.columns, seen_until=self.until)


BEFORE, POLL, AFTER = SETTLED - timedelta(hours=1), SETTLED + timedelta(hours=6), SETTLED + timedelta(hours=7)


@pytest.mark.parametrize(
    ("at", "entered_at", "seen_until", "future"),
    [
        (AFTER, BEFORE, POLL, True),
        (AFTER, BEFORE, None, True),  # whatever the version, it says that it was entered by K
        (AFTER, None, POLL, True),  # seen before its date has come
        (AFTER, None, None, False),  # it may have been entered on its date
        (SETTLED + timedelta(hours=2), None, POLL, False),  # so may this
        (AFTER, POLL - timedelta(hours=1), POLL, False),  # entered after K
        (BEFORE, BEFORE, POLL, False),
    ],
)
def test_statistics_1_2a_what_is_dated_in_the_future_is_an_update_after_t_that_stood_by_k(
    at: datetime, entered_at: datetime | None, seen_until: datetime | None, future: bool
) -> None:
    record: Json = {"crime_ref": "1", "reported_at": "2026-10-20T10:00:00Z", "victims": [{"victim_ref": "V"}]}
    entered = {"entered_at": entered_at.isoformat()} if entered_at else {}
    record["updates"] = [{"update_ref": "U", "at": at.isoformat(), "outcome": "informed"} | entered]
    source = Seen(columns([convert_crime(record)]), seen_until)
    found = report_figures(source, shipped("west-mercia")[0], WEEK, SETTLED, force="A force")
    assert {item.key: item.held for item in found.quality}["future"] == future
