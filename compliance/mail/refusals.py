"""Telling a server that refuses us from one that refuses a recipient, so that no one loses an email to the former."""

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select, update

from compliance.mail.channel import Fate
from compliance.mail.outbox import goes_to
from compliance.store import Store
from compliance.store.tables import OUTBOX, Outbox

IN_A_ROW: Final = 3
"""The number of emails refused before any was accepted that is too many for chance."""
REFUSES_US: Final = (
    "it has refused several emails and accepted none, so it seems to refuse us. The refused emails are tried again in "
    "4 hours, the others at the next run. Check the sender's address, and whether this machine may send through that "
    "server"
)

_REFUSED: Final = update(OUTBOX).where(OUTBOX.c.id.in_(bindparam("rows", expanding=True)), OUTBOX.c.state == "refused")


class Refusals:
    """What one run has heard before the server accepts its first email."""

    def __init__(self, store: Store, scheme: str | None) -> None:
        self._store, self._scheme = store, scheme
        self._rows: list[Outbox] | None = []

    def shows_we_are_refused(self, row: Outbox, fate: Fate) -> bool:
        """Return whether the server refuses us, judging by this email as well.

        It does if `IN_A_ROW` emails were refused in this run, none accepted in it, and none accepted since the first of
        them was queued.
        """
        if fate is Fate.ACCEPTED:
            self._rows = None
        if fate is not Fate.REFUSED or self._rows is None:
            return False
        self._rows.append(row)
        return len(self._rows) >= IN_A_ROW and not self._was_accepted_since(min(row.created_at for row in self._rows))

    def _was_accepted_since(self, queued: datetime) -> bool:
        asked = select(OUTBOX.c.id).where(OUTBOX.c.sent_at >= queued, goes_to(self._scheme)).limit(1)
        with self._store.reading() as connection:
            return connection.execute(asked).first() is not None

    def retry_refused(self, again: datetime) -> int:
        """Set the refused emails to be tried again at an instant, and return how many."""
        rows = self._rows or []
        with self._store.writing() as connection:
            for state in ("retry", "uncertain"):  # uncertain emails stay so: they are sent once more, not twice
                row_ids = [row.id for row in rows if (row.state == "uncertain") == (state == "uncertain")]
                connection.execute(_REFUSED.values(state=state, next_attempt_at=again), {"rows": row_ids})
        return len(rows)
