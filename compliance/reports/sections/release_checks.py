"""What was checked before the report was released, and who released it if something stood against it (section 7)."""

from collections.abc import Iterator

from compliance.reports.parts import Heading, Items, Part, Statement, statement
from compliance.reports.release import FAULTS, check_release
from compliance.reports.release_facts import Gate, Released
from compliance.reports.release_sentences import CHECK_NAMES, name_fault
from compliance.reports.report_model import Figures
from compliance.reports.sections.summary import state_claim
from compliance.reports.words import instant, list_names


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
        yield statement("The records and the figures were checked before this was published: no fault was found.")
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
