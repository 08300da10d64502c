"""Pages as axe-core sees them in a real browser, and how wide they are, where node's packages and a Chromium are there."""

import html
import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

MODULES: Final = Path(os.environ.get("ACCESSIBILITY_MODULES", Path(__file__).parent / "accessibility" / "node_modules"))
CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WCAG: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
COLOURS: Final = ("color-contrast", "link-in-text-block")
"""The rules of WCAG that look at colours: a dark screen changes nothing else."""
NEEDED: Final = [
    pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed"),
    pytest.mark.skipif(not (MODULES / "axe-core").exists(), reason="run npm install in tests/accessibility"),
]
BROWSER: Final = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")


class Window(NamedTuple):
    """A window so many pixels wide. `style`: what is set in the page besides its own styles."""

    width: int
    style: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What is looked at in some pages: what axe-core finds by some rules, and whether they fit into some windows.

    `dark`: as on a dark screen. A browser without a screen is light: the colours for dark ones are made those for all.
    """

    pages: Sequence[Path]
    rules: Sequence[str] = ()
    windows: Sequence[Window] = ()
    dark: bool = False

    def told(self) -> dict[str, Any]:
        """The same for the script."""
        sources = [page.read_text("utf-8") for page in self.pages]
        if self.dark:
            sources = [source.replace("(prefers-color-scheme: dark)", "all") for source in sources]
        return {"sources": sources, "rules": self.rules, "windows": self.windows}


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen in the pages of a look, by the page's name.

    `wrong`: what axe-core finds wrong, as JSON; only the pages in which it finds anything. `wide`: what of a page can only
    be seen by scrolling sideways (WCAG 1.4.10), by window; only the pages of which anything. `height`: how many pixels
    high each page is, by window.
    """

    wrong: dict[str, str]
    wide: dict[Window, dict[str, str]]
    height: dict[Window, dict[str, int]]

    @classmethod
    def of(cls, look: Look, found: list[dict[str, Any]]) -> "Seen":
        """Read what the script found in each page."""
        pages = {page.name: each for page, each in zip(look.pages, found, strict=True)}
        by_window = [
            (window, {name: each["seen"][n] for name, each in pages.items()}) for n, window in enumerate(look.windows)
        ]
        return cls(
            {name: json.dumps(each["wrong"]) for name, each in pages.items() if each["wrong"]},
            {window: {name: wide for name, (_, wide) in seen.items() if wide} for window, seen in by_window},
            {window: {name: height for name, (height, _) in seen.items()} for window, seen in by_window},
        )


def look(folder: Path, *looks: Look) -> list[Seen]:
    """Look at pages, in one browser for all: it takes longer to start than to look. `folder` is scratch.

    A browser makes no window as narrow as a phone: each page is shown in a frame, which is given one width after another.
    """
    axe = (MODULES / "axe-core" / "axe.min.js").read_text("utf-8")
    watched = folder / "watched.html"
    script = _WATCHED.replace("LOOKS", _in_script([each.told() for each in looks]))
    watched.write_text(script.replace("AXE_SOURCE", _in_script(axe)), "utf-8")
    answer = re.search(r"<title>SEEN(.*?)END</title>", _dom(watched, folder), re.DOTALL)
    assert answer, f"{[page.name for each in looks for page in each.pages]}: not all were looked at"
    found = json.loads(html.unescape(answer[1]))
    return [Seen.of(each, seen) for each, seen in zip(looks, found, strict=True)]


def axe_findings(pages: Sequence[Path], rules: Sequence[str], folder: Path, *, dark: bool = False) -> dict[str, str]:
    """What axe-core finds wrong in each page: see `Seen.wrong`."""
    return look(folder, Look(pages, rules, dark=dark))[0].wrong


def _in_script(value: object) -> str:
    """A value as a literal of a script in a page."""
    return json.dumps(value).replace("</", "<\\/").replace("<!--", "<\\!--")


_WATCHED: Final = """<!DOCTYPE html><title>not yet</title><body>
<script>
const looks = LOOKS, axe = AXE_SOURCE;
const wrong = found => found.violations.map(v => [v.id, v.nodes.length, v.nodes[0].html.slice(0, 120)]);
const measure = frame => {
  const view = frame.contentWindow, page = frame.contentDocument, width = page.scrollingElement.scrollWidth;
  const name = e => e.tagName + "." + e.className + " " + e.textContent.trim().slice(0, 40);
  const scrolls = e => e && e !== page.body && (view.getComputedStyle(e).overflowX !== "visible" || scrolls(held(e)));
  const held = e => view.getComputedStyle(e).position === "absolute" ? e.offsetParent : e.parentElement;
  const wide = [...page.body.querySelectorAll("*")]
    .filter(e => e.getBoundingClientRect().left + Math.max(e.offsetWidth || 0, e.scrollWidth) > view.innerWidth + 1)
    .filter(e => !scrolls(held(e)));
  const told = width <= view.innerWidth ? "" : width + " px: " + wide.slice(0, 8).map(name).join("; ");
  return [page.body.offsetHeight, told];
};
const through = (frame, [width, style]) => {
  const added = frame.contentDocument.createElement("style");
  added.textContent = style;
  frame.contentDocument.head.append(added);
  frame.style.width = width + "px";
  frame.style.height = "90000px";
  const seen = measure(frame);
  added.remove();
  return seen;
};
const shown = source => new Promise(done => {
  const frame = document.createElement("iframe");
  frame.style = "width: 1280px; height: 9000px; border: 0";
  frame.onload = () => { frame.onload = null; done(frame); };
  frame.srcdoc = source;
  document.body.append(frame);
});
const asked = async (frame, rules) => {
  if (!rules.length) return [];
  frame.contentWindow.eval(axe);
  return wrong(await frame.contentWindow.axe.run(frame.contentDocument, {runOnly: rules, resultTypes: ["violations"]}));
};
const all = async () => {
  const found = [];
  for (const look of looks) {
    const seen = [];
    for (const source of look.sources) {
      const frame = await shown(source);
      seen.push({wrong: await asked(frame, look.rules), seen: look.windows.map(window => through(frame, window))});
      frame.remove();
    }
    found.push(seen);
  }
  document.title = "SEEN" + JSON.stringify(found) + "END";
};
all();
</script></body>"""
"""Shows the pages one after another, each in a frame. Of each: what axe finds, how high it is, and how wide and what reaches
furthest, where it is wider than its window."""


def _dom(page: Path, folder: Path) -> str:
    """A page as the browser has it when its scripts have run."""
    done = subprocess.run(
        [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}",
         "--virtual-time-budget=60000", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    return done.stdout


def html_validate(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """html-validate with these options and pages."""
    command = [str(MODULES / ".bin" / "html-validate"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
