"""A force upgrades: every database that an earlier version left is brought up to date, and loses nothing."""

import hashlib
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from typing import Any

import pytest
import sqlmodel
from sqlalchemy import func, select, text

from compliance.policy import load_policy
from compliance.reminders import reason_of, reasons
from compliance.reports.publishing.snapshots import read_figures
from compliance.reports.rendering.forms import FORMS
from compliance.store import Store, judge_due, load_columns, migrate, rebuild
from compliance.store.database import dialect, schema
from compliance.store.kept.notice_kinds import Reason
from compliance.store.tables import CRIME, NOTICE, OUTBOX, POLL, PROJECTION, REPORT_DUTY, Notice, Published
from compliance.store.tables.column_types import decompress_text
from tests import frozen, stores
from tests.upgrading import cut_at_every

CUT_EVERY = 7
EDITIONS = ("board", "division", "public")
PUBLISHED = sqlmodel.SQLModel.metadata.tables["published"]
new_database, database_url = stores.new_database, stores.database_url


WORDS_THEN = {reason: str(reason) for reason in Reason} | {
    Reason.NOTIFIED_BEFORE: "told on {since}",
    Reason.REFUSED: "address refused on {since}",
    Reason.DEFERRED: "mailbox has put mail off since {since}",
}
"""The sentences that version 0001 wrote into its notices."""


@pytest.fixture(autouse=True)
def words_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read a notice in the words of then, so that it can be compared with what stood in the database."""
    monkeypatch.setattr(reasons, "WORDS", WORDS_THEN)


@pytest.fixture(params=frozen.REVISIONS)
def revision(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def before(database_url: str, revision: str) -> dict[str, list[tuple[Any, ...]]]:
    """What a force's database held before the upgrade, by table."""
    return frozen.thaw(database_url, revision)


@pytest.fixture
def upgraded(database_url: str, before: object) -> Iterator[Store]:
    migrate(database_url)
    with closing(Store.open(database_url)) as store:
        yield store


