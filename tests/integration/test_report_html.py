"""The report as a file: self-contained, accessible, the same bytes every time, and silent about persons."""

import re
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest

from compliance.errors import SettingsError
from compliance.policy import load_policy
from compliance.records import columns, convert_crime
from compliance.reports.catalogue.editions import public
from compliance.reports.figures import report_figures
from compliance.reports.judging.judged import ReportOptions
from compliance.reports.judging.sources import GivenRecords
from compliance.reports.model.report_model import Figures
from compliance.reports.periods.weeks import Week
from compliance.reports.rendering import render as rendering
from compliance.reports.rendering.output_files import write_whole
from compliance.reports.rendering.render import render
from compliance.resources import resource
from tests.histories import BEGUN, histories

WEEK = Week.parse("2026-W45")
SETTLED = datetime(2026, 11, 16, tzinfo=UTC)
POLICIES = ("west-mercia", "hertfordshire", "victims-code-2006", "victims-code-2020")
VOID = {"meta", "br", "line", "rect", "circle", "col"}


@cache
def figures(name: str = "west-mercia", count: int = 900) -> Figures:
    records = [convert_crime(record) for record in histories(52, count, as_at=SETTLED)]
    for record in records:
        record.team = f"Team-{record.crime_ref}" if record.division else None
        record.officer_ref = f"Officer-{record.crime_ref}" if record.officer_ref else None
    given = GivenRecords("histories", columns(records))
    return report_figures(
        given,
        load_policy(name),
        WEEK,
        SETTLED,
        force="Mercia & Sons <Police>",
        options=ReportOptions(records_begin=BEGUN),
    )


