"""Judge a frame of crime records: a table of Polars, pandas, DuckDB or Arrow that is already in memory."""

import sys
import warnings
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from compliance.batch.inputs import NotJudged, RefusedRecord
from compliance.batch.unknown_fields import count_in_batch, describe, twice_named
from compliance.errors import RecordError, SettingsError
from compliance.policy import Policy, Verdicts, judge, load_policy
from compliance.records import columns_from_arrow
from compliance.records.instants import SHAPE, from_micros, parse_instants
from compliance.text import count_noun

_SHOWN: Final = 5


def evaluate_frame(
    frame: Any,
    policy: str | Path | Policy,
    as_at: str | datetime,
    known_at: str | datetime | None,
    strict: bool,
    tell: Callable[[RefusedRecord | NotJudged], None] | None,
    threads: int,
) -> Any:
    """Return the verdicts of a frame, as a frame of its own kind. See `compliance.evaluate`."""
    asked = checked_policy(policy)
    instants = checked_instant("as_at", as_at), None if known_at is None else checked_instant("known_at", known_at)
    if not isinstance(threads, int) or isinstance(threads, bool) or threads < 1:
        raise SettingsError(f"threads: found {threads!r}; expected a whole number from 1")
    table = _table(frame)
    _check_fields(table, strict)
    columns, refusals = columns_from_arrow(table)
    verdicts = judge(columns, asked, *instants, threads=threads)
    refused = [RefusedRecord(each.index + 1, each.crime_ref, each.reason) for each in refusals]
    rows = np.delete(np.arange(1, len(table) + 1), [each.index for each in refusals])
    not_judged = _not_judged(verdicts, rows)
    _report([*refused, *not_judged], tell)
    return _frame_like(frame, verdicts.table())


def checked_policy(policy: Any) -> Policy:
    """Return a policy, given itself or what `load_policy` takes. Raises SettingsError if it is neither."""
    if isinstance(policy, Policy):
        return policy
    if not isinstance(policy, str | Path):
        raise SettingsError(
            f"policy: found {_kind(policy)}; expected the name of a supplied policy such as 'west-mercia', the path of "
            "a policy file, or what load_policy returns"
        )
    return load_policy(policy)


def checked_instant(name: str, value: Any) -> datetime:
    """Return an aware date-time from one or from its text. Raises SettingsError if it is neither."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise SettingsError(f"{name}: {value} has no time zone; add one, as in {name}='2026-11-25T12:00:00Z'")
        return value.to_pydatetime() if hasattr(value, "to_pydatetime") else value
    micros, bad = parse_instants([value]) if isinstance(value, str) else ([0], [True])
    if bad[0]:
        raise SettingsError(f"{name}: {value!r} is not a valid date-time; expected {SHAPE}, or a datetime")
    return from_micros(int(micros[0]))


def _table(frame: Any) -> pa.Table:
    """Return a frame as an Arrow table of types that the reader of records knows."""
    if not hasattr(frame, "__arrow_c_stream__"):
        more = "; collect it first" if hasattr(frame, "collect") else ""
        if isinstance(frame, str | Path):
            more = "; for a file, use the command compliance evaluate --input FILE"
        raise SettingsError(
            f"frame: found {_kind(frame)}; expected a table of Polars, pandas, DuckDB or Arrow, or any other with the "
            f"Arrow stream interface{more}"
        )
    try:
        pandas = _instance(frame, "pandas", "DataFrame")
        table = pa.Table.from_pandas(frame, preserve_index=False) if pandas else pa.table(frame)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise SettingsError(f"frame: cannot be read as an Arrow table ({error})") from None
    if twice := twice_named(table.schema):
        raise SettingsError(f"frame: has the column {twice!r} twice; keep one of them")
    schema = pa.schema([field.with_type(_plain_type(field.type)) for field in table.schema])
    return table if schema.equals(table.schema) else table.cast(schema)


def _plain_type(kind: Any) -> Any:
    """Return a type with the same values and without views or lists of a fixed size, at every depth."""
    types = pa.types
    if types.is_string_view(kind):
        return pa.large_string()
    if types.is_dictionary(kind):
        return pa.dictionary(kind.index_type, _plain_type(kind.value_type))
    if types.is_struct(kind):
        return pa.struct([field.with_type(_plain_type(field.type)) for field in kind])
    if types.is_large_list(kind) or types.is_large_list_view(kind):
        return pa.large_list(_plain_type(kind.value_type))
    if types.is_list(kind) or types.is_list_view(kind) or types.is_fixed_size_list(kind):
        return pa.list_(_plain_type(kind.value_type))
    return kind


def _check_fields(table: pa.Table, strict: bool) -> None:
    unknown = count_in_batch(table)
    if not unknown:
        return
    if strict:
        raise SettingsError(f"frame: has {describe(unknown)}; rename or drop them, or leave out strict=True")
    warnings.warn(f"the frame has {describe(unknown)}", UnknownFieldWarning, stacklevel=4)


class UnknownFieldWarning(UserWarning):
    """A frame has a field that the record format does not have. If it is misspelt, the verdicts are wrong."""


def _not_judged(verdicts: Verdicts, rows: Any) -> list[NotJudged]:
    found = verdicts.set_aside
    if len(found) == 0:
        return []
    told = zip(rows[found.crime].tolist(), found.table().to_pylist(), strict=True)
    return [NotJudged(row, **fields) for row, fields in told]


def _report(
    unanswered: list[RefusedRecord | NotJudged], tell: Callable[[RefusedRecord | NotJudged], None] | None
) -> None:
    """Call `tell` with each, by row. Raises RecordError if there is no one to tell."""
    ordered = sorted(unanswered, key=lambda each: each.line)
    if tell is not None:
        for each in ordered:
            tell(each)
    elif ordered:
        refused = sum(isinstance(each, RefusedRecord) for each in ordered)
        lines = [f"row {each.line}: crime {each.crime_ref}: {each.reason}" for each in ordered[:_SHOWN]]
        more = [f"and {len(ordered) - _SHOWN:,} more"] if len(ordered) > _SHOWN else []
        raise RecordError(
            f"{count_noun(refused, 'record')} refused, {count_noun(len(ordered) - refused, 'obligation')} set aside; "
            "correct them, or pass tell=FUNCTION, which is called with each, to judge the others",
            *lines,
            *more,
        )


def _frame_like(frame: Any, table: pa.Table) -> Any:
    """Return a table as the kind of frame that was given: Polars, pandas or DuckDB, otherwise Arrow."""
    if _instance(frame, "polars", "DataFrame"):
        return sys.modules["polars"].from_arrow(table)
    if _instance(frame, "pandas", "DataFrame"):
        return table.to_pandas()
    if _instance(frame, "duckdb", "DuckDBPyRelation"):
        return sys.modules["duckdb"].from_arrow(table)
    return table


def _instance(frame: Any, module: str, name: str) -> bool:
    """Return whether a frame is of a library's class. The library is not imported: a frame of it means that it is."""
    kind = getattr(sys.modules.get(module), name, None)
    return isinstance(kind, type) and isinstance(frame, kind)


def _kind(value: Any) -> str:
    return "nothing" if value is None else f"{type(value).__name__}"
