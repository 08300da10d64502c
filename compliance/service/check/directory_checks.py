"""Looks at the officer directory: whether everybody in it can be emailed, and whether each has somebody above."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from compliance.config import Settings
from compliance.errors import StoppedError, UnavailableError
from compliance.feeds import Feed
from compliance.mail import address_problem, allows
from compliance.policy.vocabulary import shorten
from compliance.records import Officer
from compliance.service.check.limits import plain_problem
from compliance.service.conditions import Finding, Problem, note_problem
from compliance.service.polls.directory_poll import useless
from compliance.service.polls.feed_trial import FeedSample
from compliance.text import count_noun, plural

_NAMED: Final = 5
"""How many officers are named by their reference."""


def check_directory(settings: Settings, feed: Feed, sample: FeedSample | None, now: datetime) -> Iterator[Finding]:
    """Look at the directory that the feed gives, as at an instant (aware). `sample`: records that name officers."""
    what = "officer directory"
    try:
        directory = feed.officers()
    except StoppedError:
        yield Finding(what, (Problem("directory-unreadable", "The officer directory did not come in time."),))
        return
    except UnavailableError as error:
        yield Finding(what, (note_problem("directory-unreadable", plain_problem(error)),))
        return
    if not directory.read:
        yield Finding(f"{what}: none is read now", notes=("without one, nobody can be emailed",))
        return
    if problem := useless(directory):
        yield Finding(what, (note_problem("directory-unusable", f"The officer directory cannot be used: {problem}"),))
        return
    problems: list[Problem] = []
    if refused := directory.refusals:
        said = f"{count_noun(len(refused), 'entry', 'entries')} of the officer directory would be refused."
        problems.append(Problem("officers-refused", said, tuple(refusal.reason for refusal in refused[:_NAMED])))
    officers = {officer.officer_ref: officer for officer in directory.officers}
    today = now.date().isoformat()
    serving = {ref: each for ref, each in officers.items() if each.left_on is None or each.left_on > today}
    problems += [*_addresses(serving), *_leaders(settings, serving), *_settings(settings, serving)]
    if sample is not None:
        problems += _unlisted(sample, officers)
    yield Finding(f"{what}: {count_noun(len(serving), 'officer')}", tuple(problems))


def _addresses(officers: Mapping[str, Officer]) -> Iterator[Problem]:
    missing = [ref for ref, officer in officers.items() if not officer.email]
    wrong = [ref for ref, officer in officers.items() if officer.email and address_problem(officer.email)]
    if missing:
        yield _told("addresses-missing", missing, "has no email address", "have no email address")
    if wrong:
        one, many = "has an email address that is none", "have email addresses that are none"
        yield _told("addresses-wrong", wrong, one, many)


def _told(name: str, refs: list[str], one: str, many: str) -> Problem:
    more = f", and {len(refs) - _NAMED:,} more" if len(refs) > _NAMED else ""
    named = f"{', '.join(sorted(refs)[:_NAMED])}{more}"
    return Problem(name, f"{count_noun(len(refs), 'officer')} {plural(len(refs), one, many)}: {named}.")


def _leaders(settings: Settings, officers: Mapping[str, Officer]) -> Iterator[Problem]:
    rules = settings.reminders
    roles = {rules.supervisor_role: "supervisor_role", rules.champion_role: "champion_role"}
    absent = [role for role in roles if all(officer.role != role for officer in officers.values())]
    for role in absent:
        said = f"Nobody in the officer directory has the role {role!r}, which [reminders] {roles[role]} names"
        yield Problem("roles-missing", f"{said}; {_roles(officers.values())}.")
    loops, unknown = [], []
    for ref, officer in officers.items():
        if officer.supervisor_ref and officer.supervisor_ref not in officers:
            unknown.append(ref)
        elif _is_in_loop(ref, officers):
            loops.append(ref)
    if unknown:
        one, many = "has a supervisor", "have supervisors"
        rest = "not in the directory or gone"
        yield _told("supervisors-unknown", unknown, f"{one} who is {rest}", f"{many} who are {rest}")
    if loops:
        one, many = "is in the end their own supervisor", "are in the end their own supervisors"
        yield _told("supervisors-loop", loops, one, many)
    alone = [] if absent else [ref for ref in officers if not _has_leader(ref, officers, settings)]
    if alone:
        yield _told("leaders-missing", alone, "has nobody above", "have nobody above")


def _roles(officers: Iterable[Officer]) -> str:
    found = Counter(officer.role for officer in officers if officer.role)
    most = [f"{shorten(role)!r} {times:,}" for role, times in found.most_common(_NAMED)]
    return f"the roles in it are {', '.join(most)}{' …' if len(found) > _NAMED else ''}" if most else "it has no roles"


def _is_in_loop(ref: str, officers: Mapping[str, Officer]) -> bool:
    """Return whether the chain of supervisors leads from an officer back to them."""
    seen: set[str] = set()
    at = officers[ref].supervisor_ref
    while at is not None and at in officers and at not in seen:
        if at == ref:
            return True
        seen.add(at)
        at = officers[at].supervisor_ref
    return False


def _has_leader(ref: str, officers: Mapping[str, Officer], settings: Settings) -> bool:
    rules, own = settings.reminders, officers[ref]
    if own.role in (rules.champion_role, rules.supervisor_role) or own.supervisor_ref:
        return True
    return any(
        (each.role == rules.supervisor_role and each.team is not None and each.team == own.team)
        or (each.role == rules.champion_role and each.division is not None and each.division == own.division)
        for each in officers.values()
    )


def _settings(settings: Settings, officers: Mapping[str, Officer]) -> Iterator[Problem]:
    """Find entries of the settings that match nobody in the directory."""
    cover, allow = settings.reminders.cover, settings.mail.allow or ()
    if unknown := sorted({*cover, *cover.values()} - officers.keys()):
        said = f"[reminders] cover names {', '.join(unknown)}, whom the officer directory does not have."
        yield Problem("cover-unmatched", said)
    addresses = [officer.email for officer in officers.values() if officer.email]
    addresses += [*settings.report.readers, *settings.mail.performance_team]
    idle = [entry for entry in allow if "@" in entry and not any(allows([entry], address) for address in addresses)]
    if idle:
        said = f"[mail] allow has {', '.join(idle)}; no officer in the directory and no reader of the report has that."
        yield Problem("allow-unmatched", said)


def _unlisted(sample: FeedSample, officers: Mapping[str, Officer]) -> Iterator[Problem]:
    """Find whether crimes name officers otherwise than the directory does; some will have left it."""
    named = {ref for ref in _officers_of(sample) if ref}
    unlisted = [ref for ref in named if ref not in officers]
    if 2 * len(unlisted) > len(named):
        of = f"Of {count_noun(len(named), 'officer')} in the case in the sample"
        some = ", ".join(sorted(unlisted)[:_NAMED])
        yield Problem("officers-unlisted", f"{of}, the directory does not have {len(unlisted):,}: {some}.")


def _officers_of(sample: FeedSample) -> Iterable[str | None]:
    for crime in sample.crimes:
        allocations = crime.allocations or ()
        yield allocations[-1].officer_ref if allocations else crime.officer_ref
