"""Retention by the settings: everything that is removed some time after it was last of use (docs/retention.md)."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from compliance.config import Settings
from compliance.errors import SettingsError
from compliance.policy.calendars import LocalDates, from_day
from compliance.service.polls.crime_feed import exports_of
from compliance.store import (
    AuditEntry,
    AuditKind,
    Lives,
    RetentionPeriods,
    Store,
    apply_retention,
    count_expired,
    list_expired,
    list_expired_refusals,
    log_entry,
    note_size,
    remove_expired,
    retention_due,
)
from compliance.store.audit.actors import THE_SERVICE, Actor
from compliance.store.receiving.victim_characteristics import count_characteristics, remove_characteristics
from compliance.store.removing.audit_retention import find_old_months, remove_old_months
from compliance.text import count_noun

_AUDIT = "audit entry"
_CHARACTERISTICS = "set of characteristics"
_CRIMES, EXPORT_FILE, PILOT_FILE = "crime", "export file", "pilot email"
_PLURALS = {
    "text of an email": "texts of emails",
    "text of a dispute": "texts of disputes",
    "directory entry": "directory entries",
    _AUDIT: "audit entries",
    _CHARACTERISTICS: "sets of characteristics",
}


@dataclass(frozen=True, slots=True)
class Removed:
    """How many crimes were removed or stripped of officers, and how many others, by a noun for one."""

    crimes: int
    others: dict[str, int] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, object]:
        """The counts that are not zero, by name."""
        found = {"crimes": self.crimes} | {name.replace(" ", "_"): count for name, count in self.others.items()}
        return {name: count for name, count in found.items() if count}

    @property
    def lines(self) -> list[str]:
        """Return what was removed, apart from crimes, in words."""
        return [f"{count_kind(count, noun)} removed" for noun, count in self.others.items() if count]


@dataclass(frozen=True)
class Retaining:
    """The retention settings, applied to a store."""

    settings: Settings
    store: Store
    local: LocalDates
    clock: Callable[[], datetime]
    actor: Actor = THE_SERVICE

    @property
    def of_crimes(self) -> list[RetentionPeriods]:
        """What happens to closed crimes, if anything. Those to be removed are not stripped first."""
        settings, found = self.settings.retention, list[RetentionPeriods]()
        if settings.remove_after_days is not None:
            found.append(RetentionPeriods("remove", settings.remove_after_days, self.local))
        if settings.strip_officers_after_days is not None:
            found.append(RetentionPeriods("strip", settings.strip_officers_after_days, self.local))
        return found

    @property
    def lives(self) -> Lives:
        """How long all other rows are kept."""
        settings = self.settings.retention
        return Lives(
            settings.remove_refused_after_days, settings.remove_after_days, settings.remove_emails_after_days,
            settings.remove_other_after_days, self.local,
        )  # fmt: skip

    def apply(self) -> Removed:
        """Remove and strip what has been kept long enough, and note the size of the database.

        Raises SettingsError for a file that cannot be removed, and AuditError if old entries of the audit log are not
        as they were written: none of those is removed then, and everything else is.
        """
        now, counts = self.clock(), Counter[str]()
        try:
            self._remove(now, counts)
        finally:
            self._note(now, counts)  # what was removed before an error too
        note_size(self.store, self.local.date_of(now), now)
        counts[_AUDIT] = self._remove_audit_months(now)  # last, so that it keeps nothing else from being removed
        return Removed(counts.pop(_CRIMES, 0), dict(counts))

    def _remove(self, now: datetime, counts: Counter[str]) -> None:
        """Remove and strip, and count what was."""
        for retention in self.of_crimes:
            counts[_CRIMES] += apply_retention(self.store, retention, now)
        counts[_CHARACTERISTICS] += remove_characteristics(self.store, self.settings.returns.characteristics)
        for each in list_expired(self.store, self.lives, now):
            counts[each.noun] += remove_expired(self.store, each)
        for noun, paths in self.files().items():
            counts[noun] = 0
            for path in paths:
                _remove(path)
                counts[noun] += 1

    def _remove_audit_months(self, now: datetime) -> int:
        days, actor = self.settings.retention.remove_audit_after_days, self.actor
        return 0 if days is None else remove_old_months(self.store, self.local, days, now, actor.who, actor.role)

    def _note(self, now: datetime, counts: Counter[str]) -> None:
        """Write to the audit log what was removed, if anything was."""
        found = {noun: count for noun, count in counts.items() if count}
        if found:
            details = {"removed": found}
            entry = AuditEntry(now, self.actor.who, self.actor.role, AuditKind.ERASURE, "retention", details)
            log_entry(self.store, entry)

    def due(self) -> Iterator[str]:
        """Yield what `apply` would do, in lines: each crime, refused record and file, and the number of each kind."""
        now = self.clock()
        for rule in self.of_crimes:
            count = 0
            for crime in retention_due(self.store, rule, now):
                yield f"{rule.action}: crime {crime.crime_ref}, closed on {crime.closed_on}"
                count += 1
            yield f"{rule.action}: {count_noun(count, 'crime')} closed more than {rule.days_after_closing:,} days ago"
        for over in list_expired_refusals(self.store, self.lives, now):
            yield f"remove: refused record {over.number}, which last came on {over.last_seen_on}"
        for each in list_expired(self.store, self.lives, now):
            if count := count_expired(self.store, each):
                yield f"remove: {count_kind(count, each.noun)}"
        if given_up := count_characteristics(self.store, self.settings.returns.characteristics):
            yield f"remove: {count_kind(given_up, _CHARACTERISTICS)} that `[returns] characteristics` does not name"
        days = self.settings.retention.remove_audit_after_days
        if days is not None and (old := find_old_months(self.store, self.local, days, now)) is not None:
            yield f"remove: {count_kind(old.entries, _AUDIT)} of the months before {self.local.date_of(old.before)}"
        for noun, paths in self.files().items():
            yield from (f"remove: {path}" for path in paths)
            if paths:
                yield f"remove: {count_kind(len(paths), noun)}"

    def files(self) -> dict[str, list[Path]]:
        """Return the expired files, by a noun for one: of exports that were taken or could not be read, and pilots'."""
        rules = self.settings.retention
        exports = list[Path]()
        if self.settings.crime_system.files is not None:
            exports = exports_of(self.settings).moved_before(self._before(rules.remove_exports_after_days))
        written, old = self.settings.path(self.settings.mail.pilot_folder), self._before(rules.remove_emails_after_days)
        pilot = [
            path for path in sorted(written.glob("*.eml")) if datetime.fromtimestamp(path.stat().st_mtime, UTC) < old
        ]
        return {EXPORT_FILE: exports, PILOT_FILE: pilot}

    def _before(self, days: int) -> datetime:
        return self.local.start_of(from_day(self.local.day_of(self.clock()) - days))


def count_kind(count: int, noun: str) -> str:
    """Return how many of a kind, in words."""
    return count_noun(count, noun, _PLURALS.get(noun))


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise SettingsError(
            f"{path}: cannot be removed ({error.strerror}); check that this service may write to its folder"
        ) from None
