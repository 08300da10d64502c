"""The simulated force: its size and mix, its records, its officer directory."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from compliance.errors import SettingsError
from compliance.records import Officer, decode_crimes
from compliance.simulator import Faults, SimulatedCrimeSystem, SimulatedForce
from compliance.simulator.force_profile import DIVISIONS, MONTH_DAYS, OFFENCES
from compliance.simulator.malformed import KINDS
from tests.simulated import END, LONDON, Record, at_end, digest, good, instant, local_day, read


@pytest.fixture(scope="module")
def force() -> SimulatedForce:
    """A force of a twentieth of the volume; nobody may deliver mail to it."""
    return SimulatedForce(scale=0.05)


@pytest.fixture(scope="module")
def tenth() -> list[Record]:
    """The good records of a tenth of the force's volume, at the end."""
    return at_end(SimulatedForce(scale=0.1))


# What the force is


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(force: SimulatedForce) -> None:
    assert digest(force) == digest(SimulatedForce(scale=0.05))
    assert digest(force) != digest(SimulatedForce(seed=1, scale=0.05))


def test_the_force_has_the_size_and_mix_of_west_mercia(tenth: list[Record]) -> None:
    scale, records = 0.1, tenth
    counts = Counter(record["offence"] for record in records)
    for offence in OFFENCES:
        expected = scale * offence.monthly / MONTH_DAYS * 182
        assert abs(counts[offence.name] - expected) < 5 * expected**0.5 + 6, offence.name
    divisions = Counter(record["division"] for record in records)
    for division in DIVISIONS:
        assert divisions[division.name] / len(records) == pytest.approx(division.share, abs=0.02)
    assert len({record["team"] for record in records if "LPT" in record["team"]}) == 145
    assert "Anti-social behaviour" not in counts


def test_the_board_would_hear_what_the_inspection_heard(tenth: list[Record]) -> None:
    """rules 1.1, 1.2: most are updated, many on the day of the report only; the original count is under half."""
    met: dict[str, list[bool]] = defaultdict(list)
    original, with_same_day, same_day_only = [], [], []
    for record in tenth:
        recorded = local_day(record["recorded_at"])
        for victim in record.get("victims", []):
            day0 = max(local_day(record["reported_at"]), local_day(victim.get("added_at", record["reported_at"])))
            if victim["category"] == "state" or day0 + timedelta(days=8) > END.date():
                continue
            days = {
                local_day(update["at"])
                for update in record.get("updates", [])
                if update.get("outcome") == "informed" and update.get("victim_ref") in (None, victim["victim_ref"])
            }
            window = {day for day in days if day0 < day <= day0 + timedelta(days=7)}
            met[record["division"]].append(bool(window))
            original.append(bool(window - {recorded}))
            with_same_day.append(bool(window) or day0 in days)
            same_day_only.append(day0 in days and not window)
    rates = {division: sum(flags) / len(flags) for division, flags in met.items()}
    assert all(0.52 < rate < 0.82 for rate in rates.values()), rates
    assert max(rates.values()) - min(rates.values()) > 0.07
    assert sum(original) / len(original) < 0.5
    assert sum(with_same_day) / len(with_same_day) > 0.75
    assert sum(same_day_only) / len(same_day_only) > 0.12


def test_histories_hold_everything_that_can_happen(force: SimulatedForce) -> None:
    records = at_end(force)
    victims = [victim for record in records for victim in record.get("victims", [])]
    updates = [update for record in records for update in record.get("updates", [])]
    statuses = [[change["status"] for change in record.get("status", [])] for record in records]
    assert {victim["category"] for victim in victims} == {"standard", "enhanced", "state"}
    for name in ("added_at", "declined_at", "declined_until", "agreed_interval_days", "contact_holds"):
        assert any(name in victim for victim in victims), name
    assert {update.get("outcome") for update in updates} >= {"informed", "attempted"}
    assert {update["method"] for update in updates} == {"phone", "visit", "letter", "email", "text", "voicemail"}
    assert any("victim_ref" not in update for update in updates)
    assert any("victim_ref" in update for update in updates)
    late = [instant(u["entered_at"]) - instant(u["at"]) > timedelta(days=3) for u in updates if "entered_at" in u]
    assert 0.01 < sum(late) / len(updates) < 0.15
    assert all(changes in statuses for changes in ([], ["closed"], ["closed", "open", "closed"]))
    assert any("cancelled" in changes for changes in statuses)
    assert {len(record.get("allocations", [])) for record in records} >= {0, 1, 2, 3}
    kinds = {event["kind"] for record in records for event in record.get("events", [])}
    assert kinds >= {"suspect_arrested", "suspect_interviewed_under_caution", "suspect_charged", "suspect_bailed"}
    assert any(not record.get("victims") for record in records)


