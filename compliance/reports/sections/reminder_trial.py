"""A trial of reminders: what teams drawn by lot tried, and what came of it."""

from collections.abc import Iterator
from typing import Final

from compliance.reports.examining.trial_effect import FIRST_WEEK, TRIED, USUAL
from compliance.reports.model.findings import TrialEffect
from compliance.reports.model.words import count_of, day, points_between, points_text, verdict
from compliance.reports.pieces.cells import SHARE, share_cells
from compliance.reports.pieces.parts import Column, Part, Table, cell, note, statement

CANNOT_SHOW: Final = (
    "The lot decided which teams tried it, so anything else differs between the two groups by chance alone, which the "
    "interval allows for, team by team. What this cannot show: whether the difference lasts; what it would be if no "
    "case had moved between the groups, and nobody had seen the others’ mail; and whether victims were better "
    "informed, for an update in time says nothing of what was said."
)
ONCE: Final = "Looked at every week, chance alone would sooner or later seem to be an effect."


def trial_parts(effect: TrialEffect) -> Iterator[Part]:
    """Yield what the report says of a trial."""
    what = f"{effect.setting} = {effect.tried_value} instead of {effect.usual_value}"
    about = f"Trial “{effect.name}”"
    if effect.tried is None or effect.usual is None:
        until = f"until {day(effect.last)}, teams drawn by lot get mail about what is not yet due by {what}"
        yield statement(
            f"{until}. What came of it is stated once, from {day(effect.stated_from)} on. {ONCE}", about=about
        )
        return
    columns = (Column("Teams", "name"), Column("Number"), *SHARE)
    rows = tuple(
        (cell(title), cell(f"{teams:,}"), *share_cells(share, f"trial.{group}"))
        for title, teams, share, group in (
            ("That tried it", effect.tried_teams, effect.tried, TRIED),
            ("The others", effect.usual_teams, effect.usual, USUAL),
        )
    )
    yield statement(_result_in_words(effect, what), about=about)
    yield Table("trial", "Updated in time, by the lot", columns, rows)
    yield note(CANNOT_SHOW)


def _result_in_words(effect: TrialEffect, what: str) -> str:
    first, found = effect.first + FIRST_WEEK, effect.change
    span = f"of what fell due from {day(first)} to {day(effect.last)}"
    if found is None or effect.tried is None or effect.usual is None:
        return f"{span}, nothing is known of one of the groups, so nothing came of it ({what})."
    low, high = points_text(found.low), points_text(found.high)
    teams, apart = count_of(effect.tried_teams, "team"), points_between(effect.tried, effect.usual)
    return (
        f"{span}, the {teams} that tried it ({what}) updated in time {points_text(apart)} points "
        f"compared with the other {effect.usual_teams:,} (95% interval {low} to {high}): {verdict(found)}."
    )
