"""What a report says of a survey: each sentence in a world in which it is so and in one in which it is not."""

from typing import Any, Final

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from compliance.policy.calendars import LocalDates
from compliance.reports.catalogue.editions import public
from compliance.reports.figure_rows import rows
from compliance.reports.judging.satisfaction import find_satisfaction, name_divisions, told_before
from compliance.reports.model.report_model import Figures
from compliance.reports.model.satisfaction_model import Satisfaction
from compliance.reports.organisation import organisation_of
from compliance.reports.periods.periods import parse_period
from compliance.reports.pieces.parts import Items, Note, Statement, Table, plain
from compliance.reports.sections import SECTIONS, report_of
from compliance.reports.wording.satisfaction_sentences import satisfaction_claims
from compliance.reports.wording.sentences import sentence
from compliance.store.kept.surveys import FormerResult, WaveResult
from tests.integration.test_report_html import figures
from tests.stores import at

LOCAL: Final = LocalDates("Europe/London")

WEEK: Final = parse_period("2026-W45")
"""2 to 8 November 2026."""


def said(*results: tuple[str, str, int, int], division: str | None = None, **more: Any) -> Satisfaction:
    found = find_satisfaction([WaveResult(*each) for each in results], WEEK, division, **more)
    assert isinstance(found, Satisfaction)
    return found


def report(found: Satisfaction, **more: Any) -> Figures:
    return replace(figures(), satisfaction=found, **more)


def words(found: Satisfaction, **more: Any) -> str:
    return " ".join(map(sentence, satisfaction_claims(report(found, **more))))


def test_the_newest_wave_that_ended_by_the_end_of_the_period_is_told() -> None:
    """Not the month under way, nor what is over only later. Of two that end together, the shorter."""
    found = said(("2026-08", "", 90, 50), ("2026-10", "", 400, 290), ("2026-11", "", 80, 10), ("2026-W46", "", 8, 1))
    assert (found.wave, found.share.count, found.share.of) == ("2026-10", 290, 400)
    assert said(("2026-Q3", "", 900, 600), ("2026-09", "", 300, 200)).wave == "2026-09"
    assert said(("2026-W45", "", 20, 10), ("2026-10", "", 400, 290)).wave == "2026-W45", "it ends with the period"
    assert find_satisfaction([WaveResult("2026-11", "", 80, 10)], WEEK) is UNSET
    assert find_satisfaction([], WEEK) is UNSET
    assert find_satisfaction([WaveResult("2026-10", "", 0, 0)], WEEK) is UNSET, "nobody answered"


def test_1_4_the_share_has_its_interval() -> None:
    """290 of 400: 72.5 per cent, by Wilson 67.9 to 76.6."""
    assert words(said(("2026-10", "", 400, 290))) == (
        "72.5%: 290 of the 400 victims who answered the survey about October 2026 were satisfied with being kept "
        "informed (95% interval 67.9% to 76.6%)."
    )


@pytest.mark.parametrize(
    ("satisfied", "told"),
    [(0, "0%: none of the 20 victims "), (1, "5.0%: 1 of the 20 victims "), (20, "100%: all 20 victims ")],
)
def test_none_one_and_all(satisfied: int, told: str) -> None:
    text = words(said(("2026-Q3", "", 20, satisfied)))
    assert text.startswith(told)
    assert f"the survey about the third quarter of 2026 {'were' if satisfied > 1 else 'was'} satisfied" in text


def test_1_6_of_fewer_than_ten_no_share_is_told_nor_compared_with_anything() -> None:
    found = said(("2026-09", "", 300, 100), ("2026-10", "", 9, 8), target=70)
    assert words(found) == (
        "9 victims answered the survey about October 2026, 8 of them satisfied with being kept informed: too few for a "
        "share to mean much."
    )
    assert words(said(("2026-10", "", 10, 8))).startswith("80.0%")


@pytest.mark.parametrize(
    ("target", "side"), [(60, "below"), (67.8, "below"), (68, "within"), (70, "within"), (76, "within"), (80, "above")]
)
def test_the_target_is_beside_the_interval_and_not_called_met_or_missed(target: float, side: str) -> None:
    """Of 67.9 to 76.6 per cent."""
    text = words(said(("2026-10", "", 400, 290), target=target))
    assert text.endswith(f"The target of {target:g}% is {side} that interval.")


