"""Reports of planted worlds: nothing is claimed that was not planted, and what was planted is named in time
(docs/statistics.md, 2 and 6). `python -m benchmarks claims` is the long form of this."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from compliance.policy import judge, load_policy
from compliance.policy.verdicts import LATE, MET, MISSED, OVERDUE
from compliance.reports.model.claims import Claim, ClaimKind, SpecialCause, Stated
from tests.worlds import tampering
from tests.worlds.catalogue import LAST, TELFORD, WORLDS, World
from tests.worlds.checking import JUDGES
from tests.worlds.checking import judge as check
from tests.worlds.force import CHANCES, EVENT, FIRST_DAY, SIZES, Cases, Force, day_of
from tests.worlds.playing import PlayedWorld, Told, span_of
from tests.worlds.tallying import Lived
from tests.worlds.truth import Change

SMALL, SEED = SIZES["small"], 3
WEEKS = (EVENT - 1, EVENT + 1, EVENT + 7)
FELL = replace(WORLDS["one division, 8 points"], changes=(Change(-25, EVENT, divisions=(TELFORD,)),))
"""A small force must fall further to be told from chance."""
ALL_FELL = replace(WORLDS["the force, 7 points"], changes=(Change(-25, EVENT),))


@cache
def quiet() -> Lived:
    return Lived.of(WORLDS["quiet"], SMALL, SEED, WEEKS)


@cache
def played(name: str) -> PlayedWorld:
    return PlayedWorld({"fell": FELL, "all fell": ALL_FELL}.get(name) or WORLDS[name], SMALL, SEED)


def test_every_kind_of_claim_is_judged() -> None:
    assert {kind.value for kind in ClaimKind} <= set(JUDGES)


@pytest.mark.parametrize("series", range(3))
def test_updates_are_given_in_time_as_often_as_planted(series: int) -> None:
    """The chances of first, first further and continuing contact (statistics 1.10), as the engine judges them."""
    policy, settled = load_policy("west-mercia"), span_of(76)
    instant = settled.settling_instant(policy.local)
    met = total = 0
    for seed in (1, 2):
        verdicts = judge(PlayedWorld(WORLDS["quiet"], SMALL, seed).columns, policy, instant, instant)
        due = np.isin(verdicts.state, (MET, LATE, OVERDUE, MISSED)) & (verdicts.due_date >= FIRST_DAY + 13 * 7)
        due &= verdicts.due_date <= settled.days[1]
        own = (verdicts.requirement == 0, verdicts.cycle == 1, verdicts.cycle > 1)[series]
        due &= own & (verdicts.requirement == min(series, 1))
        met, total = met + int((verdicts.state[due] == MET).sum()), total + int(due.sum())
    assert met / total == pytest.approx(CHANCES[series], abs=0.025)


@pytest.mark.parametrize("name", ["renamed, mapped", "published late", "feed gap"])
def test_what_changes_nothing_changes_no_claim(name: str) -> None:
    """A division renamed in the map, a report first published months later and a gap in the feed (statistics 1.2a)."""
    lived = Lived.of(WORLDS[name], SMALL, SEED, WEEKS)
    assert lived.beyond(quiet()) == []
    assert len(lived.false_claims()) == len(quiet().false_claims())


@pytest.mark.parametrize(("name", "weeks"), [
    ("begins", (WORLDS["begins"].reported_since + 1, LAST - 4, LAST)), ("dip", WEEKS[1:]), ("Christmas", (LAST - 8, LAST - 2)),
    ("renamed, no map", WEEKS[1:]), ("merged, mapped", WEEKS[1:]),
])  # fmt: skip
def test_nothing_is_to_be_looked_at_first_that_is_not_so(name: str, weeks: tuple[int, ...]) -> None:
    """Records that begin, the weeks around a dip, and names that change are no event (statistics 1.2b, 2.2a, 6)."""
    lived = Lived.of(WORLDS[name], SMALL, SEED, weeks)
    assert lived.reported() == set(weeks)
    assert lived.untrue_first() == set()


def test_crimes_on_record_twice_are_no_worsening() -> None:
    """A quarter of a division's crimes: told with their number, and what is there only with them is not (decision 0058)."""
    lived = Lived.of(WORLDS["duplicates"], SMALL, SEED, (EVENT, EVENT + 7))
    assert (lived.untrue_first(), lived.missed()) == (set(), [])
    assert {each.told.claim.kind for each in lived.claims} >= {ClaimKind.DUPLICATED, ClaimKind.ON_DUPLICATES}


