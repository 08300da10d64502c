"""What becomes of a date without a time, which is read as 00:00 of its day (docs/feeds.md)."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from compliance.feed_settings import FieldMapping
from compliance.feeds import Mapper
from compliance.policy import Policy
from compliance.records import decode_crimes, text_of
from tests.engine import engine_rows, shipped
from tests.histories import LONDON, histories

END_OF_DAY = datetime(2026, 11, 25, 23, 59, 59, tzinfo=UTC)
INSTANTS = {
    "reported_at", "recorded_at", "at", "entered_at", "from", "until", "added_at", "declined_at", "declined_until",
    "declined_entered_at",
}  # fmt: skip


def instants(item: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str, datetime]]:
    """Every instant of a record, with the object and the key it stands under."""
    for key, value in item.items():
        if key in INSTANTS and isinstance(value, str):
            yield item, key, datetime.fromisoformat(value)
        elif isinstance(value, list):
            for inner in value:
                yield from instants(inner)


def happened(item: dict[str, Any]) -> tuple[datetime, datetime]:
    at = item.get("at") or item["from"]
    return datetime.fromisoformat(at), datetime.fromisoformat(item.get("entered_at") or at)


def as_dates(record: dict[str, Any]) -> dict[str, Any]:
    """A record as an export of dates gives it: everything in the order in which it happened, at 00:00."""
    record = json.loads(json.dumps(record))
    for name, ref in {"status": None, "allocations": None, "events": "event_ref", "updates": "update_ref"}.items():
        items = record.get(name) or []
        if ref:  # of one that is repeated the last stands, before anything is put in order
            items = [*{item[ref]: item for item in items}.values()]
        record[name] = sorted(items, key=happened)
    for item, key, instant in [*instants(record)]:
        day = instant.astimezone(LONDON).date()
        item[key] = datetime(day.year, day.month, day.day, tzinfo=LONDON).isoformat()
    return record


def without_today(record: dict[str, Any]) -> bool:
    """Whether a record has nothing on the day asked about or after it, of which midnight would come too early."""
    return all(instant.astimezone(LONDON).date() < END_OF_DAY.date() for _, _, instant in instants(record))


def judged(records: list[dict[str, Any]], policy: Policy) -> list[dict[str, Any]]:
    """The verdicts, without whether the discharging update was entered late: of two on one day it is another."""
    rows = engine_rows(records, policy, END_OF_DAY)
    return [{key: value for key, value in row.items() if key != "entered_after_due"} for row in rows]


@pytest.mark.parametrize("name", ["west-mercia", "hertfordshire"])
def test_no_verdict_of_a_requirement_in_days_depends_on_times(name: str) -> None:
    """All rules compare local dates (2.6): neither a same-day update nor a due date is another."""
    policy, _ = shipped(name)
    told = [record for record in histories(7, 1500, as_at=END_OF_DAY) if without_today(record)]
    assert len(told) > 300
    moved = [as_dates(record) for record in told]
    assert moved != told
    assert judged(moved, policy) == judged(told, policy)


def arrested(policy: Policy, event: str, update: str) -> str:
    """The state of the requirement to tell a victim of an arrest."""
    record = {
        "crime_ref": "1",
        "reported_at": "2026-06-01T10:00:00+01:00",
        "victims": [{"victim_ref": "V"}],
        "updates": [{"update_ref": "U", "at": f"2026-07-01T{update}:00+01:00", "outcome": "informed"}],
        "events": [{"event_ref": "E", "kind": "suspect_arrested", "at": f"2026-07-01T{event}:00+01:00"}],
    }
    [state] = [
        row["state"]
        for row in engine_rows([record], policy, datetime(2026, 7, 20, tzinfo=UTC))
        if row["requirement"] == "arrested"
    ]
    return str(state)


@pytest.mark.parametrize(
    ("event", "update", "state"),
    [
        ("14:30", "16:00", "met"),
        ("14:30", "00:00", "overdue"),
        ("00:00", "00:00", "met"),
        ("00:00", "09:00", "met"),
    ],
    ids=["both times", "only the event's time", "neither time", "only the update's time"],
)
def test_an_update_on_the_day_of_an_event_counts_if_it_is_not_before_it(event: str, update: str, state: str) -> None:
    """Rules 7.1: the one requirement in days that compares times. With only the event's time a met one is overdue; with
    only the update's time one that came before the arrest counts."""
    assert arrested(shipped("victims-code-2020")[0], event, update) == state


def test_of_two_changes_on_one_day_the_last_of_the_export_decides() -> None:
    """Rules 2.9."""
    policy, _ = shipped("west-mercia")

    def states(*changes: str) -> set[str]:
        record = {
            "crime_ref": "1",
            "reported_at": "2026-06-01T00:00:00+01:00",
            "victims": [{"victim_ref": "V"}],
            "status": [{"status": change, "at": "2026-06-20T00:00:00+01:00"} for change in changes],
        }
        rows = engine_rows([record], policy, datetime(2026, 7, 20, tzinfo=UTC))
        return {row["state"] for row in rows if row["requirement"] == "28-day"}

    assert states("closed", "open") == {"overdue"}
    assert states("open", "closed") == {"lapsed"}


def test_a_limit_in_hours_begins_at_midnight() -> None:
    """Rules A6: it is over before the day of the report is."""
    policy, _ = shipped("hours")

    def due(reported: str) -> str:
        record = {"crime_ref": "1", "reported_at": reported, "victims": [{"victim_ref": "V"}]}
        rows = engine_rows([record], policy, datetime(2026, 7, 20, tzinfo=UTC))
        return next(str(row["due_at"]) for row in rows if row["requirement"] == "at-once")

    assert datetime.fromisoformat(due("2026-07-01T16:00:00+01:00")) == datetime(2026, 7, 2, 15, tzinfo=UTC)
    assert datetime.fromisoformat(due("2026-07-01T00:00:00+01:00")) == datetime(2026, 7, 1, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "formats", "made"),
    [
        ("2026-07-01", [], None),
        ("01/07/2026", ["%d/%m/%Y %H:%M"], None),
        ("01/07/2026", ["%d/%m/%Y %H:%M", "%d/%m/%Y"], "2026-07-01T00:00:00+01:00"),
        ("2026-07-01", ["%Y-%m-%d"], "2026-07-01T00:00:00+01:00"),
    ],
)
def test_a_date_alone_is_refused_unless_a_format_reads_it(written: str, formats: list[str], made: str | None) -> None:
    mapper = Mapper(FieldMapping(timezone="Europe/London", formats=formats), tabular=True)
    record = mapper.map_rows("1", [{"crime_ref": "1", "reported_at": written}], {})
    crimes, refusals = decode_crimes([text_of(record)])
    assert [crime.reported_at for crime in crimes] == ([made] if made else [])
    assert len(refusals) == (0 if made else 1)
