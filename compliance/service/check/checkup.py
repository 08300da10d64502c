"""The findings of a check as lines for a screen and as JSON, and the exit code that they make."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Any, Final

from compliance.service.conditions import Finding, FoundCondition, Severity, Sight, name_conditions
from compliance.service.overview import FAULTS_FOUND, WARNINGS_FOUND
from compliance.text import count_noun, join_words

SETUP_WRONG: Final = 2
"""The exit code if a setting, policy, example, template or folder is wrong: that of every command that meets it."""
_WIDTH: Final = 110
_INDENT: Final = " " * 9


@dataclass(frozen=True, slots=True)
class Checkup:
    """What a check found."""

    findings: Sequence[Finding]

    @property
    def found(self) -> list[FoundCondition]:
        """The conditions found, the faults first."""
        return name_conditions(problem for finding in self.findings for problem in finding.problems)

    @property
    def exit_code(self) -> int:
        """`SETUP_WRONG` with a fault that `--offline` sees, `FAULTS_FOUND` with another, `WARNINGS_FOUND`, or 0."""
        faults = [each for each in self.found if each.condition.severity is Severity.FAULT]
        if any(each.condition.sight is Sight.SETUP for each in faults):
            return SETUP_WRONG
        return FAULTS_FOUND if faults else WARNINGS_FOUND if self.found else 0

    def summary(self) -> str:
        """Return how much was looked at, and how many faults and warnings there are, with their names."""
        counted = []
        for severity in Severity:
            if names := [each.condition.name for each in self.found if each.condition.severity is severity]:
                counted.append(f"{count_noun(len(names), severity.value)} ({', '.join(dict.fromkeys(names))})")
        looked = f"{count_noun(len(self.findings), 'thing')} looked at"
        return fill(
            f"{looked}: {join_words(counted) if counted else 'nothing is wrong'}",
            _WIDTH, break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON: `findings`, each with its `problems`, which are conditions of the list."""
        return {"exit_code": self.exit_code, "findings": [_finding_as_json(each) for each in self.findings]}


def describe_finding(finding: Finding) -> Iterator[str]:
    """Yield the lines of one finding: `ok` with what was looked at, or each problem with what to do."""
    if not finding.problems:
        yield _fill(f"{'ok':9}{finding.what}")
    for each in name_conditions(finding.problems):
        yield _fill(f"{each.condition.severity:9}{each.condition.name}: {each.sentence}")
        yield from (_fill(f"{_INDENT}- {detail}", 2) for detail in each.details)
        yield _fill(f"{_INDENT}To do: {each.condition.remedy}")
    yield from (_fill(f"{_INDENT}note: {note}") for note in finding.notes)


def _fill(line: str, more: int = 0) -> str:
    return fill(line, _WIDTH, subsequent_indent=_INDENT + " " * more, break_long_words=False, break_on_hyphens=False)


def _finding_as_json(finding: Finding) -> dict[str, Any]:
    found = name_conditions(finding.problems)
    return {
        "what": finding.what,
        "state": found[0].condition.severity if found else "ok",
        "problems": [
            {
                "name": each.condition.name,
                "severity": each.condition.severity,
                "sentence": each.sentence,
                "details": each.details,
                "remedy": each.condition.remedy,
            }
            for each in found
        ],
        "notes": finding.notes,
    }
