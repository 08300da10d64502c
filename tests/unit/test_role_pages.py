"""Each role has a page of documentation that names every page in its menu, with pictures that are there and not heavy."""

import re
from pathlib import Path
from typing import Final

import pytest

from compliance.web.pages import PAGES
from compliance.web.roles import WebRole

DOCS: Final = Path(__file__).parents[2] / "docs"
WRITTEN_FOR: Final = {
    WebRole.OFFICER: "for-officers.md",
    WebRole.SUPERVISOR: "for-supervisors.md",
    WebRole.CHAMPION: "for-supervisors.md",
    WebRole.PERFORMANCE: "for-the-performance-team.md",
    WebRole.BOARD: "for-the-board.md",
    WebRole.ADMINISTRATOR: "for-it.md",
}
HEADINGS: Final = ("First", "What the words mean", "What not to conclude", "Whom to ask")
LARGEST: Final = 150_000
"""Bytes of a picture."""


@pytest.mark.parametrize("role", WebRole)
def test_the_page_for_a_role_names_every_page_of_its_menu(role: WebRole) -> None:
    text = (DOCS / WRITTEN_FOR[role]).read_text("utf-8")
    labels = [page.label for page in PAGES if page.label and role in (page.roles or ())]
    assert [label for label in labels if f"**{label}**" not in text] == []


@pytest.mark.parametrize("name", sorted(set(WRITTEN_FOR.values())))
def test_it_says_what_to_do_first_and_what_not_to_conclude_and_fits_a_screen_or_two(name: str) -> None:
    text = (DOCS / name).read_text("utf-8")
    found = re.findall("^## (.*)$", text, re.MULTILINE)
    assert [any(each.startswith(heading) for each in found) for heading in HEADINGS] == [True] * len(HEADINGS)
    assert "[glossary.md](glossary.md)" in text
    assert len(text.splitlines()) < 65
    pictures = re.findall(r"!\[[^]]{20,}\]\((pictures/[a-z-]+\.png)\)", text)
    assert pictures, "with words for who does not see it"
    assert all((DOCS / picture).stat().st_size < LARGEST for picture in pictures)


def test_the_readme_and_the_page_on_pages_lead_to_them() -> None:
    readme, pages = ((DOCS.parent / name).read_text("utf-8") for name in ("README.md", "docs/pages.md"))
    for name in set(WRITTEN_FOR.values()):
        assert f"(docs/{name})" in readme
        assert f"({name})" in pages
