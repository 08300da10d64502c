"""Verdicts on a Spark DataFrame of crime records, and what has none."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from compliance.batch.frames import checked_instant, checked_policy
from compliance.batch.not_judged_file import COLUMNS
from compliance.errors import SettingsError, nearest
from compliance.policy import Policy, Verdicts, judge
from compliance.policy.calendars import Ints
from compliance.policy.judgement import BLOCK
from compliance.records import Refusal, columns, columns_from_arrow

_NOT_JUDGED: Final = pa.schema([field for field in COLUMNS if field.name not in ("file", "row")])
"""A DataFrame has neither files nor rows with a number."""


def evaluate(
    df: Any,
    policy: str | Path | Policy,
    as_at: str | datetime,
    known_at: str | datetime | None = None,
    *,
    keep: Sequence[str] = (),
) -> Any:
    """Return the verdicts of a DataFrame of crime records as a DataFrame with the columns of records section 2.

    `policy`, `as_at` and `known_at`: as `compliance.evaluate` takes them. `keep`: columns of the records to put before
    the verdicts, such as the force. Refused records and obligations set aside have no verdict: `not_judged` returns
    them. Nothing is judged until the result is used.

    Raises SettingsError if an argument is wrong. A column of a wrong type is an error once the result is used.
    """
    question = _Question.of(df, policy, as_at, known_at, keep)
    empty = judge(columns([]), question.policy, question.as_at, question.known_at).table().schema
    return question.mapped(df, empty, _verdicts)


def not_judged(
    df: Any,
    policy: str | Path | Policy,
    as_at: str | datetime,
    known_at: str | datetime | None = None,
    *,
    keep: Sequence[str] = (),
) -> Any:
    """Return what `evaluate` gives no verdict: refused records, and obligations set aside (rules 6.1a).

    A second pass over the records, with the same arguments. The columns are those of `keep`, then `crime_ref`,
    `victim_ref`, `requirement`, `cycle` and `clause` (these four null for a refused record) and `reason`.
    """
    question = _Question.of(df, policy, as_at, known_at, keep)
    return question.mapped(df, _NOT_JUDGED, _not_judged)


@dataclass(frozen=True, slots=True)
class _Block:
    """Some records as judged: their table, the verdicts, the refused ones, and the row in the table of the others."""

    table: pa.Table
    verdicts: Verdicts
    refusals: list[Refusal]
    rows: Ints


Answer = Callable[[_Block], tuple[pa.Table, Ints]]
"""What is asked of each block: a table, and the row of the record that each of its rows is about."""


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked of every block. It is sent to each process of the cluster."""

    policy: Policy
    as_at: datetime
    known_at: datetime | None
    keep: tuple[str, ...]

    @classmethod
    def of(cls, df: Any, policy: str | Path | Policy, as_at: Any, known_at: Any, keep: Sequence[str]) -> "_Question":
        """Return a question, checked."""
        if not hasattr(df, "mapInArrow"):
            raise SettingsError(f"df: found {type(df).__name__}; expected a Spark DataFrame")
        for name in keep:
            if name not in df.columns:
                raise SettingsError(f"keep: there is no column {name!r}{nearest(name, df.columns)}")
        known = None if known_at is None else checked_instant("known_at", known_at)
        return cls(checked_policy(policy), checked_instant("as_at", as_at), known, tuple(keep))

    def mapped(self, df: Any, schema: pa.Schema, answer: Answer) -> Any:
        """Return a DataFrame of the answers to all blocks, with the columns kept and those of a schema."""
        from pyspark.sql import types  # noqa: PLC0415  # an optional extra

        kinds = {
            pa.string(): types.StringType(), pa.int32(): types.IntegerType(), pa.bool_(): types.BooleanType(),
            pa.date32(): types.DateType(), pa.timestamp("us", "UTC"): types.TimestampType(),
        }  # fmt: skip
        made = types.StructType(
            [*(df.schema[name] for name in self.keep), *(types.StructField(f.name, kinds[f.type]) for f in schema)]
        )
        question = self

        def judged(batches: Iterator[Any]) -> Iterator[Any]:
            for table in _blocks(batches):
                yield from question.answered(table, schema, answer).to_batches()

        return df.mapInArrow(judged, made)

    def answered(self, table: pa.Table, schema: pa.Schema, answer: Answer) -> pa.Table:
        """Return the answer to one block: the columns kept, as they came, and those of a schema."""
        found, refusals = columns_from_arrow(table)
        verdicts = judge(found, self.policy, self.as_at, self.known_at)
        rows = np.delete(np.arange(len(table)), [each.index for each in refusals])
        result, places = answer(_Block(table, verdicts, refusals, rows))
        kept = table.select(self.keep).take(pa.array(places))
        return pa.table([*kept.columns, *result.cast(schema).columns], pa.schema([*kept.schema, *schema]))


def _blocks(batches: Iterator[Any]) -> Iterator[pa.Table]:
    """Yield tables of at least as many records as the engine judges together. Spark's batches have a sixth of that."""
    held: list[Any] = []
    for batch in batches:
        held.append(batch)
        if sum(map(len, held)) >= BLOCK:
            yield pa.Table.from_batches(held)
            held = []
    if held:
        yield pa.Table.from_batches(held)


def _verdicts(block: _Block) -> tuple[pa.Table, Ints]:
    return block.verdicts.table(), block.rows[block.verdicts.crime]


def _not_judged(block: _Block) -> tuple[pa.Table, Ints]:
    aside = block.verdicts.set_aside
    refused = [{"crime_ref": each.crime_ref, "reason": each.reason} for each in block.refusals]
    tables = [pa.Table.from_pylist(refused, _NOT_JUDGED), aside.table().select(_NOT_JUDGED.names).cast(_NOT_JUDGED)]
    places = np.array([each.index for each in block.refusals], dtype=np.int64)
    return pa.concat_tables(tables), np.concatenate([places, block.rows[aside.crime]])
