"""`compliance audit verify` finds whatever was done to the log, and says where; `audit list` shows it."""

import json
import re
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import delete, text, update

from compliance.cli import main
from compliance.store import AuditEntry, AuditHead, AuditKind, Store, append_entry, log_entry
from compliance.store.audit.audit_check import CheckedLog, FaultKind, check_log
from compliance.store.audit.audit_log import audit_head, read_audit_head
from compliance.store.database.dialect import take_turn_in_log
from compliance.store.tables import AUDIT_ENTRY, PUBLISHED
from tests import stores
from tests.accesses import list_entries
from tests.audit_tampering import ACTS, Tampering, tamper
from tests.service_states import ServiceState
from tests.stores import at

new_database, database_url, store = stores.new_database, stores.database_url, stores.store
NOW = at("2026-07-20 11:00")


class TamperedError(Exception):
    """Ends a transaction, so that what was done to the log is undone."""


def entry(number: int, **fields: Any) -> AuditEntry:
    plain: dict[str, Any] = {
        "at": NOW + timedelta(minutes=number), "who": f"n{number % 7}", "role": "supervisor",
        "what": AuditKind.CONSULTATION, "target": "/team", "details": {"crimes": [f"22A/{number}/26"]},
        "reason": "covering" if number % 3 else None,
    }  # fmt: skip
    return AuditEntry(**(plain | fields))


def fill(store: Store, count: int) -> None:
    with store.writing() as connection:
        for number in range(count):
            append_entry(connection, entry(number))


def check(store: Store, *heads: AuditHead) -> CheckedLog:
    with store.reading() as connection:
        return check_log(connection, [(head, "the safe") for head in heads])


def after(store: Store, act: Any) -> CheckedLog:
    """What a check finds after something was done to the log, which is then undone."""
    found = CheckedLog()
    with suppress(TamperedError), store.writing() as connection:
        take_turn_in_log(connection)  # nobody else adds an entry meanwhile
        head = audit_head(connection)
        act(connection)
        found = check_log(connection, [(head, "the safe")])
        raise TamperedError
    return found


def test_a_log_as_it_was_written_has_no_fault(store: Store) -> None:
    assert check(store).faults == []
    fill(store, 20)
    middle = list_entries(store)[9].head
    found = check(store, read_audit_head(store), middle, AuditHead(0, "0" * 64))
    assert (found.faults, found.entries, found.heads, found.too_old) == ([], 20, 3, 0)
    assert (found.beginning.number, found.head) == (0, read_audit_head(store))


@pytest.mark.parametrize("act", dict.fromkeys(ACTS))
def test_each_act_is_found_and_named_by_number(store: Store, act: Any) -> None:
    """At every place of a short log."""
    fill(store, 6)
    for seed in range(12):
        done: list[Tampering] = []
        found = after(store, lambda connection: done.append(act(connection, Random(seed), 1, 6)))  # noqa: B023
        assert found.faults, done
        assert done[0].is_named(found), (done, found.faults)
    assert check(store, read_audit_head(store)).faults == []


def campaign(store: Store, trials: int, seed: int) -> None:
    random = Random(seed)
    for _ in range(trials):
        done: list[Tampering] = []
        found = after(store, lambda connection: done.append(tamper(connection, random)))  # noqa: B023
        assert found.faults, done
        assert done[0].is_named(found), (done, found.faults)
    assert check(store, read_audit_head(store)).faults == []


def test_random_acts_are_all_found(store: Store) -> None:
    """The short form of `test_audit_campaign.py`."""
    fill(store, 40)
    campaign(store, 30, seed=1)


