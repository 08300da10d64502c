"""A force's published week and its dip samples, read through the commands as people use them."""

import csv
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from compliance.cli import main
from compliance.store import Store, migrate
from compliance.store.kept.reviews import cases_of, list_reviews
from tests import stores
from tests.stores import at, crime, take, updates

ROOT = Path(__file__).parents[1]


def crimes() -> Iterator[dict[str, Any]]:
    """Forty crimes of two divisions: 24 met, 4 late, 4 overdue, 4 with a same-day update only, 4 closed without one.

    Reported on a Tuesday: what is due a week later is due in week 28."""
    for number in range(40):
        days = {
            **dict.fromkeys(range(24), "2025-07-03"), **dict.fromkeys(range(24, 28), "2025-07-10"),
            **dict.fromkeys(range(32, 36), "2025-07-01"),
        }  # fmt: skip
        told = {"updates": updates(days[number])} if number in days else {}
        shut = {"status": [{"at": "2025-07-09T09:00:00Z", "status": "closed"}]}
        yield crime(
            f"22A/{number}/25", reported_at="2025-07-01T08:00:00Z", division=("North", "South")[number % 2], **told,
            **(shut if number >= 36 else {}),
        )  # fmt: skip


class Review:
    """The commands, with the settings of a force whose week has been published."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.settings = folder / "config.toml"
        text = (ROOT / "config.toml").read_text("utf-8").replace("sqlite:///var/compliance.db", url)
        text = text.replace("# records_begin = 2026-01-05", "records_begin = 2025-01-06")
        self.settings.write_text(text.replace('"var/reports"', '"reports"'), "utf-8")

    def __call__(self, *words: str | Path) -> Result:
        return CliRunner().invoke(main, [*map(str, words), "--config", str(self.settings)])

    def draw(self, *words: str) -> Result:
        return self("review", "draw", "--period", "2025-W28", "--seed", "s", *words)

    @property
    def store(self) -> "closing[Store]":
        return closing(Store.open(self.url))

    def cases(self) -> list[dict[str, Any]]:
        with self.store as store:
            return cases_of(store, list_reviews(store)[-1].id)


@pytest.fixture
def review(tmp_path: Path, new_database: stores.NewDatabase) -> Review:
    url = new_database()
    migrate(url)
    with closing(Store.open(url)) as store:
        take(store, at("2025-07-21 05:00"), *crimes())
    found = Review(tmp_path, url)
    done = found("report", "--period", "2025-W28", "--edition", "board", "--format", "csv")
    assert done.exit_code == 0, done.output
    return found


def fill_in(path: Path, answers: dict[str, dict[str, str]]) -> None:
    """Answer a form in CSV, by crime number."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(row | answers.get(row["crime"], {}) for row in rows)


TOLD = {
    "told": "yes", "told_on": "2025-07-03", "told_by": "O1", "said_what_happened": "yes", "said_what_next": "no",
    "could_be_understood": "yes", "answered_request": "yes",
}  # fmt: skip
NOT = {"told": "no"}
ALL_AS_RECORDED = {
    f"22A/{n}/25": TOLD if n < 24 else TOLD | {"told_on": "2025-07-10"} if n < 28 else NOT for n in range(40)
}


def read_all(review: Review, answers: dict[str, dict[str, str]], *readers: str) -> None:
    assert review("review", "form", review.folder / "forms").exit_code == 0
    for reader in readers:
        path = review.folder / "forms" / f"review-1-{reader}.csv"
        fill_in(path, answers)
        done = review("review", "import", path, "--reader", reader)
        assert done.exit_code == 0, done.output


def shown(review: Review) -> list[str]:
    done = review("review", "show")
    assert done.exit_code == 0, done.output
    return done.stdout.splitlines()
