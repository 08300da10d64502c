"""The pages of a small force that has something to do for everybody: overdue updates, a report, refused records, disputes,
and emails that went wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from compliance.reports.periods.periods import parse_period
from compliance.service.answers.background_work import WORK
from compliance.store import list_quarantined
from compliance.store.kept.background_tasks import TaskState, claim_task, end_task
from compliance.web import owed_pages
from tests import stores
from tests.integration.test_web_disputes import dispute
from tests.integration.test_web_outbox import happen
from tests.integration.test_web_quality import make_right
from tests.integration.test_web_reviews import add_sample
from tests.stores import crime, take, updates
from tests.web_office import NORTH, WebOffice, open_web_office, records

PERIOD: Final = "2026-W28"
"""The week of the report: what is owed fell due in it."""

A_PAGE: Final = 4
"""How many entries of what is owed are on a page of the list."""


@contextmanager
def open_walked_office(folder: Path, many: int) -> Iterator[WebOffice]:
    """The force of `tests/web_office.py` with more crimes, all of team N1. `many`: how often each task can be done, as each
    time leaves one thing less to do."""
    url = stores.new_migrated(lambda: f"sqlite:///{folder}/compliance.db")
    with pytest.MonkeyPatch.context() as patch, open_web_office(url, folder) as office:
        patch.setattr(owed_pages, "LISTED", A_PAGE)
        mine = [crime(f"22A/8{n:02}/26", officer_ref="n1a", **NORTH) for n in range(many)]
        others = [crime(f"22A/9{n:02}/26", officer_ref="n1b", **NORTH) for n in range(many)]
        told = crime("22A/990/26", officer_ref="n1a", updates=updates("2026-07-03"), **NORTH)
        records(office, *mine, *others, told)
        office.service.reporting.publish(parse_period(PERIOD), office.now, ("board", "division"), ("html",))
        happen(office)
        refuse_some(office, many)
        for n in range(many):
            dispute(office, "s1a", "She was told on the 7th.", f"V{n}")
            add_sample(office)
        add_sample(office, "n1s", "nc")
        yield office


def refuse_some(office: WebOffice, many: int) -> None:
    """Records that were refused, and that would be right now, as for a newer version of the service."""
    store = office.service.store
    take(store, office.now, *(crime(f"22A/7{n}/26", reported_at="soon") for n in range(10, 10 + many)))
    for each in list_quarantined(store):
        make_right(office, each.id or 0, str(each.crime_ref))


def work(office: WebOffice) -> None:
    """Do what pages asked for. A service does it in a process of its own, which takes longer to start than to work."""
    while task := claim_task(office.service.store, office.now):
        made = WORK[task.kind](office.service, task.asked)
        end_task(office.service.store, task, office.now, TaskState.DONE, made, None)
