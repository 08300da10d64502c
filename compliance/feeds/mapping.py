"""Map a crime system's own fields to the record format by settings, without code.

A mapping refuses nothing. What it cannot interpret is left unchanged, and the record format then refuses the record
with its reason, as for every other feed (records section 1).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import msgspec

from compliance.feed_settings import FieldMapping, Source
from compliance.feeds.feed import Page
from compliance.feeds.fields import CRIMES, FIELDS, LISTS, check_mapping, zone_of
from compliance.feeds.mapped_fields import make_fields, named_fields, path_of, prepare_fields, take_of
from compliance.feeds.row_filters import RowFilters
from compliance.feeds.table_rows import WRONG, Row
from compliance.feeds.values import Values, absent
from compliance.records import FeedRecord, MappedRecord, PageRecord, SourceRecord

_decode = msgspec.json.Decoder().decode


class Mapper:
    """A mapper of records and officers by a force's mapping, from JSON objects or, if `tabular`, from table rows.

    `watch`: if it is a list, each (source, mapped record) is added to it.
    """

    def __init__(self, mapping: FieldMapping, tabular: bool) -> None:
        """Prepare the mapping. Raises SettingsError if it names anything that does not exist."""
        check_mapping(mapping, tabular)
        self.mapping, self.is_tabular = mapping, tabular
        self._values = Values(zone_of(mapping), mapping.formats)
        self._fields = {name: prepare_fields(mapping, self._values, name, True, tabular) for name in FIELDS}
        lists = (*LISTS, "absent")
        self._named = {
            name: prepare_fields(mapping, self._values, name, False, tabular) for name in lists if self._sources(name)
        }
        self._standing = {
            name: [take_of(f"{name}.{key}", source, tabular) for key, source in self._sources(name).items()]
            for name in self._named
        }
        refs = {name: named_fields(mapping, name).get("crime_ref") for name in ("crime", *LISTS)}
        numbers = {name: ref or refs["crime"] or "crime_ref" for name, ref in refs.items()}
        self._numbers = {name: take_of(f"{name}.crime_ref", ref, tabular) for name, ref in numbers.items()}
        paths = {name: mapping.lists.get(name, name) for name in lists}
        self._paths = {name: path_of(f"lists.{name}", text) for name, text in paths.items()}
        self.filters = RowFilters(mapping.rows)
        self._told = 0
        self._as_it_is = mapping.model_copy(update={"acknowledged": {}}) == FieldMapping() and not tabular
        self._digest = blake2b(mapping.model_dump_json().encode(), digest_size=16).digest()
        self.watch: list[tuple[Any, FeedRecord]] | None = None

    def _sources(self, name: str) -> dict[str, Source]:
        return {key: source for key, source in named_fields(self.mapping, name).items() if source}

    def columns(self, table: str, tables: Collection[str] = ()) -> dict[str, str]:
        """Return the columns that the mapping names for a table, each with the setting that names it.

        `table`: crimes, a list or officers. `tables`: all there are; the rows of crimes also hold every list that the
        mapping names and that has no table of its own.
        """
        lists = ["crime", *(name for name in self._named if name not in (*tables, "absent"))]
        found: dict[str, str] = {}
        for name in {CRIMES: lists, "officers": ["officers", "absent"]}.get(table, [table]):
            found |= self._columns(name) | dict.fromkeys(
                self.mapping.rows.get(name, ()), f"crime_system.mapping.rows.{name}"
            )
        return found

    def _columns(self, name: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for key, source in self._sources(name).items():
            columns = [source] if isinstance(source, str) else source
            found |= dict.fromkeys(columns, f"crime_system.mapping.{name}.{key}")
        return found

    def unread(self, name: str, columns: Iterable[str]) -> list[str]:
        """Return which columns of a list's own table no field of the list is read from."""
        own = {key for key in FIELDS[name] if key not in named_fields(self.mapping, name)}
        crime_ref = named_fields(self.mapping, "crime").get("crime_ref") or "crime_ref"
        return [each for each in columns if each not in {*own, *self._columns(name), crime_ref}]

    def crime_number(self, name: str, row: Row) -> Any:
        """Return the crime number in a row of a list's table, from the column that the mapping names for it.

        If it names none for the list, it is the one it names for crimes.
        """
        return self._values.text(self._numbers[name](row))

    def kept(self, name: str, rows: Iterable[Row]) -> Iterable[Row]:
        """Return the rows of a list's table that the mapping keeps, and count the others."""
        return self.filters.kept(name, rows)

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
        crime = make_fields(self._fields["crime"], source)
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
        return make_fields(self._fields[name], item) | holds

    def map_rows(self, ref: str | None, crimes: Sequence[Row], parts: Mapping[str, Sequence[Row]]) -> MappedRecord:
        """Map a record from its rows: those of the crimes' table, and those of each list's table in `parts`.

        The crime's own fields come from the last of its rows. A list without a table of its own is taken from the
        crimes' rows: from the columns that the mapping names for it, or from a column that holds the whole list.
        """
        crime: dict[str, Any] = {} if ref is None else {"crime_ref": ref}
        if wrong := next((row[WRONG] for row in crimes if WRONG in row), None):
            crime["reported_at"] = wrong
        elif crimes:
            crime |= make_fields(self._fields["crime"], crimes[-1])
        found: dict[str, list[Any]] = {}
        for name in LISTS:
            if name in parts:
                found[name] = _once([row.get(WRONG) or make_fields(self._fields[name], row) for row in parts[name]])
            elif name in self._named:
                rows = self.kept(name, [row for row in crimes if self._stands_in(name, row)])
                found[name] = _once([make_fields(self._named[name], row) for row in rows])
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
        items = [*self.kept(name, items)]
        made = [make_fields(self._fields[name], item) if isinstance(item, dict) else item for item in items]
        for item, one in zip(items, made, strict=True):
            if name == "victims" and isinstance(item, dict):
                one.update(self._read_nested("contact_holds", item))
        return {name: made}

    def _stands_in(self, name: str, row: Row) -> bool:
        return any(not absent(take(row)) for take in self._standing[name])

    def map_officer(self, raw: bytes) -> bytes:
        """Map a directory entry in JSON to the record format. Anything that is not a JSON object is unchanged."""
        source = None if self._as_it_is else _object(raw)
        if source is None:
            return raw
        return MappedRecord(make_fields(self._fields["officers"], source) | self._list("absent", source)).text

    def map_officers(self, rows: Sequence[Row]) -> list[bytes]:
        """Map directory entries from rows.

        Several rows of one officer each add an absence, if the mapping names its columns.
        """
        officers: dict[Any, dict[str, Any]] = {}
        for place, row in enumerate(rows):
            made = make_fields(self._fields["officers"], row)
            held = officers.setdefault(made.get("officer_ref", place), {})
            absences = held.get("absent", [])
            if "absent" in self._named and self._stands_in("absent", row):
                absences = [*absences, make_fields(self._named["absent"], row)]
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
