"""Map a crime system's own fields to the record format by settings, without code.

A mapping refuses nothing. What it cannot interpret is left unchanged, and the record format then refuses the record
with its reason, as for every other feed (records section 1).
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import msgspec
from jmespath.exceptions import JMESPathError

from compliance.feed_settings import FieldMapping
from compliance.feeds.feed import Page
from compliance.feeds.fields import FIELDS, LISTS, check_mapping, expression, zone_of
from compliance.feeds.values import Values, absent, column
from compliance.records import FeedRecord, MappedRecord, PageRecord, SourceRecord

Row = Mapping[str, Any]
Take = Callable[[Any], Any]
WRONG: Final = "\0wrong"
"""The key under which a row states its fault. The record it is part of is refused for that."""
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_decode = msgspec.json.Decoder().decode


class _Field(NamedTuple):
    """A field of the record format, and how its value is made of the source's.

    `key`: the source's field, or None if `take` must find it. `otherwise`: the value if the source has none.
    """

    name: str
    key: str | None
    take: Take
    make: Take
    otherwise: Any


class Mapper:
    """A mapper of records and officers by a force's mapping, from JSON objects or, if `tabular`, from table rows.

    `watch`: if it is a list, each (source, mapped record) is added to it.
    """

    def __init__(self, mapping: FieldMapping, tabular: bool) -> None:
        """Prepare the mapping. Raises SettingsError if it names anything that does not exist."""
        check_mapping(mapping)
        self._mapping, self._tabular = mapping, tabular
        self._values = Values(zone_of(mapping), mapping.formats)
        self._fields = {name: self._prepare(name, own=True) for name in FIELDS}
        lists = (*LISTS, "absent")
        self._named = {name: self._prepare(name, own=False) for name in lists if self._columns(name)}
        paths = {name: mapping.lists.get(name, name) for name in lists}
        self._paths = {name: self._path(f"lists.{name}", text) for name, text in paths.items()}
        self._told = 0
        self._as_it_is = mapping.model_copy(update={"acknowledged": {}}) == FieldMapping() and not tabular
        self._digest = blake2b(mapping.model_dump_json().encode(), digest_size=16).digest()
        self.watch: list[tuple[Any, FeedRecord]] | None = None

    def _named_fields(self, name: str) -> dict[str, str]:
        """Return the fields of a list that the mapping names; an empty text leaves a field out."""
        found: dict[str, str] = getattr(self._mapping, name)
        return found

    def _columns(self, name: str) -> dict[str, str]:
        return {key: text for key, text in self._named_fields(name).items() if text}

    def _prepare(self, name: str, own: bool) -> list[_Field]:
        """Return the fields of a list. `own`: an unnamed field comes from the source field of its own name."""
        found, said = [], self._named_fields(name)
        makers: dict[str, Take] = {
            "text": self._values.text,
            "instant": self._values.instant,
            "integer": self._values.integer,
            "day": self._values.day,
        }
        for key, kind in FIELDS[name].items():
            label = f"{name}.{key}"
            text = said.get(key, key if own else "")
            if label in self._mapping.constants:
                constant = self._mapping.constants[label]
                found.append(_Field(key, None, _nothing, _same, None if absent(constant) else constant))
            elif text:
                meanings, make = self._mapping.values.get(label, {}), makers[kind]
                plain = text if _PLAIN.fullmatch(text) and not self._tabular else None
                take = column(text) if self._tabular else self._path(label, text)
                translate = _translate(meanings, make) if meanings else make
                found.append(_Field(key, plain, take, translate, meanings.get("")))
        return found

    def _path(self, key: str, text: str) -> Take:
        if _PLAIN.fullmatch(text):
            return lambda source: source.get(text) if isinstance(source, dict) else None
        if not text:
            return _nothing
        search = expression(key, text).search

        def take(source: Any) -> Any:
            try:
                return search(source)
            except (JMESPathError, RecursionError, ValueError, TypeError, AttributeError) as error:
                return {"the mapping could not be applied": f"{key}: {type(error).__name__}"}

        return take

    def columns(self, name: str) -> dict[str, str]:
        """Return the columns that the mapping names for a list, each with the setting that names it."""
        return {text: f"crime_system.mapping.{name}.{key}" for key, text in self._columns(name).items()}

    def crime_number(self, name: str, row: Row) -> Any:
        """Return the crime number in a row of a list's table, from the column that the mapping names for it.

        If they name none for the list, it is the one they name for crimes.
        """
        crimes = self._mapping.crime.get("crime_ref", "crime_ref")
        value = column(self._named_fields(name).get("crime_ref", crimes))(row)
        return self._values.text(value)

    def page(
        self, records: Sequence[FeedRecord], cursor: str | None, more: bool, whole: Collection[str] | None = None
    ) -> Page:
        """Return a page of what was mapped since the last one."""
        before, self._told = self._told, self._values.clock_changes
        return Page(records, cursor, more, whole, self._told - before)

    def map_json(self, raw: bytes) -> FeedRecord:
        """Map a record of the source to the record format.

        Anything that is not a JSON object is unchanged, and so is every record if the mapping is empty.
        """
        source = None if self._as_it_is else _object(raw)
        if source is None:
            self._note(raw, raw)
            return raw
        crime = _make(self._fields["crime"], source)
        for name in LISTS:
            if name != "contact_holds":
                crime |= self._list(name, source)
        record = MappedRecord(crime)
        self._note(raw, record)
        return record

    def map_when_read(self, raw: bytes) -> PageRecord:
        """Return a record of the source that `map_json` maps when it is read; unchanged if the mapping is empty."""
        return self.map_json(raw) if self._as_it_is else SourceRecord(raw, self._digest, self._map_counted)

    def _map_counted(self, raw: bytes) -> tuple[FeedRecord, int]:
        before = self._values.clock_changes
        record = self.map_json(raw)
        return record, self._values.clock_changes - before

    def _list(self, name: str, source: Any) -> dict[str, Any]:
        """Return {name: its items}, empty if the source has none. Anything but a list or an object is unchanged."""
        items = self._paths[name](source)
        if absent(items):
            return {}
        if not isinstance(items, list):
            return {name: items}
        return {name: [self._item(name, item) if isinstance(item, dict) else item for item in items]}

    def _item(self, name: str, item: Any) -> dict[str, Any]:
        holds = self._list("contact_holds", item) if name == "victims" else {}
        return _make(self._fields[name], item) | holds

    def map_rows(self, ref: str | None, crimes: Sequence[Row], parts: Mapping[str, Sequence[Row]]) -> MappedRecord:
        """Map a record from its rows: those of the crimes' table, and those of each list's table in `parts`.

        The crime's own fields come from the last of its rows. A list without a table of its own is taken from the
        crimes' rows: from the columns that the mapping names for it, or from a column that holds the whole list.
        """
        crime: dict[str, Any] = {} if ref is None else {"crime_ref": ref}
        if wrong := next((row[WRONG] for row in crimes if WRONG in row), None):
            crime["reported_at"] = wrong
        elif crimes:
            crime |= _make(self._fields["crime"], crimes[-1])
        found: dict[str, list[Any]] = {}
        for name in LISTS:
            if name in parts:
                found[name] = _once([row.get(WRONG) or _make(self._fields[name], row) for row in parts[name]])
            elif name in self._named:
                found[name] = _once([_make(self._named[name], row) for row in crimes if self._stands_in(name, row)])
            elif crimes and name != "contact_holds":
                crime |= self._read_nested(name, crimes[-1])
        _hand_out_holds(found)
        record = MappedRecord(crime | found)
        self._note({"crimes": [*crimes], **parts}, record)
        return record

    def _read_nested(self, name: str, row: Row) -> dict[str, Any]:
        """Return a list that a column of the crimes' table holds whole."""
        items = row.get(name)
        if not isinstance(items, list):
            return {}
        made = [_make(self._fields[name], item) if isinstance(item, dict) else item for item in items]
        for item, one in zip(items, made, strict=True):
            if name == "victims" and isinstance(item, dict):
                one.update(self._read_nested("contact_holds", item))
        return {name: made}

    def _stands_in(self, name: str, row: Row) -> bool:
        return any(not absent(column(text)(row)) for text in self._columns(name).values())

    def map_officer(self, raw: bytes) -> bytes:
        """Map a directory entry in JSON to the record format. Anything that is not a JSON object is unchanged."""
        source = None if self._as_it_is else _object(raw)
        if source is None:
            return raw
        return MappedRecord(_make(self._fields["officers"], source) | self._list("absent", source)).text

    def map_officers(self, rows: Sequence[Row]) -> list[bytes]:
        """Map directory entries from rows.

        Several rows of one officer each add an absence, if the mapping names its columns.
        """
        officers: dict[Any, dict[str, Any]] = {}
        for place, row in enumerate(rows):
            made = _make(self._fields["officers"], row)
            held = officers.setdefault(made.get("officer_ref", place), {})
            absences = held.get("absent", [])
            if "absent" in self._named and self._stands_in("absent", row):
                absences = [*absences, _make(self._named["absent"], row)]
            held.update(made | ({"absent": absences} if absences else {}))
        return [MappedRecord(officer).text for officer in officers.values()]

    def _note(self, source: Any, record: FeedRecord) -> None:
        if self.watch is not None:
            self.watch.append((source, record))


