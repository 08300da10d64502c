"""What is worked out in the background for the pages: the cases behind a figure, and what another rule would have done.

Each kind of work is a function from what was asked to what came of it. It reads, and stores nothing (decision 0064).
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final

import msgspec

from compliance.batch.whatif import whatif
from compliance.batch.whatif_settings import apply_settings
from compliance.reports.catalogue.case import TracedCase
from compliance.reports.periods.periods import parse_period
from compliance.service.answers.explaining import stored_chunks
from compliance.service.service import Service

CASES: Final = "cases"
WHATIF: Final = "whatif"


class FoundCases(msgspec.Struct, frozen=True):
    """The cases behind a figure.

    `instead`: why it has none, and where to look. `words`: what they add up to, and whether that is what was published.
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


def find_cases(service: Service, asked: str) -> bytes:
    """Return the cases behind a figure (`FoundCases`) as JSON: the records judged again as they were for it."""
    question = msgspec.json.decode(asked, type=CasesQuestion)
    found, published = service.reporting.cases(parse_period(question.period), question.figure, question.division)
    words = "" if found.instead else f"{found.sums}{published}"
    answer = FoundCases(found.measure, found.instead, words, found.cases)
    return msgspec.json.encode(answer)


class WhatIfQuestion(msgspec.Struct, frozen=True):
    """What some changes of the policy would do to a period, as judged at an instant.

    `first`, `last`: local dates, both included. `changes`: as `apply_settings` takes them.
    """

    first: date
    last: date
    changes: tuple[str, ...]
    as_at: datetime


def compare_policies(service: Service, asked: str) -> bytes:
    """Return a period under the policy and under a changed one (`WhatIf`) as JSON, as `compliance whatif` compares."""
    question = msgspec.json.decode(asked, type=WhatIfQuestion)
    after = apply_settings(service.policy, question.changes)
    chunks, period = stored_chunks(service.store, None), (question.first, question.last)
    answer = whatif(chunks, service.policy, after, period, question.as_at, changed=question.changes)
    return msgspec.json.encode(answer)


WORK: Final[Mapping[str, Callable[[Service, str], bytes]]] = {CASES: find_cases, WHATIF: compare_policies}
"""The kinds of work, by name."""
