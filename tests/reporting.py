"""A service's reports as a job, in a folder of its own: what it writes, notes and sends."""

import hashlib
from pathlib import Path
from typing import Any

from sqlmodel import select

from compliance.config import Settings
from compliance.policy import load_policy
from compliance.service.report_jobs.reporting import Reporting
from compliance.store import Store
from compliance.store.tables import Outbox, Published

HTTP = {"url": "http://127.0.0.1:1/crimes"}


def reporting(store: Store, folder: Path, system: Any = HTTP, **report: Any) -> Reporting:
    """The reports of a force whose records are complete from January 2026; `report`: the settings of that section."""
    settings = Settings.model_validate(
        {
            "force": {"name": "A force"},
            "crime_system": system,
            "reminders": {"due_from": "2026-01-01"},
            "mail": {"host": "127.0.0.1", "sender": "Updates <updates@force.example>"},
            "report": {"folder": "reports", "forms": ["html"], "records_begin": "2026-01-05"} | report,
            "base": folder,
            "source": "a test",
        }
    )
    return Reporting(settings, load_policy("west-mercia"), store)


def written(folder: Path) -> list[str]:
    """The names of what lies in the reports' folder, whatever it is."""
    return sorted(path.name for path in (folder / "reports").iterdir())


def told(store: Store) -> list[Outbox]:
    """The mails that were queued."""
    with store.session(reading=True) as session:
        return list(session.exec(select(Outbox)))


def published(store: Store) -> dict[tuple[str, str, int], dict[str, str]]:
    """What is noted as published: by period, edition and version, the digests of its files."""
    with store.session(reading=True) as session:
        rows = session.exec(select(Published)).all()
    return {(row.period, row.edition, row.version): dict(row.files) for row in rows}


def digests(folder: Path) -> dict[str, str]:
    """The digests of what lies in the reports' folder."""
    return {name: hashlib.sha256((folder / "reports" / name).read_bytes()).hexdigest() for name in written(folder)}