class Page(HTMLParser):
    """What a page is made of; refuses what is not closed in its order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, *names: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in names]


@cache
def page(name: str = "west-mercia") -> Page:
    return Page(render(figures(name)))


@pytest.mark.parametrize("name", POLICIES)
def test_the_file_fetches_nothing_and_runs_nothing(name: str) -> None:
    found = page(name)
    assert {tag for tag, _ in found.tags} & {"script", "link", "img", "iframe", "object", "form"} == set()
    for _, attributes in found.tags:
        assert not set(attributes) & {"src", "srcset", "style", "onclick", "xlink:href"}
        assert (attributes.get("href") or "#").startswith("#")
    assert not re.search(r"url\(|@import|@font-face", render(figures(name)))


@pytest.mark.parametrize("name", POLICIES)
def test_the_page_is_built_for_a_screen_reader_too(name: str) -> None:
    """WCAG 2.2: language, title, one heading after the other, landmarks, a way past the header, labels that exist."""
    found = page(name)
    assert found.of("html") == [{"lang": "en-GB"}]
    assert len(found.of("title")) == len(found.of("h1")) == len(found.of("main")) == 1
    levels = [int(tag[1]) for tag, _ in found.tags if re.fullmatch("h[1-6]", tag)]
    assert all(after - before <= 1 for before, after in zip([0, *levels], levels, strict=False))
    ids = Counter(attributes["id"] for _, attributes in found.tags if "id" in attributes)
    assert set(ids.values()) == {1}
    named = [attributes["aria-labelledby"] for _, attributes in found.tags if "aria-labelledby" in attributes]
    assert set(named) <= set(ids)
    assert {"report", "trace"} <= {(attributes["href"] or "")[1:] for attributes in found.of("a")} <= set(ids)


@pytest.mark.parametrize("name", POLICIES)
def test_every_table_has_a_caption_and_scopes_and_every_drawing_its_words(name: str) -> None:
    found = page(name)
    assert len(found.of("table")) == len(found.of("caption")) >= 8
    assert {attributes.get("scope") for attributes in found.of("th")} <= {"col", "row", "colgroup"}
    for drawing in found.of("svg"):
        assert drawing.get("aria-hidden") == "true" or (drawing.get("role") == "img" and drawing.get("aria-label"))
    assert len(found.of("svg")) > 10


@pytest.mark.parametrize("screen", ["light", "dark", "printed"])
def test_every_colour_of_text_can_be_read_on_both_backgrounds(screen: str) -> None:
    """WCAG 2.2, 1.4.3: a contrast of at least 4.5. What is printed is as on a light screen."""
    css = resource("templates", "report", "report.css").read_text("utf-8")
    light, dark, printed = (
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", found))
        for found in re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    )
    assert printed == light
    colours = {"light": light, "dark": dark, "printed": printed}[screen]
    assert colours.keys() == light.keys()
    for text in ("ink", "muted", "faint", "accent", "warn"):
        for background in ("paper", "wash"):
            assert contrast(colours[text], colours[background]) >= 4.5, (text, background)
    text_colours = set(re.findall(r"(?<![-a-z])color: ([^;]+);", css))
    assert text_colours == {f"var(--{name})" for name in ("ink", "muted", "faint", "accent", "warn")}


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        colour = colour if len(colour) == 7 else "#" + "".join(2 * digit for digit in colour[1:])
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", POLICIES)
def test_neither_victims_nor_officers_nor_teams_nor_crimes_are_named(name: str) -> None:
    """But the twenty crimes to be read are, by their numbers alone."""
    found = figures(name)
    assert found.sample is not None
    assert len(found.sample.crime_refs) == 20
    text = render(found)
    for ref in found.sample.crime_refs:
        assert text.count(ref) == 1
        text = text.replace(ref, "")
    assert "A, B" not in text  # but the divisions are
    assert re.search(r"<th scope=\"row\">A</th>", text)
    assert not re.search(r"Officer-|Team-|22A/|\bV[0-9]\b|\bO[0-9]\b", text)


def test_what_comes_from_outside_is_text_and_never_markup() -> None:
    assert "Mercia &amp; Sons &lt;Police&gt;" in render(figures())


def test_no_data_is_not_available_and_nowhere_0_or_100() -> None:
    given = GivenRecords("nothing", columns([]))
    text = render(report_figures(given, load_policy("west-mercia"), WEEK, SETTLED, force="A force"))
    body = text[text.index("<main") : text.index("How this is computed")]
    assert "not available" in body
    drawn = "<span>0</span><span>50</span><span>100%</span>"  # the scale of a drawing
    assert re.findall(r"\d+(?:\.\d+)?%", body.replace(drawn, "").replace("95% interval", "")) == []


def test_the_parts_a_board_asks_for_are_there_in_their_order() -> None:
    text = page().text
    assert re.findall(r"<h2[^>]*>([^<]*)</h2>", render(figures())) == [
        "Summary", "The rates", "Change, or chance?", "Divisions", "The same-day question",
        "How victims are told", "Enhanced victims, live contact, offence groups", "Overdue now, and cases closed",
        "What became of earlier reports", "Data quality, and how updates are entered", "A sample to read",
        "The figures in full", "How this is computed",
    ]  # fmt: skip
    basis = figures().basis
    for said in (basis.policy, basis.policy_digest, basis.policy_source, "2026-11-16T00:00:00Z", "Design effect"):
        assert said in text
    assert f"{basis.comparisons} comparisons were made in this report. No difference here shows a cause." in text
    assert (
        f"{basis.comparisons} comparisons were made and judged together, so one interval that leaves out zero is not"
        in text
    )
    for item in figures().quality:
        assert item.title in text
    for definition in figures().definitions:
        assert definition.meaning in text


def test_the_public_edition_names_no_command_that_only_the_force_has() -> None:
    text = render(public(figures()))
    assert "compliance report cases" not in text
    assert "figure <code>" not in text
    assert "cases: figure" not in text
    assert "What became of earlier reports" not in text
    assert "compliance report cases" in render(figures())


def test_the_same_figures_give_the_same_bytes_also_once_read_back_from_json() -> None:
    kept = msgspec.json.encode(figures())
    again = msgspec.json.decode(kept, type=Figures)
    assert again == figures()
    assert render(again) == render(figures())


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "reports" / "one.html"
    assert write_whole(path, b"first") == path
    write_whole(path, b"second")
    assert path.read_bytes() == b"second"
    assert [found.name for found in path.parent.iterdir()] == ["one.html"]


def test_a_report_that_cannot_be_written_says_where(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("a file in the place of the folder")
    with pytest.raises(SettingsError, match=r"reports/one.html: the report cannot be written"):
        write_whole(tmp_path / "reports" / "one.html", b"")


@pytest.mark.parametrize(
    ("template", "said"),
    [("{{ report.force", r"page.html.j2, line 1: "), ("{{ report.nothing }}", r"no attribute 'nothing'")],
)
def test_a_template_that_a_force_has_broken_is_named(
    template: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "page.html.j2").write_text(template)
    monkeypatch.setattr(rendering, "resource", lambda *_: tmp_path)
    rendering._environment.cache_clear()
    try:
        with pytest.raises(SettingsError, match=said):
            render(figures())
    finally:
        rendering._environment.cache_clear()
