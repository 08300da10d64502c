"""The page on how a crime record came to be: what was received when and what it changed; and all of it as a file."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from compliance.feeds.fields import FIELDS
from compliance.policy.calendars import LocalDates
from compliance.records import FieldChange, list_changes
from compliance.service.answers.explaining import explain_stored
from compliance.service.answers.proof_pack import make_proof_pack, pack_name
from compliance.store import RecordVersion, list_versions
from compliance.store.owed.owed_crimes import crimes_within
from compliance.web.case_pages import crime_path, no_such_crime
from compliance.web.local_times import in_local_time
from compliance.web.page_table import Answer, Download, RefusedPageError, Visit
from compliance.web.roles import LOGGED, MAY_ASK, WIDEST, CaseScope

SHOWN: Final = 100
"""The versions on the page, at most: the newest."""

_FIELD: Final = re.compile(
    rf"\b({'|'.join(sorted({name for each in FIELDS.values() for name in each if '_' in name}))})\b"
)


@dataclass(frozen=True, slots=True)
class ShownVersion:
    """A version with what it changed against the one before it; of the first, all that it says."""

    version: RecordVersion
    number: int
    changes: list[FieldChange]


def show_versions(visit: Visit) -> Answer:
    """Return the versions of a crime of the person's scope, the newest first."""
    ref = _crime_of(visit)
    local, found = visit.service.policy.local, list_versions(visit.service.store, ref)
    if not found:
        raise no_such_crime()
    values = {
        "crime": ref,
        "path": crime_path,
        "pack": f"/proof/{quote(ref, safe='')}",
        "versions": [_shown(found, place) for place in range(len(found) - 1, max(-1, len(found) - 1 - SHOWN), -1)],
        "left_out": max(0, len(found) - SHOWN),
        "clock": local.clock_at,
        "words": lambda text: in_words(text, local),
    }
    return Answer("versions.html.j2", f"Versions of crime {ref}", values, [ref])


def in_words(text: str, local: LocalDates) -> str:
    """Return what a record says with its fields in words, and its instants in local time."""
    named = _FIELD.sub(lambda found: found[0].replace("_ref", " reference").replace("_", " "), text)
    return in_local_time(named, local)


def give_proof_pack(visit: Visit) -> Download:
    """Return the proof pack of a crime of the person's scope, as it is now."""
    service, ref = visit.service, _crime_of(visit)
    explanation = explain_stored(service.store, service.policy, ref, visit.now)
    if explanation is None:
        raise no_such_crime()
    content = make_proof_pack(service.store, service.policy, explanation)
    return Download(content, "application/zip", pack_name(ref, service.policy.local.clock_at(visit.now)), [ref], 1)


def _crime_of(visit: Visit) -> str:
    """Return the crime asked for. Raises RefusedPageError if it is not of the person's scope."""
    ref = visit.place["crime_ref"]
    of_force = WIDEST[visit.viewer.role] is CaseScope.FORCE
    if not of_force and not crimes_within(visit.service.store, visit.within, [ref]):
        may = "You can open the crime itself for a reason. " if visit.viewer.role in MAY_ASK else ""
        words = f"{may}{LOGGED}"
        raise RefusedPageError("This is not one of your cases", words, "versions of a crime outside their scope")
    return ref


def _shown(found: list[RecordVersion], place: int) -> ShownVersion:
    """Return a version with its changes against the newest before it that was not late."""
    version = found[place]
    before = next((each for each in reversed(found[:place]) if not each.is_late), None)
    return ShownVersion(version, place + 1, list_changes(None if before is None else before.record, version.record))
