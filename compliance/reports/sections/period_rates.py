"""The headline rates of the period, and what is owed after an event."""

from collections.abc import Iterator

from compliance.reports.model.proportions import Proportion
from compliance.reports.model.report_model import Figures, Period, RequirementFigures
from compliance.reports.model.words import count_of, heading, interval, number, percent, points_between
from compliance.reports.pieces.cells import SHARE, cases, cases_named, points_cell, range_of, rate, share_cells, whole
from compliance.reports.pieces.parts import (
    Column,
    Comparison,
    Items,
    KeyFigure,
    KeyFigures,
    Look,
    Note,
    Part,
    Run,
    Section,
    Statement,
    Table,
    Text,
    cell,
    note,
    statement,
    text_of,
)
from compliance.reports.sections.change_over_time import causes_of_groups
from compliance.reports.sections.release_checks import note_unfit, tell_unfit
from compliance.reports.sections.summary import state_claim
from compliance.reports.wording.rate_claims import change_of, nothing_due, withheld
from compliance.reports.wording.sentences import change_in_points
from compliance.reports.wording.telling import event_causes


def period_rates(figures: Figures) -> Section:
    """Return the section with the rates."""
    return Section("rates", "The rates", (*_key_figures(figures), *_after_events(figures)))


def _key_figures(figures: Figures) -> Iterator[Part]:
    made: list[KeyFigure] = []
    names: list[str] = []
    for requirement in figures.requirements:
        if not requirement.event:
            made.append(_of_rate(requirement, figures))
            names.append(f"rate.{requirement.id}")
            if requirement.week.silent:
                made.append(_of_silent(requirement, requirement.week.silent, figures))
    names += ["silent"] * (len(made) > len(names))
    yield KeyFigures(tuple(made))
    yield from _how_to_read(figures, names)


def _how_to_read(figures: Figures, names: list[str]) -> Iterator[Note]:
    said = [
        "A dot is the rate; the bar around it is its 95% interval, which allows for chance and for updates coming in "
        "clusters by officer."
    ]
    if figures.provisional:
        said.append("An outlined dot is provisional: the week just ended, which will change and is not compared.")
    yield Note(text_of(" ".join(said)), of_drawing=True)
    yield from cases_named(figures, *names)


def _of_rate(requirement: RequirementFigures, figures: Figures) -> KeyFigure:
    figure, week = f"rate.{requirement.id}", requirement.week.rate
    share = week.share
    counts: list[Text] = []
    if share.of:
        met = text_of(whole(share.count, f"{figure}:count"), " of ", whole(share.of, f"{figure}:of"), " in time")
        counts = [text_of(f"95% interval {interval(share)}"), met]
        if week.late is not None:
            late = whole(week.late, f"{figure}:late")
            counts.append(text_of(late, f" late, {number(week.not_given)} not given"))
        counts += [text_of(said)] if (said := tell_unfit(figures)) else []
    shares = [period.rate.share if period else None for period in _periods(requirement)]
    return KeyFigure(
        f"rate-{requirement.id}", f"{heading(requirement.id)} rate", requirement.title, *_big(share), tuple(counts),
        tuple(_beside(figures, shares, figure)), _state_change(requirement, figures),
    )  # fmt: skip


def _of_silent(requirement: RequirementFigures, share: Proportion, figures: Figures) -> KeyFigure:
    victims = f"{number(share.count)} of {count_of(share.of, 'victim')} at the end of the {figures.kind}"
    counts = (text_of(f"95% interval {interval(share)}"), text_of(victims)) if share.of else ()
    shares = [period.silent if period else None for period in _periods(requirement)]
    return KeyFigure(
        f"silent-{requirement.id}", "Silent victims", "No update for 28 days, in cases open for longer", *_big(share),
        counts, tuple(_beside(figures, shares, "silent")),
        statement(f"Read the {requirement.id} rate together with this: it counts only what fell due."),
    )  # fmt: skip


def _periods(requirement: RequirementFigures) -> tuple[Period, Period, Period | None]:
    return requirement.week, requirement.before, requirement.provisional


def _big(share: Proportion) -> tuple[Run, str, bool]:
    """Return the number, its unit, and whether there is one."""
    if share.withheld or not share.of:
        return rate(share), "", False
    if share.few:
        return Run(number(share.count), "few", share.count), f" of {number(share.of)}", True
    return Run(percent(share.rate)[:-1], "", share.rate), "%", True


def _beside(figures: Figures, shares: list[Proportion | None], figure: str) -> Iterator[Comparison]:
    """Yield this period, the one before and the one just ended."""
    names = (f"This {figures.kind}", f"{heading(figures.kind)} before", "Provisional")
    looks: tuple[Look, ...] = ("plain", "muted", "outlined")
    for name, share, look in zip(names, shares, looks, strict=True):
        if share is not None:
            drawn = range_of(share, look=look)
            yield Comparison(name, drawn, (rate(share, figure if look == "plain" else ""),))


def _state_change(requirement: RequirementFigures, figures: Figures) -> Statement:
    share = requirement.week.rate.share
    if share.withheld:
        claim = withheld(f"rate.{requirement.id}", "The rate")
        return Statement(text_of("The rate is withheld, so it is not compared."), claims=(claim,))
    if not share.of:
        return state_claim(nothing_due(requirement, figures))
    claim = change_of(requirement, figures)
    return Statement(change_in_points(claim), claims=(claim,))


def _after_events(figures: Figures) -> Iterator[Part]:
    owed = [requirement for requirement in figures.requirements if requirement.event]
    if not owed:
        return
    columns: tuple[Column, ...] = (
        Column("Requirement", "name"), *SHARE, Column(f"Points on the {figures.kind} before"),
    )  # fmt: skip
    columns += (Column("Provisional"),) if figures.provisional else ()
    rows = []
    for requirement in owed:
        figure = f"rate.{requirement.id}"
        share, before = requirement.week.rate.share, requirement.before.rate.share
        claim = change_of(requirement, figures)
        changed = points_cell(requirement.change, points_between(share, before), claim)
        row = (cell(requirement.title), *share_cells(share, figure), changed)
        if figures.provisional:
            ended = requirement.provisional
            row += (cell(rate(ended.rate.share, f"provisional.{requirement.id}") if ended else ""),)
        rows.append(row)
    caption = f"Updates owed after an event, in the {figures.kind}"
    yield Table("events", caption, columns, tuple(rows), cases=cases(figures, "rate.NAME"))
    yield from note_unfit(figures)
    found = tuple(causes_of_groups(event_causes(figures)))
    if found:
        yield Items(found)
        yield note("Special causes, the two newest of each.")
