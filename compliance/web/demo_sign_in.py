"""Signing in to the demo: anybody of the simulated force may be chosen."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlmodel import col, func, select
from starlette.requests import Request

from compliance.reminder_settings import Reminders
from compliance.store import Store
from compliance.store.tables import Obligation
from compliance.web.roles import Viewer, WebRole
from compliance.web.sign_in import Identity, Offer, Remains, StaffDirectory

_STRANGERS: Final = {
    WebRole.PERFORMANCE: "An analyst of the performance team",
    WebRole.BOARD: "A member of the board",
    WebRole.ADMINISTRATOR: "An administrator",
}
"""Those of the demo whom its directory does not have."""
_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class DemoSignIn:
    """Anybody of the simulated force, without a password: only on this machine's own address."""

    store: Store
    rules: Reminders

    def offer(self, _: Request, __: Identity | None, today: date) -> Offer:
        """Return the officers who have most overdue, their leaders, and one person of each other role."""
        officers = self._list_busiest(today)[:_SHOWN]
        leaders = [leader for officer in officers[:2] for leader in self._list_leaders(officer, today)]
        viewers = {(viewer.person, viewer.role): viewer for viewer in (*officers, *leaders)}
        others = [Viewer(role.value, role, name) for role, name in _STRANGERS.items()]
        order = list(WebRole)
        return Offer([*sorted(viewers.values(), key=lambda viewer: order.index(viewer.role)), *others], chooses=True)

    def find(self, _: Request, __: Identity | None, person: str, role: str, today: date) -> Viewer | None:
        """Return a person of the simulated force in the role that they have; an empty role: whichever that is."""
        found = self._find(person, today)
        return found if found is not None and role in ("", found.role) else None

    def remains(self) -> Remains:
        """Return that there is no signing in."""
        return Remains("This is a demonstration: anybody at this machine can choose again whose pages to see.")

    def _find(self, person: str, today: date) -> Viewer | None:
        stranger = next((role for role in _STRANGERS if role.value == person), None)
        if stranger is not None:
            return Viewer(person, stranger, _STRANGERS[stranger])
        officer = StaffDirectory(self.store).find(person, today)
        if officer is None:
            return None
        named = {self.rules.supervisor_role: WebRole.SUPERVISOR, self.rules.champion_role: WebRole.CHAMPION}
        return Viewer.of_officer(officer, named.get(officer.role or "", WebRole.OFFICER))

    def _list_busiest(self, today: date) -> list[Viewer]:
        officer, many = col(Obligation.officer_ref), func.count().desc()
        overdue = select(officer).where(col(Obligation.state) == "overdue", officer.is_not(None)).group_by(officer)
        with self.store.session(reading=True) as session:
            refs = session.exec(overdue.order_by(many, officer).limit(20)).all()
        return [viewer for ref in refs if ref and (viewer := self._find(ref, today))]

    def _list_leaders(self, viewer: Viewer, today: date) -> Iterator[Viewer]:
        """Yield somebody's supervisor and that person's."""
        for _ in range(2):
            officer = StaffDirectory(self.store).find(viewer.person, today)
            leader = self._find(officer.supervisor_ref, today) if officer and officer.supervisor_ref else None
            if leader is None:
                return
            yield leader
            viewer = leader
