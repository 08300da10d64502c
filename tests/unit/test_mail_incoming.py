"""What a message in the mailbox of bounces is, as mail systems write them, whatever it holds; and tokens nobody can make."""

from base64 import b32decode, b32encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.errors import SettingsError
from compliance.mail import InboundKind, TokenAddresses
from compliance.mail.incoming import LONGEST, Incoming, read_incoming, recipients_of
from tests.bounces import ADDRESS, DELAYED, FAILED, message, report

OURS = TokenAddresses(b"k" * 32, ADDRESS)
BOUNCED, OTHER = InboundKind.BOUNCED, InboundKind.OTHER


@pytest.mark.parametrize(
    ("fields", "kind", "said"),
    [
        (FAILED, "bounced", "5.1.1: smtp; 550 5.1.1 <address>: no such mailbox"),
        ("Action: failed (all retries used up)\nStatus: 4.4.7", "bounced", "4.4.7"),  # Postfix gives up
        ("Action: FAILED\nStatus: 5.7.1 (refused)", "bounced", "5.7.1"),
        ("Status: 5.0.0", "bounced", "5.0.0"),  # no action, which RFC 3464 requires
        ("Action: failed", "bounced", "no reason given"),
        ("Action: delivered\nStatus: 2.0.0\n\nAction: failed\nStatus: 5.2.2", "bounced", "5.2.2"),
        (DELAYED, "delayed", None),
        ("Status: 4.2.2", "delayed", None),
        ("Action: delivered\nStatus: 2.0.0", "automatic", None),
        ("Action: relayed", "automatic", None),
        ("", "automatic", None),
        ("Diagnostic-Code: smtp; 550 no", "automatic", None),
    ],
)
def test_a_report_on_delivery(fields: str, kind: str, said: str | None) -> None:
    assert read_incoming(report("x@y", fields)) == Incoming(InboundKind(kind), said)


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ([("Auto-Submitted", "auto-replied")], "automatic"),
        ([("Auto-Submitted", "auto-generated; x=y")], "automatic"),
        ([("Auto-Submitted", "No")], "other"),
        ([("X-Auto-Response-Suppress", "All")], "automatic"),  # Exchange, out of office
        ([("Precedence", "bulk")], "automatic"),
        ([("Precedence", "first-class")], "other"),
        ([("X-Autoreply", "yes")], "automatic"),
        ([("Content-Type", "multipart/report; report-type=disposition-notification; boundary=b")], "automatic"),
        ([], "other"),
    ],
)
def test_an_automatic_reply(headers: list[tuple[str, str]], kind: str) -> None:
    assert read_incoming(message("x@y", *headers)).kind == kind


def test_a_report_is_read_from_its_beginning_however_long_what_it_returns_is() -> None:
    assert read_incoming(report("x@y") + b"x" * (3 * LONGEST)).kind is BOUNCED


def nested(depth: int) -> bytes:
    opened = b"".join(b"Content-Type: multipart/report; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth))
    return b"To: x@y\r\n" + opened + b"\r\n" * 50_000


@pytest.mark.parametrize(
    "content",
    [
        nested(30),
        nested(3000),
        b"To: x@y\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 5000,
        b"",
        b"\x00\xff" * 5000,
        b"To: =?x-none?q?=ff=fe?=\r\nContent-Type: text/plain; charset=none\r\n\r\n\xff",
        b"Content-Type: multipart/report; boundary=\r\n\r\n",
        b"Content-Type: multipart/report; boundary=\xff\r\n\r\n--\xff\r\nContent-Type: message/delivery-status\r\n\r\n\xff",
        b"Content-Type: multipart/report; report-type*0*=x''%ff; boundary*=\r\n\r\n",
        b"X: y\r\n" * 40_000,
        b'Content-Type: multipart/report; x="' + b";" * 250_000,
        b'X: y\rContent-Type: multipart/report;\r x="' + b"\r ;" * 80_000,
    ],
)  # fmt: skip
def test_hostile_content_is_no_bounce_and_is_read_within_bounds(content: bytes) -> None:
    assert read_incoming(content).kind is not BOUNCED
    recipients_of(content)


@given(st.binary(max_size=300))
def test_no_content_raises(content: bytes) -> None:
    read_incoming(content)
    read_incoming(report("x@y")[: len(content) * 4] + content)
    recipients_of(b"To: " + content)


def test_words_of_another_system_are_one_line_without_addresses() -> None:
    long = "Action: failed\nDiagnostic-Code: smtp; 550 a.person@force.example\n =?utf-8?q?x?= \x1b[31m " + "y" * 900
    said = str(read_incoming(report("x@y", long)).said)
    assert len(said) <= 300
    assert said.isprintable()
    assert "person" not in said


def found(address: str) -> list[tuple[int, bool]]:
    """The row of each token in an address, and whether it is genuine for the row that is called `digest:1`."""
    return [(token.row_id, OURS.signs(token, "digest:1")) for token in OURS.find([address])]


def test_a_token_names_its_email() -> None:
    path = OURS.return_path(7, "digest:1")
    assert path.startswith("bounces+")
    assert path.endswith("@force.example")
    assert found(f"Updates <{path}>") == [(7, True)]
    assert found(path.upper()) == [(7, True)], "mail systems may change the case"
    assert found(f"{path}, {path}") == [(7, True)]


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.replace("bounces+", "others+"),
        lambda path: path.replace("force.example", "force.example.evil.example"),
        lambda path: path.replace("+", "+a"),
        lambda path: path[:7] + path[32:],
        lambda path: path[:8] + "1" * 24 + path[32:],
    ],
)
def test_an_address_that_is_not_ours_has_no_token(change: object) -> None:
    assert found(change(OURS.return_path(7, "digest:1"))) == []  # type: ignore[operator]


def test_no_changed_token_is_genuine() -> None:
    """Not one bit of it, not for another email, another purpose or by another key."""
    path = OURS.return_path(7, "digest:1")
    content = int.from_bytes(b32decode(path[8:32].upper()), "big")
    for bit in range(120):
        forged = b32encode((content ^ (1 << bit)).to_bytes(15, "big")).decode().lower()
        assert [genuine for _, genuine in found(f"bounces+{forged}@force.example")] == [False]
    assert found(OURS.return_path(7, "digest:2")) == [(7, False)]
    assert found(TokenAddresses(b"l" * 32, ADDRESS).return_path(7, "digest:1")) == [(7, False)]


@pytest.mark.parametrize("address", ["bounces", "a b@force.example", "x" * 40 + "@force.example", "a@b@c"])
def test_an_address_that_cannot_carry_a_token_is_refused(address: str) -> None:
    with pytest.raises(SettingsError, match="bounce_address"):
        TokenAddresses(b"", address)
