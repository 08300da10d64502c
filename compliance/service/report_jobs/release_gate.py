"""The gate before the reports: what is held, who releases it, and when reports are suspended (decision 0055).

Each step is one transaction that also queues what the readers are told, so that a kill or another service between two
steps changes nothing: the next look goes on from the rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import msgspec
from sqlmodel import Session

from compliance.config import Settings
from compliance.errors import HeldError, SettingsError
from compliance.policy.calendars import LocalDates
from compliance.reports.model.claims import Claim, ClaimKind
from compliance.reports.model.release_facts import Released, ReleaseFacts
from compliance.reports.model.words import day
from compliance.reports.periods.periods import parse_period
from compliance.reports.periods.spans import Span
from compliance.reports.publishing.snapshots import newest_published
from compliance.reports.releasing.release import fault_names, find_faults
from compliance.reports.rendering.release_letters import held_letter, resumed_letter, suspended_letter
from compliance.reports.wording.sentences import sentence
from compliance.service.report_jobs.report_mail import ReportMail
from compliance.store import Store
from compliance.store.kept.report_gate import (
    begin_suspension,
    end_hold,
    end_suspension,
    list_ended_holds,
    list_holds,
    list_releases,
    newest_suspension,
    note_hold,
    open_hold,
    release_hold,
    suspension_on,
)
from compliance.store.tables import ReportHold, ReportRelease, ReportSuspension


@dataclass(frozen=True)
class HeldReport:
    """A report that is held since an instant (UTC), and the claims of what stands against it."""

    period: Span
    since: datetime
    claims: tuple[Claim, ...]

    @property
    def words(self) -> str:
        """What stands against it, in sentences."""
        return " ".join(map(sentence, self.claims))


@dataclass(frozen=True)
class ReleaseGate:
    """The gate of a service's reports."""

    settings: Settings
    store: Store
    local: LocalDates

    def check_open(self, session: Session, now: datetime) -> None:
        """Raise HeldError while reports are suspended."""
        found = suspension_on(session, self.local.date_of(now))
        if found is not None:
            raise HeldError(
                f"reports are suspended until {day(found.until)}, that day included, by {found.suspended_by} "
                f"({found.reason}); `compliance report resume` ends this"
            )

    def pass_or_hold(self, period: Span, facts: ReleaseFacts, now: datetime) -> list[Released]:
        """Return the releases that a period passes by, none if nothing stands against it.

        Otherwise it is held: that is stored, and the readers are told once, unless an earlier version is published.
        Raises HeldError, which says what stands against it.
        """
        claims = find_faults(facts)
        standing = fault_names(claims)
        with self.store.session() as session:
            releases = [_released(row) for row in list_releases(session, str(period))]
            covered = {name for each in releases for name in each.faults}
            missing = [name for name in standing if name not in covered]
            if not missing:
                return [each for each in releases if set(each.faults) & set(standing)]
            against = _against(claims, missing)
            news = note_hold(session, str(period), missing, msgspec.to_builtins(facts), now)
            if news is not None and newest_published(session, str(period), "board") is None:
                letter = held_letter(self._force, period, against, self.local.date_of(now))
                ReportMail(self.settings, now).queue(session, f"{period}/held/{news.id}", letter)
        raise HeldError(
            f"report {period} is held: {' '.join(map(sentence, against))} Put it right and try again, or publish it "
            f'all the same with `compliance report release {period} --reason "…"`'
        )

    def open(self, session: Session, period: Span, now: datetime) -> None:
        """Let a period pass, in the transaction that publishes it. Raises HeldError if reports are suspended."""
        self.check_open(session, now)
        end_hold(session, str(period), now)

    def let_go(self, period: Span, now: datetime) -> None:
        """End what holds a period that can no longer be reported."""
        with self.store.session() as session:
            end_hold(session, str(period), now)

    def release(self, period: Span, reason: str, by: str, now: datetime) -> None:
        """Store that a person releases a period for what stands against it now.

        Raises SettingsError if nothing holds it, HeldError while reports are suspended.
        """
        with self.store.session() as session:
            self.check_open(session, now)
            held = open_hold(session, str(period))
            if held is None:
                raise SettingsError(self._why_not_held(session, period))
            release_hold(session, held, reason, by, now)

    def _why_not_held(self, session: Session, period: Span) -> str:
        if newest_published(session, str(period), "board") is not None:
            return f"report {period} is published, and nothing holds it"
        held = ", ".join(each.period for each in list_holds(session)) or "none"
        return (
            f"report {period} is not held, so there is nothing to release (held: {held}); "
            f"`compliance report --period {period}` publishes it, or says what stands against it"
        )

    def suspend(self, until: date, reason: str, by: str, now: datetime) -> None:
        """Suspend all reports until the end of a local date, and tell the readers.

        Raises SettingsError if that day has passed.
        """
        if until < self.local.date_of(now):
            raise SettingsError(f"--until {until}: that day has passed; reports are suspended until a day to come")
        with self.store.session() as session:
            begun = begin_suspension(session, until, reason, by, now)
            letter = suspended_letter(self._force, self._claim(begun))
            ReportMail(self.settings, now).queue(session, f"suspension/{begun.id}/began", letter)

    def resume(self, by: str, now: datetime) -> bool:
        """End the suspension, and tell the readers; return whether there was one."""
        with self.store.session() as session:
            if suspension_on(session, self.local.date_of(now)) is None:
                return False
            self._end(session, by, now)
            return True

    def end_past_suspension(self, now: datetime) -> None:
        """End a suspension whose last day has passed, and tell the readers, once."""
        if not self._is_past(now):
            return
        with self.store.session() as session:
            if suspension_on(session, self.local.date_of(now)) is None:
                self._end(session, "", now)

    def _is_past(self, now: datetime) -> bool:
        with self.store.session(reading=True) as session:
            newest = newest_suspension(session)
        return newest is not None and newest.ended_at is None and newest.until < self.local.date_of(now)

    def _end(self, session: Session, by: str, now: datetime) -> None:
        ended = end_suspension(session, now)
        if ended is None:
            return
        since, until = self.local.date_of(ended.began_at), self.local.date_of(now)
        claim = Claim(kind=ClaimKind.RESUMED, subject="suspension", since=since, until=until, about=by)
        letter = resumed_letter(self._force, claim)
        ReportMail(self.settings, now).queue(session, f"suspension/{ended.id}/over", letter)

    def suspension(self, now: datetime) -> Claim | None:
        """Return the claim of the suspension in force, None if there is none."""
        with self.store.session(reading=True) as session:
            found = suspension_on(session, self.local.date_of(now))
        return None if found is None else self._claim(found)

    def holds(self) -> list[HeldReport]:
        """Return the reports that are held and not published, in the order in which they were held."""
        with self.store.session(reading=True) as session:
            return list(map(_held, list_holds(session)))

    def releases(self, period: Span) -> list[Released]:
        """Return who released a period, for what, when and why, in order; published since or not."""
        with self.store.session(reading=True) as session:
            return [_released(row) for row in list_releases(session, str(period))]

    def not_held_since(self, periods: Sequence[str], since: datetime) -> tuple[str, ...]:
        """Return the periods that nothing has held back since an instant: neither a hold nor a suspension."""
        with self.store.session(reading=True) as session:
            newest, ended = newest_suspension(session), list_ended_holds(session, since)
            held = {each.period for each in list_holds(session)}
        if newest is not None and _end_of(newest, self.local) > since:
            return ()
        return tuple(period for period in periods if period not in held | ended)

    @property
    def _force(self) -> str:
        return self.settings.force.name

    def _claim(self, found: ReportSuspension) -> Claim:
        return Claim(
            kind=ClaimKind.SUSPENDED, subject="suspension", since=self.local.date_of(found.began_at), until=found.until,
            about=found.suspended_by, words=found.reason.strip().rstrip("."),
        )  # fmt: skip


def _end_of(found: ReportSuspension, local: LocalDates) -> datetime:
    """Return when a suspension ended or is to end."""
    planned = local.start_of(found.until + timedelta(days=1))
    return planned if found.ended_at is None else min(found.ended_at, planned)


def _held(row: ReportHold) -> HeldReport:
    claims = find_faults(msgspec.convert(row.facts, ReleaseFacts))
    return HeldReport(parse_period(row.period), row.since, _against(claims, row.faults))


def _against(claims: tuple[Claim, ...], names: list[str]) -> tuple[Claim, ...]:
    """Return the claims of which at least one fault is among the names."""
    return tuple(claim for claim in claims if set(fault_names((claim,))) & set(names))


def _released(row: ReportRelease) -> Released:
    return Released(row.released_at, row.released_by, row.reason, tuple(row.faults))
