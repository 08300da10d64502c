"""Untrusted text made printable: one rule for terminals, logs and errors."""

import json

import pytest

from compliance.errors import ComplianceError, RecordError, SettingsError, UnavailableError
from compliance.text import count_noun, join_words, percent, plural, printable, printable_json

UNSEEN = {
    "escape": "\x1b", "null": "\0", "bell": "\x07", "carriage return": "\r", "line feed": "\n", "tab": "\t",
    "delete": "\x7f", "control sequence introducer (C1)": "\x9b", "next line": "\x85",
    "line separator": "\u2028", "paragraph separator": "\u2029",
    "right-to-left override": "\u202e", "left-to-right embedding": "\u202a", "pop": "\u202c",
    "right-to-left isolate": "\u2067", "pop isolate": "\u2069", "right-to-left mark": "\u200f", "arabic mark": "\u061c",
    "zero-width space": "\u200b", "zero-width joiner": "\u200d", "word joiner": "\u2060", "byte order mark": "\ufeff",
    "soft hyphen": "\xad", "tag": "\U000e0041", "hangul filler": "\u3164", "grapheme joiner": "\u034f",
    "variation selector": "\ufe0f", "lone surrogate": "\udcff", "private use": "\ue000", "no character": "\uffff",
}  # fmt: skip


@pytest.mark.parametrize("character", UNSEEN.values(), ids=UNSEEN)
def test_what_is_not_seen_is_shown_as_an_escape(character: str) -> None:
    shown = printable(f"a{character}b")
    assert shown == "a" + character.encode("unicode_escape").decode() + "b"
    assert shown.isascii()
    assert printable(shown) == shown, "doing it again changes nothing"


@pytest.mark.parametrize(
    "text", ["", "Burglary – dwelling", "Siân Ó Briain", "5\u202f000", "10\xa0km", "漢", "🚓", "عربي", "a\\b"]
)
def test_what_is_seen_stays(text: str) -> None:
    assert printable(text) == text


def test_the_layout_of_our_own_stays_where_it_is_named() -> None:
    assert printable("a\n\tb\x1b", kept="\n\t") == "a\n\tb\\x1b"


def test_a_long_text_is_cut() -> None:
    assert printable("x" * 10, 10) == "x" * 10
    assert printable("x" * 11, 10) == "x" * 9 + "…"
    assert len(printable("\x1b" * 10_000, 80)) == 80


@pytest.mark.parametrize("character", UNSEEN.values(), ids=UNSEEN)
def test_json_says_the_same_in_what_is_printable(character: str) -> None:
    content = {"name": f"é{character}"}
    text = json.dumps(content, ensure_ascii=False, indent=1)
    safe = printable_json(text)
    assert json.loads(safe) == content
    assert printable(safe, kept="\n") == safe
    assert "é" in safe


@pytest.mark.parametrize("kind", [ComplianceError, SettingsError, RecordError, UnavailableError])
def test_every_error_of_ours_is_printable_whatever_it_quotes(kind: type[ComplianceError]) -> None:
    """A reason phrase, a file's name, a mail server's words: nobody has to think of it where an error is raised."""
    error = kind("503 \x1b]0;owned\x07\u202e\x9b\udcff\nforged line", "a line of our own")
    assert str(error) == "503 \\x1b]0;owned\\x07\\u202e\\x9b\\udcff\\nforged line\na line of our own"


def test_a_number_takes_its_noun() -> None:
    assert [count_noun(n, "crime") for n in (0, 1, 2, 2000)] == ["0 crimes", "1 crime", "2 crimes", "2,000 crimes"]
    assert count_noun(2, "victim is", "victims are") == "2 victims are"
    assert (plural(1, "day"), plural(3, "day"), plural(2, "policy", "policies")) == ("day", "days", "policies")


def test_a_share_is_nothing_or_all_only_where_it_is_exactly_that() -> None:
    """Rules 5.1: 100% of 2,000 with one late is 99.9%, however it would be rounded."""
    shares = (0.0, 1 / 2000, 0.5, 0.99951, 1.0)
    assert [percent(share) for share in shares] == ["0%", "0.1%", "50.0%", "99.9%", "100%"]


def test_a_list_is_put_in_words() -> None:
    assert [join_words(list(items)) for items in ("a", "ab", "abc")] == ["a", "a and b", "a, b and c"]
    assert join_words(["a", "b", "c"], "or") == "a, b or c"
