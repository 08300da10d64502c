"""The engine with its full semantics, beside two bare rules (no cycles, no status) in NumPy, Polars and DuckDB."""

import os
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from benchmarks.crimes import AS_AT, crime_columns
from benchmarks.timing import show, timed
from compliance.policy import Policy, judge_blocks, load_policy
from compliance.records import Columns, from_micros

CORES = 2


def bare_numpy(columns: Columns, policy: Policy) -> tuple[int, int]:
    """How many crimes were updated on days 1 to 7, and again by day 28, of all on the same sorted columns."""
    day_0 = policy.local.of(columns.reported_at)
    updates = columns.updates
    counted = updates.outcome.codes == updates.outcome.code("informed")
    crime, day = updates.crime[counted], policy.local.of(updates.at[counted])
    since = day - day_0[crime]
    first = np.full(len(columns), 8, dtype=np.int32)
    in_seven = (since >= 1) & (since <= 7)
    # The last to be written stands, and rows are sorted: written backwards, the first update stands.
    first[crime[in_seven][::-1]] = since[in_seven][::-1]
    again = np.zeros(len(columns), dtype=np.bool_)
    again[crime[(since > first[crime]) & (since <= 28)]] = True
    return int((first < 8).sum()), int(again.sum())


def tables(columns: Columns, aware: bool = True) -> tuple[pa.Table, pa.Table]:
    """Crimes and updates as Arrow tables for those who would rather query them, in UTC, with its zone or without."""

    def instants(micros: Any) -> pa.Array:
        return pa.array(micros).cast(pa.timestamp("us", "UTC" if aware else None))

    crimes = pa.table(
        {
            "crime": pa.array(np.arange(len(columns))),
            "reported": instants(columns.reported_at),
        }
    )
    updates = columns.updates
    return crimes, pa.table(
        {
            "crime": pa.array(updates.crime),
            "at": instants(updates.at),
            "outcome": pa.DictionaryArray.from_arrays(
                pa.array(updates.outcome.codes), pa.array(updates.outcome.values)
            ),
        }
    )


def bare_polars(crimes: Any, updates: Any) -> tuple[int, int]:
    """The same two rules in Polars."""
    import polars as pl

    zone = "Europe/London"
    day_0 = crimes.lazy().select(pl.col("reported").dt.convert_time_zone(zone).dt.date().cast(pl.Int32)).collect()
    since = pl.col("at").dt.convert_time_zone(zone).dt.date().cast(pl.Int32) - pl.lit(day_0["reported"]).gather(
        pl.col("crime")
    )
    informed = (
        updates.lazy()
        .filter(pl.col("outcome") == "informed")
        .select("crime", since=since)  # the crimes are numbered in their order: no join is needed
        .filter((pl.col("since") >= 1) & (pl.col("since") <= 28))
    )
    first = pl.col("since").filter(pl.col("since") <= 7).min().fill_null(8)
    found = informed.group_by("crime").agg(first=first, again=(pl.col("since") > first).any())
    out = found.select((pl.col("first") < 8).sum(), pl.col("again").sum()).collect()
    return int(out["first"][0]), int(out["again"][0])


def _clock(columns: Columns, policy: Policy) -> list[tuple[int, int]]:
    """(instant, offset from then on) of every clock change that crimes span, in microseconds; first the beginning."""
    first = int(columns.reported_at.min())
    at = np.arange(first, int(columns.updates.at.max()), 3_600_000_000)
    zone = ZoneInfo(policy.timezone)
    shifts = [int(from_micros(int(t)).astimezone(zone).utcoffset().total_seconds() * 1e6) for t in at]  # type: ignore[union-attr]
    found = [(first, shifts[0])]
    for instant, shift in zip(at.tolist(), shifts, strict=True):
        if shift != found[-1][1]:
            found.append((instant - instant % 3_600_000_000, shift))
    return found


