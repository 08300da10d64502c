"""What of the settings decides about reminders, put together for the functions that write emails."""

from dataclasses import dataclass, field
from pathlib import Path

from compliance.errors import SettingsError
from compliance.mail import bare_address
from compliance.mail_settings import MailSettings
from compliance.policy import Policy
from compliance.reminder_settings import Reminders
from compliance.resources import resource


@dataclass(frozen=True, slots=True)
class ReminderSettings:
    """The sections of the settings that decide about reminders, as they were validated. `crime_link`: that of the
    section of the crime system. `templates`: the folder of `digest.txt.j2` and `digest.html.j2`."""

    reminders: Reminders
    mail: MailSettings
    crime_link: str | None = None
    templates: Path = field(default_factory=lambda: resource("templates", "email"))

    def __post_init__(self) -> None:
        """Raises SettingsError for a sender or reply address that is none."""
        for address in filter(None, (self.mail.sender, self.mail.reply_to)):
            bare_address(address)

    @property
    def domain(self) -> str:
        """The domain of the Message-IDs: the sender's."""
        return bare_address(self.mail.sender).partition("@")[2]

    @property
    def list_id(self) -> str:
        """By which a mail programme can sort the emails."""
        return f"victim-updates.{self.domain}"


def check_rules(policy: Policy, rules: Reminders) -> None:
    """Raises SettingsError where a ladder is for a requirement that the policy does not have."""
    ids = [requirement.id for requirement in policy.requirement]
    for change in rules.ladder:
        if change.requirement not in (None, *ids):
            raise SettingsError(
                f"[reminders] ladder: requirement: found {change.requirement!r}; expected one of {', '.join(ids)} "
                f"({policy.title})"
            )
