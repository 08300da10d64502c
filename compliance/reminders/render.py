"""Letters through the force's templates into mails."""

import re
import textwrap
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError, select_autoescape

from compliance.errors import SettingsError
from compliance.mail import Rendered
from compliance.policy import Policy
from compliance.reminders.digest import SAFE_CONTACT, Letter, write
from compliance.reminders.owed import Owed, Waiting
from compliance.reminders.rules import ReminderRules
from compliance.reminders.stages import NEW, STILL_WAITING, Decision, Outcome

WIDTH: Final = 76
"""Of a line of the text part: what every mail programme shows without breaking it."""


def render(letter: Letter, rules: ReminderRules) -> Rendered:
    """A letter as subject, text and HTML.

    Raises SettingsError that names the template and the line where one is broken, or leaves out the sentence on safe
    contact.
    """
    text = _render(rules.templates, "digest.txt.j2", letter, rules)
    html = _render(rules.templates, "digest.html.j2", letter, rules)
    return Rendered(letter.subject, re.sub(r"\n{3,}", "\n\n", text).strip() + "\n", html.strip() + "\n")


def check_templates(policy: Policy, rules: ReminderRules) -> None:
    """Try the templates on a letter that has everything in it. Raises SettingsError as `render`."""
    today = date(2026, 6, 10)
    render(write(_sample(policy, today), policy, rules, today, "Wednesday 10 June at 06:45"), rules)
    few = replace(rules, listed=1)
    render(write(_sample(policy, today), policy, few, today), few)


def _render(folder: Path, name: str, letter: Letter, rules: ReminderRules) -> str:
    try:
        result = _templates(folder).get_template(name).render(letter=letter, can_reply=rules.reply_to is not None)
    except TemplateSyntaxError as error:
        raise SettingsError(f"{folder / name}, line {error.lineno}: {error.message}") from None
    except (TemplateError, OSError, TypeError, ValueError, UnicodeDecodeError) as error:
        raise SettingsError(f"{folder / name}{_line(error, name)}: {error}") from None
    if SAFE_CONTACT not in " ".join(result.split()):
        raise SettingsError(
            f"{folder / name}: the sentence on safe contact is missing; put {{{{ letter.safe_contact }}}} back"
        )
    return result


def _line(error: Exception, name: str) -> str:
    """`, line N` of the template in which an error arose."""
    at, line = error.__traceback__, None
    while at is not None:
        if at.tb_frame.f_code.co_filename.endswith(name):
            line = at.tb_lineno
        at = at.tb_next
    return f", line {line}" if line else ""


@lru_cache
def _templates(folder: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["fill"] = _fill
    environment.filters["plural"] = _plural
    environment.filters["listing"] = _listing
    return environment


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


def _plural(number: int, one: str, several: str) -> str:
    """`1 day`, `3 days`."""
    return f"{number} {one if number == 1 else several}"


def _listing(texts: Any) -> str:
    """`a`, `a or b`, `a, b or c`."""
    *others, last = [str(text) for text in texts]
    return f"{', '.join(others)} or {last}" if others else last


def _sample(policy: Policy, today: date) -> list[Decision]:
    due = date(2026, 6, 2)
    victim = Waiting("22/1/26", "V1", True, "1", False, date(2026, 5, 26), due, (due, today), (due,))
    other = Waiting("22/2/26", "V2", False, "1", False, date(2026, 5, 26), None, (), ())
    return [
        Decision(Owed(waiting, r.id, 1, date(2026, 5, 26), due, 8, r.shows_same_day, 1), "1", Outcome.SENT, reason)
        for waiting, reason in ((victim, NEW), (other, STILL_WAITING))
        for r in policy.requirement
    ]
