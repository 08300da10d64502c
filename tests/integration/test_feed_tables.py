"""What stands in an export: one file or several, CSV, NDJSON or Parquet, and what is wrong with it (records section 4)."""

import json
import os
import tempfile
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.errors import UnavailableError
from compliance.feed_settings import FieldMapping
from compliance.feeds import Page
from compliance.records import decode_crimes
from tests import exports
from tests.exports import NOW, Folder, crimes, feed_of, polled

folder = exports.folder


ONE_FILE = FieldMapping(
    victims={"victim_ref": "victim"},
    updates={"update_ref": "contact", "at": "contacted", "outcome": "result"},
    status={"status": "state", "at": "state_at"},
    values={"updates.outcome": {"VC": "informed"}},
    timezone="Europe/London",
)


def test_a_row_a_crime_or_a_row_a_contact_in_one_file(folder: Folder) -> None:
    text = (
        "crime_ref,reported_at,victim,contact,contacted,result,state,state_at\n"
        "1,2026-07-01 10:00,V1,C1,2026-07-02 10:00,VC,,\n"
        "1,2026-07-01 10:00,V1,C2,2026-07-03 10:00,NA,closed,2026-07-04 10:00\n"
        "2,2026-07-01 10:00,,,,,,\n"
    )
    folder.put("a.csv", text)
    assert polled(feed_of(folder, ONE_FILE))[0] == [
        {
            "crime_ref": "1",
            "reported_at": "2026-07-01T10:00:00+01:00",
            "status": [{"status": "closed", "at": "2026-07-04T10:00:00+01:00"}],
            "victims": [{"victim_ref": "V1"}],
            "updates": [
                {"update_ref": "C1", "at": "2026-07-02T10:00:00+01:00", "outcome": "informed"},
                {"update_ref": "C2", "at": "2026-07-03T10:00:00+01:00", "outcome": "NA"},
            ],
        },
        {"crime_ref": "2", "reported_at": "2026-07-01T10:00:00+01:00", "victims": [], "updates": [], "status": []},
    ]


TABLES = {
    "crimes": "crimes_*.csv",
    "victims": "victims_*.csv",
    "updates": "updates_*.csv",
    "contact_holds": "crimes_holds_*.csv",
}


def put_tables(folder: Folder, day: str = "1", updates: str = "") -> None:
    folder.put(f"crimes_{day}.csv", crimes("1", "2"))
    folder.put(f"victims_{day}.csv", "crime_ref,victim_ref\n1,V1\n2,V2\n1,V3\n")
    folder.put(f"updates_{day}.csv", updates or "no,update_ref,at,outcome\n1,U1,2026-07-02 10:00,informed\n")
    folder.put(f"crimes_holds_{day}.csv", "crime_ref,victim_ref,reason,from\n1,V3,unsafe,2026-07-02 10:00\n")


OWN_KEY = FieldMapping(updates={"crime_ref": "no"}, timezone="Europe/London")


def test_a_file_each_for_crimes_victims_updates_and_holds(folder: Folder) -> None:
    put_tables(folder)
    [one, two] = polled(feed_of(folder, OWN_KEY, tables=TABLES))[0]
    hold = {"reason": "unsafe", "from": "2026-07-02T10:00:00+01:00"}
    assert one["victims"] == [{"victim_ref": "V1"}, {"victim_ref": "V3", "contact_holds": [hold]}]
    assert one["updates"] == [{"update_ref": "U1", "at": "2026-07-02T10:00:00+01:00", "outcome": "informed"}]
    assert (two["victims"], two["updates"]) == ([{"victim_ref": "V2"}], [])
    assert len(folder.names("done")) == 4


def test_an_export_waits_for_its_files_and_has_failed_after_a_day(folder: Folder) -> None:
    put_tables(folder)
    (folder.path / "victims_1.csv").unlink()
    put_tables(folder, day="2")
    (page,) = feed_of(folder, OWN_KEY, tables=TABLES).pages(None)
    assert (page.records, page.next, page.waits) == ([], None, "the export crimes_1.csv waits for victims_1.csv")
    assert len(folder.names()) == 7
    later = feed_of(folder, OWN_KEY, tables=TABLES, now=NOW + timedelta(days=1))
    with pytest.raises(UnavailableError, match=r"it waited a day for the rest of its export: victims_1\.csv"):
        polled(later)
    assert len(folder.names("done")) == 4, "the next one is taken all the same"
    assert "crimes_1.csv.reason.txt" in folder.names("failed")


def test_a_row_of_a_crime_that_is_not_there_is_refused_and_not_lost(folder: Folder) -> None:
    put_tables(folder, updates="no,update_ref,at,outcome\n9,U1,2026-07-02 10:00,informed\n")
    *_, stray = polled(feed_of(folder, OWN_KEY, tables=TABLES))[0]
    assert (stray["crime_ref"], stray.get("reported_at"), len(stray["updates"])) == ("9", None, 1)


def test_a_row_with_too_few_columns_refuses_its_crime_alone(folder: Folder) -> None:
    put_tables(folder, updates="no,update_ref,at,outcome\n1,U1,2026-07-02 10:00\n")
    [one, two] = polled(feed_of(folder, OWN_KEY, tables=TABLES))[0]
    assert one["updates"] == ["updates_1.csv, line 2: 3 columns where the header has 4"]
    assert two["crime_ref"] == "2"
    folder.put("a.csv", "crime_ref,reported_at\n1,2026-07-01 10:00,x\n")
    [bad] = polled(feed_of(folder))[0]
    assert bad == {"crime_ref": "1", "reported_at": "a.csv, line 2: 3 columns where the header has 2"}


