"""Looks at the service's own database: that it can be written, is whole, and is nobody else's to read."""

from collections.abc import Iterator
from contextlib import closing
from typing import Final

from compliance.config import Settings
from compliance.errors import ComplianceError
from compliance.service.check.machine_checks import OTHERS
from compliance.service.conditions import Finding, Problem, note_problem
from compliance.store import Store
from compliance.store.database.dialect import describe_url, file_of, parse_url
from compliance.store.database.soundness import excess_privileges, find_damage, why_read_only
from compliance.text import join_words

_LONGEST: Final = 20.0
"""Seconds that looking for damage may take: some gigabytes."""
_BESIDE: Final = ("", "-wal", "-shm")


def check_database(settings: Settings) -> Iterator[Finding]:
    """Look at the database.

    One that is missing, of another version or out of reach is a condition that the look at what is stored finds.
    """
    try:
        address = settings.database_url
    except ComplianceError:
        return  # the look at the secrets says so
    try:
        url = parse_url(address)
    except ComplianceError as error:
        yield Finding("database", (note_problem("settings-wrong", f"{settings.source}: {error}"),))
        return
    what = f"database {describe_url(url)}"
    file, problems, notes = file_of(url), list[Problem](), list[str]()
    for path in () if file is None else (file.with_name(file.name + ending) for ending in _BESIDE):
        if path.is_file() and (mode := path.stat().st_mode & 0o777) & OTHERS:
            sentence = f"{path} has mode {mode:03o}, which lets other users of this machine read or write it."
            problems.append(Problem("database-readable-by-others", sentence))
    if file is None or file.exists():
        match find_damage(settings.database_url, _LONGEST):
            case None:
                notes.append(f"not all of it was looked through for damage: that takes more than {_LONGEST:.0f} s")
            case [_, *_] as damage:
                problems.append(Problem("database-damaged", f"The database {file} is damaged.", tuple(damage)))
    try:
        with closing(Store.open(settings.database_url)) as store:
            problems += _rights(store)
    except ComplianceError:
        if not problems:
            return
    yield Finding(what, tuple(problems), tuple(notes))


def _rights(store: Store) -> Iterator[Problem]:
    if why := why_read_only(store):
        yield note_problem("database-read-only", f"The database {store.name} cannot be written to: {why}")
    if excess := excess_privileges(store):
        yield Problem("database-privileged", f"The role of {store.name} {join_words(excess)}.")
