"""A crime system's database read by queries, on real ones: SQLite and PostgreSQL (records section 4)."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from compliance.errors import SettingsError, UnavailableError
from compliance.feed_settings import FieldMapping, SourceDatabase
from compliance.feeds import Mapper
from compliance.feeds.database import DatabaseFeed, describe_source
from tests import postgres

NOW = datetime(2026, 7, 20, tzinfo=UTC)
RULES = FieldMapping(
    crime={"crime_ref": "crime_no", "reported_at": "reported"},
    victims={"victim_ref": "person"},
    updates={"update_ref": "contact", "at": "contacted", "outcome": "result"},
    absent={"from": "away_from", "until": "away_until"},
    values={"updates.outcome": {"VC": "informed"}},
    timezone="Europe/London",
)


def changed(rows: str) -> str:
    """Those of the crimes that changed."""
    return f"{rows} WHERE crime_no IN (SELECT crime_no FROM crimes WHERE changed_at >= :changed_since)"  # noqa: S608


CHANGED = "SELECT * FROM crimes WHERE changed_at >= :changed_since"


def asked(crimes: str, lists: Mapping[str, str] | None = None, **said: Any) -> SourceDatabase:
    return SourceDatabase(url="env:SOURCE", queries={"crimes": crimes, **(lists or {})}, **said)


LISTS = {
    "victims": changed("SELECT * FROM victims"),
    "updates": changed("SELECT * FROM updates"),
    "status": changed("SELECT crime_no, status, at FROM states"),
}
QUERIES = asked(
    CHANGED,
    LISTS,
    officers="SELECT officer_ref, email, away_from, away_until FROM officers ORDER BY officer_ref",
)
SCHEMA = (
    "CREATE TABLE crimes (crime_no INTEGER, reported TIMESTAMP, changed_at TIMESTAMP)",
    "CREATE TABLE victims (crime_no INTEGER, person CHAR(6))",
    "CREATE TABLE updates (crime_no INTEGER, contact INTEGER, contacted TIMESTAMP, result VARCHAR(2))",
    "CREATE TABLE states (crime_no INTEGER, status VARCHAR(9), at TIMESTAMP)",
    "CREATE TABLE officers (officer_ref VARCHAR(9), email VARCHAR(99), away_from DATE, away_until DATE)",
    "INSERT INTO crimes VALUES (1, '2026-07-01 10:00:00', '2026-07-01 11:00:00')",
    "INSERT INTO crimes VALUES (2, '2026-07-02 10:00:00', '2026-07-02 11:00:00')",
    "INSERT INTO victims VALUES (1, 'V1'), (2, 'V2'), (1, 'V3')",
    "INSERT INTO updates VALUES (1, 7, '2026-07-05 10:00:00', 'VC')",
    "INSERT INTO states VALUES (2, 'closed', '2026-07-02 10:30:00')",
    "INSERT INTO officers VALUES ('O1', 'o1@force.example', '2026-08-01', '2026-08-07'), ('O2', NULL, NULL, NULL)",
)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'crimes.db'}" if request.param == "sqlite" else postgres.new_database()


@pytest.fixture
def source(url: str) -> Iterator[Callable[[str], None]]:
    """The crime system's database, and a way to write to it."""
    engine: Engine = create_engine(url)

    def write(statement: str) -> None:
        with engine.begin() as connection:
            connection.execute(text(statement))

    for statement in SCHEMA:
        write(statement)
    yield write
    engine.dispose()


def feed_of(url: str, queries: SourceDatabase = QUERIES, rules: FieldMapping = RULES, **said: Any) -> DatabaseFeed:
    return DatabaseFeed(url, queries, Mapper(rules, tabular=True), said.pop("size", 100), lambda: NOW, **said)


def polled(feed: DatabaseFeed, cursor: str | None = None) -> tuple[list[dict[str, Any]], str | None]:
    """(the records of a poll, where to ask from next time)."""
    records: list[dict[str, Any]] = []
    for page in feed.pages(cursor):
        records += map(json.loads, page.raws)
        cursor = page.next or cursor
    feed.close()
    return records, cursor


def refused(url: str, **said: Any) -> str:
    with pytest.raises(UnavailableError) as raised:
        polled(feed_of(url, **said))
    return str(raised.value)


