"""Reports as other people's tools see them: axe-core (WCAG 2.2 AA and best practice) and html-validate find nothing.

`npm install` in `tests/accessibility` brings both; a Chromium is needed beside them.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from compliance.reports.delay import write_delay
from compliance.reports.periods import parse_period
from compliance.reports.render import render
from tests.integration.test_report_forms import figures

HERE = Path(__file__).parents[1] / "accessibility"
MODULES = Path(os.environ.get("ACCESSIBILITY_MODULES", HERE / "node_modules"))
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

pytestmark = [
    pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed"),
    pytest.mark.skipif(not (MODULES / "axe-core").exists(), reason="run npm install in tests/accessibility"),
]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("pages")
    made = []
    for edition, period, policy in (
        ("board", "2026-W45", "west-mercia"), ("division", "2026-W45", "west-mercia"),
        ("public", "2026-10", "west-mercia"), ("board", "2026-W45", "victims-code-2020"),
    ):  # fmt: skip
        made.append(folder / f"{edition}-{period}-{policy}.html")
        made[-1].write_text(render(figures(edition, period, policy)), "utf-8")
    return [*made, write_delay(folder, "A force", parse_period("2026-W45"), None)]


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
def test_axe_finds_nothing(pages: list[Path], tmp_path: Path) -> None:
    axe = (MODULES / "axe-core" / "axe.min.js").read_text("utf-8")
    run = (
        f"axe.run(document, {{runOnly: {json.dumps(RULES)}}}).then(found => {{ document.title = 'AXE' + JSON.stringify("
        "found.violations.map(v => [v.id, v.nodes.length, v.nodes[0].html.slice(0, 120)])) + 'END'; })"
    )
    for page in pages:
        watched = tmp_path / page.name
        script = f"<script>{axe}</script><script>{run}</script></body>"
        watched.write_text(page.read_text("utf-8").replace("</body>", script), "utf-8")
        done = subprocess.run(
            [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}",
             "--virtual-time-budget=20000", "--dump-dom", watched.as_uri()],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        found = re.search(r"<title>AXE(.*?)END</title>", done.stdout, re.DOTALL)
        assert found, f"{page.name}: axe did not run"
        assert found[1] == "[]", f"{page.name}: {found[1]}"


def test_html_validate_finds_nothing(pages: list[Path]) -> None:
    program = MODULES / ".bin" / "html-validate"
    presets = "--preset=recommended,a11y"
    done = subprocess.run([program, presets, *pages], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout
