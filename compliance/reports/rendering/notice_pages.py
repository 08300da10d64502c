"""The pages published in place of a report: while it is delayed or held, or reports are suspended."""

from pathlib import Path
from typing import Final, Literal

from compliance.errors import SettingsError
from compliance.reports.periods.periods import parse_period
from compliance.reports.periods.spans import Span
from compliance.reports.pieces.parts import Report
from compliance.reports.rendering.output_files import remove, write_whole
from compliance.reports.rendering.render import page_of

Cause = Literal["delayed", "held", "suspended"]
CAUSES: Final[tuple[Cause, ...]] = ("delayed", "held", "suspended")


Notices = dict[Span, tuple[Cause, Report]]


def write_notices(folder: Path, notices: Notices) -> list[Path]:
    """Write the notice of each period, such as `2026-W47-delayed.html`, and return the paths."""
    pages = {folder / _name(str(period), cause): page_of(report) for period, (cause, report) in notices.items()}
    for path, page in pages.items():
        if not path.exists() or path.read_bytes() != page.encode():
            write_whole(path, page.encode())
    return list(pages)


def remove_other_notices(folder: Path, notices: Notices) -> None:
    """Remove all notices but these."""
    stand = {_name(str(period), cause) for period, (cause, _) in notices.items()}
    for cause in CAUSES:
        for path in sorted(folder.glob(_name("*", cause))):
            if path.name not in stand and _is_notice(path, cause):
                remove(path)


def remove_notices(folder: Path, period: Span) -> None:
    """Remove the notices of a period."""
    for cause in CAUSES:
        remove(folder / _name(str(period), cause))


def _name(period: str, cause: Cause) -> str:
    return f"{period}-{cause}.html"


def _is_notice(path: Path, cause: Cause) -> bool:
    try:
        parse_period(path.name.removesuffix(_name("", cause)))
    except SettingsError:
        return False
    return True
