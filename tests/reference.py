"""A plain reference of `docs/rules.md`: one victim at a time, one date at a time, straight from the clauses.

It is the second opinion that the engine is compared with, so it shares no code with it and prefers the obvious loop to
the fast one. Records are taken to be valid.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.reference_answer import Answer, Obligation, entered_after_due, in_time
from tests.reference_case import DAY, BeyondCalendarError, Case, Json, Update, exists, instant, last_of_each, later
from tests.reference_policy import Asked


def judge_record(record: Json, policy: Json, as_at: datetime, known_at: datetime | None = None) -> list[Json]:
    """Answer one crime record under one policy, as at T and optionally as known at K.

    Takes a decoded crime record (records.md 1), a policy as read from its TOML file (rules.md 9) and aware instants.
    Gives verdict rows with the columns, and in the order, of records.md 2; dates are ISO texts.
    """
    return answer_record(record, policy, as_at, known_at)[0]


def answer_record(
    record: Json, policy: Json, as_at: datetime, known_at: datetime | None = None
) -> tuple[list[Json], list[Json]]:
    """The verdict rows, as `judge_record`, and what is set aside (6.1a): crime, victim, requirement, the event's number
    as cycle (0 where the report starts the clock), and the date from which it would run; in the same order."""
    if instant(record["reported_at"]) > as_at:
        return [], []  # records.md 2: a crime reported after T has no rows
    case = Case(record, policy, as_at, known_at)
    rows: list[Json] = []
    set_aside: list[Json] = []
    for victim in last_of_each(record.get("victims"), "victim_ref"):
        if exists(victim.get("added_at"), as_at):  # section 3: a victim added after T does not exist yet
            owed = Owed(case, victim)
            rows += owed.rows()
            set_aside += owed.set_aside
    return sorted(rows, key=_place), sorted(set_aside, key=_place)


def _place(row: Json) -> tuple[str, str, int]:
    return row["victim_ref"], row["requirement"], row["cycle"]


class Owed(Asked):
    """What one victim of a case is owed under every requirement of the policy."""

    def __init__(self, case: Case, victim: Json) -> None:
        super().__init__(case, victim)
        self.updates = case.counted(victim["victim_ref"])
        self.x, self.u = self.decline()
        self.set_aside: list[Json] = []
        # A6: the instant of the report or, where later, of the victim's being added
        self.began = max(instant(record) for record in (case.record["reported_at"], victim.get("added_at")) if record)

    def decline(self) -> tuple[date | None, date | None]:
        """5.4: the dates X and U of declining; no X: there is no decline; no U: it has no end yet."""
        at, until = self.victim.get("declined_at"), self.victim.get("declined_until")
        if at is None or not exists(at, self.case.as_at):
            return None, None
        entered_at = self.victim.get("declined_entered_at") or at
        if self.case.known_at is not None and instant(entered_at) > self.case.known_at:
            return None, None  # 2.8
        x = self.case.local(at)
        u = self.case.local(until) if until is not None and exists(until, self.case.as_at) else None
        return (None, None) if u is not None and u <= x else (x, u)

    def rows(self) -> Iterable[Json]:
        for requirement in self.requirements.values():
            for obligation, answer in self.answers(requirement):
                yield self.row(requirement, obligation, answer)

    def answers(self, requirement: Json) -> Iterable[tuple[Obligation, Answer]]:
        if requirement["clock"].startswith("event:"):
            return [(obligation, self.judge(requirement, obligation)) for obligation in self.event_ones(requirement)]
        try:
            start = self.first(requirement) if self.applies(requirement) else self.taken_over(requirement)
            return [] if start is None else list(self.chain(requirement, start)[0])
        except BeyondCalendarError as error:
            self.put_aside(requirement, 0, error.clock)  # one date of a chain not known: none of it is judged (A3)
            return []

    def put_aside(self, requirement: Json, cycle: int, clock: date) -> None:
        """6.1a: no verdict row, but an entry. What comes after one set aside (9.4) needs its dates, and goes with it;
        what comes after one that does not apply to the victim needs those of that one's own `after`."""
        names = {"crime_ref": self.case.record["crime_ref"], "victim_ref": self.victim["victim_ref"]}
        self.set_aside.append(names | {"requirement": requirement["id"], "cycle": cycle, "clock": clock.isoformat()})

    # Which obligations there are

    def taken_over(self, requirement: Json) -> Obligation | None:
        """A5: the first cycle of a chain that goes on, or begins, under a requirement that takes over from another."""
        start = self.start_taken_over(requirement)
        if start is None:
            return None
        clock, before = start
        if self.goes_over(requirement, max(clock, before + DAY) if before else clock):
            return None
        due = later(clock, self.repeats(requirement) or {})
        return Obligation(1, clock, clock + DAY, max(due, before + DAY) if before else due)

    def start_taken_over(self, requirement: Json) -> tuple[date, date | None] | None:
        """A5, A5a: the clock date on which a chain goes on, or begins, under a requirement or what takes over from it in
        turn, and the due date of the cycle before, if there is one."""
        if "takes_over" not in requirement or not self.covers(requirement) or self.d0 >= requirement["from"]:
            return None
        before, since = self.requirements[requirement["takes_over"]], requirement["from"]
        if not self.covers(before):  # as if a cycle had lapsed on the day before
            clock = self.case.first_end(since - DAY, None, is_open=True)
            waived = self.case.cancelled or self.exempt_category
            clock = self.u if clock and self.declining(clock) else clock
            return None if waived or clock is None else (clock, None)
        try:
            start = self.first(before) if self.applies(before) else self.taken_over(before)
            return self.start_taken_over(before) if start is None else self.chain(before, start)[1]
        except BeyondCalendarError:
            if since > self.case.today:
                return None
            raise  # what is set aside stays so, and with it what takes over

    def event_ones(self, requirement: Json) -> Iterator[Obligation]:
        kind = requirement["clock"].removeprefix("event:")
        events = [event for event in self.case.events if event["kind"] == kind]
        for number, event in enumerate(events, start=1):  # 7.1: its number among all of the kind, created or not
            on = self.case.local(event["at"])
            if on < self.d0 or not self.applies(requirement, on):
                continue  # 7.1a, 6.2
            if self.declining(on):
                continue  # 5.4: an event on X+1 ... U-1
            try:
                yield self.from_instant(requirement, number, instant(event["at"]))
            except BeyondCalendarError:
                self.put_aside(requirement, number, on)

    def from_instant(self, requirement: Json, number: int, at: datetime) -> Obligation:
        """An obligation whose clock starts at an instant: that of an event (7.1), or with hours from the report (A6)."""
        on, within = self.case.local(at), self.within(requirement)
        due_at = at + timedelta(hours=within["hours"]) if "hours" in within else None
        return Obligation(number, on, on, self.case.local(due_at) if due_at else later(on, within), at, due_at)

    def opens(self, requirement: Json) -> date:
        """When the first window of a requirement opens (9.2, 9.4)."""
        before = requirement.get("after")
        while before is not None and not self.applies(self.requirements[before]):
            before = self.requirements[before].get("after")  # 9.4: R's own `after` takes its place
        if before is None:
            return self.d0 if requirement.get("same_day") == "counts" else self.d0 + DAY  # 9.2
        earlier = self.first(self.requirements[before])
        updates = [u for u in self.window(self.requirements[before], earlier) if in_time(u, earlier)]
        return (updates[0].on if updates else earlier.due) + DAY  # 9.4, whatever became of R

    def first(self, requirement: Json) -> Obligation:
        """Cycle 1, whose clock date is D0 whenever its window opens."""
        if "hours" in requirement["within"]:
            return self.from_instant(requirement, 1, self.began)
        return Obligation(1, self.d0, self.opens(requirement), later(self.d0, self.within(requirement)))

    def chain(self, requirement: Json, start: Obligation) -> tuple[list[tuple[Obligation, Answer]], Any]:
        """The cycles; and if the chain goes on under a requirement that takes over, the clock date, and the due date of the
        last cycle (A5)."""
        obligation, judged = start, []
        while True:
            answer = self.judge(requirement, obligation)
            judged.append((obligation, answer))
            clock, every = self.next_clock(requirement, obligation, answer), self.repeats(requirement)
            if clock is None or every is None:
                return judged, None
            if self.goes_over(requirement, max(clock, obligation.due + DAY)):
                return judged, (clock, obligation.due)
            obligation = Obligation(obligation.cycle + 1, clock, clock + DAY, later(clock, every))

    def next_clock(self, requirement: Json, cycle: Obligation, answer: Answer) -> date | None:
        """The clock date of the next cycle of a chain, if there is one as at T (4.4 to 4.6, 5.4)."""
        if self.repeats(requirement) is None or self.case.cancelled or self.exempt_category:
            return None  # 9.6, 5.7
        clock = born = None
        if answer.state == "met" and answer.last_update and cycle.due < self.case.today:
            clock, born = answer.last_update.on, cycle.due + DAY  # 4.4, 4.5a, 5.4
        elif answer.state == "late" and answer.update:
            clock = born = answer.update.on  # 4.4
        elif answer.silent:
            clock = cycle.due  # 4.5
        elif answer.closed:
            clock = born = self.case.first_end(answer.closed, None, is_open=True)  # 4.6
        if answer.by_decline or (born and self.declining(born)):
            clock = self.u  # 5.4: the chain ended by the decline goes on once U has come
        return clock

    def declining(self, day: date) -> bool:
        """5.4: the date lies in X+1 ... U-1."""
        return self.x is not None and self.x < day and (self.u is None or day < self.u)

    # How each one stands

    @property
    def exempt_category(self) -> bool:
        return self.category in self.case.policy["exempt_victims"]

    def window(self, requirement: Json, obligation: Obligation) -> list[Update]:
        """The counted updates from the day the window opens on; of an event, at or after its instant (7.1)."""
        unwanted = self.case.recorded_on if requirement.get("recording_day") == "does not count" else None  # 9.7
        since = obligation.not_before
        return [
            update
            for update in self.updates
            if update.on >= obligation.opens and update.on != unwanted and (since is None or update.at >= since)
        ]

    def judge(self, requirement: Json, obligation: Obligation) -> Answer:
        """5.8: cancelled, exempt category, declined, then the requirement itself."""
        if self.case.cancelled:
            return Answer("lapsed", "cancelled")  # 5.3
        if self.exempt_category:
            return Answer("exempt", self.category)  # 5.5
        return self.declined(obligation.due, self.undeclined(requirement, obligation))

    def declined(self, due: date, answer: Answer) -> Answer:
        """5.4, its lines in their order, given the obligation as if no one had declined."""
        x, u = self.x, self.u
        if x is None or (answer.update and answer.update.on <= x) or (u and due >= u):
            return answer
        if due >= x:
            return Answer("exempt", "declined", by_decline=True)
        missed_on = answer.closed or answer.silent
        if answer.state == "lapsed" or (missed_on and missed_on < x):
            return answer
        return Answer("missed", by_decline=True)

    def undeclined(self, requirement: Json, obligation: Obligation) -> Answer:
        """The requirement itself, as if no one had declined."""
        due = obligation.due
        updates = self.window(requirement, obligation)
        met_by = [update for update in updates if in_time(update, obligation)]
        passed = obligation.due_at < self.case.as_at if obligation.due_at else due < self.case.today  # 2.7, A6
        if requirement.get("open_only") and passed and not self.case.open_at_end(due):
            return Answer("lapsed", "closed", update=met_by[0] if met_by else None, closed=due)  # 4.1
        if met_by:
            return Answer("met", update=met_by[0], last_update=met_by[-1])  # 3.2, 4.3, 5.2
        return self.not_in_time(requirement, due, updates) if passed else Answer("pending")

    def not_in_time(self, requirement: Json, due: date, updates: list[Update]) -> Answer:
        """The due date has passed and no update met it; `updates` are those in the window after it."""
        every = self.repeats(self.governing(requirement, due + DAY))  # A5: that of the cycle that would follow
        silent = later(due, every) if every else None  # 4.5
        if requirement.get("open_only"):
            closed = self.case.first_end(due, silent, is_open=False)  # 5.6, 4.5
        else:
            closed = self.case.written_off(due)  # 3.6
        last_day = closed or silent
        if updates and (last_day is None or updates[0].on <= last_day):
            return Answer("late", update=updates[0])  # 3.2, 4.3
        if closed:
            return Answer("missed", closed=closed)  # 3.6, 5.6
        if silent and silent < self.case.today:
            return Answer("missed", silent=silent)  # 4.5
        return Answer("overdue")

    def row(self, requirement: Json, obligation: Obligation, answer: Answer) -> Json:
        """One verdict in the columns of records.md 2."""
        due, update = obligation.due, answer.update if answer.state in ("met", "late") else None
        days_late: int | None = 0
        if answer.state == "late" and update:
            days_late = (update.on - due).days
        elif answer.state == "overdue":
            days_late = (self.case.today - due).days
        elif answer.state == "missed":
            days_late = None
        row = {
            "crime_ref": self.case.record["crime_ref"],
            "victim_ref": self.victim["victim_ref"],
            "requirement": requirement["id"],
            "cycle": obligation.cycle,
            "clock_date": obligation.clock.isoformat(),
            "due_date": due.isoformat(),
            "state": answer.state,
            "discharged_on": update.on.isoformat() if update else None,
            "days_late": days_late,
            "reason": answer.reason,
            "same_day_update": self.same_day_update(requirement),
            "entered_after_due": entered_after_due(update, obligation) if update else None,
            **self.case.holder(due),
        }
        if any("hours" in each["within"] for each in self.requirements.values()):
            row["due_at"] = obligation.due_at.astimezone(UTC).isoformat() if obligation.due_at else None  # A6b
        return row

    def same_day_update(self, requirement: Json) -> bool | None:
        """3.3: a counted update on D0, a fact whatever else holds; null where same-day updates do not matter."""
        asked = requirement["clock"] == "reported" and requirement.get("same_day", "does not count") == "does not count"
        asked = asked and "after" not in requirement and "hours" not in requirement["within"]
        return any(u.on == self.d0 for u in self.updates) if asked and "repeat_every" not in requirement else None
