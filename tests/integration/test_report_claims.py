"""Every claim of a report holds in its figures, and says in its sentence what it claims; nothing parses a sentence."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from compliance.reports.catalogue.unit_levels import list_levels
from compliance.reports.model.changes import PART_NAMES, PAST_FIGURE
from compliance.reports.model.claims import Claim, ClaimKind, FirstClaim, SpecialCause, Stated
from compliance.reports.model.findings import Gap, Restated, Step, Trend
from compliance.reports.model.report_model import Figures, Rate, RateDifference, RequirementFigures
from compliance.reports.model.words import NO_DIFFERENCE, UNLIKELY, percent
from compliance.reports.periods.periods import parse_period
from compliance.reports.pieces.parts import claims_in
from compliance.reports.sections import report_of
from compliance.reports.wording.delay import Reading
from compliance.reports.wording.sentences import sentence
from tests.integration.test_report_forms import figures
from tests.integration.test_report_read_back import REPORTS, given


def claims(found: Figures) -> list[Claim]:
    return [claim for section in report_of(found).sections for part in section.parts for claim in claims_in(part)]


def requirement_of(claim: Claim, found: Figures) -> RequirementFigures:
    name = claim.subject.partition(".")[2].partition("/")[0]
    return next(requirement for requirement in found.requirements if requirement.id == name)


def change_of(claim: Claim, found: Figures) -> RateDifference | None:
    requirement = requirement_of(claim, found)
    for level in list_levels(found):
        if claim.subject.startswith(f"{level.trailing}."):
            name = claim.subject.partition("/")[2]
            return next(unit.change for unit in level.list_units(requirement) if level.group(unit) == name)
    return requirement.change_last_year if "last year" in claim.against else requirement.change


def apart(claim: Claim, found: Figures) -> bool:
    """The difference is that of the two rates as they are shown."""
    change, requirement = change_of(claim, found), requirement_of(claim, found)
    then = requirement.last_year if "last year" in claim.against else requirement.before
    assert change is not None
    assert then is not None
    assert (claim.value("low"), claim.value("high")) == (change.low, change.high)
    return change.tested and claim.value("difference") == shown_between(requirement.week.rate, then.rate)


def shown_between(one: Rate, other: Rate) -> float:
    ends = [Decimal(percent(rate.share.rate).rstrip("%")) / 100 for rate in (one, other)]
    return float(ends[0] - ends[1])


def too_few(claim: Claim, found: Figures) -> bool:
    change = change_of(claim, found)
    return change is not None and not change.tested


def nothing_due(claim: Claim, found: Figures) -> bool:
    requirement = requirement_of(claim, found)
    since = requirement.due_from
    kind = ClaimKind.NOTHING_DUE
    if since is not None and found.first < since:
        kind = ClaimKind.NOT_YET_DUE if found.last < since else ClaimKind.NOT_HELD_IN_FULL
    return requirement.week.rate.share.of == 0 and claim.kind == kind


def nothing_before(claim: Claim, found: Figures) -> bool:
    requirement = requirement_of(claim, found)
    share, since = requirement.before.rate.share, requirement.due_from
    reached = since is None or parse_period(requirement.before.week).first >= since
    return {
        ClaimKind.BEFORE_WITHHELD: share.withheld,
        ClaimKind.BEFORE_NOT_HELD: not reached,
        ClaimKind.NOTHING_BEFORE: reached and requirement.change is None,
    }[claim.kind]


def trend_of(claim: Claim, found: Figures) -> Trend:
    """The chart that a claim is about: a requirement's own, or that of a part of it (1.10)."""
    requirement = requirement_of(claim, found)
    named = {name: part for part, name in PART_NAMES.items()}
    which = named.get(claim.subject.partition(".")[0])
    return next((part.trend for part in requirement.parts if part.part == which), requirement.trend)


def special_cause(claim: Claim, found: Figures) -> bool:
    assert isinstance(claim, SpecialCause)
    trend, charts = trend_of(claim, found), {unit.name: unit for unit in requirement_of(claim, found).units}
    weeks, chart = trend.weeks, charts[claim.about] if claim.about else trend
    own = weeks[len(weeks) - len(chart.shares) :]
    signals = {own[each.place]: each for each in chart.control.signals}
    held = [week for week in own if claim.weeks[0] <= week <= claim.weeks[1]]
    assert (claim.since, claim.until) == (parse_period(held[0]).first, parse_period(held[-1]).last)
    return len(held) == claim.length and all(
        signals[week].rule == claim.rule and signals[week].improvement is claim.improvement for week in held
    )


