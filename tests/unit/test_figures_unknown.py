"""Values that neither mapping nor policy knows, in a report (rules section 8): against plain loops over the records."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any, Final

import pytest

from compliance.errors import SettingsError
from compliance.records import columns, convert_crime
from compliance.reports.catalogue.editions import public
from compliance.reports.figures import report_figures
from compliance.reports.judging.judged import ReportOptions
from compliance.reports.judging.sources import GivenRecords
from compliance.reports.model.report_model import Figures, Quality
from compliance.reports.periods.periods import parse_period
from compliance.reports.tracing import Edition, cases
from compliance.reports.wording.attention import faults
from tests.engine import shipped
from tests.plain_figures import SETTLED, WEEK, figures_of, stories
from tests.reference_case import Case, Json, exists, last_of_each
from tests.stores import crime, updates

POLICY: Final = shipped("west-mercia")[0]
FIELDS: Final = {"outcome": "left message", "method": "fax", "category": "witness", "event": "suspect_charge"}
"""A value of each that the stories have and nobody knows."""


@cache
def told() -> list[Json]:
    """The stories, in which letters are faxes, and the kind of an event is misspelt."""
    text = json.dumps(stories()).replace('"letter"', '"fax"').replace('"suspect_charged"', '"suspect_charge"')
    found: list[Json] = json.loads(text)
    return found


def facts() -> Iterator[tuple[str, str | None, date]]:
    """(field, value, day) of all that is known as at the week's T and K; a fact of an update with its day of entry."""
    data = shipped("west-mercia")[1]
    for record in told():
        if not exists(record["reported_at"], SETTLED):
            continue
        local = Case(record, data, SETTLED, SETTLED).local
        for update in last_of_each(record.get("updates"), "update_ref"):
            entered_at = update.get("entered_at") or update["at"]
            if exists(update["at"], SETTLED) and exists(entered_at, SETTLED):
                yield "outcome", update.get("outcome"), local(entered_at)
                yield "method", update.get("method"), local(entered_at)
        for victim in last_of_each(record.get("victims"), "victim_ref"):
            if exists(victim.get("added_at"), SETTLED):
                yield "category", victim.get("category"), local(victim.get("added_at") or record["reported_at"])
        for event in last_of_each(record.get("events"), "event_ref"):
            if exists(event["at"], SETTLED):
                yield "event", event["kind"], local(event["at"])


def unknown_of(found: Figures) -> dict[str, Quality]:
    names = {f"unknown-{field}" for field in FIELDS}
    return {item.key: item for item in found.quality if item.key.partition("/")[0] in names}


def test_they_are_counted_by_field_and_value_in_the_week_and_in_all() -> None:
    days: dict[str, list[date]] = defaultdict(list)
    for field, value, day in facts():
        if value == FIELDS[field]:
            days[f"unknown-{field}"].append(day)
            days[f"unknown-{field}/{value}"].append(day)
    got = unknown_of(figures_of(told(), POLICY))
    assert got.keys() == days.keys()
    assert len(got) == 8
    for key, found in days.items():
        in_week = sum(WEEK.first <= day <= WEEK.last for day in found)
        assert (key, got[key].in_week, got[key].held) == (key, in_week, len(found))
        assert in_week


def options(**words: set[str]) -> ReportOptions:
    fields = {
        "outcome": "updates.outcome",
        "method": "updates.method",
        "category": "victims.category",
        "event": "events.kind",
    }
    return ReportOptions(own_words={fields[field]: found for field, found in words.items()})


def test_what_the_force_has_a_word_for_is_not_among_them() -> None:
    own = options(outcome={"left message"}, category={"witness"})
    got = unknown_of(figures_of(told(), POLICY, options=own))
    assert got["unknown-outcome"].held == got["unknown-category"].held == 0
    assert {key for key, item in got.items() if item.held} == {
        "unknown-method", "unknown-method/fax", "unknown-event", "unknown-event/suspect_charge",
    }  # fmt: skip
    live = ReportOptions(live_methods=["phone", "fax"])
    assert unknown_of(figures_of(told(), POLICY, options=live))["unknown-method"].held == 0
    policy = POLICY.with_values(counted_outcomes=["informed", "left message"])
    assert unknown_of(figures_of(told(), policy))["unknown-outcome"].held == 0


