"""The notice published in place of a report while the crime system has not been read: it gives no rate."""

from compliance.reports.model.claims import Claim
from compliance.reports.model.words import heading
from compliance.reports.periods.periods import in_words
from compliance.reports.periods.spans import Span
from compliance.reports.pieces.parts import Report, Section, statement
from compliance.reports.sections.summary import state_claim
from compliance.reports.wording.sentences import delay_headline

TITLE = "Keeping victims informed"


def delayed_report(force: str, period: Span, reading: Claim) -> Report:
    """Return the notice for a period, with how far the crime system has been read."""
    named = in_words(str(period))
    parts = (
        state_claim(reading),
        statement(
            f"No rate is given while the records of the {period.kind} may not all be held. The report is published "
            "after the first complete reading of the crime system."
        ),
    )
    section = Section("delayed", f"Delayed: {delay_headline(reading)}", parts)
    return Report(f"{force}: report delayed, {named}", force, TITLE, heading(named), (), (section,), "")
