"""A simulated force, its crimes under other names of units, and the files of an organisation over time (decision 0031)."""

import copy
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from compliance.policy import load_policy
from compliance.records import columns, convert_crime
from compliance.reports.figure_rows import rows
from compliance.reports.figures import figures_of
from compliance.reports.judging.judged import ReportOptions, judge_periods
from compliance.reports.judging.sources import GivenRecords
from compliance.reports.model.report_model import Figures
from compliance.reports.organisation import Organisation, load_organisation
from compliance.reports.periods.periods import parse_period
from compliance.simulator import SimulatedForce
from tests.simulated import LONDON, at_end

END: Final = datetime(2026, 6, 29, tzinfo=LONDON)
WEEK: Final = parse_period("2026-W23")
DAY: Final = date(2026, 5, 4)
"""On which the force was reorganised: five weeks before the week that is reported on."""
NORTH, SOUTH, HEREFORD = "North Worcestershire", "South Worcestershire", "Herefordshire"
Json = dict[str, Any]
Rows = dict[tuple[str, str], tuple[Any, ...]]
Naming = Callable[[str, str], tuple[str, str]]
"""(division, team) to those by another name."""


@cache
def force() -> list[Json]:
    """Half a year of a small force; crimes that nobody has been given yet say so by an empty list."""
    made = at_end(SimulatedForce(seed=3, weeks=28, scale=0.04, end=END))
    return [{"allocations": [], **record} for record in made]


def named(naming: Naming, since: date = date.min) -> list[Json]:
    """The same records by a naming, where they speak of a day from `since` on: of who had the case then, or has it
    now. A crime reported before that was never handed on keeps the name of then."""
    made = copy.deepcopy(force())
    for record in made:
        held = [allocation for allocation in record["allocations"] if allocation["from"][:10] >= str(since)]
        newest = max((allocation["from"] for allocation in record["allocations"]), default=record["reported_at"])
        for part in [*held, *([record] if newest[:10] >= str(since) else [])]:
            if "division" in part:
                part["division"], part["team"] = naming(part["division"], part["team"])
    return made


def the_map(tmp_path: Path, text: str) -> Organisation:
    path = tmp_path / "organisation.toml"
    path.write_text(text, "utf-8")
    found = load_organisation(path)
    assert found is not None
    return found


def figures(
    records: list[Json], organisation: Organisation | None = None, division: str | None = None, period: Any = WEEK
) -> Figures:
    given = GivenRecords("a played force", columns([convert_crime(record) for record in records]))
    options = ReportOptions(organisation=organisation)
    return figures_of(
        judge_periods(given, load_policy("west-mercia"), period, END, options), force="A", division=division
    )


def numbers(found: Figures) -> Rows:
    """Every number by figure and period, but of the former map and of names that a map does not know."""
    beside = ("former-division", "quality.unknown-division", "quality.unknown-team")
    return {
        (row.figure, row.period): (*row.numbers.items(), row.status, row.what)
        for row in rows(found) if not row.figure.startswith(beside)
    }  # fmt: skip


def divisions(text: str = "") -> str:
    """The divisions that stay, and the others as given."""
    stay = sorted({record["division"] for record in force() if "division" in record} - {NORTH, SOUTH})
    return "".join(f'[[division]]\nname = "{name}"\n' for name in stay) + text


def entry(kind: str, **said: Any) -> str:
    lines = [f"{key} = {value if isinstance(value, date | list) else repr(value)}" for key, value in said.items()]
    return f"[[{kind}]]\n" + "\n".join(lines).replace("'", '"') + "\n"


BEFORE: Final = date(2026, 5, 3)
STAYED: Final = entry("division", name=SOUTH)
