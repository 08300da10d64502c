"""`docs/reminder-stories.md`: the stories of the ladder as tables. `make docs` writes it from `tests/reminder_stories`."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

from tests.story_files import ROOT, By, StartingCrime, Story, StoryDay, load_force, load_stories

PAGE: Final = ROOT / "docs" / "reminder-stories.md"
_HEAD: Final = """# Who is told what: {count} stories

<!-- written by `make docs` from tests/reminder_stories; edit those files -->

Each story follows [reminders.md](reminders.md), of which it names the section. The tests live every story day by day, from its
first day to its last, with the service's own reminders, database and delivery: on each day exactly the emails shown arrive, and
no others. Days that are not shown are lived too, and nobody gets an email on them.

What happens on a day happens in the evening unless a time is given. Emails go out at 07:00, and within minutes of what happens
during the day. C1 is a crime, and V1 a victim where a crime has several. All is as supplied unless a part or a story gives a
setting. Under the supplied policy the first update is due 7 days after the report.

The force of the stories: {force}.

| words | what they mean |
|---|---|
| C1 due soon | the email says that an update on C1 falls due soon |
| C1 overdue, C1 overdue again | it is overdue; told for the first time, or as a reminder |
| C1 closed | the case closed with an update owed |
| C1 supervisor, C1 champion | the step of the supervisor, or of the champion, has been reached |
| rerouted: REASON | the reader is told in the place of somebody, who is not told for this reason |
| obstacles: … | what stood in the officer's way, as the email and the stored notice say |
| held, suppressed, dropped: REASON | nobody is told of this step for now, for this reason |
"""


def stories_page() -> str:
    """Return the page as Markdown."""
    files = load_stories()
    count = sum(len(file.story) for file in files)
    parts = [_HEAD.format(count=count, force=_force())]
    for file in files:
        parts.append("\n".join([f"## {file.title}", "", *_settings(file.note, file.settings)]))
        parts += [_story(story) for story in file.story]
    return "\n".join(parts)


def _settings(note: str, settings: dict[str, Any]) -> list[str]:
    """What holds for every story of a file."""
    return (
        [note, "", *(f"- setting: `{name} = {_value(value)}`" for name, value in settings.items()), ""] if note else []
    )


def _force() -> str:
    said = []
    for ref, entry in load_force().items():
        role = f" ({entry.role})" if entry.role and entry.role != ref else ""
        above = f", under the {entry.supervisor}" if entry.supervisor else ""
        said.append(f"{ref}{role}{above}")
    return "; ".join(said)


def _story(story: Story) -> str:
    anchor = re.sub(r"[^a-z0-9 -]", "", story.section.lower()).replace(" ", "-")
    lines = [f"### {story.title}", "", f"{story.story} ([{story.section}](reminders.md#{anchor}))", ""]
    lines += [f"- {_crime(ref, crime)}" for ref, crime in story.crimes.items()]
    lines += [f"- setting: `{name} = {_value(value)}`" for name, value in story.settings.items()]
    lines += ["", "| day | what happens | who gets an email | who does not, and why |", "|---|---|---|---|"]
    lines += [_row(day, story.days[day]) for day in sorted(story.days) if story.days[day] != StoryDay()]
    if story.last not in story.days or story.days[story.last] == StoryDay():
        lines.append(f"| until {_day(story.last)} | | nobody | |")
    return "\n".join([*lines, ""])


def _crime(ref: str, crime: StartingCrime) -> str:
    victims = "" if crime.victims == ("V1",) else f"; victims: {', '.join(crime.victims)}"
    officer = "" if crime.officer == "officer" else f"; the officer in the case: {crime.officer}"
    told = f"; updates on {' and '.join(map(_short, crime.updates))}" if crime.updates else ""
    return f"{ref}: reported on {_day(crime.reported)} {crime.reported.year}{officer}{victims}{told}"


def _row(day: date, said: StoryDay) -> str:
    told = [*_people(said.told)] or ["nobody"]
    not_taken = [f"{who}: {_NOT_TAKEN[answer]}" for who, answer in said.not_taken.items()]
    cells = (list(map(_plain, said.happens)), told, [*_people(said.not_told), *not_taken])
    return f"| {_day(day)} | " + " | ".join("<br>".join(cell) for cell in cells) + " |"


_NOT_TAKEN: Final = {
    "deferred": "the mailbox defers the email",
    "refused": "the mailbox refuses the email",
    "bounced": "the mailbox accepts the email, which comes back within minutes",
    "pilot": "the email is kept back for the pilot",
}


def _people(said: By) -> Iterator[str]:
    yield from (f"**{who}**: {_plain(words)}" for who, several in said.items() for words in several)


def _plain(text: str) -> str:
    """A text with its dates as people write them."""
    return re.sub(r"\d{4}-\d\d-\d\d", lambda found: _short(date.fromisoformat(found[0])), text)


def _short(day: date) -> str:
    return f"{day.day} {day:%B}"


def _day(day: date) -> str:
    return f"{day:%A} {_short(day)}"


def _value(value: Any) -> str:
    match value:
        case dict():
            return "{ " + ", ".join(f"{name} = {_value(each)}" for name, each in value.items()) + " }"
        case list():
            return "[" + ", ".join(map(_value, value)) + "]"
        case str():
            return f'"{value}"'
        case _:
            return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    Path(PAGE).write_text(stories_page(), "utf-8")
