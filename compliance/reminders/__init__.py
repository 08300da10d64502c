"""Who is told what today and why, and the digests that tell them."""

from compliance.reminders.plan import Digest, Plan, RemindOutcome, plan, remind
from compliance.reminders.recheck import still_due
from compliance.reminders.render import check_templates
from compliance.reminders.rules import ReminderRules
from compliance.reminders.stages import Decision, Outcome

__all__ = [
    "Decision",
    "Digest",
    "Outcome",
    "Plan",
    "RemindOutcome",
    "ReminderRules",
    "check_templates",
    "plan",
    "remind",
    "still_due",
]