def test_a_division_that_fell_is_named_beside_its_crimes_on_record_twice() -> None:
    assert Lived.of(replace(FELL, after=tampering.duplicate), SMALL, SEED, [EVENT + 7]).missed() == []


def test_a_changed_policy_is_announced_and_nothing_else_is_made_of_it() -> None:
    """Under the same name of the requirement (statistics 5): a longer limit is no improvement."""
    lived = Lived.of(WORLDS["policy"], SMALL, SEED, (EVENT - 1, EVENT, EVENT + 7))
    told = [each for each in lived.claims if each.told.claim.kind == ClaimKind.POLICY_CHANGED]
    assert ([each.told.week for each in told], lived.missed(), lived.untrue_first()) == ([EVENT], [], set())


def test_a_feed_gap_is_told_in_its_week() -> None:
    assert Lived.of(WORLDS["feed gap"], SMALL, SEED, [EVENT]).missed() == []
    assert Lived.of(replace(WORLDS["feed gap"], gap=None), SMALL, SEED, [EVENT]).missed()


def without_victims(cases: Cases, _: Force) -> Cases:
    """From a week on the feed gives no victim for one crime in ten."""
    lost = (cases.day >= EVENT * 7) & (np.arange(len(cases)) % 10 == 0)
    return replace(cases, victims=np.where(lost, 0, cases.victims))


def test_crimes_that_have_no_victim_hold_no_report_back_and_victims_that_are_lost_do() -> None:
    """Statistics section 7: of a real force's crimes some, such as the possession of drugs, have no victim."""
    fit = [each.told.week for each in quiet().claims if each.told.claim.kind == ClaimKind.RECORDS_FIT]
    assert fit == list(WEEKS)
    lost = PlayedWorld(replace(WORLDS["quiet"], after=without_victims), SMALL, SEED).tell(EVENT + 1)
    assert ClaimKind.RECORDS_UNFIT in {told.claim.kind for told in lost}


@pytest.mark.parametrize(("world", "weeks"), [(FELL, range(EVENT + 1, EVENT + 8, 2)), (ALL_FELL, [EVENT])])
def test_what_fell_is_named_by_the_week_in_which_it_is_due(world: World, weeks: list[int]) -> None:
    """A division within eight settled weeks, the whole force in the week in which it settles (statistics 6)."""
    assert Lived.of(world, SMALL, SEED, weeks).missed() == []


def test_2_2c_a_fall_of_the_force_is_dated_from_its_first_weeks_below_the_mean() -> None:
    """In the ninth week a point lies beyond the limit. The eight below the mean before it are the same event."""
    told = PlayedWorld(WORLDS["the force, 7 points"], SMALL, 1000).tell(EVENT + 8)
    found = [each.claim.since for each in told if each.claim.kind == ClaimKind.CONCERN]
    assert found == [day_of(EVENT)]


def cause(kind: ClaimKind, about: str, first: int, last: int, requirement: str = "7-day") -> Claim:
    weeks = (str(span_of(first)), str(span_of(last)))
    return SpecialCause(kind=kind, subject=f"rate.{requirement}", about=about, since=day_of(first),
                        until=span_of(last).last, title="a rate", rule="shift", weeks=weeks, length=last - first + 1)  # fmt: skip


def differs(kind: ClaimKind, by: float, group: str) -> Claim:
    return Claim(kind=kind, subject="trailing", about="division", stated=(Stated("difference", by, "7-day", group),))


