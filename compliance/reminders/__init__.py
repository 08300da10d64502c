"""Who is told what today and why, and the digests that tell them."""

from compliance.reminders.decisions import Decision, Outcome
from compliance.reminders.notices import notices, reason_of
from compliance.reminders.plan import Digest, Plan, RemindOutcome, plan, remind
from compliance.reminders.recheck import still_due
from compliance.reminders.rules import LadderChange, ReminderRules, check_rules
from compliance.reminders.sample import check_templates

__all__ = [
    "Decision",
    "Digest",
    "LadderChange",
    "Outcome",
    "Plan",
    "RemindOutcome",
    "ReminderRules",
    "check_rules",
    "check_templates",
    "notices",
    "plan",
    "reason_of",
    "remind",
    "still_due",
]