def test_no_contact_names_a_victim_whom_nobody_knew_of_yet(tenth: list[Record]) -> None:
    """But for dates slipped to before the report."""
    early = 0
    for record in tenth:
        added = {
            victim["victim_ref"]: victim.get("added_at", record["reported_at"]) for victim in record.get("victims", [])
        }
        for update in record.get("updates", []):
            known = added.get(update.get("victim_ref"), "")
            early += instant(record["reported_at"]) < instant(update["at"]) < instant(known or update["at"])
    assert early == 0


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({"end": datetime(2026, 6, 29)}, "2026-06-29T00:00:00"),  # noqa: DTZ001  # no offset, on purpose
        ({"end": datetime(2026, 6, 30, tzinfo=LONDON)}, "2026-06-30"),
        ({"end": datetime(2026, 6, 29, tzinfo=UTC)}, "2026-06-29T00:00:00\\+00:00"),
        ({"weeks": 0}, "0 weeks"),
        ({"scale": 0}, "scale 0"),
        ({"faults": Faults(worse_division="Rutland")}, "Rutland"),
    ],
)
def test_a_force_that_cannot_be_is_refused(arguments: Record, found: str) -> None:
    with pytest.raises(SettingsError, match=found):
        SimulatedForce(**{"scale": 0.01, **arguments})


# Records


def test_every_record_keeps_the_format_but_one_of_each_kind_of_fault(force: SimulatedForce) -> None:
    """records section 1: at first sight and at the end; every second fault has been corrected by then."""
    first = [life.encode(life.begins) for life in force.lives]
    last = [life.encode(life.ends) for life in force.lives]
    assert len(decode_crimes(first)[1]) == len(KINDS) == 12
    still = {refusal.index for refusal in decode_crimes(last)[1]}
    assert len(still) == 6
    assert still < {refusal.index for refusal in decode_crimes(first)[1]}


def test_the_crime_system_knows_no_future(force: SimulatedForce) -> None:
    """No instant in a record is later than now, but a planned end of a hold and a few slips in an update's date."""
    system = SimulatedCrimeSystem(force)
    cursor, slips, looked_at = None, set(), 0
    while system.now < END:
        system.advance(min(END, system.now + timedelta(days=3, hours=5)))
        records, cursor = read(system, cursor)
        now = system.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for record in good(records):
            looked_at += 1
            assert record["recorded_at"] <= now
            for path, text in instants(record):
                if text > now and path != "until":
                    assert path == "updates.at"
                    slips.add(record["crime_ref"])
    assert looked_at > 5000
    assert len(slips) < 10


def instants(value: Record, path: str = "") -> Iterator[tuple[str, str]]:
    """Every instant in a record: (list and field, text); only the field outside updates."""
    for name, inner in value.items():
        if isinstance(inner, str) and inner[4:5] == "-" and "T" in inner[10:11]:
            yield f"{path}{name}", inner
        elif isinstance(inner, list):
            for item in inner:
                yield from instants(item, "updates." if name == "updates" else "")


# The officer directory (records section 4)


def test_the_directory_names_everyone_with_a_made_up_address_and_a_supervisor(force: SimulatedForce) -> None:
    entries = force.officers(END)
    officers = [msgspec.convert(msgspec.to_builtins(entry), Officer) for entry in entries]
    refs = {officer.officer_ref for officer in officers}
    emails = [officer.email for officer in officers if officer.email]
    roles = Counter(officer.role for officer in officers)
    assert (len(refs), len(set(emails))) == (len(officers), len(emails))
    assert all(email.endswith("@force.example") for email in emails)
    assert 0 < len(officers) - len(emails) < 20
    assert (roles["champion"], roles["supervisor"]) == (5, 150)
    assert 820 < len(officers) - 155 < 980
    assert all(officer.supervisor_ref in refs for officer in officers if officer.role != "champion")
    assert any(officer.left_on for officer in officers)


def test_an_absence_is_not_in_the_directory_before_it_is_known(force: SimulatedForce) -> None:
    before, after = (
        {entry["officer_ref"]: entry for entry in force.officers(force.start + timedelta(weeks=weeks))}
        for weeks in (6, 14)
    )
    day = (force.start + timedelta(weeks=6)).date()
    learnt = 0
    for ref, entry in after.items():
        known = before[ref]["absent"]
        assert all(absence in entry["absent"] for absence in known)
        learnt += len(entry["absent"]) > len(known)
        assert all(absence["from"] <= day + timedelta(days=28) for absence in known)
        assert all(absence["from"] <= absence["until"] for absence in known)
    assert learnt > 100
