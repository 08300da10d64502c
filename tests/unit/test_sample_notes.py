"""What a sample of records says of the mapping: rows left out, dates without times, no victims (docs/feeds.md)."""

from typing import Any

import msgspec
import pytest

from compliance.feed_settings import FieldMapping
from compliance.feeds import Mapper
from compliance.records import Crime, convert_crime, decode_crimes
from compliance.service.polls.sample_notes import find_midnights, notes_of, notes_of_refusals
from compliance.service.polls.unread_columns import notes_of_unread
from tests.engine import shipped

POLICY, _ = shipped("west-mercia")
VICTIMS = [{"victim_ref": "V1"}]


def crimes(count: int, **fields: Any) -> list[Crime]:
    record = {"reported_at": "2026-07-01T10:00:00+01:00", "victims": VICTIMS} | fields
    return [convert_crime(record | {"crime_ref": str(n)}) for n in range(count)]


def rows_noted(wanted: dict[str, list[str]], *rows: dict[str, Any]) -> list[str]:
    mapper = Mapper(FieldMapping(rows={"victims": wanted}), tabular=True)
    list(mapper.kept("victims", rows))
    return notes_of(crimes(1), mapper.filters.seen, POLICY)


def test_how_many_rows_are_left_out_and_by_which_values() -> None:
    rows = [{"Role": "VIC"}] * 3 + [{"Role": "SUS"}] * 2 + [{"Role": None}]
    assert rows_noted({"Role": ["VIC"]}, *rows) == [
        "victims: 3 of 6 rows belong to it by [crime_system.mapping] rows.victims; 3 left out",
        "victims: rows by Role: 'VIC' 3 (kept), 'SUS' 2, '' 1",
    ]


def test_a_value_that_no_row_has_is_named_with_the_nearest_that_came() -> None:
    *_, noted = rows_noted({"Role": ["VIC", "VICTM"]}, {"Role": "VIC"}, {"Role": "VICTIM"}, {"Role": "SUS"})
    assert noted == "victims: no row has 'VICTM' in Role; did you mean 'VICTIM'?"


def test_a_filter_that_keeps_nothing_is_told_of() -> None:
    first, *_ = rows_noted({"Role": ["VICTM"]}, {"Role": "VICTIM"}, {"Role": "SUS"})
    assert first == (
        "victims: none of 2 rows belongs to it by [crime_system.mapping] rows.victims; correct the column or its values"
    )


def test_of_many_values_the_most_frequent_are_listed_fit_to_be_shown() -> None:
    rows = [{"Role": "VIC"}] * 2 + [{"Role": f"{n}\x1b"} for n in range(60)]
    _, noted = rows_noted({"Role": ["VIC"]}, *rows)
    assert noted.startswith("victims: rows by Role: 'VIC' 2 (kept), '0\\\\x1b' 1, ")
    assert noted.endswith(", others 51")
    assert "\x1b" not in noted


def persons(count: int) -> list[dict[str, Any]]:
    """Crimes as a feed of tables gives them, each with a victim and somebody else."""
    roles = ("VIC", "SUS")
    return [
        {
            "crimes": [{"URN": str(n)}],
            "victims": [
                {"URN": str(n), "Person": f"{n}{role}", "Role": role, "category": "standard"} for role in roles
            ],
        }
        for n in range(count)
    ]


def unread(sources: list[dict[str, Any]], tabular: bool = True, **rules: Any) -> list[str]:
    given: dict[str, Any] = {"crime": {"crime_ref": "URN"}, "victims": {"victim_ref": "Person"}}
    return list(notes_of_unread(sources, Mapper(FieldMapping.model_validate(given | rules), tabular)))


def test_a_column_of_codes_that_nothing_reads_may_say_who_is_no_victim() -> None:
    assert unread(persons(10)) == [
        "victims: nothing reads the column Role: 'VIC' 10, 'SUS' 10; if not all of these rows are victims, name those "
        "that are in [crime_system.mapping] rows.victims (docs/feeds.md)"
    ]


def test_of_columns_that_are_read_or_hold_no_codes_nothing_is_said() -> None:
    assert unread(persons(9)) == []
    assert unread(persons(10), rows={"victims": {"Role": ["VIC"]}}) == []
    assert unread(persons(10), victims={"victim_ref": "Person", "category": "Role"}) == []
    assert unread(persons(10), tabular=False) == []
    named = persons(20)
    for n, source in enumerate(named):
        source["victims"] = [{"URN": str(n), "Person": f"V{n}", "Town": f"Town {n % 9}"}]
    assert unread(named) == []


