"""The key by which this service knows its own tokens again (decision 0045). It is in the database, and in no export."""

import secrets
from datetime import datetime

from sqlalchemy import select

from compliance.store.database.dialect import insert_into
from compliance.store.database.engine import Store
from compliance.store.tables import SIGNING_KEY

_NAME, _BYTES = "tokens", 32


def signing_key(store: Store, now: datetime) -> bytes:
    """Return the key, made when it is first needed. Services that share a database share it."""
    asked = select(SIGNING_KEY.c.key).where(SIGNING_KEY.c.name == _NAME)
    with store.reading() as connection:
        found = connection.execute(asked).scalar()
    if found is None:
        with store.writing() as connection:
            made = {"name": _NAME, "key": secrets.token_bytes(_BYTES), "made_at": now}
            connection.execute(insert_into(connection, SIGNING_KEY).values(made).on_conflict_do_nothing())
            found = connection.execute(asked).scalar_one()
    return bytes(found)
