"""The checks before a report is released (statistics section 7): each in a world in which all is well and in others."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from compliance.reports.model.claims import ClaimKind as Kind
from compliance.reports.model.release_facts import (
    DirectoryStaff,
    DivisionCrimes,
    DivisionOfficers,
    Released,
    ReleaseFacts,
    UnequalSum,
)
from compliance.reports.releasing.release import (
    FAULTS,
    check_crimes,
    check_divisions,
    check_officers,
    check_policy,
    check_read,
    check_release,
    check_repeated,
    check_sums,
    check_unfit,
    fault_names,
    find_faults,
    pass_gate,
)
from compliance.reports.rendering.render import render
from compliance.reports.wording.sentences import sentence
from tests.integration.test_report_forms import figures
from tests.stores import at

SETTLED = at("2026-06-21 23:00")
WEEKLY = (300, 280, 310, 290, 305, 295, 300, 300, 310, 290, 300, 300, 300)


def staff(**divisions: int) -> DirectoryStaff:
    return DirectoryStaff(SETTLED, tuple(DivisionOfficers(name, count) for name, count in divisions.items()))


WELL = ReleaseFacts(
    kind="week", before="2026-W23", settled=SETTLED, read_until=SETTLED + timedelta(hours=5), due=240, repeated=False,
    crimes=310, days=7, weekly=WEEKLY, records=900, refused=2, no_victim=1, set_aside=0, unfit=3, unfit_limit=2.0,
    sums=40, compared=True, divisions=(DivisionCrimes("North", 200, 190, 2500), DivisionCrimes("South", 110, 110, 1400)),
    staff=staff(North=40, South=21), staff_before=staff(North=41, South=20), policy="A policy", examples=12,
)  # fmt: skip


def facts(**changed: Any) -> ReleaseFacts:
    """A week against which nothing stands, but for what is changed."""
    return replace(WELL, **changed)


def test_7_nothing_stands_against_a_week_in_which_all_is_well() -> None:
    said = check_release(WELL)
    assert find_faults(WELL) == ()
    assert [claim.kind for claim in said] == [
        Kind.READ_TO_END, Kind.FIGURES_NEW, Kind.CRIMES_USUAL, Kind.RECORDS_FIT, Kind.SUMS_AGREE,
        Kind.DIVISIONS_AS_BEFORE, Kind.OFFICERS_AS_BEFORE, Kind.POLICY_HOLDS,
    ]  # fmt: skip
    assert [sentence(claim) for claim in said] == [
        "The crime system was read to its end after the week was settled, at 2026-06-22T04:00:00Z.",
        "The figures are not those of week 23 of 2026 once more.",
        "310 crimes were reported in the week: between half and double the median of the 13 weeks before, 300.",
        "Of 900 records that came since the week began, 3 (0.3%) cannot be in a rate (2 refused and 1 without a victim beyond the "
        "usual): below the limit of 2%.",
        "All 40 sums of parts agree with their totals.",
        "No division has appeared in the records or vanished from them since week 23 of 2026.",
        "No division has gained or lost half of its officers in the directory (as of 2026-06-21T23:00:00Z).",
        "A policy and its 12 worked examples hold.",
    ]  # fmt: skip


FAULTY: list[tuple[Any, dict[str, Any], str, tuple[str, ...]]] = [
    (check_read, {"read_until": None},
     "The crime system has not been read to its end since the week was settled at 2026-06-21T23:00:00Z.", ("read",)),
    (check_read, {"read_until": SETTLED - timedelta(seconds=1)}, "has not been read to its end since", ("read",)),
    (check_repeated, {"repeated": True},
     "Every figure is the same to the last digit as in week 23 of 2026, 240 updates due among them, as if the same "
     "records had been read again.", ("repeated",)),
    (check_crimes, {"crimes": 149},
     "149 crimes were reported in the week: less than half the median of the 13 weeks before, 300.",
     ("crimes",)),
    (check_crimes, {"crimes": 601}, "601 crimes were reported in the week: more than double the median", ("crimes",)),
    (check_crimes, {"crimes": 635, "days": 30, "kind": "month"},
     "635 crimes were reported in the month, 148.2 a week: less than half the median", ("crimes",)),
    (check_unfit, {"unfit": 18, "refused": 17},
     "Of 900 records that came since the week began, 18 (2.0%) cannot be in a rate (17 refused and 1 without a victim beyond "
     "the usual): not below the limit of 2%.", ("unfit",)),
    (check_sums, {"unequal": (UnequalSum("rate.7-day", 240, 239), UnequalSum("division.7-day", 9, 12))},
     "The parts of rate.7-day add up to 239, where the total is 240; the parts of division.7-day add up to 12, where the total "
     "is 9.", ("sums/rate.7-day", "sums/division.7-day")),
    (check_divisions, {"divisions": (DivisionCrimes("Vale", 10, 0, 0), *WELL.divisions)},
     "Divisions have changed in the records, without an entry in the organisation map (rules/organisation.toml): Vale "
     "has appeared: 10 crimes in the week, none in the weeks before.", ("divisions/Vale",)),
    (check_divisions, {"divisions": (DivisionCrimes("North", 0, 10, 150), DivisionCrimes("South", 110, 110, 1400))},
     "North has vanished: no crime in the week, 10 in the one before.", ("divisions/North",)),
    (check_officers, {"staff": staff(North=62, South=21)}, "North has 62, and had 41", ("officers/North",)),
    (check_officers, {"staff": staff(North=20, South=10)}, "North has 20, and had 41; South has 10, and had 20",
     ("officers/North", "officers/South")),
    (check_officers, {"staff": staff(North=41, South=20, Vale=10)}, "Vale has 10, and had 0", ("officers/Vale",)),
    (check_officers, {"staff": staff(North=41)}, "South has 0, and had 20", ("officers/South",)),
    (check_policy, {"failing": ("no-such.toml: V1: due_date", "b")},
     "2 of the 12 worked examples of the policy do not hold; the first: no-such.toml: V1: due_date.", ("policy",)),
    (check_policy, {"failing": ("a.toml: it is no TOML",), "examples": 0},
     "The policy or its worked examples cannot be used: a.toml: it is no TOML.", ("policy",)),
]  # fmt: skip


@pytest.mark.parametrize(("check", "changed", "said", "names"), FAULTY)
def test_7_each_fault_is_found_and_said_with_its_figures(
    check: Any, changed: dict[str, Any], said: str, names: tuple[str, ...]
) -> None:
    claim = check(facts(**changed))
    assert claim.kind in FAULTS
    assert said in sentence(claim)
    assert find_faults(facts(**changed)) == (claim,)
    assert fault_names((claim,)) == names


NEAR: list[tuple[Any, dict[str, Any]]] = [
    (check_read, {"read_until": SETTLED}),
    (check_crimes, {"crimes": 150}),
    (check_crimes, {"crimes": 600}),
    (check_unfit, {"unfit": 17}),
    (check_unfit, {"unfit": 18, "unfit_limit": 2.1}),
    (check_unfit, {"records": 50, "unfit": 9}),
    (check_divisions, {"divisions": (DivisionCrimes("Vale", 9, 0, 0), DivisionCrimes("West", 10, 0, 1))}),
    (check_divisions, {"divisions": (DivisionCrimes("Vale", 0, 12, 0), DivisionCrimes("West", 0, 0, 150))}),
    (check_divisions, {"divisions": (DivisionCrimes("Vale", 0, 9, 99), DivisionCrimes("West", 1, 10, 99))}),
    (check_officers, {"staff": staff(North=61, South=11)}),
    (check_officers, {"staff": staff(North=41, South=20, Vale=9)}),
    (check_officers, {"staff": staff(North=10, South=20), "entered": ("North",)}),
    (check_policy, {"examples": 0}),
]


@pytest.mark.parametrize(("check", "changed"), NEAR)
def test_7_what_is_near_to_a_fault_is_none(check: Any, changed: dict[str, Any]) -> None:
    assert check(facts(**changed)).kind not in FAULTS | {Kind.NOT_CHECKED}
    assert find_faults(facts(**changed)) == ()


def test_7_a_handful_of_unfit_records_is_said_to_be_one_and_holds_nothing_back() -> None:
    said = sentence(check_unfit(facts(records=100, unfit=9, refused=9, no_victim=0)))
    assert said == (
        "Of 100 records that came since the week began, 9 (9.0%) cannot be in a rate (9 refused): not below the limit of "
        "2%, but fewer than the 10 that hold a report back."
    )


@pytest.mark.parametrize(
    ("check", "changed", "why"),
    [
        (check_repeated, {"due": 9, "repeated": True}, "fewer than 10 updates were due"),
        (check_crimes, {"crimes": 0, "weekly": WEEKLY[:12]}, "12 of the 13 weeks before that it needs are held"),
        (check_crimes, {"crimes": 0, "weekly": ()}, "0 of the 13 weeks before"),
        (check_crimes, {"crimes": 0, "weekly": (9,) * 26}, "fewer than 10 crimes in the median"),
        (check_unfit, {"records": 49, "unfit": 49}, "fewer than 50 records came"),
        (check_divisions, {"compared": False, "divisions": (DivisionCrimes("Vale", 99, 0, 0),)}, "not held in full"),
        (check_officers, {"staff": DirectoryStaff()}, "no officer directory has been read"),
        (check_officers, {"staff_before": None}, "no earlier report"),
        (check_officers, {"staff_before": DirectoryStaff()}, "no earlier report"),
    ],
)
def test_7_what_cannot_be_checked_yet_says_so_and_holds_nothing(check: Any, changed: dict[str, Any], why: str) -> None:
    claim = check(facts(**changed))
    assert claim.kind == Kind.NOT_CHECKED
    assert sentence(claim).startswith("This cannot be checked yet: ")
    assert why in sentence(claim)
    assert find_faults(facts(**changed)) == ()


def text_of(edition: str, changed: ReleaseFacts, *released: Released) -> str:
    page = render(pass_gate(figures(edition), changed, released))
    return page.partition('id="release"')[2].partition('id="chance"')[0]


FEW_CRIMES = facts(crimes=12)
RELEASED = Released(SETTLED, "mhill", "Telford was shut by the flood.", ("crimes",))


def test_7_the_method_prints_each_result_and_who_released_what_stood_against_the_report() -> None:
    said = text_of("board", FEW_CRIMES, RELEASED)
    assert "Number of crimes (fault)" in said
    assert "12 crimes were reported in the week: less than half the median" in said
    assert "A policy and its 12 worked examples hold." in said
    assert (
        "Released by mhill at 2026-06-21T23:00:00Z although this was at fault: Number of crimes. The reason: Telford was "
        "shut by the flood." in said
    )
    assert "Released" not in text_of("board", WELL)
    assert "(fault)" not in text_of("division", WELL)


def test_1_6_outside_the_force_go_the_outcome_and_the_reason_and_neither_counts_nor_names() -> None:
    said = text_of("public", FEW_CRIMES, RELEASED)
    assert "At fault were: Number of crimes." in said
    assert "Released at 2026-06-21T23:00:00Z although this was at fault: Number of crimes. The reason: Telford" in said
    assert "mhill" not in said
    assert "12" not in said
    assert "Every check of the records and the figures before this was published was passed." in text_of("public", WELL)
    vale = facts(divisions=(DivisionCrimes("Vale", 10, 0, 0),))
    assert "At fault were: Divisions." in text_of("public", vale)


def test_7_the_share_of_unfit_records_stands_beside_every_rate() -> None:
    """In each key figure of a rate, and below each table of them; without numbers outside the force."""
    said = "Data: a fault keeps 0.3% of 900 records out of every rate"
    page = render(pass_gate(figures("board"), WELL))
    rates, units = (page.partition(f'<h2 id="{name}"')[2].partition("<h2 ")[0] for name in ("rates", "divisions"))
    assert rates.count(said) == sum(not each.event for each in figures("board").requirements)
    assert units.count(said) == 1
    assert said not in render(pass_gate(figures("public"), WELL))
    assert said not in render(figures("board"))
    own = "Data: a fault keeps 0.3% of the force’s 900 records out of every rate"
    assert own in render(pass_gate(figures("division"), WELL))


def test_7_the_head_of_a_released_report_says_so() -> None:
    head = "Released by a person although this was at fault: Number of crimes."
    assert head in render(pass_gate(figures("board"), FEW_CRIMES, [RELEASED])).partition("<main")[0]
    assert head not in render(pass_gate(figures("board"), WELL))
