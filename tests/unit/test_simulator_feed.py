"""The feed of the simulated crime system (records section 4), and given records replayed through it."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import msgspec
import pytest

from compliance.errors import RecordError
from compliance.records import check_instants, convert_crime
from compliance.simulator import Replay, SimulatedCrimeSystem, SimulatedForce
from tests.simulated import END, Record, at_end, instant, read


@pytest.fixture(scope="module")
def force() -> SimulatedForce:
    """A force of a twentieth of the volume; nobody may deliver mail to it."""
    return SimulatedForce(scale=0.05)


# The feed (records section 4)


def test_paging_from_any_cursor_serves_what_changed_since_once_in_its_newest_form(force: SimulatedForce) -> None:
    rng = Random(7)
    system = SimulatedCrimeSystem(force)
    held: dict[str, dict[str, bytes]] = {}  # cursor -> what a reader that stands there holds, by crime number
    cursors: list[str | None] = [None]
    for _ in range(40):
        system.advance(min(END, system.now + timedelta(hours=rng.randrange(1, 240))))
        newest = {key(raw): raw for raw in read(system)[0]}
        start = rng.choice(cursors)
        mine = dict(held.get(start or "", {}))
        served, cursor = read(system, start, limit=rng.choice((1, 7, 500)))
        assert len({key(raw) for raw in served}) == len(served)
        assert all(mine.get(key(raw)) != raw for raw in served)
        mine.update((key(raw), raw) for raw in served)
        assert mine == newest
        held[cursor] = mine
        cursors.append(cursor)
    assert read(system, cursor) == ([], cursor)


def key(raw: bytes) -> str:
    """A record's number, or all of a record whose number is spoilt; its history decides, not its content."""
    record = msgspec.json.decode(raw.replace(b"\\ud800", b""))
    return str(record.get("crime_ref") or record.get("recorded_at"))


def test_changed_at_is_the_order_of_the_feed(force: SimulatedForce) -> None:
    system = SimulatedCrimeSystem(force)
    system.advance(force.start + timedelta(weeks=10))
    changed = [msgspec.json.decode(raw.replace(b"\\ud800", b""))["changed_at"] for raw in read(system)[0]]
    assert changed == sorted(changed)
    assert instant(changed[-1]) <= system.now


def test_two_systems_may_show_one_history(force: SimulatedForce) -> None:
    early, late = SimulatedCrimeSystem(force), SimulatedCrimeSystem(force)
    late.advance(END)
    early.advance(force.start + timedelta(days=30))
    early.advance(END)
    assert sorted(read(early)[0]) == sorted(read(late)[0])


@pytest.mark.parametrize("cursor", ["7", "bm90IG1pbmU=", "Y3JpbWVzIHNpbmNlIDk5OTk5OTk5", "é"])
def test_a_cursor_the_feed_never_gave_is_refused(force: SimulatedForce, cursor: str) -> None:
    with pytest.raises(RecordError, match="not a cursor of this feed"):
        SimulatedCrimeSystem(force).page(cursor)


def test_a_crime_system_does_not_go_back(force: SimulatedForce) -> None:
    with pytest.raises(ValueError, match="cannot go back"):
        SimulatedCrimeSystem(force).advance(force.start - timedelta(seconds=1))


# Replay


def given(**fields: Any) -> Record:
    return {"crime_ref": "R/1", "reported_at": "2026-03-01T10:00:00Z", **fields}


def shown(record: Record, moments: list[str]) -> list[Record | None]:
    """What a replay of one record shows at each moment; None before it is there."""
    system = SimulatedCrimeSystem(Replay([record]))
    seen: list[Record | None] = []
    for moment in moments:
        system.advance(max(system.now, instant(moment)))
        records, _ = read(system)
        seen.append(msgspec.json.decode(records[0]) if records else None)
    return seen


def test_a_replayed_record_is_there_from_its_recording() -> None:
    replay = Replay([given(recorded_at="2026-03-02T09:00:00+01:00")])
    assert replay.start == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert Replay([given()]).start == datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_a_replayed_update_is_shown_once_it_had_happened_and_been_entered() -> None:
    updates = [
        {"update_ref": "late", "at": "2026-03-02T10:00:00Z", "entered_at": "2026-03-05T10:00:00Z"},
        {"update_ref": "prompt", "at": "2026-03-03T10:00:00.5Z", "entered_at": None},
        {"update_ref": "dated ahead", "at": "2026-03-09T10:00:00Z", "entered_at": "2026-03-03T10:00:00Z"},
    ]
    seen = shown(given(updates=updates), [f"2026-03-{day:02}T10:00:00Z" for day in (2, 3, 4, 5, 9)])
    names = [[update["update_ref"] for update in (record or {}).get("updates", [])] for record in seen]
    assert names == [[], [], ["prompt"], ["prompt", "late"], ["prompt", "late", "dated ahead"]]


