"""The commands on what the database holds: rebuild, quarantine, retention, export."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from compliance.cli import main
from compliance.clock import now
from compliance.errors import UnavailableError
from compliance.store import Store, judge_due, list_quarantined
from compliance.store.tables import CRIME, OBLIGATION, OWED_COUNT, QUARANTINE, REMOVAL
from tests import stores
from tests.engine import shipped
from tests.stores import at, crime, rows, take, updates

new_database, database_url = stores.new_database, stores.database_url
store = stores.store

ROOT = Path(__file__).parents[2]
FIRST = at("2026-07-02 06:00")


class Command:
    """The command line with the settings of a force whose database is the store's."""

    def __init__(self, path: Path, url: str) -> None:
        self.path = path
        text = (ROOT / "config.toml").read_text("utf-8")
        path.write_text(text.replace("sqlite:///var/compliance.db", url))

    def __call__(self, *words: str | Path | int) -> Result:
        return CliRunner().invoke(main, [*map(str, words), "--config", str(self.path)])


@pytest.fixture
def command(tmp_path: Path, database_url: str, store: Store) -> Command:
    return Command(tmp_path / "config.toml", database_url)


def test_rebuild_brings_up_to_date_and_then_counts_what_stood_otherwise(command: Command, store: Store) -> None:
    take(store, FIRST, crime("A"), crime("B"))
    done = command("rebuild")
    assert (done.exit_code, done.output) == (0, "2 crimes judged again, 0 obligations corrected\n")
    with store.writing() as connection:
        wrong = OBLIGATION.c.crime_ref == "A", OBLIGATION.c.requirement == "7-day"
        connection.execute(update(OBLIGATION).where(*wrong).values(state="met"))
    done = command("rebuild")
    assert (done.exit_code, done.output) == (1, "2 crimes judged again, 1 obligation corrected\n")
    assert command("rebuild").exit_code == 0
    with store.writing() as connection:
        connection.execute(update(OWED_COUNT).where(OWED_COUNT.c.band == "8 to 28").values(count=7))
    done = command("rebuild")
    counted = "2 crimes judged again, 0 obligations corrected, 1 count of what is outstanding corrected\n"
    assert (done.exit_code, done.output) == (1, counted)
    assert command("rebuild").exit_code == 0


@pytest.mark.parametrize("words", [("rebuild",), ("quarantine", "list"), ("retention",), ("export", "folder")])
def test_each_refuses_a_database_without_a_schema(
    tmp_path: Path, new_database: stores.NewDatabase, words: tuple[str, ...]
) -> None:
    done = Command(tmp_path / "config.toml", new_database())(*words)
    assert done.exit_code == 2
    assert "compliance migrate" in done.output


def test_the_quarantine_is_listed_shown_and_tried_again(command: Command, store: Store) -> None:
    take(
        store, FIRST, crime("A\x1b[31m", reported_at="soon\x07"), b'{"crime_ref": 5, "note": "caf\xc3\xa9\xff\x1b]0;x"}'
    )
    (second, first) = (record.id or 0 for record in list_quarantined(store))
    listed = command("quarantine", "list")
    assert (
        f"{first}  2026-07-02 06:00Z to 2026-07-02 06:00Z, 1 time  crimes  crime A\\x1b[31m: reported_at"
        in listed.output
    )
    assert "no crime number: " in listed.output
    assert "2 refused records" in listed.output
    shown = command("quarantine", "show", second)
    assert 'note": "café\\xff\\x1b]0;x"' in shown.output
    assert not any(ord(c) < 32 and c != "\n" for c in listed.output + shown.output), "nothing that a terminal obeys"
    done = command("quarantine", "retry", "--all")
    assert done.output == "0 accepted, 0 already corrected since, 2 still refused\n"
    assert command("quarantine", "retry", first).output == "0 accepted, 0 already corrected since, 1 still refused\n"
    assert command("quarantine", "retry").exit_code == command("quarantine", "retry", "--all", first).exit_code == 2
    assert command("quarantine", "show", 99).exit_code == 3


