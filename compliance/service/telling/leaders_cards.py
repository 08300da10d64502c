"""Cards for leaders in Microsoft Teams: counts of a unit once a week, beside the emails and never in their place.

A channel is read by many, so a card has no crime numbers, no references and no names of people.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import ColumnElement, func, select

from compliance.config import Settings
from compliance.mail import Delivery, Postponed, Rendered, Withdrawn, bare_address, deliver, enqueue, message_row
from compliance.mail.teams import LINK, TeamsWebhooks
from compliance.policy import Policy
from compliance.policy.calendars import plain_date
from compliance.reminders.digest_keys import day_of_key
from compliance.reminders.reasons import reason_text
from compliance.reminders.recheck import LATER
from compliance.reminders.sending_times import is_recovering, list_day, next_opening, not_now, silence
from compliance.stopping import Stop
from compliance.store import Store
from compliance.store.kept.notice_kinds import Reason
from compliance.store.tables import OBLIGATION, OUTBOX, Outbox
from compliance.teams_settings import SCHEME
from compliance.text import count_noun, join_words, plural

CARD: Final = "leaders' card"
"""The kind of a card's row in the outbox."""
_AGES: Final = ((7, "by up to 7 days"), (28, "by 8 to 28 days"), (math.inf, "by more"))
"""The groups of days overdue: the last day of each, and its name."""


@dataclass(frozen=True, slots=True)
class LeadersCards:
    """The cards of a force. `clock` returns the present instant (aware)."""

    store: Store
    policy: Policy
    settings: Settings
    clock: Callable[[], datetime]

    def channel(self, stop: Stop) -> TeamsWebhooks:
        """Return the channel to Teams. Raises SettingsError if a webhook's address cannot be obtained."""
        teams = self.settings.teams
        secrets = {to: self.settings.secret(hook, key) or "" for to, (key, hook) in teams.webhooks.items()}
        return TeamsWebhooks(secrets, teams.timeout_seconds, stop)

    @property
    def destinations(self) -> Sequence[str]:
        """Return where cards go: nowhere in a pilot."""
        return () if self.settings.mail.allow is not None else list(self.settings.teams.webhooks)

    def queue(self) -> int:
        """Queue this week's cards that are not queued yet, and return how many were queued.

        That is done from the day of the weekly list, when digests go out too, and not if nothing is overdue.
        """
        now = self.clock()
        day, keys = self._list_day(now), dict[str, str]()
        if day is not None and self._wait(now) is None:
            keys = {f"card:{to}:{day}": to for to in self.destinations}
        if not keys:
            return 0
        with self.store.reading() as connection:
            known = set(connection.execute(select(OUTBOX.c.key).where(OUTBOX.c.key.in_(list(keys)))).scalars())
        rows = [
            message_row(
                key=key, kind=CARD, destination=to, content=content, headers=self._headers, domain=self._domain, now=now
            )
            for key, to in keys.items()
            if key not in known and (content := self._content(to, now)) is not None
        ]  # fmt: skip
        if not rows:
            return 0
        with self.store.session() as session:
            return len(enqueue(session, rows))

    def deliver(self, stop: Stop) -> Delivery:
        """Post the cards that are due. What keeps one back is told by its row, and keeps no email back."""
        if not self.settings.teams.webhooks:
            return Delivery()
        return deliver(
            self.store, self.channel(stop), self.clock,
            scheme=SCHEME, still_due=self._still_due, settings=self.settings.mail, wait=stop.wait,
        )  # fmt: skip

    def _still_due(self, row: Outbox) -> Rendered | Withdrawn | Postponed:
        """Return what a card says at present, or why it is not posted: the check just before that."""
        now = self.clock()
        if row.to_address not in self.destinations:
            return Withdrawn("the settings no longer have this channel")
        if day_of_key(row.key) != self._list_day(now):
            return Withdrawn("its week has passed")
        if (wait := self._wait(now)) is not None:
            return wait
        return self._content(row.to_address, now) or Withdrawn("nothing in it is still due")

    def _list_day(self, now: datetime) -> date | None:
        return list_day(self.policy, self.settings.reminders, self.policy.local.date_of(now))

    def _wait(self, now: datetime) -> Postponed | None:
        """Return why no card is posted at an instant, and until when, as for digests; None if one may be."""
        policy, rules = self.policy, self.settings.reminders
        if reason := not_now(policy, rules, now):
            return Postponed(next_opening(policy, rules, now), reason)
        with self.store.session(reading=True) as session:
            if stale := silence(session, rules, now):
                return Postponed(now + LATER, reason_text(stale))
            if is_recovering(session, policy, rules, now):
                return Postponed(next_opening(policy, rules, now), reason_text(Reason.RECOVERING))
        return None

    @property
    def _headers(self) -> dict[str, str]:
        link = self.settings.teams.link
        return {} if link is None else {LINK: link}

    @property
    def _domain(self) -> str:
        return bare_address(self.settings.mail.sender).partition("@")[2]

    def _content(self, destination: str, now: datetime) -> Rendered | None:
        """Return what a card says at an instant; None if nothing is overdue in its unit."""
        today = self.policy.local.date_of(now)
        found = self._days_overdue(destination, today)
        if not found:
            return None
        kind, _, unit = destination.removeprefix(SCHEME).partition(":")
        name = self.settings.force.name if kind == "force" else unit
        counts = Counter(next(said for most, said in _AGES if days <= most) for days in found)
        ages = [f"{counts[said]:,} {said}" for _, said in _AGES if counts[said]]
        victims, have = count_noun(len(found), "victim"), plural(len(found), "has", "have")
        text = (
            f"{victims} {have} an update overdue: {join_words(ages)}. The longest: {count_noun(max(found), 'day')}.\n"
            "Who they are is in the emails to their officers, supervisors and champions."
        )
        return Rendered(f"{name}: {victims} waiting for an update, {plain_date(today)}", text, None)

    def _days_overdue(self, destination: str, today: date) -> list[int]:
        """Return how many days each victim of a unit has been overdue an update, as last judged."""
        table, rules = OBLIGATION.c, self.settings.reminders
        kind, _, unit = destination.removeprefix(SCHEME).partition(":")
        is_there: list[ColumnElement[bool]] = [] if kind == "force" else [table[kind] == unit]
        longest = func.min(table.due_date)
        asked = select(longest).where(
            table.state == "overdue", table.due_date < today, table.due_date >= rules.due_from, *is_there
        )
        with self.store.reading() as connection:
            dues = connection.execute(asked.group_by(table.crime_ref, table.victim_ref)).scalars()
            return [(today - due).days for due in dues]
