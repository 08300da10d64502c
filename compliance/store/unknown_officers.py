"""Officers who have something outstanding by the records and whom the directory lacks: no email reaches them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from compliance.store.engine import Store
from compliance.store.tables import OBLIGATION, OFFICER


@dataclass(frozen=True, slots=True)
class UnknownOfficer:
    """An officer whom records name and the directory does not, and how many obligations they have outstanding."""

    officer_ref: str
    outstanding: int


def page_unknown_officers(store: Store, after: UnknownOfficer | None, limit: int) -> list[UnknownOfficer]:
    """Return them, those with most outstanding first, at most `limit`. `after`: the one after whom they begin."""
    many, ref = func.count(), OBLIGATION.c.officer_ref
    asked = _unknown().add_columns(many).order_by(many.desc(), ref).limit(limit)
    if after is not None:
        asked = asked.having(or_(many < after.outstanding, and_(many == after.outstanding, ref > after.officer_ref)))
    with store.reading() as connection:
        return [UnknownOfficer(*row) for row in connection.execute(asked)]


def count_unknown_officers(store: Store) -> int:
    """Return how many there are."""
    with store.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(_unknown().subquery())).scalar_one())


def _unknown() -> Select[Any]:
    ref = OBLIGATION.c.officer_ref
    is_known = select(OFFICER.c.officer_ref).where(OFFICER.c.officer_ref == ref).exists()
    outstanding = OBLIGATION.c.state.in_(("overdue", "pending"))
    return select(ref).where(outstanding, ref.is_not(None), ref != "", ~is_known).group_by(ref)
