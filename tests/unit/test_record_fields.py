"""Every field of the record format is known wherever records are read (records sections 1 and 4; docs/contributing.md).

A field added to `compliance/records/wire.py` alone fails here until the page, the mapping and both readers know it.
"""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow as pa
import pytest

from compliance.feeds.fields import FIELDS
from compliance.records import columns_from_arrow, decode_crimes
from compliance.records.characteristics import NAMES as CHARACTERISTICS
from compliance.records.wire import Absence, Crime, Officer
from compliance.store.content import content_of

DOCS: Final = Path(__file__).parents[2] / "docs"
PAGE: Final = (DOCS / "records.md").read_text("utf-8") + (DOCS / "records-additions.md").read_text("utf-8")

GOOD_AT: Final = "2026-07-01T09:00:00Z"

Place = tuple[str, ...]


def fields(kind: Any, at: Place = ()) -> Iterator[tuple[Place, msgspec.inspect.Type, bool]]:
    """(path, type, whether it is required) of every field below a struct that is no list of others."""
    info = msgspec.inspect.type_info(kind)
    assert isinstance(info, msgspec.inspect.StructType)
    for field in info.fields:
        inner = field.type
        if isinstance(inner, msgspec.inspect.UnionType):
            inner = next(each for each in inner.types if not isinstance(each, msgspec.inspect.NoneType))
        path = (*at, field.encode_name)
        if isinstance(inner, msgspec.inspect.AnyType):
            assert field.name in CHARACTERISTICS
        if isinstance(inner, msgspec.inspect.ListType):
            assert isinstance(inner.item_type, msgspec.inspect.StructType)
            yield from fields(inner.item_type.cls, path)
        else:
            yield path, inner, field.required


OF_A_CRIME: Final = [each for each in fields(Crime) if each[0][-1] not in CHARACTERISTICS]
"""All but victims' characteristics: these decide nothing, refuse nothing and are no part of the record as stored (A7)."""


def good(kind: msgspec.inspect.Type, number: int = 1) -> Any:
    """A value that a field may have, another for each number. A text without a longest length is an instant."""
    if isinstance(kind, msgspec.inspect.LiteralType):
        return sorted(map(str, kind.values))[number]
    if isinstance(kind, msgspec.inspect.IntType):
        return 10 + number
    return f"text {number}" if kind.max_length else f"2026-07-0{number}T09:00:00Z"  # type: ignore[attr-defined]


def bad(kind: msgspec.inspect.Type) -> Any:
    """One that it may not."""
    if isinstance(kind, msgspec.inspect.LiteralType):
        return "reopened"
    if isinstance(kind, msgspec.inspect.IntType):
        return 0
    return "x" * 201 if kind.max_length else "soon"  # type: ignore[attr-defined]


def record(changed: Place = (), value: Any = None) -> dict[str, Any]:
    """A record with every field and one item in every list; the value at one path is another."""
    made: dict[str, Any] = {}
    for path, kind, _ in OF_A_CRIME:
        place = made
        for part in path[:-1]:
            place = place.setdefault(part, [{}])[0]
        place[path[-1]] = value if path == changed else good(kind)
    return made


def label(value: object) -> str:
    return ".".join(value) if isinstance(value, tuple) else ""


EVERY = pytest.mark.parametrize(("path", "kind"), [each[:2] for each in OF_A_CRIME], ids=label)


def test_the_record_with_every_field_is_one() -> None:
    assert len(OF_A_CRIME) >= 35
    assert decode_crimes([json.dumps(record())])[1] == []
    assert columns_from_arrow(pa.Table.from_pylist([record()]))[1] == []


def test_lists_that_are_all_empty_hold_nothing() -> None:
    """An Arrow table made of them does not say what they would hold."""
    empty = {"crime_ref": "22A/1/26", "reported_at": "2026-07-01T09:00:00Z", "updates": [], "events": []}
    for victims in ([], [{"victim_ref": "V1", "contact_holds": []}]):
        made, refusals = columns_from_arrow(pa.Table.from_pylist([empty | {"victims": victims}]))
        assert refusals == []
        assert len(made.victims) == len(victims)


@pytest.mark.parametrize(
    "missing",
    [
        {"updates": [{"update_ref": "U1", "at": GOOD_AT}, {"update_ref": None, "at": GOOD_AT}]},
        {"victims": [{"victim_ref": "V2"}, {"victim_ref": "V1"}, {"victim_ref": None}]},
        {"victims": [{"victim_ref": None}], "updates": [{"update_ref": "U1", "at": GOOD_AT, "victim_ref": "V1"}]},
    ],
)
def test_a_row_without_a_reference_is_refused_and_no_other(missing: dict[str, Any]) -> None:
    """It does not stop a table (decision 0014)."""
    given = [{"crime_ref": f"{n}", "reported_at": GOOD_AT, **missing} for n in range(2)]
    given.insert(1, {"crime_ref": "good", "reported_at": GOOD_AT, "updates": [], "victims": [{"victim_ref": "V1"}]})
    made, refusals = columns_from_arrow(pa.Table.from_pylist(given))
    assert made.crime_ref.to_pylist() == ["good"]
    assert [(each.index, "_ref: found nothing; expected a text" in each.reason) for each in refusals] == [
        (0, True),
        (2, True),
    ]


@EVERY
def test_both_readers_refuse_a_wrong_value(path: Place, kind: msgspec.inspect.Type) -> None:
    wrong = record(path, bad(kind))
    for refusals in (decode_crimes([json.dumps(wrong)])[1], columns_from_arrow(pa.Table.from_pylist([wrong]))[1]):
        assert [path[-1] in refusal.reason for refusal in refusals] == [True]


@EVERY
def test_another_value_is_another_version(path: Place, kind: msgspec.inspect.Type) -> None:
    """All but the feed's own `changed_at` (decision 0008)."""
    crimes, _ = decode_crimes([json.dumps(record()), json.dumps(record(path, good(kind, 2)))])
    before, after = (content.digest for content in content_of(crimes))
    assert (before == after) == (path == ("changed_at",))


def mapped(kind: Any, name: str) -> dict[str, set[str]]:
    """The fields of the format by the list that the settings of a mapping know them by."""
    found: dict[str, set[str]] = {}
    for path, _, _ in fields(kind):
        found.setdefault(path[-2] if len(path) > 1 else name, set()).add(path[-1])
    return found


def test_the_mapping_knows_every_field() -> None:
    """`victim_ref` of a contact hold says in a table whose it is."""
    expected = deepcopy(mapped(Crime, "crime")) | mapped(Officer, "officers")
    expected["contact_holds"].add("victim_ref")
    assert {name: set(known) for name, known in FIELDS.items()} == expected
    assert expected["absent"] == {field.encode_name for field in msgspec.structs.fields(Absence)}


def test_the_page_of_the_format_names_every_field() -> None:
    told = set(names_in(PAGE))
    assert {path[-1] for path, _, _ in OF_A_CRIME} <= told
    assert {path[-1] for path, _, _ in fields(Officer)} - {"role"} <= told, "role is a setting's (docs/reminders.md)"


def names_in(text: str) -> Iterator[str]:
    """The names between backticks, also those within quotation marks inside them."""
    for piece in text.split("`")[1::2]:
        yield from (
            piece.replace('"', " ").replace(",", " ").replace("{", " ").replace("}", " ").replace(":", " ").split()
        )
