"""The emails that tell the readers of reports that one is held, or that reports are suspended or published again."""

import textwrap
from collections.abc import Sequence
from datetime import date

from compliance.mail import Rendered
from compliance.reports.model.claims import Claim
from compliance.reports.model.printable_figures import make_printable
from compliance.reports.model.words import day, span
from compliance.reports.periods.periods import in_words
from compliance.reports.periods.spans import Span
from compliance.reports.rendering.announcement import WIDTH
from compliance.reports.sections.delayed import TITLE
from compliance.reports.wording.release_sentences import CHECK_NAMES
from compliance.reports.wording.sentences import sentence


def held_letter(force: str, period: Span, claims: Sequence[Claim], since: date) -> Rendered:
    """Return the email that a report is held, and what stands against it. `since`: a local date."""
    subject = f"{TITLE}: the report of {span(period.first, period.last)} is held"
    return _letter(
        force, subject,
        f"The report of {in_words(str(period))} ({span(period.first, period.last)}) has been held since {day(since)}. "
        "It is not published, because something stands against it:",
        *(f"- {CHECK_NAMES[claim.subject]}. {sentence(claim)}" for claim in claims),
        "It is published once this is put right, or when a person releases it; the report then says who did, and why. "
        "You are emailed when it is published. Nothing is asked of you.",
    )  # fmt: skip


def suspended_letter(force: str, suspension: Claim) -> Rendered:
    """Return the email that no report is published for a time."""
    assert suspension.until is not None  # noqa: S101  # a suspension has an end
    return _letter(
        force, f"{TITLE}: reports are suspended until {day(suspension.until)}",
        sentence(suspension),
        "Reports that fall due meanwhile are published afterwards, the earliest first. You are emailed when reports "
        "are published again. Reminders to officers go on as before.",
    )  # fmt: skip


def resumed_letter(force: str, resumption: Claim) -> Rendered:
    """Return the email that reports are published again."""
    return _letter(
        force, f"{TITLE}: reports are published again",
        sentence(resumption),
        "What fell due meanwhile is published now, the earliest first; you are emailed each report.",
    )  # fmt: skip


def _letter(force: str, subject: str, *paragraphs: str) -> Rendered:
    lines = [_fill(text) for text in (*paragraphs, force)]
    return Rendered(make_printable(subject), make_printable("\n\n".join(lines), "\n") + "\n", None)


def _fill(text: str) -> str:
    indent = "  " if text.startswith("- ") else ""
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
