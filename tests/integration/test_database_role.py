"""The role of the service on PostgreSQL, as deploy/make-database.sh makes it: all that the service needs, and no more."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import psycopg
import pytest

from compliance.policy import load_policy
from compliance.store import Store, judge_due, migrate
from tests import postgres
from tests.stores import crime, take

NOW = datetime(2026, 7, 20, 6, tzinfo=UTC)


@pytest.fixture
def role() -> Iterator[str]:
    """The URL by which the role reaches its database."""
    with postgres.made_as_deployed() as url:
        yield url


def test_the_role_can_do_what_the_service_does(role: str) -> None:
    url = role.replace("postgresql:", "postgresql+psycopg:")
    migrate(url)
    with closing(Store.open(url)) as store:
        take(store, NOW, crime("22A/1"))
        judge_due(store, load_policy("west-mercia"), NOW)
        store.check_schema()


@pytest.mark.parametrize(
    "asked",
    ["CREATE DATABASE another", "CREATE ROLE another", "SELECT * FROM pg_authid", "COPY (SELECT 1) TO PROGRAM 'true'"],
)
def test_the_role_can_do_nothing_to_the_server(role: str, asked: str) -> None:
    with psycopg.connect(role, autocommit=True) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(asked.encode())


def test_nobody_else_reaches_the_database(role: str) -> None:
    with psycopg.connect(role, autocommit=True) as connection:
        (rights,) = (
            connection.execute("SELECT datacl::text FROM pg_database WHERE datname = 'compliance'").fetchone() or ()
        )
    assert rights == "{compliance=CTc/compliance}"
