"""`compliance.spark.evaluate` beside an identity `mapInArrow` of the same data in the same session, and row by row.

CRIMES in the environment asks for another size than 1,000,000. Needs PySpark and a Java runtime: `make spark`, then
`.venv/spark/bin/python -m benchmarks on_spark`.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds

from benchmarks.crimes import AS_AT
from benchmarks.national import write_dataset
from benchmarks.timing import show, timed
from compliance import spark
from compliance.batch.evaluate_dataset import evaluate_dataset
from compliance.policy import load_policy

SIZE = int(os.environ.get("CRIMES", "1000000"))
CORES = 2
KEYS = ("force", "month")


def main(size: int = SIZE, runs: int = 3) -> None:
    """Measure on a generated dataset of 43 forces and 24 months, read by Spark from Parquet."""
    if find_spec("pyspark") is None or shutil.which("java") is None:
        print("on_spark: not measured; it needs PySpark and a Java runtime (make spark)")
        return
    with tempfile.TemporaryDirectory() as name:
        source, target = Path(name) / "crimes", Path(name) / "judged"
        write_dataset(source, size)
        with _session() as session:
            df = session.read.parquet(str(source))
            _time(df, size, runs)
            evaluate_dataset(load_policy("west-mercia"), AS_AT, None, str(source), str(target), workers=CORES)
            rows = spark.evaluate(df, "west-mercia", AS_AT, keep=KEYS).toArrow()
            _compare(rows, ds.dataset(target / "verdicts", partitioning="hive").to_table())


def _time(df: Any, size: int, runs: int) -> None:
    def use(made: Any) -> None:
        made.write.format("noop").mode("overwrite").save()

    found = timed(
        {
            "reading alone": lambda: use(df),
            "identity mapInArrow": lambda: use(df.mapInArrow(_same, df.schema)),
            "evaluate": lambda: use(spark.evaluate(df, "west-mercia", AS_AT)),
            "not_judged": lambda: use(spark.not_judged(df, "west-mercia", AS_AT)),
        },
        runs,
    )
    identity = found["identity mapInArrow"]
    rows = [("", "seconds", "crimes a second", "of the identity")]
    rows += [(name, f"{s:.1f}", f"{size / s:,.0f}", f"{s / identity:.2f} x") for name, s in found.items()]
    show(f"Spark, local mode, {CORES} cores: {size:,} crimes", rows)


def _same(batches: Iterator[Any]) -> Iterator[Any]:
    return batches


def _compare(found: pa.Table, expected: pa.Table) -> None:
    """Compare all rows, in one order, of the columns of verdicts and the keys as texts."""
    order = [(name, "ascending") for name in (*KEYS, "crime_ref", "victim_ref", "requirement", "cycle")]
    kinds = pa.schema([field.with_type(pa.string()) if field.name in KEYS else field for field in found.schema])
    tables = [table.select(found.column_names).cast(kinds).sort_by(order) for table in (found, expected)]
    print(f"  {len(found):,} verdicts; row by row {'equal' if tables[0].equals(tables[1]) else 'DIFFERENT'}")


def _session() -> Any:
    from pyspark.sql import SparkSession

    os.environ |= {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    made = SparkSession.builder.master(f"local[{CORES}]").config("spark.driver.memory", "4g")
    made = (
        made.config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.maxResultSize", "0")
    )
    session = made.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session