@pytest.mark.parametrize(
    ("act", "kind", "first", "last"),
    [
        (lambda log: delete(log).where(log.c.number == 3), FaultKind.MISSING, 3, 3),
        (lambda log: delete(log).where(log.c.number < 3), FaultKind.MISSING, 1, 2),
        (lambda log: delete(log).where(log.c.number.in_((2, 3, 4))), FaultKind.MISSING, 2, 4),
        (lambda log: delete(log).where(log.c.number > 4), FaultKind.CUT_OFF, 5, 6),
        (delete, FaultKind.CUT_OFF, 1, 6),
        (lambda log: update(log).where(log.c.number == 2).values(who="another"), FaultKind.CHANGED, 2, 2),
        (lambda log: update(log).where(log.c.number == 2).values(details="{no JSON"), FaultKind.CHANGED, 2, 2),
    ],
)  # fmt: skip
def test_a_fault_says_what_is_wrong_and_where(store: Store, act: Any, kind: FaultKind, first: int, last: int) -> None:
    fill(store, 6)
    (fault,) = after(store, lambda connection: connection.execute(act(AUDIT_ENTRY))).faults
    assert (fault.kind, fault.first, fault.last) == (kind, first, last)


def test_entries_that_changed_places_are_named_with_the_places_they_had(store: Store) -> None:
    fill(store, 6)

    def swap(connection: Any) -> None:
        for old, new in ((2, 99), (5, 2), (99, 5)):
            connection.execute(update(AUDIT_ENTRY).where(AUDIT_ENTRY.c.number == old).values(number=new))

    found = after(store, swap)
    moved = [fault.words for fault in found.faults if fault.kind is FaultKind.MOVED]
    assert [re.findall(r"\d+", words) for words in moved] == [["2", "5"], ["5", "2"]]


def test_an_instant_that_is_none_is_a_changed_entry(store: Store) -> None:
    """SQLite takes any text."""
    if store.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL takes only an instant")
    fill(store, 3)
    found = after(
        store, lambda connection: connection.execute(text("UPDATE audit_entry SET at = 'x' WHERE number = 2"))
    )
    assert [(fault.kind, fault.first) for fault in found.faults] == [(FaultKind.CHANGED, 2)]


def test_of_very_many_faults_the_rest_is_counted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compliance.store.audit.audit_check._MOST_FAULTS", 2)
    fill(store, 6)
    found = after(store, lambda connection: connection.execute(update(AUDIT_ENTRY).values(who="another")))
    assert (len(found.faults), found.more_faults) == (2, 4)


@pytest.fixture
def state(store: Store, database_url: str, tmp_path: Path) -> ServiceState:
    made = ServiceState(store, database_url, tmp_path)
    fill(store, 5)
    return made


def run(state: ServiceState, *words: str) -> Result:
    return CliRunner().invoke(main, ["audit", *words, "--config", str(state.config)])


def test_the_command_says_what_it_looked_at_and_the_head_to_keep(state: ServiceState) -> None:
    head = read_audit_head(state.store)
    done = run(state, "verify", "--head", str(head))
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "5 entries, 1 to 5", "1 head compared: of published reports, stamps and --head", "each entry is as it was written, and follows the one before",
        f"head: {head}",
    ]  # fmt: skip
    assert list_entries(state.store)[-1].head == head, "it shows nobody, and leaves no entry"


def test_the_command_names_each_fault_and_ends_with_a_code_of_its_own(state: ServiceState) -> None:
    with state.store.writing() as connection:
        connection.execute(delete(AUDIT_ENTRY).where(AUDIT_ENTRY.c.number == 2))
        connection.execute(update(AUDIT_ENTRY).where(AUDIT_ENTRY.c.number == 4).values(reason="another"))
    done = run(state, "verify")
    assert done.exit_code == 8
    assert "entry 2 is missing" in done.stdout
    assert "entry 4 is not what was written" in done.stdout
    assert "head:" not in done.stdout, "of a log that does not hold there is no head to keep"
    assert done.stderr == "compliance: the audit log is not as it was written: 2 faults\n"
    done = run(state, "verify", "--format", "json")
    assert done.exit_code == 8
    assert [(each["kind"], each["first"]) for each in json.loads(done.stdout)["faults"]] == [
        ("missing", 2),
        ("changed", 4),
    ]


