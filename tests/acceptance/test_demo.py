"""The demo, small: the whole service on a simulated force, twice the same, and on given records."""

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from compliance.demo import replay_records, run
from compliance.errors import SettingsError
from compliance.policy import judge, load_policy
from compliance.simulator import SimulatedForce
from compliance.store import Store, load_columns
from tests.conformance import records_text


def small(folder: Path, seed: int = 3) -> list[str]:
    told: list[str] = []
    run(SimulatedForce(seed=seed, weeks=6, scale=0.02), folder, "Small Constabulary", 14, told.append)
    return told


def text_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.glob("*/*.*"))
        if path.suffix != ".db"
    }


@dataclass(frozen=True)
class Done:
    """A demo that was run: its folder, and what it told."""

    folder: Path
    told: list[str]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """One for all tests, which only read it."""
    folder = tmp_path_factory.mktemp("demo")
    return Done(folder, small(folder))


def test_the_same_seed_gives_the_same_emails_and_reports_to_the_byte(demo: Done, tmp_path: Path) -> None:
    assert demo.told == small(tmp_path / "two")
    one = text_of(demo.folder)
    assert one == text_of(tmp_path / "two")
    assert sum(name.startswith("mail/") for name in one) > 5
    assert sum(name.startswith("reports/") for name in one) >= 2


def test_what_stands_at_the_end_is_what_the_engine_says_of_the_records(demo: Done) -> None:
    """The projection, kept up through weeks of polls, equals judging all records at once (decision 0009)."""
    store = Store.open(f"sqlite:///{demo.folder}/compliance.db")
    force_policy = load_policy("west-mercia")
    end = SimulatedForce(seed=3, weeks=6, scale=0.02).end.replace(hour=13)
    table = judge(load_columns(store), force_policy, end).table()
    store.close()
    keys = ("crime_ref", "victim_ref", "requirement", "cycle", "due_date", "state")
    fresh = sorted(tuple(str(row[key]) for key in keys) for row in table.select(keys).to_pylist())
    with closing(sqlite3.connect(demo.folder / "compliance.db")) as database:
        held = sorted(tuple(map(str, row)) for row in database.execute(f"select {', '.join(keys)} from obligation"))  # noqa: S608
    assert held == fresh


def test_an_email_holds_nothing_personal(demo: Done) -> None:
    for path in (demo.folder / "mail").glob("*.eml"):
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        subject = str(message["Subject"])
        assert re.fullmatch(r"\d+ [a-z]+[a-z0-9, ]*: (victims?|officers?) [a-z ]+, \d+ [A-Z][a-z]+", subject), subject
        assert not any(word in subject for word in ("22/", "Crime", "Violence"))
        body = message.get_body(("plain",))
        assert body is not None
        text = body.get_content()
        assert "Before you contact a victim, check in the crime system how they" in text
        for word in ("Violence", "Burglary", "theft", "Shoplifting", "Robbery"):
            assert word not in text.replace("HMIC", "")


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.long)])
def test_given_records_are_replayed_by_their_instants(tmp_path: Path, every: int) -> None:
    """Those of the conformance file: every fourth, and all 400 in the long form."""
    source, records = tmp_path / "given.ndjson", records_text().splitlines(keepends=True)[::every]
    source.write_text("".join(records) + '{"crime_ref": "bad"}\n')
    refused: list[str] = []
    history = replay_records(str(source), lambda line, reason: refused.append(f"{line}: {reason}"))
    assert refused == [f"{len(records) + 1}: reported_at: missing; it is required"]
    told: list[str] = []
    done = run(history, tmp_path / "out", "Given", 14, told.append)
    assert len(records) == 400 // every
    assert done.crimes > len(records) // 2
    assert done.reports


def test_a_folder_that_no_demo_made_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(SettingsError, match="contains files that no demo made"):
        small(tmp_path)
    assert (tmp_path / "mine").read_text() == "precious"


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot be emptied or written"):
        small(tmp_path / "file" / "demo")


def test_a_file_without_records_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.ndjson").write_text("\n")
    with pytest.raises(SettingsError, match="contains no valid crime record"):
        replay_records(str(tmp_path / "empty.ndjson"), lambda *_: None)