def test_no_victims_at_all_are_told_of_if_there_are_enough_records() -> None:
    assert notes_of(crimes(20, victims=[]), {}, POLICY) == [
        "none of 20 records has a victim, so nothing would be owed to anyone; check victims in [crime_system.mapping]"
    ]
    assert notes_of(crimes(19, victims=[]), {}, POLICY) == []
    assert notes_of([*crimes(20, victims=[]), *crimes(1)], {}, POLICY) == []


MIDNIGHT = "2026-07-01T23:00:00Z"
"""00:00 on 2 July in London."""
NOON = "2026-07-02T12:00:00+01:00"


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("reported_at", {"reported_at": MIDNIGHT}),
        ("changed_at", {"changed_at": MIDNIGHT}),
        ("status.at", {"status": [{"status": "closed", "at": MIDNIGHT}]}),
        ("allocations.from", {"allocations": [{"from": MIDNIGHT}]}),
        ("updates.at", {"updates": [{"update_ref": "U", "at": MIDNIGHT}]}),
        ("events.at", {"events": [{"event_ref": "E", "kind": "suspect_arrested", "at": MIDNIGHT}]}),
    ],
)
def test_a_field_always_at_midnight_is_told_of_with_what_it_means(name: str, fields: dict[str, Any]) -> None:
    [noted] = notes_of(crimes(20, **fields), {}, POLICY)
    assert noted.startswith(
        f"{name}: 100% of 20 date-times are at 00:00, as if the crime system gave dates without times"
    )
    assert noted.endswith("(docs/feeds.md)")


@pytest.mark.parametrize(
    ("midnights", "others", "found"), [(20, 0, True), (19, 0, False), (96, 4, True), (95, 5, False)]
)
def test_only_over_95_per_cent_of_at_least_20(midnights: int, others: int, found: bool) -> None:
    sample = crimes(midnights, reported_at=MIDNIGHT) + crimes(others, reported_at=NOON)
    assert [(each.name, each.midnights, each.instants) for each in find_midnights(sample, POLICY)] == (
        [("reported_at", midnights, midnights + others)] if found else []
    )


def test_midnight_is_that_of_the_policys_time_zone() -> None:
    assert find_midnights(crimes(20, reported_at="2026-07-01T00:00:00Z"), POLICY) == []
    assert len(find_midnights(crimes(20, reported_at="2026-12-01T00:00:00Z"), POLICY)) == 1


def refused(*records: dict[str, Any]) -> list[str]:
    """The reasons that the record format gives."""
    plain = {"reported_at": "2026-07-01T10:00:00Z"}
    raws = [msgspec.json.encode({"crime_ref": str(n)} | plain | each) for n, each in enumerate(records)]
    return [refusal.reason for refusal in decode_crimes(raws)[1]]


def test_records_refused_for_a_date_without_a_time_are_told_of() -> None:
    dates = ["2026-07-01", "01/07/2026", "1.7.2026", "2026-07-01 10:00", "soon"]
    reasons = refused(*({"reported_at": text} for text in [*dates, "2026-07-01T10:00:00Z"]))
    assert len(reasons) == 5
    [noted] = notes_of_refusals(reasons)
    assert noted.startswith("3 records refused because a date has no time; ")
    assert 'if the time is in a column of its own, join the two, as in at = ["ContactDate", "ContactTime"]' in noted
    assert notes_of_refusals(reasons[3:]) == []


def test_records_refused_for_a_time_without_a_zone_are_told_of_with_the_setting() -> None:
    [noted] = notes_of_refusals(refused({"reported_at": "2026-07-01T10:00:00"}, {"reported_at": "soon"}))
    assert noted.startswith("1 record refused because a date-time has no offset from UTC; set [crime_system.mapping] t")


def test_statuses_that_are_none_of_the_three_are_counted_so_that_all_can_be_mapped_at_once() -> None:
    """In JSON and in tables; the text of a crime system is shown fit for a terminal."""
    at = "2026-07-01T10:00:00Z"
    came = [[{"status": text, "at": at}] for text in ("UI", "NFA", "UI", "\x1b[1m", "open")]
    [noted] = notes_of_refusals(refused(*({"status": status} for status in came)))
    assert noted.startswith("4 records refused because of a status: 'UI' 2, 'NFA' 1, ")
    assert noted.endswith('values."status.status" which of open, closed and cancelled each means')
    assert "\x1b" not in noted
    [noted] = notes_of_refusals(refused(*({"status": [{"status": f"S{n}", "at": at}]} for n in range(12))))
    assert ", others 2; say in " in noted
