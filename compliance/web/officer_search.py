"""Finding an officer by name, among those who have a case that the person may see.

The name is posted: in an address it would stand in the log of the proxy.
"""

import unicodedata
from collections.abc import Sequence
from typing import Final

from compliance.store import officers
from compliance.store.owed.owed_crimes import officers_within
from compliance.store.receiving.directory import DirectoryEntry
from compliance.web.case_pages import officer_path
from compliance.web.page_table import Answer, Visit

MOST: Final = 20
"""How many officers are listed, at most."""
FEWEST_LETTERS: Final = 2
_AT_ONCE: Final = 200
"""For how many officers whose names match it is asked at once whether they have a case in the scope."""


def no_crimes(_: Visit) -> tuple[()]:
    """Return that no crime is concerned: what was asked for is in the audit log all the same."""
    return ()


def find_officers(visit: Visit) -> Answer:
    """Return the officers of the person's scope whose names have all the words asked for, by name."""
    asked = visit.form.get("name", "").strip()
    error = f"Give at least {FEWEST_LETTERS} letters" if len(_plain(asked)) < FEWEST_LETTERS else None
    found = [] if error else _find(visit, asked)
    values = {
        "asked": asked,
        "error": error,
        "found": found[:MOST],
        "most": MOST,
        "has_more": len(found) > MOST,
        "officer_path": officer_path,
    }
    return Answer("officers.html.j2", "Find an officer", values, status=400 if error else 200)


def _find(visit: Visit, asked: str) -> Sequence[DirectoryEntry]:
    """Return at most one more than are listed, so that it is seen whether there are more."""
    words = _plain(asked).split()
    named = [each for each in officers(visit.service.store).values() if each.name and _has(each.name, words)]
    named.sort(key=lambda each: (_plain(each.name or ""), each.officer_ref))
    found: list[DirectoryEntry] = []
    for first in range(0, len(named), _AT_ONCE):
        part = named[first : first + _AT_ONCE]
        theirs = officers_within(visit.service.store, visit.within, [each.officer_ref for each in part])
        found += [each for each in part if each.officer_ref in theirs]
        if len(found) > MOST:
            break
    return found[: MOST + 1]


def _has(name: str, words: Sequence[str]) -> bool:
    plain = _plain(name)
    return all(word in plain for word in words)


def _plain(text: str) -> str:
    """Return text without accents and case, as it is compared."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
