"""The settings of alerts: who is told when something is wrong with the service (docs/conditions.md)."""

from typing import Annotated

from pydantic import Field

from compliance.feed_settings import Secret, SettingsSection, Url


class AlertSettings(SettingsSection):
    """Who is told when something is wrong with the running service, and when it is over (docs/conditions.md)."""

    to: list[Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]] = Field(
        [],
        description="The administrators' addresses. They get an email for each incident, over the mail server in "
        "`[mail]`, in a pilot too.",
    )
    webhook: Url | None = Field(
        None,
        description="An address that gets the same as JSON (HTTP POST): the address, or `env:NAME` or `file:PATH` that "
        "holds it.",
    )
    webhook_token: Secret | None = Field(None, description="A bearer token for the webhook: `env:NAME` or `file:PATH`.")
    heartbeat: Url | None = Field(
        None,
        description="An address that is requested (HTTP GET) after each good poll while there is no fault, for a "
        "monitoring system that raises the alarm when this stops: the address, or `env:NAME` or `file:PATH` that holds "
        "it.",
    )
    after_minutes: float = Field(
        15,
        ge=0,
        le=1440,
        description="How long a condition must be found without a break before it is told, and be gone before it is "
        "over. More than `poll_minutes`, so that one bad poll is not told. What only a person can correct is told at "
        "once.",
    )
