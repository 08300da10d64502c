"""What a record is known by (decision 0008), and that it is kept whole."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard

from compliance.records import Crime, decode_crime
from compliance.store.content import content_of, pack, pack_raw, raw_digest, unpack, unpack_raw
from tests import frozen
from tests.histories import histories

RECORD = {
    "crime_ref": "22A/1/26",
    "reported_at": "2026-07-01T09:00:00Z",
    "victims": [{"victim_ref": "V1", "category": "enhanced"}],
    "changed_at": "2026-07-02T09:00:00Z",
}


def digest(record: dict[str, Any] | str) -> bytes:
    return content_of([decode_crime(record if isinstance(record, str) else json.dumps(record))])[0].digest


def test_a_record_that_is_only_written_otherwise_is_the_same() -> None:
    """Order of keys, white space, escapes, unknown fields and `changed_at` are not content (records section 1)."""
    turned = dict(reversed(RECORD.items())) | {"victims": [{"category": "enhanced", "victim_ref": "V1"}]}
    for same in (
        turned,
        RECORD | {"changed_at": "2026-07-09T09:00:00Z"},
        RECORD | {"colour": "blue", "division": None},
        json.dumps(RECORD, indent=2).replace("22A", "\\u00322A"),
    ):
        assert digest(same) == digest(RECORD)


def test_a_record_that_says_anything_else_is_another() -> None:
    others = [
        RECORD | {"crime_ref": "22A/2/26"},
        RECORD | {"reported_at": "2026-07-01T09:00:01Z"},
        RECORD | {"division": "A"},
        RECORD | {"victims": [{"victim_ref": "V1", "category": "standard"}]},
        RECORD | {"victims": [{"victim_ref": "V1", "category": "enhanced"}, {"victim_ref": "V2"}]},
        RECORD | {"victims": [{"victim_ref": "V1", "category": "enhanced", "contact_holds": [{"reason": "unsafe"}]}]},
    ]
    assert len({digest(record) for record in [RECORD, *others]}) == len(others) + 1


def test_the_digest_is_the_one_it_has_always_been() -> None:
    """Another would make every record of a force that upgrades a new version. The text looks like a `changed_at`."""
    record = RECORD | {"offence": 'Théft ","changed_at":"x"}', "updates": []}
    for same in (record, {name: value for name, value in record.items() if name != "changed_at"}):
        assert digest(same).hex() == "9b5e4ed9a4e11eb38476ed0d8712321c"


@pytest.mark.parametrize("revision", frozen.REVISIONS)
def test_what_earlier_versions_hold_has_the_same_digest_and_text_now(revision: str, tmp_path: Path) -> None:
    """Every released schema is kept as a database (decision 0026)."""
    frozen.thaw(f"sqlite:///{tmp_path / 'frozen.db'}", revision)
    with closing(sqlite3.connect(tmp_path / "frozen.db")) as database:
        held = database.execute(
            "SELECT digest, record FROM crime UNION ALL SELECT digest, record FROM crime_version"
        ).fetchall()
    assert len(held) > 200
    contents = content_of(unpack(record for _, record in held))
    assert [content.digest for content in contents] == [digest for digest, _ in held]
    decompress = zstandard.ZstdDecompressor().decompress
    assert [content.text for content in contents] == [decompress(record) for _, record in held]


def test_records_are_kept_whole() -> None:
    records: list[Crime] = [msgspec.convert(record, Crime) for record in histories(11, 200)]
    records += [decode_crime(json.dumps(RECORD))]
    assert unpack(pack(records)) == records
    assert [content.crime for content in content_of(records)] == records, "the digest leaves no trace in the record"
    assert records[-1].changed_at == RECORD["changed_at"]


def test_a_refused_record_is_kept_as_it_came_up_to_the_size_of_a_record() -> None:
    assert unpack_raw(pack_raw(b'{"crime_ref": "\xff')) == b'{"crime_ref": "\xff'
    assert len(unpack_raw(pack_raw(b"x" * 3_000_000))) == 1024 * 1024
    assert raw_digest("one feed", b"x") != raw_digest("another", b"x")
