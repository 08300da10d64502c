"""Pages on data quality: how much was refused, set aside or is unknown now, and what the newest report found."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from compliance.policy.setting_aside import calendar_advice
from compliance.reports.model.report_model import Quality
from compliance.reports.publishing.published_reports import list_published
from compliance.reports.publishing.snapshots import newest_published, read_figures
from compliance.reports.wording.attention import describe_quality
from compliance.service.polls.unknown_notes import REMEDY, still_unknown
from compliance.store import (
    UnknownOfficer,
    count_set_aside,
    count_set_aside_crimes,
    count_unknown_officers,
    directory_as_of,
    page_set_aside,
    page_unknown_officers,
    quarantine_counts,
    set_aside_reasons,
)
from compliance.web.case_pages import crime_path
from compliance.web.listing import LISTED, list_page, row_number
from compliance.web.page_table import Answer, RefusedPageError, Visit

_PARTS: Final = (
    ("/quality", "Overview"),
    ("/quality/refused", "Refused records"),
    ("/quality/set-aside", "Set aside"),
    ("/quality/unknown-values", "Unknown values"),
    ("/quality/unknown-officers", "Unknown officers"),
)
_BOARD: Final = "board"


def quality_tabs(visit: Visit) -> list[tuple[str, str, bool]]:
    """Return the pages on data quality with how many there are of each, for their head."""
    service, here = visit.service, visit.page.path
    store = service.store
    counts = {
        "/quality/refused": sum(quarantine_counts(store).values()),
        "/quality/set-aside": count_set_aside(store),
        "/quality/unknown-values": len(_unknown_values(visit)),
        "/quality/unknown-officers": count_unknown_officers(store),
    }
    return [
        (path, f"{name} ({counts[path]:,})" if path in counts else name, here == path or here.startswith(f"{path}/{{"))
        for path, name in _PARTS
    ]


def show_quality(visit: Visit) -> Answer:
    """Return how much was refused, set aside or is unknown now, and what the newest board report found."""
    store = visit.service.store
    counted = list(quarantine_counts(store).items())
    period, found = _newest_quality(visit)
    values = {
        "tabs": quality_tabs(visit),
        "reasons": counted[:10],
        "more_reasons": len(counted) - 10,
        "set_aside": list(_set_aside(visit)),
        "period": period,
        "is_readable": found is not None,
        "found": [(each, describe_quality(each)) for each in found or ()],
    }
    return Answer("quality.html.j2", "Data quality", values)


def _set_aside(visit: Visit) -> Iterator[tuple[int, str, str]]:
    """Yield how much of which requirement is set aside, and what to do, as `compliance check` does."""
    for each in set_aside_reasons(visit.service.store):
        advice = calendar_advice(visit.service.policy, each.gap)
        yield each.count, each.requirement, f"{advice} (rules {each.clause})"


def _newest_quality(visit: Visit) -> tuple[str, Sequence[Quality] | None]:
    """Return the period of the newest report to the board, and the classes of data quality in it of which some were.

    An empty period: none was published. None: its figures are of another version.
    """
    store = visit.service.store
    newest = next((each.period for each in list_published(store) if each.edition == _BOARD), "")
    with store.session(reading=True) as session:
        row = newest_published(session, newest, _BOARD) if newest else None
    figures = None if row is None else read_figures(row)
    return newest, None if figures is None else [each for each in figures.quality if each.in_week or each.held]


def show_set_aside(visit: Visit) -> Answer:
    """Return what could not be judged (rules 6.1a), by crime."""
    store, after = visit.service.store, visit.query.get("after")
    found = page_set_aside(store, after, LISTED + 1)
    shown, listing = list_page(visit, found, count_set_aside_crimes(store), lambda rows: rows[0].crime_ref)
    values = {
        "tabs": quality_tabs(visit),
        "reasons": list(_set_aside(visit)),
        "crimes": [(rows[0].crime_ref, rows) for rows in shown],
        "listing": listing,
        "path": crime_path,
    }
    return Answer(
        "set_aside.html.j2", "Set aside: what cannot be judged", values, [rows[0].crime_ref for rows in shown]
    )


def show_unknown_values(visit: Visit) -> Answer:
    """Return the values that neither mapping nor policy knows, as `compliance check` lists them."""
    values = {"tabs": quality_tabs(visit), "found": _unknown_values(visit), "remedy": REMEDY}
    return Answer("unknown_values.html.j2", "Unknown values", values)


def _unknown_values(visit: Visit) -> list[str]:
    service = visit.service
    return list(still_unknown(service.store, service.settings, service.policy))


def show_unknown_officers(visit: Visit) -> Answer:
    """Return the officers with something outstanding whom the directory does not have, those with most first."""
    store = visit.service.store
    found = page_unknown_officers(store, _after_officer(visit), LISTED + 1)
    total = count_unknown_officers(store)
    shown, listing = list_page(visit, found, total, lambda each: f"{each.outstanding}:{each.officer_ref}")
    as_of = directory_as_of(store)
    values: dict[str, Any] = {
        "tabs": quality_tabs(visit),
        "officers": shown,
        "listing": listing,
        "as_of": None if as_of is None else visit.service.policy.local.date_of(as_of),
    }
    return Answer("unknown_officers.html.j2", "Officers not in the directory", values)


def _after_officer(visit: Visit) -> UnknownOfficer | None:
    """Return the officer after whom this page begins. Raises RefusedPageError if the address names none."""
    if "after" not in visit.query:
        return None
    number, colon, ref = visit.query["after"].partition(":")
    if not colon:
        words = "The address may be mistyped or out of date."
        raise RefusedPageError("There is no such page", words, "an address that names no officer", 404)
    return UnknownOfficer(ref, row_number(number))
