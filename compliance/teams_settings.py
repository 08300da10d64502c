"""The settings of the second channel: cards in Microsoft Teams for leaders (docs/mail.md)."""

from typing import Annotated

from pydantic import Field

from compliance.feed_settings import Secret, SettingsSection

Unit = Annotated[str, Field(min_length=1)]
Webhooks = dict[Unit, Secret]
"""The webhook of each unit's channel, by the unit's name in the records."""


class TeamsSettings(SettingsSection):
    """Channels in Microsoft Teams that supervisors and champions read. Each gets one card a week with counts, on the
    day of the weekly list, beside the emails and never in their place. None is posted in a pilot (docs/mail.md)."""

    force: Secret | None = Field(
        None,
        description="The webhook (Workflows) of the channel that gets the counts of the whole force: `env:NAME` or "
        "`file:PATH`, because whoever has the address may post there.",
    )
    divisions: Webhooks = Field(
        {},
        description='Those of divisions, by their names in the records: `{ "North" = "env:TEAMS_NORTH" }`.',
    )
    teams: Webhooks = Field({}, description="Those of teams, in the same way.")
    link: str | None = Field(
        None,
        pattern=r"^https?://\S+$",
        description="The address that the button of each card opens; absent: no button.",
    )
    timeout_seconds: float = Field(10, gt=0, le=120, description="How long to wait for Teams.")

    @property
    def webhooks(self) -> dict[str, tuple[str, Secret]]:
        """Return the setting and the webhook of each channel by its destination in the outbox."""
        found = {} if self.force is None else {f"{SCHEME}force": ("teams.force", self.force)}
        for kind, hooks in (("division", self.divisions), ("team", self.teams)):
            found |= {f"{SCHEME}{kind}:{unit}": (f"teams.{kind}s.{unit}", hook) for unit, hook in hooks.items()}
        return found


SCHEME = "teams:"
"""How a destination in Teams begins. No email address has a colon."""
