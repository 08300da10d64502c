"""The rates of a report, recomputed from an export by the script that is supplied with it (docs/export.md)."""

import importlib.util
import sys
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from compliance.errors import UnavailableError
from compliance.policy import load_policy
from compliance.reports.figures import report_figures
from compliance.reports.periods.weeks import Week
from compliance.reports.publishing.snapshots import StoredRecords
from compliance.store import Store, export, export_known
from tests import stores
from tests.conformance import policy, records
from tests.histories import histories
from tests.reference import judge_record
from tests.stores import at, crime, take, updates

new_database, database_url = stores.new_shared_database, stores.database_url
store = stores.store

SCRIPT = Path(__file__).parents[2] / "docs" / "recompute_rates.py"
WEEK = Week.parse("2026-W28")
SETTLED = WEEK.settling_instant(load_policy("west-mercia").local)


@pytest.fixture(scope="module")
def script() -> Any:
    spec = importlib.util.spec_from_file_location("recompute_rates", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def states_of(script: Any, folder: Path, now: datetime) -> dict[tuple[str, str], list[tuple[str, str, str]]]:
    """What the script says of every victim in an export: (requirement, due date, state)."""
    facts: Any = defaultdict(lambda: {"statuses": [], "allocations": [], "updates": []})
    for name in ("statuses", "allocations", "updates"):
        for row in pq.read_table(folder / f"{name}.parquet").to_pylist():
            facts[row["crime_ref"]][name].append(row)
    crimes = {row["crime_ref"]: row for row in pq.read_table(folder / "crimes.parquet").to_pylist()}
    found = {}
    for victim in pq.read_table(folder / "victims.parquet").to_pylist():
        held = crimes[victim["crime_ref"]]
        if max(held["reported_at"], victim["added_at"] or held["reported_at"]) > now:
            continue
        case = script.Case(held, victim, facts[victim["crime_ref"]], now)
        if case.cancelled or case.exempt:
            continue
        found[victim["crime_ref"], victim["victim_ref"]] = [
            (requirement, due.isoformat(), "missed" if state == "silent" else state)
            for requirement, due, state in case.obligations()
        ]
    return found


def test_the_script_judges_every_victim_as_the_rules_do(script: Any, store: Store, tmp_path: Path) -> None:
    """Rules 2 to 5 for the supplied policy, over the conformance records and generated ones."""
    now = at("2026-11-25 12:00")
    held = [*records(), *histories(17, 200, as_at=now)]
    take(store, at("2026-11-25 11:00"), *held)
    export(store, tmp_path)
    expected: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for record in held:
        for row in judge_record(record, policy("west-mercia"), now, now):
            if row["reason"] not in ("cancelled", "state", "anonymous"):
                of_victim = expected.setdefault((row["crime_ref"], row["victim_ref"]), [])
                of_victim.append((row["requirement"], row["due_date"], row["state"]))
    found = states_of(script, tmp_path, now)
    assert {key: sorted(rows) for key, rows in found.items()} == {key: sorted(rows) for key, rows in expected.items()}
    assert len(found) > 500


def a_force(store: Store) -> None:
    """Crimes of two divisions due in a week; some are corrected, moved, or updated after it was settled."""
    begun = datetime.fromisoformat("2026-06-29T09:00:00+00:00")
    held = []
    for number in range(40):
        day = begun + timedelta(days=number % 7)
        told = updates((day + timedelta(days=3)).date().isoformat()) if number % 3 else []
        moved = [{"from": day.isoformat(), "division": "North"},
                 {"from": (day + timedelta(days=20)).isoformat(), "division": "South"}]  # fmt: skip
        allocations = moved if number % 5 == 0 else None
        held.append(crime(f"C{number:02}", reported_at=day.isoformat(), updates=told, division="South",
                          **({"allocations": allocations} if allocations else {})))  # fmt: skip
    take(store, SETTLED - timedelta(days=3), *held)
    take(store, SETTLED + timedelta(hours=1))
    late = [crime(f"C{number:02}", reported_at=held[number]["reported_at"], updates=updates("2026-07-06"))
            for number in range(0, 12, 3)]  # fmt: skip
    take(store, SETTLED + timedelta(days=5), *late)


@pytest.mark.parametrize("by", ["division", "team"])
def test_the_published_rates_are_recomputed_from_the_records_as_known_then(
    script: Any,
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    by: str,
) -> None:
    """Statistics 1.2a: what was corrected since the period was settled changes nothing."""
    a_force(store)
    figures = report_figures(StoredRecords(store), load_policy("west-mercia"), WEEK, SETTLED, force="A force")
    share = figures.requirements[0].week.rate.share
    export_known(store, tmp_path / "then", SETTLED)
    monkeypatch.setattr(sys, "argv", ["recompute_rates.py", str(tmp_path / "then"), str(WEEK), "--by", by])
    script.main()
    printed = capsys.readouterr().out
    assert f"7-day the force: {share.count} of {share.of} in time ({share.rate:.1%})" in printed
    if by == "division":
        for division in figures.requirements[0].divisions:
            of = division.week.share
            assert f"7-day {division.name}: {of.count} of {of.of} in time" in printed
    export(store, tmp_path / "now")
    monkeypatch.setattr(sys, "argv", ["recompute_rates.py", str(tmp_path / "now"), str(WEEK)])
    script.main()
    assert f"7-day the force: {share.count} of {share.of}" not in capsys.readouterr().out, "the records have changed"


def test_what_was_known_then_is_not_exported_before_it_is_known(store: Store, tmp_path: Path) -> None:
    take(store, SETTLED - timedelta(days=3), crime("A"))
    with pytest.raises(UnavailableError, match="the crime system has not been read to its end since"):
        export_known(store, tmp_path / "then", SETTLED)
    assert list((tmp_path / "then").glob("*.parquet")) == []
