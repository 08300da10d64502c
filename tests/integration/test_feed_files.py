"""A folder where exports land, also while they are being written: each taken once, whole, in order (records section 4)."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from compliance.errors import SettingsError, UnavailableError
from compliance.feed_settings import FieldMapping
from tests import exports
from tests.exports import NOW, Folder, crimes, feed_of, polled, refs

folder = exports.folder


def test_a_file_is_taken_in_pages_and_then_moved(folder: Folder) -> None:
    folder.put("a.csv", crimes("1", "2", "3"))
    pages = []
    for page in feed_of(folder, size=2).pages(None):
        pages.append(page)
        assert folder.names() == ["a.csv"], "not before its last page is kept"
    assert [(len(page.raws), page.more) for page in pages] == [(2, True), (1, False)]
    assert (folder.names(), folder.names("done")) == ([], ["a.csv"])


def test_a_poll_that_breaks_off_reads_the_file_again(folder: Folder) -> None:
    folder.put("a.csv", crimes("1", "2", "3"))
    feed = feed_of(folder, size=2)
    cursor = next(feed.pages(None)).next
    assert refs(polled(feed, cursor)[0]) == ["1", "2", "3"]


def test_a_file_is_taken_once_by_its_content(folder: Folder) -> None:
    """Also where this service was killed before it could move it, or it was delivered twice."""
    folder.put("a.csv", crimes("1"))
    _, cursor = polled(feed_of(folder))
    folder.put("a.csv", crimes("1"))
    folder.put("b.csv", crimes("2"))
    records, cursor = polled(feed_of(folder), cursor)
    assert refs(records) == ["2"]
    assert folder.names("done") == ["a.2.csv", "a.csv", "b.csv"]
    folder.put("c.csv", crimes("1"))
    assert polled(feed_of(folder), cursor)[0] == []


@pytest.mark.parametrize("age", [0, 59, -30])
def test_a_file_that_is_being_written_is_left_alone(folder: Folder, age: float) -> None:
    folder.put("a.csv", crimes("1"), age)
    assert polled(feed_of(folder)) == ([], None)
    assert folder.names() == ["a.csv"]
    assert refs(polled(feed_of(folder, now=NOW + timedelta(minutes=2)))[0]) == ["1"]


@pytest.mark.parametrize("name", [".a.csv", "~a.csv", "a.csv.part", "a.csv.tmp", "a.csv.filepart", "notes.txt"])
def test_a_name_of_something_unfinished_is_no_export(folder: Folder, name: str) -> None:
    folder.put(name, crimes("1"), 10**6)
    assert list(feed_of(folder, tables={"crimes": "*.csv"}).pages(None)) == []


def test_a_file_of_the_future_is_taken_in_spite_of_its_clock(folder: Folder) -> None:
    folder.put("a.csv", crimes("1"), age=-(10**8))
    assert refs(polled(feed_of(folder))[0]) == ["1"]


def test_a_file_that_is_written_to_while_it_is_read_is_read_again(folder: Folder) -> None:
    file = folder.put("a.csv", crimes("1", "2"))
    pages = feed_of(folder, size=1).pages(None)
    cursor = next(pages).next
    with file.open("a") as more:
        more.write("3,2026-07-01 10:00\n")
    with pytest.raises(UnavailableError, match=r"a.csv was written to while it was read"):
        next(pages)
    assert folder.names() == ["a.csv"]
    os.utime(file, (0, 0))
    assert refs(polled(feed_of(folder), cursor)[0]) == ["1", "2", "3"]


def test_files_are_taken_by_name_or_by_time(folder: Folder) -> None:
    for order, expected in (("name", ["1", "2"]), ("time", ["2", "1"])):
        folder.put("a.csv", crimes("1"), age=200)
        folder.put("b.csv", crimes("2"), age=300)
        assert refs(polled(feed_of(folder, order=order))[0]) == expected


def test_a_newer_export_waits_for_an_older_one(folder: Folder) -> None:
    """Nothing older may overwrite what is newer."""
    folder.put("a.csv", crimes("1"), age=5)
    folder.put("b.csv", crimes("2"))
    assert polled(feed_of(folder)) == ([], None)


@pytest.mark.parametrize("suffix", ["csv", "ndjson"])
def test_a_full_export_says_which_crimes_there_are(folder: Folder, suffix: str) -> None:
    lines = "".join(f'{{"crime_ref":"{n}","reported_at":"x"}}\n' for n in (1, 2, 3))
    folder.put(f"a.{suffix}", crimes("1", "2", "3") if suffix == "csv" else lines)
    feed = feed_of(folder, FieldMapping(), size=2, full_export=True, tables={"crimes": f"*.{suffix}"})
    assert [page.whole for page in feed.pages(None)] == [None, {"1", "2", "3"}]


def test_a_full_export_of_nothing_is_not_believed(folder: Folder) -> None:
    folder.put("a.csv", crimes())
    with pytest.raises(UnavailableError, match="all would have vanished"):
        polled(feed_of(folder, full_export=True))
    assert folder.names("failed") == ["a.csv", "a.csv.reason.txt"]


def test_the_officer_directory_stays_where_it_is(folder: Folder) -> None:
    folder.put("officers.csv", "officer_ref;email\nO1;é@force.example\n;x\n".encode("cp1252"))
    rules = FieldMapping(officers={"email": "email"})
    feed = feed_of(folder, rules, officers="officers.csv", delimiter=";", encoding="cp1252")
    assert list(feed.pages(None)) == []
    found = feed.officers()
    assert [officer.email for officer in found.officers] == ["é@force.example"]
    assert len(found.refusals) == 1
    folder.put("officers.csv", "officer_ref;email\n", age=1)
    assert not feed.officers().read, "while it is being written"
    (folder.path / "officers.csv").unlink()
    with pytest.raises(UnavailableError, match=r"officers.csv: cannot be read \(No such file"):
        feed.officers()
    assert not feed_of(folder).officers().read


def test_what_is_only_tried_is_moved_nowhere(folder: Folder) -> None:
    folder.put("a.csv", "crime_ref\n1,2\n")
    assert len(polled(feed_of(folder, moves=False))[0]) == 1
    folder.put("a.csv", b"\xff")
    with pytest.raises(UnavailableError):
        polled(feed_of(folder, moves=False))
    assert folder.names() == ["a.csv"]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"check that the folder of crime_system\.files is there"):
        polled(feed_of(Folder(tmp_path / "none")))


def test_a_cursor_of_another_kind_of_feed(folder: Folder) -> None:
    with pytest.raises(SettingsError, match="belongs to another kind of feed"):
        polled(feed_of(folder), "c1")


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"tables": {"victims": "*.csv"}}, "crimes: missing"),
        ({"tables": {"crimes": "*.csv", "victim": "v*.csv"}}, "victim: expected crimes or one of"),
        ({"tables": {"crimes": "*.csv", "victims": "v.csv"}}, "expected at most one"),
        ({"tables": {"crimes": "*.txt"}}, "expected a name ending in .csv, .ndjson, .parquet, .xlsx"),
        ({"tables": {"crimes": "*.ndjson", "victims": "v*.csv"}}, "NDJSON holds whole records"),
        ({"encoding": "utf-88"}, "'utf-88' is not an encoding"),
        ({"officers": "officers.ndjson"}, "expected NDJSON where crimes are NDJSON"),
    ],
)
def test_patterns_that_cannot_be_are_a_wrong_setting(folder: Folder, said: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        feed_of(folder, **said)


TABLES: dict[str, Any] = {"tables": {"crimes": "crimes_*.csv", "victims": "victims_*.csv", "updates": "updates_*.csv"}}


def test_an_export_that_is_not_whole_says_which_files_it_waits_for(folder: Folder) -> None:
    """And later ones wait for it."""
    folder.put("crimes_1.csv", crimes("1"))
    folder.put("updates_1.csv", "crime_ref;update_ref\n")
    for table in ("crimes", "victims", "updates"):
        folder.put(f"{table}_2.csv", crimes("2"))
    (page,) = feed_of(folder, **TABLES).pages(None)
    assert (page.raws, page.next, page.more) == ([], None, False)
    assert page.waits == "the export crimes_1.csv waits for victims_1.csv"
    folder.put("victims_1.csv", "crime_ref;victim_ref\n", age=5)
    (page,) = feed_of(folder, **TABLES).pages(None)
    assert page.waits == "the export crimes_1.csv was written to less than 60 seconds ago"


def test_a_whole_export_is_taken_though_a_later_one_waits(folder: Folder) -> None:
    folder.put("a.csv", crimes("1"))
    folder.put("b.csv", crimes("2"), age=5)
    taken, waiting = feed_of(folder).pages(None)
    assert (len(taken.raws), taken.more, taken.waits) == (1, False, None)
    assert waiting.waits is not None
    assert (folder.names(), folder.names("done")) == (["b.csv"], ["a.csv"])


def test_an_export_that_failed_is_told_though_a_later_one_waits(folder: Folder) -> None:
    folder.put("a.csv", b"crime_ref\n\xff\n")
    folder.put("b.csv", crimes("2"), age=5)
    with pytest.raises(UnavailableError, match=r"a\.csv was not taken"):
        list(feed_of(folder).pages(None))


def test_an_export_that_is_given_up_names_the_files(folder: Folder) -> None:
    folder.put("crimes_1.csv", crimes("1"), age=25 * 3600)
    with pytest.raises(
        UnavailableError, match=r"it waited a day for the rest of its export: victims_1\.csv, updates_1"
    ):
        list(feed_of(folder, **TABLES).pages(None))