@pytest.mark.parametrize(
    ("before", "told"),
    [
        ((400, 240), "The share is 12.5 percentage points higher than in the wave about September 2026 (95% interval +6.0 to +18.9)."),
        ((400, 330), "The share is 10.0 percentage points lower than in the wave about September 2026 (95% interval −15.7 to −4.2)."),
        ((400, 280), "Whether the share is higher or lower than in the wave about September 2026 cannot be told: the difference is +2.5 "
                     "percentage points (95% interval −3.8 to +8.7)."),
        ((9, 1), "Too few answered about September 2026 to compare it with."),
    ],
)  # fmt: skip
def test_a_change_from_the_wave_before_is_told_as_far_as_its_interval_allows(
    before: tuple[int, int], told: str
) -> None:
    """By Newcombe's interval, which excludes none at all in the first two."""
    assert words(said(("2026-09", "", *before), ("2026-10", "", 400, 290))).endswith(told)


def test_the_wave_before_is_of_the_same_kind_of_period() -> None:
    found = said(("2026-Q3", "", 900, 600), ("2026-08", "", 90, 50), ("2026-10", "", 400, 290))
    assert (found.before, found.share_before and found.share_before.of) == ("2026-08", 90)
    alone = said(("2026-Q3", "", 900, 600), ("2026-10", "", 400, 290))
    assert (alone.before, alone.share_before, alone.change) == ("", None, None)


def test_1_6_divisions_are_shown_from_ten_answers_on_and_never_ranked() -> None:
    found = said(
        ("2026-10", "", 400, 290), ("2026-10", "West", 10, 1), ("2026-10", "East", 50, 49), ("2026-10", "South", 9, 9),
        ("2026-09", "North", 99, 9),
    )  # fmt: skip
    assert [(each.name, each.share.of) for each in found.divisions] == [("East", 50), ("West", 10)], "by name"
    assert found.too_few == 1
    section = report_of(report(found)).section("victims-say")
    (table,) = [part for part in section.parts if isinstance(part, Table)]
    assert [plain(row[0].text) for row in table.rows] == ["The force", "East", "West"]
    notes = [plain(part.text) for part in section.parts if isinstance(part, Note)]
    assert notes[:2] == [
        "Divisions are not ranked and not compared.", "1 division with fewer than 10 answers is not shown.",
    ]  # fmt: skip
    without = report_of(report(said(("2026-10", "", 400, 290)))).section("victims-say")
    assert len([part for part in without.parts if isinstance(part, Note)]) == 1


def test_a_division_s_edition_tells_its_own() -> None:
    results = (("2026-10", "", 400, 290), ("2026-10", "North", 50, 40), ("2026-10", "East", 50, 20))
    north = said(*results, division="North")
    assert (north.share.count, north.share.of, north.divisions, north.too_few) == (40, 50, (), 0)
    assert words(north, unit="North").startswith("80.0%: 40 of the 50 victims in North who answered the survey about")
    assert find_satisfaction([WaveResult(*each) for each in results], WEEK, "West") is UNSET


def test_a_division_has_the_name_of_the_period_s_end_and_what_was_merged_is_added() -> None:
    by_map = organisation_of({"division": [
        {"name": "North", "until": "2026-10-31", "became": ["Upper"]}, {"name": "Top", "until": "2026-10-31", "became": ["Upper"]},
        {"name": "Upper", "from": "2026-11-01"},
    ]})  # fmt: skip
    found = said(
        ("2026-10", "", 400, 290), ("2026-10", "North", 50, 40), ("2026-10", "Top", 10, 1),
        ("2026-10", "Elsewhere", 20, 1), place=name_divisions(by_map, WEEK.last),
    )  # fmt: skip
    assert [(each.name, each.share.count, each.share.of) for each in found.divisions] == [("Upper", 41, 60)]


def test_the_board_s_sheet_has_one_statement_and_the_annex_one_section() -> None:
    found = report(said(("2026-09", "", 400, 240), ("2026-10", "", 400, 290), target=70))
    summary = report_of(found).section("summary")
    lines = [line for part in summary.parts if isinstance(part, Items) for line in part.items]
    (line,) = [line for line in lines if line.about == "What victims say"]
    assert line.words == words(said(("2026-09", "", 400, 240), ("2026-10", "", 400, 290), target=70))
    assert [section.id for section in report_of(found).sections].count("victims-say") == 1


def test_without_a_wave_nothing_of_it_is_there() -> None:
    assert figures().satisfaction is UNSET
    whole = report_of(figures())
    assert "victims-say" not in {section.id for section in whole.sections}
    assert not [row for row in rows(figures()) if row.section == "survey"]


def test_no_sentence_sets_satisfaction_beside_compliance() -> None:
    """What is added to the report by a wave speaks of no update, rate, requirement or compliance, and other sentences
    stay as they were."""
    found = report(said(("2026-09", "", 400, 240), ("2026-10", "", 400, 290), ("2026-10", "North", 30, 20), target=70))
    before, after = (texts(each) for each in (figures(), found))
    added = [text for text in after if text not in before]
    assert [text for text in before if text not in after] == []
    assert len(added) >= 4
    for text in added:
        for word in ("update", "rate ", "rates", "complian", "because", "requirement", "7-day", "28-day", "in time"):
            assert word not in text, text