def held(store: Store, before: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    """What the tables of before hold now, in the columns they had; of a notice the reason and of an email the text as they
    are read, and of a crime when it was to be judged: since 0022 all are at the next run."""
    found = {}
    with store.reading() as connection:
        for table, rows in before.items():
            if table != "alembic_version":
                now = [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table}")]  # noqa: S608
                now = [_with_its_texts_where_they_were(row) for row in now] if table == "outbox" else now
                found[table] = [row[: len(rows[0])] for row in now] if rows else now
    place = [column.name for column in CRIME.c].index("wake_on")
    slept = {row[0]: row[place] for row in before["crime"]}
    assert {str(row[place]) for row in found["crime"]} == {"0001-01-01"}
    found["crime"] = [(*row[:place], slept[row[0]], *row[place + 1 :]) for row in found["crime"]]
    place = [column.name for column in NOTICE.c].index("reason")
    with store.session(reading=True) as session:
        read = {notice.id: reason_of(notice) for notice in session.exec(sqlmodel.select(Notice)).all()}
    found["notice"] = [(*row[:place], read[row[0]], *row[place + 1 :]) for row in found["notice"]]
    return found


def _with_its_texts_where_they_were(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """An email's row with its texts as they are read: until 0006 they were the columns after the subject."""
    *others, plain, html, _ = row  # the last: whether it bounced
    return (*others[:6], decompress_text(plain), None if html is None else decompress_text(html), *others[6:])


def test_an_upgrade_loses_no_row(upgraded: Store, before: dict[str, list[tuple[Any, ...]]]) -> None:
    assert frozen.revision_of(upgraded) == schema.revisions()[0]
    before.pop("alembic_version", None)
    assert {table: sorted(map(repr, rows)) for table, rows in held(upgraded, before).items()} == {
        table: sorted(map(repr, rows)) for table, rows in before.items()
    }


def test_the_service_goes_on_after_an_upgrade(upgraded: Store) -> None:
    """What it had judged stands, the next day is judged, records are read as known then and now, mail waits on."""
    policy = load_policy("west-mercia")
    with upgraded.reading() as connection:
        last = connection.execute(select(func.max(POLL.c.ended_at))).scalar_one()
        crimes = connection.execute(select(func.count()).select_from(CRIME)).scalar_one()
        waiting = connection.execute(select(func.count()).where(OUTBOX.c.state == "retry")).scalar_one()
    assert rebuild(upgraded, policy, last).differences == 0
    assert judge_due(upgraded, policy, last + timedelta(days=1)).crimes > 0
    assert len(load_columns(upgraded)) == len(load_columns(upgraded, last - timedelta(days=10))) == crimes
    stores.take(upgraded, last + timedelta(days=1), stores.crime("new/1", reported_at="2026-06-29T09:00:00Z"))
    assert len(load_columns(upgraded)) == crimes + 1
    assert waiting == 1


def test_what_was_published_before_an_upgrade_is_still_read(upgraded: Store) -> None:
    """Else it could be neither restated nor made again (decision 0020): a figure that is new has a value where none was
    kept."""
    with upgraded.session(reading=True) as session:
        published = session.exec(sqlmodel.select(Published)).all()
    assert published
    assert [row.period for row in published if read_figures(row) is None] == []


def test_an_upgrade_changes_no_policy(upgraded: Store) -> None:
    """A key that a policy does not use must not change its digest: every report would announce another policy."""
    with upgraded.reading() as connection:
        judged_by = connection.execute(select(PROJECTION.c.policy_digest)).scalars().all()
    assert judged_by[-1] == load_policy("west-mercia").digest


def test_reports_are_owed_since_the_first_of_their_kind_after_an_upgrade(
    upgraded: Store, before: dict[str, list[tuple[Any, ...]]]
) -> None:
    """In every edition and form: which of them the settings ask for the service says. So nothing that an earlier version
    lost since is lost for good."""
    with upgraded.reading() as connection:
        first = connection.execute(select(func.min(PUBLISHED.c.published_at))).scalar_one()
        duties = connection.execute(select(REPORT_DUTY)).all()
    assert len(before["published"]) > 0
    assert {kind for kind, *_ in duties} == {"week"}
    assert {(edition, form) for _, edition, form, _ in duties} == {
        (edition, form) for edition in EDITIONS for form in FORMS
    }
    assert {since for *_, since in duties} == {first}


def test_an_upgrade_cut_off_at_any_statement_is_made_by_the_next(database_url: str, revision: str) -> None:
    """The schema is changed in one transaction: an interrupted upgrade leaves the database as it was.

    At every seventh statement; from every earlier version at each: tests/soak/test_upgrades.py."""
    frozen.thaw(database_url, revision)
    assert cut_at_every(database_url, revision, CUT_EVERY) > 5
    with closing(Store.open(database_url)) as store:
        assert frozen.revision_of(store) == schema.revisions()[0]


@pytest.mark.parametrize("name", ["0001_first_schema.py"])
def test_a_migration_that_forces_have_run_is_never_edited(name: str) -> None:
    content = (schema.MIGRATIONS / "versions" / name).read_bytes()
    assert hashlib.sha256(content).hexdigest() == RELEASED[name]


RELEASED = {"0001_first_schema.py": "370c96c75a1be03d12fa99c3d9110d94fa9ab6a79cbca899c24f123e72f6661d"}


def kept_reasons(before: dict[str, list[tuple[Any, ...]]]) -> dict[int, str]:
    """The kept reason of each notice, as a sentence."""
    names = [column.name for column in NOTICE.c]  # a new column comes last
    return {row[names.index("id")]: row[names.index("reason")] for row in before["notice"]}


def test_why_somebody_is_told_is_data_after_an_upgrade(
    upgraded: Store, before: dict[str, list[tuple[Any, ...]]]
) -> None:
    """It stood within a sentence before: now by name, with its date, and says the same (decision 0018)."""
    with upgraded.session(reading=True) as session:
        found = session.exec(sqlmodel.select(Notice)).all()
    assert {notice.id: reason_of(notice) for notice in found} == kept_reasons(before)
    assert {notice.reason for notice in found} >= {Reason.NEW, Reason.STILL_WAITING, Reason.NOTIFIED_BEFORE}
    assert any(notice.rerouted == Reason.NOBODY for notice in found)
    assert {notice.since is None for notice in found if notice.reason == Reason.NOTIFIED_BEFORE} == {False}
    assert {notice.obstacles for notice in found} == {None}


@pytest.mark.parametrize(
    ("said", "data"),
    [
        ("new; rerouted: address refused on 2026-06-05", ("new", None, "address refused", date(2026, 6, 5))),
        (
            "still waiting; rerouted: mailbox has put mail off since 2026-06-05",
            ("still waiting", None, "mailbox has put mail off", date(2026, 6, 5)),
        ),
        ("address refused on 2026-06-05", ("address refused", date(2026, 6, 5), None, None)),
        ("told on 2026-06-05", ("told before", date(2026, 6, 5), None, None)),
        ("no room in the mail", ("no room in the mail", None, None, None)),
    ],
)
def test_a_kept_sentence_becomes_data(database_url: str, revision: str, said: str, data: tuple[Any, ...]) -> None:
    """With the date that it named; and says the same."""
    frozen.thaw(database_url, revision)
    engine = dialect.engine_for(dialect.parse_url(database_url))
    with engine.begin() as connection:
        connection.execute(text("UPDATE notice SET reason = :said WHERE outcome = 'sent'"), {"said": said})
    engine.dispose()
    migrate(database_url)
    with closing(Store.open(database_url)) as store, store.session(reading=True) as session:
        notice = session.exec(sqlmodel.select(Notice).where(Notice.outcome == "sent").limit(1)).one()
    assert (notice.reason, notice.since, notice.rerouted, notice.rerouted_since) == data
    assert reason_of(notice) == said
