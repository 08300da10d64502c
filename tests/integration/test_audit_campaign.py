"""Random acts on the audit log and on its stamps are all found, while two instances write and old months go."""

from contextlib import closing, suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any, Final, NamedTuple

import pytest
from sqlalchemy import Connection, delete, insert, update

from compliance.service.audit.audit_verification import GivenStamp, Verified, verify_in
from compliance.service.audit.stamp_tokens import ask_about, verify_stamp
from compliance.store import AuditHead, Store, append_entry, log_entry
from compliance.store.audit.audit_log import audit_head, read_audit_head, read_entry
from compliance.store.audit.audit_stamps import KeptStamp, iterate_stamps
from compliance.store.database.dialect import take_turn_in_log
from compliance.store.tables import AUDIT_STAMP
from tests import stores
from tests.accesses import list_entries
from tests.audit_tampering import Tampering, pretend_retention, tamper
from tests.integration.test_audit_retention import remove
from tests.integration.test_audit_verify import TamperedError, campaign, check, entry
from tests.stores import at
from tests.time_stamping import Stamper, authority, needs_openssl

new_database, database_url, store = stores.new_database, stores.database_url, stores.store
BEGIN: Final = at("2026-01-15 12:00")
MONTH: Final = timedelta(days=31)
TRUSTED: Final = [authority().certificate]
PROCESSES: Final = get_context("spawn")


class Shared(NamedTuple):
    """What those who write are told: that it is over, and the time, in seconds since 1970; and what they tell."""

    is_over: Any
    clock: Any
    written: Any


def write(url: str, turn: Any, shared: Shared, number: int) -> None:
    """An instance: an entry each time it has its turn."""
    with closing(Store.open(url)) as service:
        while turn.acquire() and not shared.is_over.is_set():
            number += 1
            log_entry(service, entry(number, at=datetime.fromtimestamp(shared.clock.value, UTC)))
            shared.written.release()


def stamp_head(connection: Connection, stamper: Stamper, now: datetime) -> GivenStamp:
    """Have the head stamped and kept, in the database and elsewhere."""
    head = read_entry(connection)
    assert head is not None
    question = ask_about(head.text)
    reply = stamper.reply(question.sent)
    stamp = verify_stamp(reply, TRUSTED, question.nonce)
    kept = KeptStamp(head.number, head.hash, now, stamp.at, reply)
    connection.execute(delete(AUDIT_STAMP).where(AUDIT_STAMP.c.number == head.number))
    connection.execute(insert(AUDIT_STAMP).values(asdict(kept)))
    return GivenStamp(AuditHead(head.number, ""), reply, "the stamp in the safe")


def cover_up(connection: Connection, random: Random) -> str:
    """What whoever changed the log may do to the stamps that are stored."""
    kept, head = list(iterate_stamps(connection)), audit_head(connection)
    what = random.choice(("nothing", "remove all", "remove one", "name another entry", "another's answer", "garbage"))
    one, other = random.choice(kept), random.choice(kept)
    at_one = update(AUDIT_STAMP).where(AUDIT_STAMP.c.number == one.number)
    if what == "remove all":
        connection.execute(delete(AUDIT_STAMP))
    elif what == "remove one":
        connection.execute(delete(AUDIT_STAMP).where(AUDIT_STAMP.c.number == one.number))
    elif what == "name another entry":
        connection.execute(at_one.values(hash=head.hash))
    elif what == "another's answer":
        connection.execute(at_one.values(answer=other.answer))
    elif what == "garbage":
        connection.execute(at_one.values(answer=random.randbytes(40)))
    return what


def find_by_stamps(store: Store, stamper: Stamper, random: Random, now: datetime) -> None:
    """Nobody has kept a head, but a stamp: an act on the log, and one on the stamps that are stored, in one transaction."""
    done: list[Tampering] = []
    found: Verified | None = None
    with suppress(TamperedError), store.writing() as connection:
        take_turn_in_log(connection)
        safe = stamp_head(connection, stamper, now)
        assert verify_in(connection, now, (), [safe], TRUSTED).problem == ""
        if random.random() < 0.1:
            pretend_retention(connection, datetime.now(UTC), safe.head.number + random.randint(1, 9))
            done.append(Tampering("pretended retention", (safe.head.number,)))
        else:
            done.append(tamper(connection, random))
        covered = cover_up(connection, random)
        found = verify_in(connection, datetime.now(UTC), (), [safe], TRUSTED)
        raise TamperedError
    assert found is not None
    assert found.checked.faults, (done, covered)
    assert done[0].is_named(found.checked), (done, covered, found.checked.faults)


def run(url: str, store: Store, folder: Path, trials: int, between: int, kind: Any) -> None:
    """Two instances add an entry each at every trial; from time to time a month is over, and the old ones go."""
    stamper = Stamper(folder / "tsa")
    turns = [PROCESSES.Semaphore(0), PROCESSES.Semaphore(0)]
    shared = Shared(PROCESSES.Event(), PROCESSES.Value("d", BEGIN.timestamp()), PROCESSES.Semaphore(0))
    ways = zip(turns, (1000, 100_000), strict=True)
    instances = [kind(target=write, args=(url, turn, shared, number), daemon=True) for turn, number in ways]
    for each in instances:
        each.start()
    with store.writing() as connection:
        for number in range(20):
            append_entry(connection, entry(number, at=BEGIN))
    removed, now = 0, BEGIN
    for trial in range(trials):
        for turn in turns:
            turn.release()
        if trial % 2:
            campaign(store, 1, seed=trial)
        else:
            find_by_stamps(store, stamper, Random(trial), now)
        for _ in turns:
            assert shared.written.acquire(timeout=60)
        if trial % between == between - 1:
            with store.writing() as connection:
                take_turn_in_log(connection)
                stamp_head(connection, stamper, now)
            now += MONTH
            shared.clock.value = now.timestamp()
            removed += remove(store, now, days=62)
    shared.is_over.set()
    for turn in turns:
        turn.release()
    for each in instances:
        each.join(60)
        assert getattr(each, "exitcode", 0) == 0
    assert removed > 0
    assert check(store, read_audit_head(store)).faults == []
    with store.reading() as connection:
        whole = verify_in(connection, now, (), (), TRUSTED)
        left = list_entries(store)
    assert whole.problem == ""
    assert 0 < whole.stamps.verified < trials // between, "the stamps of the months that went have gone too"
    last = left[-1].number
    assert last >= 20 + 2 * trials, "both have written at each trial"
    print(f"\n{trials} acts; {last:,} entries written, {removed:,} removed; {whole.stamps.verified} stamps left")  # fmt: skip


def test_random_acts_are_found_while_two_instances_write_and_months_go(
    database_url: str, store: Store, tmp_path: Path
) -> None:
    """The short form of the next, with both in this process."""
    needs_openssl()
    run(database_url, store, tmp_path, trials=30, between=6, kind=Thread)


@pytest.mark.long
def test_a_thousand_acts_are_all_found_while_two_processes_write_and_months_go(
    database_url: str, store: Store, tmp_path: Path
) -> None:
    needs_openssl()
    run(database_url, store, tmp_path, trials=1000, between=60, kind=PROCESSES.Process)
