"""What a reply says in its own words, without the email that it quotes. Nothing else of it is read."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from html.parser import HTMLParser
from typing import Final

from compliance.mail.incoming import LONGEST
from compliance.text import printable

LONGEST_TEXT: Final = 4000
"""The characters that are kept."""
_QUOTE: Final = re.compile(r"-{2,} ?(original|forwarded) message|_{10,}$|begin forwarded message:", re.IGNORECASE)
"""A line after which the quoted email stands, as mail programs write it."""
_WROTE: Final = re.compile(r"on .{5,300} wrote:$", re.IGNORECASE)
_HEADER: Final = re.compile(r"\*?(from|sent|date|to|subject):\*? ", re.IGNORECASE)
_BLOCKS: Final = frozenset({"br", "p", "div", "tr", "li", "table"})
_QUOTING: Final = frozenset({"appendonsend", "divRplyFwdMsg", "gmail_quote", "gmail_quote_container"})


def own_words(content: bytes, answered: str) -> str:
    """Return a reply's own text, at most `LONGEST_TEXT` characters of it. `answered`: the text that it answers.

    Lines of that text are left out, quoted or not. Never raises: what cannot be read is empty.
    """
    try:
        text = _text(message_from_bytes(content[:LONGEST]))
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
        return content.decode(part.get_content_charset() or "utf-8", "replace")
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


class _Text(HTMLParser):
    """The text of a page up to an email that it quotes."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._is_over, self._hidden = False, False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        marks = {word for name, value in attrs if name in ("id", "class") for word in (value or "").split()}
        self._is_over |= tag == "blockquote" or bool(marks & _QUOTING)
        self._hidden = tag in ("style", "script", "title")
        if tag in _BLOCKS:
            self.handle_data("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False
        if tag in _BLOCKS - {"br"}:
            self.handle_data("\n")

    def handle_data(self, data: str) -> None:
        if not (self._is_over or self._hidden):
            self.parts.append(data)


def _without_marks(page: str) -> str:
    reader = _Text()
    reader.feed(page)
    reader.close()
    return "".join(reader.parts)
