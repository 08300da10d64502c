"""The files in the folder of a feed of files: which ones form an export, whether it is ready, and where it goes."""

import codecs
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from hashlib import blake2b
from pathlib import Path
from typing import Final

from compliance.errors import SettingsError
from compliance.feed_settings import Files
from compliance.feeds.fields import CRIMES, LISTS
from compliance.feeds.row_files import SUFFIXES
from compliance.text import join_words
from compliance.writing import write_whole

DONE: Final = "done"
FAILED: Final = "failed"
WAITS: Final = timedelta(hours=24)
"""How long an export waits for a missing file."""
_HALF_WRITTEN: Final = re.compile(r"^[.~]|\.(tmp|temp|part|partial|filepart|crdownload|writing)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Exports:
    """The exports in a folder, as the settings describe them.

    `folder`: the folder of the settings, resolved. `moves`: whether what was taken or failed is moved out of the way;
    not in a trial.
    """

    folder: Path
    settings: Files
    moves: bool = True

    def check(self) -> None:
        """Check the settings. Raises SettingsError that names the setting."""
        if CRIMES not in self.settings.tables:
            raise SettingsError("crime_system.files.tables: crimes: missing; it is required")
        try:
            codecs.lookup(self.settings.encoding)
        except LookupError:
            found = f"{self.settings.encoding!r} is not an encoding"
            raise SettingsError(f"crime_system.files.encoding: {found}; expected one such as cp1252") from None
        if self.settings.officers and self.settings.officers.endswith(".ndjson") != self.is_json:
            raise SettingsError("crime_system.files.officers: expected NDJSON where crimes are NDJSON, else a table")
        named = self.settings.tables | {"officers": self.settings.officers or ""}
        for name in self.settings.sheets:
            if not named.get(name, "").endswith(".xlsx"):
                raise SettingsError(f"crime_system.files.sheets.{name}: expected a table in an Excel workbook (.xlsx)")
        for table, pattern in self.settings.tables.items():
            if table != CRIMES and table not in LISTS:
                raise SettingsError(f"crime_system.files.tables.{table}: expected crimes or one of {', '.join(LISTS)}")
            if pattern.count("*") != self.settings.tables[CRIMES].count("*") or pattern.count("*") > 1:
                raise SettingsError(
                    f"crime_system.files.tables.{table}: found {pattern!r}; expected at most one *, in every table's "
                    "pattern or in none"
                )
            if not pattern.endswith(SUFFIXES) or "/" in pattern:
                raise SettingsError(
                    f"crime_system.files.tables.{table}: found {pattern!r}; expected a name ending in "
                    f"{', '.join(SUFFIXES)}"
                )
            if pattern.endswith(".ndjson") and len(self.settings.tables) > 1:
                raise SettingsError("crime_system.files.tables: NDJSON holds whole records, in one file: crimes")

    @property
    def is_json(self) -> bool:
        """Whether records are JSON objects rather than rows."""
        return self.settings.tables.get(CRIMES, "").endswith(".ndjson")

    def is_settled(self, path: Path, now: datetime) -> bool:
        """Return whether a file has been left unchanged for long enough."""
        age = now - datetime.fromtimestamp(path.stat().st_mtime, UTC)
        # A file dated in the future counts too: its clock is wrong, and waiting would not end.
        return abs(age.total_seconds()) >= self.settings.settle_seconds

    def find(self) -> "list[Export]":
        """Return the exports in the folder, in order, without files still being written under another name."""
        exports: dict[str, Export] = {}
        for path in self.folder.iterdir():
            if _HALF_WRITTEN.search(path.name) or path.name == self.settings.officers or not path.is_file():
                continue
            for pattern in sorted(self.settings.tables.values(), key=len, reverse=True):
                if fnmatchcase(path.name, pattern.replace("[", "[[]")):
                    before, _, after = pattern.partition("*")
                    key = path.name[len(before) : len(path.name) - len(after)] if "*" in pattern else ""
                    export = exports.setdefault(key, Export(key, {}, {}))
                    for each, same in self.settings.tables.items():
                        if same == pattern:  # one file may hold several tables
                            export.files[each], export.written[each] = path, _stamp(path)
                    break
        return sorted(exports.values(), key=_by_time if self.settings.order == "time" else _by_name)

    def is_ready(self, export: "Export", now: datetime) -> bool:
        """Return whether an export is complete and has been left unchanged."""
        return export.files.keys() == self.settings.tables.keys() and all(
            self.is_settled(path, now) for path in export.files.values()
        )

    def reason_to_wait(self, export: "Export") -> str:
        """Return what an export that is not ready waits for: the missing files by name, or that it be left alone."""
        if lacking := self._missing_files(export):
            return f"the export {export.name} waits for {join_words(lacking)}"
        return f"the export {export.name} was written to less than {self.settings.settle_seconds:g} seconds ago"

    def reason_to_give_up(self, export: "Export", now: datetime) -> str | None:
        """Return why an export is no longer waited for, None while it still is."""
        lacking = self._missing_files(export)
        newest = datetime.fromtimestamp(max(stamp for stamp, _ in export.written.values()) / 1e9, UTC)
        if not lacking or now - newest < WAITS:
            return None
        return f"it waited a day for the rest of its export: {', '.join(lacking)}"

    def _missing_files(self, export: "Export") -> list[str]:
        tables = self.settings.tables.items()
        return [pattern.replace("*", export.key) for table, pattern in tables if table not in export.files]

    def moved_before(self, instant: datetime) -> list[Path]:
        """Return the files that were moved to `done` or `failed` before an instant, by name."""
        found = []
        for folder in (self.folder / DONE, self.folder / FAILED):
            for path in sorted(folder.iterdir()) if folder.is_dir() else ():
                # The time of the move, which does not change the time of writing.
                if path.is_file() and datetime.fromtimestamp(path.lstat().st_ctime, UTC) < instant:
                    found.append(path)
        return found

    def move(self, export: "Export", where: str, reason: str | None = None) -> None:
        """Move an export into a folder inside the folder, with its reason next to it.

        An existing file of the same name is kept. Only this service can read that folder, even if it does not own the
        file.
        """
        if not self.moves:
            return
        folder = self.folder / where
        folder.mkdir(exist_ok=True, mode=0o700)
        with suppress(OSError):  # the folder may belong to another user
            folder.chmod(0o700)
        for path in dict.fromkeys(export.files.values()):
            target, count = folder / path.name, 1
            while target.exists():
                count += 1
                target = folder / f"{path.stem}.{count}{path.suffix}"
            path.rename(target)
            with suppress(OSError):  # the file may belong to another user: the folder keeps others out
                target.chmod(0o600)
            if reason is not None:
                write_whole(target.with_name(f"{target.name}.reason.txt"), f"{reason}\n".encode(), private=True)


@dataclass(frozen=True, slots=True)
class Export:
    """The files of one export, by table, and when each was last written."""

    key: str
    files: dict[str, Path]
    written: dict[str, tuple[int, int]]

    @property
    def name(self) -> str:
        """Its name: that of its crimes' file, or of any file if that is missing."""
        return self.files.get(CRIMES, next(iter(self.files.values()))).name

    def is_as_it_was(self) -> bool:
        """Return whether its files are unchanged since they were found."""
        return all(_stamp(path) == self.written[table] for table, path in self.files.items())

    def digest(self) -> str:
        """Return a digest of the content of its files, which identifies it."""
        digest = blake2b(digest_size=8)
        for table in sorted(self.files):
            digest.update(f"\0{table}\0{self.written[table][1]}\0".encode())
            with self.files[table].open("rb") as file:
                while part := file.read(1 << 20):
                    digest.update(part)
        return digest.hexdigest()


def _by_name(export: Export) -> str:
    return export.key


def _by_time(export: Export) -> tuple[int, str]:
    return max(stamp for stamp, _ in export.written.values()), export.key


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size
