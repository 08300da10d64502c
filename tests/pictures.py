"""`docs/pictures`: the board's page and an email of the demo, as README shows them. `make pictures` makes them anew.

The demo must have been run. The page is drawn by the typesetter of the PDF; the email needs a Chromium.
"""

import email
import email.policy
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import msgspec
import typst

from compliance.reports.forms import ReportContent
from compliance.reports.report_model import Figures
from compliance.reports.typesetting import template_data
from compliance.resources import resource
from tests.browser import CHROMIUM

ROOT: Final = Path(__file__).parents[1]
PICTURES: Final = ROOT / "docs" / "pictures"
DEMO: Final = ROOT / "var" / "demo"
PIXELS_PER_INCH: Final = 96


def draw_board(figures: Figures) -> bytes:
    """Return the first page of a report as PNG."""
    data = msgspec.json.encode(template_data(ReportContent(figures).report)).decode()
    source = resource("templates", "report", "report.typ").read_bytes()
    compiler = typst.Compiler(source, ignore_system_fonts=True, sys_inputs={"report": data})
    made = compiler.compile(format="png", ppi=PIXELS_PER_INCH)
    first = made[0] if isinstance(made, list) else made
    assert isinstance(first, bytes)
    return first


def draw_email(message: bytes, target: Path, width: int = 640, height: int = 430) -> None:
    """Draw the HTML of an email as PNG, as wide as many a window."""
    body = email.message_from_bytes(message, policy=email.policy.default).get_body(("html",))
    assert body is not None
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "email.html"
        page.write_text(body.get_content(), "utf-8")
        subprocess.run(
            [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder}",
             f"--window-size={width},{height}", f"--screenshot={target}", page.as_uri()],
            capture_output=True, check=True, timeout=120,
        )  # fmt: skip


def main() -> None:
    """Draw both from what the demo left."""
    reports = sorted((DEMO / "reports").glob("*-board.json"))
    mails = sorted((DEMO / "mail").glob("*.eml"))
    if not reports or not mails:
        sys.exit(f"{DEMO}: no report or no email there; run make demo first")
    if CHROMIUM is None:
        sys.exit("no Chromium is installed; it draws the email")
    PICTURES.mkdir(exist_ok=True)
    figures = msgspec.json.decode(reports[-1].read_bytes(), type=Figures)
    (PICTURES / "board.png").write_bytes(draw_board(figures))
    draw_email(mails[-5].read_bytes(), PICTURES / "email.png")


if __name__ == "__main__":
    main()