def is_told(found: Satisfaction) -> bool:
    """Whether the public edition tells the share."""
    told = public(report(found)).satisfaction
    assert isinstance(told, Satisfaction)
    assert (told.stood_before, told.overlaps) == ((), ()), "they would tell what is withheld"
    return not told.share.withheld


@pytest.mark.parametrize(
    ("before", "told"),
    [
        ([], True),
        ([(400, 290)], True),
        ([(390, 280)], True),
        ([(397, 288)], False),
        ([(403, 290)], False),
        ([(400, 287)], False),
        ([(396, 280), (380, 270)], False),
        ([(380, 270), (390, 280)], True),
    ],
)
def test_1_6_a_wave_corrected_by_few_answers_is_withheld_from_the_public(
    before: list[tuple[int, int]], told: bool
) -> None:
    """Two reports that follow one another would tell what those few said: how many came, or changed their answer."""
    former = [WaveResult("2026-10", "", *each) for each in before]
    assert is_told(said(("2026-10", "", 400, 290), former=former)) is told
    assert is_told(said(("2026-10", "", 400, 290), former=[WaveResult("2026-09", "", 399, 289)])), "another wave"


def test_1_6_a_wave_that_overlaps_another_is_withheld_from_the_public() -> None:
    """A quarter less its months, or a month less its weeks, would tell of the rest. The board is told all the same."""
    assert is_told(said(("2026-09", "", 400, 290), ("2026-10", "", 400, 290)))
    for other in ("2026-W44", "2026-W40"):
        found = said(("2026-10", "", 400, 290), (other, "", 100, 80))
        assert not is_told(found), other
        assert not found.share.withheld
    assert is_told(said(("2026-W45", "", 400, 290), ("2026-10", "", 400, 290)))


def test_1_6_what_was_replaced_before_the_next_midnight_was_told_by_no_report() -> None:
    """Periods are settled at local midnight: here at 23:00 UTC, in summer time."""
    told = WaveResult("2026-05", "", 400, 290)

    def former(imported: str, replaced: str) -> list[WaveResult]:
        return told_before([FormerResult(told, at(imported), at(replaced))], LOCAL)

    assert former("2026-07-12 09:00", "2026-07-12 22:59") == []
    assert former("2026-07-12 09:00", "2026-07-12 23:00") == [], "the new one stood at midnight"
    assert former("2026-07-12 09:00", "2026-07-13 08:00") == [told]
    assert former("2026-07-12 23:00", "2026-07-13 08:00") == [told], "it was imported at midnight itself"
    assert former("2026-07-12 23:01", "2026-07-13 08:00") == []


def texts(found: Figures) -> list[str]:
    made: list[str] = []
    for section in SECTIONS:
        for part in section(found).parts:
            for each in part.items if isinstance(part, Items) else (part,):
                if isinstance(each, Statement | Note):
                    made.append(plain(each.text))
    return made


@pytest.mark.parametrize(("satisfied", "is_told"), [(290, True), (396, False), (3, False), (0, True), (400, True)])
def test_1_6_the_public_edition_withholds_small_counts(satisfied: int, is_told: bool) -> None:
    """Of those satisfied and of the others. It has neither divisions nor the wave before."""
    found = said(("2026-09", "", 400, 240), ("2026-10", "", 400, satisfied), ("2026-10", "North", 50, 0), target=70)
    told = public(report(found))
    assert isinstance(told.satisfaction, Satisfaction)
    assert (told.satisfaction.divisions, told.satisfaction.share_before, told.satisfaction.change) == ((), None, None)
    (row,) = [row for row in rows(told) if row.section == "survey"]
    assert (row.status, row.numbers["of"]) == (("", 400) if is_told else ("withheld", None))
    text = " ".join(map(sentence, satisfaction_claims(told)))
    if is_told:
        assert text.endswith("that interval.")
    else:
        assert text == (
            "The share satisfied in the survey about October 2026 is withheld, because a count from 1 to 4 would show "
            "or could be worked out."
        )
        assert "satisfaction" in {
            each.id for each in report_of(told).section("victims-say").parts if isinstance(each, Table)
        }


def test_every_number_is_a_row_of_the_figure() -> None:
    found = report(said(("2026-09", "", 400, 240), ("2026-10", "", 400, 290), ("2026-10", "North", 30, 20)))
    held = {row.figure: row for row in rows(found) if row.section == "survey"}
    assert list(held) == ["satisfaction.2026-10", "satisfaction.2026-09", "satisfaction.2026-10/North"]
    assert held["satisfaction.2026-10"].numbers["difference"] == pytest.approx(0.125)
    assert held["satisfaction.2026-09"].period == "2026-09"
    assert held["satisfaction.2026-10/North"].numbers["count"] == 20
