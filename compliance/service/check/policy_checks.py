"""Looks at policies, their calendars and their worked examples, and at what the policy in use covers."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from compliance.batch.clauses import ClauseEntry, load_clauses, not_shown, unknown_clause_errors
from compliance.batch.examples import failures, load_examples
from compliance.config import Settings
from compliance.errors import ComplianceError
from compliance.policy import Policy, load_policy, load_policy_in_use
from compliance.policy.calendars import from_day, is_zone_known, plain_date
from compliance.policy.coverage import describe_coverage
from compliance.policy.vocabulary import SPECIFIED
from compliance.reports.organisation import FILE
from compliance.resources import resource
from compliance.service.calendar_notes import differences_from_published, warn_of_end
from compliance.service.conditions import Finding, Problem, note_problem
from compliance.service.polls.crime_feed import own_words
from compliance.text import count_noun, plural

_ZONE: Final = "Europe/London"


def check_policies(settings: Settings | None, policies: list[Policy]) -> Iterator[Finding]:
    """Look at each policy supplied and at that of the settings, and add those that can be read to `policies`.

    Without the data of time zones none can, and only that is found.
    """
    shipped = sorted(path for path in resource("rules").glob("*.toml") if path.name != FILE)
    own = None if settings is None or _is_one_of(Path(settings.policy), shipped) else Path(settings.policy)
    if not is_zone_known(_ZONE):
        said = (
            f"This machine does not know the time zone {_ZONE}: there is neither a package tzdata nor one of its own."
        )
        yield Finding("data of time zones", (Problem("time-zones-missing", said),))
        return
    for path in [*shipped, *([own] if own else [])]:
        yield _check_policy(path, policies, load_policy_in_use if path is own else load_policy)


def check_calendars(policies: list[Policy], now: datetime) -> Iterator[Finding]:
    """Find until when each calendar is known, with the notes on it.

    From nine months before the calendar ends, a problem names the policies that need it (rules 6.1a). A note names each
    day that differs from the published list. `now` is an aware instant.
    """
    calendars = {(policy.calendar, policy.working.last): policy for policy in policies}
    for (name, last), policy in calendars.items():
        ending = warn_of_end([p for p in policies if (p.calendar, p.working.last) == (name, last)], now)
        found = [note_problem("calendar-ending", f"{ending[0].upper()}{ending[1:]}")] if ending else []
        what = f"calendar {name}: known until {plain_date(from_day(last))}"
        yield Finding(what, tuple(found), tuple(differences_from_published(policy.working)))


def check_coverage(settings: Settings, policy: Policy) -> Finding:
    """Look at what the policy in use leaves out, and at words in it that nobody knows (rules A4)."""
    own = own_words(settings)
    known = {field: words.union(own.get(field, ())) for field, words in SPECIFIED.items()}
    exempt = f"; exempt, and owed nothing: {', '.join(policy.exempt_victims)}" if policy.exempt_victims else ""
    return Finding(f"who and what {policy.path.name} covers{exempt}", notes=tuple(describe_coverage(policy, known)))


def _is_one_of(policy: Path, shipped: list[Path]) -> bool:
    """Return whether a setting (a file, or the name of a supplied policy) is one of these files.

    A copy elsewhere is not.
    """
    return policy.resolve() in shipped or (not policy.exists() and str(policy) in {path.stem for path in shipped})


def _check_policy(path: Path, policies: list[Policy], load: Callable[[Path], Policy]) -> Finding:
    try:
        policies.append(load(path))
    except ComplianceError as error:
        return Finding(f"policy {path}", (note_problem("policy-wrong", error),))
    return Finding(f"policy {path}")


def check_examples(policies: list[Policy]) -> Iterator[Finding]:
    """Check the worked examples of every policy, and whether each clause that decides a verdict has one."""
    rules = resource("rules")
    try:
        clauses = load_clauses(rules / "examples" / "clauses.toml")
    except ComplianceError as error:
        yield Finding("clauses that decide a verdict", (note_problem("examples-failing", error),))
        return
    cited: set[str] = set()
    for policy in policies:
        finding, here = _examples_of(policy, rules, clauses)
        cited |= here
        yield finding
    # No supplied policy uses an addition: a force that does is told under its own policy, and is not at fault.
    clauses = [clause for clause in clauses if not clause.is_addition]
    missing = not_shown(clauses, policies, cited)
    to_show = sum(any(clause.concerns(policy) for policy in policies) for clause in clauses)
    what = f"clauses that decide a verdict: {to_show - len(missing)} of {to_show} have a worked example"
    few = f"{count_noun(len(missing), 'clause')} {plural(len(missing), 'has', 'have')} no example in any policy."
    proved = () if not missing else (Problem("clauses-unproved", few, tuple(map(str, missing))),)
    yield Finding(what, proved)


def _examples_of(policy: Policy, rules: Path, clauses: list[ClauseEntry]) -> tuple[Finding, set[str]]:
    """Check one policy against its examples, and return the clauses they cite.

    The examples are those next to it in `examples/`, or else those supplied for a policy of its name.
    """
    name, beside = policy.path.stem, policy.path.parent / "examples"
    folder = beside if (beside / name).is_dir() else rules / "examples"
    cited: set[str] = set()
    problems: list[str] = []
    seen = held = 0
    try:
        for example in load_examples(folder, name):
            found = failures(example, policy)
            seen, held = seen + 1, held + (not found)
            problems += found
            problems += [
                f"{example}: clauses: {problem}" for problem in unknown_clause_errors(clauses, example.clauses)
            ]
            cited.update(example.clauses)
    except ComplianceError as error:
        problems.append(str(error))
    own = "" if policy.path.parent.resolve() == rules else f" under {policy.path}"
    which, notes = f"worked examples of {name}{own}", list[str]()
    what = f"{which}: {held} of {seen} hold"
    if problems:
        said = f"{seen - held} of {seen} {which} do not hold." if held < seen else f"The {which} cannot all be used."
        where = beside / name if folder == beside else f"a copy of {folder / name} in {beside}"
        advice = _ADVICE.format(where=where, readme=rules / "README.md")
        return Finding(what, (Problem("examples-failing", said, tuple(problems)),), (advice,)), cited
    if not seen:
        notes.append(f"no examples yet; write some in {beside / name}, as {rules / 'README.md'} says")
    elif missing := not_shown(clauses, [policy], cited):
        several = len(missing) > _FEW
        named = ", ".join(clause.id if several else str(clause) for clause in missing)
        notes.append(f"{count_noun(len(missing), 'clause')} without an example: {named}")
    return Finding(what, notes=tuple(notes)), cited


_FEW: Final = 5
"""How many clauses are named with what they are about; of more, only the numbers are given."""
_ADVICE: Final = (
    "where the policy was meant to change the answer of an example, write the new answer into {where}; where it was "
    'not, the policy says something else than was meant: see {readme}, "When an example fails"'
)