ENTRIES = Claim(kind=ClaimKind.TEAMS_SHOW_PATTERN, subject="pattern.entered-long-after")
ON_DUPLICATES = Claim(kind=ClaimKind.ON_DUPLICATES, subject="trailing.7-day")
NOTHING = Claim(kind=ClaimKind.NOTHING_STANDS_OUT, subject="summary")
GAP = Claim(kind=ClaimKind.FEED_GAP, subject="gap", since=day_of(EVENT), until=span_of(EVENT + 1).first)
TELFORD_NAME, OTHER = SMALL.divisions[TELFORD], SMALL.divisions[2]
DUPLICATED = Claim(kind=ClaimKind.DUPLICATED, subject=f"duplicates/{TELFORD_NAME}",
                   stated=(Stated("count", 9, group=TELFORD_NAME),))  # fmt: skip
WORSE, BETTER = ClaimKind.WORSENED, ClaimKind.IMPROVED


@pytest.mark.parametrize(("world", "week", "claim", "true"), [
    ("fell", EVENT + 8, cause(WORSE, TELFORD_NAME, EVENT, EVENT + 8), True),
    ("fell", EVENT + 8, cause(WORSE, TELFORD_NAME, EVENT, EVENT + 8, "28-day"), True),
    ("fell", EVENT + 8, cause(WORSE, TELFORD_NAME, EVENT - 3, EVENT + 8), True),
    ("fell", EVENT + 8, cause(WORSE, TELFORD_NAME, EVENT - 12, EVENT - 2), False),
    ("fell", EVENT + 8, cause(BETTER, TELFORD_NAME, EVENT - 8, EVENT - 1), False),
    ("fell", EVENT + 8, cause(WORSE, OTHER, EVENT, EVENT + 8), False),
    ("fell", EVENT + 8, differs(ClaimKind.DIFFERS, -0.1, TELFORD_NAME), True),
    ("fell", EVENT + 8, differs(ClaimKind.BELOW_REST, -0.1, TELFORD_NAME), True),
    ("fell", EVENT + 8, differs(ClaimKind.DIFFERS, 0.1, TELFORD_NAME), False),
    ("fell", EVENT - 1, differs(ClaimKind.DIFFERS, -0.1, TELFORD_NAME), False),
    ("fell", EVENT + 6, NOTHING, True),
    ("fell", EVENT + 7, NOTHING, False),
    ("dip", EVENT, cause(WORSE, "", EVENT, EVENT), True),
    ("dip", EVENT + 9, cause(BETTER, "", EVENT + 2, EVENT + 9), False),
    ("dip", EVENT + 9, cause(BETTER, "", EVENT - 9, EVENT - 1), False),
    ("begins", 76, cause(BETTER, "", WORLDS["begins"].begins, 66), False),
    ("quiet", EVENT, differs(ClaimKind.BELOW_REST, -0.1, OTHER), False),
    ("standing", EVENT, differs(ClaimKind.BELOW_REST, -0.1, TELFORD_NAME), True),
    ("standing", EVENT, cause(WORSE, TELFORD_NAME, EVENT - 2, EVENT), False),
    ("quiet", EVENT, ENTRIES, False), ("late entry", EVENT + 8, ENTRIES, True),
    ("quiet", EVENT, GAP, False),
    ("quiet", EVENT, DUPLICATED, False), ("duplicates", EVENT, DUPLICATED, True),
    ("quiet", EVENT, ON_DUPLICATES, False), ("duplicates", EVENT, ON_DUPLICATES, True),
    ("duplicates", EVENT + 8, differs(ClaimKind.BELOW_REST, -0.1, TELFORD_NAME), False),
    ("renamed, no map", EVENT + 8, cause(WORSE, "The East", EVENT, EVENT + 8), False),
])  # fmt: skip
def test_a_claim_is_right_where_it_was_planted_and_false_where_it_was_not(
    world: str, week: int, claim: Claim, true: bool
) -> None:
    said = check(played(world), Told(week, "", "summary", True, claim))
    assert said
    assert all(each.true for each in said) is true


def test_a_kind_of_claim_that_is_not_known_goes_unjudged_by_nobody() -> None:
    class Odd:
        value = "something new"

    odd = Told(EVENT, "", "summary", True, replace_kind(NOTHING, Odd()))
    with pytest.raises(KeyError, match="something new"):
        check(played("quiet"), odd)


def replace_kind(claim: Claim, kind: object) -> Claim:
    return Claim(kind=kind, subject=claim.subject)  # type: ignore[arg-type]
