"""What is checked just before an email is sent agrees with what is decided: in random worlds, and after random changes."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from compliance.policy import load_policy
from compliance.records import convert_crime
from compliance.reminders import Decision
from compliance.reminders.decisions import decide
from compliance.reminders.history import Accepted, History
from compliance.reminders.morning import Morning
from compliance.reminders.owed import Key, Owed, Standing, find_owed
from compliance.reminders.recheck import _find_restated, _sort
from compliance.store.kept.notice_kinds import LadderStep, Outcome, Reason
from compliance.store.receiving.directory import DirectoryEntry
from compliance.store.tables import Notice
from tests.reminding import reminder_settings
from tests.unit.test_reminders_stages import officer

POLICY = load_policy("west-mercia")
RULES = reminder_settings(date(2026, 3, 1), listed=200, plan_weekday="mon").reminders
DAY = timedelta(days=1)
Record = dict[str, Any]


def some(random: Random, most: int) -> range:
    return range(random.randint(0, most))


def record(random: Random, number: int, today: date) -> Record:
    """A crime of the last three months with anything that can stand in the way."""
    reported = today - random.randint(1, 90) * DAY

    def day() -> str:
        return f"{reported + random.randint(0, (today - reported).days) * DAY}T0{random.randint(6, 9)}:00:00Z"

    def victim(ref: str) -> Record:
        holds = [dict(zip(("from", "until"), sorted((day(), day())), strict=True)) for _ in some(random, 1)]
        holds += [{"from": day()} for _ in some(random, 1) if random.random() < 0.3]
        return {"victim_ref": ref, "category": random.choice([None, "enhanced"]), "contact_holds": holds}

    told = [{"update_ref": str(n), "at": day(), "outcome": random.choice(["informed", "attempted"])} for n in some(random, 3)]  # fmt: skip
    given = [
        {"officer_ref": random.choice(["1", "2", "9"]), "from": day(), "division": "North"} for _ in some(random, 3)
    ]
    closed = [{"status": "closed", "at": day()}] if random.random() < 0.2 else []
    return {
        "crime_ref": f"22/{number}/26", "reported_at": f"{reported}T05:00:00Z", "officer_ref": "1", "division": "North",
        "victims": [victim(f"V{n}") for n in range(random.randint(1, 2))], "updates": told, "status": closed,
        "allocations": sorted(given, key=lambda each: str(each["from"])),
    }  # fmt: skip


def staff(random: Random, today: date) -> dict[str, DirectoryEntry]:
    """Two officers, who are away now and then; their supervisor; the champion."""

    def away() -> list[dict[str, str]]:
        first = today + random.randint(-40, 1) * DAY
        return [{"from": str(first), "until": str(first + random.randint(0, 20) * DAY)} for _ in some(random, 1)]

    rows = [officer(ref, supervisor_ref="5", division="North", absent=away()) for ref in "12"]
    rows += [officer("5", absent=away()), officer("7", role="champion", division="North")]
    return {row.officer_ref: row for row in rows}


def owed_of(records: list[Record], today: date) -> list[Owed]:
    now = datetime(today.year, today.month, today.day, 9, tzinfo=UTC)
    return find_owed([convert_crime(each) for each in records], POLICY, RULES, now, {})


def morning(random: Random, owed: list[Owed], today: date) -> Morning:
    accepted = {
        each.spell_key: (Accepted("1", LadderStep.OVERDUE, False, each.due_date + random.randint(1, 9) * DAY),)
        for each in owed
        if random.random() < 0.7
    }
    list_day = today - random.randint(0, 6) * DAY
    return Morning(RULES, today, staff(random, today), History(accepted=accepted), list_day=list_day, plan_day=list_day)


def notice(number: int, decision: Decision) -> Notice:
    """As it is stored with an email."""
    crime_ref, victim_ref, requirement, cycle, clock_date = decision.owed.key
    return Notice(
        id=number, recipient_ref=decision.recipient_ref, crime_ref=crime_ref, victim_ref=victim_ref, requirement=requirement,
        cycle=cycle, clock_date=clock_date, spell=decision.owed.spell, step=decision.step, decided_on=date(2026, 6, 10),
        outcome=decision.outcome, reason=decision.reason, since=decision.since, rerouted=decision.rerouted,
        rerouted_since=decision.rerouted_since,
        obstacles=[obstacle.as_data() for obstacle in decision.obstacles] or None,
    )  # fmt: skip


def checked(sent: list[Decision], owed: list[Owed], about: Morning) -> tuple[set[int], dict[int, Reason], set[int]]:
    """The decisions, by their place, that are still due, that drop out and why, and of which the reason has changed."""
    notices = [notice(place, decision) for place, decision in enumerate(sent)]
    kept, dropped = _sort(notices, {each.key: each for each in owed}, about)
    return set(kept), {place: why for place, (why, _) in dropped.items()}, set(_find_restated(notices, kept))


def world(seed: int) -> tuple[Random, date, list[Record]]:
    random = Random(seed)
    today = date(2026, 6, 1) + random.randint(0, 30) * DAY
    return random, today, [record(random, number, today) for number in range(6)]


SEEDS = range(40)


def test_what_was_decided_stands_where_nothing_has_changed() -> None:
    steps: set[tuple[LadderStep, Standing]] = set()
    for seed in SEEDS:
        random, today, records = world(seed)
        owed = owed_of(records, today)
        about = morning(random, owed, today)
        sent = [decision for decision in decide(owed, about) if decision.outcome is Outcome.SENT]
        steps |= {(decision.step, decision.owed.standing) for decision in sent}
        assert checked(sent, owed, about) == (set(range(len(sent))), {}, set()), seed
    above = {
        (step, s) for step in (LadderStep.SUPERVISOR, LadderStep.CHAMPION) for s in (Standing.OVERDUE, Standing.CLOSED)
    }
    others = {(LadderStep(step), Standing(step)) for step in ("due soon", "overdue", "closed")}
    assert steps == above | others  # a world without them would show nothing


def test_after_a_change_what_is_kept_is_what_would_be_decided_now() -> None:
    """An update, a hold, a handover, a close or a deletion between the morning's run and the sending."""
    reasons: set[Reason] = set()
    for seed in SEEDS:
        random, today, records = world(seed)
        owed = owed_of(records, today)
        about = morning(random, owed, today)
        sent = [d for d in decide(owed, about) if d.outcome is Outcome.SENT and d.step is not LadderStep.DUE_SOON]
        changed = [replaced(random, each, record(random, place, today)) for place, each in enumerate(records)]
        owed = owed_of(changed, today)
        now = {_of(decision) for decision in decide(owed, about) if decision.outcome is Outcome.SENT}
        kept, dropped, _ = checked(sent, owed, about)
        assert kept == {place for place, decision in enumerate(sent) if _of(decision) in now}, seed
        reasons |= set(dropped.values())
    assert {Reason.DISCHARGED, Reason.NOT_REACHED, Reason.HANDED_OVER, Reason.CONTACT_HOLD} <= reasons


def replaced(random: Random, old: Record, new: Record) -> Record:
    """A crime of which something is recorded otherwise."""
    what = random.choice(["updates", "status", "allocations", "victims", None])
    return old if what is None else {**old, what: new[what]}


def _of(decision: Decision) -> tuple[Key, LadderStep, str]:
    return decision.owed.key, decision.step, decision.recipient_ref
