"""Looks at the crime system: that it answers, and what becomes of a sample of its records. Nothing is stored."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from compliance import clock as real_clock
from compliance.config import Settings
from compliance.errors import StoppedError, UnavailableError
from compliance.feeds import Feed, Mapper, Witness
from compliance.feeds.database import QueryError
from compliance.feeds.exports import DONE, FAILED
from compliance.feeds.requests import refuses_certificate
from compliance.policy import Policy
from compliance.service.check import limits
from compliance.service.check.directory_checks import check_directory
from compliance.service.check.sample_checks import check_sample
from compliance.service.check.server_checks import describe_server
from compliance.service.check.settings_checks import check_feed_settings, check_secrets
from compliance.service.conditions import Finding, Problem, note_problem
from compliance.service.polls.crime_feed import exports_of, feed_of, mapper_of
from compliance.service.polls.feed_trial import EXAMINED, FeedSample, read_sample
from compliance.service.polls.feed_waits import standing_wait
from compliance.service.polls.sample_notes import notes_of
from compliance.service.polls.unread_columns import notes_of_unread
from compliance.stopping import within
from compliance.text import count_noun

_REFUSED: Final = (400, 401, 403, 407)
_NOT_NOW: Final = (408, 425, 429)


def check_feed(settings: Settings, policy: Policy | None, clock: Callable[[], datetime]) -> Iterator[Finding]:
    """Look at the crime system and its officer directory.

    Finds nothing if a setting or a secret is wrong, which another look finds. `clock`: returns the present instant.
    """
    if check_secrets(settings).problems or check_feed_settings(settings).problems:
        return
    witness, mapper, kind = Witness(real_clock.now), mapper_of(settings), settings.crime_system.kind
    if kind == "files" and (missing := _why_no_folder(settings)):
        yield Finding(f"crime system ({kind})", (missing,))
        return
    if wait := standing_wait(settings, "ask_again_at", clock()):
        yield Finding(f"crime system ({kind}): not asked", notes=(f"{wait}; `compliance feed try --now` asks it",))
        return
    with (
        within(settings.crime_system.timeout_seconds + limits.SLACK) as stop,
        feed_of(settings, clock, mapper=mapper, limit=EXAMINED, stop=stop, witness=witness) as feed,
    ):
        sample, problem = _read(settings, feed, mapper, witness)
        yield _describe(settings, sample, problem)
        yield from describe_server(witness)
        if sample is not None and policy is not None:
            notes = notes_of(sample.crimes, mapper.filters.seen, policy)
            notes += notes_of_unread((record.source for record in sample.records), mapper)
            yield check_sample(settings, policy, sample, notes, clock())
        if wait := standing_wait(settings, "directory_ask_again_at", clock()):
            yield Finding("officer directory: not asked", notes=(wait,))
        elif problem is None or kind != "database":  # a database that fails fails for the directory too
            yield from check_directory(settings, feed, sample, clock())


def _read(settings: Settings, feed: Feed, mapper: Mapper, witness: Witness) -> tuple[FeedSample | None, Problem | None]:
    try:
        return read_sample(feed, mapper, EXAMINED), None
    except StoppedError:
        seconds = settings.crime_system.timeout_seconds + limits.SLACK
        name = "query-failed" if settings.crime_system.kind == "database" else "feed-unreachable"
        return None, note_problem(name, f"The crime system did not give a sample of records within {seconds:.0f} s")
    except UnavailableError as error:
        return None, note_problem(_name(settings, error, witness), limits.plain_problem(error))


def _name(settings: Settings, error: UnavailableError, witness: Witness) -> str:
    """Return the condition that a failure to read is."""
    match settings.crime_system.kind:
        case "files":
            return "export-unreadable"
        case "database":
            return "query-failed" if isinstance(error, QueryError) else "feed-unreachable"
        case _ if refuses_certificate(error):
            return "feed-certificate-refused"
        case _ if witness.status is None or witness.status >= 500 or witness.status in _NOT_NOW:
            return "feed-unreachable"
        case _:
            return "feed-login-refused" if witness.status in _REFUSED else "feed-answer-wrong"


def _describe(settings: Settings, sample: FeedSample | None, problem: Problem | None) -> Finding:
    kind = settings.crime_system.kind
    if sample is None:
        return Finding(f"crime system ({kind})", () if problem is None else (problem,))
    if sample.records:
        return Finding(f"crime system ({kind}): {count_noun(len(sample.records), 'record')} read as a sample")
    if kind == "files":
        return _describe_folder(settings)
    return Finding(f"crime system ({kind})", (Problem("feed-empty", "The crime system gives no record at all."),))


def _why_no_folder(settings: Settings) -> Problem | None:
    folder = exports_of(settings).folder
    if not folder.is_dir():
        return Problem("export-folder-missing", f"The folder of exports {folder} is not there.")
    return None


def _describe_folder(settings: Settings) -> Finding:
    """Describe a folder of exports in which nothing can be read now. Exports that were read lie in folders inside."""
    exports, what = exports_of(settings), "crime system (files)"
    folder = exports.folder
    if waiting := exports.find():
        return Finding(f"{what}: {count_noun(len(waiting), 'export')} in {folder}, not ready yet")
    if names := [
        path.name for path in folder.iterdir() if path.is_file() and _is_data(path, exports.settings.officers)
    ]:
        expected = ", ".join(exports.settings.tables.values())
        said = f"None of the {count_noun(len(names), 'file')} in {folder} is called as expected: {expected}."
        return Finding(what, (Problem("exports-unmatched", said),))
    if any((folder / each).is_dir() and any((folder / each).iterdir()) for each in (DONE, FAILED)):
        return Finding(f"{what}: every export in {folder} has been read")
    return Finding(what, (Problem("feed-empty", f"The folder of exports {folder} is empty."),))


def _is_data(path: Path, officers: str | None) -> bool:
    return path.name != officers and not path.name.startswith(".")
