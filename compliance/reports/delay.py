"""The notice that stands for a report while the records are not read: it gives no rate, and says no more than is known
of why."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from compliance.errors import SettingsError
from compliance.reports.claims import Claim, ClaimKind
from compliance.reports.output_files import remove, write_whole
from compliance.reports.periods import parse_period
from compliance.reports.render import page_of
from compliance.reports.sections import delayed_report
from compliance.reports.spans import Span

_ENDING: Final = "-delayed.html"


@dataclass(frozen=True)
class Reading:
    """How the crime system stands: the local date on which it was last read to its end, and that of the first attempt
    since then that did not come to its end; None where there was none."""

    complete: date | None
    failing_since: date | None

    @property
    def claim(self) -> Claim:
        """What is said of it: last read to its end `since`, failing from `until` on."""
        kind = ClaimKind.NEVER_READ if self.complete is None else ClaimKind.NOT_READ
        if self.failing_since is not None:
            kind = ClaimKind.COULD_NOT_BE_READ
        return Claim(kind=kind, subject="reading", since=self.complete, until=self.failing_since)


def write_delay(folder: Path, force: str, period: Span, reading: Reading) -> Path:
    """Write the notice `2026-W47-delayed.html`."""
    path = notice(folder, period)
    content = page_of(delayed_report(force, period, reading.claim)).encode()
    return path if path.exists() and path.read_bytes() == content else write_whole(path, content)


def notice(folder: Path, period: str | Span) -> Path:
    """Where the notice of a period lies."""
    return folder / f"{period}{_ENDING}"


def remove_notices(folder: Path, delayed: Collection[Span] = ()) -> None:
    """Remove the notices of all periods but those that are delayed still."""
    stand = {notice(folder, period) for period in delayed}
    for path in sorted(folder.glob(f"*{_ENDING}")):
        if path not in stand and _is_notice(path):
            remove(path)


def _is_notice(path: Path) -> bool:
    try:
        parse_period(path.name.removesuffix(_ENDING))
    except SettingsError:
        return False
    return True