def ageing(claim: Claim, found: Figures) -> bool:
    trend = trend_of(claim, found)
    assert claim.since is not None
    return claim.since == trend.ages_until and parse_period(trend.weeks[-1]).first < claim.since


def not_charted(claim: Claim, found: Figures) -> bool:
    trend = trend_of(claim, found)
    assert claim.since is not None
    return claim.since == trend.charted_from and not trend.weeks and found.last - timedelta(days=6) < claim.since


def silent_trend(found: Figures) -> Trend:
    return next(requirement.trend for requirement in found.requirements if requirement.trend.silent)


def filling(claim: Claim, found: Figures) -> bool:
    trend = silent_trend(found) if claim.subject == "silent" else trend_of(claim, found)
    assert claim.since is not None
    return claim.since == trend.filled_from and parse_period(trend.weeks[-1]).first < claim.since


def none_open_yet(claim: Claim, found: Figures) -> bool:
    assert claim.since is not None
    return found.basis.records_begin == claim.since and found.last < claim.since + timedelta(days=28)


def stock_apart(claim: Claim, found: Figures) -> bool:
    trend = silent_trend(found)
    assert trend.silent is not None
    assert trend.filled_from is not None
    rates = (trend.silent[-1].rate, trend.silent[-14].rate)
    return (claim.value("now"), claim.value("then")) == rates and (
        parse_period(trend.weeks[-14]).first >= trend.filled_from
    )


def differs(claim: Claim, found: Figures) -> bool:
    """Of the page, of one requirement (in the funnel) or of one unit (in the table): exactly those judged different."""
    figure, _, name = claim.subject.partition("/")
    kind, _, key = figure.partition(".")
    level = next(level for level in list_levels(found)[::-1] if level.trailing == kind)
    tested = [
        (r.id, unit) for r in found.requirements for unit in level.list_units(r)
        if unit.change and unit.change.tested and key in ("", r.id) and name in ("", level.group(unit))
    ]  # fmt: skip
    flagged = Counter(
        (key, unit.name, shown_between(unit.trailing, unit.rest))
        for key, unit in tested
        if unit.change and unit.change.significant and unit.trailing and unit.rest
    )
    stated = Counter((each.requirement, each.group, each.value) for each in claim.of_measure("difference"))
    return bool(tested) and flagged == stated and bool(flagged) is (claim.kind == ClaimKind.DIFFERS)


def rests_on(claim: Claim, found: Figures) -> bool:
    level = next(level for level in list_levels(found)[::-1] if claim.subject.startswith(f"{level.trailing}."))
    (unit,) = (unit for unit in level.list_units(requirement_of(claim, found)) if unit.name == claim.about)
    assert unit.change is not None
    return unit.change.significant and unit.rests_on == tuple(each.group for each in claim.of_measure("without"))


def on_duplicates(claim: Claim, found: Figures) -> bool:
    """Of weeks of a chart, of units beside the rest, or of a unit against its own past (decision 0058)."""
    if isinstance(claim, FirstClaim):
        return any(unit.on_duplicates for series in found.own_past for unit in series.units)
    if not list(claim.of_measure("held")):
        return len(trend_of(claim, found).on_duplicates) == claim.count("weeks")
    held = {(r.id, unit.name) for r in found.requirements for unit in r.divisions
            if unit.change and unit.change.on_duplicates and not unit.change.significant}  # fmt: skip
    return {(each.requirement, each.group) for each in claim.of_measure("held")} <= held


def duplicated(claim: Claim, found: Figures) -> bool:
    counted = [each.value for each in claim.of_measure("count")]
    return counted == [each.share.count for each in found.duplicates]


def below(claim: Claim, found: Figures) -> bool:
    assert isinstance(claim, FirstClaim)
    own = {(each.name, each.requirement): (each.now, each.rest) for each in found.attention.standing}
    pairs = zip(claim.of_measure("now"), claim.of_measure("rest"), strict=True)
    return all(own[now.group, now.requirement] == (now.value, rest.value) for now, rest in pairs)


