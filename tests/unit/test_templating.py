"""Templates that a force may edit: escaped, strict, and what is wrong in one is said by file and line."""

from pathlib import Path

import pytest

from compliance.errors import SettingsError
from compliance.templating import Templates


def templates(folder: Path, **parts: str) -> Templates:
    for name, text in parts.items():
        (folder / f"{name}.j2".replace("_", ".")).write_text(text)
    return Templates(folder, {"loud": str.upper}, {"force": "A & B"})


def test_what_is_put_in_is_escaped_but_in_plain_text(tmp_path: Path) -> None:
    made = templates(tmp_path, page_html="{{ x }} {{ force }}\n", drawing_svg="{{ x }}", letter_txt="{{ x | loud }}")
    assert made.fill("page.html.j2", x="<b>") == "&lt;b&gt; A &amp; B\n"
    assert made.fill("drawing.svg.j2", x="<b>") == "&lt;b&gt;"
    assert made.fill("letter.txt.j2", x="<b>") == "<B>"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ok\n{{ x", r"page.html.j2, line 2: "),
        ("ok\n{{ y }}", r"page.html.j2, line 2: 'y' is undefined"),
        ("ok\n{{ x.nothing }}", r"page.html.j2, line 2: .*no attribute 'nothing'"),
        ("ok\n\n{{ x + 1 }}", r"page.html.j2, line 3: "),
        ('{% include "part.html.j2" %}', r"part.html.j2, line 2: 'z' is undefined"),
        ('{% include "none.html.j2" %}', r"page.html.j2, line 1: .*none.html.j2"),
    ],
)
def test_what_is_wrong_is_said_by_file_and_line(text: str, said: str, tmp_path: Path) -> None:
    made = templates(tmp_path, page_html=text, part_html="ok\n{{ z }}")
    with pytest.raises(SettingsError, match=said):
        made.fill("page.html.j2", x="a")
    with pytest.raises(SettingsError, match=r"other.html.j2: "):
        made.fill("other.html.j2")
