"""Pages on refused records: those in quarantine with their reasons, and trying them again.

A record as received may hold what this service does not keep, such as a name. It is not on any page: `compliance
quarantine show`, on the machine of the service, shows it.
"""

from typing import Any, Final

from compliance.errors import RecordError
from compliance.policy.calendars import plain_date
from compliance.store import page_quarantined, quarantine_counts, read_quarantined, retry_quarantined
from compliance.store.tables import Quarantined
from compliance.text import count_noun
from compliance.web.case_pages import crime_path
from compliance.web.listing import LISTED, after_number, list_page, row_number
from compliance.web.page_table import Answer, GoTo, RefusedPageError, Visit
from compliance.web.quality_pages import quality_tabs

MOST_AT_ONCE: Final = 500
"""How many refused records are tried again by one form, at most: each is read again while the person waits."""
_COUNTS: Final = ("taken", "overtaken", "refused")


def show_refused(visit: Visit) -> Answer:
    """Return the refused records in quarantine, the newest first, and what came of trying some again."""
    store = visit.service.store
    total = sum(quarantine_counts(store).values())
    found = page_quarantined(store, after_number(visit), LISTED + 1)
    shown, listing = list_page(visit, found, total, lambda each: each.id)
    values = _words(visit) | {
        "records": shown,
        "listing": listing,
        "is_all": total <= MOST_AT_ONCE and "after" not in visit.query,
        "at_once": MOST_AT_ONCE,
        "after": visit.query.get("after", ""),
        "done": _outcome(visit),
    }
    return Answer("refused.html.j2", "Refused records", values, _crimes(shown))


def show_refused_record(visit: Visit) -> Answer:
    """Return one refused record: its reason, and when and how often it came."""
    record = _find(visit)
    values = _words(visit) | {"record": record, "done": _outcome(visit)}
    return Answer("refused_record.html.j2", f"Refused record {record.id}", values, _crimes([record]))


def crimes_of_refused(visit: Visit) -> list[str]:
    """Return the crimes of the records that a form tries again."""
    return _crimes(_chosen(visit))


def retry_refused(visit: Visit) -> GoTo:
    """Try refused records again, as `compliance quarantine retry` does, and judge what was accepted."""
    service = visit.service
    try:
        done = retry_quarantined(service.store, visit.now, [each.id or 0 for each in _chosen(visit)])
    except RecordError:
        words = "It has left the quarantine meanwhile. Load the page again."
        raise RefusedPageError("Nothing was tried", words, "a record no longer in quarantine", 409) from None
    service.judge()
    said = "&".join(f"{name}={getattr(done, name)}" for name in _COUNTS)
    number = visit.place.get("number")
    return GoTo(f"/quality/refused{f'/{row_number(number)}' if number else ''}?{said}")


def _chosen(visit: Visit) -> list[Quarantined]:
    """Return the record whose page the form is on, or those from the page of the list on which it is."""
    if "number" in visit.place:
        return [_find(visit)]
    after = visit.form.get("after", "")
    return page_quarantined(visit.service.store, row_number(after) if after else None, MOST_AT_ONCE)


def _find(visit: Visit) -> Quarantined:
    try:
        return read_quarantined(visit.service.store, row_number(visit.place["number"]))[0]
    except RecordError:
        words = "Records are removed some time after they have left the quarantine."
        raise RefusedPageError("There is no such refused record", words, "no such refused record", 404) from None


def _outcome(visit: Visit) -> str | None:
    """Return what came of trying again in words, None if nothing was tried."""
    given = [visit.query.get(name, "") for name in _COUNTS]
    if not all(text.isascii() and text.isdigit() and len(text) < 9 for text in given):
        return None
    taken, overtaken, refused = map(int, given)
    return f"{taken:,} accepted, {overtaken:,} already corrected since, {count_noun(refused, 'record')} still refused."


def _crimes(records: list[Quarantined] | Any) -> list[str]:
    return [each.crime_ref for each in records if each.crime_ref]


def _words(visit: Visit) -> dict[str, Any]:
    local = visit.service.policy.local
    return {
        "tabs": quality_tabs(visit),
        "day": lambda at: plain_date(local.date_of(at)),
        "path": crime_path,
    }
