"""What a reply says in its own words, as people's mail programs write replies, whatever it holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.mail.own_words import LONGEST_TEXT, own_words

SENT = """1 victim is waiting for an update from you.

NEW

  Crime 22A/1/26
    Last update: Monday 1 June
"""
QUOTED = "\n".join(f"> {line}" for line in SENT.splitlines())
SAID = "I rang her on Monday.\n\nIt is recorded under 22A/9/26."


def plain(text: str, headers: str = "Content-Type: text/plain; charset=utf-8") -> bytes:
    return f"To: x@y\n{headers}\n\n{text}".encode()


def html(page: str) -> bytes:
    return plain(page, "Content-Type: text/html; charset=utf-8")


@pytest.mark.parametrize(
    "reply",
    [
        plain(SAID),
        plain(f"{SAID}\n\n{QUOTED}"),
        plain(f"{SAID}\n\nOn Tue, 9 Jun 2026 at 07:00, Victim updates <updates@force.example> wrote:\n{QUOTED}"),
        plain(f"{SAID}\n\nOn Tue, 9 Jun 2026 at 07:00, Victim updates\n<updates@force.example> wrote:\n\n{QUOTED}"),
        plain(f"{SAID}\n\nFrom: Victim updates <updates@force.example>\nSent: 09 June 2026 07:00\nTo: 1042\nSubject: 1\n\n{SENT}"),
        plain(f"{SAID}\n\n*From:* Victim updates\n*Date:* 09 June 2026 07:00\n\n{SENT}"),
        plain(f"{SAID}\n\n-----Original Message-----\nFrom: Victim updates\n\n{SENT}"),
        plain(f"{SAID}\n\n________________________________\nVon: Victim updates\n\n{SENT}"),
        plain(f"{SENT}\n{SAID}"),  # below an email that is not marked as quoted
        html(f"<html><style>p {{ color: red }}</style><p>{SAID.replace(chr(10), '<br>')}</p><blockquote>{SENT}</blockquote></html>"),
        html(f"<div>{SAID.replace(chr(10), '<br>')}</div><div id=appendonsend></div><div>From: x</div><div>{SENT}</div>"),
        html(f"<div>{SAID.replace(chr(10), '<br>')}</div><div class='a gmail_quote'>{SENT}</div>"),
        b"Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>no</p>\n--b\n" + plain(SAID)[8:] + b"\n--b--",
        plain("SSByYW5nIGhlciBvbiBNb25kYXkuCgpJdCBpcyByZWNvcmRlZCB1bmRlciAyMkEvOS8yNi4=", "Content-Transfer-Encoding: base64"),
    ],
)  # fmt: skip
def test_the_quoted_email_is_left_out(reply: bytes) -> None:
    assert own_words(reply, SENT) == SAID


@pytest.mark.parametrize(
    "text", ["From: the victim I know that all is well.", "On Monday she wrote that she is well.", "I said > 3 times"]
)
def test_what_only_looks_like_a_quoted_email_is_kept(text: str) -> None:
    assert own_words(plain(f"{text}\nThat is all."), SENT) == f"{text}\nThat is all."


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (b"", ""),
        (plain(QUOTED), ""),
        (plain("caf\xe9", "Content-Type: text/plain; charset=none"), "café"),
        (b"Content-Type: text/plain; charset=utf-8\n\n\xff\x1b[31mred", "\ufffd\\x1b[31mred"),
        (b"Content-Type: text/plain; name=a.txt\nContent-Disposition: attachment; filename=a.txt\n\nsecret", ""),
        (b"Content-Type: image/png\n\n\x89PNG", ""),
        (html("<script>steal()</script><title>t</title>Hello"), "Hello"),
        (plain("x" * 9000), "x" * (LONGEST_TEXT - 1) + "…"),
    ],
)
def test_whatever_a_reply_holds(reply: bytes, said: str) -> None:
    assert own_words(reply, SENT) == said


@pytest.mark.parametrize(
    "reply",
    [
        html("<a " * 90_000),
        html("<a/" * 90_000),
        html("<a" + "a" * 250_000),
        html('<a b="' * 40_000),
        html("<!--" * 60_000),
        html("<script>" * 30_000),
        plain("", "Content-Type: text/plain; charset=\"" + ";" * 250_000),
        plain("", "Content-Disposition: a; b=\"" + "\r ;" * 80_000),
        plain("x" * 250_000, "Content-Type: text/plain; charset=punycode"),
        plain("On x" * 60_000),
        plain("\n" * 250_000),
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(300)) + b"\n" * 200_000,
    ],
    ids=range(12),
)  # fmt: skip
def test_a_reply_made_to_be_slow_is_read_in_time_by_its_length(reply: bytes) -> None:
    """Each took minutes, or would."""
    assert len(own_words(reply, SENT)) <= LONGEST_TEXT


@given(st.binary(max_size=300))
def test_no_content_raises(content: bytes) -> None:
    own_words(content, SENT)
    own_words(b"Content-Type: text/html\n\n" + content, SENT)
