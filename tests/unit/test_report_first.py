"""What to look at first (docs/statistics.md, 2.2c and 6): one event is one statement, at most five, in their order."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from msgspec.structs import replace

from compliance.reports.catalogue.editions import public
from compliance.reports.model.changes import (
    Attention,
    BelowRest,
    LastTold,
    Outside,
    OwnPast,
    Part,
    PastSeries,
    ToldStatement,
    Turn,
)
from compliance.reports.model.claims import Claim, ClaimKind, FirstClaim
from compliance.reports.model.findings import EntryQuestion
from compliance.reports.model.report_model import Figures
from compliance.reports.periods.weeks import Week
from compliance.reports.pieces.parts import Statement, Table, claims_in, plain
from compliance.reports.sections.past_tables import units_against_own_past
from compliance.reports.sections.summary import look_first
from compliance.reports.wording.attention import list_first, tell_first, things_to_look_at
from compliance.reports.wording.events import find_events
from compliance.reports.wording.maturity import not_yet_told
from compliance.reports.wording.sentences import sentence
from tests.unit.test_report_telling import figures as told_figures
from tests.unit.test_report_telling import share

NOW: Final = "2026-W26"
NAMES: Final = ("East", "Hills", "North", "South", "West")


@dataclass(frozen=True)
class Fell:
    """A division that changed: since which week, from which rate to which, and the updates missed."""

    name: str
    since: str = "2026-W18"
    base: float = 0.745
    now: float = 0.665
    missed: float = 60.0
    turn: Turn = "worse"
    with_whole: bool = False

    @property
    def unit(self) -> OwnPast:
        return OwnPast(self.name, 665, 1000, 745, 1000, 0.0001, self.turn, None, self.since, self.base, self.now,
                       self.missed, self.with_whole)  # fmt: skip


@cache
def quiet() -> Figures:
    """Mature figures of five divisions in which nothing stands out."""
    found = told_figures()
    first, *rest = found.requirements
    kept = tuple(replace(each, trailing_held=13, trend=replace(each.trend, shares=(share(60, 100),) * 26))
                 for each in (first, *rest))  # fmt: skip
    return replace(found, requirements=kept, own_past=past(), attention=Attention(), questions=())


def past(*fell: Fell, continuing: tuple[Fell, ...] = (), weeks: int = 52) -> tuple[PastSeries, ...]:
    """All series with five divisions, of which some changed."""

    def series(requirement: str, part: Part, changed: tuple[Fell, ...]) -> PastSeries:
        named = {each.name: each.unit for each in changed}
        units = [named.get(name, OwnPast(name, 745, 1000, 745, 1000, 0.5)) for name in NAMES]
        return PastSeries(requirement, part, weeks, "", tuple(units) if weeks >= 26 else ())

    return series("7-day", "", fell), series("28-day", "first", ()), series("28-day", "continuing", continuing)


def world(*fell: Fell, last: LastTold | None = None, **more: Any) -> Figures:
    attention = Attention(more.pop("outside", ()), more.pop("standing", ()), last=last)
    return replace(quiet(), own_past=past(*fell, **more), attention=attention)


def said(found: Figures) -> list[str]:
    return [thing.words for thing in things_to_look_at(found)]


def first_of(found: Figures) -> FirstClaim:
    return list_first(found)[0]


def below(name: str, missed: float = 40.0) -> BelowRest:
    return BelowRest(name, "7-day", 0.68, 0.731, missed)


def outside(requirement: str = "7-day", since: str = "2026-W26", missed: float = 180.0, units: Any = ()) -> Outside:
    return Outside(requirement, "", "worse", (since, NOW), 0.698, 0.621, 0.749, missed, units)


def test_6_a_quiet_force_is_told_that_nothing_stands_out() -> None:
    parts = list(look_first(quiet()))
    assert next(claim.kind for part in parts for claim in claims_in(part)) == ClaimKind.NOTHING_STANDS_OUT


def test_6_a_division_that_fell_is_told_with_since_when_its_rates_cost_and_cases() -> None:
    found = world(Fell("North"))
    assert said(found) == [
        "North: since about 27 April 2026 (week 18) the 7-day rate has been 66.5% (74.5% before). About 60 updates missed. "
        "Cases: figure own-past.7-day/North."
    ]
    claim = first_of(found)
    assert (claim.kind, claim.units, claim.missed, claim.until) == (
        ClaimKind.WORSE_THAN_BEFORE, ("North",), 60.0, found.last,
    )  # fmt: skip
    assert claim.since == Week.parse("2026-W18").first
    assert said(world(Fell("North", turn="better", missed=0.0))) == [], "what is better asks for no action"


def test_2_2c_a_division_that_fell_in_two_rates_is_one_statement() -> None:
    """The later one keeps its own date, where it began more than two weeks after."""
    text = said(world(Fell("North"), continuing=(Fell("North", "2026-W22", 0.6, 0.5, 20.0),)))
    assert text == [
        "North: since about 27 April 2026 (week 18) the 7-day rate has been 66.5% (74.5% before); the rate of continuing "
        "contact has been 50.0% (since about 25 May 2026 (week 22); 60.0% before). About 80 updates missed. Cases: figure "
        "own-past.7-day/North."
    ]


def test_2_2c_two_divisions_that_fell_within_two_weeks_are_one_statement_and_three_weeks_apart_two() -> None:
    (together,) = said(world(Fell("North"), Fell("South", "2026-W20", now=0.65, missed=50.0)))
    assert together.startswith(
        "North and South: since about 27 April 2026 (week 18) the 7-day rate has been 66.5% in North (74.5% before) and "
        "65.0% in South (74.5% before). About 110 updates missed."
    )
    assert len(said(world(Fell("North"), Fell("South", "2026-W21")))) == 2


def test_2_2c_of_many_divisions_the_smallest_and_the_largest_fall_are_told() -> None:
    falls = zip(NAMES, (0.05, 0.06, 0.07, 0.08, 0.09), strict=True)
    (text,) = said(world(*(Fell(name, now=0.745 - fall) for name, fall in falls)))
    assert text.startswith("East, Hills, North, South and West: since about 27 April 2026 (week 18) the 7-day rate has been "
                           "lower in 5 of them, by 5.0 to 9.0 points. About 300 updates missed.")  # fmt: skip


def test_2_2c_a_force_wide_fall_is_one_statement_with_the_divisions_that_fell_with_it() -> None:
    fell = (Fell("East", "2026-W25"), Fell("West", "2026-W14", with_whole=True))
    found = world(*fell, outside=(outside(), outside("28-day", "2026-W25", 90.0)))
    assert said(found) == [
        "The whole force: since 15 June 2026 (week 25) the 7-day rate has been 62.1% (74.9% before); the 28-day rate has "
        "been 62.1% (74.9% before). Against their own past, it is seen in East and West. About 270 updates missed. Cases: "
        "figure week.7-day/2026-W26."
    ]
    assert first_of(found).kind == ClaimKind.CONCERN
    apart = world(Fell("West", "2026-W14"), outside=(outside(),))
    assert len(said(apart)) == 2, "a division that fell before, and has not by the force's fall, is an event of its own"


def test_2_2c_a_force_outside_its_limits_by_two_divisions_alone_is_told_with_them() -> None:
    found = world(Fell("North"), Fell("South"), outside=(outside(units=("North", "South")),))
    (text,) = said(found)
    assert text.startswith(
        "The whole force: since 22 June 2026 (week 26) the 7-day rate has been 62.1% (74.9% before)."
    )
    assert "Against their own past, it is seen in North and South." in text


def test_6_a_standing_difference_is_told_with_its_rates_but_not_again_for_what_worsened() -> None:
    text = (
        "South: over the last 13 settled weeks below the rest of the force by 5.1 points on the 7-day rate (68.0% against "
        "73.1%), unlikely to have occurred by chance. About 40 updates missed. Cases: figure trailing.7-day/South."
    )
    assert said(world(standing=(below("South"),))) == [text]
    assert said(world(Fell("North"), standing=(below("South"),)))[1] == text
    assert len(said(world(Fell("South"), standing=(below("South"),)))) == 1


def test_1_5_a_standing_difference_is_that_of_the_rates_as_shown() -> None:
    """59.64% and 68.28% differ by 8.64 points; shown are 59.6% and 68.3%, which are 8.7 apart."""
    (text,) = said(world(standing=(replace(below("South"), now=0.5964, rest=0.6828),)))
    assert "by 8.7 points on the 7-day rate (59.6% against 68.3%)" in text


def test_6_new_comes_before_standing_and_standing_before_what_was_told_and_within_each_what_cost_most() -> None:
    last = LastTold("2026-W25", (ToldStatement(("worse/East",), "2026-W10", 300.0, "2026-W20"),))
    found = world(
        Fell("East", "2026-W10", missed=400.0), Fell("North", missed=60.0), Fell("West", "2026-W22", missed=70.0),
        standing=(below("Hills", 90.0), below("South", 95.0)), last=last,
    )  # fmt: skip
    assert [claim.units for claim in list_first(found)] == [("West",), ("North",), ("South",), ("Hills",), ("East",)]


def test_6_what_was_told_in_the_last_report_says_what_was_said_of_it() -> None:
    last = LastTold("2026-W25", (ToldStatement(("worse/North",), "2026-W18", 52.0, "2026-W22"),))
    (text,) = said(world(Fell("North"), last=last))
    assert "First told in week 22 of 2026, last in week 25 of 2026, when 52 updates had been missed." in text
    once = LastTold("2026-W25", (ToldStatement(("worse/North",), "2026-W18", 52.0, "2026-W25"),))
    assert "First told in week 25 of 2026, when 52 updates had been missed." in said(world(Fell("North"), last=once))[0]
    assert "Told" not in said(world(Fell("South"), last=last))[0]
    assert "Told" not in said(world(Fell("North"), Fell("South"), last=last))[0], "South is new"


def test_6_a_division_named_after_the_force_wide_fall_that_took_it_along_is_not_new() -> None:
    last = LastTold("2026-W25", (ToldStatement(("worse/",), "2026-W18", 500.0, "2026-W20"),))
    assert "First told in week 20 of 2026" in said(world(Fell("North", "2026-W19"), last=last))[0]
    assert "Told" not in said(world(Fell("North", "2026-W24"), last=last))[0], "it fell six weeks later"


def test_6_what_is_told_is_kept_for_the_next_report() -> None:
    last = LastTold("2026-W25", (ToldStatement(("worse/North",), "2026-W18", 52.0, "2026-W22"),))
    assert tell_first(world(Fell("North"), standing=(below("South"),), last=last)) == (
        ToldStatement(("below/South",), None, 40.0, quiet().period), ToldStatement(("worse/North",), "2026-W18", 60.0, "2026-W22"),
    )  # fmt: skip


def test_6_at_most_five_and_every_division_that_worsened_is_named() -> None:
    """Four standing differences cost more than the changes of two divisions that were told before."""
    last = LastTold(
        "2026-W25", tuple(ToldStatement((f"worse/{name}",), None, 9.0, "2026-W25") for name in ("East", "West"))
    )
    fell = (Fell("East", "2026-W10"), Fell("West", "2026-W18", missed=55.0))
    standing = tuple(below(name) for name in ("Hills", "North", "South"))
    found = world(*fell, standing=standing, outside=(outside(since="2026-W26"),), last=last)
    assert len(list_first(found)) == 6
    things = things_to_look_at(found)
    assert len(things) == 5
    assert things[4].words == (
        "Also worse than before: East (the 7-day rate, since about 2 March 2026 (week 10)) and West (the 7-day rate, since "
        "about 27 April 2026 (week 18))."
    )
    assert [claim.keys for claim in things[4].claims if isinstance(claim, FirstClaim)] == [
        ("worse/East",),
        ("worse/West",),
    ]


def question(count: int) -> EntryQuestion:
    return EntryQuestion(
        "near-deadline", "Obligations met near the due date", "Why?", "rules 3.1", share(count, 900), 0.4, ""
    )


def test_6_a_pattern_of_the_entries_is_told_only_far_beyond_chance() -> None:
    """Of 900, 400 are beyond the 95 % interval around chance, 440 beyond the 99.8 % interval."""
    (text,) = said(replace(quiet(), questions=(question(440),)))
    assert text == "Obligations met near the due date: 48.9%, where chance would give 40.0%. Why?"
    assert said(replace(quiet(), questions=(question(395),))) == []


def lines(found: Figures) -> list[tuple[str, str]]:
    """The statements below the list: what each is about, and its words."""
    return [(part.about, part.words) for part in look_first(found) if isinstance(part, Statement)]


def young(found: Figures) -> list[Claim]:
    return list(not_yet_told(found))


def test_6_while_weeks_are_missing_it_says_what_cannot_be_told_and_not_that_nothing_stands_out() -> None:
    few = replace(quiet(), own_past=past(weeks=12))
    (claim,) = young(few)
    assert sentence(claim) == (
        "It cannot be told yet whether a division has changed (26 settled weeks are needed, 12 can be compared)."
    )
    kinds = [claim.kind for part in look_first(few) for claim in claims_in(part)]
    assert ClaimKind.NOT_YET_TOLD in kinds
    assert ClaimKind.NOTHING_STANDS_OUT not in kinds
    assert "has changed slowly (39 settled" in sentence(young(replace(quiet(), own_past=past(weeks=30)))[0])
    assert young(quiet()) == []


def test_6_what_cannot_be_told_names_the_break_since_which_weeks_count() -> None:
    broken = tuple(replace(series, broken="a new crime system") for series in past(weeks=12))
    text = sentence(young(replace(quiet(), own_past=broken))[0])
    assert text.endswith(" The weeks are counted since the newest change: a new crime system.")


def test_6_silent_victims_have_a_line_of_their_own_outside_the_five() -> None:
    silent = [text for about, text in lines(quiet()) if about == "Silent victims"]
    assert len(silent) == 1
    assert "had no update for 28 days (cases: figure silent)" in silent[0]
    assert all(claim.kind != ClaimKind.SILENT for claim in list_first(world(Fell("North"))))


def test_1_6_the_public_edition_names_no_division_and_does_not_say_that_nothing_stands_out() -> None:
    disclosed = public(world(Fell("North")))
    assert things_to_look_at(disclosed) == []
    assert [about for about, _ in lines(disclosed)] == ["Silent victims"]


def test_2_2c_an_event_in_the_other_direction_is_another_event() -> None:
    found = world(Fell("North"), Fell("South", turn="better", missed=0.0))
    assert [event.units for event in find_events(found)] == [("North",)]
    assert [event.units for event in find_events(found, "better")] == [("South",)]


def test_1_5b_the_table_says_of_each_division_whether_it_changed_and_why_it_is_not_asked() -> None:
    found = world(Fell("North"), Fell("South", turn="better", missed=0.0))
    series = found.own_past[0]
    east, hills, *others = series.units
    units = (replace(east, unlike="appeared", p=None), replace(hills, p=None), *others)
    found = replace(found, own_past=(replace(series, units=units), *found.own_past[1:]))
    tables = [part for part in units_against_own_past(found) if isinstance(part, Table)]
    said = {plain(row[0].text): plain(row[-1].text) for row in tables[0].rows}
    assert said == {
        "East": "not compared: it appeared in these weeks, and the organisation’s map does not say what it was",
        "Hills": "too few to compare",
        "North": "worse since about 27 April 2026 (week 18)",
        "South": "better since about 27 April 2026 (week 18)",
        "West": "no significant change",
    }
    assert [plain(cell.text) for cell in tables[0].rows[2][1:-1]] == [
        "665 of 1,000", "66.5%", "745 of 1,000", "74.5%", "−8.0",
    ]  # fmt: skip
