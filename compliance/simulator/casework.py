"""The life of one simulated crime except its contacts: victims, status, who has the case, and its events.

Each crime has its own source of randomness, so a planted fault changes only the crimes it affects.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from math import log
from random import Random
from typing import Any, Final

from compliance.simulator.days import DAY, HOUR, NEVER, Days, instant
from compliance.simulator.force_profile import CID, Offence, SimulatedDivision
from compliance.simulator.people import SimulatedOfficer, Staff, at_work
from compliance.simulator.record_lives import Entry

_RECORDED_LATER: Final = (0.48, 0.80, 0.94)
"""Cumulative share of crimes recorded on the day of the report, the next day, the day after; the rest on the third."""


@dataclass(slots=True)
class SimulatedCase:
    """A crime while its life is created. Seconds are since 1970, days as in `Days`; nothing after `days.end` is kept.

    `owners` lists (second, officer or None) in order of time, `events` the days of case events, and `closed` the second
    of the first close or cancellation. `entries` become the life; `uncoded` has the seconds of contacts that were made
    but never entered.
    """

    rng: Random
    days: Days
    number: str
    offence: Offence
    division: SimulatedDivision
    team: str
    reported: int
    recorded: int
    closed: int = NEVER
    reopened: int = NEVER
    victims: list[dict[str, Any]] = field(default_factory=list)
    owners: list[tuple[int, SimulatedOfficer | None]] = field(default_factory=list)
    events: list[int] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    uncoded: list[int] = field(default_factory=list)

    def note(self, second: int, name: str, key: str | None, value: Any) -> None:
        """Enter a fact at a second: never before the crime was recorded, and not at all after the simulated end."""
        typed = max(second, self.recorded)
        if typed < self.days.end:
            self.entries.append((typed, name, key, value))

    def owner(self, second: int) -> SimulatedOfficer | None:
        """Return the officer in the case at a second."""
        found = None
        for since, officer in self.owners:
            if since > second:
                break
            found = officer
        return found

    @property
    def owed(self) -> bool:
        """Return whether there is anyone to keep informed."""
        return any(victim["category"] != "state" for victim in self.victims)


def open_case(
    rng: Random, days: Days, staff: Staff, *, number: str, offence: Offence, division: SimulatedDivision, day: int
) -> SimulatedCase:
    """Create a crime of an offence reported in a division on a day, with its whole life except contacts."""
    hour = bisect_right(offence.hours, rng.random())
    reported = days.midnights[day] + hour * HOUR + int(rng.random() * HOUR)
    lpts = staff.lpts[division.name]
    team = lpts[int(rng.random() * len(lpts))]
    case = SimulatedCase(
        rng, days, number, offence, division, team, reported, _pick_recording_time(rng, days, reported, day)
    )
    _create(case)
    _victims(case)
    _status(case)
    _allocate(case, staff)
    if rng.random() < offence.arrest:
        _arrest(case)
    return case


def _pick_recording_time(rng: Random, days: Days, reported: int, day: int) -> int:
    later = bisect_right(_RECORDED_LATER, rng.random())
    if later == 0:
        return reported + 600 + int(rng.random() * 3 * HOUR)
    return days.midnights[day + later] + 7 * HOUR + int(rng.random() * 11 * HOUR)


def _create(case: SimulatedCase) -> None:
    for name, value in (
        ("crime_ref", case.number),
        ("reported_at", instant(case.reported)),
        ("recorded_at", instant(case.recorded)),
        ("offence", case.offence.name),
        ("division", case.division.name),
        ("team", case.team),
    ):
        case.note(case.recorded, name, None, value)


def _victims(case: SimulatedCase) -> None:
    """Add the victims: none, the state, a business, or one to four people; some are added later, some decline."""
    rng, offence = case.rng, case.offence
    chance = rng.random()
    if chance < offence.victimless:
        return
    kind = "person"
    if chance < offence.victimless + offence.state:
        kind = "state"
    elif chance < offence.victimless + offence.state + offence.business:
        kind = "business"
    count = 2 + int(rng.random() ** 3 * 3) if kind == "person" and rng.random() < offence.several else 1
    for place in range(count):
        victim: dict[str, Any] = {
            "victim_ref": f"{'B' if kind == 'business' else 'V'}{place + 1}",
            "category": "standard",
        }
        if kind == "state":
            victim["category"] = "state"
        elif kind == "person" and rng.random() < offence.enhanced / (1 - offence.business):
            victim["category"] = "enhanced"
        added = case.recorded
        if place and rng.random() < 0.25:
            added = case.recorded + DAY + int(rng.random() * 12 * DAY)
            victim["added_at"] = instant(added)
        case.victims.append(victim)
        case.note(added, "victims", victim["victim_ref"], victim)
        if kind == "person":
            _wishes(case, victim, added)


def _wishes(case: SimulatedCase, victim: dict[str, Any], added: int) -> None:
    """Add a victim's wishes: another interval, no more updates (and later, updates again), no ordinary contact."""
    rng, ref = case.rng, victim["victim_ref"]
    second = added
    if rng.random() < 0.06:
        second += int(rng.random() * 2 * DAY)
        victim = {**victim, "agreed_interval_days": (7, 14, 14, 21, 42, 56)[int(rng.random() * 6)]}
        case.note(second, "victims", ref, victim)
    if victim["category"] == "enhanced" and rng.random() < 0.03:
        second += int(rng.random() * 3 * DAY)
        victim = {**victim, "contact_holds": [_hold(case, second)]}
        case.note(second, "victims", ref, victim)
    if rng.random() < 0.02:
        declined = second + int((1 + rng.random() * 40) * DAY)
        second = declined + (int(rng.random() * 4 * DAY) if rng.random() < 0.3 else 0)
        victim = {**victim, "declined_at": instant(declined), "declined_entered_at": instant(second)}
        case.note(second, "victims", ref, victim)
        if rng.random() < 0.3:
            second += int((15 + rng.random() * 40) * DAY)
            case.note(second, "victims", ref, {**victim, "declined_until": instant(second)})


