"""`compliance.spark` in Spark's local mode: row by row the verdicts of the engine (records section 2)."""

import json
import re
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.crimes import nested
from compliance import spark
from compliance.errors import SettingsError
from compliance.policy import judge, load_policy
from compliance.records import columns_from_arrow
from compliance.reports.forces.force_figures import ForcesQuestion
from compliance.reports.forces.force_forms import render
from compliance.service.answers.figures_across import figures_across
from tests.conformance import SAMPLES, Sample, verdicts
from tests.datasets import write_dataset
from tests.integration.test_evaluate_set_aside import AS_AT, GOOD, OLD
from tests.integration.test_evaluate_tables import as_arrow
from tests.integration.test_figures_across import NOW, write
from tests.unit.test_across_forces import FORCES as FORCE_RECORDS
from tests.unit.test_across_forces import POLICY, WEEK, records

pyspark = pytest.importorskip("pyspark", reason="needs PySpark: make spark")
pytestmark = [
    pytest.mark.skipif(shutil.which("java") is None, reason="needs a Java runtime, as Spark does"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:pyspark"),
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
]


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    from pyspark.sql import SparkSession

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONPATH", raising=False)  # by which the tests hide pandas, and Spark needs it
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        made = (
            SparkSession.builder.master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.sql.session.timeZone", "Europe/London")
            .config("spark.sql.shuffle.partitions", "2")
            .getOrCreate()
        )
        made.sparkContext.setLogLevel("ERROR")
        yield made
        made.stop()


@pytest.fixture(scope="module")
def crimes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("spark") / "crimes.parquet"
    pq.write_table(as_arrow(), path)
    return path


def texts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with dates as the sample has them."""
    return [{name: str(cell) if hasattr(cell, "isoformat") else cell for name, cell in row.items()} for row in rows]


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_the_verdicts_are_those_of_the_sample(session: Any, crimes: Path, sample: Sample) -> None:
    found = spark.evaluate(session.read.parquet(str(crimes)), sample.policy, sample.as_at, sample.known_at)
    assert texts([row.asDict() for row in found.collect()]) == verdicts(sample)


def test_a_partitioned_dataset_keeps_the_columns_asked_for(session: Any, tmp_path: Path) -> None:
    """A crime number is unique within its force (records section 1)."""
    write_dataset(tmp_path / "crimes")
    sample = SAMPLES[0]
    df = session.read.parquet(str(tmp_path / "crimes"))
    found = spark.evaluate(df, sample.policy, sample.as_at, keep=["force", "month"])
    assert found.columns[:3] == ["force", "month", "crime_ref"]
    rows = [row.asDict() for row in found.collect()]
    for force in sorted({row["force"] for row in rows}):
        own = [{k: v for k, v in row.items() if k not in ("force", "month")} for row in rows if row["force"] == force]
        assert sorted(texts(own), key=str) == sorted(verdicts(sample), key=str)
    reported = {
        ref: f"{at:%Y-%m}"
        for ref, at in zip(*as_arrow().select(["crime_ref", "reported_at"]).to_pydict().values(), strict=True)
    }
    assert all(reported[row["crime_ref"]] == row["month"] for row in rows)


def test_blocks_of_the_engine_are_judged_whatever_spark_cuts(session: Any, crimes: Path, monkeypatch: Any) -> None:
    """Batches of seven records, of which blocks of the engine's size are made again: the rows are the same."""
    df = session.read.parquet(str(crimes))
    whole = spark.evaluate(df, "west-mercia", SAMPLES[0].as_at).collect()
    session.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "7")
    try:
        assert spark.evaluate(df, "west-mercia", SAMPLES[0].as_at).collect() == whole
    finally:
        session.conf.unset("spark.sql.execution.arrow.maxRecordsPerBatch")


def test_what_is_not_judged_comes_from_a_second_pass(session: Any, tmp_path: Path) -> None:
    """Refused records and obligations set aside (rules 6.1a), each with the columns kept of its own record."""
    records = [{**GOOD, "crime_ref": None, "force": "A"}, {**OLD, "force": "B"}, {**GOOD, "force": "C"}]
    pq.write_table(pa.Table.from_pylist(records), tmp_path / "crimes.parquet")
    df = session.read.parquet(str(tmp_path / "crimes.parquet"))
    found = spark.not_judged(df, "victims-code-2020", AS_AT, keep=["force"]).collect()
    assert [(row["force"], row["crime_ref"], row["requirement"], row["cycle"], row["clause"]) for row in found] == [
        ("A", None, None, None, None),
        ("B", "22A/2/90", "arrested", 1, "6.1a"),
    ]
    assert found[0]["reason"] == "crime_ref: found nothing; expected a text; it is required"
    assert found[1]["reason"].startswith("5 working days after 2 March 1990")
    judged = spark.evaluate(df, "victims-code-2020", AS_AT, keep=["force"]).collect()
    assert {(row["force"], row["crime_ref"]) for row in judged} >= {("C", "22A/1/26")}
    assert "A" not in {row["force"] for row in judged}


def test_limits_in_hours_have_their_column(session: Any, crimes: Path) -> None:
    """Rules A6: `due_at` is an instant."""
    policy = load_policy(Path(__file__).parents[1] / "additions" / "hours.toml")
    columns, _ = columns_from_arrow(as_arrow())
    expected = judge(columns, policy, SAMPLES[0].as_at).table()
    found = spark.evaluate(session.read.parquet(str(crimes)), policy, SAMPLES[0].as_at).toArrow()
    assert found.column_names == expected.column_names
    assert (
        found.column("due_at").cast(expected.schema.field("due_at").type).to_pylist()
        == expected.column("due_at").to_pylist()
    )


