"""Explain a crime from a file of records, and render the explanation as text, JSON or HTML."""

import textwrap
from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache
from typing import Any, Final, Literal

import msgspec

from compliance.batch.parquet import place_word, record_chunks
from compliance.errors import RecordError, SettingsError, nearest
from compliance.policy.explain import (
    DISCHARGES,
    Explanation,
    FactEffect,
    ObligationExplanation,
    Remark,
    TimelineEntry,
    VictimExplanation,
    phrases,
)
from compliance.records import Columns, to_micros
from compliance.resources import resource
from compliance.templating import Templates
from compliance.text import join_words, printable, printable_json

Format = Literal["text", "json", "html"]
WIDTH: Final = 80
_WHEN: Final = 26
"""Columns of a timeline entry used by its date and time."""
_FIELD: Final = 13
"""Columns of a field used by its name."""
_CANDIDATES: Final = 200_000
"""Number of crime numbers searched for the one nearest to a wrong one."""


def find_crime(source: str, crime_ref: str) -> Columns:
    """Return one crime from a file of records, as columns of one crime.

    Raises RecordError with the line and the reason if its record is refused, and SettingsError that names the nearest
    crime number if the file does not have the crime.
    """
    similar: list[str] = []
    for chunk in record_chunks(source):
        for refused in chunk.refused:
            if refused.crime_ref == crime_ref:
                raise RecordError(
                    f"{source}, {place_word(source)} {refused.line}: crime {crime_ref} was refused: {refused.reason}"
                )
        refs = chunk.columns.crime_ref.to_pylist()
        if crime_ref in refs:
            place = refs.index(crime_ref)
            return chunk.columns.slice(place, place + 1)
        if len(similar) < _CANDIDATES:
            similar += [ref for ref in refs if abs(len(ref) - len(crime_ref)) <= 1]
    raise no_such_crime(crime_ref, similar, source)


def no_such_crime(crime_ref: str, known: list[str], source: str) -> SettingsError:
    """Return the error for an unknown crime number, with the nearest known one."""
    return SettingsError(f"{source}: there is no crime {crime_ref!r}{nearest(crime_ref, known)}")


def render(explanation: Explanation, form: Format) -> str:
    """Render an explanation as text of 80 columns, as JSON, or as one self-contained HTML page.

    Raises SettingsError that names the template and the line if a template is wrong.
    """
    if form == "json":
        return printable_json(msgspec.json.format(msgspec.json.encode(explanation), indent=2).decode()) + "\n"
    return _html(explanation) if form == "html" else "\n".join(map(printable, _text(explanation))) + "\n"


def describe_question(explanation: Explanation) -> str:
    """Return the question in words: as at when, and as known at when."""
    basis, clock = explanation.basis, phrases.Clock(explanation.basis.timezone)
    text = f"As at {clock.moment(to_micros(basis.as_at))}"
    return text + (f", as known at {clock.moment(to_micros(basis.known_at))}" if basis.known_at else "")


def facts(explanation: Explanation) -> list[tuple[str, str]]:
    """Return the head of an explanation: the crime's own facts as (name, text), without empty ones."""
    found = [("Reported", explanation.reported), ("Recorded", explanation.recorded), ("Offence", explanation.offence)]
    found += [("Status", explanation.status), ("Case with", explanation.owner)]
    return [(name, text) for name, text in found if text]


def cite(clause: str | None) -> str:
    """Return a citation like `(rules 3.1, 7.2)`, or nothing if there is no clause."""
    return f"(rules {clause})" if clause else ""


def outcome(obligation: ObligationExplanation) -> str:
    """Return a verdict in a few words: due date and outcome."""
    due = f"due {_due(obligation)}"
    if obligation.due_at and obligation.state in ("late", "overdue"):
        return f"{due}, {obligation.state}"
    if obligation.state == "late":
        return f"{due}, {phrases.count(obligation.days_late or 0, 'day')} late"
    if obligation.state == "overdue":
        return f"{due}, {phrases.count(obligation.days_late or 0, 'day')} ago"
    if obligation.state == "met" and obligation.discharged_on:
        return f"{due}, met {phrases.plain_date(obligation.discharged_on)}"
    return due + (f": {obligation.reason}" if obligation.reason else "")


def _due(obligation: ObligationExplanation) -> str:
    at = f" at {obligation.due_at:%H:%M}" if obligation.due_at else ""
    return phrases.plain_date(obligation.due_date) + at


def whom(effect: FactEffect, explanation: Explanation) -> str:
    """Return `V1 and V2: ` if a crime has several victims and an effect concerns only some, otherwise nothing."""
    told = len(explanation.victims) > 1 and effect.victims
    return f"{join_words(effect.victims)}: " if told else ""


def weekday(day: date) -> str:
    """Return a date like `Wed  8 Jul 2026`."""
    return f"{day:%a} {day.day:2} {day:%b %Y}"


def _text(explanation: Explanation) -> Iterator[str]:
    basis = explanation.basis
    yield f"CRIME {explanation.crime_ref}"
    yield from _fill(f"{describe_question(explanation)}.", 0)
    yield from _fill(f"Policy: {basis.policy}.", 0)
    yield ""
    for name, text in facts(explanation):
        yield from _field(name, text, 2)
    for note in explanation.notes:
        yield from _field("Note", _remark(note), 2)
    yield from _verdicts(explanation)
    yield from _set_aside(explanation)
    yield from ("", "TIMELINE (local dates)", "")
    for entry in explanation.timeline:
        yield from _entry(entry, explanation)
    told: set[str] = set()
    for victim in explanation.victims:
        yield from ("", f"VICTIM {victim.ref} ({victim.category})", "")
        yield from _victim(victim, told)
    yield ""
    yield from _fill(f"Rules are cited by clause (docs/rules.md). Policy file {basis.policy_file}, digest "
                     f"{basis.policy_digest[:12]}.", 0)  # fmt: skip


