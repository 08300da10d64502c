"""The page on how a crime record came to be: what was received when, and what each version changed."""

from dataclasses import dataclass
from typing import Final

from compliance.records import FieldChange, list_changes
from compliance.store import RecordVersion, list_versions
from compliance.store.owed_crimes import crimes_within
from compliance.web.case_pages import crime_path
from compliance.web.page_table import Answer, RefusedPageError, Visit
from compliance.web.roles import WIDEST, CaseScope

SHOWN: Final = 100
"""The versions on the page, at most: the newest."""


@dataclass(frozen=True, slots=True)
class ShownVersion:
    """A version with what it changed against the one before it; of the first, all that it says."""

    version: RecordVersion
    number: int
    changes: list[FieldChange]


def show_versions(visit: Visit) -> Answer:
    """Return the versions of a crime of the person's scope, the newest first."""
    ref = visit.place["crime_ref"]
    store, local = visit.service.store, visit.service.policy.local
    of_force = WIDEST[visit.viewer.role] is CaseScope.FORCE
    if not of_force and not crimes_within(store, visit.within, [ref]):
        words = "Open the crime first. That you asked for it was noted."
        raise RefusedPageError("This is not one of your cases", words, "versions of a crime outside their scope")
    found = list_versions(store, ref)
    if not found:
        words = "Check the number: it is written as in the crime system."
        raise RefusedPageError("There is no crime with this number", words, "no such crime", 404)
    values = {
        "crime": ref,
        "path": crime_path,
        "versions": [_shown(found, place) for place in range(len(found) - 1, max(-1, len(found) - 1 - SHOWN), -1)],
        "left_out": max(0, len(found) - SHOWN),
        "clock": local.clock_at,
    }
    return Answer("versions.html.j2", f"Versions of crime {ref}", values, [ref])


def _shown(found: list[RecordVersion], place: int) -> ShownVersion:
    """Return a version with its changes against the newest before it that was not late."""
    version = found[place]
    before = next((each for each in reversed(found[:place]) if not each.is_late), None)
    return ShownVersion(version, place + 1, list_changes(None if before is None else before.record, version.record))
