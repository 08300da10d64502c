"""A page as axe-core sees it in a real browser, where node's packages and a Chromium are there."""

import html
import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

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


def axe_findings(pages: Sequence[Path], rules: Sequence[str], folder: Path, *, dark: bool = False) -> dict[str, str]:
    """What axe-core finds wrong in each page, as JSON, by the page's name: empty for nothing. `folder` is scratch.

    `dark`: as on a dark screen. A browser without a screen is light: the colours for dark ones are made those for all.
    """
    axe = (MODULES / "axe-core" / "axe.min.js").read_text("utf-8")
    texts = [page.read_text("utf-8") for page in pages]
    if dark:
        texts = [text.replace("(prefers-color-scheme: dark)", "all") for text in texts]
    watched = folder / f"watched-{'dark-' if dark else ''}{pages[0].name}"
    script = _WATCHED.replace("RULES", json.dumps(rules)).replace("SOURCES", _in_script(texts))
    watched.write_text(script.replace("AXE_SOURCE", _in_script(axe)), "utf-8")
    answer = re.search(r"<title>AXE(.*?)END</title>", _dom(watched, folder), re.DOTALL)
    assert answer, f"{[page.name for page in pages]}: axe did not run"
    found = json.loads(html.unescape(answer[1]))
    return {page.name: json.dumps(wrong) for page, wrong in zip(pages, found, strict=True) if wrong}


def _in_script(value: object) -> str:
    """A value as a literal of a script in a page."""
    return json.dumps(value).replace("</", "<\\/").replace("<!--", "<\\!--")


_WATCHED: Final = """<!DOCTYPE html><title>not yet</title><body>
<script>
const sources = SOURCES, axe = AXE_SOURCE, all = [];
const wrong = found => found.violations.map(v => [v.id, v.nodes.length, v.nodes[0].html.slice(0, 120)]);
const next = () => {
  if (all.length === sources.length) { document.title = "AXE" + JSON.stringify(all) + "END"; return; }
  const frame = document.createElement("iframe");
  frame.style = "width: 1280px; height: 9000px; border: 0";
  frame.onload = () => {
    frame.onload = null;
    frame.contentWindow.eval(axe);
    frame.contentWindow.axe.run(frame.contentDocument, {runOnly: RULES})
      .then(found => { all.push(wrong(found)); frame.remove(); next(); });
  };
  frame.srcdoc = sources[all.length];
  document.body.append(frame);
};
next();
</script></body>"""
"""Looks at the pages one after another, each in a frame: a browser takes longer to start than to look."""


def _dom(page: Path, folder: Path) -> str:
    """A page as the browser has it when its scripts have run."""
    done = subprocess.run(
        [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}",
         "--virtual-time-budget=60000", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return done.stdout


def html_validate(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """html-validate with these options and pages."""
    command = [str(MODULES / ".bin" / "html-validate"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def wider_than(pages: Sequence[Path], width: int, folder: Path) -> dict[str, str]:
    """What of each page can only be seen by scrolling sideways in a window of so many pixels (WCAG 1.4.10), by the page's
    name: empty for nothing. `folder` is scratch.

    A browser makes no window as narrow as a phone: the pages are shown one after another in a frame of that width.
    """
    return {page.name: wide for page, (_, wide) in zip(pages, _seen(pages, width, folder), strict=True) if wide}


def height_of(page: Path, width: int, folder: Path) -> int:
    """How many pixels high a page is in a window of so many pixels. `folder` is scratch."""
    ((height, _),) = _seen([page], width, folder)
    return height


def _seen(pages: Sequence[Path], width: int, folder: Path) -> list[tuple[int, str]]:
    shown = folder / f"{width}-{pages[0].name}"
    sources = _in_script([page.read_text("utf-8") for page in pages])
    shown.write_text(_FRAMES.replace("WIDTH", str(width)).replace("SOURCES", sources), "utf-8")
    answer = re.search(r"<title>SEEN(.*?)END</title>", _dom(shown, folder), re.DOTALL)
    assert answer, f"{[page.name for page in pages]}: not all were shown"
    return [(height, wide) for height, wide in json.loads(html.unescape(answer[1]))]


_FRAMES: Final = """<!DOCTYPE html><title>not yet</title><body>
<script>
const sources = SOURCES, seen = [];
const look = frame => {
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
const next = () => {
  if (seen.length === sources.length) { document.title = "SEEN" + JSON.stringify(seen) + "END"; return; }
  const frame = document.createElement("iframe");
  frame.style = "width: WIDTHpx; height: 90000px; border: 0";
  frame.onload = () => { seen.push(look(frame)); frame.remove(); next(); };
  frame.srcdoc = sources[seen.length];
  document.body.append(frame);
};
next();
</script></body>"""
"""Says of each page how high it is, and how wide and what reaches furthest, where it is wider than its window."""
