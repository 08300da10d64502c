"""A force that keeps the sex of victims, and a return of its own, through the commands."""

import csv
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from compliance.cli import main
from compliance.store import Store, migrate
from tests import stores
from tests.stores import at, crime, take, updates

ROOT = Path(__file__).parents[1]
DEFINITION = """
title = "Monthly measures"
source = "The terms of the board, 2025"
status = "in use"
receiver = "the local policing body"
period = "month"
sign_off = ["head of performance", "chief officer"]

[characteristic.sex]
title = "Sex"
[characteristic.sex.groups]
"female" = ["F"]
"male" = ["M"]
"other" = ["X"]

[[measure]]
id = "first-update"
title = "First update within 7 days"
figure = "rate"
requirement = "7-day"
by = ["division", "sex"]

[[measure]]
id = "live"
title = "The same, spoken to"
figure = "live"
requirement = "7-day"

[[measure]]
id = "silent"
title = "Silent victims"
figure = "silent"
by = ["division"]

[[measure]]
id = "satisfied"
title = "Satisfied"
figure = "satisfaction"

[[measure]]
id = "quality"
title = "In time and of sufficient quality"
figure = "quality"
requirement = "7-day"

[[measure]]
id = "referred"
title = "Referred to support"
by_hand = "This service does not receive referrals."
"""
Told = Callable[[str, int], bool]
MADE = ("make", "monthly", "--period", "2025-07")


def unequal(sex: str, number: int) -> bool:
    """Nine in ten of one sex are told in time, half of the other."""
    return number % 10 < (9 if sex == "F" else 5)


def equal(_sex: str, number: int) -> bool:
    return number % 10 < 7


def crimes(told: Told) -> Iterator[dict[str, Any]]:
    """200 of each sex, 6 of another, 14 of whom nothing is recorded; 40 officers in two divisions. Due in July 2025."""
    for number, sex in enumerate(["F"] * 200 + ["M"] * 200 + ["X"] * 6 + [""] * 14):
        victim = {"victim_ref": "V1"} | ({"sex": sex} if sex else {})
        is_told = told(sex, number) if number < 400 else bool(number % 2)
        given = updates("2025-07-03") if is_told else []
        yield crime(
            f"22A/{number}/25", reported_at="2025-07-01T08:00:00Z", victims=[victim], officer_ref=f"O{number % 40}",
            division=("North", "South")[number % 2], updates=given,
        )  # fmt: skip


class Force:
    """The commands, with the settings and the records of a force that keeps the sex of victims."""

    def __init__(self, folder: Path, url: str, kept: str = '["sex"]') -> None:
        self.folder, self.url, self.settings = folder, url, folder / "config.toml"
        text = (ROOT / "config.toml").read_text("utf-8").replace("sqlite:///var/compliance.db", url)
        for old, new in (
            ("# records_begin = 2026-01-05", "records_begin = 2025-01-06"),
            ("characteristics = []", f"characteristics = {kept}"),
            ('# definitions = "returns"', 'definitions = "returns"'),
            ('"var/reports"', '"reports"'),
        ):
            assert old in text
            text = text.replace(old, new)
        self.settings.write_text(text, "utf-8")
        self.define(DEFINITION)

    def define(self, text: str) -> None:
        (self.folder / "returns").mkdir(exist_ok=True)
        (self.folder / "returns" / "monthly.toml").write_text(text, "utf-8")

    def __call__(self, *words: str | Path) -> Result:
        return CliRunner().invoke(main, ["return", *map(str, words), "--config", str(self.settings)])

    def holds(self, *records: dict[str, Any], now: str = "2025-08-11 05:00") -> None:
        with closing(Store.open(self.url, ("sex",))) as store:
            take(store, at(now), *records)

    def made(self) -> list[str]:
        done = self(*MADE)
        assert done.exit_code == 0, done.output
        return done.stdout.splitlines()

    def written(self, form: str, version: int = 1) -> Path:
        done = self(
            "write", "monthly", "--period", "2025-07", "--format", form, "--version", str(version), self.folder / "out"
        )
        assert done.exit_code == 0, done.output
        return Path(done.stdout.strip())

    def lines(self, version: int = 1) -> dict[tuple[str, str, str], dict[str, str]]:
        """The CSV, by measure, what it is broken down by, and the group."""
        with self.written("csv", version).open(encoding="utf-8", newline="") as file:
            return {(row["measure"], row["by"], row["group"]): row for row in csv.DictReader(file)}


@pytest.fixture
def force(tmp_path: Path, new_database: stores.NewDatabase) -> Force:
    url = new_database()
    migrate(url)
    found = Force(tmp_path, url)
    found.holds(*crimes(unequal))
    return found
