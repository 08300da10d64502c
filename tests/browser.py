"""A page as axe-core sees it in a real browser, where node's packages and a Chromium are there."""

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
    done = subprocess.run(
        [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}",
         "--virtual-time-budget=20000", "--dump-dom", watched.as_uri()],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    answer = re.search(r"<title>AXE(.*?)END</title>", done.stdout, re.DOTALL)
    assert answer, f"{page.name}: axe did not run"
    return answer[1]


def html_validate(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """html-validate with these options and pages."""
    command = [str(MODULES / ".bin" / "html-validate"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
