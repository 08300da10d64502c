"""A page of documentation, followed to the letter: its files laid out, its commands run, what it shows compared with what came.

What a page may say (anything else fails, so nothing in it goes stale unseen):

- `**Monday 20 July 2026, 10:00**`: the clock is moved to that instant, in London.
- a block below a line that ends in "`NAME`:" is the file of that name. For a settings file that is there, sections of a
  block take the place of those of their name.
- a block `diff` below such a line changes that file: what it shows with ` ` and `-` becomes what it shows with ` ` and `+`.
- a block `console`: `$ COMMAND`, then what it prints, then `(exit code N)` unless that is 0. `compliance` runs in this
  process, what `programs` names is done by the test, other commands in a shell. Line breaks and spaces do not matter; `…` stands for anything.
- a block `sql` below no such line is given to `sql`, which stands for the person who runs it.
"""

import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from compliance.cli import main

DOCS: Final = Path(__file__).parents[1] / "docs"
_PARTS: Final = re.compile(r"\*\*(\w+day \d+ \w+ \d{4}, \d\d:\d\d)\*\*|^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_NAME: Final = re.compile(r"`([^`\n]+)`[^`\n]*:\n+\Z")
_STEP: Final = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
_CODE: Final = re.compile(r"^\(exit code (\d+)\)\n\Z", re.MULTILINE)


@dataclass
class Follower:
    """Whoever follows pages: in a folder, at an instant.

    `standing_for`: what pages name, and what it is here, such as the address of a server. `sql`: runs statements.
    `programs`: commands that no test can run, such as those of systemd, and what is done in their place. `moved`: what
    happens by itself whenever the clock has been moved.
    """

    folder: Path
    patch: pytest.MonkeyPatch
    standing_for: Mapping[str, str] = field(default_factory=dict)
    sql: Callable[[str], object] | None = None
    programs: dict[str, Callable[[], object]] = field(default_factory=dict)
    moved: Callable[[], object] = lambda: None
    now: datetime = datetime(2026, 7, 20, 9, tzinfo=UTC)
    commands: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Move the clock of everything in this process."""
        self.patch.setattr("compliance.clock.datetime", SimpleNamespace(now=lambda _: self.now))
        self.patch.chdir(self.folder)

    def follow(self, text: str) -> None:
        """Do what a page, or a part of one, says, from its beginning to its end."""
        for when, language, block, name in parts(text):
            if when:
                shown = datetime.strptime(when, "%A %d %B %Y, %H:%M").replace(tzinfo=ZoneInfo("Europe/London"))
                self.now = shown.astimezone(UTC)
                self.moved()
            elif language == "console":
                self._run(block)
            elif language == "diff":
                self._change(name, block)
            elif name:
                self._lay_out(name, block)
            else:
                assert language == "sql", f"a block {language!r} without a name of a file above it:\n{block}"
                assert self.sql is not None
                self.sql(self.here(block))

    def here(self, text: str) -> str:
        """A text of a page, with what it names as it is here."""
        for page, here in self.standing_for.items():
            text = text.replace(page, here)
        return text

    def on_page(self, text: str) -> str:
        """What came here, in the names of the page."""
        for page, here in self.standing_for.items():
            text = text.replace(here, page)
        return text

    def _lay_out(self, name: str, block: str) -> None:
        path = Path(self.here(name))
        if name.endswith(".toml") and path.exists() and block.startswith("["):
            block = with_sections(path.read_text("utf-8"), block)
        self.write(path, self.here(block))

    def _change(self, name: str, block: str) -> None:
        path = Path(self.here(name))
        lines = block.splitlines(keepends=True)
        old, new = ("".join(line[1:] for line in lines if line[0] in signs) for signs in (" -", " +"))
        text = self.on_page(path.read_text("utf-8"))
        assert text.count(old) == 1, f"{name}: not there, or more than once:\n{old}"
        self.write(path, self.here(text.replace(old, new)))

    def write(self, path: Path, text: str) -> None:
        """A file that has been left alone for an hour, and that nobody else may read."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        path.chmod(0o600)
        os.utime(path, (self.now.timestamp() - 3600,) * 2)

    def _run(self, block: str) -> None:
        steps = _STEP.findall(block)
        assert block.startswith("$ "), block
        for command, shown in steps:
            self.commands.append(command)
            code = _CODE.search(shown)
            came, output = self.call(self.here(command))
            output = self.on_page(output)
            expected = _CODE.sub("", shown)
            is_so = came == int(code[1] if code else 0) and is_shown(expected, output)
            assert is_so, f"$ {command}\n{output}(exit code {came})\n---- the page has ----\n{shown}"

    def call(self, command: str) -> tuple[int, str]:
        """Run a command -> its exit code, and what it said."""
        words = shlex.split(command, comments=True)
        if words[0] == "compliance":
            done = CliRunner().invoke(main, words[1:])
            assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
            return done.exit_code, done.output
        if command in self.programs:
            self.programs[command]()
            return 0, ""
        ran = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)
        return ran.returncode, ran.stdout + ran.stderr


def parts(text: str) -> Iterator[tuple[str, str, str, str]]:
    """(instant, language, block, name of its file) of each part of a page: either an instant or a block."""
    for found in _PARTS.finditer(text):
        name = _NAME.search(text[: found.start()])
        yield found[1] or "", found[2] or "", found[3] or "", name[1] if name else ""


def with_sections(settings: str, block: str) -> str:
    """Settings in which the sections of a block stand in place of all those under the same name."""
    name = re.match(r"\[+(\w+)", block)[1]  # type: ignore[index]
    whole = re.compile(rf"^\[+{name}[.\]].*?(?=^\[+(?!\[|{name}\b)|\Z)", re.DOTALL | re.MULTILINE)
    found, *others = whole.findall(settings)
    assert not others, name
    return settings.replace(found, f"{block}\n")


def is_shown(shown: str, output: str) -> bool:
    """Whether a page shows what came; `…` stands for anything."""
    pattern = ".*".join(re.escape(" ".join(part.split())) for part in shown.split("…"))
    return re.fullmatch(re.sub(r"(?:\\ )?\.\*(?:\\ )?", ".*", pattern), " ".join(output.split()), re.DOTALL) is not None
