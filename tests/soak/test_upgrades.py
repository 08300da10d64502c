"""`make soak`: a force upgrades from every earlier version, cut off at each statement, and loses nothing."""

from contextlib import closing

import pytest
from sqlalchemy import func, select

from compliance.policy import load_policy
from compliance.store import Store, rebuild
from compliance.store.database import dialect, schema
from compliance.store.tables import POLL
from tests import frozen, stores
from tests.integration.test_store_upgrade import held, words_then
from tests.upgrading import cut_at_every

pytestmark = pytest.mark.long
new_database, database_url = stores.new_database, stores.database_url
__all__ = ["words_then"]  # for each test here too

EARLIER = list(reversed(schema.revisions()[1:]))


@pytest.mark.parametrize("revision", EARLIER)
def test_an_upgrade_from_any_version_cut_off_at_each_statement_loses_nothing(database_url: str, revision: str) -> None:
    before = frozen.thaw(database_url, "0001")
    engine = dialect.engine_for(dialect.parse_url(database_url))
    with engine.begin() as connection:
        schema.upgrade(connection, "the database", revision)
    engine.dispose()
    cuts = cut_at_every(database_url, revision, 1)
    with closing(Store.open(database_url)) as store:
        assert frozen.revision_of(store) == schema.revisions()[0]
        before.pop("alembic_version", None)
        assert {table: sorted(map(repr, rows)) for table, rows in held(store, before).items()} == {
            table: sorted(map(repr, rows)) for table, rows in before.items()
        }
        with store.reading() as connection:
            last = connection.execute(select(func.max(POLL.c.ended_at))).scalar_one()
        assert rebuild(store, load_policy("west-mercia"), last).differences == 0
    print(f"{revision}: cut off {cuts} times")
    assert cuts >= 2
