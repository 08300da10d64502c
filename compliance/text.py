"""Text for people: text from other systems made printable, and numbers, shares and lists in words.

Text from other systems is made printable where it leaves the service: in the command line's `echo`, the log and every
ComplianceError. Stored records, and files for other programs, keep it unchanged.
"""

import json
import unicodedata
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

_UNSEEN: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
"""Letters and marks that count as printable but show nothing: fillers, joiners, variation selectors."""


def printable(text: str, longest: int | None = None, *, kept: str = "") -> str:
    r"""Return text with an escape such as `\x1b` or `\u202e` in place of every invisible character.

    This replaces controls (C0, DEL, C1), line and paragraph separators, bidirectional and other format characters,
    zero-width characters, lone surrogates, and private-use or unassigned code points. It keeps spaces of any width and
    the characters in `kept`, such as the line breaks and tabs of our own layout. A text of more than `longest`
    characters ends in `…`. Repeating the call changes nothing.
    """
    if longest is not None:
        text = text[: longest + 1]
    if not (text.isascii() and text.isprintable()):
        text = "".join(c if c in kept or _is_seen(c) else c.encode("unicode_escape").decode() for c in text)
    return text if longest is None or len(text) <= longest else text[: longest - 1] + "…"


def printable_json(text: str) -> str:
    """Return JSON with the same meaning that contains only printable characters and line breaks."""
    if text.replace("\n", "").isprintable() and text.isascii():
        return text
    return "".join(c if c == "\n" or _is_seen(c) else json.dumps(c)[1:-1] for c in text)


def _is_seen(character: str) -> bool:
    return (character.isprintable() and character not in _UNSEEN) or unicodedata.category(character) == "Zs"


def plural(number: int, one: str, many: str | None = None) -> str:
    """Return the noun for a number: `crime` for 1, otherwise `crimes`. Give `many` if it is not `one` plus an s."""
    return one if number == 1 else many or f"{one}s"


def count_noun(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun and a thousands comma: `1 crime`, `2,000 crimes`."""
    return f"{number:,} {plural(number, one, many)}"


def describe_age(age: timedelta) -> str:
    """Return a length of time in its largest unit, rounded down: `3 days`, `1 hour`, `12 minutes`."""
    minutes = max(int(age.total_seconds()), 0) // 60
    for unit, size in (("day", 24 * 60), ("hour", 60)):
        if minutes >= size:
            return count_noun(minutes // size, unit)
    return count_noun(minutes, "minute")


def percent(share: float) -> str:
    """Return a proportion as a percentage with one decimal; 0% and 100% only if it is exactly that (rules 5.1)."""
    return f"{share:.0%}" if share in (0.0, 1.0) else f"{min(max(share * 100, 0.1), 99.9):.1f}%"


def join_words(items: Sequence[str], last: str = "and") -> str:
    """Join items in words: `one`; `one and two`; `one, two and three`."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}"
