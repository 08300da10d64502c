"""The log of some days of a force, in which systems fail: nothing in it names a person, an address or a crime."""

import json
import re
from datetime import date, datetime
from typing import Final

import msgspec
import pytest

from compliance.simulator import SimulatedCrimeSystem, SimulatedForce
from tests.operated import Disturbance, OperatedYear
from tests.operated_faults import crimes_answer, directory_answers, lasting, mail
from tests.simulated import LONDON, good, read

END: Final = datetime(2026, 6, 15, tzinfo=LONDON)
START: Final = date(2026, 6, 8)
FAULTS: Final = [
    *lasting("feed rejected", "2026-06-09 06:00", "2026-06-09 17:00", crimes_answer(401), crimes_answer(None)),
    *lasting(
        "directory empty", "2026-06-10 06:00", "2026-06-10 17:00", directory_answers(share=0), directory_answers()
    ),
    *lasting("mail away", "2026-06-11 06:00", "2026-06-11 11:00", mail(False), mail(True)),
]


def private(force: SimulatedForce) -> set[str]:
    """What the log must not have: names and addresses of officers, references of crimes and victims."""
    system = SimulatedCrimeSystem(force)
    system.advance(force.end)
    officers = [msgspec.json.decode(line) for line in system.directory().splitlines()]
    crimes = good(read(system)[0])
    victims = {victim["victim_ref"] for crime in crimes for victim in crime.get("victims", [])}
    found = {officer[name] for officer in officers for name in ("name", "email") if officer.get(name)}
    return found | {crime["crime_ref"] for crime in crimes} | victims


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("days")
    force = SimulatedForce(seed=4, weeks=6, end=END, scale=0.02)
    with OperatedYear(folder / "week", force, START, 5, [f"sqlite:///{folder / 'compliance.db'}"]) as days:
        days.live(Disturbance(FAULTS))
    return days.log.lines


def test_the_log_names_nobody(lines: list[str]) -> None:
    force = SimulatedForce(seed=4, weeks=6, end=END, scale=0.02)
    words = private(force)
    assert len(words) > 100
    assert len(lines) > 30
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, sorted(words))) + r")\b")
    assert all(pattern.search(f"of {word}.") for word in words)
    assert [line for line in lines if pattern.search(line)] == []


def test_every_line_of_a_job_belongs_to_a_cycle(lines: list[str]) -> None:
    found = [json.loads(line) for line in lines if line.startswith("{")]
    jobs = [line for line in found if line.get("job") in ("poll", "remind", "report")]
    assert len(jobs) > 20
    assert all(line["run"] for line in jobs)
    by_run: dict[str, set[str]] = {}
    for line in jobs:
        by_run.setdefault(line["run"], set()).add(line["job"])
    assert {"poll", "remind"} <= set.union(*by_run.values())
    assert max(map(len, by_run.values())) > 1, "the jobs of a cycle have one"
