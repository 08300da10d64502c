"""Dip samples of a service: drawn from a published period, read by people, and added up (docs/reviews.md)."""

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from compliance.errors import SettingsError
from compliance.feed_settings import Files
from compliance.feeds.row_files import rows_of
from compliance.reports.list_files import list_csv, list_workbook
from compliance.reports.periods import parse_period
from compliance.reports.render import page_of
from compliance.reports.tracing import cases
from compliance.reports.typesetting import typeset
from compliance.reviews.drawing_lots import draw
from compliance.reviews.how_to_read import how_to_read
from compliance.reviews.readings import ANSWERS, CaseReading, CaseToRead, WasTold, form_of, read_form
from compliance.reviews.results import ReviewedCase, ReviewResults, add_up, as_json
from compliance.reviews.review_report import ReviewFacts, case_list, review_report
from compliance.reviews.sample_sizes import ASSUMED_ERRORS, PlannedStratum, ReadingPlan, plan_half_width, plan_total
from compliance.reviews.strata import RecordedState, count_states, list_obligations
from compliance.service.service import Service
from compliance.store.audit_log import iterate_entries, select_entries
from compliance.store.reviews import (
    StoredReview,
    add_review,
    cases_of,
    find_review,
    list_reviews,
    readings_of,
    store_readings,
)
from compliance.writing import write_whole

FORMS: Final = ("xlsx", "csv")
HOW_TO_READ: Final = "how-to-read.txt"
_BEFORE: Final = timedelta(minutes=1)
"""The command that draws is in the log shortly before the sample is stored."""
_READER: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,39}", re.ASCII)


@dataclass(frozen=True, slots=True)
class DrawnReview:
    """A dip sample that was just drawn, what to expect of it, and whether its figures are those published."""

    review: StoredReview
    plan: ReadingPlan
    published: str


def draw_review(
    service: Service,
    period: str,
    requirement: str,
    readers: Sequence[str],
    by: str,
    total: int | None = None,
    seed: str | None = None,
) -> DrawnReview:
    """Draw a dip sample of a requirement in a published period, and store it.

    `total`: how many cases; None: as many as the settings' half-width needs. `seed`: None: made up. `by`: the user name
    of who draws. Raises SettingsError for a period that has not been published or has nothing due, and for readers or a
    total that cannot be.
    """
    _check_readers(readers)
    edition, printed = service.reporting.read_edition(parse_period(period))
    if printed is None or not printed.version:
        raise SettingsError(f"{period} has not been published: a sample is drawn from what was reported")
    frame = list_obligations(edition, requirement)
    populations = count_states(frame)
    if not populations:
        raise SettingsError(f"{period}: nothing of {requirement} was due, so there is nothing to read")
    settings, plan = service.settings.review, _plan(service, populations, total)
    sizes = {state: plan.sizes[state] for state in populations}
    seed = seed or secrets.token_hex(16)
    drawn = draw(frame, sizes, seed, readers, settings.read_twice / 100)
    review = {
        "period": period, "requirement": requirement, "version": printed.version, "seed": seed,
        "populations": {str(state): count for state, count in populations.items()},
        "drawn": {str(state): count for state, count in sizes.items()},
        "criteria": [[each.id, each.question] for each in settings.criteria],
        "drawn_at": service.clock(), "drawn_by": by,
    }  # fmt: skip
    rows = [
        {
            "number": case.number, "crime_ref": case.obligation.crime_ref, "victim_ref": case.obligation.victim_ref,
            "cycle": case.obligation.cycle, "look_from": case.obligation.look_from,
            "due_date": case.obligation.due_date, "division": case.obligation.division,
            "state": str(case.obligation.state), "reader": case.reader, "second_reader": case.second_reader,
        }
        for case in drawn
    ]  # fmt: skip
    number = add_review(service.store, review, rows)
    said = printed.compare(cases(edition, f"rate.{requirement}"))
    return DrawnReview(find_review(service.store, number), plan, said)


def write_forms(service: Service, number: int | None, folder: Path, forms: Iterable[str] = FORMS) -> list[Path]:
    """Write a form for each reader of a dip sample, and how to fill it in; only the owner may read them.

    Raises SettingsError if there is no such sample or the folder cannot be written.
    """
    review = find_review(service.store, number)
    held = cases_of(service.store, review.id)
    readers = sorted({name for case in held for name in _readers_of(case)})
    title = f"Dip sample {review.id}: {review.requirement}, {review.period}"
    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written.append(folder / HOW_TO_READ)
        write_whole(written[-1], how_to_read(review.id, review.criteria, service.policy.counted_methods).encode())
        for reader in readers:
            content = form_of(
                service.settings.force.name, f"{title}, for {reader}", _to_read(held, reader).values(),
                [(name, question) for name, question in review.criteria],
            )  # fmt: skip
            for form in forms:
                written.append(folder / f"review-{review.id}-{reader}.{form}")
                write_whole(written[-1], (list_csv if form == "csv" else list_workbook)(content), private=True)
    except OSError as error:
        raise SettingsError(f"{folder}: cannot be written to ({error.strerror or error})") from None
    return written


