"""The notice that stands for a report while the records are not read: it gives no rate, and says no more than is known
of why."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from compliance.errors import SettingsError
from compliance.reports import words
from compliance.reports.files import remove, write_whole
from compliance.reports.periods import in_words, parse_period
from compliance.reports.render import fill
from compliance.reports.spans import Span

_ENDING: Final = "-delayed.html"


@dataclass(frozen=True)
class Reading:
    """How the crime system stands: the local date on which it was last read to its end, and that of the first attempt
    since then that did not come to its end; None where there was none."""

    complete: date | None
    failing_since: date | None

    @property
    def heading(self) -> str:
        """Why a report is delayed, in a line."""
        if self.failing_since is not None:
            return f"the crime system could not be read to its end since {words.day(self.failing_since)}"
        if self.complete is not None:
            return f"the crime system has not been read since {words.day(self.complete)}"
        return "the crime system has not been read yet"

    def __str__(self) -> str:
        read = "has not been read to its end yet"
        if self.complete is not None:
            read = f"was last read to its end on {words.day(self.complete)}"
        since = "" if self.complete is None else " since then"
        if self.failing_since is not None:
            return f"The crime system {read}. No attempt{since} has come to its end; the service's log says why."
        return f"The crime system {read}. No attempt has been made{since}."


def write_delay(folder: Path, force: str, period: Span, reading: Reading) -> Path:
    """Write the notice `2026-W47-delayed.html`."""
    page = fill("delayed.html.j2", force=force, period=in_words(str(period)), kind=period.kind, reading=reading)
    path = notice(folder, period)
    content = page.encode()
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
