"""The head of the audit log is stamped once a day, the stamps are kept, and find a log that was cut off or rewritten."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import delete, update
from structlog.testing import capture_logs

from compliance import clock
from compliance.cli import main
from compliance.errors import AuditError, SettingsError, UnavailableError
from compliance.policy.calendars import LocalDates
from compliance.service import Service
from compliance.service.audit.audit_verification import GivenStamp, verify_log
from compliance.service.audit.stamping import Stamping
from compliance.service.noting.job_runs import STAMP, JobRuns
from compliance.service.running.daemon import Daemon
from compliance.store import AuditEntry, AuditHead, AuditKind, Store, append_entry, list_job_runs, log_entry
from compliance.store.audit.audit_log import read_audit_head
from compliance.store.audit.audit_stamps import KeptStamp, iterate_stamps, keep_stamp
from compliance.store.removing.audit_retention import remove_old_months
from compliance.store.tables import AUDIT_ENTRY, AUDIT_STAMP
from tests import stores
from tests.accesses import list_entries
from tests.audit_tampering import pretend_retention
from tests.service_states import ServiceState
from tests.stores import at, on_both
from tests.time_stamping import authority, openssl, stamping
from tests.web_server import WebServer, answer

new_database, database_url, store = stores.one_database, stores.database_url, stores.store
NOON: Final = at("2026-07-20 11:00")
DAY: Final = timedelta(days=1)


def entry(number: int, when: datetime = NOON) -> AuditEntry:
    details = {"crimes": [f"22A/{number}/26"]}
    return AuditEntry(when, f"n{number}", "supervisor", AuditKind.CONSULTATION, "/team", details)


class Stamped:
    """A service whose log has five entries, with a time-stamping service."""

    def __init__(self, state: ServiceState, web: WebServer) -> None:
        self.state, self.web, self.store, self.folder, self.now = state, web, state.store, state.folder, NOON
        (state.folder / "authority.pem").write_bytes(authority().pem)
        self.set_up("authority.pem")
        for number in range(5):
            log_entry(self.store, entry(number))

    def set_up(self, trusted: str) -> None:
        self.state.settings = self.state.settings_with(
            ("^# timestamp_url = .*$", f'timestamp_url = "{self.web.url}"'),
            ("^# authority = .*$", f'authority = "{trusted}"'),
        )

    @property
    def stamping(self) -> Stamping:
        return Stamping(self.state.settings, self.store, LocalDates("Europe/London"), lambda: self.now)

    def kept(self) -> list[KeptStamp]:
        with self.store.reading() as connection:
            return list(iterate_stamps(connection))

    def run(self, *words: str | Path) -> Result:
        return CliRunner().invoke(main, ["audit", *map(str, words), "--config", str(self.state.config)])

    def change(self, *statements: Any) -> None:
        with self.store.writing() as connection:
            for statement in statements:
                connection.execute(statement)


@pytest.fixture
def log(store: Store, database_url: str, tmp_path: Path) -> Iterator[Stamped]:
    with stamping(tmp_path / "tsa") as web:
        yield Stamped(ServiceState(store, database_url, tmp_path), web)


@on_both
def test_the_head_is_stamped_and_the_stamp_is_kept_with_what_it_is_of(log: Stamped) -> None:
    before = clock.now().replace(microsecond=0)
    log.stamping.stamp()
    (kept,) = log.kept()
    assert kept.head == read_audit_head(log.store)
    assert kept.asked_at == NOON, "by our clock"
    assert before <= kept.stamped_at <= clock.now(), "by that of the service"
    assert len(log.web.bodies) == 1


@on_both
def test_it_is_stamped_once_a_local_day_and_only_if_there_are_new_entries(log: Stamped) -> None:
    log.now = at("2026-07-20 22:30")  # 23:30 in London
    assert log.stamping.stamp_if_due() is not None
    log_entry(log.store, entry(6))
    assert log.stamping.stamp_if_due() is None, "it is the same day"
    log.now = at("2026-07-20 23:00")
    assert log.stamping.stamp_if_due() is not None
    log.now += DAY
    assert log.stamping.stamp_if_due() is None, "there is nothing new"
    assert [stamp.number for stamp in log.kept()] == [5, 6]
    assert len(log.web.bodies) == 2


def test_without_a_service_in_the_settings_nothing_is_stamped(log: Stamped) -> None:
    log.state.settings = log.state.settings_with()
    assert log.stamping.stamp_if_due() is None
    with pytest.raises(SettingsError, match="timestamp_url"):
        log.stamping.stamp()
    assert log.kept() == []


@on_both
def test_what_another_service_stamped_at_the_same_time_stays(log: Stamped) -> None:
    log.stamping.stamp()
    (kept,) = log.kept()
    keep_stamp(log.store, KeptStamp(5, "0" * 64, NOON, NOON, b""))
    assert log.kept() == [kept]


@on_both
@pytest.mark.parametrize("last", [3, 7])
def test_a_log_without_what_was_stamped_last_is_not_stamped(log: Stamped, last: int) -> None:
    """It was cut off, also where it has grown since: the service itself finds that the day after."""
    log.stamping.stamp()
    log.change(delete(AUDIT_ENTRY).where(AUDIT_ENTRY.c.number > 3))
    for number in range(3, last):
        log_entry(log.store, entry(number + 50))
    with pytest.raises(AuditError, match="entry 5 is not there any more as it was stamped"):
        log.stamping.stamp()
    assert len(log.kept()) == 1


def test_an_entry_that_was_changed_is_not_stamped(log: Stamped) -> None:
    log.change(update(AUDIT_ENTRY).where(AUDIT_ENTRY.c.number == 5).values(who="another"))
    with pytest.raises(AuditError, match="entry 5 is not what was written"):
        log.stamping.stamp()
    assert log.web.bodies == []


def test_a_stamp_by_hand_ends_the_failures_of_the_services_own(log: Stamped) -> None:
    JobRuns(log.store).note_failure(STAMP, NOON, UnavailableError("it says no"))
    done = log.run("stamp")
    assert done.exit_code == 0
    assert done.stdout.startswith("entry 5 stamped, and so is all before it: 20")
    assert list_job_runs(log.store)[STAMP].failures == 0
    assert log.run("stamp").stdout == "nothing to stamp: the log has no entry that is not stamped already\n"
    assert len(list_entries(log.store)) == 5, "to stamp the log adds nothing to it"


def test_the_running_service_stamps_and_goes_on_where_it_cannot(log: Stamped) -> None:
    """Once the service is there again, it stamps the same day, and the condition is over."""
    service = Service(log.state.settings, log.state.policy, log.store, lambda: log.now)
    daemon = Daemon(service)
    stamp = daemon._scheduler.get_job("stamp").func
    works, log.web.granting = log.web.granting, lambda _: answer(b"", "503 Service Unavailable")
    with capture_logs() as logs:
        for _ in range(3):
            stamp()
            log.now += timedelta(hours=1)
        assert [line["event"] for line in logs] == ["unavailable"] * 3
        log.state.runs = daemon.runs
        assert "has not been stamped since 2026-07-20 11:00Z" in log.state.found()["stamp-failing"]
        assert log.kept() == []
        log.web.granting = works
        stamp()
    assert log.state.found() == {}
    assert [stamp.head for stamp in log.kept()] == [read_audit_head(log.store)]
    assert logs[-1]["stamped_entry"] == log.kept()[0].number
    stamp()
    assert len(log.kept()) == 1


def test_a_log_that_was_cut_off_is_a_condition_by_itself(log: Stamped) -> None:
    log.stamping.stamp()
    log.change(delete(AUDIT_ENTRY).where(AUDIT_ENTRY.c.number > 3))
    service = Service(log.state.settings, log.state.policy, log.store, lambda: log.now)
    log.now += DAY
    daemon = Daemon(service)
    with capture_logs():
        daemon._scheduler.get_job("stamp").func()
    log.state.runs = daemon.runs
    assert "entry 5 is not there any more as it was stamped" in log.state.found()["stamp-failing"]


def test_a_service_that_gives_no_stamp_keeps_none(log: Stamped) -> None:
    log.web.granting = lambda _: answer(b"<html>")
    done = log.run("stamp")
    assert done.exit_code == 4
    assert "cannot be read" in done.stderr
    assert log.kept() == []


@on_both
def test_stamps_are_verified_with_the_log(log: Stamped) -> None:
    log.stamping.stamp()
    log_entry(log.store, entry(6))
    log.stamping.stamp()
    (_, newest) = log.kept()
    done = log.run("verify")
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "6 entries, 1 to 6",
        "2 heads compared: of published reports, stamps and --head",
        f"2 stamps verified, the newest of {newest.stamped_at:%Y-%m-%dT%H:%M:%SZ}",
        "each entry is as it was written, and follows the one before",
        f"head: {newest.head}",
    ]
    said = json.loads(log.run("verify", "--format", "json").stdout)
    assert (said["stamps_verified"], said["stamps_not_verified"], said["faults"]) == (2, 0, [])


@on_both
def test_a_log_cut_off_or_rewritten_is_found_by_the_stamps_that_are_stored(log: Stamped) -> None:
    log.stamping.stamp()
    log.change(delete(AUDIT_ENTRY).where(AUDIT_ENTRY.c.number > 3))
    done = log.run("verify")
    assert done.exit_code == 8
    assert "the log ends with entry 3, and the stamp of 20" in done.stdout
    assert "has the head of entry 5: it was cut off" in done.stdout
    for number in range(3):
        log_entry(log.store, entry(number + 50))
    done = log.run("verify")
    assert done.exit_code == 8
    assert "entry 5 is not the one of which the stamp of 20" in done.stdout


@on_both
def test_whoever_changes_the_stamps_too_is_found_by_those_kept_elsewhere(log: Stamped) -> None:
    log.stamping.stamp()
    safe = log.folder / "safe"
    assert log.run("stamps", "--output", safe).stdout == f"{safe}: 1 stamp, 1 of them new\n"
    log.change(delete(AUDIT_ENTRY).where(AUDIT_ENTRY.c.number > 3), delete(AUDIT_STAMP))
    assert log.run("verify").exit_code == 0, "the database alone cannot tell"
    for given in (safe, safe / "entry-5.tsr"):
        done = log.run("verify", "--stamp", given)
        assert done.exit_code == 8
        assert f"the log ends with entry 3, and the stamp {safe / 'entry-5.tsr'} has the head of entry 5" in done.stdout
    for number in range(3):
        log_entry(log.store, entry(number + 50))
    assert "entry 5 is not the one of which the stamp" in log.run("verify", "--stamp", safe).stdout


def test_whoever_says_that_retention_removed_what_was_stamped_is_found(log: Stamped) -> None:
    """Otherwise one entry in place of the log would be rid of all stamps: they would be of entries long gone."""
    log.stamping.stamp()
    safe = log.folder / "safe"
    log.run("stamps", "--output", safe)
    for claimed in (clock.now(), clock.now() + timedelta(days=400)):
        with log.store.writing() as connection:
            pretend_retention(connection, claimed, 1000)
        done = log.run("verify", "--stamp", safe)
        assert done.exit_code == 8
        assert f"entry 5 was removed sooner after the stamp {safe / 'entry-5.tsr'}" in done.stdout
        with pytest.raises(AuditError, match="entry 5 is not there any more"):
            log.stamping.stamp()


def test_what_retention_did_remove_is_not_missed_by_a_stamp_that_somebody_kept(log: Stamped) -> None:
    log.stamping.stamp()
    (kept,) = log.kept()
    later = clock.now() + timedelta(days=200)
    assert remove_old_months(log.store, LocalDates("Europe/London"), 90, later, "compliance", "service") == 5
    given = GivenStamp(AuditHead(3, ""), kept.answer, "the stamp in the safe")
    found = verify_log(log.store, later, (), [given], [authority().certificate])
    assert (found.checked.faults, found.checked.too_old, found.stamps.verified) == ([], 1, 1)


def test_a_stamp_put_in_place_of_another_does_not_hold(log: Stamped) -> None:
    """Somebody rewrites the log and what is stored of the stamp; but cannot make the service sign it."""
    log.stamping.stamp()
    log.change(delete(AUDIT_ENTRY).where(AUDIT_ENTRY.c.number == 5))
    head = log_entry(log.store, entry(77))
    log.change(update(AUDIT_STAMP).values(hash=head.hash))
    done = log.run("verify")
    assert done.exit_code == 8
    assert ", of entry 5, is of another entry than it is kept as the stamp of" in done.stdout
    assert done.stderr == "compliance: 1 stamp of the audit log does not hold\n"


def test_a_stamp_of_another_authority_does_not_hold(log: Stamped) -> None:
    log.stamping.stamp()
    (log.folder / "other.pem").write_bytes(authority("Another authority").pem)
    log.set_up("other.pem")
    done = log.run("verify")
    assert done.exit_code == 8
    assert "of entry 5, is not to be trusted: " in done.stdout
    both = (log.folder / "other.pem").read_bytes() + authority().pem
    (log.folder / "other.pem").write_bytes(both)
    assert log.run("verify").exit_code == 0, "the old authority stays in the file beside the new one"


def test_without_an_authority_it_says_that_stamps_were_not_verified(log: Stamped) -> None:
    log.stamping.stamp()
    log.run("stamps", "--output", log.folder / "safe")
    log.state.settings = log.state.settings_with()
    done = log.run("verify")
    assert done.exit_code == 0
    assert "1 stamp not verified: [audit] authority is not set" in done.stdout
    done = log.run("verify", "--stamp", log.folder / "safe")
    assert done.exit_code == 2
    assert "audit.authority: it is not set" in done.stderr


@pytest.mark.parametrize(("name", "said"), [("mine.tsr", "such as entry-12.tsr"), ("empty", "no file named *.tsr")])
def test_a_file_that_does_not_say_its_entry_is_refused(log: Stamped, name: str, said: str) -> None:
    (log.folder / "empty").mkdir()
    (log.folder / "mine.tsr").write_bytes(b"")
    done = log.run("verify", "--stamp", log.folder / name)
    assert done.exit_code == 2
    assert said in done.stderr


def test_a_file_that_is_no_stamp_does_not_hold(log: Stamped) -> None:
    (log.folder / "entry-3.tsr").write_bytes(b"0\x03")
    done = log.run("verify", "--stamp", log.folder / "entry-3.tsr")
    assert done.exit_code == 8
    assert "of entry 3, cannot be read" in done.stdout


def test_openssl_verifies_the_same_stamp(log: Stamped) -> None:
    """As docs/audit.md says."""
    log.stamping.stamp()
    log.run("stamps", "--output", log.folder / "safe")
    number, hashed, when = log.run("stamps").stdout.rstrip("\n").split("\t")
    assert when.endswith("Z")
    said = openssl(
        "ts", "-verify", "-digest", hashed, "-in", log.folder / "safe" / f"entry-{number}.tsr",
        "-CAfile", log.folder / "authority.pem",
    )  # fmt: skip
    assert "Verification: OK" in said


def test_files_that_are_there_stay(log: Stamped) -> None:
    log.stamping.stamp()
    safe = log.folder / "safe"
    log.run("stamps", "--output", safe)
    (safe / "entry-5.tsr").write_bytes(b"kept")
    log_entry(log.store, entry(6))
    log.stamping.stamp()
    assert log.run("stamps", "--output", safe).stdout == f"{safe}: 2 stamps, 1 of them new\n"
    assert (safe / "entry-5.tsr").read_bytes() == b"kept"
    done = log.run("stamps", "--output", log.folder / "config.toml" / "safe")
    assert done.exit_code == 2
    assert "cannot be written to" in done.stderr


@on_both
def test_stamps_go_with_the_entries_that_retention_removes(log: Stamped) -> None:
    log.stamping.stamp()
    later = NOON + timedelta(days=200)
    with log.store.writing() as connection:
        append_entry(connection, entry(6, later))
    log.now = later
    log.stamping.stamp()
    assert remove_old_months(log.store, LocalDates("Europe/London"), 90, later, "compliance", "service") == 5
    assert [stamp.number for stamp in log.kept()] == [6]
    assert log.run("verify").exit_code == 0
    assert log.stamping.stamp() is not None, "that entries were removed is an entry, and is stamped"


@on_both
def test_entries_that_are_not_as_they_were_stamped_stay(log: Stamped) -> None:
    """As those do that are not as a report has their head."""
    log.stamping.stamp()
    log.change(delete(AUDIT_ENTRY).where(AUDIT_ENTRY.c.number > 3))
    for number in range(3, 7):
        log_entry(log.store, entry(number + 50))
    with pytest.raises(AuditError, match="entry 5 is not the one of which the stamp"):
        remove_old_months(
            log.store, LocalDates("Europe/London"), 90, NOON + timedelta(days=200), "compliance", "service"
        )
    assert len(list_entries(log.store)) == 7
