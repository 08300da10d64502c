"""What an inspector gets of a dip sample: a report, its cases, and the figures with how it was drawn."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import msgspec

from compliance.reports.model.words import day, span
from compliance.reports.rendering.list_files import list_workbook
from compliance.reports.rendering.output_files import write_folder
from compliance.reports.rendering.render import page_of
from compliance.reports.rendering.typesetting import typeset
from compliance.reviews.results import ReviewedCase, as_json
from compliance.reviews.review_report import ReviewFacts, case_list, review_report
from compliance.service.evidence.review_restated import find_since
from compliance.service.evidence.reviewing import proof_of, results_of
from compliance.service.service import Service
from compliance.store.audit.audit_entry import AuditKind
from compliance.store.audit.audit_log import iterate_entries, select_entries
from compliance.store.kept.reviews import StoredReview, list_reviews, readings_of
from compliance.text import count_noun

_BEFORE: Final = timedelta(minutes=1)
"""The command that draws is in the log shortly before the sample is stored."""
ON_PAGE: Final = "/reviews/{number}/{case}"
"""The page on which answers are given, as the audit log names it."""

_OURS: Final = ("/reviews/", "compliance review ")
"""Where a case is shown without our verdict, or with all that was found once it was."""


def write_pack(service: Service, number: int | None, folder: Path, changes: Sequence[str] = ()) -> list[Path]:
    """Write what a dip sample found as PDF, HTML, XLSX (the cases) and JSON; only the owner may read them.

    `changes`: KEY=VALUE of a changed policy, of which the pack then says what it makes of the period. Raises
    SettingsError if there is no such sample, a change cannot be, or the folder cannot be written.
    """
    review, held, results = results_of(service, number)
    facts = ReviewFacts(
        service.settings.force.name, review.id, review.period, review.requirement, _title_of(service, review),
        review.version, review.seed, review.drawn_at, review.drawn_by,
        [(name, question) for name, question in review.criteria], review.proof, review.proof != proof_of(service),
        review.closed_at, _stored(service, review), [*_log_of(service, review), *_page_log_of(service, review)],
        list(_seen_elsewhere(service, review, held)),
    )  # fmt: skip
    since = find_since(service, review, changes)
    report = review_report(facts, held, results, since)
    said = {"sample": facts.as_json(), "since": since.as_json(), **as_json(results)}
    files = {
        "pdf": typeset(report), "html": page_of(report).encode(), "xlsx": list_workbook(case_list(facts, held)),
        "json": msgspec.json.format(msgspec.json.encode(said)),
    }  # fmt: skip
    return write_folder(folder, {f"review-{review.id}.{form}": content for form, content in files.items()})


def _log_of(service: Service, review: StoredReview) -> Iterator[str]:
    """Yield who drew, wrote and stored what of a dip sample, from the audit log."""
    later = [each.drawn_at for each in list_reviews(service.store) if each.id > review.id]
    with service.store.reading() as connection:
        for each in iterate_entries(connection, select_entries(since=review.drawn_at - _BEFORE)):
            entry = each.entry
            asked = entry.details.get("asked", {})
            is_newest = not later or entry.at < min(later) - _BEFORE
            is_ours = asked.get("number") == review.id or ("number" not in asked and is_newest)
            if entry.target.startswith("compliance review ") and is_ours:
                of = f" --reader {asked['reader']}" if "reader" in asked else ""
                yield f"{entry.at:%Y-%m-%d %H:%M} UTC, {entry.who}: {entry.target}{of}"


def _page_log_of(service: Service, review: StoredReview) -> Iterator[str]:
    """Yield who gave how many answers on the page, and when, from the audit log: corrections count again."""
    given: dict[str, list[date]] = {}
    with service.store.reading() as connection:
        for each in iterate_entries(connection, select_entries(since=review.drawn_at)):
            entry = each.entry
            is_ours = entry.details.get("asked", {}).get("number") == str(review.id)
            if entry.target == ON_PAGE and entry.what == AuditKind.DECISION and is_ours:
                given.setdefault(entry.who, []).append(service.policy.local.date_of(entry.at))
    for who, days in sorted(given.items()):
        when = day(days[0]) if len(set(days)) == 1 else span(min(days), max(days))
        yield f"{who}: {count_noun(len(days), 'answer')} on the page, {when}"


def _seen_elsewhere(service: Service, review: StoredReview, held: Sequence[ReviewedCase]) -> Iterator[str]:
    """Yield which reader was shown which of their cases elsewhere, where our verdict can stand, before they answered.

    From the audit log, on pages and by commands; a reader's own cases are not in it.
    """
    answered = {(row["number"], row["reader"]): row["stored_at"] for row in readings_of(service.store, review.id)}
    places: dict[tuple[str, str], list[int]] = {}
    for case in held:
        for name in case.readers:
            places.setdefault((name, case.crime_ref), []).append(case.number)
    with service.store.reading() as connection:
        for each in iterate_entries(connection, select_entries(since=review.drawn_at)):
            entry, name = each.entry, each.entry.who.lower()
            if entry.target.startswith(_OURS):
                continue
            for ref in entry.details.get("crimes", ()):
                for number in places.get((name, ref), ()) if ref else ():
                    if entry.at < answered.get((number, name), entry.at + _BEFORE):
                        yield f"Case {number} to {name}: {entry.target}, {entry.at:%Y-%m-%d %H:%M} UTC"


def _title_of(service: Service, review: StoredReview) -> str:
    """Return the title of the requirement; its id if the policy no longer has it."""
    titles = {each.id: each.title for each in service.policy.requirement}
    return titles.get(review.requirement, review.requirement)


def _stored(service: Service, review: StoredReview) -> dict[str, list[date]]:
    """Return on which local dates what each reader found was stored."""
    dates: dict[str, set[date]] = {}
    for row in readings_of(service.store, review.id):
        dates.setdefault(row["reader"], set()).add(service.policy.local.date_of(row["stored_at"]))
    return {name: sorted(found) for name, found in dates.items()}