def test_what_is_wrong_with_the_question_is_said_at_once(session: Any, crimes: Path) -> None:
    df = session.read.parquet(str(crimes))
    for given, policy, as_at, keep, message in (
        (as_arrow(), "west-mercia", AS_AT, [], "df: found Table; expected a Spark DataFrame"),
        (df, "west-merca", AS_AT, [], "did you mean 'west-mercia'"),
        (df, "west-mercia", "yesterday", [], "as_at: 'yesterday' is not a valid date-time"),
        (df, "west-mercia", AS_AT.replace(tzinfo=None), [], "has no time zone"),
        (df, "west-mercia", AS_AT, ["tema"], "no column 'tema'; did you mean 'team'"),
    ):
        with pytest.raises(SettingsError, match=message):
            spark.evaluate(given, policy, as_at, keep=keep)


def test_a_column_of_a_wrong_type_is_named(session: Any, crimes: Path) -> None:
    from pyspark.errors import PythonException
    from pyspark.sql.functions import lit

    df = session.read.parquet(str(crimes)).withColumn("status", lit(1))
    with pytest.raises(PythonException, match="column status holds int32; expected a list of structs"):
        spark.evaluate(df, "west-mercia", datetime(2026, 7, 20, tzinfo=UTC)).collect()


FORCES = """
[[force]]
name = "South West"
spellings = ["Avon", "Dyfed"]

[[force]]
name = "Kent"
until = 2026-05-03
became = ["South East"]

[[force]]
name = "South East"
from = 2026-05-04
"""


@pytest.mark.parametrize(
    "asked", [{}, {"by": "force,division", "form": "csv"}, {"by": "force,division", "form": "json"}, {"form": "html"}]
)
@pytest.mark.parametrize("mapped", [False, True], ids=["by folder", "by forces over time"])
def test_figures_are_those_of_the_command(session: Any, tmp_path: Path, asked: dict[str, Any], mapped: bool) -> None:
    """Statistics 1, 3: by the same functions, so each form has the same bytes."""
    for force in FORCE_RECORDS:
        write(tmp_path / "crimes", force, nested(records(force)), parts=2)
    (tmp_path / "forces.toml").write_text(FORCES, "utf-8")
    organisation: dict[str, Any] = {"organisation": str(tmp_path / "forces.toml")} if mapped else {}
    df = session.read.parquet(str(tmp_path / "crimes"))
    found = spark.figures(df, "west-mercia", NOW, str(WEEK), **asked, **organisation)
    question = ForcesQuestion.checked(POLICY, str(WEEK), NOW, by=asked.get("by", "force"), **organisation)
    expected = figures_across(str(tmp_path / "crimes"), question, lambda *_: None)
    assert found == render(expected, asked.get("form", "text"))
    assert ("South West" in found) == mapped


def test_refused_records_are_counted_in_the_figures(session: Any, tmp_path: Path) -> None:
    table = nested(records("Avon"))
    refs = table["crime_ref"].to_pylist()
    write(tmp_path / "crimes", "Avon", table.set_column(0, "crime_ref", pa.array([None, *refs[1:]])))
    df = session.read.parquet(str(tmp_path / "crimes"))
    found = json.loads(spark.figures(df, "west-mercia", NOW, str(WEEK), form="json"))
    assert found["records"]["refused"] == 1


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"force": "forse"}, "force: there is no column 'forse'; did you mean 'force'?"),
        ({"by": "division"}, "by: found 'division'; expected one of force;"),
        ({"period": "2026-W26"}, "week 2026-W26 is not settled yet; the newest that is settled is 2026-W25"),
        ({"map_on": WEEK.first}, "the forces of another day, need the file of an organisation"),
        ({"form": "pdf"}, "form: found 'pdf'; expected one of text; csv; json; html"),
    ],
)
def test_what_is_wrong_with_a_question_about_forces_is_said(session: Any, asked: dict[str, Any], said: str) -> None:
    df = session.createDataFrame([("22", "22/1/26")], "force string, crime_ref string")
    with pytest.raises(SettingsError, match=re.escape(said)):
        spark.figures(**{"df": df, "policy": "west-mercia", "as_at": NOW, "period": str(WEEK), **asked})


def test_a_record_without_a_force_is_an_error(session: Any) -> None:
    df = session.createDataFrame([(None, "22/1/26")], "force string, crime_ref string")
    with pytest.raises(SettingsError, match="force: column 'force' is null in some records; each needs its force"):
        spark.figures(df, "west-mercia", NOW, str(WEEK))


@pytest.mark.parametrize("day", ["3 May 2026", 20260503, datetime(2026, 5, 3, tzinfo=UTC)])
def test_a_day_may_be_a_text_and_what_is_none_is_said(session: Any, tmp_path: Path, day: Any) -> None:
    (tmp_path / "forces.toml").write_text(FORCES, "utf-8")
    write(tmp_path / "crimes", "Kent", nested(records("Kent")), parts=1)
    df = session.read.parquet(str(tmp_path / "crimes"))
    asked: tuple[Any, ...] = (df, "west-mercia", NOW, str(WEEK))
    file = str(tmp_path / "forces.toml")
    with pytest.raises(SettingsError, match=r"map_on: .* is not a date; expected one such as '2026-05-03'"):
        spark.figures(*asked, organisation=file, map_on=day)
    assert "those of 3 May 2026" in spark.figures(*asked, organisation=file, map_on="2026-05-03")
