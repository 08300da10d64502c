"""What docs/many-forces.md and docs/notebook.md say to type gives the rates of the rules."""

import re
from collections import Counter
from pathlib import Path
from typing import Final

import duckdb
import pytest

from compliance.batch.evaluate_dataset import evaluate_dataset
from compliance.policy import load_policy
from tests.conformance import verdicts
from tests.datasets import SAMPLE, write_dataset

DOCS: Final = Path(__file__).parents[2] / "docs"
COUNTED: Final = {"met", "late", "overdue", "missed"}


def test_the_query_gives_the_rate_of_what_was_due(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules 5.1: pending, lapsed and exempt obligations are in no rate. Both forces hold the conformance sample."""
    write_dataset(tmp_path / "crimes")
    monkeypatch.chdir(tmp_path)
    policy = load_policy(SAMPLE.policy)
    evaluate_dataset(policy, SAMPLE.as_at, SAMPLE.known_at, "crimes", "judged", workers=1)
    query = re.search(r"```sql\n(.*?)```", (DOCS / "many-forces.md").read_text("utf-8"), re.DOTALL)
    assert query
    states = Counter((each["requirement"], each["state"]) for each in verdicts(SAMPLE))
    rates = {
        asked.id: states[asked.id, "met"] / sum(states[asked.id, state] for state in COUNTED)
        for asked in policy.requirement
    }
    found = duckdb.execute(query[1]).fetchall()
    assert found == [(force, name, pytest.approx(rates[name])) for force in ("01", "02") for name in sorted(rates)]


def test_the_notebook_counts_the_states_that_are_in_a_rate() -> None:
    states = re.search(r'pl.col\("state"\).is_in\(\[(.*?)\]\)', (DOCS / "notebook.md").read_text("utf-8"))
    assert states
    assert set(re.findall(r'"(\w+)"', states[1])) == COUNTED
