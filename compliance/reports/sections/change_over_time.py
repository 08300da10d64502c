"""Change, or chance: a control chart of each rate, and what it shows (statistics section 2)."""

from collections.abc import Iterator, Sequence

from compliance.reports import charts
from compliance.reports.cells import NONE, SHARE, cases, name_of, share_cells, whole
from compliance.reports.claims import Claim, ClaimKind, SpecialCause
from compliance.reports.parts import (
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
from compliance.reports.periods import in_words
from compliance.reports.rate_claims import subject_of
from compliance.reports.report_model import Figures, RequirementFigures
from compliance.reports.sentences import cause_of_group, sentence, weeks_of
from compliance.reports.telling import (
    causes_of,
    chart_in_words,
    explained_in_words,
    monday,
    silent_in_words,
    target_of,
    title_of,
)
from compliance.reports.words import heading, percent


def change_over_time(figures: Figures) -> Section:
    """Return the section. Requirements after an event are in the full figures instead."""
    parts: list[Part] = [
        statement(
            "Each point is one week, judged seven days after its end. While points lie in the band without a pattern, "
            "the rate is as it always was: the ups and downs are chance. Triangles mark what is more than that."
        )
    ]
    for requirement in figures.requirements:
        if not requirement.event:
            parts += trend_parts(requirement)
    return Section("trends", "Change, or chance?", tuple(parts))


def trend_parts(requirement: RequirementFigures) -> Iterator[Part]:
    """Yield the chart of a requirement, what it shows in words, and its special causes."""
    trend, name, said = requirement.trend, heading(title_of(requirement)), chart_in_words(requirement.trend)
    if trend.shares:
        caption = f"{name}, per cent of updates due in the week that were given in time"
        yield Chart(f"trend-{requirement.id}", caption, charts.control(trend), f"{name}: {said}")
    else:
        yield Heading(f"trend-{requirement.id}", name)
    targets = list(target_of(requirement))
    yield statement(" ".join([said, *map(sentence, targets)]), claims=targets)
    found = causes_of(requirement)
    if found:
        yield Items(tuple(_cause(cause) for cause in found))
    elif trend.shares:
        none = Claim(kind=ClaimKind.NO_SPECIAL_CAUSE, subject=subject_of(requirement))
        yield statement(sentence(none), claims=[none])
    for mark in trend.marks:
        yield statement(f"{heading(in_words(mark.week))}: {mark.reason}.")
    for weeks in trend.explanations:
        yield statement(explained_in_words(weeks))
    if trend.silent:
        yield statement(silent_in_words(trend))
    if trend.shares:
        yield note(Run("Table of the weeks", link=f"weeks-{requirement.id}"))


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


def weeks_table(requirement: RequirementFigures, figures: Figures) -> Table:
    """Return the weeks of a chart as a table."""
    trend, signals = requirement.trend, {signal.place: signal for signal in requirement.trend.control.signals}
    causes = {week: cause for cause in causes_of(requirement) for week in trend.weeks
              if cause.weeks[0] <= week <= cause.weeks[1]}  # fmt: skip
    explained = {each.place: f"explained: {each.reason}" for each in trend.explained}
    rows = []
    for place, (week, share) in enumerate(zip(trend.weeks, trend.shares, strict=True)):
        signal = signals.get(place)
        mark = "" if signal is None else "▲ improvement: " if signal.improvement else "▼ deterioration: "
        said = [f"{mark}{signal.rule}"] if signal else []
        said += [explained[place]] if place in explained else []
        rows.append((
            cell(week, Run(f" {monday(week)}", "aside")),
            *share_cells(share, f"week.{requirement.id}/{week}"),
            *((cell(percent(trend.silent[place].rate)),) if trend.silent else ()),
            cell(whole(trend.overdue[place]) if trend.overdue else NONE),
            cell("; ".join(said), claim=causes.get(week) if signal else None),
        ))  # fmt: skip
    silent = (Column("Silent victims"),) if trend.silent else ()
    columns = (Column("Week, its Monday", "name"), *SHARE, *silent, Column("Overdue then"),
               Column("Special cause", "words"))  # fmt: skip
    name = name_of(requirement) if requirement.event else f"{heading(requirement.id)} rate"
    return Table(
        f"weeks-{requirement.id}", f"{name} by week, each judged seven days after its end", columns, tuple(rows),
        cases=cases(figures, f"week.{requirement.id}/WEEK"), dense=True,
    )  # fmt: skip
