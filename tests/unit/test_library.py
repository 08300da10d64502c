"""The engine as a library: the page that shows it is run, and other tables give the same answer."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from compliance.policy import judge, load_policy
from compliance.records import columns_from_arrow

PAGE = Path(__file__).parents[2] / "docs" / "library.md"
AS_AT = datetime(2026, 7, 20, 8, tzinfo=UTC)


def shown() -> dict[str, Any]:
    """What the page's example leaves behind."""
    code = re.search(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert code
    names: dict[str, Any] = {}
    exec(code[1], names)  # noqa: S102
    return names


def test_the_example_of_the_page_runs_and_says_what_the_rules_say() -> None:
    """22:45 UTC on 1 July is 23:45 in London, the day of the report (rules 2.6, 3.3)."""
    names = shown()
    assert names["refusals"] == []
    rows = {(row["crime_ref"], row["requirement"]): row for row in names["table"].to_pylist()}
    assert rows["22A/1/26", "7-day"]["state"] == "met"
    assert rows["22A/2/26", "7-day"]["state"] == "overdue"
    assert rows["22A/2/26", "7-day"]["same_day_update"] is True
    assert rows["22A/2/26", "7-day"]["due_date"] == date(2026, 7, 8)


def test_columns_from_polars_and_pandas_give_the_same_verdicts() -> None:
    names = shown()
    policy, expected = load_policy("west-mercia"), names["table"]
    for table in (pl.from_arrow(names["crimes"]).to_arrow(), pa.Table.from_pandas(names["crimes"].to_pandas())):
        columns, refusals = columns_from_arrow(table)
        assert refusals == []
        assert judge(columns, policy, AS_AT).table().equals(expected)
