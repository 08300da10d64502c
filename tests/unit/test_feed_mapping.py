"""A crime system's own fields made those of the record format, as the settings say (records sections 1 and 4)."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from compliance.errors import SettingsError
from compliance.feed_settings import FieldMapping
from compliance.feeds import Mapper
from compliance.records import decode_crimes, text_of

LONDON = "Europe/London"
SOURCE = {
    "CrimeNumber": 2612345,
    "Dates": {"Reported": "01/07/2026 10:00", "Changed": "2026-07-09 08:00:00"},
    "State": "FILED",
    "StateDate": "08/07/2026 12:30",
    "Persons": [
        {"Id": "V1", "Role": "VICTIM", "Kind": "E", "Holds": [{"Why": "unsafe", "Since": "02/07/2026 09:00"}]},
        {"Id": "S1", "Role": "SUSPECT"},
    ],
    "Contacts": [{"No": 1, "When": "06/07/2026 11:00", "Result": "VC"}, {"No": 2, "When": "07/07/2026 11:00"}],
}
RULES = FieldMapping(
    crime={"crime_ref": "CrimeNumber", "reported_at": "Dates.Reported", "changed_at": "Dates.Changed"},
    status={"status": "s", "at": "d"},
    victims={"victim_ref": "Id", "category": "Kind"},
    contact_holds={"reason": "Why", "from": "Since"},
    updates={"update_ref": "No", "at": "When", "outcome": "Result"},
    lists={
        "victims": "Persons[?Role=='VICTIM']",
        "updates": "Contacts",
        "contact_holds": "Holds",
        "status": "[{s: State, d: StateDate}]",
    },
    values={
        "status.status": {"FILED": "closed"},
        "victims.category": {"E": "enhanced"},
        "updates.outcome": {"VC": "informed", "": "attempted"},
    },
    constants={"crime.division": "North", "updates.method": "phone"},
    timezone=LONDON,
    formats=["%d/%m/%Y %H:%M"],
)


def mapped(rules: FieldMapping, source: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text_of(Mapper(rules, tabular=False).map_json(json.dumps(source).encode())))
    return found


def test_a_record_in_a_systems_own_words_becomes_one_of_the_format() -> None:
    assert mapped(RULES, SOURCE) == {
        "crime_ref": "2612345",
        "reported_at": "2026-07-01T10:00:00+01:00",
        "changed_at": "2026-07-09T08:00:00+01:00",
        "division": "North",
        "status": [{"status": "closed", "at": "2026-07-08T12:30:00+01:00"}],
        "victims": [
            {
                "victim_ref": "V1",
                "category": "enhanced",
                "contact_holds": [{"reason": "unsafe", "from": "2026-07-02T09:00:00+01:00"}],
            }
        ],
        "updates": [
            {"update_ref": "1", "at": "2026-07-06T11:00:00+01:00", "outcome": "informed", "method": "phone"},
            {"update_ref": "2", "at": "2026-07-07T11:00:00+01:00", "outcome": "attempted", "method": "phone"},
        ],
    }


def test_without_rules_a_record_stays_as_it_came_to_the_byte() -> None:
    raw = b'{"crime_ref": "1",\t"reported_at":"2026-07-01T10:00:00"}'
    assert Mapper(FieldMapping(), tabular=False).map_json(raw) is raw
    assert Mapper(FieldMapping(), tabular=False).map_officer(raw) is raw


def test_what_is_not_named_keeps_its_name_and_what_is_named_empty_is_left_out() -> None:
    rules = FieldMapping(crime={"crime_ref": "no", "team": ""})
    source = {"no": "1", "crime_ref": "2", "team": "T", "division": "D", "reported_at": "2026-07-01T10:00:00Z"}
    assert mapped(rules, source) == {"crime_ref": "1", "division": "D", "reported_at": "2026-07-01T10:00:00Z"}


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("2026-07-01T09:00:00Z", "2026-07-01T09:00:00Z"),
        ("2026-07-01T09:00:00.123456+01:00", "2026-07-01T09:00:00.123456+01:00"),
        ("2026-07-01T09:00:00", "2026-07-01T09:00:00+01:00"),
        ("2026-12-01 09:00", "2026-12-01T09:00:00+00:00"),
        ("2026-07-01 09:00:00.1234567", "2026-07-01T09:00:00.123456+01:00"),
        ("2026-07-01 09:00:00 +02:00", "2026-07-01T09:00:00+02:00"),
        ("01/07/2026 09:00", "2026-07-01T09:00:00+01:00"),
        (datetime.fromisoformat("2026-07-01 09:00"), "2026-07-01T09:00:00+01:00"),
        (datetime(2026, 7, 1, 9, tzinfo=timezone(timedelta(hours=3))), "2026-07-01T09:00:00+03:00"),
    ],
)
def test_an_instant_without_an_offset_is_of_the_stated_zone(given: Any, taken: str) -> None:
    values = Mapper(FieldMapping(timezone=LONDON, formats=["%d/%m/%Y %H:%M"]), tabular=True)._values
    assert values.instant(given) == taken
    assert values.clock_changes == 0


@pytest.mark.parametrize(
    "given", ["2026-07-01", "soon", "31/02/2026 10:00", "2026-02-30T10:00:00", date(2026, 7, 1), 7]
)
def test_what_is_no_instant_is_not_guessed_and_refused_with_what_was_found(given: Any) -> None:
    """Records section 1: an instant is never guessed, a date is none."""
    rules = FieldMapping(timezone=LONDON, formats=["%d/%m/%Y %H:%M"])
    row = {"crime_ref": "1", "reported_at": given}
    _, [refusal] = decode_crimes([Mapper(rules, tabular=True).map_rows("1", [row], {})])
    assert refusal.reason.startswith("reported_at: found")


def test_without_a_stated_zone_an_instant_without_an_offset_is_refused() -> None:
    row = {"crime_ref": "1", "reported_at": datetime.fromisoformat("2026-07-01 09:00")}
    _, [refusal] = decode_crimes([Mapper(FieldMapping(), tabular=True).map_rows("1", [row], {})])
    assert "an instant without an offset" in refusal.reason


def test_an_hour_that_comes_twice_is_read_as_its_first_and_counted() -> None:
    mapper = Mapper(FieldMapping(timezone=LONDON), tabular=False)
    record = {"crime_ref": "1", "reported_at": "2026-10-25T01:30:00", "changed_at": "2026-10-25T02:00:00"}
    raw = text_of(mapper.map_json(json.dumps(record).encode()))
    assert json.loads(raw)["reported_at"] == "2026-10-25T01:30:00+01:00"
    assert mapper.page([raw], "c1", False).clock_changes == 1
    assert mapper.page([raw], "c2", False).clock_changes == 0, "each is counted once"


def test_an_hour_that_never_comes_is_read_as_though_the_clock_had_not_gone_forward_and_counted() -> None:
    mapper = Mapper(FieldMapping(timezone=LONDON), tabular=False)
    raw = text_of(mapper.map_json(b'{"crime_ref":"1","reported_at":"2026-03-29T01:30:00"}'))
    assert json.loads(raw)["reported_at"] == "2026-03-29T01:30:00+00:00"
    assert mapper.page([raw], "c1", False).clock_changes == 1


@pytest.mark.parametrize(
    ("kind", "given", "taken"),
    [
        ("text", 7, "7"),
        ("text", Decimal("7.0"), "7"),
        ("text", UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        ("text", True, True),
        ("text", 7.5, 7.5),
        ("integer", "14", 14),
        ("integer", "14.0", 14),
        ("integer", 14.0, 14),
        ("integer", Decimal("14"), 14),
        ("integer", "fortnightly", "fortnightly"),
        ("integer", 14.5, 14.5),
        ("day", "2026-07-01", "2026-07-01"),
        ("day", "01/07/2026 00:00", "2026-07-01"),
        ("day", "2026-07-01T23:59:00", "2026-07-01"),
        ("day", datetime(2026, 7, 1, tzinfo=UTC), "2026-07-01"),
        ("day", date(2026, 7, 1), "2026-07-01"),
        ("day", "soon", "soon"),
    ],
)
def test_a_value_is_made_what_the_format_wants_or_left_as_it_is(kind: str, given: Any, taken: Any) -> None:
    values = Mapper(FieldMapping(formats=["%d/%m/%Y %H:%M"]), tabular=True)._values
    assert getattr(values, kind)(given) == taken
    assert type(getattr(values, kind)(given)) is type(taken)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"Persons": "nobody"}, "victims"),
        ({"Persons": [{"Role": "VICTIM"}]}, "victims[0].victim_ref: missing"),
        ({"Contacts": ["rang"]}, "updates[0]: found 'rang'; expected object"),
        ({"Contacts": {"No": 1}}, "updates: found an object; expected array"),
        ({"State": "PENDING"}, "status[0].status: found 'PENDING'; expected open, closed or cancelled"),
        ({"CrimeNumber": None}, "crime_ref: missing"),
        ({"CrimeNumber": {"a": 1}}, "crime_ref: found an object"),
        ({"CrimeNumber": "1\ud800"}, "not readable JSON"),
    ],
)
def test_what_cannot_be_mapped_is_refused_by_the_format_with_its_reason(source: dict[str, Any], said: str) -> None:
    raw = json.dumps(SOURCE | source).encode()
    found, refusals = decode_crimes([Mapper(RULES, tabular=False).map_json(raw)])
    if said == "victims":
        assert found[0].victims is None, "a filter finds nothing in a text"
    else:
        assert said in refusals[0].reason


def test_an_expression_that_fails_on_a_record_is_a_refusal_not_a_fault() -> None:
    rules = FieldMapping(lists={"updates": "sort_by(Contacts, &No)"})
    source = {"crime_ref": "1", "reported_at": "2026-07-01T10:00:00Z", "Contacts": [{"No": 1}, {"No": "x"}]}
    _, [refusal] = decode_crimes([Mapper(rules, tabular=False).map_json(json.dumps(source).encode())])
    assert refusal.crime_ref == "1"
    assert "updates: found an object; expected array" in refusal.reason


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"7", b"\xff", b"[" * 50_000, b'{"a":' * 50_000, b'{"a":"\\ud800"}'])
def test_what_is_no_object_stays_as_it_is_to_be_refused(raw: bytes) -> None:
    assert Mapper(RULES, tabular=False).map_json(raw) == raw
    assert Mapper(RULES, tabular=False).map_officer(raw) == raw


@pytest.mark.parametrize("deep", [b"[" * 900 + b"]" * 900, b"1e400", b"9" * 400])
def test_a_value_that_cannot_be_written_again_is_refused(deep: bytes) -> None:
    rules = FieldMapping(constants={"crime.division": "N"})
    raw = b'{"crime_ref":"1","reported_at":"2026-07-01T10:00:00Z","victims":[{"victim_ref":%s}]}' % deep
    found, refusals = decode_crimes([Mapper(rules, tabular=False).map_json(raw)])
    assert not found
    assert len(refusals) == 1


def test_an_officer_of_a_directory_in_its_own_words() -> None:
    rules = FieldMapping(
        officers={"officer_ref": "Collar", "left_on": "Left"},
        absent={"from": "Start", "until": "End"},
        lists={"absent": "Leave"},
        formats=["%d/%m/%Y"],
    )
    source = {"Collar": 1234, "email": "o@force.example", "Left": "01/07/2026", "Leave": [{"Start": "2026-06-01"}]}
    found = json.loads(Mapper(rules, tabular=False).map_officer(json.dumps(source).encode()))
    assert found == {
        "officer_ref": "1234",
        "email": "o@force.example",
        "left_on": "2026-07-01",
        "absent": [{"from": "2026-06-01"}],
    }


def test_rows_of_a_directory_each_bring_an_absence() -> None:
    rules = FieldMapping(absent={"from": "absent_from", "until": "absent_until"})
    one = {"officer_ref": "O1", "name": " A ", "absent_from": "2026-06-01", "absent_until": "2026-06-07"}
    rows: list[dict[str, Any]] = [
        one,
        {"officer_ref": "O2", "absent_from": ""},
        one | {"absent_from": "2026-08-01", "absent_until": None},
    ]
    assert [json.loads(raw) for raw in Mapper(rules, tabular=True).map_officers(rows)] == [
        {
            "officer_ref": "O1",
            "name": "A",
            "absent": [{"from": "2026-06-01", "until": "2026-06-07"}, {"from": "2026-08-01"}],
        },
        {"officer_ref": "O2"},
    ]


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (FieldMapping(victims={"victm_ref": "x"}), "victims.victm_ref: there is no such field; did you mean"),
        (
            FieldMapping(values={"update.outcome": {}}),
            "values.\"update.outcome\": there is no such field; did you mean 'updates.outcome'?",
        ),
        (FieldMapping(lists={"update": "x"}), "lists.update: there is no such field; did you mean 'updates'?"),
        (FieldMapping(values={"updates.result": {}}), 'values."updates.result": there is no such field'),
        (FieldMapping(constants={"team": "x"}), 'constants."team": there is no such field'),
        (FieldMapping(timezone="Europe/Londn"), "timezone: there is no time zone 'Europe/Londn'"),
        (FieldMapping(crime={"team": "a[?"}), "crime.team: 'a[?' is not a JMESPath expression"),
        (FieldMapping(rows={"victims": {"Role": ["VIC"]}}), "rows.victims: rows are those of tables; for JSON, filter"),
    ],
)
def test_a_rule_that_cannot_be_names_the_setting(rules: FieldMapping, said: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Mapper(rules, tabular=False)
    assert str(raised.value).startswith(f"crime_system.mapping.{said}")


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (FieldMapping(rows={"victim": {"Role": ["VIC"]}}), "rows.victim: there is no such field; did you mean 'victims'?"),
        (FieldMapping(lists={"victims": "Persons[?Role=='VICTIM']"}), "lists.victims: expressions are for JSON; for tables, use"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_for_tables_names_the_setting(rules: FieldMapping, said: str) -> None:
    """There is one way to say which victims a crime has: an expression for JSON, a filter of rows for tables."""
    with pytest.raises(SettingsError) as raised:
        Mapper(rules, tabular=True)
    assert str(raised.value).startswith(f"crime_system.mapping.{said}")
