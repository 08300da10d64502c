"""Cases of dip samples, read: the forms that are handed out and taken back, and answers given on the page."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from compliance.errors import SettingsError
from compliance.feed_settings import Files
from compliance.feeds.row_files import rows_of
from compliance.reports.rendering.list_files import list_csv, list_workbook
from compliance.reports.rendering.output_files import write_folder
from compliance.reviews.how_to_read import how_to_read
from compliance.reviews.readings import ANSWERS, CaseReading, CaseToRead, form_of, read_form
from compliance.service.evidence.reviewing import readers_of
from compliance.service.service import Service
from compliance.store import Store
from compliance.store.kept.reviews import cases_of, find_review, store_readings

FORMS: Final = ("xlsx", "csv")
HOW_TO_READ: Final = "how-to-read.txt"


def cases_to_read(store: Store, review: int, reader: str) -> dict[int, CaseToRead]:
    """Return the cases that a reader of a dip sample has, by number and in that order; none if they are no reader."""
    return {
        row["number"]: CaseToRead(row["number"], row["crime_ref"], row["victim_ref"], row["look_from"])
        for row in cases_of(store, review)
        if reader in readers_of(row)
    }


def write_forms(service: Service, number: int | None, folder: Path, forms: Iterable[str] = FORMS) -> list[Path]:
    """Write a form for each reader of a dip sample, and how to fill it in; only the owner may read them.

    Raises SettingsError if there is no such sample or the folder cannot be written.
    """
    review, store = find_review(service.store, number), service.store
    readers = sorted({name for case in cases_of(store, review.id) for name in readers_of(case)})
    title = f"Dip sample {review.id}: {review.requirement}, {review.period}"
    told = how_to_read(review.id, review.criteria, review.proof)
    files = {HOW_TO_READ: told.encode()}
    for reader in readers:
        content = form_of(
            service.settings.force.name, f"{title}, for {reader}", cases_to_read(store, review.id, reader).values(),
            [(name, question) for name, question in review.criteria], told,
        )  # fmt: skip
        for form in forms:
            made = (list_csv if form == "csv" else list_workbook)(content)
            files[f"review-{review.id}-{reader}.{form}"] = made
    return write_folder(folder, files)


def take_form(service: Service, number: int | None, reader: str, path: Path, by: str) -> tuple[int, int]:
    """Store what a reader found, from the form they filled in -> how many cases it has answers for, and how many of
    those had none before.

    Nothing is stored unless every answer can be used. Raises RecordError that names each that cannot, and SettingsError
    if the file cannot be read, the reader is none of this sample, or it is closed.
    """
    review = find_review(service.store, number)
    held = cases_to_read(service.store, review.id, reader)
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
    return len(found), keep_readings(service.store, review.id, reader, found, now, by)


def keep_readings(store: Store, review: int, reader: str, found: Sequence[CaseReading], at: datetime, by: str) -> int:
    """Store what a reader found, in place of what they found before -> how many cases are new. `by`: who stores it.

    Raises SettingsError if the sample is closed.
    """
    return store_readings(
        store, review, reader,
        [
            {
                "number": each.number, "told": str(each.told), "told_on": each.told_on, "told_by": each.told_by,
                "criteria": dict(each.criteria), "answered_request": each.answered_request, "note": each.note,
                "stored_at": at, "stored_by": by,
            }
            for each in found
        ],
    )  # fmt: skip
