"""Errors that say what was wrong and what to do. The command line turns each into a message and an exit code."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from traceback import format_tb
from typing import Any, Final

from compliance.text import printable

_LONGEST_CHAIN: Final = 10
_MOST_ROWS: Final = 20
_DATE: Final = re.compile(r"(?<![\w.])\d{1,4}([./-])\d{1,2}\1\d{1,4}(?![\w.])")
"""A date in any order of its parts."""
_SECTION: Final = re.compile(r"\s*\[+\s*([^\[\]]+?)\s*\]")

UNESCAPED: Final = (
    "an `@` stands after the one that ends the password; in a user name or password write `@` as `%40` and `%` as `%25`"
)
"""What is wrong with the URL of a database whose host or name has what is left of a password."""


class System(StrEnum):
    """A system that this service depends on."""

    CRIME_SYSTEM = "crime system"
    MAIL_SERVER = "mail server"
    MAILBOX = "mailbox"
    DATABASE = "database"


class ComplianceError(Exception):
    """Base class for anything this service refuses to do.

    The message, of one or more lines, is for the person who must act on it. Text quoted from another system is made
    printable.

    Exit codes of the command line: 0 done; 1 an internal error; 2 a bad command line, setting, policy or template; 3
    some records were refused and the others were judged; 4 another system (crime system, mail server, database) could
    not be used, or the output could not be written, so try again later; 7 a report is held or suspended; 8 the audit
    log is not as it was written. `status` and `check` have two more, for what they find.

    `is_lasting`: trying again does not help until a person has corrected something. `system`: the system that could not
    be used; None: none, or not known.
    """

    exit_code = 1
    is_lasting = True
    system: System | None = None

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(map(printable, lines)))


class SettingsError(ComplianceError):
    """A setting, policy, calendar, worked example or template is wrong. The message names the file and the key."""

    exit_code = 2


class RecordError(ComplianceError):
    """A crime record breaks the record format. It is refused whole, and the others continue."""

    exit_code = 3

    @classmethod
    def of_rows(cls, wrong: Sequence[str]) -> "RecordError":
        """Return the error of a file of which nothing was stored, with what is wrong in its first 20 rows that are."""
        more = [f"and {len(wrong) - _MOST_ROWS:,} more"] if len(wrong) > _MOST_ROWS else []
        return cls("nothing was stored:", *wrong[:_MOST_ROWS], *more)


class UnavailableError(ComplianceError):
    """A system this service depends on did not answer correctly. Nothing is lost, and trying again is safe.

    It is lasting if the system refuses us, such as a password, a token or a certificate.
    """

    exit_code = 4

    def __init__(self, *lines: str, is_lasting: bool = False, system: System | None = None) -> None:
        super().__init__(*lines)
        self.is_lasting, self.system = is_lasting, system


class HeldError(ComplianceError):
    """A report was not published: something stands against it, or reports are suspended. A person decides."""

    exit_code = 7


class AuditError(ComplianceError):
    """The audit log is not as it was written, or ends before a head of it that was kept elsewhere."""

    exit_code = 8


class StoppedError(UnavailableError):
    """The service was asked to stop while it waited for another system, or between two steps. Nothing is lost."""


def fault_trace(error: BaseException) -> str:
    """Return where an unexpected error arose, for the log: its type, and the file, line and function of each call.

    Its message is left out, because it may quote a record, the parameters of a statement or a secret. Only our own
    errors, the operating system's messages and the code of a database error are known to contain none.
    """
    parts: list[str] = []
    at: BaseException | None = error
    while at is not None and len(parts) < _LONGEST_CHAIN:
        parts.append("".join(format_tb(at.__traceback__)) + _kind(at))
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return "\nwhich led to:\n".join(reversed(parts))


def _kind(error: BaseException) -> str:
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    if isinstance(error, ComplianceError):
        return f"{name}: {error}"
    said = [getattr(error, which, None) for which in ("strerror", "sqlite_errorname", "sqlstate")]
    return ": ".join([name, *(each for each in said if isinstance(each, str))])


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` with the known word nearest to a wrong one, or nothing (decision 0015)."""
    found = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {found[0]!r}?" if found else ""


def toml_error(path: Path, content: bytes, error: ValueError) -> SettingsError:
    """Turn the error of a TOML reader into one that says what to do about a wrong date, or about what is there twice.

    The line that the error names says which it is.
    """
    place = re.search(r"\(at line (\d+), column", str(error))
    lines = content.decode("utf-8", "replace").splitlines()
    until = lines[: int(place[1])] if place else []
    line = until[-1].partition("#")[0].strip() if until else ""
    wrong = next((found[0] for found in _DATE.finditer(line) if not _is_date(found[0])), None)
    hint = f"; dates are written as in 2027-03-01, without quotes (found {wrong})" if wrong else ""
    if not wrong and str(error).startswith(("Cannot declare", "Cannot overwrite", "Cannot mutate")):
        hint = _say_twice(until)
    return SettingsError(f"{path}: cannot be read as TOML: {error}{hint}")


def _say_twice(lines: Sequence[str]) -> str:
    """Say where that which the last of some lines declares, a section or a key, was declared before; "" if unsure."""
    section, declared = "", list[str]()
    for line in lines:
        if found := _SECTION.match(line):
            section = found[1]
            declared.append(section)
        else:
            key = line.partition("=")[0].strip() if "=" in line else ""
            declared.append(f"{section}.{key}".lstrip("."))
    *before, last = declared
    if last not in before or last.endswith("."):  # the end of a value over several lines
        return ""
    named = f"[{last}]" if last == section else f"`{last}`"
    return f"; {named} stands in the file twice, first on line {before.index(last) + 1}: keep one of the two"


def _is_date(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def settings_error(source: str, problems: Iterable[Mapping[str, Any]], known: Iterable[str]) -> SettingsError:
    """Turn pydantic's `errors()` into one SettingsError: the file, each key, what was found, what is expected.

    `known` are the keys that exist anywhere in the file's format, to suggest the nearest right one.
    """
    lines = []
    names = sorted(set(known))
    for problem in problems:
        key = ".".join(str(part) for part in problem["loc"]) or "the file as a whole"
        if problem["type"] == "extra_forbidden":
            word = str(problem["loc"][-1])
            lines.append(f"{key}: there is no such key{' here' if word in names else nearest(word, names)}")
        elif problem["type"] == "date_type":
            lines.append(f"{key}: write a date without quotes, as in 2027-03-01 (found {problem.get('input')!r})")
        elif problem["type"] == "missing":
            lines.append(f"{key}: missing; it is required")
        else:
            message = str(problem["msg"]).removeprefix("Value error, ")
            found = problem.get("input")
            # A text that is not of the form env:NAME or file:PATH may be the secret itself.
            hidden = isinstance(found, dict | list) or problem["type"] == "secret"
            shown = "" if hidden else f" (found {found!r})"
            lines.append(f"{key}: {message[0].lower()}{message[1:]}{shown}")
    return SettingsError(*(f"{source}: {line}" for line in lines))
