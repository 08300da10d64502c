"""Teams that meet obligations by updates entered after the due date more often than the others (rules 8)."""

from typing import Final

from compliance.policy.verdicts import MET
from compliance.reports.catalogue.edition import Edition
from compliance.reports.catalogue.unit_figures import LATE_TEAMS
from compliance.reports.findings import FunnelPoint, LateTeams
from compliance.reports.funnel import WITHIN_998, upper_tail
from compliance.reports.rates import proportion
from compliance.reports.trends import funnel

LEVEL: Final = 0.01
"""How likely chance alone may give as much in a report for it to be called more than chance."""


def find_late_teams(edition: Edition) -> LateTeams | None:
    """Return the teams beyond the upper 99.8 % limit over the trailing weeks; None if there are fewer than two."""
    cohort = edition.trailing_due(None)
    met = cohort.where(cohort.state == MET)
    points = [(name, LATE_TEAMS.share(edition, group=name)) for name in met.team.present()]
    found = funnel(points, proportion(met.entered_after, 1.0).rate)
    if found is None:
        return None
    beyond = tuple(p for p in found.points if p.beyond == 998 and (p.share.rate or 0) > p.bounds.high_998)
    if edition.division is None:
        return LateTeams(len(found.points), len(beyond), (), _are_far(beyond, len(found.points), found.rate))
    return LateTeams(len(found.points), len(beyond), beyond)


def _are_far(beyond: tuple[FunnelPoint, ...], teams: int, rate: float) -> bool:
    """Return whether so many teams beyond the limit, or one so far beyond it, are more than chance among all teams.

    Of 145 teams that are alike, chance puts one beyond the limit in every seventh report.
    """
    if not beyond:
        return False
    farthest = min(upper_tail(p.bounds.size, rate, (p.share.rate or 0.0) * p.bounds.size) for p in beyond)
    return farthest < LEVEL / teams or upper_tail(teams, WITHIN_998[0], len(beyond)) < LEVEL
