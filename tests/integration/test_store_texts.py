"""A text of a record may hold any character (records section 1), on any database, in keys as elsewhere."""

from typing import Any

import pytest

from compliance.store import Store, judge_due, load_columns, load_crimes, rebuild
from compliance.store.tables import OBLIGATION, QUARANTINE, TRANSITION
from tests import stores
from tests.engine import shipped
from tests.stores import at, crime, rows, take

new_database, database_url = stores.new_database, stores.database_url
store = stores.store

WEST_MERCIA = shipped("west-mercia")[0]
NOW = at("2026-07-20 06:00")
TEXTS = ["nul \0 nul\0", "\x1a", "\x1a0", "\x1a1\0", "\\N \\. \t\n\r \\x00", "“é” 🚔 \ufffe", "'; --", '"', "%s %(x)s"]


@pytest.mark.parametrize("count", [1, 60], ids=["one by one", "in bulk"])
def test_any_text_comes_back_as_it_was(store: Store, count: int) -> None:
    def record(number: int, text: str) -> dict[str, Any]:
        victims = [{"victim_ref": f"{text}{n}"} for n in range(count)]
        return crime(f"{number}{text}", division=text, team=text, officer_ref=text, victims=victims)

    records = [record(n, text) for n, text in enumerate(TEXTS)]
    take(store, NOW, *records)
    judge_due(store, WEST_MERCIA, NOW)
    found = {row[0]: row[1:] for row in rows(store, OBLIGATION, "crime_ref", "division", "team", "officer_ref")}
    assert found == {record["crime_ref"]: (record["division"],) * 3 for record in records}
    assert {row[0] for row in rows(store, TRANSITION, "victim_ref")} == {
        victim["victim_ref"] for record in records for victim in record["victims"]
    }
    assert load_columns(store).crime_ref.to_pylist() == sorted(found)
    assert [c.division for c in load_crimes(store, [records[0]["crime_ref"]])] == [TEXTS[0]]
    assert rebuild(store, WEST_MERCIA, NOW).differences == 0


def test_a_refused_record_with_any_text_is_found_by_its_crime_number(store: Store) -> None:
    texts = [*TEXTS, "\x1f", "1\x1f2"]
    for text in texts:
        take(store, NOW, crime(text, reported_at=f"soon{text}"))
        take(store, NOW, crime(text))
    assert {row[1] for row in rows(store, QUARANTINE, "crime_ref", "cleared_at")} == {NOW}
    assert sorted(str(row[0]) for row in rows(store, QUARANTINE, "crime_ref")) == sorted(texts)


def test_crimes_are_asked_for_by_their_numbers_whatever_those_hold(store: Store) -> None:
    """What lists of numbers are put together with may itself stand in one."""
    refs = ["1", "2", "1\x1f2", "\x1f", "\x1a1"]
    take(store, NOW, *(crime(ref) for ref in refs))
    for asked in (["1\x1f2"], ["1", "2"], ["\x1f", "2"], ["\x1a1", "1"], refs):
        assert sorted(c.crime_ref for c in load_crimes(store, asked)) == sorted(asked)
