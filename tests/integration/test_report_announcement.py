"""The email that tells the readers of a new report: its first page, and where the whole of it is."""

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from compliance.reports.model.report_model import Figures
from compliance.reports.periods.periods import parse_period
from compliance.reports.rendering import render as rendering
from compliance.reports.rendering.announcement import WIDTH, Announcement, announce
from compliance.resources import resource
from compliance.store import Store, migrate
from tests.reporting import reporting, told
from tests.stores import at, crime, take
from tests.unit import test_figures_words as words

TUESDAY = at("2026-07-21 05:00")
FILES = ["2026-W24-board.html", "2026-W24-board.pdf"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path}/compliance.db"
    migrate(url)
    with closing(Store.open(url)) as opened:
        yield opened


def figures(**changes: Any) -> Figures:
    return replace(words.figures(*words.crimes(40, 30), begun=date(2026, 1, 1)), **changes)


def mail(**changes: Any) -> Announcement:
    return announce(figures(**changes), FILES, "/srv/reports")


def test_it_says_the_first_page_in_text_and_in_html() -> None:
    made = mail()
    assert made.subject == "Keeping victims informed: 8 to 14 June 2026"
    assert made.html is not None
    for content in (" ".join(made.text.split()), made.html):
        assert "75.0%: 30 of the 40 updates due in the week were given in time" in content
        assert "To look at first" in content
    assert "SUMMARY" in made.text
    assert max(map(len, made.text.splitlines())) <= WIDTH


def test_a_further_version_says_why_it_came() -> None:
    made = mail(version=2, changed=("the policy",))
    assert made.subject == "Keeping victims informed: 8 to 14 June 2026 (version 2: the policy changed)"
    assert "Changed since the version before: the policy." in " ".join(made.text.split())


def test_the_place_is_a_link_where_an_address_is_set_and_else_the_folder() -> None:
    plain, linked = mail(), announce(figures(), FILES, "/srv/reports", "https://intranet.example/r?file={file}")
    assert "2026-W24-board.html" in plain.text
    assert "in /srv/reports" in plain.text
    assert plain.html is not None
    assert "<a " not in plain.html
    assert "https://intranet.example/r?file=2026-W24-board.pdf" in linked.text
    assert linked.html is not None
    assert 'href="https://intranet.example/r?file=2026-W24-board.html"' in linked.html
    assert "/srv/reports" not in linked.text + linked.html


def test_the_html_fetches_and_runs_nothing_and_has_its_styles_in_its_elements() -> None:
    made = mail().html
    assert made is not None
    assert not re.search(r"<(script|style|img|svg|link)\b", made)


def test_a_broken_template_leaves_the_mail_with_its_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in resource("templates", "report").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "mail.html.j2").write_text("{{ report.nothing }}")
    whole = mail()
    monkeypatch.setattr(rendering, "resource", lambda *_: tmp_path)
    rendering._environment.cache_clear()
    try:
        made = mail()
    finally:
        rendering._environment.cache_clear()
    assert made.html is None
    assert "mail.html.j2, line 1" in made.problem
    assert made.text == whole.text


def test_what_cannot_be_printed_of_the_records_is_in_no_mail() -> None:
    made = mail(force="A\x1b[31m\u202e force")
    assert made.html is not None
    assert not re.search("[\x1b\u202e]", made.subject + made.text + made.html)


def test_readers_are_sent_text_and_html_with_the_link_of_the_settings(store: Store, tmp_path: Path) -> None:
    link = "https://intranet.example/{file}"
    asked = reporting(store, tmp_path, readers=["board@force.example"], link=link, forms=["html", "csv"])
    take(store, TUESDAY, crime())
    asked.publish(parse_period("2026-W28"), TUESDAY)
    (row,) = told(store)
    assert row.html is not None
    assert 'href="https://intranet.example/2026-W28-board.html"' in row.html
    assert "https://intranet.example/2026-W28-board.csv" in row.text
