"""An entry of the audit log, the text that is hashed of it, and its hash (docs/audit.md).

The text never changes its form: every hash ever stored or printed depends on it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final, NamedTuple

FORMAT: Final = 1
"""The number of the form, which is hashed with each entry."""


class AuditKind(StrEnum):
    """What is done: the operations of the Data Protection Act 2018 s 62, and what else bears on people."""

    COLLECTION = "collection"
    ALTERATION = "alteration"
    CONSULTATION = "consultation"
    DISCLOSURE = "disclosure"
    COMBINATION = "combination"
    ERASURE = "erasure"
    CONFIGURATION = "configuration"
    DECISION = "decision"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Something that was done or is about to be.

    - `at`: the instant (aware). `who`: a person or a program. `role`: in which role, such as `supervisor`, `command
      line` or `service`. `what`: the kind. `target`: what it was done to: a page, a command, a setting.
    - `details`: texts, whole numbers, true, false, none, and lists and mappings of these. `crimes` in it are the crime
      numbers shown or concerned, `refused` says why it was refused. `reason`: why, where it was asked.
    """

    at: datetime
    who: str
    role: str
    what: AuditKind
    target: str
    details: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None


class AuditHead(NamedTuple):
    """An entry's number, from 1, and its hash, which stands for that entry and for all before it."""

    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


BEGINNING: Final = AuditHead(0, "0" * 64)
"""What the first entry follows."""


def write_details(details: Mapping[str, Any]) -> str:
    """Return details as they are stored: JSON in ASCII, keys in order, no spaces."""
    return json.dumps(details, sort_keys=True, separators=(",", ":"), allow_nan=False)


def entry_text(number: int, entry: AuditEntry, details: str, previous: str) -> bytes:
    """Return the text that is hashed of an entry in its place (docs/audit.md), in ASCII.

    `details`: those of the entry as they are stored. `previous`: the hash of the entry before.
    """
    text = {
        "at": f"{entry.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        "details": details,
        "format": FORMAT,
        "number": number,
        "previous": previous,
        "reason": entry.reason,
        "role": entry.role,
        "target": entry.target,
        "what": str(entry.what),
        "who": entry.who,
    }
    return json.dumps(text, sort_keys=True, separators=(",", ":")).encode("ascii")


def hash_entry(number: int, entry: AuditEntry, details: str, previous: str) -> str:
    """Return the hash of an entry in its place: SHA-256 of its text (`entry_text`), in hexadecimal."""
    return sha256(entry_text(number, entry, details, previous)).hexdigest()
