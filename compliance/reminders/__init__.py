"""Deciding each day who is notified of what and why, and writing the digests."""

from compliance.reminders.digests import Digest, Plan, RemindOutcome, plan, remind
from compliance.reminders.emails.templates import check_templates
from compliance.reminders.morning import Decision
from compliance.reminders.notices import notices, reason_of
from compliance.reminders.recheck import still_due
from compliance.reminders.settings import ReminderSettings, check_rules
from compliance.reminders.team_rules import find_disagreement, register_trial

__all__ = [
    "Decision",
    "Digest",
    "Plan",
    "RemindOutcome",
    "ReminderSettings",
    "check_rules",
    "check_templates",
    "find_disagreement",
    "notices",
    "plan",
    "reason_of",
    "register_trial",
    "remind",
    "still_due",
]
