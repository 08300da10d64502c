"""Ways of signing in: who a request may be signed in as. The others are `openid_sign_in.py` and `demo_sign_in.py`.

A session stands only while the way of signing in still offers that person in that role: so a group that is taken away,
another user at the same browser and a leaver all end it (decision 0059).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Protocol

import structlog
from sqlalchemy import ColumnElement
from sqlmodel import func, or_
from starlette.requests import Request

from compliance.reminders.recipients import has_left
from compliance.store import Store, directory_as_of, officers
from compliance.store.receiving.directory import DirectoryEntry
from compliance.store.tables import OFFICER
from compliance.web.roles import OF_DIRECTORY, Viewer, WebRole
from compliance.web_settings import WebSettings

log = structlog.get_logger()

_GONE: Final = timedelta(days=2)
"""How long before the newest directory somebody must have been in it last to be no longer in it: entries are written
once a day."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is, and the groups that they are in, as another system says. `person`: a reference or an email
    address of the officer directory; of those who are not in it, any name."""

    person: str
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """Who may sign in by a request, one person or role after the other; if nobody, why."""

    viewers: Sequence[Viewer] = ()
    problem: str | None = None
    chooses: bool = False
    """Whether a person may be chosen by their reference, too (the demo)."""
    leaves_by: str | None = None
    """The path by which one leaves for another system to sign in there; None: there is no need to."""


@dataclass(frozen=True, slots=True)
class Remains:
    """What of having signed in remains after signing out here, and the address at which that is ended, if known."""

    words: str
    leave: str | None = None


class SignIn(Protocol):
    """A way of signing in. `kept`: what it said when the session of the request began, if it keeps that there."""

    def offer(self, request: Request, kept: Identity | None, today: date, /) -> Offer:
        """Return who may sign in by this request."""

    def find(self, request: Request, kept: Identity | None, person: str, role: str, today: date, /) -> Viewer | None:
        """Return a person in a role as they are now, or None if this request may not be signed in as them."""

    def remains(self) -> Remains:
        """Return what remains after signing out here."""


@dataclass(frozen=True, slots=True)
class StaffDirectory:
    """The officer directory as it is now, for signing in."""

    store: Store

    def find(self, ref: str, today: date) -> DirectoryEntry | None:
        """Return an officer who has not left, or None."""
        return next(iter(self._there(today, OFFICER.c.officer_ref == ref)), None)

    def find_user(self, user: str, today: date) -> DirectoryEntry | None:
        """Return the officer with a reference or an email address, if there is exactly one."""
        found = self._there(today, _is_user(user))
        return found[0] if len(found) == 1 else None

    def knows_user(self, user: str) -> bool:
        """Return whether the directory has, or had, somebody with a reference or an email address."""
        return bool(officers(self.store, _is_user(user)))

    def _there(self, today: date, which: ColumnElement[bool]) -> list[DirectoryEntry]:
        as_of = directory_as_of(self.store)
        found = officers(self.store, which).values()
        return [each for each in found if not has_left(each, today) and (as_of is None or each.seen_at > as_of - _GONE)]


def _is_user(user: str) -> ColumnElement[bool]:
    return or_(OFFICER.c.officer_ref == user, func.lower(OFFICER.c.email) == user.lower())


@dataclass(frozen=True, slots=True)
class GroupRoles:
    """The roles that people have by their groups, as `[web.roles]` says."""

    store: Store
    settings: WebSettings

    def offer(self, identity: Identity, today: date) -> Offer:
        """Return the roles of somebody."""
        roles = list(self._roles(identity.groups))
        if not roles:
            words = "but in no group that has a role here. Ask the administrators for the group that you need."
            return Offer(problem=f"You are signed in as {identity.person}, {words}")
        viewers = [viewer for role in roles if (viewer := self._viewer(identity.person, role, today))]
        if not viewers:
            return Offer(
                problem=f"You are signed in as {identity.person}, but the officer directory has nobody with this "
                "reference or email address, or says that they have left. The directory is the force's: ask who keeps "
                "it."
            )
        return Offer(viewers)

    def find(self, identity: Identity | None, person: str, role: str, today: date) -> Viewer | None:
        """Return a person in a role, if they are the one identified and a group of theirs has it."""
        if identity is None or identity.person != person or role not in set(self._roles(identity.groups)):
            return None
        return self._viewer(person, WebRole(role), today)

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


STILL_SIGNED_IN: Final = (
    "You are still signed in with the force, so whoever is at this browser can come in here again without a password. "
    "On a computer that others use, sign out there too, or lock it."
)


@dataclass(frozen=True, slots=True)
class ProxySignIn:
    """People whom a reverse proxy has signed in, named in its headers at every request."""

    roles: GroupRoles

    def offer(self, request: Request, _: Identity | None, today: date) -> Offer:
        """Return the roles of the person whom the proxy names."""
        identity = self._identity(request)
        if identity is None:
            return Offer(problem="You are not signed in with the force. Open these pages by their usual address.")
        return self.roles.offer(identity, today)

    def find(self, request: Request, _: Identity | None, person: str, role: str, today: date) -> Viewer | None:
        """Return the person in a role, if the proxy names them with a group that has it."""
        return self.roles.find(self._identity(request), person, role, today)

    def remains(self) -> Remains:
        """Return that the proxy lets them in again."""
        return Remains(STILL_SIGNED_IN)

    def _identity(self, request: Request) -> Identity | None:
        """Return whom the headers name with their groups; None if they are not to be believed."""
        settings = self.roles.settings
        named = [request.headers.getlist(name) for name in (settings.user_header or "", settings.groups_header)]
        sender = request.client.host if request.client else None
        if sender not in settings.proxies:
            if any(named):
                log.warning("headers ignored", sender=sender, reason="not from an address in [web] proxies")
            return None
        if len(named[0]) != 1 or len(named[1]) > 1:  # one of two was not written by the proxy
            return None
        groups = named[1][0].split(settings.groups_separator) if named[1] else []
        user = named[0][0].strip()
        return Identity(user, tuple(group.strip() for group in groups)) if user else None
