"""What digests and weekly lists are called in the outbox."""

from datetime import date
from typing import Final

DIGEST: Final = "digest"
"""The kind of a digest's row in the outbox."""
STAFF_LIST: Final = "staff list"
"""The kind of a weekly list that covers no victim."""


def digest_key(recipient: str, day: date) -> str:
    """Return the key of a person's only digest, or list, on a local date."""
    return f"{DIGEST}:{recipient}:{day}"


def day_of_key(key: str) -> date:
    """Return the local date of a digest from its key."""
    return date.fromisoformat(key.rpartition(":")[2])
