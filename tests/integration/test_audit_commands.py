"""What people do at the command line, and what the service does by itself, is in the audit log before it is shown."""

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import click
import pytest
from click.testing import CliRunner
from sqlmodel import SQLModel

from compliance.cli import command_notes, main, options
from compliance.cli.command_notes import OF_COMMANDS
from compliance.errors import UnavailableError
from compliance.feeds import DirectoryEntries, Page
from compliance.reports.catalogue.case import TracedCase
from compliance.reports.tracing import TracedFigure
from compliance.service import Service
from compliance.service.polls.polling import poll
from compliance.service.report_jobs.reporting import Reporting
from compliance.service.running.configuration_notes import note_configuration
from compliance.service.running.daemon import Daemon
from compliance.store import AuditEntry, AuditKind, Store, dispute_victim, log_entry, log_if_changed
from compliance.store.audit.actors import Actor
from compliance.store.kept.reviews import add_review
from tests import stores
from tests.accesses import list_entries
from tests.engine import RULES
from tests.service_states import NOW, ServiceState
from tests.stores import crime, on_both, take, updates

new_database, database_url, store = stores.one_database, stores.database_url, stores.store

CASE: Final = "22A/1/26"
RUNS: Final[dict[str, tuple[str, ...]]] = {
    "audit list": (),
    "backup": ("{folder}/copy.db",),
    "check": (),
    "disputes answer": ("1", "right", "--note", "words that stand elsewhere", "--crime", CASE),
    "disputes list": (),
    "disputes show": ("1",),
    "explain": (CASE,),
    "export": ("{folder}/export",),
    "feed restart": (),
    "maintenance": ("2h", "--reason", "new mail server"),
    "notices": (CASE,),
    "outbox": (),
    "outbox cancel": ("1",),
    "outbox list": (),
    "outbox retry": ("1",),
    "outbox show": ("1",),
    "quarantine list": (),
    "quarantine retry": ("1",),
    "quarantine show": ("1",),
    "rebuild": (),
    "remind": (),
    "report": ("--period", "2026-W27"),
    "report cases": ("--period", "2026-W27", "--figure", "overdue.7-day"),
    "report release": ("2026-W27", "--reason", "checked by hand"),
    "report resume": (),
    "report suspend": ("--reason", "the move", "--until", "2099-01-01"),
    "review close": (),
    "return cases": ("monthly", "--period", "2026-06", "--measure", "m", "--by", "sex", "--group", "F"),
    "return held": (CASE,),
    "return make": ("monthly", "--period", "2026-06"),
    "return sign": ("monthly", "--period", "2026-06", "--role", "head"),
    "return write": ("monthly", "--period", "2026-06", "{folder}/returns"),
    "review draw": ("--period", "2026-W27", "--reader", "amy"),
    "review form": ("{folder}/forms",),
    "review import": ("{folder}/config.toml", "--reader", "amy"),
    "review pack": ("{folder}/pack",),
    "subject": ("O1",),
    "survey import": ("{folder}/config.toml",),
    "token create": ("power-bi", "--role", "board"),
    "token revoke": ("power-bi",),
    "trial end": (),
    "trial register": (),
    "whatif": ("--set", "7-day.within.days=5", "--from", "2026-07-01", "--to", "2026-07-31"),
}  # fmt: skip
"""Every command that owes the log an entry, as it is run here; some of them fail after it."""
ELSEWHERE: Final = {"restore"}
"""Those whose entry is in another database than the one they began with (tests/integration/test_store_restoring.py)."""
SHOWN: Final = {
    name: [CASE]
    for name in ("disputes answer", "disputes list", "disputes show", "explain", "notices", "quarantine list", "quarantine show", "report cases",
                 "return cases", "return held",
                 "review form", "review pack")
} | {"subject": [CASE, "22A/2/26"]}  # fmt: skip
"""The crime numbers that each shows or concerns."""