def worsened(claim: Claim, found: Figures) -> bool:
    """Each rate is that of the whole outside its limits, or of a unit that changed for the worse (1.5b, 2.2c)."""
    assert isinstance(claim, FirstClaim)
    rates: set[tuple[str, str, str, float | None]] = set()
    rates |= {(each.requirement, each.part, "", each.now) for each in found.attention.outside if each.turn == "worse"}
    rates |= {(series.requirement, series.part, unit.name, unit.now)
              for series in found.own_past for unit in series.units if unit.turn == "worse"}  # fmt: skip
    stated = {(each.requirement, each.part, each.group, each.value) for each in claim.of_measure("now")}
    return stated <= rates and ("" in {group for _, _, group, _ in stated}) is (claim.kind == ClaimKind.CONCERN)


def of_unit(claim: Claim, found: Figures) -> bool:
    """What a table says of a unit in a series (1.5b)."""
    assert isinstance(claim, FirstClaim)
    (unit,) = (unit for series in found.own_past for unit in series.units
               if claim.subject == f"{PAST_FIGURE[series.part]}.{series.requirement}/{unit.name}")  # fmt: skip
    return {
        ClaimKind.BETTER_THAN_BEFORE: unit.turn == "better", ClaimKind.AS_BEFORE: unit.p is not None and not unit.turn,
        ClaimKind.TOO_FEW_BEFORE: unit.p is None and not unit.unlike, ClaimKind.NOT_ONE_UNIT: bool(unit.unlike),
    }[claim.kind]  # fmt: skip


def young(claim: Claim, found: Figures) -> bool:
    asked = {each.group: (each.value or 0) for each in claim.of_measure("held")}
    needed = {each.group: (each.value or 0) for each in claim.of_measure("needed")}
    fewest = min((series.weeks for series in found.own_past), default=0)
    return all(asked[group] < needed[group] for group in asked) and all(
        asked[group] == fewest for group in {"past", "slow"} & asked.keys()
    )


def asked(claim: Claim, found: Figures) -> bool:
    question = next(each for each in found.questions if f"question.{each.key}" == claim.subject)
    share = question.share
    return question.expected is not None and share.low is not None and share.low > question.expected


def of_pattern(claim: Claim, found: Figures) -> bool:
    pattern = next(each for each in found.patterns if f"pattern.{each.key}" == claim.subject)
    said = (claim.count("beyond"), claim.count("of")) == (pattern.beyond, pattern.of)
    return said and bool(pattern.beyond) is (claim.kind == ClaimKind.TEAMS_SHOW_PATTERN)


def stands(claim: Claim, found: Figures) -> bool:
    own = [each for each in found.restated if each.unit == found.unit]
    kinds = {
        ClaimKind.NONE_EARLIER: not own, ClaimKind.STANDS: bool(own) and not any(each.steps for each in own),
        ClaimKind.RESTATED: any(each.steps for each in own),
    }  # fmt: skip
    return kinds[claim.kind]


def counts(claim: Claim, found: Figures) -> bool:
    return any(r.week.silent and r.week.silent.count == claim.count("count") for r in found.requirements)


def withheld(claim: Claim, found: Figures) -> bool:
    if claim.subject == "overdue":
        return any(requirement.overdue.count is None for requirement in found.requirements)
    if claim.subject == "silent":
        return any(r.week.silent and r.week.silent.withheld for r in found.requirements)
    return requirement_of(claim, found).week.rate.share.withheld


def quiet(_: Claim, found: Figures) -> bool:
    return not any((
        found.attention.standing,
        any(each.turn == "worse" for each in found.attention.outside), any(unit.turn == "worse" for series in found.own_past for unit in series.units),
        any(series.weeks < 39 for series in found.own_past),
        any(each.beyond for each in found.patterns), found.duplicates,
    ))  # fmt: skip