def _verdicts(explanation: Explanation) -> Iterator[str]:
    """Yield every verdict on one line."""
    rows = [
        (f"{victim.ref}  " if len(explanation.victims) > 1 else "", obligation)
        for victim in explanation.victims
        for requirement in victim.requirements
        for obligation in requirement.obligations
    ]
    if rows:
        yield from ("", "VERDICTS", "")
    name = max((len(whose + obligation.label) for whose, obligation in rows), default=0)
    for whose, obligation in rows:
        yield f"  {whose + obligation.label:{name}}  {obligation.state.upper():7}  {outcome(obligation)}"


def _set_aside(explanation: Explanation) -> Iterator[str]:
    """Yield what cannot be judged, and why."""
    several = len(explanation.victims) > 1
    rows = [(victim, aside) for victim in explanation.victims for aside in victim.set_aside]
    if rows:
        yield from ("", "SET ASIDE (cannot be judged)")
    for victim, aside in rows:
        yield ""
        yield f"  {f'{victim.ref}  ' if several else ''}{aside.label}"
        yield from _fill(f"{aside.reason} {cite(aside.clause)}", 4)


def _entry(entry: TimelineEntry, explanation: Explanation) -> Iterator[str]:
    when = f"  {weekday(entry.day)}  {entry.time or '':5}"
    if entry.kind == "as-at":
        yield f"{when:{_WHEN}}{'-' * 10} the moment asked about {'-' * 10}"
        return
    lines = _lines(entry.text, _WHEN)
    for place, line in enumerate(lines):
        yield f"{when if place == 0 else '':{_WHEN}}{line}"
    for effect in entry.effects:
        yield from _fill(f"- {whom(effect, explanation)}{effect.text} {cite(effect.clause)}", _WHEN, hanging=2)
    for remark in entry.remarks:
        yield from _fill(f"- {_remark(remark)}", _WHEN, hanging=2)


def _victim(victim: VictimExplanation, told: set[str]) -> Iterator[str]:
    """Yield one victim's part; the source of a requirement is given once."""
    for note in victim.notes:
        yield from _fill(_remark(note), 2)
    for requirement in victim.requirements:
        yield ""
        yield from _fill(f"{requirement.id}: {requirement.title}", 2)
        if requirement.id not in told:
            yield from _fill(f"Source: {requirement.source}", 4)
            told.add(requirement.id)
        for obligation in requirement.obligations:
            yield ""
            yield from _obligation(obligation)


def _obligation(obligation: ObligationExplanation) -> Iterator[str]:
    yield f"    {obligation.label}: {obligation.state.upper()}"
    due = _due(obligation)
    yield from _field("Due date", f"{due}: {obligation.arithmetic} {cite(obligation.arithmetic_clause)}", 6)
    if obligation.window:
        yield from _field("Window", f"{obligation.window} {cite(obligation.window_clause)}", 6)
    yield from _field("Verdict", f"{obligation.verdict} {cite(obligation.verdict_clause)}", 6)
    if obligation.now:
        yield from _field("Now", obligation.now, 6)
    for remark in obligation.remarks:
        yield from _field("Note", _remark(remark), 6)
    yield from _field("Counted for", obligation.owner, 6)


def _remark(remark: Remark) -> str:
    return f"{remark.text} {cite(remark.clause)}"


def _lines(text: str, taken: int) -> list[str]:
    return textwrap.wrap(text, WIDTH - taken, break_on_hyphens=False) or [""]


def _fill(text: str, indent: int, hanging: int = 0) -> Iterator[str]:
    first, later = " " * indent, " " * (indent + hanging)
    yield from textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=later, break_on_hyphens=False)


def _field(name: str, text: str, indent: int) -> Iterator[str]:
    start = " " * indent + f"{name:{_FIELD}}"
    later = " " * len(start)
    yield from textwrap.wrap(text, WIDTH, initial_indent=start, subsequent_indent=later, break_on_hyphens=False)


def render_parts(explanation: Explanation) -> str:
    """Return an explanation as HTML without its head, for another page. Every text in it is printable and escaped."""
    return _fill_in("explanation_parts.html.j2", explanation)


def _html(explanation: Explanation) -> str:
    return _fill_in("explanation.html.j2", explanation)


def _fill_in(template: str, explanation: Explanation) -> str:
    asked, about = describe_question(explanation), facts(explanation)
    return _templates().fill(template, explanation=explanation, asked=asked, facts=about)


@lru_cache(maxsize=1)
def _templates() -> Templates:
    filters: dict[str, Callable[..., Any]] = {
        "day": phrases.plain_date,
        "weekday": weekday,
        "outcome": outcome,
        "cite": cite,
    }
    values = {"whom": whom, "discharges": DISCHARGES}
    return Templates(resource("templates", "explain"), filters, values, _make_printable)


def _make_printable(value: Any) -> Any:
    return printable(value, kept="\n") if type(value) is str else value
