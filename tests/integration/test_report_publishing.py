"""Publishing from the store: what was known at K, versions, and nothing done twice (decision 0008)."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlmodel import select

from compliance.errors import SettingsError, UnavailableError
from compliance.policy import load_policy
from compliance.reports.figures import report_figures
from compliance.reports.model.report_model import Figures
from compliance.reports.periods.weeks import Week
from compliance.reports.publishing.publish import Publication, publish
from compliance.reports.publishing.published_files import as_published
from compliance.reports.publishing.snapshots import (
    StoredRecords,
    check_held,
    earlier_periods,
    policy_content,
    policy_of,
)
from compliance.reports.rendering.forms import FORMS, Form
from compliance.store import AuditEntry, AuditKind, Store, log_entry
from compliance.store.audit.audit_check import published_heads
from compliance.store.tables import Published, Removal
from tests import stores
from tests.stores import at, crime, take, updates

new_database, database_url = stores.new_shared_database, stores.database_url
store = stores.store

WEEK = Week.parse("2026-W28")  # 6 to 12 July; settled on the 20th at 00:00 in London
BEFORE, MONDAY, TUESDAY = at("2026-07-19 12:00"), at("2026-07-20 05:00"), at("2026-07-21 05:00")


def figures(store: Store, **more: Any) -> Figures:
    policy = load_policy("west-mercia").with_values(**more)
    return report_figures(StoredRecords(store), policy, WEEK, TUESDAY, force="A force")


def put_out(store: Store, folder: Path, now: datetime, forms: Sequence[Form] = ("html",), **more: Any) -> Publication:
    policy = load_policy("west-mercia").with_values(**more)
    return publish(store, [figures(store, **more)], policy, folder, now, forms)[0]


def first_rate(found: Figures) -> tuple[int, int]:
    share = found.requirements[0].week.rate.share
    return share.count, share.of


def published(store: Store) -> list[Published]:
    with store.session(reading=True) as session:
        return list(session.exec(select(Published)))


def test_published_once_however_often_it_is_asked_for(store: Store, tmp_path: Path) -> None:
    take(store, MONDAY, crime(updates=updates("2026-07-03")))
    found = figures(store)
    first = put_out(store, tmp_path, TUESDAY)
    assert (first.version, first.new) == (1, True)
    written = first.path.read_bytes()
    again = put_out(store, tmp_path, datetime(2027, 1, 1, tzinfo=UTC))
    assert (again.path, again.version, again.new) == (first.path, 1, False)
    (row,) = published(store)
    assert (row.period, row.edition, row.version, row.published_at) == ("2026-W28", "board", 1, TUESDAY)
    assert row.as_at == row.known_at == datetime(2026, 7, 19, 23, tzinfo=UTC)
    assert row.policy_digest == found.basis.policy_digest
    assert row.files == {"2026-W28-board.html": hashlib.sha256(written).hexdigest()}
    assert msgspec.convert(row.figures, Figures) == found


def test_the_head_of_the_audit_log_is_printed_and_kept_and_makes_no_new_version(store: Store, tmp_path: Path) -> None:
    """Whoever has a report can say later whether the log up to then is still what it was (docs/audit.md)."""
    take(store, MONDAY, crime())
    head = log_entry(store, AuditEntry(MONDAY, "mhill", "command line", AuditKind.DISCLOSURE, "compliance report"))
    first = put_out(store, tmp_path, TUESDAY)
    assert str(head) in first.path.read_text("utf-8")
    log_entry(store, AuditEntry(MONDAY, "mhill", "command line", AuditKind.DISCLOSURE, "compliance report"))
    assert not put_out(store, tmp_path, TUESDAY).new
    with store.reading() as connection:
        assert list(published_heads(connection)) == [(head, "report 2026-W28 (board, version 1)")]
    changed = put_out(store, tmp_path, TUESDAY, title="Another title")
    assert (changed.version, changed.changed) == (2, ("the policy", "the figures"))
    with store.reading() as connection:
        assert [each.number for each, _ in published_heads(connection)] == [1, 3], "the first is published by entry 2"


def test_a_file_that_is_gone_is_put_back(store: Store, tmp_path: Path) -> None:
    take(store, MONDAY, crime())
    first = put_out(store, tmp_path, TUESDAY)
    written = first.path.read_bytes()
    first.path.unlink()
    assert not put_out(store, tmp_path, TUESDAY).new
    assert first.path.read_bytes() == written


def test_a_change_makes_a_new_version_beside_the_old_one(store: Store, tmp_path: Path) -> None:
    take(store, MONDAY, crime(updates=updates("2026-07-03")))
    first = put_out(store, tmp_path, TUESDAY)
    kept = first.path.read_bytes()
    second = put_out(store, tmp_path, TUESDAY, title="Another policy")
    assert (second.path.name, second.version, second.new) == ("2026-W28-board-v2.html", 2, True)
    assert first.path.read_bytes() == kept
    assert [row.version for row in published(store)] == [1, 2]
    assert second.changed == ("the policy", "the figures")
    assert "This is version 2" in second.path.read_text("utf-8")
    assert not put_out(store, tmp_path, TUESDAY, title="Another policy").new


def test_nothing_is_published_before_a_complete_poll_has_ended_after_k(store: Store, tmp_path: Path) -> None:
    take(store, BEFORE, crime())
    take(store, MONDAY, complete=False)
    with pytest.raises(UnavailableError, match="not been read completely since 2026-07-19T23:00Z"):
        put_out(store, tmp_path, TUESDAY)
    assert published(store) == []
    assert list(tmp_path.glob("*.html")) == []


def test_what_was_learnt_after_k_does_not_change_the_figures_of_the_week(store: Store) -> None:
    """A status put right on Tuesday, and an update that carries no time of entry: neither was known at K."""
    take(store, MONDAY, crime())
    before = figures(store)
    assert first_rate(before) == (0, 1)
    cancelled = [{"status": "cancelled", "at": "2026-07-02T09:00:00Z"}]
    take(store, TUESDAY, crime(status=cancelled, updates=updates("2026-07-03")))
    assert figures(store) == before


def test_a_crime_first_seen_after_k_changes_no_figure_of_the_week(store: Store) -> None:
    """Reported before K or after, what the service did not hold then was not known (statistics 1.2a)."""
    take(store, at("2026-03-02 06:00"))
    take(store, MONDAY, crime())
    before = figures(store)
    take(store, TUESDAY, crime("22A/2/26", reported_at="2026-07-20T12:00:00Z"))
    take(store, TUESDAY, crime("22A/3/26", updates=updates("2026-07-03")))
    assert figures(store) == before
    assert (first_rate(before), before.basis.weeks_before_observation) == ((0, 1), 0)


def test_weeks_settled_before_the_service_first_read_anything_are_said_to_be(store: Store) -> None:
    """Their crimes stand as first seen, which is all that can be known of them (decision 0008)."""
    take(store, MONDAY, crime())
    assert figures(store).basis.weeks_before_observation == 2  # since its report


def test_every_form_as_published_byte_for_byte_from_its_file_or_from_the_kept_figures(
    store: Store, tmp_path: Path
) -> None:
    take(store, MONDAY, crime(updates=updates("2026-07-03")))
    done = put_out(store, tmp_path, TUESDAY, tuple(FORMS))
    written = {path.suffix[1:]: path.read_bytes() for path in done.paths}
    assert set(written) == set(FORMS)
    for path in done.paths[::2]:
        path.unlink()
    for path in done.paths[1::2]:
        path.write_bytes(b"spoilt")
    for name in FORMS:
        assert as_published(store, tmp_path, "2026-W28", "board", name) == written[name]
    with pytest.raises(SettingsError, match="2026-W29, edition board: it has not been published"):
        as_published(store, tmp_path, "2026-W29", "board", "pdf")


def test_what_cannot_be_made_again_is_refused_with_the_digest_to_restore(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(store, MONDAY, crime())
    put_out(store, tmp_path, TUESDAY).path.unlink()
    for name in FORMS:
        monkeypatch.setitem(FORMS, name, lambda _: b"another template")
    with pytest.raises(SettingsError, match=r"2026-W28-board.html: the file is gone .* SHA-256 is [0-9a-f]{64}"):
        as_published(store, tmp_path, "2026-W28", "board", "html")
    monkeypatch.undo()
    with pytest.raises(SettingsError, match="it was not published as pdf"):
        as_published(store, tmp_path, "2026-W28", "board", "pdf")


def test_another_template_makes_a_version_that_says_so(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(store, MONDAY, crime())
    put_out(store, tmp_path, TUESDAY)
    for name in FORMS:
        monkeypatch.setitem(FORMS, name, lambda _: b"another template")
    again = put_out(store, tmp_path, TUESDAY)
    assert (again.version, again.changed) == (2, ("the templates or the program",))


@pytest.mark.parametrize("name", ["west-mercia", "victims-code-2020"])
def test_the_policy_is_kept_whole_with_its_calendar(name: str) -> None:
    policy = load_policy(name)
    kept = policy_of(msgspec.json.decode(msgspec.json.encode(policy_content(policy))))
    assert kept.digest == policy.digest
    if policy.counts_working_days:
        content = policy_content(policy)
        content["bank_holidays"]["days"] = content["bank_holidays"]["days"][1:]
        assert policy_of(content).digest != policy.digest


def test_after_retention_the_stored_report_stands_and_judging_again_is_refused(store: Store) -> None:
    check_held(store, WEEK)
    with store.session() as session:
        for closed_on, action in ((date(2026, 5, 31), "remove"), (date(2026, 6, 20), "strip")):
            session.add(removal(closed_on, action))
    check_held(store, WEEK)  # nothing of a crime falls due five weeks after its close, and stripping changes no rate
    with store.session() as session:
        session.add(removal(date(2026, 6, 1), "remove"))
    with pytest.raises(UnavailableError, match=r"2026-W28: it cannot be judged again, .* retention .* --as-published"):
        check_held(store, WEEK)


def removal(closed_on: date, action: str) -> Removal:
    return Removal(
        crime_digest=b"1", digest=b"2", action=action, closed_on=closed_on, removed_at=TUESDAY, versions=1,
        obligations=1, transitions=0, notices=0,
    )  # fmt: skip


def test_figures_kept_by_another_version_of_the_program_stop_nothing(store: Store, tmp_path: Path) -> None:
    """The stored file is still served, and publishing again makes a version that says why."""
    take(store, MONDAY, crime(updates=updates("2026-07-03")))
    first = put_out(store, tmp_path, TUESDAY)
    with store.session() as session:
        row = session.exec(select(Published)).one()
        row.figures = {"of": "another form"}
        session.add(row)
    assert as_published(store, tmp_path, "2026-W28", "board", "html") == first.path.read_bytes()
    assert earlier_periods(store, WEEK.plus(1)) == []
    again = put_out(store, tmp_path, TUESDAY)
    assert (again.version, again.changed) == (2, ("the program",))