def test_a_replayed_decline_waits_for_its_entry_and_its_end_for_the_day() -> None:
    victim = {
        "victim_ref": "V1",
        "declined_at": "2026-03-02T10:00:00Z",
        "declined_entered_at": "2026-03-04T10:00:00Z",
        "declined_until": "2026-03-06T10:00:00Z",
        "contact_holds": [{"reason": "unsafe", "from": "2026-03-05T10:00:00Z", "until": "2026-04-01T00:00:00Z"}],
    }
    late = {"victim_ref": "V2", "added_at": "2026-03-03T10:00:00Z"}
    seen = shown(given(victims=[victim, late]), [f"2026-03-{day:02}T12:00:00Z" for day in (2, 3, 4, 5, 6)])
    fields = [[sorted(person) for person in (record or {})["victims"]] for record in seen]
    plain, added = ["victim_ref"], ["added_at", "victim_ref"]
    declined = ["declined_at", "declined_entered_at", "victim_ref"]
    assert fields[0] == [plain]
    assert fields[1] == [plain, added]
    assert fields[2] == [declined, added]
    assert fields[3] == [["contact_holds", *declined], added]
    assert fields[4] == [sorted(victim), added]


def test_a_replayed_record_shows_who_has_the_case_by_then_and_its_status() -> None:
    record = given(
        officer_ref="2",
        team="B",
        division="D",
        allocations=[
            {"officer_ref": "2", "team": "B", "division": "D", "from": "2026-03-04T10:00:00Z"},
            {"officer_ref": "1", "team": "A", "division": "D", "from": "2026-03-01T10:00:00Z"},
        ],
        status=[{"status": "closed", "at": "2026-03-05T10:00:00Z"}],
        events=[{"event_ref": "E", "kind": "suspect_arrested", "at": "2026-03-03T10:00:00Z"}],
    )
    seen = shown(record, [f"2026-03-{day:02}T12:00:00Z" for day in (1, 3, 4, 5)])
    rows = [(r["officer_ref"], r["team"], len(r["allocations"]), "events" in r, "status" in r) for r in seen if r]
    assert rows == [
        ("1", "A", 1, False, False),
        ("1", "A", 1, True, False),
        ("2", "B", 2, True, False),
        ("2", "B", 2, True, True),
    ]
    assert [r["changed_at"][:10] for r in seen if r] == ["2026-03-01", "2026-03-03", "2026-03-04", "2026-03-05"]


def test_a_replay_ends_in_what_it_was_given(force: SimulatedForce) -> None:
    lists = ("updates", "status", "allocations", "victims", "events")
    records = at_end(force)[:500]
    by_ref = {record["crime_ref"]: record for record in at_end(Replay(records))}
    assert len(by_ref) == len(records)
    for record in records:
        got = by_ref[record["crime_ref"]]
        for name in lists:
            assert sorted(got.pop(name, []), key=str) == sorted(record.pop(name, []), key=str)
        assert {**got, "changed_at": ""} == {**record, "changed_at": ""}


def test_a_record_a_replay_cannot_read_is_served_as_it_is_for_the_service_to_refuse() -> None:
    bad = {"crime_ref": "R/2", "reported_at": "2026-03-01T10:00:00", "updates": None}
    system = SimulatedCrimeSystem(Replay([given(), bad]))
    system.advance(system.now)
    raw = [line for line in read(system)[0] if b"R/2" in line]
    assert msgspec.json.decode(raw[0]) | {"changed_at": None} == bad | {"changed_at": None}
    assert check_instants([convert_crime(msgspec.json.decode(raw[0]))])
    with pytest.raises(RecordError, match="no record has a readable reported_at"):
        Replay([bad])


def test_a_replays_officers_are_those_named_and_none_can_be_written_to() -> None:
    record = given(
        officer_ref="7 b",
        allocations=[{"officer_ref": "9", "team": "A", "division": "D", "from": "2026-03-01T10:00:00Z"}],
        updates=[{"update_ref": "1", "at": "2026-03-02T10:00:00Z", "officer_ref": "8"}],
    )
    officers = Replay([record]).officers(END)
    assert [(o["officer_ref"], o["email"], o["team"]) for o in officers] == [
        ("7 b", "7%20b@replay.invalid", None),
        ("8", "8@replay.invalid", None),
        ("9", "9@replay.invalid", "A"),
    ]
