"""Retention by the settings: crimes, refused records and files of exports."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from compliance.config import Settings
from compliance.errors import SettingsError
from compliance.policy.calendars import LocalDates, from_day
from compliance.service.crime_feed import exports_of
from compliance.store import (
    RefusedLife,
    RetentionPeriods,
    Store,
    apply_retention,
    list_expired_refusals,
    remove_refused,
    retention_due,
)
from compliance.text import count_noun


@dataclass(frozen=True, slots=True)
class Removed:
    """The numbers of crimes removed or stripped of officers, of refused records removed and of export files removed."""

    crimes: int
    refused: int
    exports: int

    @property
    def counts(self) -> dict[str, object]:
        """The counts that are not zero, by name."""
        return {name: count for name, count in asdict(self).items() if count}


@dataclass(frozen=True)
class Retaining:
    """The retention settings, applied to a store."""

    settings: Settings
    store: Store
    local: LocalDates
    clock: Callable[[], datetime]

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
    def of_refused(self) -> RefusedLife:
        """How long refused records are kept."""
        settings = self.settings.retention
        return RefusedLife(settings.remove_refused_after_days, settings.remove_after_days, self.local)

    def apply(self) -> Removed:
        """Remove and strip what has been kept long enough. Raises SettingsError for a file that cannot be removed."""
        now = self.clock()
        crimes = sum(apply_retention(self.store, retention, now) for retention in self.of_crimes)
        refused, exports = remove_refused(self.store, self.of_refused, now), self.exports()
        for path in exports:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise SettingsError(
                    f"{path}: cannot be removed ({error.strerror}); check that this service may write to its folder"
                ) from None
        return Removed(crimes, refused, len(exports))

    def due(self) -> Iterator[str]:
        """Yield what `apply` would do, in lines: each crime, refused record and file, and the number of each."""
        now, settings = self.clock(), self.settings.retention
        for rule in self.of_crimes:
            count = 0
            for crime in retention_due(self.store, rule, now):
                yield f"{rule.action}: crime {crime.crime_ref}, closed on {crime.closed_on}"
                count += 1
            yield f"{rule.action}: {count_noun(count, 'crime')} closed more than {rule.days_after_closing:,} days ago"
        refused = [
            f"remove: refused record {over.number}, which last came on {over.last_seen_on}"
            for over in list_expired_refusals(self.store, self.of_refused, now)
        ]
        yield from _sum_up(refused, "refused record", settings.remove_refused_after_days)
        exports = [f"remove: {path}" for path in self.exports()]
        yield from _sum_up(exports, "file of an export", settings.remove_exports_after_days, "files of exports")

    def exports(self) -> list[Path]:
        """Return the expired files of exports that were taken or could not be read."""
        if self.settings.crime_system.files is None:
            return []
        old = from_day(self.local.day_of(self.clock()) - self.settings.retention.remove_exports_after_days)
        return exports_of(self.settings).moved_before(self.local.start_of(old))


def _sum_up(lines: list[str], one: str, days: int, several: str | None = None) -> Iterator[str]:
    yield from lines
    if lines:
        yield f"remove: {count_noun(len(lines), one, several)} kept for more than {days:,} days"
