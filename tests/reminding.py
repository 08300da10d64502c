"""Settings of reminders for tests, out of few words."""

from dataclasses import replace
from datetime import date
from typing import Any, Final

from pydantic import ValidationError

from compliance.errors import settings_error
from compliance.mail_settings import MailSettings
from compliance.reminder_settings import Reminders
from compliance.reminders import ReminderSettings

SENDER = "updates@force.example"
EACH_DAY: Final[dict[str, Any]] = {
    "due_soon_days": 2, "ahead_days": 7, "plan_weekday": "never", "digest_days": ("mon", "tue", "wed", "thu", "fri"),
}  # fmt: skip
"""A force that announces each due date by itself and tells officers again on any working day, so that each step is seen by
itself. What is supplied is in `tests/reminder_stories/13-as-supplied.toml`."""
_OWN = ("crime_link", "templates")


def reminders(due_from: date = date(2026, 1, 1), **changes: Any) -> Reminders:
    """The section `[reminders]`. Raises SettingsError where it would not be taken."""
    try:
        return Reminders.model_validate({"due_from": due_from} | changes)
    except ValidationError as error:
        raise settings_error("[reminders]", error.errors(), list(Reminders.model_fields)) from None


def reminder_settings(due_from: date = date(2026, 1, 1), **changes: Any) -> ReminderSettings:
    """Settings in which what is named is as given: of `[reminders]`, `[mail]`, or beside them."""
    return change(
        ReminderSettings(reminders(due_from), MailSettings(host="mail.force.example", sender=SENDER)), **changes
    )


def change(settings: ReminderSettings, **changes: Any) -> ReminderSettings:
    """The same settings but for what is named."""
    own = {name: value for name, value in changes.items() if name in _OWN}
    mail = {name: value for name, value in changes.items() if name in MailSettings.model_fields}
    others = {name: value for name, value in changes.items() if name not in (*own, *mail)}
    return replace(
        settings,
        reminders=reminders(**(settings.reminders.model_dump() | others)),
        mail=MailSettings.model_validate(settings.mail.model_dump() | mail),
        **own,
    )
