"""The text of emails is stored compressed, and nobody who reads or writes it has to know."""

import hashlib
import tracemalloc
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
import zstandard
from sqlalchemy import func, insert, literal_column, select, text

from compliance.store import Store, migrate
from compliance.store.database import dialect, schema
from compliance.store.tables import OUTBOX, column_types
from compliance.store.tables.column_types import compress_text, decompress_text
from tests import stores

new_database, database_url = stores.new_database, stores.database_url
store = stores.store

NOW: Final = datetime(2026, 7, 1, 12, tzinfo=UTC)
TEXT: Final = "Before any contact, open the crime and check how this victim agreed to be contacted. Crime 22/1/26.\n"
HTML: Final = '<p style="margin:0 0 4px 0;">' + TEXT + "</p>"
MANY: Final = 3_000
DICTIONARIES: Final = {
    "email.zdict": "91f8ee284e4fea8f4c9c7e36342129520c4cc34cafb885caa2cfbd4163394469",
    "email-2.zdict": "d3b9d776b1a6e38d4b2133433e103f0c65e4b90589db7356f7ffa5f777967f5a",
}


def email(number: int, **values: Any) -> dict[str, Any]:
    return {
        "id": number, "key": f"digest:{number}", "kind": "digest", "recipient_ref": "O1", "to_address": "a@force.example",
        "subject": "1 victim", "text": TEXT, "html": HTML, "headers": {}, "message_id": f"<{number}@x>", "state": "sent",
        "created_at": NOW, "attempts": 1,
    } | values  # fmt: skip


@pytest.mark.parametrize(
    "said",
    ["", TEXT, "Crime 22/Ω/26\nÅsa Öhrn rang\r\n", "a\0b", "x" * 1_000_000],
    ids=["", "usual", "any", "NUL", "long"],
)
def test_an_email_is_read_as_it_was_written(store: Store, said: str) -> None:
    with store.writing() as connection:
        connection.execute(insert(OUTBOX), [email(1, text=said, html=said), email(2, text=said, html=None)])
    with store.reading() as connection:
        found = connection.execute(select(OUTBOX.c.text, OUTBOX.c.html).order_by(OUTBOX.c.id)).all()
    assert [tuple(row) for row in found] == [(said, said), (said, None)]


def test_many_emails_written_at_once_are_read_as_they_were_written(store: Store) -> None:
    """Rows in bulk take another way into the database."""
    with store.writing() as connection:
        dialect.add(connection, OUTBOX, [email(n, text=f"{TEXT}{n}", html=None if n % 2 else HTML) for n in range(200)])
    with store.reading() as connection:
        found = connection.execute(select(OUTBOX.c.id, OUTBOX.c.text, OUTBOX.c.html)).all()
    assert {tuple(row) for row in found} == {(n, f"{TEXT}{n}", None if n % 2 else HTML) for n in range(200)}


def test_an_email_takes_a_fraction_of_its_length(store: Store) -> None:
    with store.writing() as connection:
        connection.execute(insert(OUTBOX), [email(1)])
    with store.reading() as connection:
        stored = connection.execute(
            select(func.length(literal_column("html")) + func.length(literal_column("text"))).select_from(OUTBOX)
        )
        assert 0 < stored.scalar_one() < (len(TEXT) + len(HTML)) / 2


@pytest.mark.parametrize(("name", "digest"), DICTIONARIES.items())
def test_no_dictionary_ever_changes(name: str, digest: str) -> None:
    """What is stored could no longer be read. Another dictionary is another file (decision 0035)."""
    content = (Path(column_types.__file__).parent / name).read_bytes()
    assert hashlib.sha256(content).hexdigest() == digest


def test_each_value_names_its_dictionary() -> None:
    assert decompress_text(STORED) == "Crime 22/1/26"
    numbers = [zstandard.get_frame_parameters(stored).dict_id for stored in (STORED, compress_text("Crime 22/1/26"))]
    assert numbers == [1, 2]


STORED: Final = bytes.fromhex("28b52ffd21010d6900004372696d652032322f312f3236")
"""A text as it was stored with the first dictionary."""


def test_a_database_full_of_emails_is_upgraded_a_part_at_a_time(database_url: str) -> None:
    """In less memory than half of the texts, and each email keeps its own."""
    url = dialect.parse_url(database_url)
    if file := dialect.file_of(url):
        file.parent.mkdir()
    engine = dialect.engine_for(url)
    with engine.begin() as connection:
        schema.upgrade(connection, "the database", "0004")
        statement = text(
            "INSERT INTO outbox (id, key, kind, to_address, subject, text, html, headers, message_id, state, created_at, "
            "attempts) VALUES (:id, :key, 'digest', 'a@force.example', '1 victim', :text, :html, '{}', '<1@x>', 'sent', "
            "'2026-07-01 12:00:00+00:00', 1)"
        )
        for first in range(1, MANY, 100):
            rows = [
                {"id": n, "key": str(n), "text": f"{n}{TEXT * 80}", "html": None} for n in range(first, first + 100)
            ]
            connection.execute(statement, rows)
    engine.dispose()
    tracemalloc.start()
    migrate(database_url)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MANY * len(TEXT) * 80 / 2
    with closing(Store.open(database_url)) as store, store.reading() as connection:
        for number, said in connection.execute(select(OUTBOX.c.id, OUTBOX.c.text)):
            assert said == f"{number}{TEXT * 80}"
