"""A report of a month or a quarter speaks of its month or quarter; of weeks only where it charts or compares weeks."""

import csv
import io
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any, Final

import pytest

from compliance.reports.model.report_model import Figures
from compliance.reports.rendering.forms import form
from compliance.reports.sections import report_of
from tests.integration.test_report_forms import figures
from tests.read_forms import sheets
from tests.reading_back import words_of

PERIODS: Final = {"week": "2026-W45", "month": "2026-10", "quarter": "2026-Q3"}
EDITIONS: Final = (("board", "west-mercia"), ("division", "west-mercia"), ("public", "west-mercia"),
                   ("board", "victims-code-2020"))  # fmt: skip
OF_WEEKS: Final = (
    r"\b(\d+|one|two|seven|thirteen) (or more )?weeks?( that they need)?\b", r"\bsettled weeks?\b", r"\bweekly rates?\b",
    r"\bweek by week\b", r"\bby week\b", r"\bweeks? \d+( to \d+)?\b", r"\bWeek(, | \()its Monday\)?", r"(?-i:\bWEEK\b)",
    r"\beach (week|point is one week)\b", r"\bthe newest week\b", r"\bover these weeks\b", r"\btable of the weeks\b",
    r"\btrailing weeks\b", r"\bearlier weeks\b", r"--week\b", r"\bthe week before; thirteen\b",
    r"\bdue in the week that were given in time\b", r"\bany week\b", r"\bin the week after (a reminder|the mail)\b",
    r"\bany day of the week after the mail\b", r"\bin some weeks\b", r"\bweek after week\b", r"\bthe week before\b",
    r"\bweeks are withheld\b", r"\ban officer’s week\b", r"\bthe mean of the weeks'",
    r"\bexcluded weeks\b",
)  # fmt: skip
"""What is said of weeks in a report of any kind: charts have a point a week, and units are compared over 13 weeks."""


class _Text(HTMLParser):
    """A page's sentences: texts and what is read out in place of a drawing."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("style", "code")
        self.found += [value or "" for name, value in attrs if name in ("aria-label", "title", "alt")]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("style", "code")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(data)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = value.values()
    if isinstance(value, str):
        yield value
    elif not isinstance(value, int | float | None):
        for part in value:
            yield from _strings(part)


def texts(found: Figures) -> dict[str, list[str]]:
    """Every text of each form of a report; names of figures and other keys are no texts."""
    told = csv.DictReader(io.StringIO(form(found, "csv").decode(), newline=""))
    return {
        "html": _Text(form(found, "html").decode()).found,
        "pdf": list(words_of(report_of(found))),
        "xlsx": list(_strings(sheets(form(found, "xlsx")))),
        "csv": [line[name] for line in told for name in ("what", "group", "status")],
        "json": list(_strings(json.loads(form(found, "json")))),
    }


@pytest.mark.parametrize(("edition", "policy"), EDITIONS)
@pytest.mark.parametrize("kind", ["month", "quarter"])
def test_no_form_says_week_where_it_means_its_period(kind: str, edition: str, policy: str) -> None:
    wrong = {
        (name, text)
        for name, found in texts(figures(edition, PERIODS[kind], policy)).items()
        for text in found
        if "week" in text.lower() and "week" in _without(text).lower()
    }
    assert not wrong


def _without(text: str) -> str:
    """A text without what it says of weeks, and without the names of weeks and of figures."""
    text = re.sub(r"\b\d{4}-W\d\d\b|\bweek(-first-further|-continuing)?\.\S+", "", text)
    for pattern in OF_WEEKS:
        text = re.sub(pattern, "", text, flags=re.IGNORECASE)
    return text


@pytest.mark.parametrize("kind", PERIODS)
def test_the_definitions_are_those_of_the_kind_of_period(kind: str) -> None:
    told = {d.title: d.meaning for d in figures("board", PERIODS[kind]).definitions}
    assert told["Rate"].startswith(f"Of the obligations due in the {kind} ")
    assert told[f"Change from an earlier {kind}"].startswith(f"Both {kind}s judged at the same age")
    assert f"A single {kind} is shown" in told["Division"]
    assert f"the morning the {kind} was settled" in told["Overdue now"]
    assert f"at the end of the {kind}," in told["Silent victims"]
    assert f"closed in the {kind}," in told["Closed without a word"]
    assert f"reopened in the {kind} " in told["Closed across a due date"]
    assert ("Provisional" in told) == (kind == "week"), "a month or quarter has nothing provisional beside it"
    assert (figures("board", PERIODS[kind]).provisional is None) == (kind != "week")
