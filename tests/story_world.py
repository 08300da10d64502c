"""A story lived in a real store, day by day.

Each morning at seven the crime system is read and judged, the reminders are planned and the outbox is delivered, as the
service does it, and once more ten minutes later if an email was not accepted. What happens at a stated time is read five
minutes later, and all is done again. What happens in the evening is read then, and nothing is planned before the next
morning.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from sqlmodel import SQLModel, col, select

from compliance.mail import Channel, Fate, Mail, Pilot, SendResult, deliver
from compliance.policy import load_policy
from compliance.records import Officer
from compliance.reminders import reason_of, remind, still_due
from compliance.store import Store, begin_poll, end_poll, judge_due, save_officers, take_page
from compliance.store.notice_kinds import Outcome, Reason
from compliance.store.tables import Notice, Outbox
from tests.reminding import change, reminder_settings
from tests.story_facts import LONDON, Facts, at
from tests.story_files import Entry, Story, StoryDay

POLICY: Final = load_policy("west-mercia")
SETTINGS: Final = reminder_settings(date(2026, 1, 1))
MORNING, EVENING = time(7), time(20)
