"""A return filled in from the records, at equal age as any report (statistics 1.2, A8). Nothing is withheld yet."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from msgspec.structs import replace

from compliance.reports.catalogue.edition import Edition
from compliance.reports.catalogue.figure import Figure
from compliance.reports.catalogue.outstanding_figures import CLOSED_WITHOUT_A_WORD
from compliance.reports.catalogue.rate_figures import LIVE, RATE
from compliance.reports.catalogue.silence_figures import SILENT
from compliance.reports.catalogue.unit_figures import DIVISION as RATE_OF_DIVISION
from compliance.reports.comparing.families import LEVEL
from compliance.reports.judging.rates import change, rate
from compliance.reports.methods.statistics import benjamini_hochberg
from compliance.reports.model.proportions import Proportion
from compliance.reports.model.satisfaction_model import Satisfaction
from compliance.returns.definition import DIVISION, FORCE, NOT_RECORDED, Measure, ReturnDefinition
from compliance.returns.groups import GroupsFound, VictimsKnown
from compliance.returns.return_content import ReturnContent, ReturnLine, ReturnMeasure
from compliance.reviews.results import ReviewResults

NO_DIVISION = "no division"


@dataclass(frozen=True)
class ReturnSources:
    """What a return is filled in from.

    - `edition`: the board's edition of its period. `victims`: what is known of victims at its K. `kept_since`: the
      characteristics that were kept only later, with since when, of which that is what was known first.
    - `satisfaction`: the newest wave of a survey that asks about the period; None: there is none.
    - `quality`: takes a requirement and returns the newest dip sample of it in the period, with its number, or None.
    """

    edition: Edition
    victims: VictimsKnown
    satisfaction: Satisfaction | None
    quality: Callable[[str], tuple[int, ReviewResults] | None]
    kept_since: Mapping[str, date] = field(default_factory=dict)


def fill_in(asked: ReturnDefinition, sources: ReturnSources, force: str) -> ReturnContent:
    """Return a return with its figures. Raises SettingsError for a requirement that the policy does not have."""
    edition = sources.edition
    measures = [_FILLED[each.figure](each, asked, sources) if each.figure else _by_hand(each) for each in asked.measure]
    measures, compared = _compare(measures)
    policy = edition.policy
    return ReturnContent(
        asked.name, asked.title, asked.status, asked.source, asked.receiver, force, str(edition.period),
        edition.period.first, edition.period.last, edition.period.settling_instant(policy.local), policy.title,
        asked.small_counts, {field: asked.groups_of(field).title for field in asked.characteristics},
        tuple(measures), tuple(asked.sign_off), compared, edition.known.seen_until is not None,
        edition.beginning.begun, dict(sources.kept_since),
    )  # fmt: skip


def line_of(share: Proportion, by: str = FORCE, group: str = "") -> ReturnLine:
    """Return the line of a share."""
    if not share.of:
        return ReturnLine(by, group, "none", few=True)
    return ReturnLine(by, group, "shown", share.count, share.of, share.rate, share.low, share.high, share.few)


def _by_hand(measure: Measure) -> ReturnMeasure:
    assert measure.by_hand is not None  # noqa: S101  # a measure has a figure or this
    return ReturnMeasure(measure.id, measure.title, "", "", measure.by_hand, (ReturnLine(standing="by hand"),))


def _rates(measure: Measure, asked: ReturnDefinition, sources: ReturnSources) -> ReturnMeasure:
    edition, requirement = sources.edition, measure.requirement or ""
    lines = [line_of(RATE.counted(edition, requirement).rate.share)]
    for by in measure.by:
        found = _divisions(edition, requirement) if by == DIVISION else _groups(by, requirement, asked, sources)
        lines += found
    return _measured(measure, RATE, lines)


def _divisions(edition: Edition, requirement: str) -> Iterator[ReturnLine]:
    cohort = edition.read("rate").due(edition.place(requirement))
    for name in _named(cohort.division.present(), bool((cohort.division.codes < 0).any())):
        share = RATE_OF_DIVISION.counted(edition, requirement, name).rate.share
        yield line_of(share, DIVISION, name or NO_DIVISION)


def group_cohort(by: str, requirement: str, asked: ReturnDefinition, sources: ReturnSources) -> GroupsFound:
    """Return the group of each obligation of a requirement that was due, by a characteristic."""
    read = sources.edition.read("rate")
    cohort = read.due(sources.edition.place(requirement))
    return GroupsFound(read.verdicts, cohort, sources.victims, by, asked.groups_of(by))


def _groups(by: str, requirement: str, asked: ReturnDefinition, sources: ReturnSources) -> Iterator[ReturnLine]:
    edition, groups = sources.edition, group_cohort(by, requirement, asked, sources)
    place = edition.place(requirement)
    cohort = edition.read("rate").due(place)
    for name in groups.names:
        own, others = cohort.where(groups.rows(name)), cohort.where(groups.others(name))
        share, rest = (rate(each, edition.clusters.effect(each, place)).share for each in (own, others))
        line = line_of(share, by, name)
        found = change(share, rest) if name != NOT_RECORDED else None
        if found is not None and found.tested:
            line = replace(
                line, rest=rest.rate, difference=(found.difference, found.low, found.high), p=found.p, compared=True
            )
        yield line


def _live(measure: Measure, _asked: ReturnDefinition, sources: ReturnSources) -> ReturnMeasure:
    found = LIVE.counted(sources.edition, measure.requirement or "").rate.share
    return _measured(measure, LIVE, [line_of(found)])


def _silent(measure: Measure, _asked: ReturnDefinition, sources: ReturnSources) -> ReturnMeasure:
    edition, lines = sources.edition, [line_of(SILENT.share(sources.edition))]
    if DIVISION in measure.by:
        held = edition.read("rate").silence.division
        names = _named(held.present(), bool((held.codes < 0).any()))
        lines += [line_of(SILENT.share(edition, group=name), DIVISION, name or NO_DIVISION) for name in names]
    return _measured(measure, SILENT, lines)


def _closed(measure: Measure, _asked: ReturnDefinition, sources: ReturnSources) -> ReturnMeasure:
    lines = [line_of(CLOSED_WITHOUT_A_WORD.share(sources.edition))]
    return _measured(measure, CLOSED_WITHOUT_A_WORD, lines)


def _satisfied(measure: Measure, _asked: ReturnDefinition, sources: ReturnSources) -> ReturnMeasure:
    found = sources.satisfaction
    if found is None:
        note = "No wave of the survey asks about this period."
        return ReturnMeasure(measure.id, measure.title, "satisfaction", "", note, (ReturnLine(standing="none"),))
    lines = [line_of(found.share)]
    if DIVISION in measure.by:
        lines += [line_of(each.share, DIVISION, each.name) for each in found.divisions]
    note = f"Of those who answered the survey of {found.wave}."
    if found.too_few and DIVISION in measure.by:
        note += " Divisions with fewer than 10 answers are left out."
    return ReturnMeasure(measure.id, measure.title, "satisfaction", "statistics 1.4", note, tuple(lines))


def _quality(measure: Measure, _asked: ReturnDefinition, sources: ReturnSources) -> ReturnMeasure:
    found = sources.quality(measure.requirement or "")
    line, note = ReturnLine(standing="none"), "No dip sample of this period has been read."
    if found is not None:
        number, results = found
        adjusted = results.good_enough.adjusted
        if adjusted is not None:
            line = ReturnLine(standing="shown", rate=adjusted.value, low=adjusted.low, high=adjusted.high)
            note = (
                f"Estimated from dip sample {number}, of which {results.read:,} of {results.drawn:,} cases were read: "
                "told in time, by a contact that meets all criteria of the sample."
            )
    return ReturnMeasure(measure.id, measure.title, "", "", note, (line,))


_FILLED = {
    "rate": _rates, "live": _live, "silent": _silent, "closed-without-a-word": _closed, "satisfaction": _satisfied,
    "quality": _quality,
}  # fmt: skip


def _measured(measure: Measure, figure: Figure, lines: Sequence[ReturnLine]) -> ReturnMeasure:
    name = figure.name_of(measure.requirement or "")
    return ReturnMeasure(measure.id, measure.title, name, figure.clause, "", tuple(lines))


def _compare(measures: Sequence[ReturnMeasure]) -> tuple[list[ReturnMeasure], int]:
    """Return the measures with each group that differs from the rest called so, and how many comparisons that were."""
    p = [line.p for measure in measures for line in measure.lines if line.p is not None]
    rejected = iter(benjamini_hochberg(p, LEVEL))

    def judged(line: ReturnLine) -> ReturnLine:
        return line if line.p is None else replace(line, differs=bool(next(rejected)))

    return [replace(each, lines=tuple(map(judged, each.lines))) for each in measures], len(p)


def _named(names: Sequence[str], has_nameless: bool) -> list[str | None]:
    return [*sorted(names), *([None] if has_nameless else [])]