HOLDS: dict[ClaimKind, Callable[[Claim, Figures], bool]] = {
    ClaimKind.WITHHELD: withheld,
    ClaimKind.NOTHING_DUE: nothing_due, ClaimKind.NOT_YET_DUE: nothing_due, ClaimKind.NOT_HELD_IN_FULL: nothing_due,
    ClaimKind.APART: apart, ClaimKind.TOO_FEW: too_few,
    ClaimKind.BEFORE_WITHHELD: nothing_before, ClaimKind.BEFORE_NOT_HELD: nothing_before,
    ClaimKind.NOTHING_BEFORE: nothing_before,
    ClaimKind.DIFFERS: differs, ClaimKind.ALIKE: differs, ClaimKind.BELOW_REST: below,
    ClaimKind.RESTS_ON: rests_on, ClaimKind.ON_DUPLICATES: on_duplicates, ClaimKind.DUPLICATED: duplicated,
    ClaimKind.NOT_COMPARED: lambda claim, _: claim.count("held") < claim.count("weeks"),
    ClaimKind.IMPROVED: special_cause, ClaimKind.WORSENED: special_cause,
    ClaimKind.NO_SPECIAL_CAUSE: lambda claim, found: not trend_of(claim, found).control.signals,
    ClaimKind.CONCERN: worsened, ClaimKind.WORSE_THAN_BEFORE: worsened, ClaimKind.NOT_YET_TOLD: young,
    ClaimKind.BETTER_THAN_BEFORE: of_unit, ClaimKind.AS_BEFORE: of_unit, ClaimKind.TOO_FEW_BEFORE: of_unit,
    ClaimKind.NOT_ONE_UNIT: of_unit,
    ClaimKind.SILENT: counts, ClaimKind.BEYOND_CHANCE: asked,
    ClaimKind.NOT_CHARTED: not_charted, ClaimKind.STILL_AGEING: ageing, ClaimKind.STILL_FILLING: filling,
    ClaimKind.STOCK_APART: stock_apart, ClaimKind.NONE_OPEN_YET: none_open_yet,
    ClaimKind.TEAMS_SHOW_PATTERN: of_pattern, ClaimKind.NO_TEAM_SHOWS_PATTERN: of_pattern,
    ClaimKind.NOTHING_STANDS_OUT: quiet,
    ClaimKind.POLICY_CHANGED: lambda claim, found: found.changed_policy is not None
    and claim.words == "; ".join(found.changed_policy.differences),
    ClaimKind.RESTATED: stands, ClaimKind.STANDS: stands, ClaimKind.NONE_EARLIER: stands,
}  # fmt: skip


@pytest.mark.parametrize("name", REPORTS)
def test_every_claim_holds_in_the_figures(name: str) -> None:
    found = given(name)
    made = claims(found)
    assert made
    for claim in made:
        assert HOLDS[claim.kind](claim, found), claim


@pytest.mark.parametrize("name", REPORTS)
def test_only_what_is_claimed_is_said_to_be_more_than_chance(name: str) -> None:
    """A sentence or cell that calls something unlikely to be chance carries a claim that says so."""
    more = {ClaimKind.DIFFERS, ClaimKind.BELOW_REST}
    for text, own in said(given(name)):
        if UNLIKELY in text:
            assert more & {claim.kind for claim in own}, text


def said(found: Figures) -> Iterator[tuple[str, list[Claim]]]:
    """Texts of a report with what they claim; how it is computed says only what the words mean."""
    for section in report_of(found).sections:
        for part in section.parts if section.id != "method" else ():
            if hasattr(part, "rows"):
                for cell in (cell for row in part.rows for cell in row):
                    yield "".join(run.text for run in cell.text), [cell.claim] if cell.claim else []
            for item in getattr(part, "items", [part] if hasattr(part, "claims") else []):
                yield "".join(run.text for run in item.text), list(item.claims)
            for figure in getattr(part, "figures", ()):
                yield figure.change.words, list(figure.change.claims)


def test_a_claim_follows_the_figure_and_not_the_sentence() -> None:
    """The same figures with the unit's difference no longer more than chance claim the other kind."""
    found = figures()
    first = found.requirements[0]
    by = {True: ClaimKind.DIFFERS, False: ClaimKind.ALIKE}
    for significant, kind in by.items():
        change = RateDifference(0.1, 0.05, 0.15, tested=True, significant=significant)
        unit = replace(first.divisions[0], change=change)
        moved = replace(first, divisions=(unit, *first.divisions[1:]))
        own = [claim for claim in claims(replace(found, requirements=(moved, *found.requirements[1:])))
               if claim.subject == f"trailing.{first.id}/{unit.name}" and claim.kind in by.values()]  # fmt: skip
        assert {claim.kind for claim in own} == {kind}
        assert all((UNLIKELY in sentence(claim)) is significant for claim in own)


def test_1_5a_a_difference_from_another_period_is_a_number_without_words_of_chance() -> None:
    """However large it is."""
    found = figures()
    first = found.requirements[0]
    moved = replace(first, change=RateDifference(0.5, 0.4, 0.6, tested=True, significant=False))
    told = list(said(replace(found, requirements=(moved, *found.requirements[1:]))))
    own = [(text, claim) for text, held in told for claim in held if claim.kind == ClaimKind.APART]
    assert own
    assert not any(UNLIKELY in text or NO_DIFFERENCE in text for text, _ in own)


