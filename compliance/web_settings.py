"""The settings of the intranet pages (docs/pages.md)."""

from ipaddress import ip_address
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from compliance.feed_settings import SettingsSection


def _check_address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise PydanticCustomError("address", "expected an IP address such as 127.0.0.1") from None


IpAddress = Annotated[str, AfterValidator(_check_address)]
RoleName = Literal["officer", "supervisor", "champion", "performance", "board", "administrator"]
Group = Annotated[str, Field(min_length=1)]


class WebSettings(SettingsSection):
    """The intranet pages, served by `compliance web` behind a reverse proxy that signs people in (docs/pages.md)."""

    port: int | None = Field(None, ge=1, le=65535, description="The port; absent: there are no pages.")
    listen: IpAddress = Field(
        "127.0.0.1",
        description="The address of this machine on which to listen. The proxy must be the only one that reaches it.",
    )
    proxies: list[IpAddress] = Field(
        [],
        description="The addresses from which the reverse proxy connects. Its headers are believed from there, and "
        "ignored from anywhere else.",
    )
    user_header: str = Field(
        "X-Remote-User",
        pattern=r"^[A-Za-z0-9-]+$",
        description="The header in which the proxy names the person: their reference in the officer directory, or "
        "their email address in it. The proxy must remove it from what it is sent.",
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
