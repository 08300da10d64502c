"""What is known on a morning when it is decided who is told what."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from compliance.reminders.owed import Key, Owed
from compliance.reminders.routing import Directory
from compliance.reminders.rules import Ladder, ReminderRules
from compliance.reminders.time_to_act import CaseOfficer
from compliance.store.tables import OfficerRow


@dataclass(frozen=True, slots=True)
class Accepted:
    """That an email which tells of an obligation was accepted for somebody: by which step, whether in another's place,
    and the first local day."""

    recipient_ref: str
    step: str
    in_place: bool
    first: date


@dataclass(frozen=True, slots=True)
class History:
    """What has been told before: by mails that went out, not by those that wait, were refused or cancelled. Dates are
    local."""

    told: Mapping[tuple[str, Key, int, str], date] = field(default_factory=dict)
    """(recipient, obligation, spell, phase) -> the last day it was told."""
    refused: Mapping[tuple[str, str], date] = field(default_factory=dict)
    """(recipient, address) -> the day of their last digest, where the mail server refused that one."""
    deferred: Mapping[tuple[str, str], date] = field(default_factory=dict)
    """(recipient, address) -> since when the mail server has put off every mail, two working days ago or longer, where
    one still waits."""
    put_off: frozenset[str] = frozenset()
    """Recipients whose last mail was put off, however lately: whether the next one is taken is not to be promised."""
    today: frozenset[str] = frozenset()
    """Recipients for whom there is a digest of today, whatever became of it."""
    last: Mapping[str, date] = field(default_factory=dict)
    """Recipient -> the day of their last digest, unless that one was refused or cancelled."""
    accepted: Mapping[tuple[Key, int], tuple[Accepted, ...]] = field(default_factory=dict)
    """(obligation, spell) -> for whom the mail server took an email that tells of it."""

    def accepted_for(self, recipient: str | None, owed: Owed) -> date | None:
        """The first local day on which an email about an obligation was accepted for somebody."""
        found = self.accepted.get((owed.key, owed.spell), ())
        return min((told.first for told in found if told.recipient_ref == recipient), default=None)


@dataclass(frozen=True)
class Situation:
    """What the stages may look at. `silence` says why nobody is told anything, `recovering` whether officers are given
    a day to record what they did while the crime system was out of reach. `list_day`: the newest day of the weekly list
    of those above, None where there is no list. `opens`: the first working day from a date on."""

    rules: ReminderRules
    today: date
    officers: Mapping[str, OfficerRow]
    history: History = field(default_factory=History)
    silence: str | None = None
    recovering: bool = False
    list_day: date | None = None
    opens: Callable[[date], date] = lambda day: day
    waiting: frozenset[tuple[str, str]] = frozenset()
    """The victims, as crime and reference, who are told of as overdue."""

    @cached_property
    def directory(self) -> Directory:
        """Who can be told anything today."""
        return Directory(self.officers, self.rules, self.today, self.history.refused, self.history.deferred)

    def ladder(self, owed: Owed) -> Ladder:
        """The ladder of an obligation."""
        return self.rules.ladder_for(owed.requirement, owed.waiting.category)

    def officer(self, owed: Owed) -> CaseOfficer:
        """The officer in the case."""
        ref = owed.waiting.officer_ref
        return CaseOfficer(ref, self.officers.get(ref or ""), self.history.accepted_for(ref, owed))

    def owes_list(self, leader: str) -> bool:
        """Whether somebody above has had no mail since the day of the weekly list: their next one is that list."""
        last = self.history.last.get(leader)
        return self.list_day is not None and (last is None or last < self.list_day)