def take_form(service: Service, number: int | None, reader: str, path: Path, by: str) -> tuple[int, int]:
    """Store what a reader found, from the form they filled in -> how many cases it has answers for, and how many of
    those had none before.

    Nothing is stored unless every answer can be used. Raises RecordError that names each that cannot, and SettingsError
    if the file cannot be read or the reader is none of this sample.
    """
    review = find_review(service.store, number)
    held = _to_read(cases_of(service.store, review.id), reader)
    if not held:
        raise SettingsError(f"{reader} reads no case of dip sample {review.id}")
    if path.suffix not in (".csv", ".xlsx"):
        raise SettingsError(f"{path}: expected the form as .csv or .xlsx")
    names, now = [name for name, _ in review.criteria], service.clock()
    needed = dict.fromkeys(("number", "crime", *ANSWERS, *names, "answered_request"), "the form")
    try:
        rows = list(rows_of(path, Files(folder="."), "", needed))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from None
    found = read_form(rows, held, names, service.policy.local.date_of(now))
    return len(found), store_readings(
        service.store, review.id, reader,
        [
            {
                "number": each.number, "told": str(each.told), "told_on": each.told_on, "told_by": each.told_by,
                "criteria": dict(each.criteria), "answered_request": each.answered_request, "note": each.note,
                "stored_at": now, "stored_by": by,
            }
            for each in found
        ],
    )  # fmt: skip


def results_of(service: Service, number: int | None) -> tuple[StoredReview, list[ReviewedCase], ReviewResults]:
    """Return a dip sample with its cases and what their readings add up to. Raises SettingsError if there is none."""
    review = find_review(service.store, number)
    readings: dict[tuple[int, str], CaseReading] = {
        (row["number"], row["reader"]): _reading(row) for row in readings_of(service.store, review.id)
    }
    held = [
        ReviewedCase(
            row["number"], row["crime_ref"], row["victim_ref"], row["cycle"], row["look_from"], row["due_date"],
            row["division"], RecordedState(row["state"]), _readers_of(row),
            tuple(readings[row["number"], name] for name in _readers_of(row) if (row["number"], name) in readings),
        )
        for row in cases_of(service.store, review.id)
    ]  # fmt: skip
    populations = {RecordedState(state): count for state, count in review.populations.items()}
    return review, held, add_up(held, populations, [name for name, _ in review.criteria])


def write_pack(service: Service, number: int | None, folder: Path) -> list[Path]:
    """Write what a dip sample found as PDF, HTML, XLSX (the cases) and JSON; only the owner may read them.

    Raises SettingsError if there is no such sample or the folder cannot be written.
    """
    review, held, results = results_of(service, number)
    facts = ReviewFacts(
        service.settings.force.name, review.id, review.period, review.requirement, _title_of(service, review),
        review.version, review.seed, review.drawn_at, review.drawn_by,
        [(name, question) for name, question in review.criteria], _stored(service, review),
        list(_log_of(service, review)),
    )  # fmt: skip
    report = review_report(facts, held, results)
    files = {
        "pdf": typeset(report), "html": page_of(report).encode(), "xlsx": list_workbook(case_list(facts, held)),
        "json": msgspec.json.format(msgspec.json.encode({"sample": facts.as_json(), **as_json(results)})),
    }  # fmt: skip
    paths = {folder / f"review-{review.id}.{form}": content for form, content in files.items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in paths.items():
            write_whole(path, content, private=True)
    except OSError as error:
        raise SettingsError(f"{folder}: cannot be written to ({error.strerror or error})") from None
    return list(paths)


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


def _plan(service: Service, populations: Mapping[RecordedState, int], total: int | None) -> ReadingPlan:
    strata = [PlannedStratum(state, count, ASSUMED_ERRORS[state], state.is_met) for state, count in populations.items()]
    try:
        if total is None:
            return plan_half_width(strata, service.settings.review.half_width / 100)
        return plan_total(strata, total)
    except ValueError as error:
        raise SettingsError(f"the sample cannot be drawn: {error}") from None


def _check_readers(readers: Sequence[str]) -> None:
    if not readers or len(set(readers)) < len(readers):
        raise SettingsError("name who reads the cases, each once: --reader NAME")
    for name in readers:
        if not _READER.fullmatch(name):
            raise SettingsError(f"--reader {name}: a name has 1 to 40 lower-case letters, digits, dots and dashes")


def _to_read(held: Iterable[Mapping[str, Any]], reader: str) -> dict[int, CaseToRead]:
    return {
        row["number"]: CaseToRead(row["number"], row["crime_ref"], row["victim_ref"], row["look_from"])
        for row in held
        if reader in _readers_of(row)
    }


def _reading(row: Mapping[str, Any]) -> CaseReading:
    return CaseReading(
        row["number"], WasTold(row["told"]), row["told_on"], row["told_by"], row["criteria"], row["answered_request"],
        row["note"], row["reader"],
    )  # fmt: skip


def _readers_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for name in (row["reader"], row["second_reader"]) if name)
