"""Patterns in how teams' entries are made, to ask about (statistics 6)."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from compliance.errors import SettingsError, nearest
from compliance.reports.catalogue.case import TracedCase, crimes, obligations, updates
from compliance.reports.catalogue.counted import COUNT, CountedRows
from compliance.reports.catalogue.disclosure import not_disclosed
from compliance.reports.catalogue.edition import Edition
from compliance.reports.catalogue.figure import Figure
from compliance.reports.catalogue.row import PlacedRow, count_row, share_row
from compliance.reports.examining.patterns import PatternRows, TeamRows
from compliance.reports.model.findings import Pattern, TeamPattern
from compliance.reports.model.report_model import Figures


def list_patterns(edition: Edition) -> tuple[Pattern, ...]:
    """Return the patterns of an edition: the board's with numbers of teams, a division's with its own teams by name."""
    return tuple(_pattern(edition, each) for each in edition.patterns.values())


def _pattern(edition: Edition, found: PatternRows) -> Pattern:
    beyond, looked_at = found.beyond(), found.teams
    named: tuple[TeamPattern, ...] = ()
    if edition.division is not None:
        beyond = tuple(team for team in beyond if team.division == edition.division)
        looked_at = tuple(team for team in looked_at if team.division == edition.division)
        named = tuple(
            TeamPattern(team.name, PATTERN.share(edition, found.key, team.name), team.expected) for team in beyond
        )
    return Pattern(found.key, found.title, found.asks, found.expected_by, len(looked_at), len(beyond), named)


def _count_pattern(edition: Edition, key: str, group: str | None) -> CountedRows | str:
    """Count the entries of one team, and those that show a pattern."""
    if key not in edition.patterns:
        raise SettingsError(f"no pattern {key!r}{nearest(key, edition.patterns)}")
    found = edition.patterns[key]
    if group == "":
        return (
            "it counts teams, not crimes: a team is counted if chance would give as much in any of the teams in fewer "
            f"than one report in a thousand. pattern.{key}/TEAM lists the entries of one"
        )
    teams = [team for team in found.teams if team.name == group and edition.division in (None, team.division)]
    if len(teams) != 1:
        why = "is in several divisions; trace it in its division's edition" if teams else "has fewer than ten entries"
        raise SettingsError(
            f"team {group!r} {why}{'' if teams else nearest(group or '', [t.name for t in found.teams])}"
        )
    return CountedRows({COUNT: teams[0].hit}, partial(_list, edition, found, teams[0]))


def _list(edition: Edition, found: PatternRows, team: TeamRows) -> tuple[TracedCase, ...]:
    verdicts = edition.headline
    if found.table == "obligations":
        return obligations(verdicts, team.rows)
    if found.table == "crimes":
        return crimes(verdicts.columns, team.rows, "reported")
    return updates(verdicts.columns, team.rows, edition.policy.local)


def _rows(figures: Figures) -> Iterator[PlacedRow]:
    for pattern in figures.patterns:
        name = f"pattern.{pattern.key}"
        yield PlacedRow((), count_row(
            "contact", name, f"teams: {pattern.title.lower()}", "all", figures.period,
            count=pattern.beyond, of=pattern.of,
        ))  # fmt: skip
        for team in pattern.teams:
            yield PlacedRow((), share_row("contact", f"{name}/{team.name}", pattern.title, team.name, figures.period,
                                          team.share, expected=team.expected / team.share.of))  # fmt: skip


PATTERN: Final = Figure(
    name="pattern", key="PATTERN", group="[TEAM]", title="Patterns to ask about, by team",
    meaning="Over the 13 weeks up to the end of the {kind}, how many teams show a pattern in their entries so far "
            "beyond chance that as much would come up in any of the teams in fewer than one report in a thousand. In a "
            "division’s edition also those teams, with how many entries show it and how many chance would give.",
    clause="rules 8, statistics 6", cases="updates, obligations met, or crimes of the team",
    measures={COUNT: "what shows the pattern"},
    count=_count_pattern, rows=_rows,
    disclosure=not_disclosed("what looks at how entries were made stays inside the force"),
)  # fmt: skip
