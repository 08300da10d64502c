"""The list of what was published, without reading the figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from compliance.reports.periods.periods import parse_period
from compliance.reports.rendering.names import form_of
from compliance.store import Store
from compliance.store.tables import Published


@dataclass(frozen=True, slots=True)
class PublishedReport:
    """The newest version of a published report. `unit`: the division or the force that it is about, by name."""

    period: str
    edition: str
    unit: str | None
    version: int
    published_at: datetime
    forms: Sequence[str]


def list_published(store: Store) -> list[PublishedReport]:
    """Return the newest version of each report, the newest period first, the board's edition leading."""
    names = ("period", "edition", "version", "published_at", "files")
    unit = col(Published.figures)["unit"].as_string()
    asked = select(*(col(getattr(Published, name)) for name in names), unit).order_by(col(Published.version))  # type: ignore[call-overload]
    newest: dict[tuple[str, str], PublishedReport] = {}
    with store.session(reading=True) as session:
        for period, edition, version, published_at, files, named in session.execute(asked):
            forms = [form_of(name) for name in files]
            newest[period, edition] = PublishedReport(period, edition, named, version, published_at, forms)
    found = sorted(newest.values(), key=lambda each: each.edition)
    return sorted(found, key=lambda each: parse_period(each.period).last, reverse=True)
