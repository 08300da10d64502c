"""A folder of a crime system's exports: CSV, NDJSON, Parquet or Excel, one file or one a table (records section 4)."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

import msgspec
import structlog

from compliance.errors import RecordError, SettingsError, UnavailableError
from compliance.feeds.bodies import directory_of
from compliance.feeds.exports import DONE, FAILED, Export, Exports
from compliance.feeds.feed import DirectoryEntries, Page
from compliance.feeds.fields import CRIMES
from compliance.feeds.joining import Joined
from compliance.feeds.mapping import Mapper
from compliance.feeds.row_files import lines_of, rows_of
from compliance.records import FeedRecord, MappedRecord

log = structlog.get_logger()

_REMEMBERED: Final = 1000


class FilesFeed:
    """A feed of the exports in a folder, in order, each taken once by its content.

    An export is moved to `done` once stored, or to `failed` with its reason if it cannot be read. The cursor is made
    here: a list of what was taken.
    """

    def __init__(self, exports: Exports, mapper: Mapper, page_size: int, clock: Callable[[], datetime]) -> None:
        """`clock`: returns the present instant (aware). Raises SettingsError for invalid patterns."""
        exports.check()
        self._exports, self._mapper, self._page_size, self._clock = exports, mapper, page_size, clock

    def close(self) -> None:
        """Close nothing: no file is held open."""

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """Yield the pages of each export left unchanged for long enough, with `more` until the last.

        Yields nothing if there is no such export. An export that waits for its other files holds back later ones, so
        that older data never overwrites newer; the last page, without records, says what it waits for. Raises
        UnavailableError if the folder cannot be read or written and, after all other exports, if one failed.
        """
        taken = _read_cursor(cursor)
        failures: list[str] = []
        try:
            ready, waits = self._ready(failures)
            while ready:
                export = ready.pop(0)
                try:
                    yield from self._pages(export, taken, more=bool(ready))
                except RecordError as error:
                    self._fail(export, str(error), failures)
            if waits:
                yield Page([], None, more=False, waits=waits)
        except OSError as error:
            raise UnavailableError(
                f"{error.filename or self._exports.folder}: cannot be used ({error.strerror}); check that the folder "
                "of crime_system.files is there and that this service may read, write and move what is in it"
            ) from None
        if failures:
            raise UnavailableError("; ".join(failures))

    def officers(self) -> DirectoryEntries:
        """Return the officer directory from its file; not read while it is being written. Raises UnavailableError."""
        name = self._exports.settings.officers
        if name is None:
            return DirectoryEntries([], [], read=False)
        path = self._exports.folder / name
        try:
            if not self._exports.is_settled(path, self._clock()):
                return DirectoryEntries([], [], read=False)
            if path.suffix == ".ndjson":
                return directory_of([self._mapper.map_officer(line) for line in lines_of(path)])
            rows = rows_of(path, self._exports.settings, "officers", self._mapper.columns("officers"))
            return directory_of(self._mapper.map_officers(list(rows)))
        except RecordError as error:
            raise UnavailableError(str(error)) from None
        except OSError as error:
            raise UnavailableError(
                f"{path}: cannot be read ({error.strerror}); see crime_system.files.officers"
            ) from None

    def _ready(self, failures: list[str]) -> tuple[list[Export], str | None]:
        """Return the exports that can be taken, in order, and what the first that is not ready waits for."""
        ready, now = [], self._clock()
        for export in self._exports.find():
            if self._exports.is_ready(export, now):
                ready.append(export)
            elif reason := self._exports.reason_to_give_up(export, now):
                self._fail(export, reason, failures)
            else:
                return ready, self._exports.reason_to_wait(export)
        return ready, None

    def _fail(self, export: Export, reason: str, failures: list[str]) -> None:
        log.error("export failed", export=export.name, reason=reason)
        self._exports.move(export, FAILED, reason)
        if not self._exports.moves:
            failures.append(f"{export.name} would not be taken: {reason}")
            return
        failures.append(f"{export.name} was not taken and lies in {self._exports.folder / FAILED}: {reason}")

    def _pages(self, export: Export, taken: list[str], more: bool) -> Iterator[Page]:
        """Yield the pages of one export.

        Each is held until the next is read, because the last marks the export as taken.
        """
        digest = export.digest()
        if digest in taken:
            log.info("export was taken before", export=export.name)
            self._exports.move(export, DONE)
            yield self._mapper.page([], _cursor(taken), more)
            return
        refs: set[str] = set()
        held: list[FeedRecord] | None = None
        for records in self._records(export, refs):
            if held is not None:
                yield self._mapper.page(held, _cursor(taken), more=True)
            held = records
        if not export.is_as_it_was():
            raise UnavailableError(f"{export.name} was written to while it was read; it will be read again")
        if self._exports.settings.full_export and not refs:
            raise RecordError("an export of all crimes with no crime in it: all would have vanished")
        taken[:] = [*taken, digest][-_REMEMBERED:]
        yield self._mapper.page(held or [], _cursor(taken), more, refs if self._exports.settings.full_export else None)
        self._exports.move(export, DONE)

    def _records(self, export: Export, refs: set[str]) -> Iterator[list[FeedRecord]]:
        """Yield the records of an export, one page at a time, and add the crime numbers of a full one to `refs`."""
        crimes = export.files[CRIMES]
        if self._exports.is_json:
            page: list[FeedRecord] = []
            for line in lines_of(crimes):
                record = self._mapper.map_json(line)
                if self._exports.settings.full_export and (ref := _crime_ref(record)):
                    refs.add(ref)
                page.append(record)
                if len(page) == self._page_size:
                    yield page
                    page = []
            yield page
            return
        with Joined(self._mapper) as joined:
            for table, path in export.files.items():
                needed = self._mapper.columns(table, export.files)
                joined.add(table, rows_of(path, self._exports.settings, table, needed))
            if self._exports.settings.full_export:
                refs |= joined.crime_refs()
            yield from joined.pages(self._page_size)
        if self._exports.moves:  # a trial says it itself
            self._mapper.filters.log(export.name)


class _Ref(msgspec.Struct):
    crime_ref: str


_decode_ref = msgspec.json.Decoder(_Ref).decode


def _crime_ref(record: FeedRecord) -> str | None:
    if isinstance(record, MappedRecord):
        ref = record.fields.get("crime_ref")
        return ref if isinstance(ref, str) else None
    try:
        return _decode_ref(record).crime_ref
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def _read_cursor(cursor: str | None) -> list[str]:
    try:
        found = json.loads(cursor or "[]")
    except ValueError:
        found = None
    if not isinstance(found, list):
        raise SettingsError(
            "crime_system.files: the stored cursor belongs to another kind of feed; `compliance feed restart` reads "
            "from the beginning into the same database, and nothing stored is lost"
        )
    return [str(digest) for digest in found]


def _cursor(taken: list[str]) -> str:
    return json.dumps(taken, separators=(",", ":"))
