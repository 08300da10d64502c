"""What is worked out in the background for the pages: the cases behind a figure, and what another rule would have done.

Each kind of work is a function from what was asked to what came of it. It reads, and stores nothing (decision 0064).
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from compliance.reports.catalogue.case import TracedCase
from compliance.reports.periods import parse_period
from compliance.service.service import Service

Tell = Callable[[int, int | None], None]
"""Takes how many are done, and of how many if known."""

CASES: Final = "cases"


class FoundCases(msgspec.Struct, frozen=True):
    """The cases behind a figure.

    `instead`: why it has none, and where to look. `words`: the figure and what its cases add up to, and whether that is
    what was published.
    """

    measure: str
    instead: str
    words: str
    cases: tuple[TracedCase, ...]


class CasesQuestion(msgspec.Struct, frozen=True):
    """The cases of which figure of which report.

    `division`: None for the board's edition. `version`: with which the cases are compared; one that is published again
    is another question.
    """

    period: str
    division: str | None
    figure: str
    version: int


def find_cases(service: Service, asked: str, _: Tell) -> bytes:
    """Return the cases behind a figure (`FoundCases`) as JSON: the records judged again as they were for it."""
    question = msgspec.json.decode(asked, type=CasesQuestion)
    found, published = service.reporting.cases(parse_period(question.period), question.figure, question.division)
    answer = FoundCases(found.measure, found.instead, "" if found.instead else f"{found}{published}", found.cases)
    return msgspec.json.encode(answer)


WORK: Final[Mapping[str, Callable[[Service, str, Tell], bytes]]] = {CASES: find_cases}
"""The kinds of work, by name."""
