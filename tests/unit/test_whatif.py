"""The what-if: what is set, what is counted, and what is said to have changed."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from compliance.batch.inputs import RefusedRecord
from compliance.batch.line_reader import Chunk
from compliance.batch.whatif import ABSENT, OUTSIDE, DivisionComparison, RequirementComparison, Tally, WhatIf, whatif
from compliance.batch.whatif_settings import apply_settings
from compliance.batch.whatif_text import percent, render
from compliance.errors import SettingsError
from compliance.policy import Policy, judge
from compliance.records import Columns, columns, convert_crime
from tests.engine import shipped
from tests.histories import AS_AT, KNOWN_AT, histories

WEST_MERCIA, HERTFORDSHIRE = shipped("west-mercia")[0], shipped("hertfordshire")[0]
PERIOD = (date(2026, 7, 1), date(2026, 9, 30))
RATED = ("met", "late", "overdue", "missed")


def crimes(seed: int, count: int) -> Columns:
    records = [record | {"crime_ref": f"22A/{seed}-{n}/26"} for n, record in enumerate(histories(seed, count))]
    return columns([convert_crime(record) for record in records])


def asked(after: Policy, parts: list[Columns], **options: Any) -> WhatIf:
    return whatif([Chunk(part, []) for part in parts], WEST_MERCIA, after, PERIOD, AS_AT, **options)


def rows(policy: Policy, parts: list[Columns], known_at: datetime | None = None) -> dict[Any, dict[str, Any]]:
    """The verdicts by what matches them."""
    every = [row for part in parts for row in judge(part, policy, AS_AT, known_at).table().to_pylist()]
    return {(r["crime_ref"], r["victim_ref"], r["requirement"], r["cycle"]): r for r in every}


def inside(row: dict[str, Any] | None) -> bool:
    return row is not None and PERIOD[0] <= row["due_date"] <= PERIOD[1]


@pytest.mark.parametrize(
    "after",
    [
        apply_settings(WEST_MERCIA, ["7-day.within.days=5"]),
        apply_settings(WEST_MERCIA, ["7-day.same_day=counts", "owed_after_close_days=14"]),
        apply_settings(WEST_MERCIA, ["28-day.repeat_every.days=14"]),
        HERTFORDSHIRE,
    ],
    ids=["five days", "same day", "every fortnight", "another policy"],
)
@pytest.mark.parametrize("known_at", [None, KNOWN_AT])
def test_the_figures_and_the_changes_are_those_of_the_verdicts(after: Policy, known_at: datetime | None) -> None:
    """Counted again, a row at a time, from the two sets of verdicts (rules 5.1)."""
    parts = [crimes(71, 150), crimes(72, 150)]
    answer = asked(after, parts, known_at=known_at)
    sides = [rows(policy, parts, known_at) for policy in (WEST_MERCIA, after)]
    for side, name in ((0, "before"), (1, "after")):
        counted = Counter(
            (row["requirement"], row["division"], row["state"])
            for row in sides[side].values()
            if inside(row) and row["state"] in RATED
        )
        for figures in answer.figures:
            for line in figures.lines[1:]:
                tally = getattr(line, name)
                got = [0, 0, 0, 0] if tally is None else [getattr(tally, state) for state in RATED]
                assert got == [counted[figures.requirement, line.division, state] for state in RATED]
            total = getattr(figures.lines[0], name)
            of = sum(count for (requirement, _, _), count in counted.items() if requirement == figures.requirement)
            assert (total.of if total else 0) == of
    moves: Counter[tuple[str, str, str]] = Counter()
    kept = 0
    for key in {key for side in sides for key, row in side.items() if inside(row)}:
        found = [side.get(key) for side in sides]
        before, after_state = (ABSENT if row is None else row["state"] if inside(row) else OUTSIDE for row in found)
        kept += before == after_state
        moves[key[2], before, after_state] += before != after_state
    assert {(c.requirement, c.before, c.after): c.count for c in answer.changes} == +moves
    assert (answer.kept, answer.moved) == (kept, moves.total())
    assert answer.moved > 0


def test_examples_are_of_their_change_and_no_more_than_asked_for() -> None:
    after = apply_settings(WEST_MERCIA, ["7-day.within.days=5"])
    parts = [crimes(71, 150), crimes(72, 150)]
    before, later = rows(WEST_MERCIA, parts), rows(after, parts)
    answer = asked(after, parts, examples=3)
    for change in answer.changes:
        assert len(change.examples) == min(3, change.count)
        for example in change.examples:
            key = (example.crime_ref, example.victim_ref, change.requirement, example.cycle)
            for side, state, due in (
                (before, change.before, example.due_before),
                (later, change.after, example.due_after),
            ):
                assert due == (side[key]["due_date"] if key in side else None)
                assert state in (OUTSIDE, ABSENT, side.get(key, {}).get("state"))


def test_nothing_changed_is_nothing_moved() -> None:
    answer = asked(WEST_MERCIA, [crimes(71, 50)])
    assert answer.changes == ()
    assert all(line.before == line.after for figures in answer.figures for line in figures.lines)
    assert answer.kept > 0


def test_chunks_are_added_up_to_what_they_are_together() -> None:
    """In bounded memory: a chunk at a time."""
    after = apply_settings(WEST_MERCIA, ["7-day.within.days=5"])
    whole = crimes(73, 90)
    apart = asked(after, [whole.slice(0, 30), whole.slice(30, 60), whole.slice(60, 90)], examples=90)
    assert apart == asked(after, [whole], examples=90)


def test_refused_records_are_told_and_counted() -> None:
    seen: list[RefusedRecord] = []
    chunk = Chunk(crimes(71, 2), [RefusedRecord(3, "22A/9/26", "broken")])
    answer = whatif([chunk], WEST_MERCIA, HERTFORDSHIRE, PERIOD, AS_AT, refuse=seen.append)
    assert (answer.crimes, answer.refused, seen) == (2, 1, chunk.refused)


def test_no_records_have_no_rate_rules_5_1() -> None:
    answer = whatif([], WEST_MERCIA, HERTFORDSHIRE, PERIOD, AS_AT)
    assert [line.before and line.before.rate for figures in answer.figures for line in figures.lines] == [None] * 4
    assert "n/a" in render(answer, "text")


def test_a_period_that_ends_before_it_begins_is_an_error() -> None:
    with pytest.raises(SettingsError, match="ends on 2026-06-01, before it begins on 2026-07-01"):
        whatif([], WEST_MERCIA, HERTFORDSHIRE, (date(2026, 7, 1), date(2026, 6, 1)), AS_AT)


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("7-day.within.days=5", {"requirement": {"within": {"days": 5}}}),
        ("7-day.within.working_days=5", {"requirement": {"within": {"working_days": 5}}}),
        ("7-day.same_day=counts", {"requirement": {"same_day": "counts"}}),
        ("7-day.enhanced.within.days=1", {"requirement": {"enhanced": {"within": {"days": 1}}}}),
        ("7-day.only_for=enhanced, standard", {"requirement": {"only_for": ["enhanced", "standard"]}}),
        ("7-day.from=2026-07-01", {"requirement": {"from": date(2026, 7, 1)}}),
        ("7-day.open_only=true", {"requirement": {"open_only": True}}),
        ("counted_methods=phone,visit", {"counted_methods": ["phone", "visit"]}),
        ("counted_methods=phone", {"counted_methods": ["phone"]}),
        ("exempt_victims=", {"exempt_victims": []}),
        ("owed_after_close_days=14", {"owed_after_close_days": 14}),
    ],
)
def test_a_setting_changes_its_key_and_no_other(setting: str, expected: dict[str, Any]) -> None:
    changed = apply_settings(WEST_MERCIA, [setting]).model_dump(by_alias=True)
    own = WEST_MERCIA.model_dump(by_alias=True)
    requirement = own["requirement"][0] | _whole(expected.get("requirement", {}))
    rest = {key: value for key, value in expected.items() if key != "requirement"}
    assert changed == own | {"requirement": [requirement, own["requirement"][1]]} | rest


def _whole(changes: dict[str, Any]) -> dict[str, Any]:
    """Limits as a dumped policy has them: both units, one of them empty."""
    empty = {"days": None, "working_days": None}
    if "within" in changes:
        return changes | {"within": empty | changes["within"]}
    if "enhanced" in changes:
        return changes | {"enhanced": {"within": empty | changes["enhanced"]["within"]}}
    return changes


def test_a_requirement_may_come_to_an_end_or_not_repeat_rules_9_6() -> None:
    once = apply_settings(WEST_MERCIA, ["28-day.repeat_every="])
    assert once.requirement[1].repeat_every is None
    assert WEST_MERCIA.requirement[1].repeat_every is not None


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("7day.within.days=5", "there is no key '7day'; did you mean '7-day'"),
        ("7-day.wihtin.days=5", "there is no key 'wihtin'; did you mean 'within'"),
        ("7-day.within.dayz=5", "there is no key 'dayz'; did you mean 'days'"),
        ("counted_method=phone", "there is no key 'counted_method'; did you mean 'counted_methods'"),
        ("path=x", "there is no key 'path'"),
        ("7-day.within=5", "name one of its keys: days, working_days"),
        ("7-day=5", "expected a key of requirement '7-day'"),
        ("7-day.same_day", "expected KEY=VALUE"),
        ("timezone.name=x", "timezone has no keys of its own"),
        ("7-day.within.days=0", r"requirement '7-day'\.within\.days: input should be greater than or equal to 1"),
        (
            "7-day.within.days=five",
            r"requirement '7-day'\.within\.days: input should be a valid integer \(found 'five'\)",
        ),
        ("7-day.same_day=perhaps", r"requirement '7-day'\.same_day: input should be 'counts' or 'does not count'"),
        ("7-day.open_only=yes", r"requirement '7-day'\.open_only: input should be a valid boolean"),
        ("28-day.after=9-day", "after '9-day' names no requirement of this policy"),
        ("counted_outcomes=,", "at least one outcome must count"),
        ("28-day.open_only=false", "only a requirement with open_only = true repeats"),
    ],
)
def test_a_wrong_setting_names_itself_and_the_nearest_right_key(setting: str, message: str) -> None:
    """Checked as a policy file is, never guessed."""
    with pytest.raises(SettingsError, match=message) as error:
        apply_settings(WEST_MERCIA, [setting])
    assert str(error.value).startswith("--set")


def test_the_answer_as_text_names_what_was_asked_and_stays_within_80_columns() -> None:
    after = apply_settings(WEST_MERCIA, ["7-day.within.days=5"])
    answer = asked(after, [crimes(71, 80)], changed=["7-day.within.days=5"], known_at=KNOWN_AT)
    text = render(answer, "text")
    assert max(map(len, text.splitlines())) <= 80
    assert text.startswith(
        "Obligations due from 1 July 2026 to 30 September 2026, in 80 crimes.\n"
        "As at 2026-11-25T12:00:00Z, as known at 2026-10-01T12:00:00Z.\n"
        "\n"
        "policy   West Mercia force policy on keeping victims informed\n"
        "changed  7-day.within.days=5\n"
    )
    early = whatif([], WEST_MERCIA, after, PERIOD, datetime(2026, 9, 30, 22, tzinfo=UTC))
    assert "The period had not ended" in render(early, "text")


@pytest.mark.parametrize(
    ("before", "after", "points"),
    [
        (Tally(6, 1, 2, 1), Tally(8, 1, 1, 0), "+20.0"),
        (Tally(8, 1, 1, 0), Tally(6, 1, 2, 1), "-20.0"),
        (Tally(1, 0, 1, 1), Tally(2, 0, 1, 0), "+33.3"),
        (Tally(1, 0, 0, 1), Tally(2, 1, 0, 1), "="),
    ],
)
def test_the_points_say_by_how_much_the_changed_policy_raises_the_rate(
    before: Tally, after: Tally, points: str
) -> None:
    """Percentage points of the rate of rules 5.1, changed less present: fewer met is a minus."""
    figures = RequirementComparison("7-day", "Within 7 days", (DivisionComparison(True, None, before, after),))
    text = render(replace(asked(WEST_MERCIA, []), figures=(figures,)), "text")
    (header,) = (line for line in text.splitlines() if "points" in line)
    (changed,) = (line for line in text.splitlines() if line.strip().startswith("changed ") and "%" in line)
    assert (header.split()[-1], changed.split()[-1]) == ("points", points)


@pytest.mark.parametrize("one", ["before", "after"])
def test_a_requirement_of_one_policy_only_has_no_points(one: str) -> None:
    tally = Tally(1, 0, 0, 1)
    line = DivisionComparison(True, None, *((tally, None) if one == "before" else (None, tally)))
    text = render(
        replace(asked(WEST_MERCIA, []), figures=(RequirementComparison("7-day", "Within 7 days", (line,)),)), "text"
    )
    assert "not in this policy" in text
    assert [line.split()[-1] for line in text.splitlines() if "50.0%" in line] == ["50.0%"]


def test_the_answer_as_json_writes_out_rates_and_totals() -> None:
    answer = asked(apply_settings(WEST_MERCIA, ["7-day.within.days=5"]), [crimes(71, 80)])
    data = msgspec.json.decode(render(answer, "json"))
    line, told = answer.figures[0].lines[0], data["figures"][0]["lines"][0]
    assert line.before is not None
    assert told["before"]["of"] == line.before.of
    assert told["before"]["rate"] == line.before.met / line.before.of
    assert data["moved"] == sum(change["count"] for change in data["changes"])


@pytest.mark.parametrize(
    ("rate", "text"), [(None, "n/a"), (0.0, "0%"), (1.0, "100%"), (0.9999, "99.9%"), (0.0001, "0.1%"), (0.5, "50.0%")]
)
def test_a_rate_is_0_or_100_only_where_it_is_exactly_that(rate: float | None, text: str) -> None:
    assert percent(rate) == text
