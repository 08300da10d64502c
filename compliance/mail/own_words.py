"""What a reply says in its own words, without the email that it quotes. Nothing else of it is read."""

import re
from codecs import lookup
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from html import unescape
from typing import Final

from compliance.mail.incoming import LONGEST, is_within_bounds
from compliance.text import printable

LONGEST_TEXT: Final = 4000
"""The characters that are kept."""
_QUOTE: Final = re.compile(r"-{2,} ?(original|forwarded) message|_{10,}$|begin forwarded message:", re.IGNORECASE)
"""A line after which the quoted email stands, as mail programs write it."""
_WROTE: Final = re.compile(r"on .{5,300} wrote:$", re.IGNORECASE)
_HEADER: Final = re.compile(r"\*?(from|sent|date|to|subject):\*? ", re.IGNORECASE)
_TOKEN: Final = re.compile(r"<(/?)([a-z!]*+)([^<>]*+)>|([^<]++|<)", re.IGNORECASE)
_SLOW: Final = frozenset({"idna", "punycode"})
"""Encodings of names, not of texts, that take time by the square of the length."""
_WORD: Final = re.compile(r"[\w-]+")
_HIDDEN: Final = frozenset({"style", "script", "title"})
_BLOCKS: Final = frozenset({"br", "p", "div", "tr", "li", "table"})
_QUOTING: Final = frozenset({"appendonsend", "divRplyFwdMsg", "gmail_quote", "gmail_quote_container"})


def own_words(content: bytes, answered: str) -> str:
    """Return a reply's own text, at most `LONGEST_TEXT` characters of it. `answered`: the text that it answers.

    Lines of that text are left out, quoted or not. Never raises: what cannot be read is empty.
    """
    content = content[:LONGEST]
    if not is_within_bounds(content):
        return ""
    try:
        text = _text(message_from_bytes(content))
    except Exception:  # the parser has raised errors of many kinds over the years
        return ""
    quoted = {line.strip() for line in answered.splitlines()}
    kept = "\n".join(line for line in _unquoted(text.splitlines()) if not line.strip() or line.strip() not in quoted)
    return printable(re.sub(r"\n{3,}", "\n\n", kept).strip(), LONGEST_TEXT, kept="\n")


def _text(message: Message) -> str:
    """Return the text of the first part that has one: plain, or else HTML without its marks."""
    parts = [part for part in message.walk() if not part.is_multipart() and part.get_filename() is None]
    for kind in ("text/plain", "text/html"):
        for part in parts:
            if part.get_content_type() == kind:
                return _decoded(part) if kind == "text/plain" else _without_marks(_decoded(part))
    return ""


def _decoded(part: Message) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    try:
        charset = lookup(part.get_content_charset() or "utf-8").name
        return content.decode("utf-8" if charset in _SLOW else charset, "replace")
    except LookupError:
        return content.decode("utf-8", "replace")


def _unquoted(lines: list[str]) -> Iterator[str]:
    """Yield the lines before a quoted email, and those between its lines."""
    for number, line in enumerate(lines):
        here = line.strip()
        following = [each.strip() for each in lines[number + 1 : number + 4]]
        is_header = here.lower().startswith(("from:", "*from:*")) and any(map(_HEADER.match, following))
        if is_header or _QUOTE.match(here) or _WROTE.match(here) or _WROTE.match(f"{here} {' '.join(following[:1])}"):
            return
        if not here.startswith(">"):
            yield line


def _without_marks(page: str) -> str:
    """Return the text of a page up to an email that it quotes.

    The standard library's parser takes minutes for a page made to be slow; this takes time by its length.
    """
    parts: list[str] = []
    hidden = ""
    for found in _TOKEN.finditer(_without_comments(page)):
        closing, name, marks, data = found.groups()
        tag = (name or "").lower()
        if hidden:
            hidden = "" if closing and tag == hidden else hidden
        elif data is not None:
            parts.append(data)
        elif tag in _BLOCKS:
            parts.append("\n")
        if data is not None or closing:
            continue
        if tag == "blockquote" or not _QUOTING.isdisjoint(_WORD.findall(marks)):
            break
        hidden = hidden or (tag if tag in _HIDDEN else "")
    return unescape("".join(parts))


def _without_comments(page: str) -> str:
    first, *others = page.split("<!--")
    return "".join([first, *(each.partition("-->")[2] for each in others)])
