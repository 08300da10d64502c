"""The text that is hashed of an entry of the audit log is that of docs/audit.md, for ever."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import pytest

from compliance.store.audit.audit_entry import BEGINNING, AuditEntry, AuditKind, hash_entry, write_details

AT = datetime(2026, 11, 30, 9, 12, 4, tzinfo=UTC)
VIEW = AuditEntry(AT, "n1s", "supervisor", AuditKind.CONSULTATION, "/team", {"crimes": ["22A/1/26"]})


def test_an_entry_is_hashed_as_the_page_says() -> None:
    """By hand: a program in another language does the same."""
    previous = "ab" * 32
    text = (
        '{"at":"2026-11-30T09:12:04.000000Z","details":"{\\"crimes\\":[\\"22A/1/26\\"]}","format":1,"number":2,'
        f'"previous":"{previous}","reason":null,"role":"supervisor","target":"/team","what":"consultation","who":"n1s"}}'
    )
    assert hash_entry(2, VIEW, write_details(VIEW.details), previous) == sha256(text.encode()).hexdigest()


def test_hashes_that_were_ever_stored_stay_as_they_are() -> None:
    entry = AuditEntry(
        AT.replace(microsecond=7), "Zoë\0", "command line", AuditKind.ERASURE, "\ud800", {"b": [1, None, True], "a": "é"},
        "why\n",
    )  # fmt: skip
    assert write_details(entry.details) == '{"a":"\\u00e9","b":[1,null,true]}'
    assert hash_entry(1, entry, write_details(entry.details), BEGINNING.hash) == (
        "80b2b0071fc4f590576d74f43cb1be28a72810b5dfa5ae4a257a05da274b88b7"
    )


def test_the_same_instant_elsewhere_is_the_same_entry() -> None:
    paris = replace(VIEW, at=AT.astimezone(timezone(timedelta(hours=1))))
    assert hash_entry(1, paris, "{}", "") == hash_entry(1, VIEW, "{}", "")


@pytest.mark.parametrize("other", ["at", "who", "role", "what", "target", "reason"])
def test_every_field_is_hashed(other: str) -> None:
    changed: dict[str, Any] = {
        "at": AT + timedelta(microseconds=1), "who": "n1S", "role": "officer", "what": AuditKind.DISCLOSURE,
        "target": "/team ", "reason": "",
    }  # fmt: skip
    entry = replace(VIEW, **{other: changed[other]})
    assert hash_entry(1, entry, "{}", "") != hash_entry(1, VIEW, "{}", "")


def test_place_details_and_what_came_before_are_hashed() -> None:
    plain = hash_entry(1, VIEW, "{}", "")
    assert plain not in (hash_entry(2, VIEW, "{}", ""), hash_entry(1, VIEW, "{ }", ""), hash_entry(1, VIEW, "{}", "0"))
