"""The engine against the conformance sample, and against the plain reference on generated histories."""

import re
import tomllib
from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance.policy import judge, judge_blocks, parse_policy
from compliance.policy.judgement import BLOCK
from compliance.records import columns, convert_crime
from tests.conformance import SAMPLES, Sample, records, verdicts
from tests.drawn import drawn
from tests.engine import POLICIES, RULES, engine_rows, first_difference, shipped
from tests.histories import AS_AT, crime_records, histories
from tests.stores import crime, updates

pytestmark = pytest.mark.drawn

INSTANTS = [
    (AS_AT, None),
    (datetime(2026, 8, 3, 22, 59, 59, tzinfo=UTC), None),  # one second before midnight in London
    (datetime(2026, 8, 3, 23, 0, 0, tzinfo=UTC), None),
    (AS_AT, datetime(2026, 9, 1, 12, tzinfo=UTC)),
]


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_the_engine_answers_the_conformance_sample_to_the_letter(sample: Sample) -> None:
    """Every row, its columns, and the order of both (records 2)."""
    policy, _ = shipped(sample.policy)
    got = engine_rows(records(), policy, sample.as_at, sample.known_at)
    assert [list(row.items()) for row in got] == [list(row.items()) for row in verdicts(sample)]


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize(("as_at", "known_at"), INSTANTS)
def test_engine_and_reference_agree_on_generated_histories(
    name: str, as_at: datetime, known_at: datetime | None
) -> None:
    """Some hundred histories for each policy and instant, all judged in one block; `tests/soak/test_histories.py` has a
    hundred thousand."""
    policy, data = shipped(name)
    seed = 1000 * POLICIES.index(name) + INSTANTS.index((as_at, known_at))
    compared, difference = first_difference(list(histories(seed, drawn(500))), policy, data, as_at, known_at)
    assert difference is None
    assert compared > drawn(500)


THOUGHT_UP = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
MANY = [100, pytest.param(2000, marks=pytest.mark.long)]


DRAWN = given(
    crimes=st.lists(crime_records(), min_size=1, max_size=3),
    name=st.sampled_from(POLICIES),
    when=st.sampled_from(INSTANTS),
)


def agree(crimes: list[dict[str, Any]], name: str, when: tuple[datetime, datetime | None]) -> None:
    policy, data = shipped(name)
    assert first_difference(crimes, policy, data, *when)[1] is None


@pytest.mark.parametrize("examples", MANY)
def test_engine_and_reference_agree_on_whatever_is_thought_up(examples: int) -> None:
    """Histories that shrink to the smallest one on which the two would differ."""
    settings(THOUGHT_UP, max_examples=examples)(DRAWN(agree))()


def _variant(**changes: Any) -> dict[str, Any]:
    data = deepcopy(tomllib.loads((RULES / "west-mercia.toml").read_text("utf-8")))
    for key, value in changes.items():
        if key.startswith("first_"):
            data["requirement"][0][key.removeprefix("first_")] = value
        elif key.startswith("second_"):
            data["requirement"][1][key.removeprefix("second_")] = value
        else:
            data[key] = value
    return data


