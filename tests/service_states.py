"""A service whose state a test makes: settings and a store in which all is well, and what goes wrong in it."""

import atexit
import re
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any, Final

from sqlalchemy import exists, insert, or_, select
from sqlmodel import SQLModel

from compliance.config import Settings, load_settings
from compliance.policy import Policy, load_policy
from compliance.records import Officer
from compliance.service.conditions import ServiceFacts, find_conditions, read_facts
from compliance.service.noting.job_runs import JobRuns
from compliance.store import Store, begin_poll, end_poll, judge_due, note_directory, save_officers
from compliance.store.tables import OUTBOX, Published, ReportDuty
from tests.engine import RULES
from tests.stores import SOURCE, at, crime, new_migrated, take

NOW: Final = at("2026-07-20 10:00")
"""A Monday, in the hours in which emails go out. The newest report that may be missed is that of 2026-W27."""
FORMS: Final = ("html", "pdf", "xlsx", "csv", "json")

_HOLDS_ANYTHING: Final = select(or_(*(exists().select_from(table) for table in SQLModel.metadata.sorted_tables)))


@dataclass
class ServiceState:
    """A service in which all is well: read four minutes ago, with a directory, its newest report published."""

    store: Store
    url: str
    folder: Path
    now: datetime = NOW
    is_copied: bool = True
    """Whether an empty SQLite database becomes a copy of one in which all is well, which takes longer to make."""

    def __post_init__(self) -> None:
        self.runs = JobRuns(self.store)
        self.settings = self.settings_with()
        if self.is_copied and self._is_empty_file():
            own_file = str(self.store.engine.url.database)
            with closing(sqlite3.connect(_all_is_well())) as well, closing(sqlite3.connect(own_file)) as own:
                well.backup(own)
            return
        self.read(NOW - timedelta(minutes=4))
        self.owe(NOW - timedelta(days=9))
        self.publish("2026-W27", NOW - timedelta(days=7))

    def _is_empty_file(self) -> bool:
        """Whether this is a SQLite database without a row."""
        if self.store.engine.dialect.name != "sqlite":
            return False
        with self.store.reading() as connection:
            return not connection.execute(_HOLDS_ANYTHING).scalar_one()

    @property
    def policy(self) -> Policy:
        return load_policy(self.settings.policy)

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    def settings_with(self, *changes: tuple[str, str]) -> Settings:
        """The settings supplied, on this database, with some texts replaced (regular expressions)."""
        self.write_settings(*changes)
        return load_settings(self.config)

    def write_settings(self, *changes: tuple[str, str]) -> None:
        text = (RULES.parent / "config.toml").read_text("utf-8").replace("sqlite:///var/compliance.db", self.url)
        for old, new in changes:
            text, count = re.subn(old, new, text, count=1, flags=re.MULTILINE)
            assert count == 1, old
        self.config.write_text(text, "utf-8")

    def read(self, when: datetime, *records: Any, directory: bool = True) -> None:
        """A complete poll, with an officer directory."""
        take(self.store, when, *(records or (crime(), crime("22A/2/26"))))
        judge_due(self.store, self.policy, when)
        if directory:
            save_officers(self.store, [Officer(officer_ref="O1", email="o1@force.example")], when)
            self.poll(when, complete=True, officers=1)

    def poll(
        self, when: datetime, problem: str | None = None, *, complete: bool = False, ended: bool = True,
        officers: int | None = None, directory_problem: str | None = None,
    ) -> None:  # fmt: skip
        """A poll that brings nothing."""
        poll = begin_poll(self.store, SOURCE, when)
        if ended:
            end_poll(self.store, poll, when, complete, problem)
        if officers is not None or directory_problem:
            note_directory(self.store, poll, officers, directory_problem)

    def owe(self, since: datetime) -> None:
        with self.store.session() as session:
            session.add_all(ReportDuty(kind="week", edition="board", form=form, since=since) for form in FORMS)

    def publish(self, period: str, when: datetime, forms: Sequence[str] = FORMS) -> None:
        files = {f"{period}-board.{form}": "digest" for form in forms}
        with self.store.session() as session:
            session.add(
                Published(
                    period=period, edition="board", version=1, as_at=when, known_at=when, policy_digest="d", policy={},
                    figures={}, files=files, published_at=when,
                )
            )  # fmt: skip

    def email(self, state: str, created_at: datetime, **more: Any) -> None:
        row = {
            "key": f"{state} {created_at}", "kind": "digest", "to_address": "o1@force.example", "subject": "s",
            "text": "t", "headers": {}, "message_id": "<m@force.example>", "state": state, "created_at": created_at,
            "attempts": 0,
        }  # fmt: skip
        with self.store.writing() as connection:
            connection.execute(insert(OUTBOX).values(row | more))

    def facts(self) -> ServiceFacts:
        return read_facts(self.settings, self.policy, self.now, self.store, self.runs.list_runs())

    def found(self) -> dict[str, str]:
        """What is found: the sentence of each condition by its name."""
        return {each.condition.name: each.sentence for each in find_conditions(self.facts())}


@cache
def _all_is_well() -> Path:
    """The database of a service in which all is well."""
    folder = Path(mkdtemp(prefix="well-"))
    atexit.register(rmtree, folder, ignore_errors=True)
    url = new_migrated(lambda: f"sqlite:///{folder / 'compliance.db'}")
    with closing(Store.open(url)) as store:
        ServiceState(store, url, folder, is_copied=False)
    return folder / "compliance.db"


Plant = Callable[[ServiceState], object]
"""Puts something into a healthy service."""
