"""A statement of a report on a page: its cases are a link for those who may open them, and nothing for others."""

import pytest
from msgspec.structs import replace

from compliance.reports.model.claims import Claim, ClaimKind
from compliance.reports.pieces.parts import Report, Section, Statement, plain, statement
from compliance.reports.rendering.on_screen import on_screen
from compliance.reports.wording.event_sentences import where_listed
from compliance.reports.wording.sentences import in_brackets
from tests.integration.test_report_html import figures

CLAIM = Claim(kind=ClaimKind.NOTHING_STANDS_OUT, subject="silent/A & B", period="week", listed=True)


def shown(said: Statement, *, has_cases: bool) -> Statement:
    report = Report("", "", "", "", (), (Section("summary", "Summary", (said,)),), "")
    (section,) = on_screen(report, figures(), has_cases=has_cases).sections
    (part,) = section.parts
    assert isinstance(part, Statement)
    return part


@pytest.mark.parametrize(
    ("text", "with_cases", "without"),
    [
        (f"It stands. {where_listed(CLAIM)}", "It stands. Its cases.", "It stands."),
        (f"6 victims{in_brackets(CLAIM)} were silent.", "6 victims (cases) were silent.", "6 victims were silent."),
        ("6 victims were silent.", "6 victims were silent.", "6 victims were silent."),
    ],
)
def test_its_cases_are_a_link_or_not_mentioned(text: str, with_cases: str, without: str) -> None:
    said = statement(text, claims=[CLAIM])
    linked = shown(said, has_cases=True)
    assert plain(linked.text) == with_cases
    assert {run.link for run in linked.text if run.link} == ({"cases:silent/A & B"} if with_cases != text else set())
    assert plain(shown(said, has_cases=False).text) == without
    assert plain(shown(replace(said, claims=(replace(CLAIM, listed=False),)), has_cases=False).text) == text
