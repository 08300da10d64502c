"""Ways of signing in: who a request may be signed in as. OpenID Connect would be another class here.

A session stands only while the way of signing in still offers that person in that role: so a group that is taken away,
another user at the same browser and a leaver all end it (decision 0059).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Protocol

import structlog
from sqlalchemy import ColumnElement
from sqlmodel import col, func, or_, select
from starlette.requests import Request

from compliance.reminder_settings import Reminders
from compliance.reminders.recipients import has_left
from compliance.store import Store, directory_as_of
from compliance.store.tables import Obligation, OfficerRow
from compliance.web.roles import OF_DIRECTORY, Viewer, WebRole
from compliance.web_settings import WebSettings

log = structlog.get_logger()

_GONE: Final = timedelta(days=2)
"""How long before the newest directory somebody must have been in it last to be no longer in it: entries are written
once a day."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Who may sign in by a request, one person or role after the other; if nobody, why."""

    viewers: Sequence[Viewer] = ()
    problem: str | None = None
    chooses: bool = False
    """Whether a person may be chosen by their reference, too (the demo)."""


class SignIn(Protocol):
    """A way of signing in."""

    def offer(self, request: Request, today: date, /) -> Offer:
        """Return who may sign in by this request."""

    def find(self, request: Request, person: str, role: str, today: date, /) -> Viewer | None:
        """Return a person in a role as they are now, or None if this request may not be signed in as them."""


@dataclass(frozen=True, slots=True)
class StaffDirectory:
    """The officer directory as it is now, for signing in."""

    store: Store

    def find(self, ref: str, today: date) -> OfficerRow | None:
        """Return an officer who has not left, or None."""
        return next(iter(self._there(today, col(OfficerRow.officer_ref) == ref)), None)

    def find_user(self, user: str, today: date) -> OfficerRow | None:
        """Return the officer with a reference or an email address, if there is exactly one."""
        found = self._there(today, _is_user(user))
        return found[0] if len(found) == 1 else None

    def knows_user(self, user: str) -> bool:
        """Return whether the directory has, or had, somebody with a reference or an email address."""
        with self.store.session(reading=True) as session:
            return session.exec(select(OfficerRow.officer_ref).where(_is_user(user))).first() is not None

    def _there(self, today: date, which: ColumnElement[bool]) -> list[OfficerRow]:
        as_of = directory_as_of(self.store)
        with self.store.session(reading=True) as session:
            found = session.exec(select(OfficerRow).where(which).order_by(col(OfficerRow.officer_ref))).all()
        return [each for each in found if not has_left(each, today) and (as_of is None or each.seen_at > as_of - _GONE)]


def _is_user(user: str) -> ColumnElement[bool]:
    return or_(col(OfficerRow.officer_ref) == user, func.lower(col(OfficerRow.email)) == user.lower())


@dataclass(frozen=True, slots=True)
class ProxySignIn:
    """People whom a reverse proxy has signed in, named in its headers."""

    store: Store
    settings: WebSettings

    def offer(self, request: Request, today: date) -> Offer:
        """Return the roles of the person whom the proxy names."""
        user, groups = self._claim(request)
        if user is None:
            return Offer(problem="You are not signed in with the force. Open these pages by their usual address.")
        roles = list(self._roles(groups))
        if not roles:
            words = "but in no group that has a role here. Ask the administrators for the group that you need."
            return Offer(problem=f"You are signed in as {user}, {words}")
        viewers = [viewer for role in roles if (viewer := self._viewer(user, role, today))]
        if not viewers:
            return Offer(
                problem=f"You are signed in as {user}, but the officer directory has nobody with this reference or "
                "email address, or says that they have left. The directory is the force's: ask who keeps it."
            )
        return Offer(viewers)

    def find(self, request: Request, person: str, role: str, today: date) -> Viewer | None:
        """Return the person in a role, if the proxy names them with a group that has it."""
        user, groups = self._claim(request)
        if user != person or role not in set(self._roles(groups)):
            return None
        return self._viewer(user, WebRole(role), today)

    def _claim(self, request: Request) -> tuple[str | None, list[str]]:
        """Return the user and the groups that the headers name; None and nothing if they are not to be believed."""
        named = [request.headers.getlist(name) for name in (self.settings.user_header, self.settings.groups_header)]
        sender = request.client.host if request.client else None
        if sender not in self.settings.proxies:
            if any(named):
                log.warning("headers ignored", sender=sender, reason="not from an address in [web] proxies")
            return None, []
        if len(named[0]) != 1 or len(named[1]) > 1:  # one of two was not written by the proxy
            return None, []
        groups = named[1][0].split(self.settings.groups_separator) if named[1] else []
        return named[0][0].strip() or None, [group.strip() for group in groups]

    def _roles(self, groups: Sequence[str]) -> Iterator[WebRole]:
        for role in WebRole:
            if set(groups) & set(self.settings.roles.get(role.value, ())):
                yield role

    def _viewer(self, user: str, role: WebRole, today: date) -> Viewer | None:
        staff = StaffDirectory(self.store)
        officer = staff.find_user(user, today)
        if officer is not None:
            return Viewer.of_officer(officer, role, user)
        return None if role in OF_DIRECTORY or staff.knows_user(user) else Viewer(user, role, user)


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

    def offer(self, _: Request, today: date) -> Offer:
        """Return the officers who have most overdue, their leaders, and one person of each other role."""
        officers = self._list_busiest(today)[:_SHOWN]
        leaders = [leader for officer in officers[:2] for leader in self._list_leaders(officer, today)]
        viewers = {(viewer.person, viewer.role): viewer for viewer in (*officers, *leaders)}
        others = [Viewer(role.value, role, name) for role, name in _STRANGERS.items()]
        order = list(WebRole)
        return Offer([*sorted(viewers.values(), key=lambda viewer: order.index(viewer.role)), *others], chooses=True)

    def find(self, _: Request, person: str, role: str, today: date) -> Viewer | None:
        """Return a person of the simulated force in the role that they have; an empty role: whichever that is."""
        found = self._find(person, today)
        return found if found is not None and role in ("", found.role) else None

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
