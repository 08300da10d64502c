"""Special causes that belong together: what several charts show at once is told once (statistics 2.2c)."""

from collections.abc import Iterator
from typing import Final

from compliance.reports.model.claims import SpecialCause
from compliance.reports.model.report_model import Figures
from compliance.reports.wording.events import TOGETHER
from compliance.reports.wording.telling import causes_of

SharedCauses = tuple[SpecialCause, ...]
"""Special causes of more than one chart, in one direction, that began within two weeks of the first of them."""
_DIRECTIONS: Final = (False, True)


def shared_causes(figures: Figures) -> list[SharedCauses]:
    """Return the special causes that are one event in several charts of the report, the newest event first.

    Requirements after an event are charted in the full figures and take no part.
    """
    found = [cause for requirement in figures.requirements if not requirement.event for cause in causes_of(requirement)]
    shared = [each for better in _DIRECTIONS for each in _near([c for c in found if c.improvement == better])]
    return sorted(shared, key=lambda causes: causes[0].weeks[0], reverse=True)


def _near(causes: list[SpecialCause]) -> Iterator[SharedCauses]:
    """Yield the causes of one direction that began together and are in more than one chart."""
    groups: list[list[SpecialCause]] = []
    for cause in sorted(causes, key=lambda each: each.weeks):
        if groups and cause.since is not None and cause.since - (groups[-1][0].since or cause.since) <= TOGETHER:
            groups[-1].append(cause)
        else:
            groups.append([cause])
    return (tuple(group) for group in groups if len({cause.subject for cause in group}) > 1)
