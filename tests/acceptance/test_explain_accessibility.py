"""The explanation of a crime as other people's tools see it: axe-core finds nothing, and no window is too narrow."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from compliance.cli import main
from tests.browser import BROWSER, NEEDED, WCAG, Look, Seen, Window, look
from tests.conformance import HERE, POLICIES, records

pytestmark = NEEDED


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """By each policy a crime of which there is much to tell."""
    folder = tmp_path_factory.mktemp("pages")
    longest = sorted(records(), key=lambda record: -len(str(record)))
    made = []
    for policy, record in zip(POLICIES, longest, strict=False):
        done = CliRunner().invoke(
            main,
            ["explain", record["crime_ref"], "--input", str(HERE / "records.ndjson.gz"), "--policy", policy,
             "--as-at", "2026-11-25T12:00:00Z", "--format", "html"],
        )  # fmt: skip
        assert "<html" in done.output, done.output
        made.append(folder / f"{policy}.html")
        made[-1].write_text(done.output[done.output.index("<!doctype") :], "utf-8")
    return made


WINDOWS = [Window(320), Window(400)]


@pytest.fixture(scope="module")
def seen(pages: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Seen:
    return look(tmp_path_factory.mktemp("seen"), Look(pages, (*WCAG, "best-practice"), WINDOWS))[0]


@BROWSER
def test_axe_finds_nothing_in_an_explanation(seen: Seen) -> None:
    assert seen.wrong == {}


@BROWSER
@pytest.mark.parametrize("window", WINDOWS, ids=lambda window: str(window.width))
def test_wcag_1_4_10_no_explanation_scrolls_sideways(seen: Seen, window: Window) -> None:
    assert seen.wide[window] == {}