def _chain(*requirements: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A policy whose requirements come after one another, as `west-mercia` otherwise."""
    common = {"title": "t", "source": "s", "clock": "reported"}
    return _variant(requirement=[common | requirement for requirement in requirements], **more)


VARIANTS = {
    "the same day counts (9.2)": _variant(first_same_day="counts"),
    "neither the same nor the recording day counts (9.7)": _variant(first_recording_day="does not count"),
    "the recording day does not count for the further contact (9.7)": _variant(second_recording_day="does not count"),
    "live contact only (2.4)": _variant(counted_methods=["phone", "visit"]),
    "more outcomes count (2.4)": _variant(counted_outcomes=["informed", "attempted"]),
    "nobody is exempt (5.5)": _variant(exempt_victims=[]),
    "written off at once (3.6)": _variant(owed_after_close_days=0),
    "working days (6.1)": _variant(first_within={"working_days": 5}),
    "in force for some months only (6.2)": _variant(
        first_from=date(2026, 4, 1), first_until=date(2026, 9, 30)
    ),
    "a further contact once (9.6)": {
        **_variant(),
        "requirement": [
            _variant()["requirement"][0],
            {k: v for k, v in _variant()["requirement"][1].items() if k != "repeat_every"},
        ],
    },
    "a short repeat (4.5)": _variant(second_repeat_every={"days": 3}),
    "nothing that it comes after is owed to all (9.4, 9.2)": _chain(
        {"id": "first", "same_day": "counts", "within": {"days": 5}, "only_for": ["enhanced"]},
        {"id": "more", "same_day": "counts", "within": {"days": 10}, "after": "first", "only_for": ["state"]},
        {
            "id": "further", "same_day": "does not count", "within": {"days": 28}, "after": "more",
            "open_only": True, "repeat_every": {"days": 28},
        },
    ),
    "open only events (9.3)": _variant(
        requirement=[
            {
                "id": "arrested", "title": "t", "source": "s", "clock": "event:suspect_arrested",
                "within": {"days": 5}, "open_only": True, "recording_day": "does not count",
            }
        ]
    ),
}  # fmt: skip


WORKING_DAYS = {
    "a further contact after one in working days (6.1a, 9.4)": _variant(first_within={"working_days": 5}),
    "a further contact in working days, with its repeats (6.1a)": _variant(second_within={"working_days": 20}),
    "one in working days that not all are owed (6.1a, 9.4, 9.5)": _chain(
        {"id": "first", "same_day": "does not count", "within": {"days": 5}},
        {"id": "more", "within": {"working_days": 10}, "after": "first", "only_for": ["enhanced"]},
        {"id": "further", "within": {"days": 28}, "after": "more", "open_only": True, "repeat_every": {"days": 28}},
    ),
    "whose own after takes its place (6.1a, 9.4)": _chain(
        {"id": "first", "same_day": "does not count", "within": {"working_days": 5}, "enhanced": {"within": {"working_days": 1}}},
        {"id": "more", "within": {"days": 10}, "after": "first", "only_for": ["enhanced", "state"]},
        {"id": "further", "within": {"days": 28}, "after": "more", "same_day": "counts"},
    ),
    "unless an interval was agreed (6.1a, 7.4)": _variant(
        second_within={"working_days": 20}, second_honour_agreed_interval=True
    ),
    "open only, in force for some months (6.1a, 6.2)": _chain(
        {"id": "once", "same_day": "does not count", "within": {"working_days": 5}, "open_only": True, "from": date(1994, 12, 1),
         "until": date(2029, 1, 5)},
        {"id": "after", "within": {"days": 28}, "after": "once"},
    ),
}  # fmt: skip


EDGES = {
    "the calendar has ended (6.1a)": datetime(2029, 1, 20, 12, tzinfo=UTC),
    "it ends in days (6.1a)": datetime(2028, 12, 29, 12, tzinfo=UTC),
    "it had only begun (6.1a)": datetime(1995, 4, 20, 12, tzinfo=UTC),
}


@pytest.mark.parametrize("when", EDGES)
@pytest.mark.parametrize("name", ["victims-code-2006", "victims-code-2020", *WORKING_DAYS])
def test_engine_and_reference_agree_where_the_calendar_ends(name: str, when: str) -> None:
    """What needs a date that the calendar does not know is set aside by both, and all else is judged (6.1a)."""
    data = WORKING_DAYS[name] if name in WORKING_DAYS else shipped(name)[1]
    policy = parse_policy(data, RULES / "edge.toml")
    records = list(histories(61, 250, as_at=EDGES[when]))
    compared, difference = first_difference(records, policy, data, EDGES[when])
    assert difference is None
    aside = judge(columns([convert_crime(record) for record in records]), policy, EDGES[when]).set_aside
    assert compared > 180
    assert len(aside) > 5


DRAWN_AT_THE_END = given(crimes=st.lists(crime_records(as_at=EDGES["the calendar has ended (6.1a)"]), min_size=1, max_size=3),
       name=st.sampled_from(["victims-code-2020", *WORKING_DAYS]))  # fmt: skip


def agree_at_the_end(crimes: list[dict[str, Any]], name: str) -> None:
    data = WORKING_DAYS[name] if name in WORKING_DAYS else shipped(name)[1]
    as_at = EDGES["the calendar has ended (6.1a)"]
    assert first_difference(crimes, parse_policy(data, RULES / "edge.toml"), data, as_at)[1] is None


@pytest.mark.parametrize("examples", MANY)
def test_engine_and_reference_agree_on_whatever_is_thought_up_where_the_calendar_ends(examples: int) -> None:
    """Histories that shrink to the smallest one on which the two would differ (6.1a)."""
    settings(THOUGHT_UP, max_examples=examples // 2)(DRAWN_AT_THE_END(agree_at_the_end))()


@pytest.mark.parametrize("name", VARIANTS)
def test_engine_and_reference_agree_on_policies_nobody_ships(name: str) -> None:
    """The parts of the general form (rules 9) in combinations that no shipped policy has."""
    data = VARIANTS[name]
    policy = parse_policy(data, RULES / "variant.toml")
    for as_at, known_at in INSTANTS[:1] + INSTANTS[3:]:
        assert first_difference(list(histories(99, 300)), policy, data, as_at, known_at)[1] is None


def test_a_cycle_that_opens_before_the_one_before_it_finds_the_updates_in_between() -> None:
    """An interval agreed that is shorter than the wait for the first window: it is due on 2 July and its window opens
    on the 6th, after the update that met the 7-day requirement; that of the cycle due on 4 July opens on the 4th, and
    the same update is late for it (rules 4.5, 7.4, 9.4)."""
    data = _variant(second_honour_agreed_interval=True)
    record = crime(
        victims=[{"victim_ref": "V1", "agreed_interval_days": 1}], updates=updates("2026-07-05", "2026-07-09")
    )
    policy = parse_policy(data, RULES / "variant.toml")
    assert first_difference([record], policy, data, datetime(2026, 7, 12, 12, tzinfo=UTC))[1] is None
    rows = engine_rows([record], policy, datetime(2026, 7, 12, 12, tzinfo=UTC))
    assert [row["discharged_on"] for row in rows if row["due_date"] == "2026-07-04"] == ["2026-07-05"]


def test_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judged in blocks of seven crimes on two threads, every row points to the same facts as judged at once."""
    policy, _ = shipped("victims-code-2020")
    as_at = EDGES["the calendar has ended (6.1a)"]
    crimes = columns([convert_crime(record) for record in histories(5, 200, as_at=as_at)])
    at_once = judge(crimes, policy, as_at)
    assert len(at_once.set_aside) > 10
    monkeypatch.setattr("compliance.policy.judgement.BLOCK", 7)
    in_blocks = judge(crimes, policy, as_at, threads=2)
    assert in_blocks.table().equals(at_once.table())
    assert in_blocks.set_aside.table().equals(at_once.set_aside.table())
    for name in ("update", "window_opens", "clause", "victim", "allocation"):
        assert (getattr(in_blocks, name) == getattr(at_once, name)).all()
    assert sum(len(block) for block in judge_blocks(crimes, policy, as_at)) == len(at_once)


def test_no_records_no_verdicts() -> None:
    """Also a table without rows has its columns (records 2)."""
    policy, _ = shipped("west-mercia")
    table = judge(columns([]), policy, AS_AT).table()
    assert table.num_rows == 0
    assert table.column_names[:3] == ["crime_ref", "victim_ref", "requirement"]


def test_a_naive_instant_is_refused() -> None:
    """Times are aware; the engine guesses no zone."""
    policy, _ = shipped("west-mercia")
    with pytest.raises(ValueError, match=re.escape("has no offset")):
        judge(columns([]), policy, datetime(2026, 1, 1))  # noqa: DTZ001


def test_the_discharging_update_is_the_one_the_verdict_says() -> None:
    """For `explain`: where a verdict is met or late, its update took place on the day of discharge, inside the window,
    and no counted update lies between the window's start and it (rules 3.2, 4.3)."""
    policy, _ = shipped("west-mercia")
    crimes = columns([convert_crime(record) for record in histories(11, 500)])
    verdicts = judge(crimes, policy, AS_AT)
    done = verdicts.update >= 0
    assert done.any()
    assert not done.all()
    days = policy.local.of(crimes.updates.at[verdicts.update[done]])
    assert (days == verdicts.discharged_on[done]).all()
    assert (days >= verdicts.window_opens[done]).all()
    assert (crimes.updates.crime[verdicts.update[done]] == verdicts.crime[done]).all()
    assert len(crimes) < BLOCK
