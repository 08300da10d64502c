"""The settings of the intranet pages (docs/pages.md)."""

from ipaddress import ip_address
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from compliance.feed_settings import Secret, SettingsSection

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def _check_address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise PydanticCustomError("address", "expected an IP address such as 127.0.0.1") from None


def is_private_address(text: str) -> bool:
    """Return whether what is sent to an address cannot be read on the way: by HTTPS, or without leaving the machine."""
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK))


def _check_url(text: str) -> str:
    if not is_private_address(text) or not text.isprintable() or {"?", "#", "@", " "} & set(text):
        raise PydanticCustomError("url", "expected an address that begins with https:// and has no ? or # in it")
    return text


def _check_origin(text: str) -> str:
    if urlsplit(_check_url(text)).path not in ("", "/"):
        raise PydanticCustomError("url", "expected an address without a path, such as https://victims.force.example")
    return text.rstrip("/")


IpAddress = Annotated[str, AfterValidator(_check_address)]
RoleName = Literal["officer", "supervisor", "champion", "performance", "board", "administrator"]
Group = Annotated[str, Field(min_length=1)]


class OpenIdSettings(SettingsSection):
    """Signing in at an OpenID provider (OpenID Connect, with the authorization code flow), in place of the headers of a
    reverse proxy (docs/pages.md)."""

    issuer: Annotated[str, AfterValidator(_check_url)] = Field(
        description="The provider, exactly as it names itself: the address before `/.well-known/openid-configuration`."
    )
    client_id: str = Field(min_length=1, description="What these pages are called there.")
    client_secret: Secret = Field(description="Their secret there: `env:NAME` or `file:PATH`.")
    address: Annotated[str, AfterValidator(_check_origin)] = Field(
        description="The address by which people open the pages, such as `https://victims.force.example`. With "
        "`/sign-in/openid/back` after it, it is the redirect URI that the provider must know."
    )
    scope: str = Field("openid profile email", pattern=r"^openid( [!-~]+)*$", description="What is asked for.")
    person_claim: str = Field(
        "preferred_username",
        min_length=1,
        description="The claim that names the person: their reference in the officer directory, or their email address "
        "in it. It must be one that people cannot change themselves.",
    )
    groups_claim: str = Field(
        "roles",
        min_length=1,
        description="The claim that lists the person's app roles or groups, which `[web.roles]` names. Without it, or "
        "with more than 200, nobody has a role.",
    )
    longest_hours: int = Field(
        4,
        ge=1,
        le=12,
        description="After how long a session ends in any case, in place of `[web] longest_hours`. Until then a group "
        "that was taken away at the provider still counts.",
    )
    timeout_seconds: float = Field(10, gt=0, le=60, description="How long the provider has for each answer.")


class WebSettings(SettingsSection):
    """The intranet pages, behind a reverse proxy (docs/pages.md). People sign in either by a
    header of the proxy or at an OpenID provider."""

    port: int | None = Field(None, ge=1, le=65535, description="The port; absent: there are no pages.")
    served_by: Literal["web", "run"] = Field(
        "web",
        description="What serves them: `web`, the command `compliance web`, as a process of its own; `run`, the "
        "command `compliance run`, beside its jobs.",
    )
    processes: int = Field(
        2,
        ge=1,
        le=16,
        description="How many processes of `compliance web` serve them: views share that many processors. With "
        '`served_by = "run"` it is always one.',
    )
    listen: IpAddress = Field(
        "127.0.0.1",
        description="The address of this machine on which to listen. The proxy must be the only one that reaches it.",
    )
    proxies: list[IpAddress] = Field(
        [],
        description="The addresses from which the reverse proxy connects. `user_header`, `groups_header` and "
        "`X-Forwarded-For` are believed from there, and ignored from anywhere else.",
    )
    user_header: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9-]+$",
        description="The header in which the proxy names the person, such as `X-Remote-User`: their reference in the "
        "officer directory, or their email address in it. The proxy must remove it from what it is sent. Absent: "
        "people sign in as `[web.openid]` says.",
    )
    groups_header: str = Field(
        "X-Remote-Groups",
        pattern=r"^[A-Za-z0-9-]+$",
        description="The header in which the proxy lists the person's groups. The proxy must remove it, too.",
    )
    groups_separator: str = Field(",", min_length=1, max_length=1, description="What stands between two groups.")
    roles: dict[RoleName, list[Group]] = Field(
        {},
        description='The groups that have each role: `{ officer = ["Victim updates"], board = ["Command team"] }`. The '
        "roles are `officer`, `supervisor`, `champion`, `performance`, `board` and `administrator`. Whoever is in none "
        "of the groups is told so.",
    )
    idle_minutes: int = Field(30, ge=1, le=480, description="After how long without a page a session ends.")
    longest_hours: int = Field(10, ge=1, le=24, description="After how long a session ends in any case.")
    openid: OpenIdSettings | None = None

    @model_validator(mode="after")
    def _check_way(self) -> "WebSettings":
        if self.user_header is not None and self.openid is not None:
            raise ValueError(
                "user_header: people sign in either by this header of a reverse proxy or as [web.openid] says; remove "
                "one of the two"
            )
        if self.port is None:
            return self
        if self.user_header is None and self.openid is None:
            raise ValueError(
                "port: nobody can sign in to the pages; set user_header, the header in which a reverse proxy names the "
                "person, or [web.openid] (docs/pages.md)"
            )
        if self.user_header is not None and not self.proxies:
            raise ValueError("proxies: name the address of the reverse proxy that signs people in")
        return self

    @property
    def session_hours(self) -> int:
        """After how many hours a session ends in any case."""
        return self.longest_hours if self.openid is None else self.openid.longest_hours
