"""The public edition: nothing from which a count from 1 to 4 could be read (statistics 1.6), and nothing on single
crimes.
"""

from typing import Any, Final

import msgspec
from msgspec import Struct

from compliance.reports.findings import Way
from compliance.reports.model import Closing, Division, Figures, Intake, Overdue, Quality, SameDay
from compliance.reports.proportions import Proportion, Rate

SMALL: Final = range(1, 5)
PUBLIC: Final = "public"
_WITHHELD: Final = Proportion(0, 0, None, None, None, 1.0, withheld=True)


def public(figures: Figures) -> Figures:
    """The board's figures as they may leave the force.

    A share is withheld where its count, or what is left of the whole, is from 1 to 4; other counts so small are left
    out, and the total beside them. Where a single group would follow from the others, the smallest of those is withheld
    too. What looks at single crimes, at entries, at earlier versions and at reminders stays inside.
    """
    told = msgspec.structs.replace(
        figures, edition=PUBLIC, intake=Intake(last_complete_poll=figures.intake.last_complete_poll),
        questions=(), late_teams=None, restated=(), sample=None, reminders=None,
    )  # fmt: skip
    safe: Figures = _safe(told)
    requirements = tuple(
        msgspec.structs.replace(
            requirement,
            divisions=_divisions(requirement.divisions),
            units=(),
            offences=tuple(group for group in requirement.offences if not group.share.withheld),
            funnel=None if any(_hidden(division) for division in requirement.divisions) else requirement.funnel,
            trend=msgspec.structs.replace(requirement.trend, overdue=()),
        )
        for requirement in safe.requirements
    )
    return msgspec.structs.replace(safe, requirements=requirements)


def share(found: Proportion) -> Proportion:
    """A share, withheld where a count from 1 to 4 would follow from it."""
    return _WITHHELD if found.count in SMALL or found.of - found.count in SMALL else found


def _safe(value: Any) -> Any:
    """A part of the figures, with each part of it."""
    if isinstance(value, tuple):
        return tuple(_safe(part) for part in value)
    if isinstance(value, Proportion):
        return share(value)
    if not isinstance(value, Struct):
        return value
    if isinstance(value, Rate):
        small = any(count in SMALL for count in (value.late, value.overdue, value.missed))
        value = msgspec.structs.replace(value, late=None, overdue=None, missed=None) if small else value
    elif isinstance(value, Overdue):
        value = _overdue(value)
    elif isinstance(value, Quality):
        value = msgspec.structs.replace(value, in_week=_count(value.in_week), held=_count(value.held))
    elif isinstance(value, Way):
        value = msgspec.structs.replace(value, informed=_count(value.informed), attempted=_count(value.attempted))
    elif isinstance(value, Closing):
        value = msgspec.structs.replace(value, cases=_count(value.cases), across_due_date=_count(value.across_due_date))
    elif isinstance(value, SameDay):
        value = msgspec.structs.replace(
            value, only_same_day=_count(value.only_same_day), updated_later=_count(value.updated_later)
        )
    return msgspec.structs.replace(value, **{name: _safe(getattr(value, name)) for name in value.__struct_fields__})


def _overdue(found: Overdue) -> Overdue:
    counts = [found.count, found.victims, *(band.count for band in found.bands)]
    if not any(count in SMALL for count in counts):
        return found
    bands = tuple(msgspec.structs.replace(band, count=None) for band in found.bands)
    return msgspec.structs.replace(found, count=None, victims=None, bands=bands)


def _divisions(divisions: tuple[Division, ...]) -> tuple[Division, ...]:
    """What one division alone hides would follow from the force and the others: the smallest of those hides it too."""
    hidden = [division for division in divisions if _hidden(division)]
    if len(hidden) == 1 and len(divisions) > 1:
        others = [division for division in divisions if not _hidden(division)]
        hidden.append(min(others, key=lambda division: division.week.share.of))
    return tuple(_without(division) if division in hidden else division for division in divisions)


def _hidden(division: Division) -> bool:
    shares = [division.week.share, division.silent, division.trailing.share if division.trailing else None]
    return any(found is not None and found.withheld for found in shares)


def _without(division: Division) -> Division:
    none = Rate(_WITHHELD, None, None, None)
    silent = None if division.silent is None else _WITHHELD
    trailing = None if division.trailing is None else none
    return Division(division.name, none, silent, trailing, None, None)


def _count(count: int | None) -> int | None:
    return None if count in SMALL else count
