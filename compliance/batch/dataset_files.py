"""Find the files of a partitioned dataset of crime records, and look at all of them before any is judged.

A dataset is a folder of Parquet files in folders such as `force=22/month=2026-01`, as Hive, Spark, DuckDB and Polars
write it. What begins with `.` or `_` does not belong to it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.dataset as ds

from compliance.batch.unknown_fields import RECORD, RecordLevel
from compliance.errors import SettingsError

FORCE: Final = "force"
"""The key of the folders that says whose crimes they hold."""
DELTA_LOG: Final = "_delta_log"
"""What makes a folder of Parquet files a Delta Lake table."""
_EXPECTED: Final = "expected folders such as force=22/month=2026-01 with .parquet files in them"
_NULL: Final = "__HIVE_DEFAULT_PARTITION__"
"""The name that those who write such folders give one without a value."""


@dataclass(frozen=True, slots=True)
class DatasetFile:
    """A file of a dataset: its path within the dataset, with `/`, and how many records it has."""

    name: str
    rows: int


def dataset_files(source: Path, option: str = "--input") -> list[DatasetFile]:
    """Return the files of a dataset, by name, without reading their records.

    `option`: by which errors name the dataset. Raises SettingsError, which names the file, if the folder is no dataset,
    if a file cannot be read as Parquet, or if one has other keys in its folders, or columns for other fields of the
    record, than the first.
    """
    root, named = source.resolve(), f"{option} {source}"
    if (root / DELTA_LOG).exists():
        raise SettingsError(
            f"{named}: is a Delta Lake table, whose folder also holds files that are no longer of the table; "
            "write what the table holds into another folder"
        )
    with _naming(named):
        fragments = {
            Path(each.path).relative_to(root).as_posix(): each
            for each in ds.dataset(root, format="parquet", partitioning="hive").get_fragments()
        }
    if not fragments:
        raise SettingsError(f"{named}: is not a dataset; {_EXPECTED}, found none")
    looks = [_Look.at(named, name, fragments[name]) for name in sorted(fragments)]
    for look in looks[1:]:
        look.check_like(looks[0])
    return [DatasetFile(look.name, look.rows) for look in looks]


def keys_of(name: str) -> dict[str, str | None]:
    """Return the keys of a file of a dataset, by the folders in its name, with their values as texts; None: null."""
    pairs = (folder.split("=", 1) for folder in name.split("/")[:-1] if "=" in folder)
    return {key: None if value == _NULL else unquote(value) for key, value in pairs}


@contextmanager
def _naming(what: str) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise SettingsError(
            f"{what}: cannot be read as Parquet; if it was cut short, write it again ({error})"
        ) from None


@dataclass(frozen=True, slots=True)
class _Look:
    """What a file says of itself. `named`: the dataset, as errors name it.

    `fields`: the fields of the record that it has a column for.

    `untyped`: the lists that are empty in every record of the file, so that nobody knows what they would hold.
    """

    named: str
    name: str
    rows: int
    keys: frozenset[str]
    fields: frozenset[str]
    untyped: tuple[str, ...]

    @classmethod
    def at(cls, named: str, name: str, fragment: Any) -> "_Look":
        """Look at a file of the dataset. Raises SettingsError if it is none."""
        keys = frozenset(ds.get_partition_keys(fragment.partition_expression))
        if not keys or not name.endswith(".parquet"):
            raise SettingsError(f"{named}: is not a dataset; {_EXPECTED}, found {name}")
        with _naming(f"{named}: {name}"):
            metadata = fragment.metadata
        fields = list(_fields(metadata.schema.to_arrow_schema(), RECORD))
        untyped = tuple(path for path, is_typed in fields if not is_typed)
        return cls(named, name, metadata.num_rows, keys, frozenset(path for path, _ in fields), untyped)

    def check_like(self, first: "_Look") -> None:
        """Raise SettingsError if this file is of another kind than the first.

        A field for which one has no column would be absent in all its records, and the verdicts wrong without a word.
        """
        if self.keys != first.keys:
            raise SettingsError(
                f"{self.named}: {self.name} is not in folders of the same keys as {first.name}; partition all "
                "files alike"
            )
        ignored = (*self.untyped, *first.untyped)
        for field in sorted(self.fields ^ first.fields):
            if not field.startswith(ignored):
                having, lacking = (self, first) if field in self.fields else (first, self)
                raise SettingsError(
                    f"{self.named}: {lacking.name} has no column {field}, which {having.name} has; write the "
                    "column into all files, with nulls where the field is absent"
                )


def _fields(schema: Any, level: RecordLevel) -> Iterator[tuple[str, bool]]:
    """Yield the path of each field of the record format in a schema or struct, and whether its type is known.

    The path of a list whose type is not known ends as those of its fields begin.
    """
    for field in schema:
        if field.name not in level.names:
            continue
        yield level.path + field.name, True
        if below := level.lists.get(field.name):
            item = getattr(field.type, "value_type", field.type)
            if pa.types.is_null(item):
                yield below.path, False
            elif pa.types.is_struct(item):
                yield from _fields(item, below)
