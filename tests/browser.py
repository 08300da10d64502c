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
NEEDED: Final = [
    pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed"),
    pytest.mark.skipif(not (MODULES / "axe-core").exists(), reason="run npm install in tests/accessibility"),
]
BROWSER: Final = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")


def axe_findings(page: Path, rules: Sequence[str], folder: Path) -> str:
    """What axe-core finds wrong in a page, as JSON: `[]` for nothing. `folder` is scratch."""
    axe = (MODULES / "axe-core" / "axe.min.js").read_text("utf-8")
    found = "found.violations.map(v => [v.id, v.nodes.length, v.nodes[0].html.slice(0, 120)])"
    told = f"document.title = 'AXE' + JSON.stringify({found}) + 'END'"
    run = f"axe.run(document, {{runOnly: {json.dumps(rules)}}}).then(found => {{ {told}; }})"
    watched = folder / f"watched-{page.name}"
    script = f"<script>{axe}</script><script>{run}</script></body>"
    watched.write_text(page.read_text("utf-8").replace("</body>", script), "utf-8")
    answer = re.search(r"<title>AXE(.*?)END</title>", _dom(watched, folder), re.DOTALL)
    assert answer, f"{page.name}: axe did not run"
    return answer[1]


def _dom(page: Path, folder: Path) -> str:
    """A page as the browser has it when its scripts have run."""
    done = subprocess.run(
        [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}",
         "--virtual-time-budget=20000", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return done.stdout


def html_validate(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """html-validate with these options and pages."""
    command = [str(MODULES / ".bin" / "html-validate"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def wider_than(page: Path, width: int, folder: Path) -> str:
    """What of a page can only be seen by scrolling sideways in a window of so many pixels (WCAG 1.4.10): empty for
    nothing. `folder` is scratch.

    A browser makes no window as narrow as a phone: the page is shown in a frame of that width.
    """
    return html.unescape(_seen(page, width, folder)[2])


def height_of(page: Path, width: int, folder: Path) -> int:
    """How many pixels high a page is in a window of so many pixels. `folder` is scratch."""
    return int(_seen(page, width, folder)[1])


def _seen(page: Path, width: int, folder: Path) -> re.Match[str]:
    shown = folder / f"{width}-{page.name}"
    source = json.dumps(page.read_text("utf-8")).replace("</", "<\\/")
    shown.write_text(_FRAME.replace("WIDTH", str(width)).replace("SOURCE", source), "utf-8")
    answer = re.search(r"<title>SEEN(\d+) (.*?)END</title>", _dom(shown, folder), re.DOTALL)
    assert answer, f"{page.name}: it was not shown"
    return answer


_FRAME: Final = """<!DOCTYPE html><title>not yet</title><body>
<iframe id="frame" style="width: WIDTHpx; height: 90000px; border: 0"></iframe>
<script>
const frame = document.getElementById("frame");
frame.onload = () => {
  const view = frame.contentWindow, page = frame.contentDocument, width = page.scrollingElement.scrollWidth;
  const name = e => e.tagName + "." + e.className + " " + e.textContent.trim().slice(0, 40);
  const scrolls = e => e && e !== page.body && (view.getComputedStyle(e).overflowX !== "visible" || scrolls(held(e)));
  const held = e => view.getComputedStyle(e).position === "absolute" ? e.offsetParent : e.parentElement;
  const wide = [...page.body.querySelectorAll("*")]
    .filter(e => e.getBoundingClientRect().left + Math.max(e.offsetWidth || 0, e.scrollWidth) > view.innerWidth + 1)
    .filter(e => !scrolls(held(e)));
  const told = width <= view.innerWidth ? "" : width + " px: " + wide.slice(0, 8).map(name).join("; ");
  document.title = "SEEN" + page.body.offsetHeight + " " + told + "END";
};
frame.srcdoc = SOURCE;
</script></body>"""
"""Says how high the page is, and how wide, and what reaches furthest, where it is wider than its window."""
