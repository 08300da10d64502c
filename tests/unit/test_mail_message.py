"""A mail cannot be turned into another one by what stands in it: addresses, headers, and the same bytes each time."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.errors import SettingsError
from compliance.mail import Mail, address_problem, bare_address, message_id
from tests.mails import smtp_server

NOW = datetime(2026, 6, 10, 6, 0, tzinfo=UTC)
HEADERS = {"From": "Victim updates <updates@force.example>", "Auto-Submitted": "auto-generated"}
IDENTITY = "<abc@mail.force.example>"


def composed(**changes: object) -> bytes:
    values: dict[str, object] = {
        "to_address": "officer@force.example", "subject": "1 victim is waiting", "text": "Text\n",
        "html": "<p>Text</p>", "headers": HEADERS, "message_id": IDENTITY, "date": NOW,
    }  # fmt: skip
    return Mail(**(values | changes)).as_bytes()  # type: ignore[arg-type]


def parsed(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return message


LONGEST_NAME = "x" * 64 + "@force.example"
LONGEST = "a@" + ".".join(["x" * 60] * 3 + ["x" * 61, "uk12345"])
"""64 characters before the @, and 254 in all (RFC 5321 4.5.3.1)."""


@pytest.mark.parametrize(
    "address", ["a@force.example", "first.o'last+x@mail-1.force.example", "a@localhost", LONGEST_NAME, LONGEST]
)
def test_an_address_is_one_name_at_one_domain(address: str) -> None:
    assert address_problem(address) is None


@pytest.mark.parametrize(
    "address",
    [
        "", "officer", "a@b@c", "a b@force.example", "a@force.example,b@force.example", "<a@force.example>",
        "Officer <a@force.example>", "a@force.example\n", "a@force.example\r\nBcc: b@force.example", "a@-force.example",
        "a@force..example", ".a@force.example", "a@fôrce.example", "à@force.example", "x" * 65 + "@force.example",
        "a@" + ".".join(["x" * 60] * 5), "a" + LONGEST,
    ],
)  # fmt: skip
def test_anything_else_is_refused_without_being_repeated(address: str) -> None:
    problem = address_problem(address)
    assert problem is not None
    assert not address or address not in problem


def test_the_sender_may_have_a_name() -> None:
    assert bare_address("Victim updates <updates@force.example>") == "updates@force.example"
    assert bare_address("updates@force.example") == "updates@force.example"
    with pytest.raises(SettingsError, match=r"expected name@domain"):
        bare_address("Victim updates")
    with pytest.raises(SettingsError, match=r"expected name@domain"):
        bare_address("A <a@force.example> B <b@force.example>")


def test_the_message_id_follows_from_the_key_and_tells_nothing_of_it() -> None:
    one, again = (
        message_id("digest:1042:2026-06-10", "force.example"),
        message_id("digest:1042:2026-06-10", "force.example"),
    )
    assert one == again != message_id("digest:1042:2026-06-11", "force.example")
    assert "1042" not in one.replace(one[1:41], "")
    with pytest.raises(SettingsError, match="not a domain name"):
        message_id("key", "force.example>\n")


def test_a_mail_has_one_recipient_both_parts_and_the_headers_it_was_given() -> None:
    message = parsed(composed(text="Grüße, für 7 Tage\n.\n", html="<p>é</p>"))
    assert message["To"] == "officer@force.example"
    assert message["From"] == HEADERS["From"]
    assert message["Message-ID"] == IDENTITY
    assert message["Date"].datetime == NOW
    assert message["Auto-Submitted"] == "auto-generated"
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert text.get_content().splitlines() == ["Grüße, für 7 Tage", "."]
    assert html is not None
    assert html.get_content().strip() == "<p>é</p>"


def test_words_beyond_ascii_are_encoded_and_addresses_are_not() -> None:
    headers = HEADERS | {"From": "Zoë, of the Fôrce <updates@force.example>", "Reply-To": '"A, B" <team@force.example>'}
    content = composed(subject="3 victims wait – Zoë", headers=headers)
    assert content.isascii()
    assert all(len(line) <= 78 for line in content.split(b"\r\n"))
    message = parsed(content)
    assert message["Subject"] == "3 victims wait – Zoë"
    (sender,) = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("Zoë, of the Fôrce", "updates@force.example")
    (reply,) = message["Reply-To"].addresses
    assert (reply.display_name, reply.addr_spec) == ("A, B", "team@force.example")


def test_a_mail_may_have_a_text_part_alone() -> None:
    message = parsed(composed(html=None))
    assert message.get_content_type() == "text/plain"
    assert message.get_content().splitlines() == ["Text"]


def test_the_same_mail_is_the_same_bytes() -> None:
    assert composed() == composed()
    assert composed() != composed(message_id="<other@mail.force.example>")


@given(st.text(max_size=20), st.sampled_from("\r\n\0\x0b\x1b\x85\u2028\u2029"), st.text(max_size=20))
def test_no_value_breaks_out_of_its_header(before: str, broken: str, after: str) -> None:
    value = before + broken + after
    for changes in ({"subject": value}, {"headers": HEADERS | {"List-Id": value}}, {"to_address": value}):
        with pytest.raises(SettingsError):
            composed(**changes)


@pytest.mark.parametrize("name", ["To", "bcc", "Message-ID", "Content-Type", "Subject", "X: y\nBcc", ""])
def test_headers_of_the_mail_itself_cannot_be_given(name: str) -> None:
    with pytest.raises(SettingsError, match="cannot be set here"):
        composed(headers=HEADERS | {name: "x"})


def test_a_password_does_not_travel_in_the_clear_nor_show_in_a_log() -> None:
    with pytest.raises(SettingsError, match="not sent over a plain connection"):
        smtp_server("mail.force.example", security="plain", username="u", password="secret")  # noqa: S106
    with pytest.raises(SettingsError, match="both username and password"):
        smtp_server("mail.force.example", username="u")
    assert "secret" not in repr(smtp_server("mail.force.example", username="u", password="secret"))  # noqa: S106


@pytest.mark.parametrize("timeout", [0, -1, 121])
def test_a_time_out_ends_before_a_claim_does(timeout: float) -> None:
    with pytest.raises(SettingsError, match="timeout_seconds"):
        smtp_server("mail.force.example", timeout=timeout)


def test_mails_of_one_thread_hang_together_in_every_programme_and_no_machine_answers_them() -> None:
    root = message_id("digest:1042", "force.example")
    message = parsed(composed(headers=HEADERS | {"References": root}))
    assert message["References"] == message["In-Reply-To"] == root
    assert parsed(composed(headers={"From": "a@force.example"}))["Auto-Submitted"] == "auto-generated"
    assert "In-Reply-To" not in parsed(composed())


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=300))
def test_every_text_arrives_as_it_was_in_lines_that_every_server_takes(line: str) -> None:
    content = composed(text=f"{line}\n", html=f"{line}\n")
    assert content.isascii()
    assert all(len(part) <= 78 for part in content.split(b"\r\n"))
    for kind in ("plain", "html"):
        part = parsed(content).get_body((kind,))
        assert part is not None
        assert bytes(part.get_payload(decode=True)).decode() == f"{line}\r\n"
