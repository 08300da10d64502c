"""The email as a mail program shows it, and what is wrong with a force's own templates."""

import re
from pathlib import Path
from shutil import copytree

import pytest

from compliance.errors import SettingsError
from compliance.policy import load_policy
from compliance.reminders import check_templates
from compliance.reminders.emails.templates import render
from tests.reminding import change
from tests.unit.test_reminders_letter import POLICY, SETTINGS, crime, letter, outstanding


def test_the_text_part_fits_every_screen() -> None:
    linked = change(SETTINGS, crime_link="https://crimes.force.example/crime/{crime_ref}")
    records = [crime("2026-05-06", {"at": "2026-05-06"}, {"at": "2026-06-08", "outcome": "attempted"})]
    lines = render(letter(outstanding(*records), settings=linked), linked).text.splitlines()
    assert max(map(len, lines)) <= 78
    assert "\n\n\n" not in "\n".join(lines)


def test_the_html_part_is_for_every_mail_programme() -> None:
    html = str(render(letter(outstanding(crime())), SETTINGS).html)
    assert html.startswith("<!DOCTYPE html>")
    assert 'lang="en-GB"' in html
    assert not re.search(r"<(script|img|link|div)\b|https?://", html)
    (style,) = re.findall(r"<style>\s*(.*?)\s*</style>", html, re.DOTALL)
    assert re.fullmatch(r"@media \(prefers-color-scheme: dark\) \{(\s*[^{}]+\{[^{}]+\})+\s*\}", style), "for dark only"
    assert html.count("<table") == html.count('role="presentation"') == html.count("</table>")


def test_a_reference_cannot_add_lines_of_its_own() -> None:
    record = crime(crime_ref="22/1/26\n\nYour account is locked")
    assert "Crime 22/1/26 Your account is locked" in render(letter(outstanding(record)), SETTINGS).text


@pytest.mark.parametrize("name", ["west-mercia", "hertfordshire", "victims-code-2006", "victims-code-2020"])
def test_the_shipped_templates_are_right_for_every_shipped_policy(name: str) -> None:
    check_templates(load_policy(name), SETTINGS)


@pytest.mark.parametrize(
    ("part", "before", "after", "complaint"),
    [
        ("digest.txt.j2", "letter.more", "letter.mroe", r"digest\.txt\.j2, line \d+: .*mroe"),
        ("digest.html.j2", "{% endmacro %}", "", r"digest\.html\.j2, line \d+"),
        ("digest.html.j2", "{{ letter.safe_contact }}</td>", "</td>", "the sentence on safe contact is missing"),
        ("digest.txt.j2", "{{ letter.safe_contact | fill }}", "", "the sentence on safe contact is missing"),
    ],
)
def test_a_broken_template_is_named_with_its_line(
    tmp_path: Path, part: str, before: str, after: str, complaint: str
) -> None:
    folder = tmp_path / "email"
    copytree(SETTINGS.templates, folder)
    text = (folder / part).read_text("utf-8")
    assert before in text
    (folder / part).write_text(text.replace(before, after), "utf-8")
    with pytest.raises(SettingsError, match=complaint):
        check_templates(POLICY, change(SETTINGS, templates=folder))