DUCK = """
with days as (select crime, cast(local(reported) as date) as day_0 from crimes),
since as (
    select crime, datediff('day', day_0, cast(local("at") as date)) as since
    from updates join days using (crime) where outcome = 'informed'
), firsts as (
    select crime, coalesce(min(since) filter (since <= 7), 8) as first, max(since) as last
    from since where since between 1 and 28 group by crime
)
select count(*) filter (first < 8), count(*) filter (last > first) from firsts
"""


def bare_duckdb(connection: Any) -> tuple[int, int]:
    """The same two rules in DuckDB; `local` is a macro that says how it comes by local times."""
    met, again = connection.execute(DUCK).fetchone()
    return int(met), int(again)


def duck_database(columns: Columns, aware: bool, local: str) -> Any:
    """A DuckDB that holds the crimes and updates and knows how to tell local times."""
    import duckdb

    duck = duckdb.connect(config={"threads": CORES})
    duck.execute("set enable_progress_bar = false")
    duck.execute(f"create macro local(t) as {local}")
    for name, table in zip(("crimes", "updates"), tables(columns, aware), strict=True):
        duck.register("given", table)
        duck.execute(f"create table {name} as select * from given")  # noqa: S608
    return duck


def told_clock_changes(columns: Columns, policy: Policy) -> str:
    """Local time as SQL that has every clock change written into it: no look-up in a time zone is left to do."""
    first, *changes = _clock(columns, policy)
    cases = "".join(f" when t >= make_timestamp({at}) then interval {shift} microsecond" for at, shift in changes[::-1])
    return f"t + case{cases} else interval {first[1]} microsecond end"


def main() -> None:
    """Measure on as many generated crimes as SIZES says, by default on 1 and 6.5 million."""
    os.environ.setdefault("POLARS_MAX_THREADS", str(CORES))
    for size in os.environ.get("SIZES", "1000000,6500000").split(","):
        measured(int(size), 5 if int(size) <= 1_000_000 else 2)


def measured(count: int, runs: int) -> None:
    """The engine and its rivals on `count` generated crimes, the best of some runs."""
    import polars as pl

    columns, policy = crime_columns(count), load_policy("west-mercia")
    crimes, updates = tables(columns)
    polars = (pl.from_arrow(crimes), pl.from_arrow(updates))
    zoned = duck_database(columns, True, f"timezone('{policy.timezone}', t)")
    told = duck_database(columns, False, told_clock_changes(columns, policy))
    if not bare_numpy(columns, policy) == bare_polars(*polars) == bare_duckdb(zoned) == bare_duckdb(told):
        raise AssertionError("the baselines disagree")
    rows = sum(len(verdicts) for verdicts in judge_blocks(columns, policy, AS_AT))

    def engine(threads: int) -> int:
        return sum(len(verdicts) for verdicts in judge_blocks(columns, policy, AS_AT, threads=threads))

    found = timed(
        {
            "bare two rules, NumPy, 1 thread": lambda: bare_numpy(columns, policy),
            f"bare two rules, Polars, {CORES} threads": lambda: bare_polars(*polars),
            f"bare two rules, DuckDB, {CORES} threads": lambda: bare_duckdb(zoned),
            f"bare two rules, DuckDB told the clock changes, {CORES} threads": lambda: bare_duckdb(told),
            "engine, full semantics, 1 thread": lambda: engine(1),
            f"engine, full semantics, {CORES} threads": lambda: engine(CORES),
        },
        runs,
    )
    bare = found["bare two rules, NumPy, 1 thread"]
    show(
        f"Engine: {count:,} crimes, {rows:,} verdict rows",
        [
            ("", "seconds", "crimes a second", "rows a second", "of bare NumPy"),
            *[
                (
                    name,
                    f"{s:.3f}",
                    f"{count / s:,.0f}",
                    f"{rows / s:,.0f}" if name.startswith("engine") else "",
                    f"{s / bare:.1f} x",
                )
                for name, s in found.items()
            ],
        ],
    )
