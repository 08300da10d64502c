"""Finding who is notified of what is owed.

    officer -> who covers for them -> their supervisor (and who covers there) -> ... -> the team's supervisor
            -> the division's champion

No one is tried twice, so a chain that leads back to itself ends. Whoever reads the same mailbox is one reader: they get
one digest, and nothing is escalated from a mailbox to itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from compliance.mail import address_problem
from compliance.reminder_settings import Reminders
from compliance.reminders.waiting import Waiting
from compliance.store.kept.notice_kinds import Reason
from compliance.store.receiving.directory import DirectoryEntry


class Role(StrEnum):
    """What a person is to the officer in the case."""

    SUPERVISOR = "supervisor"
    TEAM_SUPERVISOR = "supervisor of the team"
    STANDS_IN = "stands in for the supervisor"
    CHAMPION = "champion"
    COVERS = "covers for the officer"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Route:
    """Who is notified.

    `why` and `since` give the reason that the intended recipient is not notified; None if they are. `recipient_ref` is
    None if no one can be notified, and `why` then says why the intended recipient cannot.
    """

    recipient_ref: str | None
    why: Reason | None = None
    since: date | None = None


class Directory:
    """The officer directory on a day, and who in it can be notified."""

    def __init__(
        self,
        officers: Mapping[str, DirectoryEntry],
        rules: Reminders,
        today: date,
        refused: Mapping[tuple[str, str], date],
        deferred: Mapping[tuple[str, str], date] | None = None,
        bounced: Mapping[tuple[str, str], date] | None = None,
    ) -> None:
        """Read the supervisors and champions from the directory.

        `refused` maps (officer, address) to the day of their last digest, if the mail server refused it. `deferred`
        maps it to the day from which every email to them has been deferred, if that is at least two working days ago;
        `bounced` to the day on which one bounced, if that is less than `repeat_days` ago.
        """
        self._officers, self._rules, self._today, self._refused = officers, rules, today, refused
        self._deferred, self._bounced = deferred or {}, bounced or {}
        self._readers = _find_readers(officers, today)
        self._supervisors: dict[str, list[str]] = defaultdict(list)
        self._champions: dict[str, list[str]] = defaultdict(list)
        for ref in sorted(officers):
            officer = officers[ref]
            if officer.role == rules.supervisor_role and officer.team:
                self._supervisors[officer.team].append(ref)
            if officer.role == rules.champion_role and officer.division:
                self._champions[officer.division].append(ref)

    def address(self, ref: str) -> str:
        """Return the address of an officer who can be notified."""
        return str(self._officers[ref].email)

    def reader(self, ref: str | None) -> str | None:
        """Return one reference for everybody whose mailbox is the same: their digest's recipient."""
        return self._readers.get(ref or "", ref)

    def entry(self, ref: str | None) -> DirectoryEntry | None:
        """Return an officer's entry, or None."""
        return self._officers.get(ref or "")

    def has_supervisor(self, waiting: Waiting) -> bool:
        """Return whether the officer in the case, or the team, has a supervisor, even if they cannot be notified."""
        own = self.entry(waiting.officer_ref)
        return bool((own and own.supervisor_ref) or self._supervisors_of(waiting))

    def leaders_of(self, officer: DirectoryEntry) -> list[str]:
        """Return an officer's leaders who can be notified: their supervisor, or else the team's, and the champions."""
        own = [officer.supervisor_ref] if officer.supervisor_ref else self._supervisors.get(officer.team or "", [])
        wanted = [*own, *self._champions.get(officer.division or "", ())]
        readers = dict.fromkeys(self.reader(ref) for ref in wanted if self.problem(ref) is None)
        return [ref for ref in readers if ref and ref != self.reader(officer.officer_ref)]

    def problem(self, ref: str | None) -> Reason | None:
        """Return why an officer cannot be notified today, or None if they can."""
        officer = self._officers.get(ref or "")
        if officer is None:
            return Reason.UNKNOWN if ref else Reason.NOBODY
        if has_left(officer, self._today):
            return Reason.LEFT
        return Reason.ABSENT if is_absent(officer, self._today) else self._address_problem(officer)

    def _address_problem(self, officer: DirectoryEntry) -> Reason | None:
        if not officer.email:
            return Reason.NO_ADDRESS
        if address_problem(officer.email):
            return Reason.BAD_ADDRESS
        place = self._place(officer.officer_ref)
        refused = self._refused.get(place)
        if refused is not None and self._today < refused + timedelta(days=self._rules.repeat_days):
            return Reason.REFUSED
        if place in self._bounced:
            return Reason.BOUNCED
        return None if self.deferred_since(officer.officer_ref) is None else Reason.DEFERRED

    def problem_since(self, ref: str | None) -> date | None:
        """Return the date from which an officer cannot be notified, if the problem has one.

        That is the day of the refused email, the day on which one bounced, or the day from which every email has been
        deferred.
        """
        match self.problem(ref):
            case Reason.BOUNCED:
                return self._bounced[self._place(ref or "")]
            case Reason.REFUSED:
                return self._refused[self._place(ref or "")]
            case Reason.DEFERRED:
                return self.deferred_since(ref or "")
            case _:
                return None

    def deferred_since(self, ref: str) -> date | None:
        """Return the day from which the mail server has deferred every email to an officer, or None."""
        return self._deferred.get(self._place(ref))

    def _place(self, ref: str) -> tuple[str, str]:
        """Return the recipient and the address under which it is known what becomes of an officer's emails."""
        reader = self.reader(ref) or ref
        return reader, self._officers[reader].email or ""

    def on(self, day: date) -> "Directory":
        """Return the same directory on another day, with the absences and departures known for it."""
        later = copy(self)
        later._today = day  # its own class
        return later

    def back_on(self, ref: str) -> date | None:
        """Return when an absent officer is back; None if unknown or more than 61 days off."""
        officer = self._officers[ref]
        for days in range(1, 62):
            day = self._today + timedelta(days=days)
            if not is_absent(officer, day):
                return day
        return None

    def to_officer(self, waiting: Waiting, instead: Reason | None = None) -> Route:
        """Return the officer in the case, or who is notified in their place.

        `instead` is a reason not to notify the officer.
        """
        officer = waiting.officer_ref
        why = instead or self.problem(officer)
        if why is None:
            return Route(self.reader(officer))
        others = self._first(
            [*self._covers(officer), *self._escalation_chain(waiting)]
            if not instead
            else self._escalation_chain(waiting)
        )
        return Route(others, why, None if instead else self.problem_since(officer))

    def to_supervisor(self, waiting: Waiting) -> Route:
        """Return the supervisor of the officer in the case, or who is notified in their place."""
        chain = list(self._escalation_chain(waiting))
        if not chain:
            return Route(None, Reason.NO_LEADER)
        return self._route(chain)

    def to_champion(self, waiting: Waiting) -> Route:
        """Return the champion of the division that has the case."""
        mine = self.reader(waiting.officer_ref)
        champions = [ref for ref in self._of_division(waiting) if self.reader(ref) != mine]
        return self._route(champions) if champions else Route(None, Reason.NO_LEADER)

    def role(self, ref: str, waiting: Waiting) -> Role:
        """Return what a reader is to the officer in the case, according to the current directory."""
        own = self._officers.get(waiting.officer_ref or "")
        if own is not None and own.supervisor_ref and self.reader(own.supervisor_ref) == ref:
            return Role.SUPERVISOR
        for role, refs in (
            (Role.TEAM_SUPERVISOR, self._supervisors_of(waiting)),
            (Role.CHAMPION, self._of_division(waiting)),
            (Role.COVERS, self._covers(waiting.officer_ref)),
            (Role.STANDS_IN, self._escalation_chain(waiting)),
        ):
            if ref in map(self.reader, refs):
                return role
        return Role.OTHER

    def _route(self, wanted: list[str]) -> Route:
        found, meant = self._first(wanted), wanted[0]
        if found == self.reader(meant):
            return Route(found)
        return Route(found, self.problem(meant), self.problem_since(meant))

    def _first(self, wanted: Iterable[str]) -> str | None:
        return next((self.reader(ref) for ref in wanted if self.problem(ref) is None), None)

    def _covers(self, ref: str | None) -> Iterator[str]:
        """Yield who covers for an officer, then who covers for them, and so on."""
        seen = {ref}
        while (ref := self._rules.cover.get(ref or "")) and ref not in seen:
            seen.add(ref)
            yield ref

    def _escalation_chain(self, waiting: Waiting) -> Iterator[str]:
        """Yield everyone to whom the officer's cases are escalated, nearest first, each once: no one with the officer's
        own mailbox."""
        mine = self.reader(waiting.officer_ref)
        return (ref for ref in self._find_above(waiting) if self.reader(ref) != mine)

    def _find_above(self, waiting: Waiting) -> Iterator[str]:
        seen = {waiting.officer_ref}
        ref = waiting.officer_ref
        while (officer := self._officers.get(ref or "")) and (ref := officer.supervisor_ref) and ref not in seen:
            seen.add(ref)
            yield ref
            for cover in self._covers(ref):
                if cover not in seen:
                    seen.add(cover)
                    yield cover
        for ref in (*self._supervisors_of(waiting), *self._of_division(waiting)):
            if ref not in seen:
                seen.add(ref)
                yield ref

    def _supervisors_of(self, waiting: Waiting) -> list[str]:
        """Return the supervisors of the case's team, then of the officer's."""
        own = self._officers.get(waiting.officer_ref or "")
        teams = dict.fromkeys(team for team in (waiting.team, own.team if own else None) if team)
        return [ref for team in teams for ref in self._supervisors.get(team, ())]

    def _of_division(self, waiting: Waiting) -> list[str]:
        officer = self._officers.get(waiting.officer_ref or "")
        return self._champions.get(waiting.division or (officer.division if officer else None) or "", [])


def _find_readers(officers: Mapping[str, DirectoryEntry], day: date) -> dict[str, str]:
    """Return, by reference, the first of the references with the same address, ignoring case, of those who have not
    left."""
    first: dict[str, str] = {}
    there = [ref for ref in sorted(officers) if officers[ref].email and not has_left(officers[ref], day)]
    return {ref: first.setdefault(str(officers[ref].email).casefold(), ref) for ref in there}


def has_left(officer: DirectoryEntry, day: date) -> bool:
    """Return whether an officer has left by a local date."""
    return officer.left_on is not None and officer.left_on <= day


def is_absent(officer: DirectoryEntry, day: date) -> bool:
    """Return whether the directory has an absence on a local date.

    Both dates of an absence are included (records section 4). An absence without an end continues.
    """
    return any(_day(span.get("from"), day) <= day <= _day(span.get("until"), day) for span in officer.absent)


def _day(text: str | None, otherwise: date) -> date:
    return date.fromisoformat(text) if text else otherwise