def test_retention_says_first_what_it_would_do(command: Command, store: Store) -> None:
    closed = {"status": [{"status": "closed", "at": "2022-03-01T09:00:00Z"}], "updates": updates("2022-02-24")}
    take(store, FIRST, crime("old", reported_at="2022-02-23T09:00:00Z", **closed), crime("new"))
    judge_due(store, shipped("west-mercia")[0], now())
    assert "none are removed" in command("retention").output
    text = command.path.read_text("utf-8")
    command.path.write_text(text.replace("# remove_after_days = 2555", "remove_after_days = 1000"))
    dry = command("retention", "--dry-run")
    assert dry.output == ("remove: crime old, closed on 2022-03-01\nremove: 1 crime closed more than 1,000 days ago\n")
    assert len(rows(store, CRIME)) == 2
    assert command("retention").output == "1 crime removed or stripped of officers\n"
    assert [row[0] for row in rows(store, CRIME, "crime_ref")] == ["new"]
    assert rows(store, REMOVAL, "action") == [("remove",)]


def test_refused_records_and_files_of_exports_have_a_life_of_their_own(
    command: Command, store: Store, tmp_path: Path
) -> None:
    """Also where the settings say nothing of crimes. The run without --dry-run does what the dry run said."""
    exports = tmp_path / "exports"
    (exports / "done").mkdir(parents=True)
    old = exports / "done" / "crimes_1.csv"
    old.write_text("crime_ref\n")
    text = command.path.read_text("utf-8").replace(
        "# [crime_system.files]", f'[crime_system.files]\nfolder = "{exports}"\n#'
    )
    command.path.write_text(text.replace("remove_exports_after_days = 30", "remove_exports_after_days = 1"))
    take(store, at("2020-01-01 06:00"), b"no crime number", crime("A", reported_at="soon"))
    assert command("retention", "--dry-run").output.splitlines() == [
        "no retention period is set for crimes; none are removed",
        "remove: refused record 1, which last came on 2020-01-01",
        "remove: 1 refused record",
    ], "the file was moved today"
    assert len(rows(store, QUARANTINE)) == 2
    assert command("retention").output.splitlines()[1:] == ["1 refused record removed"]
    assert [row[0] for row in rows(store, QUARANTINE, "crime_ref")] == ["A"], "it stands until the crime comes right"
    assert old.exists()


def test_export_names_its_files_and_what_is_in_them(command: Command, store: Store, tmp_path: Path) -> None:
    take(store, FIRST, crime("A"))
    done = command("export", tmp_path / "out")
    assert done.output.splitlines()[0] == f"{tmp_path}/out/crimes.parquet: 1 row"
    assert len(pq.read_table(tmp_path / "out" / "obligations.parquet")) >= 2, "brought up to date first"


def test_export_of_what_was_known_for_a_period_needs_a_poll_after_it_was_settled(
    command: Command, store: Store, tmp_path: Path
) -> None:
    """Statistics 1.2: week 27 is settled on 13 July 2026."""
    take(store, FIRST, crime("A"))
    early = command("export", tmp_path / "then", "--as-known-for", "2026-W27")
    assert early.exit_code == UnavailableError.exit_code
    assert "what was known at 2026-07-12T23:00Z is not known yet" in early.output
    take(store, at("2026-07-13 06:00"))
    done = command("export", tmp_path / "then", "--as-known-for", "2026-W27")
    assert [line.split("/")[-1] for line in done.output.splitlines()] == [
        "crimes.parquet: 1 row", "victims.parquet: 1 row", "updates.parquet: 0 rows", "statuses.parquet: 0 rows",
        "allocations.parquet: 0 rows", "events.parquet: 0 rows",
    ]  # fmt: skip