@pytest.mark.usefixtures("source")
def test_rows_of_several_queries_become_records(url: str) -> None:
    records, cursor = polled(feed_of(url))
    assert records == [
        {
            "crime_ref": "1",
            "reported_at": "2026-07-01T10:00:00+01:00",
            "changed_at": "2026-07-01T11:00:00+01:00",
            "status": [],
            "victims": [{"victim_ref": "V1"}, {"victim_ref": "V3"}],
            "updates": [{"update_ref": "7", "at": "2026-07-05T10:00:00+01:00", "outcome": "informed"}],
        },
        {
            "crime_ref": "2",
            "reported_at": "2026-07-02T10:00:00+01:00",
            "changed_at": "2026-07-02T11:00:00+01:00",
            "status": [{"status": "closed", "at": "2026-07-02T10:30:00+01:00"}],
            "victims": [{"victim_ref": "V2"}],
            "updates": [],
        },
    ]
    assert cursor is not None
    assert "2026-07-02" in cursor


def test_only_what_changed_is_asked_for(url: str, source: Callable[[str], None]) -> None:
    _, cursor = polled(feed_of(url))
    assert [record["crime_ref"] for record in polled(feed_of(url), cursor)[0]] == ["2"], "of the same instant: again"
    source("UPDATE crimes SET changed_at = '2026-07-03 09:00:00' WHERE crime_no = 1")
    records, cursor = polled(feed_of(url), cursor)
    assert sorted(record["crime_ref"] for record in records) == ["1", "2"]
    source("DELETE FROM crimes")
    assert polled(feed_of(url), cursor) == ([], cursor)


@pytest.mark.usefixtures("source")
def test_only_the_last_page_moves_the_cursor(url: str) -> None:
    pages = list(feed_of(url, size=1).pages(None))
    assert [(len(page.raws), page.next is None, page.more) for page in pages] == [(1, True, True), (1, False, False)]


def test_a_change_of_the_far_future_keeps_nothing_out(url: str, source: Callable[[str], None]) -> None:
    source("INSERT INTO crimes VALUES (3, '2026-07-03 10:00:00', '9999-12-31 00:00:00')")
    records, cursor = polled(feed_of(url))
    assert len(records) == 3
    assert "2026-07-02" in str(cursor)


def test_a_crime_without_a_number_is_refused_alone(url: str, source: Callable[[str], None]) -> None:
    source("INSERT INTO crimes VALUES (NULL, '2026-07-03 10:00:00', '2026-07-03 10:00:00')")
    records, _ = polled(feed_of(url))
    assert [record.get("crime_ref") for record in records] == ["1", "2", None]


@pytest.mark.usefixtures("source")
def test_the_officer_directory(url: str) -> None:
    feed = feed_of(url)
    [one, two] = feed.officers().officers
    assert (one.officer_ref, one.email) == ("O1", "o1@force.example")
    assert [(absence.start, absence.end) for absence in one.absent or ()] == [("2026-08-01", "2026-08-07")]
    assert (two.officer_ref, two.absent) == ("O2", None)
    feed.close()
    assert not feed_of(url, asked(CHANGED)).officers().read


def test_nothing_is_written(url: str, source: Callable[[str], None]) -> None:
    """Even where a query would."""
    if url.startswith("postgresql"):
        source("CREATE FUNCTION wipe() RETURNS INTEGER LANGUAGE SQL AS 'DELETE FROM victims RETURNING 1'")
        lists = {"victims": "SELECT 1 AS crime_no, wipe()::text AS person"}
        assert "read-only transaction" in refused(url, queries=asked(CHANGED, LISTS | lists))
    else:
        lists = {"victims": "WITH x AS (SELECT 1) DELETE FROM victims RETURNING *"}
        assert "readonly" in refused(url, queries=asked(CHANGED, LISTS | lists))
    assert len(polled(feed_of(url))[0][0]["victims"]) == 2


@pytest.mark.usefixtures("source")
@pytest.mark.parametrize(
    ("crimes", "said"),
    [
        ("SELECT * FROM crime WHERE changed_at > :changed_since", "the query crimes failed"),
        ("SELECT crime_no, changed_at FROM crimes WHERE changed_at > :changed_since", "gives no column 'reported'"),
        ("SELECT crime_no, reported FROM crimes WHERE changed_at > :changed_since", "gives no column 'changed_at'"),
        (
            "SELECT crime_no, reported, 1.5 AS changed_at FROM crimes WHERE changed_at > :changed_since",
            "expected instants, texts or whole numbers",
        ),
    ],
)
def test_a_query_that_fails_says_which_and_why(url: str, crimes: str, said: str) -> None:
    assert said in refused(url, queries=asked(crimes, LISTS))


