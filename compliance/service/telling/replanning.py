"""When reminders are planned again. Planning looks at everything owed, and in most cycles nothing of it has changed."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from compliance.config import Settings
from compliance.mail import InboundKind
from compliance.policy import Policy
from compliance.reminders.sending_times import is_recovering, not_now, silence
from compliance.store import Store
from compliance.store.tables import INBOUND, OFFICER, POLL, PROJECTION

AGAIN: Final = timedelta(hours=1)
"""How long a plan stands at most: what is changed by hand or by another instance is planned for then."""

PlanningState = tuple[object, ...]
"""What a plan depends on, apart from what this process did itself."""


class LastPlan:
    """What this process planned last."""

    def __init__(self) -> None:
        """Begin without a plan."""
        self._state: PlanningState | None = None
        self._at: datetime | None = None

    def stands(self, state: PlanningState, now: datetime) -> bool:
        """Return whether planning again would find what it found then."""
        return self._at is not None and state == self._state and self._at <= now < self._at + AGAIN

    def note(self, state: PlanningState, now: datetime) -> None:
        """Record that it was planned in some state."""
        self._state, self._at = state, now

    def forget(self) -> None:
        """Let the next run plan again, because emails went out or did not."""
        self._at = None


def planning_state(store: Store, policy: Policy, settings: Settings, now: datetime) -> PlanningState:
    """Return the state at an instant: the day, what holds emails, the newest change of records and directory,
    the newest bounce."""
    rules = settings.reminders
    newest = (
        select(func.max(POLL.c.id)).where(POLL.c.changed > 0),
        select(func.max(OFFICER.c.seen_at)),
        select(func.count()).select_from(OFFICER),
        select(func.max(PROJECTION.c.id)),
        select(func.max(INBOUND.c.read_at)).where(INBOUND.c.kind == InboundKind.BOUNCED),
    )
    with store.session(reading=True) as session:
        holds = silence(session, rules, now), is_recovering(session, policy, rules, now)
        found = tuple(session.connection().execute(asked).scalar() for asked in newest)
    return (policy.local.date_of(now), not_now(policy, rules, now), *holds, *found, policy.digest, settings)
