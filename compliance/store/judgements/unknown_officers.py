"""Officers who have something outstanding by the records and whom the directory lacks: no email reaches them."""

from dataclasses import dataclass

from sqlalchemy import Connection, Subquery, and_, func, or_, select

from compliance.store.database.engine import Store
from compliance.store.owed.owed_counts import outstanding_by_officer
from compliance.store.tables import OFFICER


@dataclass(frozen=True, slots=True)
class UnknownOfficer:
    """An officer whom records name and the directory does not, and how many obligations they have outstanding."""

    officer_ref: str
    outstanding: int


def page_unknown_officers(store: Store, after: UnknownOfficer | None, limit: int) -> list[UnknownOfficer]:
    """Return them, those with most outstanding first, at most `limit`. `after`: the one after whom they begin."""
    with store.reading() as connection:
        found = _unknown(connection)
        many, ref = found.c.outstanding, found.c.officer_ref
        asked = select(ref, many).order_by(many.desc(), ref).limit(limit)
        if after is not None:
            asked = asked.where(or_(many < after.outstanding, and_(many == after.outstanding, ref > after.officer_ref)))
        return [UnknownOfficer(ref, int(outstanding)) for ref, outstanding in connection.execute(asked)]


def count_unknown_officers(store: Store) -> int:
    """Return how many there are."""
    with store.reading() as connection:
        return connection.execute(select(func.count()).select_from(_unknown(connection))).scalar_one()


def _unknown(connection: Connection) -> Subquery:
    held = outstanding_by_officer(connection).subquery()
    is_known = select(OFFICER.c.officer_ref).where(OFFICER.c.officer_ref == held.c.officer_ref).exists()
    return select(held).where(held.c.officer_ref != "", ~is_known).subquery()
