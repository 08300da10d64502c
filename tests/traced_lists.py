"""What pages have worked out in the background, as though it had been: cases behind a number, and what another rule does."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec

from compliance.batch.whatif import ChangedObligation, StateChange, WhatIf
from compliance.reports.catalogue.case import TracedCase
from compliance.service.answers.background_work import CASES, WHATIF, CasesQuestion, FoundCases, WhatIfQuestion
from compliance.store.kept.background_tasks import BackgroundTask, TaskState, ask_task, claim_task, end_task
from tests.stores import at
from tests.web_office import WebOffice

FIGURE: Final = "rate.7-day"
TOLD: Final = at("2026-07-10 09:30")


def looked_up(office: WebOffice, period: str, division: str | None, crimes: Sequence[str], counted: int = 1) -> None:
    """These crimes are found for the figure, of which the first so many are counted."""
    task = asked(office, period, division)
    cases = tuple(
        TracedCase(ref, "V1", "7-day", 1, date(2026, 7, 8), "late", None, "U1", TOLD, TOLD, counted=int(n < counted))
        for n, ref in enumerate(crimes)
    )
    found = FoundCases("count", "", f"{counted} of {len(crimes)}", cases)
    end_task(office.service.store, task, office.now, TaskState.DONE, msgspec.json.encode(found), None)


def asked(office: WebOffice, period: str, division: str | None) -> BackgroundTask:
    """Somebody asked for them, and they are being looked up."""
    question = msgspec.json.encode(CasesQuestion(period, division, FIGURE, 1)).decode()
    assert ask_task(office.service.store, CASES, question, "an.analyst", office.now)
    task = claim_task(office.service.store, office.now)
    assert task
    return task


def compared(office: WebOffice, crimes: Sequence[str]) -> BackgroundTask:
    """Another rule would have changed an obligation of each of these crimes."""
    first, last = date(2026, 7, 6), date(2026, 7, 12)
    question = WhatIfQuestion(first, last, ("7-day.within.days=10",), office.now)
    asked_for = msgspec.json.encode(question).decode()
    assert ask_task(office.service.store, WHATIF, asked_for, "an.analyst", office.now)
    task = claim_task(office.service.store, office.now)
    assert task
    some = tuple(ChangedObligation(ref, "V1", 1, date(2026, 7, 8), date(2026, 7, 11)) for ref in crimes)
    change = StateChange("7-day", "overdue", "not yet due", len(crimes), some)
    answer = WhatIf("the policy", "another", question.changes, first, last, office.now, None, date(2026, 7, 20),
                    len(crimes), 0, (0, 0), (), 0, (change,))  # fmt: skip
    end_task(office.service.store, task, office.now, TaskState.DONE, msgspec.json.encode(answer), None)
    return task
