"""Whose cases a person may see: the one place that says so (decision 0059)."""

from typing import Any

from sqlalchemy import ColumnElement, false, func, or_, select, true

from compliance.store.tables import OBLIGATION, OFFICER
from compliance.web.roles import WIDEST, CaseScope, Viewer


def restrict(viewer: Viewer, scope: CaseScope, of: Any = OBLIGATION.c) -> ColumnElement[bool]:
    """Return the condition on the obligations that a person may see on a page which shows a scope.

    `of`: the columns that say whose they are, where those of their counts are meant.

    The narrower of what the page shows and the role allows. The officer directory is read with the query, so it is that
    of now. Whoever has no team or division in it sees those of none.
    """
    match min(scope, WIDEST[viewer.role]):
        case CaseScope.FORCE:
            return true()
        case CaseScope.DIVISION:
            return or_(_own(viewer, of), _of_division(viewer, of))
        case CaseScope.TEAM:
            return or_(_own(viewer, of), _of_team(viewer, of))
        case CaseScope.OWN:
            return _own(viewer, of)
        case _:
            return false()


def _own(viewer: Viewer, of: Any) -> ColumnElement[bool]:
    return of.officer_ref == viewer.officer_ref if viewer.officer_ref else false()


def _of_team(viewer: Viewer, of: Any) -> ColumnElement[bool]:
    """Match the cases of the team, of its officers, and of those whose supervisor the person is."""
    theirs = OFFICER.c.supervisor_ref == viewer.officer_ref if viewer.officer_ref else false()
    if viewer.team is None:
        return _held_by(theirs, of)
    return or_(of.team == viewer.team, _held_by(or_(theirs, OFFICER.c.team == viewer.team), of))


def _of_division(viewer: Viewer, of: Any) -> ColumnElement[bool]:
    """Match the cases of the division; a case without one is of its officer's, as for reminders."""
    if viewer.division is None:
        return false()
    without = func.coalesce(of.division, "") == ""
    return or_(of.division == viewer.division, without & _held_by(OFFICER.c.division == viewer.division, of))


def _held_by(which: ColumnElement[bool], of: Any) -> ColumnElement[bool]:
    return of.officer_ref.in_(select(OFFICER.c.officer_ref).where(which))