def test_a_class_is_a_fault_of_its_own_and_its_values_stand_in_the_figures_in_full() -> None:
    keys = {item.key for item in faults(figures_of(told(), POLICY).quality)}
    assert {f"unknown-{field}" for field in FIELDS} <= keys
    assert not [key for key in keys if "/" in key]


def test_none_leaves_the_force() -> None:
    """What they say could be anything, and beside contact by method they would tell of counts that are hidden there."""
    assert unknown_of(public(figures_of(told(), POLICY))) == {}


@pytest.mark.parametrize("field", FIELDS)
def test_each_number_is_traced_to_its_cases(field: str) -> None:
    edition = Edition(GivenRecords("stories", columns([convert_crime(r) for r in told()])), POLICY, WEEK)
    got = unknown_of(figures_of(told(), POLICY))
    for key in (f"unknown-{field}", f"unknown-{field}/{FIELDS[field]}"):
        for measure, number in (("in_period", got[key].in_week), ("held", got[key].held)):
            answer = cases(edition, f"quality.{key}:{measure}")
            assert (answer.counted, answer.of) == (number, got[key].held)
            assert {case.state for case in answer.cases} == {FIELDS[field]}


def traced(*records: Json) -> Edition:
    return Edition(
        GivenRecords("given", columns([convert_crime(r) for r in records])), POLICY, parse_period("2026-W28")
    )


def given(*records: Json, **more: Any) -> Figures:
    source = GivenRecords("given", columns([convert_crime(record) for record in records]))
    week = parse_period("2026-W28")
    return report_figures(source, POLICY, week, SETTLED, force="A force", **more)


def outcomes(*values: str) -> Json:
    found = updates(*["2026-07-07"] * len(values))
    return crime(updates=[update | {"outcome": value} for update, value in zip(found, values, strict=True)])


def test_of_many_values_the_most_frequent_are_listed_and_the_class_counts_all() -> None:
    """A careless feed sends another one with every record."""
    found = unknown_of(given(outcomes(*(f"remark {n // 2}" for n in range(41)))))
    assert found["unknown-outcome"].held == 41
    assert list(found)[1:11] == [f"unknown-outcome/remark {n}" for n in (0, 1, 10, 11, 12, 13, 14, 15, 16, 17)]
    assert len([key for key in found if key.startswith("unknown-outcome/")]) == 10


def test_nothing_that_is_not_printed_is_shown_and_not_all_of_a_long_one() -> None:
    record = outcomes("a\0\x1b[31m/b", "x" * 200, "x" * 199)
    found = unknown_of(given(record))
    assert {key: item.held for key, item in found.items() if item.held} == {
        "unknown-outcome": 3, "unknown-outcome/a\\x00\\x1b[31m/b": 1, f"unknown-outcome/{'x' * 40}…": 2,
    }  # fmt: skip
    for name, held in (("a\\x00\\x1b[31m/b", 1), ("x" * 40 + "…", 2)):
        assert cases(traced(record), f"quality.unknown-outcome/{name}:held").counted == held


def test_a_value_that_no_record_has_is_refused_with_the_nearest() -> None:
    with pytest.raises(SettingsError, match=r"no record has 'left car'.*'left card'"):
        cases(traced(outcomes("left card")), "quality.unknown-outcome/left car")
    with pytest.raises(SettingsError, match="only unknown-outcome"):
        cases(traced(outcomes("left card")), "quality.attempt/left card")


def test_an_empty_text_says_nothing() -> None:
    assert unknown_of(given(outcomes("", "informed")))["unknown-outcome"].held == 0
