"""Policies written from rules/README.md alone, and the verdicts worked out by hand with a calendar (rules A2, A3, A5, A6).

Each has its crimes and the verdicts that were expected before anything was judged, in `tests/additions/by_hand`.
"""

import csv
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from compliance.policy import load_policy
from tests.engine import ADDITIONS, engine_rows

FOLDER = ADDITIONS / "by_hand"
ASKED = {
    "switch": datetime(2027, 4, 10, 12, tzinfo=UTC),
    "offences": datetime(2027, 5, 10, 12, tzinfo=UTC),
    "hours": datetime(2027, 4, 10, 11, tzinfo=UTC),
}
COMPARED = ("clock_date", "due_date", "state", "discharged_on", "days_late", "reason")


def text(value: Any) -> str:
    """A value as the CSV has it."""
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)


@pytest.mark.parametrize("name", ASKED)
def test_the_verdicts_are_those_worked_out_by_hand(name: str) -> None:
    crimes = [json.loads(line) for line in (FOLDER / f"{name}.ndjson").read_text("utf-8").splitlines()]
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        expected = list(csv.DictReader(file))
    rows = engine_rows(crimes, load_policy(FOLDER / f"{name}.toml"), ASKED[name])
    keys = ("crime_ref", "victim_ref", "requirement", "cycle")
    got = {tuple(text(row[key]) for key in keys): [text(row[key]) for key in COMPARED] for row in rows}
    assert got == {tuple(row[key] for key in keys): [row[key] for key in COMPARED] for row in expected}
    assert len(rows) == len(expected)
