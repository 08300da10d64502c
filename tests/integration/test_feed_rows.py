"""Which rows of a table belong to a list, and values in several columns (records section 4)."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from compliance.errors import UnavailableError
from compliance.feed_settings import FieldMapping
from compliance.feeds import Mapper
from compliance.records import decode_crimes
from tests import exports
from tests.exports import Folder, crimes, feed_of, polled

folder = exports.folder

LONDON = "Europe/London"
TABLES = {"crimes": "crimes.csv", "victims": "persons.csv"}
PERSONS = "crime_ref,victim_ref,Role,Kind\n1,V1,VIC,P\n1,S1,SUS,P\n1,V2, VICTIM ,P\n1,O1,VIC,ORG\n1,V3,vic,P\n1,V4,,P\n2,S2,SUS,P\n"


def victims_of(folder: Folder, rows: dict[str, list[str]]) -> list[list[str]]:
    """The victims of each crime."""
    folder.put("crimes.csv", crimes("1", "2"))
    folder.put("persons.csv", PERSONS)
    rules = FieldMapping(timezone=LONDON, rows={"victims": rows})
    records, _ = polled(feed_of(folder, rules, tables=TABLES))
    return [[victim["victim_ref"] for victim in record["victims"]] for record in records]


@pytest.mark.parametrize(
    ("rows", "victims"),
    [
        ({"Role": ["VIC", "VICTIM"]}, ["V1", "V2", "O1"]),
        ({"Role": ["VIC", "VICTIM"], "Kind": ["P"]}, ["V1", "V2"]),
        ({"Role": ["VIC", ""]}, ["V1", "O1", "V4"]),
        ({"Role": ["VICTM"]}, []),
    ],
    ids=["one of several values", "in every column", "an absent value", "a misspelt value"],
)
def test_only_rows_with_the_values_named_belong_to_a_list(
    folder: Folder, rows: dict[str, list[str]], victims: list[str]
) -> None:
    """A suspect is no victim. Values are compared as text, exactly, without the blanks around them."""
    assert victims_of(folder, rows) == [victims, []]


def test_a_filter_counts_what_it_leaves_out_and_tells_of_one_that_keeps_nothing(folder: Folder) -> None:
    with capture_logs() as logs:
        victims_of(folder, {"Role": ["VIC"]})
        victims_of(folder, {"Role": ["VICTM"]})
    kept, nothing = [entry for entry in logs if "filter" in entry["event"]]
    assert (kept["log_level"], kept["list"], kept["kept"], kept["left_out"]) == ("info", "victims", 2, 5)
    assert (nothing["log_level"], nothing["setting"]) == ("warning", "crime_system.mapping.rows.victims")
    assert "SUS" not in str(logs), "a value may be personal data"


def test_the_values_seen_are_counted_and_those_never_seen_are_named() -> None:
    mapper = Mapper(FieldMapping(rows={"victims": {"Role": ["VIC", "VICTM"]}}), tabular=True)
    roles = ["VIC", " VIC", None, 7, *map(str, range(100, 200))]
    assert len([*mapper.kept("victims", [{"Role": role} for role in roles])]) == 2
    seen = mapper.filters.seen["victims"]
    assert (seen.kept, seen.left_out, seen.unseen) == (2, 102, {"Role": ["VICTM"]})
    assert (seen.counts["Role"]["VIC"], seen.counts["Role"][""], seen.counts["Role"]["7"]) == (2, 1, 1)
    assert (len(seen.counts["Role"]), seen.more["Role"]) == (50, 53)


def test_a_row_that_cannot_be_read_is_not_left_out(folder: Folder) -> None:
    folder.put("crimes.csv", crimes("1"))
    folder.put("persons.csv", "crime_ref,victim_ref,Role\n1,S1\n")
    rules = FieldMapping(timezone=LONDON, rows={"victims": {"Role": ["VIC"]}})
    [record] = polled(feed_of(folder, rules, tables=TABLES))[0]
    assert record["victims"] == ["persons.csv, line 2: 2 columns where the header has 3"]


def test_one_file_may_hold_several_lists_each_with_its_own_rows(folder: Folder) -> None:
    folder.put("crimes_1.csv", crimes("1"))
    folder.put(
        "log_1.csv",
        "crime_ref,No,Code,At\n1,7,CONTACT,2026-07-02 10:00\n1,8,ARREST,2026-07-03 10:00\n1,9,FILED,2026-07-04 10:00\n",
    )
    rules = FieldMapping(
        timezone=LONDON,
        updates={"update_ref": "No", "at": "At"},
        events={"event_ref": "No", "kind": "Code", "at": "At"},
        rows={"updates": {"Code": ["CONTACT"]}, "events": {"Code": ["ARREST"]}},
        values={"events.kind": {"ARREST": "suspect_arrested"}},
    )
    tables = {"crimes": "crimes_*.csv", "updates": "log_*.csv", "events": "log_*.csv"}
    [record] = polled(feed_of(folder, rules, tables=tables))[0]
    assert [update["update_ref"] for update in record["updates"]] == ["7"]
    assert [event["kind"] for event in record["events"]] == ["suspect_arrested"]
    assert folder.names("done") == ["crimes_1.csv", "log_1.csv"]


def test_rows_of_a_list_in_the_table_of_crimes(folder: Folder) -> None:
    folder.put("a.csv", "crime_ref,reported_at,Person,Role\n1,2026-07-01 10:00,V1,VIC\n1,2026-07-01 10:00,S1,SUS\n")
    rules = FieldMapping(timezone=LONDON, victims={"victim_ref": "Person"}, rows={"victims": {"Role": ["VIC"]}})
    [record] = polled(feed_of(folder, rules))[0]
    assert record["victims"] == [{"victim_ref": "V1"}]


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (
            FieldMapping(victims={"victim_ref": "Persn"}),
            "no column 'Persn', which crime_system.mapping.victims.victim_ref names",
        ),
        (
            FieldMapping(victims={"victim_ref": "Person"}, rows={"victims": {"Rle": ["VIC"]}}),
            "no column 'Rle', which crime_system.mapping.rows.victims names; the header has 4 columns; "
            "did you mean 'Role'?",
        ),
        (
            FieldMapping(victims={"victim_ref": "Person", "added_at": ["Role", "Tme"]}),
            "no column 'Tme', which crime_system.mapping.victims.added_at names",
        ),
    ],
)
def test_a_column_of_a_list_that_is_missing_from_the_table_of_crimes_fails_the_export(
    folder: Folder, rules: FieldMapping, said: str
) -> None:
    """Otherwise every crime would be without victims, and nobody would notice."""
    folder.put("a.csv", "crime_ref,reported_at,Person,Role\n1,2026-07-01 10:00,V1,VIC\n")
    with pytest.raises(UnavailableError) as raised:
        polled(feed_of(folder, rules))
    assert said in str(raised.value)


def reported(values: list[Any], formats: list[str] | None = None) -> str:
    """The instant made from a day and a time, or the reason why there is none."""
    rules = FieldMapping(timezone=LONDON, formats=formats or [], crime={"reported_at": ["D", "T"]})
    row = {"crime_ref": "1", "D": values[0], "T": values[1]}
    crimes, refusals = decode_crimes([Mapper(rules, tabular=True).map_rows("1", [row], {})])
    return crimes[0].reported_at if crimes else refusals[0].reason


BRITISH = ["%d/%m/%Y %H:%M"]


@pytest.mark.parametrize(
    ("values", "formats"),
    [
        (["2026-07-01", "14:30"], []),
        (["01/07/2026 ", " 14:30"], BRITISH),
        (["01/07/2026", time(14, 30)], ["%d/%m/%Y %H:%M:%S"]),
        ([date(2026, 7, 1), time(14, 30)], []),
        ([datetime(2026, 7, 1), time(14, 30)], []),  # noqa: DTZ001  # what databases and workbooks give for a date
        ([date(2026, 7, 1), "14:30"], []),
        ([date(2026, 7, 1), timedelta(hours=14, minutes=30)], []),
        ([datetime(2026, 7, 1), datetime(1899, 12, 30, 14, 30)], []),  # noqa: DTZ001
    ],
)
def test_a_date_and_a_time_in_two_columns_are_one_instant(values: list[Any], formats: list[str]) -> None:
    assert reported(values, formats) == "2026-07-01T14:30:00+01:00"


@pytest.mark.parametrize("values", [["2026-07-01", ""], [date(2026, 7, 1), None], [datetime(2026, 7, 1), None]])  # noqa: DTZ001
def test_a_date_whose_time_is_missing_is_not_midnight_unless_a_format_says_so(values: list[Any]) -> None:
    """Records section 1: an instant is never guessed."""
    assert reported(values).startswith("reported_at: found '2026-07-01'")
    assert reported(values, ["%Y-%m-%d"]) == "2026-07-01T00:00:00+01:00"


def test_a_time_without_a_date_is_refused_and_neither_is_absent() -> None:
    assert reported(["", "14:30"]).startswith("reported_at: found '14:30'")
    assert reported(["", None]) == "reported_at: missing; it is required"


def test_any_field_may_come_from_several_columns_also_the_crime_number(folder: Folder) -> None:
    folder.put("crimes.csv", "Year,No,reported_at\n26,7,2026-07-01 10:00\n")
    folder.put("persons.csv", "Y,N,victim_ref\n26,7,V1\n")
    rules = FieldMapping(timezone=LONDON, crime={"crime_ref": ["Year", "No"]}, victims={"crime_ref": ["Y", "N"]})
    [record] = polled(feed_of(folder, rules, tables=TABLES))[0]
    assert (record["crime_ref"], record["victims"]) == ("26 7", [{"victim_ref": "V1"}])


def test_expressions_are_joined_in_json_too() -> None:
    rules = FieldMapping(timezone=LONDON, crime={"reported_at": ["Dates.Day", "Dates.Time"]})
    raw = b'{"crime_ref":"1","Dates":{"Day":"2026-07-01","Time":"14:30"}}'
    [crime], _ = decode_crimes([Mapper(rules, tabular=False).map_json(raw)])
    assert crime.reported_at == "2026-07-01T14:30:00+01:00"
