"""`compliance check`: whether settings, policies, worked examples and templates are in order. Looks at no server."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from compliance.batch.examples import failures, load_examples
from compliance.config import Settings, load_settings
from compliance.errors import ComplianceError
from compliance.policy import Policy, load_policy
from compliance.records import columns
from compliance.reminders import check_templates
from compliance.reports.figures import weekly_figures
from compliance.reports.render import render
from compliance.reports.sources import GivenRecords
from compliance.reports.weeks import Week
from compliance.resources import resource
from compliance.service.service import reminder_rules


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at and whether it is in order; `problems` say what to do."""

    what: str
    problems: tuple[str, ...] = ()


def check(config: Path) -> Iterator[Finding]:
    """Look at each thing in turn; one that is wrong does not keep the others from being looked at."""
    settings: Settings | None = None
    try:
        settings = load_settings(config)
        yield Finding(f"settings {config}")
    except ComplianceError as error:
        yield Finding(f"settings {config}", (str(error),))
    policies: dict[str, Policy] = {}
    folder = resource("rules")
    for path in sorted(folder.glob("*.toml")):
        yield _policy(path, policies)
    if settings is not None and Path(settings.policy).name not in {f"{name}.toml" for name in policies}:
        yield _policy(Path(settings.policy), policies)
    yield from _examples(folder / "examples", policies)
    if settings is not None:
        yield _templates(settings)


def _policy(path: Path, policies: dict[str, Policy]) -> Finding:
    try:
        policies[path.stem] = load_policy(path)
    except ComplianceError as error:
        return Finding(f"policy {path}", (str(error),))
    return Finding(f"policy {path}")


def _examples(folder: Path, policies: dict[str, Policy]) -> Iterator[Finding]:
    """Every worked example, by the policy it proves."""
    for name in sorted(policies):
        held, problems = 0, []
        try:
            for example in load_examples(folder, name):
                found = failures(example, policies[name])
                held += not found
                problems += found
        except ComplianceError as error:
            problems.append(str(error))
        yield Finding(f"worked examples of {name}: {held} hold", tuple(problems))


def _templates(settings: Settings) -> Finding:
    problems = []
    try:
        policy = load_policy(settings.policy)
        check_templates(policy, reminder_rules(settings))
        week = Week(2026, 20)
        nothing = GivenRecords("no records", columns([]))
        render(weekly_figures(nothing, policy, week, week.settled(policy.local), force=settings.force.name))
    except ComplianceError as error:
        problems.append(str(error))
    return Finding("templates", tuple(problems))