def test_a_database_that_is_not_there_is_named_without_its_password() -> None:
    found = refused("postgresql+psycopg://monitor:s3cret@127.0.0.1:1/crimes")
    assert found.startswith("postgresql+psycopg://127.0.0.1/crimes: the database cannot be reached")
    assert "s3cret" not in found
    assert "monitor:" not in found


@pytest.mark.parametrize("begin", ["0", 0], ids=["texts", "numbers"])
def test_changes_told_by_texts_or_numbers(tmp_path: Path, begin: str | int) -> None:
    url = f"sqlite:///{tmp_path / 'crimes.db'}"
    engine = create_engine(url)
    kind = "TEXT" if isinstance(begin, str) else "INTEGER"
    with engine.begin() as connection:
        connection.execute(text(f"CREATE TABLE crimes (crime_ref TEXT, reported_at TEXT, version {kind})"))
        connection.execute(text("INSERT INTO crimes VALUES ('1', '2026-07-01T10:00:00Z', 7), ('2', '', 8)"))
    engine.dispose()
    queries = asked("SELECT * FROM crimes WHERE version > :changed_since", begin=begin)
    rules = FieldMapping(crime={"changed_at": "version"})
    records, cursor = polled(feed_of(url, queries, rules))
    assert len(records) == 2
    assert polled(feed_of(url, queries, rules), cursor)[0] == []


def test_rows_of_others_than_victims_are_left_out(url: str, source: Callable[[str], None]) -> None:
    source("ALTER TABLE victims ADD COLUMN role INTEGER")
    source("UPDATE victims SET role = CASE person WHEN 'V3' THEN 2 ELSE 1 END")
    rules = RULES.model_copy(update={"rows": {"victims": {"role": ["1"]}}})
    assert [record["victims"] for record in polled(feed_of(url, rules=rules))[0]] == [
        [{"victim_ref": "V1"}],
        [{"victim_ref": "V2"}],
    ]
    without = LISTS | {"victims": changed("SELECT crime_no, person FROM victims")}
    assert "no column 'role', which crime_system.mapping.rows.victims names" in refused(
        url, queries=asked(CHANGED, without), rules=rules
    )


def test_the_cursor_is_made_of_one_column() -> None:
    rules = RULES.model_copy(update={"crime": {"changed_at": ["day", "time"]}})
    with pytest.raises(SettingsError, match=r"mapping\.crime\.changed_at: expected one column"):
        feed_of("sqlite://", rules=rules)


@pytest.mark.usefixtures("source")
def test_a_trial_reads_a_few_crimes_with_all_their_rows(url: str) -> None:
    [record] = polled(feed_of(url, limit=1))[0]
    assert len(record["victims"]) == 2


@pytest.mark.parametrize(
    ("url", "queries", "said"),
    [
        ("crimes", QUERIES, "not the address of a supported database"),
        ("nosuch://host/crimes", QUERIES, "not the address of a supported database"),
        ("oracle+oracledb://host/crimes", QUERIES, "its driver is not installed"),
        ("sqlite://", asked("SELECT * FROM crimes"), "queries.crimes: expected :changed_since in it"),
        ("sqlite://", asked("DELETE FROM crimes"), "begins with SELECT or WITH"),
        ("sqlite://", asked(CHANGED, {"victim": "SELECT 1"}), "queries.victim: expected crimes or one of"),
    ],
)
def test_what_cannot_be_asked_is_a_wrong_setting(url: str, queries: SourceDatabase, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        feed_of(url, queries)


def test_a_password_with_an_at_sign_is_not_shown_as_a_host() -> None:
    """What stands after its first @ would be taken for the host, and be told and stored as where records come from."""
    for url in (
        "postgresql+psycopg://monitor:pa@word@replica/crimes",
        "postgresql+psycopg://monitor:p@w/1@replica/crimes",
    ):
        for use in (feed_of, describe_source):
            with pytest.raises(SettingsError, match=r"^crime_system\.database.url: an `@` stands .*write `@` as `%40`"):
                use(url)
    assert describe_source("postgresql+psycopg://monitor:pa%40word@replica/crimes") == "postgresql://replica/crimes"
    assert describe_source("sqlite:////srv/a@b.db") == "sqlite:////srv/a@b.db"


def test_a_cursor_of_another_kind_of_feed(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="belongs to another kind of feed"):
        polled(feed_of(f"sqlite:///{tmp_path / 'x.db'}"), "c1")
