"""Text as a person may be shown it: what another system wrote is made printable on a terminal, in a log, in an error;
numbers, shares and lists are put into words.

What another system wrote is made printable where text leaves the service: the command line's `echo`, the log, every
ComplianceError. Stored records, and files for other programmes, keep what came.
"""

import json
import unicodedata
from collections.abc import Sequence
from typing import Final

_UNSEEN: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
"""Letters and marks that are counted as printable and show nothing: fillers, joiners, variation selectors."""


def printable(text: str, longest: int | None = None, *, kept: str = "") -> str:
    r"""Text with an escape such as `\x1b` or `\u202e` for every character that is not seen.

    Replaced are controls (C0, DEL, C1), line and paragraph separators, bidirectional and other format characters,
    zero-width characters, lone surrogates, and code points for private use or for nothing. Spaces of any width stay,
    and so do characters of `kept`: line breaks and tabs of our own layout. A text of more than `longest` characters
    ends in `…`. Doing it again changes nothing.
    """
    if longest is not None:
        text = text[: longest + 1]
    if not (text.isascii() and text.isprintable()):
        text = "".join(c if c in kept or _is_seen(c) else c.encode("unicode_escape").decode() for c in text)
    return text if longest is None or len(text) <= longest else text[: longest - 1] + "…"


def printable_json(text: str) -> str:
    """JSON that says the same and holds only what is printable, line breaks apart."""
    if text.replace("\n", "").isprintable() and text.isascii():
        return text
    return "".join(c if c == "\n" or _is_seen(c) else json.dumps(c)[1:-1] for c in text)


def _is_seen(character: str) -> bool:
    return (character.isprintable() and character not in _UNSEEN) or unicodedata.category(character) == "Zs"


def plural(number: int, one: str, many: str | None = None) -> str:
    """The noun of a number: `crime` of 1, `crimes` of any other; `many` where it is not `one` and an s."""
    return one if number == 1 else many or f"{one}s"


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun, thousands marked: `1 crime`, `2,000 crimes`."""
    return f"{number:,} {plural(number, one, many)}"


def percent(share: float) -> str:
    """A proportion as a percentage with one decimal; 0% and 100% only where it is exactly that (rules 5.1)."""
    return f"{share:.0%}" if share in (0.0, 1.0) else f"{min(max(share * 100, 0.1), 99.9):.1f}%"


def listing(items: Sequence[str], last: str = "and") -> str:
    """`one`; `one and two`; `one, two and three`."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}"