def _object(raw: bytes) -> dict[str, Any] | None:
    try:
        found = _decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _make(fields: Sequence[_Field], source: Any) -> dict[str, Any]:
    made = {}
    for name, key, take, make, otherwise in fields:
        value = take(source) if key is None else source.get(key)
        value = otherwise if value is None or absent(value) else make(value)
        if value is not None:
            made[name] = value
    return made


def _translate(meanings: Mapping[str, str], make: Take) -> Take:
    def made(value: Any) -> Any:
        said = meanings.get(str(value))
        return make(value) if said is None else said

    return made


def _same(value: Any) -> Any:
    return value


def _nothing(_: Any) -> None:
    return None


def _hand_out_holds(found: dict[str, list[Any]]) -> None:
    """Move each contact hold to its victim.

    A hold of an unknown victim must not vanish: it becomes a victim of its own, which is refused for its missing
    victim_ref.
    """
    victims = {victim.get("victim_ref"): victim for victim in found.get("victims", ()) if isinstance(victim, dict)}
    for hold in found.pop("contact_holds", ()):
        owner = victims.get(hold.pop("victim_ref", None)) if isinstance(hold, dict) else None
        if owner is None:
            found.setdefault("victims", []).append({"contact_holds": [hold]})
        else:
            owner.setdefault("contact_holds", []).append(hold)


def _once(items: list[Any]) -> list[Any]:
    """Return the items without repetitions: rows repeat what they have in common."""
    seen: dict[str, Any] = {}
    for item in items:
        seen.setdefault(repr(item), item)
    return list(seen.values())
