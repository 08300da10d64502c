"""From a printed number to its cases: every number of every edition adds up, or is answered with why there are none."""

from datetime import timedelta
from typing import Final

import pytest

from compliance.errors import SettingsError
from compliance.reports.catalogue.registry import find_figure
from compliance.reports.figure_rows import Row, rows
from compliance.reports.judging.restatement import CAUSES
from compliance.reports.periods.periods import parse_period
from compliance.reports.tracing import Edition, TracedFigure, cases
from compliance.reports.tracing.answer import OF_THE_WEEK
from tests import tracing
from tests.traced import edition, figures, policy, source

judged_once = tracing.judged_once
EDITIONS: Final = (("2026-W45", None), ("2026-W45", "B"), ("2026-10", None))

WORKED_OUT: Final = {
    "low", "high", "design_effect", "difference", "difference_low", "difference_high", "centre", "lower_limit",
    "upper_limit", "funnel_low_95", "funnel_high_95", "funnel_low_998", "funnel_high_998", "expected", "median_hours",
    "p", "rate_before_change", "rate_since", "updates_missed",
}  # fmt: skip
"""Measures that are no counts: they follow from counts that can be traced."""
NO_CRIMES: Final = {
    "quality.refused", "quality.unknown-officer", "quality.no-address", "quality.feed-gap", "quality.vanished",
    "pattern.same-clock", "pattern.on-the-due-day", "pattern.entered-long-after",
    "pattern.probable-duplicates",
}  # fmt: skip
"""Figures that count something other than crimes in the records."""


def traced(figure: str, period: str = "2026-W45", division: str | None = None) -> TracedFigure:
    return cases(edition(period, division), figure)


def kind(figure: str) -> str:
    return figure.partition("/")[0].partition(".")[0]


def check(row: Row, period: str, division: str | None) -> set[str]:
    """Every number of a row against its cases: the measures for which there are some."""
    found = set()
    first, *more = [m for m in row.numbers if m not in {"of", "rate"} and m not in WORKED_OUT]
    for measure in (first, *more):
        answer = traced(f"{row.figure}:{measure}", period, division)
        if left := answer.instead:
            assert row.figure in NO_CRIMES or (row.figure.startswith("restated.") and "have left them" in left), row
            continue
        assert row.figure not in NO_CRIMES
        number = row.numbers[measure]
        assert answer.amount == (number or 0), f"{row.figure}:{measure}"
        if measure == first and row.numbers.get("of") is not None:
            assert answer.of == row.numbers["of"], row
        if answer.cases:
            found.add(measure)
        known = find_figure(row.figure)
        assert known
        assert answer.measure in {*known[0].measures, *OF_THE_WEEK}, "what is counted is said by the figure"
    for measure in WORKED_OUT & set(row.numbers):
        assert traced(f"{row.figure}:{measure}", period, division).instead, f"{row.figure}:{measure}"
    return found


@pytest.mark.parametrize(("period", "division"), EDITIONS)
def test_every_number_of_an_edition_adds_up_or_is_answered_with_why_there_are_no_crimes(
    period: str, division: str | None
) -> None:
    found, every = set(), rows(figures(period, division))
    for row in every:
        if check(row, period, division):
            found.add(kind(row.figure))
    if period == "2026-10":
        assert {kind(row.figure) for row in every} - found == {"pattern"}, "every other kind has cases behind it"


def test_every_cause_of_a_restatement_is_there_to_be_traced() -> None:
    told = {row.figure.rpartition("/")[2] for row in rows(figures("2026-W45", None)) if row.section == "restated"}
    assert told == {*CAUSES, "published", "now"} - {"calendar"}  # which no requirement of this policy looks at


def test_what_a_cause_put_into_a_figure_adds_and_what_it_took_out_of_it_subtracts() -> None:
    """Statistics section 5: the steps from what was published to what is known now, obligation by obligation."""
    name, period = "restated.28-day", "2026-W44"
    steps = [traced(f"{name}/{period}/{cause}") for cause in CAUSES]
    before, after = (traced(f"{name}/{period}/{step}") for step in ("published", "now"))
    assert before.counted + sum(step.counted for step in steps) == after.counted
    assert before.of + sum(step.of for step in steps) == after.of
    (one,) = [case for step in steps for case in step.cases if case.of < 0][:1]
    assert (one.counted, one.of) in {(-1, -1), (0, -1)}
    assert one.state is not None
    assert one.state.endswith(", then not counted")


