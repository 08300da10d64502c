"""What a return withholds: no count from 1 to 4 is said or follows from what is said (statistics 1.6, A8a)."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from compliance.reports.judging.rates import counted_share
from compliance.returns.filling import line_of
from compliance.returns.return_content import ReturnContent, ReturnLine, ReturnMeasure
from compliance.returns.withholding import withhold

Pair = tuple[int, int]
SMALL = range(1, 5)


def measure(figure: str, whole: Pair, **sides: Mapping[str, Pair]) -> ReturnMeasure:
    """Counts are (met, not met)."""
    lines = [line_of(counted_share(whole[0], sum(whole)))]
    for by, groups in sides.items():
        lines += [line_of(counted_share(met, met + missed), by, name) for name, (met, missed) in groups.items()]
    return ReturnMeasure(figure, figure, figure, "", "", tuple(lines))


def content(*measures: ReturnMeasure, small_counts: str = "withheld") -> ReturnContent:
    return ReturnContent(
        "quarterly", "Quarterly", "example", "none", "a board", "Westshire", "2026-Q3", date(2026, 7, 1),
        date(2026, 9, 30), datetime(2026, 10, 7, 23, tzinfo=UTC), "a policy", small_counts, {}, measures, ("head",),
    )  # fmt: skip


def shown(found: ReturnContent) -> dict[tuple[str, str, str], Pair]:
    return {
        (each.figure, line.by, line.group): (line.count, line.of - line.count)
        for each in found.measures
        for line in each.lines
        if line.standing == "shown" and line.count is not None and line.of is not None
    }


def summed(groups: Mapping[str, Pair]) -> Pair:
    return sum(met for met, _ in groups.values()), sum(missed for _, missed in groups.values())


def test_a_small_group_is_withheld_and_so_is_the_smallest_beside_it() -> None:
    groups = {"F": (60, 40), "M": (50, 30), "X": (2, 6), "not recorded": (20, 10)}
    found = withhold(content(measure("rate.7-day", summed(groups), sex=groups)))
    assert [key[2] for key in shown(found)] == ["", "F", "M"]


def test_what_is_not_small_is_all_shown() -> None:
    groups = {"F": (60, 40), "M": (50, 30), "none met": (0, 12)}
    asked = content(measure("rate.7-day", summed(groups), sex=groups))
    assert withhold(asked) == asked


def test_small_counts_are_shown_where_the_return_says_so() -> None:
    asked = content(measure("rate.7-day", (3, 2)), small_counts="shown")
    assert withhold(asked) == asked


def test_a_line_beside_a_withheld_one_gives_no_rate_of_the_rest_and_still_says_whether_it_differs() -> None:
    groups = {"F": (60, 40), "M": (50, 30), "X": (2, 6), "Y": (9, 9)}
    made = measure("rate.7-day", summed(groups), sex=groups)
    compared = tuple(replace(line, rest=0.5, difference=(0.1, 0.0, 0.2), p=0.01, differs=True) for line in made.lines)
    found = withhold(content(replace(made, lines=compared)))
    beside = [line for line in found.measures[0].lines if line.by == "sex" and line.standing == "shown"]
    assert [(line.group, line.rest, line.difference, line.p, line.differs) for line in beside] == [
        ("F", None, None, None, True), ("M", None, None, None, True),
    ]  # fmt: skip
    assert all(
        line == ReturnLine(line.by, line.group, "withheld")
        for line in found.measures[0].lines
        if line.standing == "withheld"
    )


def test_live_contact_is_withheld_where_it_would_tell_how_few_were_met_otherwise() -> None:
    every, live = measure("rate.7-day", (60, 40)), measure("live.7-day", (57, 43))
    assert list(shown(withhold(content(every, live)))) == [("rate.7-day", "force", "")]
    assert len(shown(withhold(content(every, measure("live.7-day", (50, 50)))))) == 2


COUNTS = st.one_of(st.integers(0, 9), st.integers(5, 40))
GROUPS = st.lists(st.tuples(COUNTS, COUNTS), min_size=1, max_size=5)


@given(first=GROUPS, second=GROUPS)
def test_nothing_small_can_be_worked_out_of_two_characteristics_of_the_same_victims(
    first: list[Pair], second: list[Pair]
) -> None:
    sex = {f"s{place}": pair for place, pair in enumerate(first)}
    whole = summed(sex)
    rest = [pair for pair in second if pair[0] <= whole[0] and pair[1] <= whole[1]][:1]
    age = {"a0": rest[0], "a1": (whole[0] - rest[0][0], whole[1] - rest[0][1])} if rest else {"a0": whole}
    found = shown(withhold(content(measure("rate.7-day", whole, sex=sex, age=age))))
    assert not any(count in SMALL for pair in found.values() for count in pair)
    sides: list[tuple[str, Mapping[str, Pair]]] = [("sex", sex), ("age", age)]
    for by, groups in sides:
        held = [name for name in groups if ("rate.7-day", by, name) not in found and any(groups[name])]
        if ("rate.7-day", "force", "") in found and held:
            left = summed({name: groups[name] for name in held})
            assert len(held) > 1 or not any(left)
            assert not any(count in SMALL for count in left)


@pytest.mark.parametrize("side", [0, 1])
@given(groups=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=3))
def test_somebody_who_tries_every_table_finds_no_small_count_for_certain(side: int, groups: list[Pair]) -> None:
    """All tables of whole numbers that agree with what is shown: of no group do they all say the same count from 1 to
    4."""
    named = {f"g{place}": pair for place, pair in enumerate(groups)}
    whole = summed(named)
    found = shown(withhold(content(measure("rate.7-day", whole, sex=named))))
    told = {name: found.get(("rate.7-day", "sex", name)) for name in named}
    total = found.get(("rate.7-day", "force", ""))
    possible = [
        table
        for table in product(range(19), repeat=len(named))
        if all(pair is None or pair[side] == count for pair, count in zip(told.values(), table, strict=True))
        and (total is None or sum(table) == total[side])
    ]
    for place in range(len(named)):
        values = {table[place] for table in possible}
        assert not (len(values) == 1 and values <= set(SMALL))
