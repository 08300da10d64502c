"""Letters through the force's templates into mails."""

import re
import textwrap
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from compliance.errors import SettingsError
from compliance.mail import Rendered
from compliance.reminders.letter import SAFE_CONTACT, Due, Holder, Letter
from compliance.reminders.rules import ReminderRules
from compliance.reminders.staff import Support
from compliance.reminders.words import plain, plural
from compliance.templating import Templates
from compliance.text import listing

WIDTH: Final = 76
"""Of a line of the text part: what every mail programme shows without breaking it."""


def render(letter: Letter, rules: ReminderRules) -> Rendered:
    """A letter as subject, text and HTML.

    Raises SettingsError that names the template and the line where one is broken, or leaves out the sentence on safe
    contact where a victim is told of.
    """
    text = _render(rules.templates, "digest.txt.j2", letter, rules)
    html = _render(rules.templates, "digest.html.j2", letter, rules)
    return Rendered(letter.subject, re.sub(r"\n{3,}", "\n\n", text).strip() + "\n", html.strip() + "\n")


def _render(folder: Path, name: str, letter: Letter, rules: ReminderRules) -> str:
    result = _templates(folder).fill(name, letter=letter, can_reply=rules.reply_to is not None)
    if letter.victims and SAFE_CONTACT not in " ".join(result.split()):
        raise SettingsError(
            f"{folder / name}: the sentence on safe contact is missing; put {{{{ letter.safe_contact }}}} back"
        )
    return result


@lru_cache
def _templates(folder: Path) -> Templates:
    return Templates(folder, {"fill": _fill, "when": _when, "plural": plural, "listing": _listing, "whose": _whose})


@lru_cache(maxsize=4096)  # most sentences stand in every mail
def _fill(text: Any, indent: int = 0, hanging: int | None = None) -> str:
    """A paragraph in lines of at most WIDTH characters, the first indented by `indent`, the others by `hanging`."""
    return textwrap.fill(
        str(text).strip(),
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent if hanging is None else hanging),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _when(due: Due) -> str:
    """`was due by DATE, 3 days ago`."""
    if due.days_over is None:
        return f"was due by {due.by}"
    if due.days_over > 0:
        return f"was due by {due.by}, {plural(due.days_over, 'day', 'days')} ago"
    when = {0: "today", -1: "tomorrow"}.get(due.days_over, f"in {plural(-due.days_over, 'day', 'days')}")
    return f"is due by {due.by}, {when}"


def _whose(of: Holder | Support) -> str:
    """`Officer 1042 (North 1)`."""
    team = f" ({plain(of.team)})" if of.team else ""
    return (f"Officer {plain(of.officer)}" if of.officer else "Nobody") + team


def _listing(texts: Any) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return listing([str(text) for text in texts], "or")