def test_what_has_left_the_records_since_it_was_published_is_said_to_have() -> None:
    """Statistics section 5: retention removes crimes, and their numbers with them."""
    for step in ("published", "retention"):
        assert "have left them" in traced(f"restated.7-day/2026-W42/{step}").instead
    assert traced("restated.7-day/2026-W42/now").cases


def test_a_case_is_named_with_its_verdict_and_by_opaque_references_alone() -> None:
    case = next(case for case in traced("rate.7-day").cases if case.counted)
    assert (case.requirement, case.cycle, case.state) == ("7-day", 1, "met")
    assert case.due_date is not None
    assert parse_period("2026-W45").first <= case.due_date <= parse_period("2026-W45").last
    assert case.at is not None
    assert case.at.date() <= case.due_date, "in local time"
    assert case.crime_ref.startswith("22A/")


def test_a_measure_counts_its_own_cases_of_the_same_ones() -> None:
    """Rules section 5: each state of what was due, and how long what is outstanding has been."""
    whole = traced("rate.7-day")
    states = ("late", "overdue", "missed")
    assert whole.counted + sum(traced(f"rate.7-day:{state}").counted for state in states) == whole.of
    assert {case.state for case in traced("rate.7-day:late").cases if case.counted} == {"late"}
    assert traced("rate.7-day:of").counted == traced("rate.7-day:of").of == whole.of
    assert traced("rate.7-day:rate").amount == whole.counted / whole.of
    with pytest.raises(SettingsError, match=r"has no measure 'held'; it has count, late"):
        traced("rate.7-day:held")


def test_1_7_a_silent_victim_is_listed_with_the_last_update_and_1_8_one_not_told_with_the_close() -> None:
    last = parse_period("2026-10").last
    for case in traced("silent", "2026-10").cases:
        recent = case.at is not None and timedelta() <= last - case.at.date() < timedelta(days=28)
        assert (case.state, case.counted) == (("heard", 0) if recent else ("silent", 1)), case
    told = traced("closed-without-a-word", "2026-10").cases
    for case in told:
        assert case.closed_on is not None
        assert parse_period("2026-10").first <= case.closed_on <= last
        near = case.at is not None and abs(case.at.date() - case.closed_on) <= timedelta(days=7)
        assert (case.state, case.counted) == (("told", 0) if near else ("not told", 1)), case
    assert len({case.state for case in told}) == 2


def test_a_reminder_is_listed_with_its_mail_and_with_what_was_typed_in_afterwards() -> None:
    found = [case for case in traced("reminders.overdue/24").cases if case.counted]
    assert found
    for case in found:
        assert case.mail
        assert case.told_at is not None
        assert case.entered_at is not None
        assert timedelta() < case.entered_at - case.told_at <= timedelta(hours=24)


def test_records_of_a_file_say_nothing_of_mails() -> None:
    alone = Edition(source(), policy(), parse_period("2026-W45"))
    for name in ("reminders", "reminders.overdue/24", "question.after-reminder"):
        assert "only the running service knows" in cases(alone, name).instead


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("rat.7-day", r"no figure 'rat\.7-day'; did you mean 'rate'"),
        ("rate.7-days", r"no requirement '7-days'.*7-day"),
        ("rate", r"expected rate\.REQUIREMENT"),
        ("rate.7-day/North", r"expected rate\.REQUIREMENT"),
        ("silent.7-day", r"expected silent\[/NAME\]"),
        ("division.7-day/D", r"no division 'D' in the records"),
        ("offence.7-day/theft", r"no offence 'theft'"),
        ("contact/phones", r"no method 'phones'.*'phone'"),
        ("question.near-deadlines", r"no question.*'near-deadline'"),
        ("quality.refuse", r"no class of data quality.*'refused'"),
        ("reminders.overdue/48", r"no reminder 'overdue/48'"),
        ("restated.7-day/2026-W30/now", r"'2026-W30' is not restated"),
        ("restated.7-day/2026-W44/enterd", r"no step 'enterd'.*'entered'"),
        ("restated.5-day/2026-W44/now", r"published without a requirement '5-day'"),
    ],
)
def test_a_name_that_is_no_figure_is_refused_with_the_nearest(name: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        traced(name)


def test_a_division_that_is_none_is_refused() -> None:
    with pytest.raises(SettingsError, match="no division 'North' in the records"):
        cases(Edition(source(), policy(), parse_period("2026-W45"), division="North"), "rate.7-day")
