"""Signing in at an OpenID provider: whom its claims name, and which of their groups count (decision 0060)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from starlette.requests import Request

from compliance.web.openid_provider import OpenIdProvider, RefusedSignInError
from compliance.web.roles import Viewer
from compliance.web.sign_in import STILL_SIGNED_IN, GroupRoles, Identity, Offer, Remains

LEAVE: Final = "/sign-in/openid"
"""The path by which people leave for the provider."""
MOST_GROUPS: Final = 200
"""How many groups a token lists at most: with more, Microsoft Entra leaves all of them out."""
NO_ROLE: Final = "You have no role here"
_LONGEST_NAME: Final = 320
"""Characters of an email address."""


@dataclass(frozen=True, slots=True)
class OpenIdSignIn:
    """People whom a provider has identified. What it said of them stands for as long as the session."""

    roles: GroupRoles
    provider: OpenIdProvider

    def offer(self, _: Request, kept: Identity | None, today: date) -> Offer:
        """Return the roles of the person identified, and the way to the provider."""
        return replace(Offer() if kept is None else self.offer_to(kept, today), leaves_by=LEAVE)

    def offer_to(self, identity: Identity, today: date) -> Offer:
        """Return the roles of somebody, or why they have none."""
        return self.roles.offer(identity, today)

    def find(self, _: Request, kept: Identity | None, person: str, role: str, today: date) -> Viewer | None:
        """Return the person in a role, if the provider named them with a group that has it."""
        return self.roles.find(kept, person, role, today)

    def remains(self) -> Remains:
        """Return that the provider lets them in again, and where to sign out there."""
        return Remains(STILL_SIGNED_IN, self.provider.address_to_sign_out())

    def identify(self, claims: Mapping[str, Any]) -> Identity:
        """Return who somebody is by their claims, with those of their groups that have a role.

        Raises RefusedSignInError if the claims do not say who they are, or cannot say all their groups.
        """
        settings = self.provider.settings
        person = claims.get(settings.person_claim)
        if not isinstance(person, str) or not person.strip() or len(person) > _LONGEST_NAME or not person.isprintable():
            raise RefusedSignInError(
                f"The force’s sign-in did not say who you are: the claim {settings.person_claim} is missing. Tell the "
                "administrators of the sign-in.",
                f"claim {settings.person_claim} missing or no text",
            )
        if settings.person_claim == "email" and claims.get("email_verified") is False:
            raise RefusedSignInError(
                "The force’s sign-in says that your email address is not confirmed. Confirm it there, then sign in "
                "once more.",
                "email address not verified",
            )
        groups = set(self._list_groups(claims))
        named = {group for listed in self.roles.settings.roles.values() for group in listed}
        return Identity(person.strip(), tuple(sorted(groups & named)))

    def _list_groups(self, claims: Mapping[str, Any]) -> list[str]:
        name = self.provider.settings.groups_claim
        found, left_out = claims.get(name), claims.get("_claim_names")
        listed = [found] if isinstance(found, str) else found
        is_left_out = (isinstance(left_out, Mapping) and name in left_out) or (
            found is None and claims.get("hasgroups") in (True, "true")
        )
        if is_left_out or (isinstance(listed, list) and len(listed) > MOST_GROUPS):
            raise RefusedSignInError(
                f"You are in more than {MOST_GROUPS} groups, so the force’s sign-in does not list all of them here, "
                "and you have no role. Ask the administrators to give you an app role for these pages in place of a "
                "group.",
                f"groups overage: claim {name} does not list all groups",
                NO_ROLE,
            )
        if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
            raise RefusedSignInError(
                f"The force’s sign-in did not say which role you have: the claim {name} is missing. Ask the "
                "administrators for a role on these pages.",
                f"claim {name} missing or no list of texts",
                NO_ROLE,
            )
        return listed
