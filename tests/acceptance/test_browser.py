"""What looks at the pages sees what is wrong with one: without this, a page in which nothing was looked at passes."""

from pathlib import Path

from tests.browser import BROWSER, COLOURS, NEEDED, WCAG, Look, Window, axe_findings, look

pytestmark = NEEDED
GOOD = """<!DOCTYPE html><html lang="en"><head><title>A page</title><style>
p { color: #111; background: #fff } @media (prefers-color-scheme: dark) { p { color: #eee; background: DARK } }
</style></head><body><main><h1>A page</h1><p>Some words</p></main></body></html>"""


@BROWSER
def test_axe_names_the_page_of_many_and_what_is_wrong_with_it(tmp_path: Path) -> None:
    wrong = {
        "good": GOOD,
        "no-language": GOOD.replace(' lang="en"', ""),
        "no-title": GOOD.replace("<title>A page</title>", ""),
        "pale": GOOD.replace("#111", "#ddd"),
        "no-label": GOOD.replace("</main>", "<input></main>"),
    }
    pages = [tmp_path / f"{name}.html" for name in wrong]
    for page, text in zip(pages, wrong.values(), strict=True):
        page.write_text(text.replace("DARK", "#111"), "utf-8")
    found = axe_findings(pages, WCAG, tmp_path)
    rules = {
        "no-language": "html-has-lang",
        "no-title": "document-title",
        "pale": "color-contrast",
        "no-label": "label",
    }
    assert found.keys() == {f"{name}.html" for name in rules}
    assert all(rule in found[f"{name}.html"] for name, rule in rules.items())


@BROWSER
def test_the_colours_of_a_dark_screen_are_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(GOOD.replace("DARK", "#fff"), "utf-8")
    light, dark = look(tmp_path, Look([page], COLOURS), Look([page], COLOURS, dark=True))
    assert light.wrong == {}
    assert "color-contrast" in dark.wrong["page.html"]


@BROWSER
def test_wcag_1_4_10_of_several_pages_the_one_that_scrolls_sideways_is_found(tmp_path: Path) -> None:
    folded, wide = tmp_path / "folded.html", tmp_path / "wide.html"
    folded.write_text("<!DOCTYPE html><body><p>Folded</p></body>", "utf-8")
    wide.write_text('<!DOCTYPE html><body><p style="width: 900px">Wide &amp; "long"</p></body>', "utf-8")
    (seen,) = look(tmp_path, Look([folded, wide, folded], windows=[Window(320)]))
    assert seen.wide[Window(320)] == {"wide.html": '908 px: P. Wide & "long"'}


@BROWSER
def test_each_window_has_its_own_width_and_style(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        '<!DOCTYPE html><body><div style="overflow: auto"><p style="width: 900px">Wide</p></div></body>', "utf-8"
    )
    unscrolled = "div { overflow: visible !important }"
    windows = [Window(320, unscrolled), Window(320), Window(1280, unscrolled)]
    (seen,) = look(tmp_path, Look([page], windows=windows))
    assert [list(seen.wide[window]) for window in windows] == [["page.html"], [], []]
    assert {seen.height[window]["page.html"] > 0 for window in windows} == {True}