def test_a_log_cut_off_is_found_by_a_head_in_a_file_and_by_a_published_report(state: ServiceState) -> None:
    head, kept = read_audit_head(state.store), state.folder / "heads.txt"
    kept.write_text(f"\n{head}\n")
    with state.store.writing() as connection:
        connection.execute(delete(AUDIT_ENTRY).where(AUDIT_ENTRY.c.number > 3))
    assert run(state, "verify").exit_code == 0, "the chain alone cannot tell"
    done = run(state, "verify", "--head", str(kept))
    assert done.exit_code == 8
    assert f"{kept}, line 2 has the head of entry 5" in done.stdout
    with state.store.writing() as connection:
        connection.execute(update(PUBLISHED).values(figures={"basis": {"audit_head": str(head)}}))
    done = run(state, "verify")
    assert done.exit_code == 8
    assert "report 2026-W27 (board, version 1) has the head of entry 5: it was cut off" in done.stdout


def test_a_log_rewritten_is_found_by_a_head(state: ServiceState) -> None:
    head = read_audit_head(state.store)
    with state.store.writing() as connection:
        connection.execute(delete(AUDIT_ENTRY).where(AUDIT_ENTRY.c.number > 3))
    log_entry(state.store, entry(70))
    log_entry(state.store, entry(71))
    assert run(state, "verify").exit_code == 0
    done = run(state, "verify", "--head", str(head))
    assert "entry 5 is not the one of which --head has the head" in done.stdout


@pytest.mark.parametrize("given", ["12", "no such file", "5:abc", "{folder}/wrong.txt"])
def test_what_is_no_head_is_refused(state: ServiceState, given: str) -> None:
    (state.folder / "wrong.txt").write_text("5:abc\n")
    done = run(state, "verify", "--head", given.format(folder=state.folder))
    assert done.exit_code == 2
    assert "head" in done.stderr


def test_the_list_can_be_verified_by_another_program(state: ServiceState) -> None:
    """As docs/audit.md says it."""
    log_entry(state.store, entry(9, who="Zoë", details={"crimes": ["é"], "asked": {"b": "1", "a": "2"}}))
    done = run(state, "list", "--format", "json")
    assert done.exit_code == 0
    previous = "0" * 64
    for number, line in enumerate(done.stdout.splitlines(), 1):
        said = json.loads(line)
        kept = said.pop("hash")
        written = json.dumps(said | {"format": 1}, sort_keys=True, separators=(",", ":"))
        assert (said["number"], said["previous"], kept) == (number, previous, sha256(written.encode()).hexdigest())
        previous = kept
    assert number == 7, "that somebody looked is in it"


def numbers(state: ServiceState, *words: str) -> list[int]:
    return [int(line.split("\t")[0]) for line in run(state, "list", *words).stdout.splitlines()]


def test_the_list_is_narrowed_by_time_person_and_crime(state: ServiceState) -> None:
    log_entry(state.store, entry(9, details={"asked": {"crime_ref": "22A/1/26"}, "refused": "not theirs"}))
    log_entry(state.store, entry(9, details={"crimes": ["22a/1/26", "x22A/1/26", 'é"']}))
    assert numbers(state, "--crime", "22A/1/26")[:2] == [2, 6]
    assert numbers(state, "--crime", "22A/1/2") == [len(list_entries(state.store))], "only that somebody asked"
    assert numbers(state, "--crime", 'é"')[:1] == [7]
    assert numbers(state, "--who", "n2") == [3, 6, 7]
    assert numbers(state, "--since", "2026-07-20T11:01:00Z", "--until", "2026-07-20T11:03:00Z") == [2, 3]
    assert numbers(state, "--until", "2020-01-01T00:00:00Z") == []


def test_a_line_of_the_list_says_who_did_what_when_and_why(state: ServiceState) -> None:
    done = run(state, "list", "--who", "n1")
    assert done.stdout == (
        '2\t2026-07-20 11:01:00Z\tn1\tsupervisor\tconsultation\t/team\t{"crimes": ["22A/1/26"]}\tcovering\n'
    )
    assert done.stderr == "1 entry\n"
