"""Lists in pages: how many there are in all, and the key after which the next page begins.

Never how many to leave out: a page stays the same while others are added before it, and costs the same wherever it is.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar
from urllib.parse import urlencode

from compliance.web.page_table import RefusedPageError, Visit

Row = TypeVar("Row")
LISTED: Final = 50
"""How many entries stand on one page of a list, at most. One more is asked for: whether there are more."""
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
"""A number of a row, which fits the integers of every database."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Where a page of a list stands: how many there are in all, and the paths of the first and the next page.

    `first`: None on the first page. `next`: None on the last.
    """

    total: int
    shown: int
    first: str | None
    next: str | None


def row_number(text: str) -> int:
    """Return the number of a row that an address names. Raises RefusedPageError if it is none."""
    if not _NUMBER.fullmatch(text):
        words = "The address may be mistyped or out of date. Nothing was changed."
        raise RefusedPageError("There is no such page", words, "an address that names no number", 404)
    return int(text)


def after_number(visit: Visit) -> int | None:
    """Return the number after which this page of a list begins, None for the first page."""
    return row_number(visit.query["after"]) if "after" in visit.query else None


def list_page(
    visit: Visit, found: Sequence[Row], total: int, key: Callable[[Row], object], kept: Mapping[str, str] | None = None
) -> tuple[Sequence[Row], Listing]:
    """Return the entries of this page, of those found (one more than listed, if there are more), and where it stands.

    `key`: what the next page begins after. `kept`: what was chosen of the list and stays chosen.
    """
    shown, chosen, path = found[:LISTED], dict(kept or {}), visit.page.path
    more = {"after": str(key(shown[-1]))} if len(found) > LISTED else None
    first = _address(path, chosen) if "after" in visit.query else None
    following = None if more is None else _address(path, chosen | more)
    return shown, Listing(total, len(shown), first, following)


def _address(path: str, query: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path
