"""The cases behind a number of a report, as though they had been looked up."""

from collections.abc import Sequence
from typing import Final

import msgspec

from compliance.reports.catalogue.case import TracedCase
from compliance.service.background_work import CASES, CasesQuestion, FoundCases
from compliance.store.background_tasks import BackgroundTask, TaskState, ask_task, claim_task, end_task
from tests.web_office import WebOffice

FIGURE: Final = "rate.7-day"


def looked_up(office: WebOffice, period: str, division: str | None, crimes: Sequence[str], counted: int = 1) -> None:
    """These crimes are found for the figure, of which the first so many are counted."""
    task = asked(office, period, division)
    cases = tuple(
        TracedCase(ref, "V1", "7-day", state="overdue", counted=int(n < counted)) for n, ref in enumerate(crimes)
    )
    found = FoundCases("count", "", f"{FIGURE}: {counted} of {len(crimes)}", cases)
    end_task(office.service.store, task, office.now, TaskState.DONE, msgspec.json.encode(found), None)


def asked(office: WebOffice, period: str, division: str | None) -> BackgroundTask:
    """Somebody asked for them, and they are being looked up."""
    question = msgspec.json.encode(CasesQuestion(period, division, FIGURE, 1)).decode()
    assert ask_task(office.service.store, CASES, question, "an.analyst", office.now)
    task = claim_task(office.service.store, office.now)
    assert task
    return task
