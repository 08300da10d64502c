"""What was checked before the report was released, and who released it if something stood against it (section 7)."""

from collections.abc import Iterator

from compliance.reports.model.release_facts import Gate, Released
from compliance.reports.model.report_model import Figures
from compliance.reports.model.words import count_of, instant, list_names, percent
from compliance.reports.pieces.parts import Heading, Items, Note, Part, Statement, note, statement
from compliance.reports.releasing.release import FAULTS, check_release
from compliance.reports.sections.summary import state_claim
from compliance.reports.wording.release_sentences import CHECK_NAMES, name_fault


def release_checks(figures: Figures) -> Iterator[Part]:
    """Yield the result of each check; outside the force only whether anything was found."""
    gate = figures.gate
    if gate is None:
        return
    yield Heading("release", "Checked before it was released")
    if gate.facts is not None:
        yield Items(tuple(_results(gate)), "terms")
    elif gate.faults:
        yield statement(f"At fault were: {list_names([*map(name_fault, gate.faults)])}.")
    else:
        yield statement("Every check of the records and the figures before this was published was passed.")
    for released in gate.released:
        yield statement(tell_release(released))


def _results(gate: Gate) -> Iterator[Statement]:
    assert gate.facts is not None  # noqa: S101  # the caller has looked
    for claim in check_release(gate.facts):
        fault = " (fault)" if claim.kind in FAULTS else ""
        yield state_claim(claim, f"{CHECK_NAMES[claim.subject]}{fault}")


def tell_release(released: Released) -> str:
    """Return that the report was released all the same, by whom, when and why."""
    by = f" by {released.by}" if released.by else ""
    faults = list_names([*map(name_fault, released.faults)])
    return f"Released{by} at {instant(released.at)} although this was at fault: {faults}. The reason: {released.reason}"


def tell_unfit(figures: Figures) -> str:
    """Return the share of the force's records that a fault keeps out of every rate; empty if unknown."""
    facts = None if figures.gate is None else figures.gate.facts
    if facts is None or not facts.records:
        return ""
    share = percent(facts.unfit / facts.records)
    whose = "" if figures.unit is None else "the force’s "
    return f"Data: a fault keeps {share} of {whose}{count_of(facts.records, 'record')} out of every rate"


def note_unfit(figures: Figures) -> Iterator[Note]:
    """Yield that share as a note below a table of rates."""
    if said := tell_unfit(figures):
        yield note(f"{said}.")


def tell_released(figures: Figures) -> Iterator[str]:
    """Yield, for the head of the report, that it was released although something stood against it."""
    if figures.gate is not None and figures.gate.released:
        faults = dict.fromkeys(name for each in figures.gate.released for name in each.faults)
        named = list_names([*map(name_fault, faults)])
        yield f"Released by a person although this was at fault: {named}. “How this is computed” says why."