def test_a_gap_and_restated_figures_are_claimed_with_their_dates() -> None:
    found = figures()
    stood = Restated("2026-W40", 1, "7-day", None, 3, 4, 3, 4, ())
    moved = replace(stood, period="2026-W41", met=4, steps=(Step("entered", 1, 0),))
    gap = Gap(date(2026, 11, 3), date(2026, 11, 5))
    told = claims(replace(found, restated=(stood, moved), intake=replace(found.intake, gaps=(gap,))))
    by_kind = {claim.kind: claim for claim in told}
    assert (by_kind[ClaimKind.FEED_GAP].since, by_kind[ClaimKind.FEED_GAP].until) == (gap.first, gap.last)
    assert (by_kind[ClaimKind.RESTATED].since, by_kind[ClaimKind.RESTATED].count("changed")) == (date(2026, 9, 28), 1)
    assert ClaimKind.STANDS in {claim.kind for claim in claims(replace(found, restated=(stood,)))}


def test_a_delay_is_claimed_as_it_is() -> None:
    def kind(complete: date | None, failing: date | None) -> tuple[ClaimKind, date | None]:
        claim = Reading(complete, failing).claim
        return claim.kind, claim.since

    read, failing = date(2026, 11, 1), date(2026, 11, 2)
    assert kind(None, None) == (ClaimKind.NEVER_READ, None)
    assert kind(read, None) == (ClaimKind.NOT_READ, read)
    assert kind(read, failing) == (ClaimKind.COULD_NOT_BE_READ, read)


@pytest.mark.parametrize("kind", ClaimKind)
def test_every_kind_of_claim_has_a_sentence(kind: ClaimKind) -> None:
    stated = tuple(Stated(measure, 1.0) for measure in (
        "difference", "low", "high", "weeks", "held", "target", "of", "count", "rate", "expected", "beyond", "published",
        "changed", "due", "crimes", "weekly", "usual", "unfit", "records", "limit", "refused", "no_victim", "set_aside",
        "sums", "total", "parts", "appeared", "has", "had", "failing", "examples", "without", "fewest", "now", "then",
        "before",
    ))  # fmt: skip
    claim = Claim(kind=kind, subject="rate.7-day", since=date(2026, 1, 5), until=date(2026, 1, 11), about="North",
                  against="the rest", words="as of then", stated=stated)  # fmt: skip
    if kind in (ClaimKind.IMPROVED, ClaimKind.WORSENED):
        claim = SpecialCause(kind=kind, subject="rate.7-day", title="7-day rate", rule="shift",
                             weeks=("2026-W02", "2026-W08"), length=7)  # fmt: skip
    if kind in (ClaimKind.CONCERN, ClaimKind.WORSE_THAN_BEFORE, ClaimKind.BELOW_REST, ClaimKind.DATA_UNFIT):
        rates = [Stated(measure, 0.5, "7-day", "North") for measure in ("now", "base", "rest", "weeks", "checks")]
        claim = FirstClaim(kind=kind, subject="own-past.7-day/North", since=date(2026, 1, 5), about="the whole force",
                           units=("North",), keys=("worse/North",), against="the rest", stated=tuple(rates))  # fmt: skip
    if kind == ClaimKind.DUPLICATED:
        claim = FirstClaim(kind=kind, subject="duplicates/North", keys=("pattern",), stated=stated)
    if kind == ClaimKind.NOT_ONE_UNIT:
        claim = replace(claim, words="appeared")
    if kind in (ClaimKind.BETTER_THAN_BEFORE, ClaimKind.AS_BEFORE, ClaimKind.TOO_FEW_BEFORE, ClaimKind.NOT_ONE_UNIT):
        assert sentence(claim)  # a cell of a table
        return
    if kind == ClaimKind.NOT_YET_TOLD:
        claim = replace(claim, stated=(Stated("held", 3, group="past"), Stated("needed", 26, group="past")))
    assert sentence(claim).endswith((".", "as of then"))


def test_the_directory_is_old_only_a_day_before_the_newest_reading() -> None:
    found = figures()

    def told(as_of: str) -> set[ClaimKind]:
        intake = replace(found.intake, last_complete_poll=datetime.fromisoformat("2026-11-16T06:00:00+00:00"),
                         directory_as_of=datetime.fromisoformat(as_of))  # fmt: skip
        return {claim.kind for claim in claims(replace(found, intake=intake))}

    assert ClaimKind.DIRECTORY_OLD in told("2026-11-15T06:00:00+00:00")
    assert ClaimKind.DIRECTORY_OLD not in told("2026-11-15T06:00:01+00:00")
