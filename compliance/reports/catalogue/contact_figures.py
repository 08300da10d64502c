"""How updates get into the records: contacts by method, and the questions the entries raise."""

from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np
from msgspec.structs import replace

from compliance.errors import SettingsError, nearest
from compliance.policy.calendars import LocalDates
from compliance.reports.catalogue.case import TracedCase, obligations, updates, victims
from compliance.reports.catalogue.counted import COUNT, CountedRows
from compliance.reports.catalogue.disclosure import find_hidden_parts, not_disclosed
from compliance.reports.catalogue.edition import Edition
from compliance.reports.catalogue.edition_records import find_name
from compliance.reports.catalogue.figure import Disclosure, Figure
from compliance.reports.catalogue.reminder_figures import AFTER_REMINDER, count_after_reminder
from compliance.reports.catalogue.row import NO_NAME, PlacedRow, count_row, share_row
from compliance.reports.examining.entry import Seen
from compliance.reports.judging.clusters import own_effect
from compliance.reports.judging.rates import has
from compliance.reports.model.findings import Way
from compliance.reports.model.report_model import Figures

INFORMED, ATTEMPTED = "informed", "attempted"


def _count_contacts(edition: Edition, _key: str, group: str | None) -> CountedRows:
    """Count the contacts entered in the period by one method, and the attempts."""
    columns = edition.ours.columns
    entered, informed, attempted = edition.contacts
    own = has(columns.updates.method.take(entered), find_name([columns.updates.method], group, "method"))
    listed = partial(updates, columns, entered[own], edition.policy.local)
    return CountedRows({INFORMED: informed[own], ATTEMPTED: attempted[own]}, listed)


def count_ways(edition: Edition) -> tuple[Way, ...]:
    """Return the contacts entered in the period by method, most used first, with the failed attempts of each."""
    entered = edition.contacts[0]
    used = edition.ours.columns.updates.method.take(entered)
    names = [used.value(code) for code in np.unique(used.codes)]
    counted = [(name, CONTACT.counted(edition, group=name)) for name in names]
    found = [Way(name, rows.number(INFORMED), rows.number(ATTEMPTED)) for name, rows in counted]
    return tuple(sorted(found, key=lambda way: (-(way.informed or 0) - (way.attempted or 0), way.method or "")))


def _count_question(edition: Edition, key: str, _group: str | None) -> CountedRows | str:
    """Count what a question about the entries is asked of, and where the answer is yes."""
    if key == AFTER_REMINDER:
        return count_after_reminder(edition)
    if key not in edition.questions:
        raise SettingsError(f"no question {key!r}{nearest(key, [*edition.questions, AFTER_REMINDER])}")
    seen = edition.questions[key]
    deff = None if seen.officer is None else partial(own_effect, seen.hit, seen.officer)
    return CountedRows({COUNT: seen.hit}, partial(_list_seen, seen, edition.policy.local), deff)


def _list_seen(seen: Seen, local: LocalDates) -> tuple[TracedCase, ...]:
    if seen.table == "obligations":
        return obligations(seen.verdicts, seen.rows, seen.at)
    if seen.table == "updates":
        return updates(seen.columns, seen.rows, local)
    states = ["nothing owed now" if hit else "owed as before" for hit in seen.hit.tolist()]
    return victims(seen.columns, seen.rows, states)


def _rows_of_contacts(figures: Figures) -> Iterator[PlacedRow]:
    for way in figures.ways:
        name = way.method or NO_NAME
        yield PlacedRow((), count_row("contact", f"contact/{name}", "contacts entered", name, figures.period,
                                      informed=way.informed, attempted=way.attempted))  # fmt: skip


def _rows_of_questions(figures: Figures) -> Iterator[PlacedRow]:
    for question in figures.questions:
        yield PlacedRow((), share_row("contact", f"question.{question.key}", question.title, "all", figures.period,
                                      question.share, expected=question.expected))  # fmt: skip


def _release_contacts(board: Figures, disclosed: Figures) -> Figures:
    """Release contacts by method as parts of a known whole: their attempts add up to those that data quality counts."""
    hidden = find_hidden_parts([(way.informed or 0, way.attempted or 0) for way in board.ways])
    pairs = zip(board.ways, hidden, strict=True)
    return replace(disclosed, ways=tuple(Way(way.method, None, None) if is_hidden else way for way, is_hidden in pairs))


CONTACT: Final = Figure(
    name="contact", key="", group="METHOD", title="Contacts by method",
    meaning="Updates entered in the {kind} by one method: those that reached the victim, and attempts that did not.",
    clause="rules 2.4", cases="updates entered in the period",
    measures={INFORMED: "contacts that count", ATTEMPTED: "attempts that did not reach the victim"},
    count=_count_contacts, rows=_rows_of_contacts,
    disclosure=Disclosure(
        "the smallest are withheld until those withheld are at least two and come together to no count from 1 to 4",
        _release_contacts,
    ),
)  # fmt: skip
QUESTION: Final = Figure(
    name="question", key="QUESTION", group="", title="Questions that the entries raise",
    meaning="How often something was seen in how updates came into the records in the {kind}, and how often chance "
            "alone would give it where that can be said.",
    clause="rules 8", cases="updates, obligations or victims that the question is asked of",
    measures={COUNT: "what it asks about"},
    count=_count_question, rows=_rows_of_questions,
    disclosure=not_disclosed("what looks at how entries were made stays inside the force"),
)  # fmt: skip
