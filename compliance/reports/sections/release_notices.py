"""The notices published in place of a report that is held, or while reports are suspended: they give no rate."""

from collections.abc import Sequence
from datetime import date

from compliance.reports.model.claims import Claim
from compliance.reports.model.words import day, heading
from compliance.reports.periods.periods import in_words
from compliance.reports.periods.spans import Span
from compliance.reports.pieces.parts import Heading, Items, Report, Section, code, statement
from compliance.reports.sections.delayed import TITLE
from compliance.reports.sections.summary import state_claim
from compliance.reports.wording.release_sentences import CHECK_NAMES


def held_report(force: str, period: Span, claims: Sequence[Claim], since: date) -> Report:
    """Return the notice that a report is held: what stands against it, and what to do.

    `claims`: those of the checks that found something. `since`: the local date from which it is held.
    """
    parts = (
        statement(
            f"The records and the figures of each report are checked before it is published. This one has been held "
            f"since {day(since)}: no rate is given while it is not certain that its figures are right."
        ),
        Items(tuple(state_claim(claim, CHECK_NAMES[claim.subject]) for claim in claims), "terms"),
        Heading("todo", "What to do"),
        statement(
            "Put right what stands against it; then ",
            code(f"compliance report --period {period}"),
            ", on the machine that runs the service, publishes it. If the figures are right all the same: ",
            code(f'compliance report release {period} --reason "…"'),
            ". Who released it, when and why is printed in the report.",
        ),
    )
    return _notice(force, period, "held", Section("held", "Held: something stands against this report", parts))


def suspended_report(force: str, period: Span, suspension: Claim) -> Report:
    """Return the notice that reports are suspended, with the claim that says by whom, since when and why."""
    assert suspension.until is not None  # noqa: S101  # a suspension has an end
    parts = (
        state_claim(suspension),
        statement(
            "Reports that fall due meanwhile are published afterwards, the earliest first. ",
            code("compliance report resume"),
            ", on the machine that runs the service, ends the suspension earlier.",
        ),
    )
    section = Section("suspended", f"Suspended until {day(suspension.until)}", parts)
    return _notice(force, period, "suspended", section)


def _notice(force: str, period: Span, what: str, section: Section) -> Report:
    named = in_words(str(period))
    return Report(f"{force}: report {what}, {named}", force, TITLE, heading(named), (), (section,), "")
