"""The settings that affect reminders, combined for the functions that write emails."""

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
    """The validated settings that affect reminders.

    `crime_link` is from the crime system's section. `templates` is the folder of `digest.txt.j2` and `digest.html.j2`.
    """

    reminders: Reminders
    mail: MailSettings
    crime_link: str | None = None
    templates: Path = field(default_factory=lambda: resource("templates", "email"))

    def __post_init__(self) -> None:
        """Check the addresses. Raises SettingsError if the sender or the reply address is not a valid address."""
        for address in filter(None, (self.mail.sender, self.mail.reply_to, self.mail.replies_to)):
            bare_address(address)

    @property
    def domain(self) -> str:
        """Return the sender's domain, used in Message-IDs."""
        return bare_address(self.mail.sender).partition("@")[2]

    @property
    def list_id(self) -> str:
        """Return the identifier by which an email program can sort the emails."""
        return f"victim-updates.{self.domain}"


def check_rules(policy: Policy, rules: Reminders) -> None:
    """Check the ladder's requirements. Raises SettingsError if the policy does not have one of them."""
    ids = [requirement.id for requirement in policy.requirement]
    for change in rules.ladder:
        if change.requirement not in (None, *ids):
            raise SettingsError(
                f"[reminders] ladder: requirement: found {change.requirement!r}; expected one of {', '.join(ids)} "
                f"({policy.title})"
            )
