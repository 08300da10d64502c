"""Change, or chance: a control chart of each rate, and what it shows (statistics section 2)."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import chain
from typing import NamedTuple

from compliance.reports.catalogue.editions import PUBLIC
from compliance.reports.model.changes import PART_NAMES
from compliance.reports.model.claims import Claim, ClaimKind, SpecialCause
from compliance.reports.model.findings import PartFigures, Trend
from compliance.reports.model.report_model import Figures, RequirementFigures
from compliance.reports.model.words import ON_DUPLICATES, count_of, heading, percent
from compliance.reports.periods.periods import in_words
from compliance.reports.pieces import charts
from compliance.reports.pieces.cells import NONE, SHARE, cases, name_of, share_cells, whole
from compliance.reports.pieces.parts import (
    Chart,
    Column,
    Direction,
    Heading,
    Items,
    Part,
    Run,
    Section,
    Statement,
    Table,
    cell,
    note,
    statement,
    text_of,
)
from compliance.reports.wording.duplicate_claims import causes_held
from compliance.reports.wording.rate_claims import subject_of
from compliance.reports.wording.sentences import cause_of_group, causes_together, sentence, weeks_of
from compliance.reports.wording.shared_causes import SharedCauses, shared_causes
from compliance.reports.wording.telling import (
    causes_of_part,
    causes_of_whole,
    chart_in_words,
    explained_in_words,
    monday,
    not_charted,
    silent_in_words,
    still_moving,
    stock_claims,
    target_of,
    title_of,
    title_of_part,
)


def change_over_time(figures: Figures) -> Section:
    """Return the section. Requirements after an event are in the full figures instead."""
    parts: list[Part] = [
        statement(
            "Each point is one week, judged seven days after its end. While points lie in the band without a pattern, "
            "the rate is as it always was: the ups and downs are chance. Triangles mark what is more than that. A "
            "point beyond a limit in the newest two weeks is an improvement or a concern; all else is told as history."
        )
    ]
    shared = shared_causes(figures)
    if shared:
        parts += [Heading("together", "In several charts at once"), Items(tuple(map(_together, shared)))]
    for requirement in figures.requirements:
        if not requirement.event:
            parts += trend_parts(requirement, figures.last, frozenset(chain.from_iterable(shared)))
    return Section("trends", "Change, or chance?", tuple(parts))


def trend_parts(
    requirement: RequirementFigures, last: date, told: frozenset[SpecialCause] = frozenset()
) -> Iterator[Part]:
    """Yield the charts of a requirement and of its parts, what they show in words, and their special causes.

    `last`: the last local date of the period. `told`: those that are told with the ones of other charts (2.2c).
    """
    trend = requirement.trend
    caption = "per cent of updates due in the week that were given in time"
    yield from _charted(_Series(requirement.id, title_of(requirement), subject_of(requirement), caption, trend), last)
    targets = list(target_of(requirement))
    if targets:
        yield statement(" ".join(map(sentence, targets)), claims=targets)
    if requirement.repeats and not trend.control.signals:
        where = " Special causes are looked for in the two parts below." if requirement.parts else ""
        yield statement(
            "First further contact and continuing contact together. What is due shifts from the one to the other as "
            f"cases age, so signals are not looked for in this chart.{where}"
        )
    else:
        yield from _say_causes(causes_of_whole(requirement), told, trend, subject_of(requirement))
    yield from _say_marks(trend)
    if trend.shares:
        yield note(Run("Table of the weeks", link=f"weeks-{requirement.id}"))
    for part in requirement.parts:
        name = PART_NAMES[part.part]
        of = _Series(f"{requirement.id}-{name}", title_of_part(requirement, part), f"{name}.{requirement.id}", caption,
                     part.trend)  # fmt: skip
        yield from _charted(of, last)
        yield from _say_causes(causes_of_part(requirement, part), told, part.trend, of.subject)
        if part.trend.shares:
            yield note(Run("Table of the weeks", link=f"weeks-{of.id}"))
    if trend.silent:
        yield from _silent(requirement)


class _Series(NamedTuple):
    """A rate over the weeks: the end of its ids, its title, its figure, the rest of its caption, and its weeks."""

    id: str
    title: str
    subject: str
    caption: str
    trend: Trend


def _charted(series: _Series, last: date) -> Iterator[Part]:
    """Yield the chart and what it shows, or why there is none."""
    trend, name = series.trend, heading(series.title)
    missing = list(not_charted(trend, series.subject, last))
    moving = list(still_moving(trend, series.subject))
    said = " ".join([*map(sentence, missing or [])] or [chart_in_words(trend)])
    if trend.shares:
        yield Chart(f"trend-{series.id}", f"{name}, {series.caption}", charts.control(trend), f"{name}: {said}")
    else:
        yield Heading(f"trend-{series.id}", name)
    yield statement(" ".join([said, *map(sentence, moving)]), claims=[*missing, *moving])


def _say_causes(
    causes: Sequence[SpecialCause], told: frozenset[SpecialCause], trend: Trend, subject: str
) -> Iterator[Part]:
    held, own = list(causes_held(trend, subject)), [cause for cause in causes if cause not in told]
    if own:
        yield Items(tuple(_cause(cause) for cause in own))
    if len(own) < len(causes):
        what = count_of(len(causes) - len(own), "special cause is", "special causes are")
        yield note(f"{what} told with those of other charts, under ", Run("In several charts at once", link="together"))
    if held:
        yield statement(" ".join(map(sentence, held)), claims=held)
    elif trend.shares and not causes:
        none = Claim(kind=ClaimKind.NO_SPECIAL_CAUSE, subject=subject)
        yield statement(sentence(none), claims=[none])


def _say_marks(trend: Trend) -> Iterator[Part]:
    for mark in trend.marks:
        yield statement(f"{heading(in_words(mark.week))}: {mark.reason}.")
    for weeks in trend.explanations:
        yield statement(explained_in_words(weeks))


def _silent(requirement: RequirementFigures) -> Iterator[Part]:
    """Yield the silent victims over the weeks: a stock, without limits or signals (statistics 1.7)."""
    trend, said = requirement.trend, silent_in_words(requirement.trend)
    if any(share.rate is not None for share in trend.silent or ()):
        caption = "Silent victims at the end of each week, per cent of the victims of cases open for more than 28 days"
        yield Chart(f"silent-weeks-{requirement.id}", caption, charts.silent(trend), said)
    claims = list(stock_claims(trend, "silent"))
    yield statement(" ".join([said, *map(sentence, claims)]), claims=claims)


def _together(causes: SharedCauses) -> Statement:
    weeks, rest = causes_together(causes)
    return Statement(text_of(Run(weeks, "strong"), rest), direction=_direction(causes[0]), claims=causes)


def _cause(cause: SpecialCause) -> Statement:
    weeks = weeks_of(cause)
    text = text_of(Run(weeks, "strong"), sentence(cause).removeprefix(weeks))
    return Statement(text, direction=_direction(cause), claims=(cause,))


def causes_of_groups(causes: Sequence[SpecialCause]) -> Iterator[Statement]:
    """Yield the special causes of several charts, each with its division or team."""
    for cause in causes:
        whose, rest = cause_of_group(cause)
        yield Statement(text_of(Run(whose, "strong"), rest), direction=_direction(cause), claims=(cause,))


def _direction(cause: SpecialCause) -> Direction:
    return "better" if cause.improvement else "worse"


def weeks_table(requirement: RequirementFigures, figures: Figures, part: PartFigures | None = None) -> Table:
    """Return the weeks of a chart as a table: of a requirement, or of one of its parts."""
    figure, ident, name = f"week.{requirement.id}", requirement.id, f"{heading(requirement.id)} rate"
    trend, found = requirement.trend, causes_of_whole(requirement)
    if part is not None:
        trend, found, own = part.trend, causes_of_part(requirement, part), PART_NAMES[part.part]
        figure, ident, name = (
            f"week-{own}.{requirement.id}",
            f"{requirement.id}-{own}",
            title_of_part(requirement, part),
        )
    elif requirement.event:
        name = name_of(requirement)
    shows_overdue = part is None and figures.edition != PUBLIC  # never published (statistics 1.6)
    signals = {signal.place: signal for signal in trend.control.signals}
    causes = {week: cause for cause in found for week in trend.weeks
              if cause.weeks[0] <= week <= cause.weeks[1]}  # fmt: skip
    explained = {each.place: f"explained: {each.reason}" for each in trend.explained}
    rows = []
    for place, (week, share) in enumerate(zip(trend.weeks, trend.shares, strict=True)):
        signal = signals.get(place)
        mark = "" if signal is None else "▲ upwards: " if signal.improvement else "▼ downwards: "
        said = [f"{mark}{signal.rule}"] if signal else []
        said += [explained[place]] if place in explained else []
        said += [ON_DUPLICATES] if week in trend.on_duplicates else []
        rows.append((
            cell(week, Run(f" {monday(week)}", "aside")),
            *share_cells(share, f"{figure}/{week}"),
            *((cell(percent(trend.silent[place].rate)),) if trend.silent else ()),
            *((cell(whole(trend.overdue[place]) if trend.overdue else NONE),) if shows_overdue else ()),
            cell("; ".join(said), claim=causes.get(week) if signal else None),
        ))  # fmt: skip
    silent = (Column("Silent victims"),) if trend.silent else ()
    overdue = (Column("Overdue then"),) if shows_overdue else ()
    columns = (Column("Week, its Monday", "name"), *SHARE, *silent, *overdue, Column("Special cause", "words"))
    return Table(
        f"weeks-{ident}", f"{heading(name)} by week, each judged seven days after its end", columns, tuple(rows),
        cases=cases(figures, f"{figure}/WEEK"), dense=True,
    )  # fmt: skip
