"""What looks at the pages sees what is wrong with one: without this, a page in which nothing was looked at passes."""

from pathlib import Path

from tests.browser import BROWSER, COLOURS, NEEDED, WCAG, axe_findings

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
def test_axe_sees_the_colours_of_a_dark_screen(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(GOOD.replace("DARK", "#fff"), "utf-8")
    assert axe_findings([page], COLOURS, tmp_path) == {}
    assert "color-contrast" in axe_findings([page], COLOURS, tmp_path, dark=True)["page.html"]
