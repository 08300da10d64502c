"""What a database says of an error never takes a record, or a secret, into an error text or the log."""

import json
from collections.abc import Iterator
from random import Random

import pytest
import stamina
import structlog
from sqlalchemy import Insert, create_engine, insert
from sqlalchemy.exc import IntegrityError

from compliance.config import Log
from compliance.errors import UnavailableError
from compliance.service.noting.logs import set_up
from compliance.store import Store, migrate
from compliance.store.database.dialect import add
from compliance.store.tables import CRIME
from tests import postgres, stores
from tests.stores import at

new_database, database_url = stores.new_database, stores.database_url
store = stores.store

NOW = at("2026-07-02 06:00")
CRIME_REF = "22A/1/26"


@pytest.fixture
def logged() -> Iterator[None]:
    set_up(Log(format="json"))
    yield
    structlog.reset_defaults()
    stamina.instrumentation.set_on_retry_hooks(None)


def row(crime_ref: str) -> dict[str, object]:
    return {"crime_ref": crime_ref, "digest": b"", "record": b"", "seen_at": NOW, "first_seen_at": NOW}


def crime(crime_ref: str) -> Insert:
    return insert(CRIME).values(row(crime_ref))


def twice(store: Store) -> None:
    with store.writing() as connection:
        connection.execute(crime(CRIME_REF))
        connection.execute(crime(CRIME_REF))


def test_the_parameters_of_a_statement_that_failed_are_not_in_the_error(store: Store) -> None:
    with pytest.raises(IntegrityError) as caught:
        twice(store)
    said = str(caught.value).replace(str(caught.value.orig), "")
    assert CRIME_REF not in said
    assert "hide_parameters" in said


def test_what_the_driver_says_of_a_fault_is_not_in_the_log(
    store: Store, logged: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """PostgreSQL quotes the key: `Key (crime_ref)=(22A/1/26) already exists`. The log has its code in place of that."""
    try:
        twice(store)
    except IntegrityError:
        structlog.get_logger().exception("fault", job="poll")
    told = json.loads(capsys.readouterr().err)["exception"]
    assert CRIME_REF not in told
    code = "SQLITE_CONSTRAINT_PRIMARYKEY" if store.engine.dialect.name == "sqlite" else "UniqueViolation: 23505"
    assert code in told
    assert "in twice" in told


def test_what_postgresql_adds_to_an_error_is_not_told() -> None:
    """What follows the first line may quote a row: `CONTEXT: COPY crime, line 1 …`."""
    url = postgres.new_database()
    migrate(url)
    store = Store.open(url)
    long = f"{CRIME_REF} " + "".join(Random(5).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=9000))
    with pytest.raises(UnavailableError) as caught, store.writing() as connection:
        add(connection, CRIME, [row(long)] + [row(str(number)) for number in range(60)])
    store.close()
    assert "index row" in str(caught.value)
    assert "CONTEXT" not in str(caught.value)


def test_a_password_is_not_shown_wherever_in_the_url_it_stands() -> None:
    names = {
        Store(create_engine(f"postgresql+psycopg://monitor{password}@db.force.example/compliance?{query}")).name
        for password, query in ((":hunter2", ""), ("", "password=hunter2&sslmode=require"), ("", "sslpassword=hunter2"))
    }
    assert not [name for name in names if "hunter2" in name]
    assert [name for name in names if "sslmode=require" in name]
