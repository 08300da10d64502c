"""The notice that stands for a report while the crime system cannot be read: it gives no rate."""

from datetime import date
from pathlib import Path

from compliance.reports import words
from compliance.reports.files import write_whole
from compliance.reports.periods import in_words
from compliance.reports.render import fill
from compliance.reports.spans import Span


def write_delay(folder: Path, force: str, period: Span, since: date | None) -> Path:
    """Write the notice `2026-W47-delayed.html`. `since`: the local date on which the crime system was last read to its
    end, None where it never was."""
    said = "the service was started" if since is None else words.day(since)
    page = fill("delayed.html.j2", force=force, period=in_words(str(period)), since=said)
    path = notice(folder, period)
    content = page.encode()
    return path if path.exists() and path.read_bytes() == content else write_whole(path, content)


def notice(folder: Path, period: str | Span) -> Path:
    """Where the notice of a period lies."""
    return folder / f"{period}-delayed.html"
