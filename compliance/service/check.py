"""`compliance check`: check settings, policies, worked examples, templates, calendars and the stored records.

It contacts neither the crime system nor a mail server.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from compliance import clock as real_clock
from compliance.batch.clauses import ClauseEntry, load_clauses, not_shown, unknown_clause_errors
from compliance.batch.examples import failures, load_examples
from compliance.config import Settings, load_settings
from compliance.errors import ComplianceError, SettingsError
from compliance.policy import Policy, load_policy
from compliance.policy.coverage import describe_coverage
from compliance.policy.vocabulary import SPECIFIED
from compliance.records import columns
from compliance.reminders import check_rules, check_templates
from compliance.reports.announcement import announce
from compliance.reports.figures import report_figures
from compliance.reports.organisation import FILE
from compliance.reports.render import render
from compliance.reports.sources import GivenRecords
from compliance.reports.weeks import Week
from compliance.resources import resource
from compliance.service.check_calendars import check_calendars
from compliance.service.check_records import look_at_records
from compliance.service.crime_feed import mapper_of, own_words
from compliance.service.mail_channel import channel_of, pilot_of
from compliance.service.reporting import organisation_in
from compliance.service.service import reminder_settings
from compliance.text import count_noun


@dataclass(frozen=True, slots=True)
class Finding:
    """What was checked, and the result. `problems`: faults and what to do. `notes`: what else is worth knowing."""

    what: str
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def check(config: Path, clock: Callable[[], datetime] = real_clock.now) -> Iterator[Finding]:
    """Check each thing in turn. A fault in one does not prevent checking the others.

    `clock`: returns the present instant (aware).
    """
    settings: Settings | None = None
    try:
        settings = load_settings(config)
        yield Finding(f"settings {config}")
    except ComplianceError as error:
        yield Finding(f"settings {config}", (str(error),))
    policies: list[Policy] = []
    rules = resource("rules")
    shipped = sorted(path for path in rules.glob("*.toml") if path.name != FILE)
    for path in shipped:
        yield _policy(path, policies)
    if settings is not None and not _is_one_of(Path(settings.policy), shipped):
        yield _policy(Path(settings.policy), policies)
    yield from (Finding(what, notes=notes) for what, notes in check_calendars(policies, clock()))
    yield from _examples(policies, rules)
    if settings is not None:
        yield from _coverage(settings)
        yield _organisation(settings)
        yield _secrets(settings)
        yield _check_mail(settings)
        yield _templates(settings)
        yield _check_mapping(settings)
        yield from _check_records(settings, clock())


def _coverage(settings: Settings) -> Iterator[Finding]:
    """What the policy in use leaves out, and words in it that nobody knows (rules A4)."""
    try:
        policy = load_policy(settings.policy)
    except ComplianceError:
        return
    own = own_words(settings)
    known = {field: words.union(own.get(field, ())) for field, words in SPECIFIED.items()}
    exempt = f"; exempt, and owed nothing: {', '.join(policy.exempt_victims)}" if policy.exempt_victims else ""
    yield Finding(f"who and what {policy.path.name} covers{exempt}", notes=tuple(describe_coverage(policy, known)))


def _check_records(settings: Settings, now: datetime) -> Iterator[Finding]:
    try:
        policy = load_policy(settings.policy)
    except ComplianceError:
        return
    yield from (Finding(what, notes=notes) for what, notes in look_at_records(settings, policy, now))


def _is_one_of(policy: Path, shipped: list[Path]) -> bool:
    """Return whether a setting (a file, or the name of a supplied policy) is one of these files.

    A copy elsewhere is not.
    """
    return policy.resolve() in shipped or (not policy.exists() and str(policy) in {path.stem for path in shipped})


def _policy(path: Path, policies: list[Policy]) -> Finding:
    try:
        policies.append(load_policy(path))
    except ComplianceError as error:
        return Finding(f"policy {path}", (str(error),))
    return Finding(f"policy {path}")


def _examples(policies: list[Policy], rules: Path) -> Iterator[Finding]:
    """Check the worked examples of every policy, and whether each clause that decides a verdict has one."""
    try:
        clauses = load_clauses(rules / "examples" / "clauses.toml")
    except ComplianceError as error:
        yield Finding("clauses that decide a verdict", (str(error),))
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
    yield Finding(
        f"clauses that decide a verdict: {to_show - len(missing)} of {to_show} have a worked example",
        tuple(f"{clause}: no example of any policy cites it; add one whose answer hangs on it" for clause in missing),
    )


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
    notes = []
    if held < seen:
        where = beside / name if folder == beside else f"a copy of {folder / name} in {beside}"
        notes.append(_ADVICE.format(failed=seen - held, seen=seen, where=where, readme=rules / "README.md"))
    if not seen and not problems:
        notes.append(f"no examples yet; write some in {beside / name}, as {rules / 'README.md'} says")
    elif missing := not_shown(clauses, [policy], cited):
        several = len(missing) > _FEW
        named = ", ".join(clause.id if several else str(clause) for clause in missing)
        notes.append(f"{count_noun(len(missing), 'clause')} without an example: {named}")
    return Finding(f"worked examples of {name}{own}: {held} of {seen} hold", tuple(problems), tuple(notes)), cited


_FEW: Final = 5
"""How many clauses are named with what they are about; of more, only the numbers are given."""
_ADVICE: Final = (
    "{failed} of {seen} examples do not hold. Read the story of each: where the policy was meant to change its answer, "
    "write the new answer into {where}; where it was not, the policy says something else than was meant. See "
    '{readme}, "When an example fails"'
)


def _secrets(settings: Settings) -> Finding:
    """Check that every secret in the settings can be obtained, without showing any."""
    problems = []
    named = [("mail.password", settings.mail.password), ("crime_system.token", settings.crime_system.token)]
    for key, value in named:
        try:
            settings.secret(value, key)
        except ComplianceError as error:
            problems.append(str(error))
    return Finding("secrets that the settings name", tuple(problems))


def _check_mail(settings: Settings) -> Finding:
    """Check how email is sent. Secrets have a finding of their own. No server is contacted."""
    what = "mail: every address is written to" if settings.mail.allow is None else "mail: a pilot, as `allow` says"
    try:
        pilot = pilot_of(settings)
        if pilot is not None and (problem := pilot.problem()):
            raise SettingsError(f"{settings.source}: [mail] pilot_folder: {problem}")
        if not _secrets(settings).problems:
            channel_of(settings).open().close()
    except ComplianceError as error:
        return Finding(what, (str(error),))
    return Finding(what)


def _templates(settings: Settings) -> Finding:
    try:
        policy = load_policy(settings.policy)
    except ComplianceError:
        return Finding("templates: not looked at without a policy")
    try:
        reminding = reminder_settings(settings)
        check_rules(policy, settings.reminders)
        for requirement in settings.report.targets:
            policy.requirement_by_id(requirement)
    except ComplianceError as error:
        return Finding("settings of reminders and mail", (f"{settings.source}: {error}",))
    problems: list[str] = []
    try:
        check_templates(policy, reminding)
        week = Week(2026, 20)
        nothing = GivenRecords("no records", columns([]))
        figures = report_figures(nothing, policy, week, week.settling_instant(policy.local), force=settings.force.name)
        render(figures)
        problems += filter(None, [announce(figures, [], settings.report.folder).problem])
    except ComplianceError as error:
        problems.append(str(error))
    return Finding("templates", tuple(problems))


def _organisation(settings: Settings) -> Finding:
    """Check the map by which reports name units."""
    try:
        found = organisation_in(settings)
    except ComplianceError as error:
        return Finding("organisation: divisions and teams over time", (str(error),))
    if found is None:
        return Finding("organisation: no map, reports name units as the records do")
    counted = ((found.areas, "area"), (found.divisions, "division"), (found.teams, "team"))
    areas, divisions, teams = (count_noun(len({entry.name for entry in entries}), noun) for entries, noun in counted)
    named = f"{areas}, {divisions}" if found.areas else divisions
    return Finding(f"organisation: {named} and {teams} over time")


def _check_mapping(settings: Settings) -> Finding:
    what = f"mapping of the crime system ({settings.crime_system.kind})"
    try:
        mapper_of(settings)
    except ComplianceError as error:
        return Finding(what, (str(error),))
    return Finding(what)