@pytest.fixture
def state(store: Store, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ServiceState:
    figure = TracedFigure("overdue.7-day", "overdue.7-day", "count", (TracedCase(CASE),))
    monkeypatch.setattr(Reporting, "cases", lambda *_: (figure, ""))
    monkeypatch.setattr("compliance.service.evidence.returning.list_group", lambda *_: [(CASE, "V1", "met")])
    state = ServiceState(store, database_url, tmp_path)
    state.email("queued", NOW)
    dispute_victim(store, "O1", (CASE, "V1"), "not so", NOW)
    take(store, NOW, crime(CASE, reported_at="soon"))
    draw_review(store)
    return state


def draw_review(store: Store) -> None:
    """A dip sample of one case."""
    counts, day = {"met": 1}, date(2026, 7, 2)
    drawn = {"period": "2026-W27", "requirement": "7-day", "version": 1, "seed": "s", "populations": counts,
             "drawn": counts, "criteria": [], "drawn_at": NOW, "drawn_by": "mhill"}  # fmt: skip
    case = {"number": 1, "crime_ref": CASE, "victim_ref": "V1", "cycle": 1, "look_from": day, "due_date": day,
            "division": "", "state": "met", "reader": "amy", "second_reader": None}  # fmt: skip
    add_review(store, drawn, [case])


def run(state: ServiceState, command: str, *words: str) -> int:
    given = [word.format(folder=state.folder) for word in words]
    return CliRunner().invoke(main, [*command.split(), *given, "--config", str(state.config)]).exit_code


def commands(group: click.Group, before: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")
            if command.invoke_without_command:
                yield f"{before}{name}"
        else:
            yield f"{before}{name}"


def test_every_command_says_what_it_leaves_in_the_log_or_why_nothing() -> None:
    """One that is added fails here until somebody has said so."""
    assert sorted(commands(main)) == sorted(OF_COMMANDS)
    owing = {name for name, what in OF_COMMANDS.items() if isinstance(what, AuditKind)}
    assert set(RUNS) | ELSEWHERE == owing


@pytest.mark.parametrize("command", RUNS)
def test_a_command_leaves_one_entry_of_its_kind_with_who_ran_it_and_how(
    state: ServiceState, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_USER", "mhill")
    monkeypatch.setattr(options, "account_name", lambda: "compliance")
    monkeypatch.setattr(command_notes, "account_name", lambda: "compliance")
    run(state, command, *RUNS[command])
    (entry,) = [each.entry for each in list_entries(state.store) if each.entry.target.startswith("compliance ")]
    assert (entry.what, entry.target) == (OF_COMMANDS[command], f"compliance {command}")
    assert (entry.who, entry.role, entry.details["account"]) == ("mhill", "command line", "compliance")
    assert entry.details.get("crimes", []) == SHOWN.get(command, [])
    words = RUNS[command]
    assert entry.reason == (words[words.index("--reason") + 1] if "--reason" in words else None)
    assert "words that stand elsewhere" not in str(entry)
    asked = str(entry.details.get("asked"))
    assert all(word.format(folder=state.folder) in asked for word in words if "/" in word and word != CASE)


@pytest.mark.parametrize("command", sorted(set(RUNS) - {"check"}))
def test_a_command_that_cannot_be_written_down_shows_and_does_nothing(
    state: ServiceState, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise UnavailableError("the disk is full")

    monkeypatch.setattr("compliance.store.log_entry", fail)
    before = content(state.store)
    done = CliRunner().invoke(
        main,
        [*command.split(), *(w.format(folder=state.folder) for w in RUNS[command]), "--config", str(state.config)],
    )
    assert (done.exit_code, done.stderr, done.stdout) == (4, "compliance: the disk is full\n", "")
    assert content(state.store) == before
    assert not (state.folder / "copy.db").exists()
    assert not (state.folder / "export").exists()


def content(store: Store) -> dict[str, list[Any]]:
    skipped = {"obligation", "owed_count", "transition", "crime", "set_aside"}  # what is due is judged before a plan
    return {n: stores.rows(store, t) for n, t in SQLModel.metadata.tables.items() if n not in skipped}


@pytest.mark.parametrize(("words", "what"), [((), None), (("--dry-run",), AuditKind.CONSULTATION)])
def test_what_would_be_removed_is_a_consultation_and_what_is_is_an_erasure_with_counts(
    state: ServiceState, words: tuple[str, ...], what: AuditKind | None
) -> None:
    state.email("sent", NOW - timedelta(days=5000), recipient_ref="O1")
    state.email("sent", NOW, recipient_ref="O1")
    assert run(state, "retention", *words) == 0
    (entry,) = [each.entry for each in list_entries(state.store)]
    assert entry.what == (what or AuditKind.ERASURE)
    if what is None:
        assert entry.target == "retention"
        assert entry.details["removed"]["email"] == 1
        assert entry.role == "command line"


def test_nothing_removed_is_no_entry(state: ServiceState) -> None:
    Service(state.settings, state.policy, state.store, lambda: NOW).retaining.apply()
    assert list_entries(state.store) == []


def test_a_dry_run_of_reminders_names_the_crimes_that_it_shows(state: ServiceState) -> None:
    assert run(state, "remind", "--dry-run") == 0
    entries = [each.entry for each in list_entries(state.store)]
    assert [entry.what for entry in entries] == [AuditKind.CONSULTATION]
    assert "22A/2/26" in entries[0].details["crimes"]


def test_many_crimes_stand_in_several_entries(state: ServiceState, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_notes, "_MOST_CRIMES", 1)
    assert run(state, "remind", "--dry-run") == 0
    shown = [each.entry.details["crimes"] for each in list_entries(state.store)]
    assert len(shown) > 1
    assert {len(each) for each in shown} == {1}


def test_a_question_about_a_file_is_not_logged(state: ServiceState) -> None:
    """It is not the data of this service."""
    records = state.folder / "records.ndjson"
    records.write_text('{"crime_ref": "A", "reported_at": "2026-07-01T09:00:00Z", "victims": [{"victim_ref": "V"}]}\n')
    assert run(state, "explain", "A", "--input", str(records)) == 0
    assert list_entries(state.store) == []


@on_both
def test_the_service_notes_what_decides_how_people_are_treated_when_it_changes(state: ServiceState) -> None:
    """Once, however often it starts, and however many instances do."""
    shutil.copytree(RULES, state.folder / "rules")

    def start(*changes: tuple[str, str]) -> list[tuple[str, str]]:
        before = len(list_entries(state.store))
        settings = state.settings_with(*changes)
        state.settings = settings
        note_configuration(Service(settings, state.policy, state.store, lambda: NOW))
        new = [each.entry for each in list_entries(state.store)[before:]]
        assert {(each.who, each.role, each.what) for each in new} <= {
            ("compliance", "service", AuditKind.CONFIGURATION)
        }
        return [(each.target, str(each.details)) for each in new]

    assert [target for target, _ in start()] == ["settings", "policy", "organisation"]
    assert start() == []
    own = ('^policy = "[^"]*"', 'policy = "rules/west-mercia.toml"')
    assert [target for target, _ in start(own)] == ["settings"]
    policy = state.folder / "rules" / "west-mercia.toml"
    policy.write_text(policy.read_text("utf-8").replace("days = 28", "days = 27", 1))
    assert [target for target, _ in start(own)] == ["policy"]
    assert start(own) == []
    assert [target for target, _ in start()] == ["settings", "policy"], "the way back is a change too"
    mapped = ("^# organisation = .*$", 'organisation = "rules/organisation.toml"')
    (state.folder / "rules" / "organisation.toml").write_text('[[division]]\nname = "North"\n')
    assert [target for target, _ in start(mapped)] == ["settings", "organisation"]


def test_a_password_in_the_address_of_the_database_is_not_hashed(
    state: ServiceState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A digest would let it be guessed. Where the address stands elsewhere, it is no other."""
    url = "postgresql+psycopg://compliance:{}@db.force.example/compliance"
    monkeypatch.setenv("DATABASE_URL", url.format("three"))
    for given in (url.format("one"), url.format("two"), "env:DATABASE_URL"):
        database = state.settings.database.model_copy(update={"url": given})
        settings = state.settings.model_copy(update={"database": database})
        note_configuration(Service(settings, state.policy, state.store, lambda: NOW))
    assert [each.entry.target for each in list_entries(state.store)].count("settings") == 1


def test_nothing_is_done_before_it_is_noted_and_a_full_disk_ends_nothing(
    state: ServiceState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next job tries again; once it is noted, no job notes it again."""
    tried: list[str] = []
    polled: list[str] = []

    def poll() -> dict[str, object]:
        polled.append("polled")
        return {}

    def note(_: Service) -> None:
        tried.append("to note")
        if len(tried) == 1:
            raise UnavailableError("the disk is full")

    monkeypatch.setattr("compliance.service.running.daemon.note_configuration", note)
    daemon = Daemon(Service(state.settings, state.policy, state.store, lambda: NOW))
    for _ in range(3):
        daemon._guard("poll", poll)()
    assert (len(tried), len(polled)) == (2, 2)


def test_the_newest_entry_about_a_setting_decides_whether_it_has_changed(store: Store) -> None:
    """Not one about something else, and none of another kind."""

    def entry(target: str, digest: str, what: AuditKind = AuditKind.CONFIGURATION) -> AuditEntry:
        return AuditEntry(NOW, "compliance", "service", what, target, {"digest": digest})

    assert log_if_changed(store, entry("policy", "1"), "digest")
    log_entry(store, entry("settings", "2"))
    log_entry(store, entry("policy", "2", AuditKind.DECISION))
    assert not log_if_changed(store, entry("policy", "1"), "digest")
    assert log_if_changed(store, entry("policy", "2"), "digest")
    assert not log_if_changed(store, entry("policy", "2"), "digest")
    assert len(list_entries(store)) == 4


@on_both
def test_a_poll_that_stored_something_is_one_collection_with_its_counts(store: Store) -> None:
    class Feed:
        def __init__(self, *records: Any) -> None:
            self.records = stores.raws(records)

        def pages(self, _: str | None) -> Iterator[Page]:
            yield Page(self.records, "end", more=False)

        def officers(self) -> DirectoryEntries:
            return DirectoryEntries([], [])

        def close(self) -> None:
            """There is nothing to let go of."""

    first = Feed(crime(), crime("22A/2/26"), crime("22A/3/26", reported_at="soon"))
    poll(store, first, "crimes", lambda: NOW, actor=Actor("mhill", "command line"))
    poll(store, Feed(crime(), crime("22A/2/26")), "crimes", lambda: NOW + timedelta(minutes=5))
    poll(store, Feed(), "crimes", lambda: NOW + timedelta(minutes=10))
    poll(store, Feed(crime(updates=updates("2026-07-02"))), "crimes", lambda: NOW + timedelta(minutes=15))
    one, two = [each.entry for each in list_entries(store)]
    assert (one.what, one.who, one.role, one.target) == (AuditKind.COLLECTION, "mhill", "command line", "crimes")
    assert one.details == {"poll": 1, "received": 3, "complete": True, "changed": 2, "refused": 1}
    assert (two.who, two.details["changed"], two.details["received"]) == ("compliance", 1, 1)