NAMED = FieldMapping(crime={"reported_at": "reported_at"}, timezone="Europe/London")


@pytest.mark.parametrize("content", ["22A/1/26,PC Bob,2026-07-01 10:00\n", "22A/1/26,22A/1/26\n"])
def test_a_file_without_a_header_is_not_quoted_for_its_first_row_is_data(folder: Folder, content: str) -> None:
    """What is said goes into the log."""
    folder.put("a.csv", content)
    with pytest.raises(UnavailableError, match=r"a.csv: (there is no column|columns 1 and 2)") as caught:
        polled(feed_of(folder, NAMED))
    assert not [found for found in ("22A", "Bob") if found in str(caught.value)]


def test_a_column_that_is_nearly_there_is_named(folder: Folder) -> None:
    folder.put("a.csv", "crime_ref,reported at\n1,2026-07-01 10:00\n")
    with pytest.raises(UnavailableError, match=r"no column 'reported_at'.*2 columns; did you mean 'reported at'\?"):
        polled(feed_of(folder, NAMED))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'crime_ref,reported_at\n"1,2026-07-01 10:00\n', "cannot be read as CSV"),
        (b"crime_ref,reported_at\n\xff,2026-07-01 10:00\n", "byte 0xff is not utf-8"),
        (b"crime_ref,crime_ref\n1,2\n", "columns 1 and 2 of the header have the same name"),
        (b"crime_ref,reported\n1,2026-07-01 10:00\n", "there is no column 'reported_at', which crime_system.mapping.crime"),
        (b"", "there is no column"),
        (b"crime_ref,reported_at\n1," + b"x" * 1_100_000 + b"\n", "field larger than field limit"),
        (b"crime_ref,reported_at\n" + b"," * 9_000_000, "a line of more than 8,388,608 characters"),
    ],
    ids=["open quote", "no utf-8", "twice", "lacking", "empty", "too long a field", "too long a line"],
)  # fmt: skip
def test_a_file_that_cannot_be_read_fails_with_its_reason_and_the_next_is_taken(
    folder: Folder, content: bytes, said: str
) -> None:
    folder.put("a.csv", content)
    folder.put("b.csv", crimes("2"))
    taken: list[Page] = []
    with pytest.raises(UnavailableError, match=r"a\.csv was not taken and lies in") as raised:
        taken.extend(feed_of(folder, NAMED).pages(None))
    assert said in str(raised.value)
    assert said in (folder.path / "failed" / "a.csv.reason.txt").read_text()
    assert folder.names("done") == ["b.csv"]
    assert folder.names() == []


CSV = crimes("1", "2", '"3"').encode()


@settings(max_examples=60)
@given(
    st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: CSV + text.encode("utf-8", "replace"))),
    st.sampled_from([".csv", ".ndjson", ".parquet"]),
    st.sampled_from(["utf-8-sig", "cp1252", "utf-16"]),
)
def test_whatever_is_in_a_file_it_is_taken_or_failed(content: bytes, suffix: str, encoding: str) -> None:
    with tempfile.TemporaryDirectory() as path:
        folder = Folder(Path(path))
        folder.put(f"a{suffix}", content)
        feed = feed_of(folder, tables={"crimes": f"*{suffix}"}, encoding=encoding)
        try:
            records = [raw for page in feed.pages(None) for raw in page.raws]
        except UnavailableError:
            assert len(folder.names("failed")) == 2
        else:
            assert folder.names("done") == [f"a{suffix}"]
            decode_crimes(records)


def test_lines_of_json(folder: Folder) -> None:
    """One that is no JSON, or too long, is given out alone; the others go on."""
    long = b'{"crime_ref":"3","offence":"' + b"x" * 3_000_000 + b'"}'
    lines = [b'\xef\xbb\xbf{"crime_ref":"1"}', b"{", b"", long, b'{"crime_ref":"2"}\r']
    folder.put("a.ndjson", b"\n".join(lines))
    feed = feed_of(folder, FieldMapping(), size=3, tables={"crimes": "*.ndjson"})
    pages = list(feed.pages(None))
    assert [len(page.raws) for page in pages] == [3, 1]
    raws = [raw for page in pages for raw in page.raws]
    assert (raws[:2], raws[3]) == ([b'{"crime_ref":"1"}', b"{"], b'{"crime_ref":"2"}')
    assert 1_048_576 < len(raws[2]) < 1_048_600


def test_parquet(folder: Folder) -> None:
    table = pa.table(
        {
            "crime_ref": [1, 2],
            "reported_at": pa.array([1_782_900_000_000_000_001, None], pa.timestamp("ns")),
            "victims": [[{"victim_ref": "V1", "contact_holds": [{"reason": "unsafe"}]}], []],
        }
    )
    pq.write_table(table, folder.path / "a.parquet")
    os.utime(folder.path / "a.parquet", (0, 0))
    folder.put("b.parquet", b"PAR1 no more")
    pages: list[Page] = []
    with pytest.raises(UnavailableError, match=r"b.parquet: cannot be read as Parquet"):
        pages.extend(feed_of(folder, tables={"crimes": "*.parquet"}).pages(None))
    assert [json.loads(raw) for page in pages for raw in page.raws] == [
        {
            "crime_ref": "1",
            "reported_at": "2026-07-01T10:00:00+01:00",
            "victims": [{"victim_ref": "V1", "contact_holds": [{"reason": "unsafe"}]}],
        },
        {"crime_ref": "2", "victims": []},
    ]
