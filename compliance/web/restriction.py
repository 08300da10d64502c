"""Whose cases a person may see: the one place that says so (decision 0059)."""

from sqlalchemy import ColumnElement, false, func, or_, select, true

from compliance.store.tables import OBLIGATION, OFFICER
from compliance.web.roles import WIDEST, CaseScope, Viewer


def restrict(viewer: Viewer, scope: CaseScope) -> ColumnElement[bool]:
    """Return the condition on the obligations that a person may see on a page which shows a scope.

    The narrower of what the page shows and the role allows. The officer directory is read with the query, so it is that
    of now. Whoever has no team or division in it sees those of none.
    """
    match min(scope, WIDEST[viewer.role]):
        case CaseScope.FORCE:
            return true()
        case CaseScope.DIVISION:
            return or_(_own(viewer), _of_division(viewer))
        case CaseScope.TEAM:
            return or_(_own(viewer), _of_team(viewer))
        case CaseScope.OWN:
            return _own(viewer)
        case _:
            return false()


def _own(viewer: Viewer) -> ColumnElement[bool]:
    return OBLIGATION.c.officer_ref == viewer.officer_ref if viewer.officer_ref else false()


def _of_team(viewer: Viewer) -> ColumnElement[bool]:
    """Match the cases of the team, of its officers, and of those whose supervisor the person is."""
    theirs = OFFICER.c.supervisor_ref == viewer.officer_ref if viewer.officer_ref else false()
    if viewer.team is None:
        return _held_by(theirs)
    return or_(OBLIGATION.c.team == viewer.team, _held_by(or_(theirs, OFFICER.c.team == viewer.team)))


def _of_division(viewer: Viewer) -> ColumnElement[bool]:
    """Match the cases of the division; a case without one is of its officer's, as for reminders."""
    if viewer.division is None:
        return false()
    without = func.coalesce(OBLIGATION.c.division, "") == ""
    return or_(OBLIGATION.c.division == viewer.division, without & _held_by(OFFICER.c.division == viewer.division))


def _held_by(which: ColumnElement[bool]) -> ColumnElement[bool]:
    return OBLIGATION.c.officer_ref.in_(select(OFFICER.c.officer_ref).where(which))
