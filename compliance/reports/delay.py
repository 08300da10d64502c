"""The notice published in place of a report while the crime system has not been read.

It gives no rate, and no cause beyond what is known.
"""

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
    """How far the crime system has been read.

    `complete`: the local date on which it was last read to its end. `failing_since`: that of the first attempt since
    then that did not reach the end. Either is None if there was none.
    """

    complete: date | None
    failing_since: date | None

    @property
    def claim(self) -> Claim:
        """The claim about it: last read to its end on `since`, failing from `until` on."""
        kind = ClaimKind.NEVER_READ if self.complete is None else ClaimKind.NOT_READ
        if self.failing_since is not None:
            kind = ClaimKind.COULD_NOT_BE_READ
        return Claim(kind=kind, subject="reading", since=self.complete, until=self.failing_since)


def write_delay(folder: Path, force: str, period: Span, reading: Reading) -> Path:
    """Write the notice, such as `2026-W47-delayed.html`."""
    path = notice(folder, period)
    content = page_of(delayed_report(force, period, reading.claim)).encode()
    return path if path.exists() and path.read_bytes() == content else write_whole(path, content)


def notice(folder: Path, period: str | Span) -> Path:
    """Return the path of a period's notice."""
    return folder / f"{period}{_ENDING}"


def remove_notices(folder: Path, delayed: Collection[Span] = ()) -> None:
    """Remove the notices of all periods except those still delayed."""
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
