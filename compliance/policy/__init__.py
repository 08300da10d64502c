"""Policies, calendars and the judgement of every obligation. Pure: no database, no network, no clock."""

from compliance.policy.judgement import judge, judge_blocks
from compliance.policy.model import Policy, load_policy, load_policy_in_use, parse_policy
from compliance.policy.requirement import Requirement
from compliance.policy.setting_aside import SetAside
from compliance.policy.verdicts import STATES, Verdicts

__all__ = [
    "STATES", "Policy", "Requirement", "SetAside", "Verdicts", "judge", "judge_blocks", "load_policy",
    "load_policy_in_use", "parse_policy",
]  # fmt: skip
