"""What a query of a crime system's database says, without running it."""

import re
from typing import Final

_ASIDE: Final = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\[[^\]]*\]|`[^`]*`|--[^\n]*|/\*.*?\*/", re.DOTALL)
"""Texts, quoted names and comments."""
_WRITES: Final = re.compile(
    r"\b(INSERT\s+INTO|DELETE\s+FROM|MERGE\s+INTO|UPDATE\s+[\w.]+\s+SET|TRUNCATE\s+TABLE|DROP\s+\w+|ALTER\s+\w+|"
    r"CREATE\s+\w+|FOR\s+UPDATE|EXEC(?:UTE)?\s+\w+|INTO\s+[#\w.]+\s+FROM)\b",
    re.IGNORECASE,
)


def find_writing(query: str) -> str | None:
    """Return the words in a query that write or lock, None if there are none; words in texts and names do not count."""
    found = _WRITES.search(_ASIDE.sub(" ", query))
    return None if found is None else " ".join(found[0].split())
