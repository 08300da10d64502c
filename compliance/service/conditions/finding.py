"""What a look at one thing finds: nothing, or problems that are conditions of the list, by their names."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """A condition that is there: its name in the list, a sentence with the facts, and what it consists of."""

    name: str
    sentence: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at and how it stands, the problems found, and what else is worth knowing."""

    what: str
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()


def note_problem(name: str, problem: object, *details: str) -> Problem:
    """Return a problem whose sentence is an error, or a text that does not begin or end as a sentence does."""
    return Problem(name, as_sentences(problem), details)


def as_sentences(problem: object) -> str:
    """Return an error of one or more lines as that many sentences."""
    lines = [line.rstrip() for line in str(problem).strip().splitlines()]
    return " ".join(line if line.endswith((".", "?", "!", "…")) else f"{line}." for line in lines)