def _hold(case: SimulatedCase, second: int) -> dict[str, Any]:
    """Return a contact hold from a second; some end on a set day."""
    rng = case.rng
    return {
        "reason": ("unsafe to ring", "through a family liaison officer", "for the investigation")[
            int(rng.random() * 3)
        ],
        "from": instant(second),
        "until": None if rng.random() < 0.4 else instant(second + int((14 + rng.random() * 30) * DAY)),
        "by": f"{case.division.letter}-safeguarding",
    }


def _status(case: SimulatedCase) -> None:
    """Close the case within days for lack of evidence or after an investigation; reopen some, cancel a few."""
    rng, offence = case.rng, case.offence
    screened = rng.random() < offence.screened
    mean = 6.0 if screened else offence.days
    closes = _office_hour(case, 1.0 - log(1.0 - rng.random()) * mean, case.recorded)
    if rng.random() < 0.025:
        cancelled = _office_hour(case, 1.0 + rng.random() * 9, case.recorded)
        if cancelled < closes:
            case.closed = cancelled
            _change(case, "cancelled", cancelled)
            if rng.random() < 0.06:
                _change(case, "open", cancelled + 2 * DAY)
            return
    case.closed = closes
    _change(case, "closed", closes)
    if screened:
        _event(case, "decision_not_to_investigate", closes)
    if rng.random() < 0.04:
        case.reopened = _office_hour(case, rng.random() * 40, closes + HOUR)
        _change(case, "open", case.reopened)
        _change(case, "closed", _office_hour(case, 2.0 - log(1.0 - rng.random()) * 25, case.reopened))


def _office_hour(case: SimulatedCase, after: float, second: int) -> int:
    """Return a second in working hours, a number of days after another second and later than it."""
    day = case.days.of(second) + int(after)
    if day >= len(case.days.midnights):
        return NEVER
    return max(case.days.midnights[day] + 8 * HOUR + int(case.rng.random() * 10 * HOUR), second + 600)


