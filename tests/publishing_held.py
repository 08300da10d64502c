"""A report that is held and then released by a person, while the service is killed: what it does in a process of its own,
and what must have come of it in the end."""

from contextlib import closing, nullcontext, suppress
from datetime import timedelta
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Final

import pytest
from sqlmodel import select

from compliance.errors import SettingsError
from compliance.store import Store, migrate
from compliance.store.tables import ReportRelease
from tests.integration.test_report_release import MONDAY, WEEK_28, held_world, reports
from tests.publishing import Outcome, full_after

FORMS: Final = ("html", "csv")
FILES: Final = len(FORMS)


def prepare(url: str) -> None:
    """A force that recorded far fewer crimes than usual in the week that settles today."""
    migrate(url)
    with closing(Store.open(url)) as store:
        held_world(store)


def work(url: str, folder: str, room: int | None = None, ready: Event | None = None) -> None:
    """The service looks and holds the report; a person who finds it held releases it; the service looks again.

    `room`: the folder has room for so many files more of the report; None: for all.
    """
    with pytest.MonkeyPatch.context() as patch, closing(Store.open(url)) as store, full_after(room):
        # The worked examples of the policy are judged by tests of their own.
        patch.setattr("compliance.service.report_jobs.release_evidence.try_examples", lambda _: (173, ()))
        asked = reports(store, Path(folder), forms=FORMS)
        if ready is not None:
            ready.set()
        with nullcontext() if room is None else suppress(SettingsError):
            asked.publish_due(MONDAY)
            with store.session(reading=True) as session:
                released = session.exec(select(ReportRelease)).all()
            if asked.gate.holds() and not released:
                asked.gate.release(WEEK_28, "Few crimes that week.", "mhill", MONDAY)
            asked.publish_due(MONDAY + timedelta(minutes=5))


def check(outcome: Outcome) -> None:
    """The report is there once, as noted, and each reader was told once that it is held and once that it is there."""
    (row,) = outcome.rows
    assert row[:3] == ("2026-W28", "board", 1)
    assert dict(row[3]) == {name: digest for name, digest in outcome.files.items() if name in dict(row[3])}
    assert len(row[3]) == FILES
    assert len(outcome.mails) == len(set(outcome.mails)) == 4
