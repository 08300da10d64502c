"""Columns to which records can be added, and from which records can be taken in any order."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from compliance.records import Columns
from compliance.records.columns import Coded, Rows, Updates, joined_texts

Ints = npt.NDArray[np.int64]
R = TypeVar("R", bound=Rows)

_OWN: Final = ("crime_ref", "reported_at", "recorded_at", "offence", "division", "team", "officer")
_FACTS: Final = ("statuses", "allocations", "victims", "updates", "events")


def join_columns(first: Columns, second: Columns) -> Columns:
    """Return the records of both, those of `second` after those of `first`."""
    facts: dict[str, Any] = {name: _rows(getattr(first, name), getattr(second, name), len(first)) for name in _FACTS}
    moved = facts["updates"].victim
    later = np.arange(len(moved)) >= len(first.updates)
    victim = np.where(later & (moved >= 0), moved + len(first.victims), moved)
    facts["updates"] = replace(facts["updates"], victim=victim)
    return Columns(**{name: _column([getattr(first, name), getattr(second, name)]) for name in _OWN}, **facts)


def take_columns(every: Columns, rows: Ints) -> Columns:
    """Return the records in some rows, each at most once, in the requested order."""
    moved = np.full(len(every), -1, dtype=np.int64)
    moved[rows] = np.arange(len(rows))
    facts: dict[str, Any] = {name: _move(getattr(every, name), moved) for name in _FACTS}
    victim_moved = np.full(len(every.victims), -1, dtype=np.int64)
    victim_moved[_keep(every.victims, moved)] = np.arange(len(facts["victims"]))
    updates: Updates = facts["updates"]
    victim = np.where(updates.victim >= 0, np.append(victim_moved, -1)[updates.victim], updates.victim)
    facts["updates"] = replace(updates, victim=victim)
    places = pa.array(rows)
    own = {name: getattr(every, name) for name in _OWN}
    return Columns(
        **{
            name: column.take(places) if isinstance(column, pa.Array) else _pick(column, rows)
            for name, column in own.items()
        },
        **facts,
    )


def _pick(column: Any, rows: Ints) -> Any:
    return column.take(rows) if isinstance(column, Coded) else column[rows]


def _keep(table: Rows, moved: Ints) -> Ints:
    """Return the rows of the facts of the records taken, in the new order."""
    kept = np.flatnonzero(moved[table.crime] >= 0)
    return kept[np.argsort(moved[table.crime[kept]], kind="stable")]


def _move(table: R, moved: Ints) -> R:
    facts = table.take(_keep(table, moved))
    return replace(facts, crime=moved[facts.crime])


def _rows(first: R, second: R, crimes: int) -> R:
    parts = [first, replace(second, crime=second.crime + crimes)]
    return type(first)(**{f.name: _column([getattr(part, f.name) for part in parts]) for f in fields(first)})


def _column(parts: Sequence[Any]) -> Any:
    if isinstance(parts[0], Coded):
        return joined_texts(parts)
    return pa.concat_arrays(parts) if isinstance(parts[0], pa.Array) else np.concatenate(parts)
