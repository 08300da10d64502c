"""How the people of the simulated force behave: those who read their mail, and faults planted on purpose."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random

import msgspec
import pytest

from compliance.simulator import Faults, SimulatedCrimeSystem, SimulatedForce, crime_refs_in
from tests.simulated import END, LONDON, Record, at_end, digest, good, instant, local_day, read


@pytest.fixture(scope="module")
def force() -> SimulatedForce:
    """A force of a twentieth of the volume; nobody may deliver mail to it."""
    return SimulatedForce(scale=0.05)


@pytest.fixture(scope="module")
def tenth() -> list[Record]:
    """The good records of a tenth of the force's volume, at the end."""
    return at_end(SimulatedForce(scale=0.1))


# Officers who read their mail


def mail_to_owners(force: SimulatedForce, sent_at: datetime, order: Callable[[list[tuple[str, str]]], None]) -> None:
    """Tell every officer of all their open crimes, one email a crime, in some order."""
    system = SimulatedCrimeSystem(force)
    system.advance(sent_at)
    emails = {officer["officer_ref"]: officer for officer in force.officers(sent_at)}
    mails = []
    for record in good(read(system)[0]):
        officer = emails.get(record.get("officer_ref"))
        if officer and officer["email"] and not record.get("status"):
            supervisor = emails[officer["supervisor_ref"]]
            mails += [(officer["email"], record["crime_ref"]), (supervisor["email"], record["crime_ref"])]
    order(mails)
    for recipient, crime_ref in mails:
        force.deliver(recipient, sent_at, [crime_ref])


def updates_of(force: SimulatedForce) -> dict[str, Record]:
    return {f"{r['crime_ref']} {u['update_ref']}": u for r in at_end(force) for u in r.get("updates", [])}


def test_officers_act_on_mail_within_days_and_some_key_in_what_they_had_done() -> None:
    quiet, mailed = SimulatedForce(scale=0.02), SimulatedForce(scale=0.02)
    sent_at = datetime(2026, 5, 13, 7, 30, tzinfo=LONDON)
    mail_to_owners(mailed, sent_at, order=lambda _: None)
    before, after = updates_of(quiet), updates_of(mailed)
    made = [update for ref, update in after.items() if ref not in before]
    assert before.items() <= after.items()
    assert len(made) > 50
    assert all(sent_at < instant(u["entered_at"]) < sent_at + timedelta(days=14) for u in made)
    assert {u["outcome"] for u in made} == {"informed", "attempted"}
    backdated = [u for u in made if instant(u["at"]) < sent_at]
    assert backdated
    assert len(backdated) < len(made) / 2


def test_what_officers_do_does_not_hang_on_the_order_of_a_days_mail() -> None:
    """The same deliveries on two days, each day's in another order, end in the same bytes."""
    forces = [SimulatedForce(scale=0.02), SimulatedForce(scale=0.02)]
    for day in (11, 13):
        sent_at = datetime(2026, 5, day, 7, 30, tzinfo=LONDON)
        mail_to_owners(forces[0], sent_at, order=lambda mails: mails.sort())
        mail_to_owners(forces[1], sent_at, order=Random(3).shuffle)
    assert digest(forces[0]) == digest(forces[1])
    assert digest(forces[0]) != digest(SimulatedForce(scale=0.02))


def test_mail_to_a_stranger_or_about_another_forces_crime_changes_nothing(force: SimulatedForce) -> None:
    sent_at = END - timedelta(days=20)
    crimes = [msgspec.json.decode(life.encode(life.ends))["crime_ref"] for life in force.lives[:50]]
    force.deliver("nobody@force.example", sent_at, crimes)
    email = next(officer["email"] for officer in force.officers(END) if officer["role"] == "response")
    force.deliver(email, sent_at, [f"22/{number}/26" for number in range(900_000, 900_050)])
    assert force.late == []


def test_the_same_mail_twice_in_a_day_is_read_once_and_reminders_wear_out() -> None:
    force = SimulatedForce(scale=0.02)
    sent_at = datetime(2026, 5, 13, 7, 30, tzinfo=LONDON)
    mail_to_owners(force, sent_at, order=lambda _: None)
    first = len(force.late)
    mail_to_owners(force, sent_at + timedelta(minutes=20), order=lambda _: None)
    assert len(force.late) == first
    acted = []
    for week in (1, 2, 3):
        before = len(force.late)
        mail_to_owners(force, sent_at + timedelta(weeks=week), order=lambda _: None)
        acted.append(len(force.late) - before)
    assert first > acted[0] > acted[1] > acted[2]


def test_the_crime_system_shows_a_reaction_only_once_it_is_typed_in() -> None:
    force = SimulatedForce(scale=0.02)
    system = SimulatedCrimeSystem(force)
    sent_at = datetime(2026, 5, 13, 7, 30, tzinfo=LONDON)
    system.advance(sent_at)
    _, cursor = read(system)
    mail_to_owners(force, sent_at, order=lambda _: None)
    assert read(system, cursor)[0] == []
    typed = [second for second, _ in force.late]
    system.advance(datetime.fromtimestamp(min(typed), UTC))
    assert any(b'"R' in raw for raw in read(system, cursor)[0])


def test_crime_numbers_are_found_in_an_email() -> None:
    assert crime_refs_in("22/000123/26: 9 days\n22/000124/26 (V1) and 22/000123/26; not 22/12/26") == [
        "22/000123/26",
        "22/000124/26",
    ]


# Planted faults


def seven_day_rate(records: list[Record], chosen: Callable[[Record], bool]) -> float:
    """The share of crimes with a contact typed in or not on days 1 to 7."""
    met = []
    for record in filter(chosen, records):
        if record.get("victims") and record["victims"][0]["category"] != "state":
            day0 = local_day(record["reported_at"])
            days = {
                (local_day(u["at"]) - day0).days for u in record.get("updates", []) if u.get("outcome") == "informed"
            }
            met.append(bool(days & set(range(1, 8))))
    return sum(met) / len(met)


def test_a_division_worsens_from_the_week_planted_and_the_others_do_not_change(force: SimulatedForce) -> None:
    planted = SimulatedForce(scale=0.05, faults=Faults(worse_division="Shropshire", worse_from_week=13, worse_by=0.5))
    middle = (force.start + timedelta(weeks=13)).date()
    usual, worse = at_end(force), at_end(planted)

    def reported(first: date, last: date) -> Callable[[Record], bool]:
        return lambda record: record["division"] == "Shropshire" and first <= local_day(record["reported_at"]) < last

    after = reported(middle, END.date())
    before = reported(date.min, middle - timedelta(days=10))
    assert seven_day_rate(worse, after) < seven_day_rate(usual, after) - 0.15
    assert abs(seven_day_rate(worse, before) - seven_day_rate(usual, before)) < 0.02
    others = [[r for r in records if r["division"] != "Shropshire"] for records in (usual, worse)]
    assert sorted(others[0], key=str) == sorted(others[1], key=str)


def test_a_feed_gap_has_the_dates_planted() -> None:
    force = SimulatedForce(scale=0.01, faults=Faults(feed_gap=frozenset({date(2026, 3, 29)})))
    system = SimulatedCrimeSystem(force)
    up = {}
    for hour in (datetime(2026, 3, 28, 23), datetime(2026, 3, 29), datetime(2026, 3, 29, 23), datetime(2026, 3, 30)):  # noqa: DTZ001
        system.advance(hour.replace(tzinfo=LONDON))
        up[hour.day, hour.hour] = system.up
    assert up == {(28, 23): True, (29, 0): False, (29, 23): False, (30, 0): True}