def _change(case: SimulatedCase, status: str, second: int) -> None:
    if second < case.days.end:
        case.note(second, "status", f"{status} {second}", {"status": status, "at": instant(second)})


def _event(case: SimulatedCase, kind: str, second: int) -> None:
    if second < case.days.end:
        ref = f"E{len(case.events) + 1}"
        case.events.append(second)
        case.note(
            second + int(case.rng.random() * HOUR),
            "events",
            ref,
            {"event_ref": ref, "kind": kind, "at": instant(second)},
        )


def _arrest(case: SimulatedCase) -> None:
    """Add an arrest, the interview, its outcome and the decision to prosecute, as far as the case stays open."""
    rng = case.rng
    arrested = case.reported + HOUR + int(-log(1.0 - rng.random()) * 6 * DAY)
    interviewed = arrested + 2 * HOUR + int(rng.random() * 16 * HOUR)
    released = interviewed + HOUR + int(rng.random() * 4 * HOUR)
    outcome = (
        "suspect_charged",
        "suspect_bailed",
        "suspect_released_under_investigation",
        "suspect_released_without_charge",
    )[bisect_right((0.3, 0.55, 0.8), rng.random())]
    steps = [("suspect_arrested", arrested), ("suspect_interviewed_under_caution", interviewed), (outcome, released)]
    if outcome == "suspect_bailed" and rng.random() < 0.35:
        steps.append(("bail_changed", released + int((7 + rng.random() * 20) * DAY)))
    if outcome != "suspect_released_without_charge" and rng.random() < 0.6:
        steps.append(("prosecution_decision", released + int((1 + rng.random() * 45) * DAY)))
    for kind, second in steps:
        if second < case.closed:
            _event(case, kind, second)


def _allocate(case: SimulatedCase, staff: Staff) -> None:
    """Allocate the case to the local team, mostly at once, and serious ones to CID; reallocate when officers leave."""
    rng, days = case.rng, case.days
    chance = rng.random()
    if chance < 0.015:
        return
    delay = int((1 + rng.random() * 6) * DAY) if chance < 0.07 else int(rng.random() * 5 * HOUR)
    second = case.recorded + delay
    if rng.random() < 0.003:
        _hand_to(case, second, f"SC{int(rng.random() * 40):02}", None)
        return
    officer = at_work(staff.teams[case.team], rng.random(), days.of(second))
    if officer is None:
        return
    _hand_to(case, second, officer.ref, officer)
    graver = 0.3 if case.offence.days > 40 else 0.05
    if rng.random() < graver:
        second += DAY + int(rng.random() * 4 * DAY)
        detective = at_work(staff.teams[f"{case.division.name} {CID}"], rng.random(), days.of(second))
        if detective is not None and second < case.closed:
            officer = detective
            _hand_to(case, second, officer.ref, officer)
    _hand_on(case, staff, officer, second)


def _hand_on(case: SimulatedCase, staff: Staff, officer: SimulatedOfficer, second: int) -> None:
    """Pass an open case to a colleague when its officer leaves or is away for long: not always, and often late."""
    rng, days = case.rng, case.days
    gone = [first for first, last, _ in officer.absent if last - first > 20]
    for day in sorted([*gone, officer.left]):
        if day == NEVER or day >= len(days.midnights):
            continue
        moved = days.midnights[day] + 9 * HOUR + int(rng.random() ** 2 * 20 * DAY)
        if second < moved < case.closed and rng.random() < 0.75:
            colleague = at_work(staff.teams[officer.team], rng.random(), days.of(moved))
            if colleague is not None:
                _hand_to(case, moved, colleague.ref, colleague)
                return


def _hand_to(case: SimulatedCase, second: int, ref: str, officer: SimulatedOfficer | None) -> None:
    if second >= case.days.end:
        return
    team = officer.team if officer else case.team
    case.owners.append((second, officer))
    allocation = {"officer_ref": ref, "team": team, "division": case.division.name, "from": instant(second)}
    case.note(second, "allocations", str(second), allocation)
    case.note(second, "officer_ref", None, ref)
    if team != case.team:
        case.note(second, "team", None, team)
