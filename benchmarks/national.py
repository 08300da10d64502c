"""A generated dataset of crimes, as a national body holds one: Parquet in a folder for each force and month."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.crimes import AS_AT, crime_columns, nested
from compliance.records import to_micros

FORCES, MONTHS, STILL_OPEN = 43, 24, 0.34
"""The territorial forces of England and Wales; two years up to AS_AT; a share that only so short a time can have."""


def write_dataset(
    root: Path, crimes: int, forces: int = FORCES, months: int = MONTHS, still_open: float = STILL_OPEN
) -> int:
    """Write about so many crimes, equally many for each force. Each force numbers its crimes anew. Return the bytes.

    `still_open`: how many of the crimes of any age never closed.
    """
    written = 0
    for force in range(forces):
        days = round(months * 30.4375)
        table = nested(crime_columns(crimes // forces, seed=force + 1, days=days, still_open=still_open))
        for month, part in _by_month(table):
            path = root / f"force={force + 1:02}" / f"month={month}" / "crimes.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(part, path, row_group_size=65_536)
            written += path.stat().st_size
    return written


def _by_month(table: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """Yield the crimes of each month in UTC; they are in the order of their report."""
    reported = table["reported_at"].cast(pa.int64()).to_numpy()
    start, at = (
        0,
        datetime.fromtimestamp(reported[0] / 1e6, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0),
    )
    while start < len(table) and at <= AS_AT:
        following = at.replace(year=at.year + at.month // 12, month=at.month % 12 + 1)
        end = int(np.searchsorted(reported, to_micros(following)))
        if end > start:
            yield f"{at:%Y-%m}", table.slice(start, end - start)
        start, at = end, following
