"""What a time-stamping service answers is taken only if it is a stamp of what was asked, by one who is trusted, in time."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Final

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from compliance import clock
from compliance.config import Settings
from compliance.errors import SettingsError, StoppedError, UnavailableError
from compliance.service.audit.stamp_tokens import WrongStampError, verify_stamp
from compliance.service.audit.stamping import ask_for_stamp
from compliance.stopping import Stop
from tests import stores
from tests.hanging import hanging, silent, trickling
from tests.service_states import ServiceState
from tests.time_stamping import REPLY, Signer, Stamper, authority, needs_openssl, stamping
from tests.web_server import WebServer, answer

new_database, database_url, store = stores.one_database, stores.database_url, stores.store
TEXT: Final = b'{"at":"2026-07-20T10:00:00.000000Z"}'
DAY: Final = timedelta(days=1)
SERVER_AUTH: Final = ExtendedKeyUsageOID.SERVER_AUTH
MakeSettings = Callable[..., Settings]


@pytest.fixture
def settings(store: object, database_url: str, tmp_path: Path) -> MakeSettings:
    """Settings with a time-stamping service at an address, trusting some certificates."""
    state = ServiceState(store, database_url, tmp_path)  # type: ignore[arg-type]

    def make(url: str, *trusted: Signer, seconds: float = 30) -> Settings:
        (tmp_path / "trusted.pem").write_bytes(b"".join(each.pem for each in trusted or (authority(),)))
        return state.settings_with(
            ("^# timestamp_url = .*$", f'timestamp_url = "{url}"'),
            ("^# authority = .*\n.*$", f'authority = "trusted.pem"\ntimeout_seconds = {seconds}'),
        )

    return make


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebServer]:
    with stamping(tmp_path / "tsa") as web:
        yield web


def refused(settings: Settings, *said: str) -> UnavailableError:
    with pytest.raises(UnavailableError) as refused:
        ask_for_stamp(settings, TEXT)
    for each in said:
        assert each in str(refused.value)
    return refused.value


def test_a_stamp_says_when_the_hash_was_seen_and_the_service_sees_nothing_else(
    web: WebServer, settings: MakeSettings
) -> None:
    before = clock.now().replace(microsecond=0)
    reply, stamp = ask_for_stamp(settings(web.url), TEXT)
    assert stamp.digest == sha256(TEXT).hexdigest()
    assert before <= stamp.at <= clock.now()
    assert verify_stamp(reply, [authority().certificate]) == stamp, "it can be verified again"
    (asked,) = web.bodies
    assert sha256(TEXT).digest() in asked
    assert TEXT not in asked
    assert len(asked) < 100


@pytest.mark.parametrize("sends_chain", [True, False])
def test_an_authority_below_another_is_trusted_by_the_one_above(
    settings: MakeSettings, tmp_path: Path, *, sends_chain: bool
) -> None:
    """It is sent, or stands in the file. In any order: no service sends them in that of DER on purpose."""
    below = authority().issue("Below", is_authority=True)
    signers = [below.issue(f"Stamps {number}") for number in range(6)]
    for number, signer in enumerate(signers):
        sent = signer if sends_chain else Signer(signer.certificate, signer.key)
        with stamping(tmp_path / f"tsa{number}", sent) as web:
            trusted = (authority(),) if sends_chain else (authority(), below)
            assert ask_for_stamp(settings(web.url, *trusted), TEXT)[1].digest == sha256(TEXT).hexdigest()


def test_a_service_that_nobody_vouches_for_is_not_trusted(web: WebServer, settings: MakeSettings) -> None:
    error = refused(
        settings(web.url, authority("Another authority")), "is not to be trusted", "[audit] timestamp_url and authority"
    )
    assert error.is_lasting


@pytest.mark.parametrize(
    ("began", "ends", "said"),
    [(None, -DAY, "certificate has expired"), (DAY, 2 * DAY, "certificate is not yet valid")],
)
def test_a_certificate_must_hold_when_it_stamps(
    settings: MakeSettings, tmp_path: Path, began: timedelta | None, ends: timedelta, said: str
) -> None:
    now = clock.now()
    signer = authority().issue("Stamps", began=None if began is None else now + began, ends=now + ends)
    with stamping(tmp_path / "tsa", signer) as web:
        refused(settings(web.url), said)


def test_a_certificate_for_something_else_stamps_nothing(settings: MakeSettings, tmp_path: Path) -> None:
    """`openssl ts` does not sign with one, so one of the same key and number is put in the place of the right one."""
    right = authority().issue("Stamps")
    with stamping(tmp_path / "tsa", right) as web:
        reply, _ = ask_for_stamp(settings(web.url), TEXT)
    sent, others = der(right), (authority().issue("Stamps", like=right, usage=SERVER_AUTH) for _ in range(200))
    other = next(each for each in map(der, others) if len(each) == len(sent))  # the length of a signature varies
    with pytest.raises(WrongStampError, match="unsuitable certificate purpose"):
        verify_stamp(reply.replace(sent, other), [authority().certificate])


def der(signer: Signer) -> bytes:
    return signer.certificate.public_bytes(Encoding.DER)


def test_a_refusal_says_what_the_service_says(settings: MakeSettings, tmp_path: Path) -> None:
    with stamping(tmp_path / "tsa", digests="sha512") as web:
        error = refused(
            settings(web.url), "was refused (rejection: Message digest algorithm is not supported.)", web.url
        )
    assert not error.is_lasting


def test_a_stamp_of_something_else_is_none(web: WebServer, settings: MakeSettings, tmp_path: Path) -> None:
    """The right number, and another hash."""
    stamper = Stamper(tmp_path / "other")
    web.granting = lambda query: stamper(query.replace(sha256(TEXT).digest(), bytes(32)))
    refused(settings(web.url), "is of something else than was asked")


def test_a_stamp_of_another_kind_of_hash_is_none(tmp_path: Path) -> None:
    """What is compared is 32 bytes of a SHA-256; those of another hash prove nothing of it."""
    needs_openssl()
    asked = TimestampRequestBuilder().data(TEXT).hash_algorithm(HashAlgorithm.SHA512).build()
    reply = Stamper(tmp_path / "tsa", digests="sha512").reply(asked.as_bytes())
    with pytest.raises(WrongStampError, match="is not of a SHA-256"):
        verify_stamp(reply, [authority().certificate])


def test_a_stamp_that_was_given_before_is_none(web: WebServer, settings: MakeSettings) -> None:
    """The right hash, and another number: whoever answers for the service cannot give back an old one."""
    reply, _ = ask_for_stamp(settings(web.url), TEXT)
    web.granting = lambda _: answer(reply, Content_Type=REPLY)
    refused(settings(web.url), "it repeats another number")


@pytest.mark.parametrize(
    "body", [b"", b"<html>Sign in</html>", b"0\x03\x02\x01\x00", b"0\x80" + bytes(1000), bytes(2000)]
)
def test_what_is_no_answer_of_a_time_stamping_service_is_said_to_be_none(
    web: WebServer, settings: MakeSettings, body: bytes
) -> None:
    web.granting = lambda _: answer(body, Content_Type=REPLY)
    assert not refused(settings(web.url), "cannot be read", "check [audit] timestamp_url").is_lasting


def test_any_byte_that_is_changed_ends_in_a_refusal_or_changes_nothing(web: WebServer, settings: MakeSettings) -> None:
    """The bytes that no signature covers say nothing: who is sent along, and in words."""
    reply, stamp = ask_for_stamp(settings(web.url), TEXT)
    random, wrong = Random(1), 0
    for place in range(len(reply)):
        changed = bytearray(reply)
        changed[place] ^= random.randrange(1, 256)
        try:
            assert verify_stamp(bytes(changed), [authority().certificate]) == stamp
        except WrongStampError:
            wrong += 1
    assert wrong > len(reply) // 2


@pytest.mark.parametrize(
    ("status", "is_lasting"), [("404 Not Found", False), ("503 Service Unavailable", False), ("403 Forbidden", True)]
)
def test_a_status_is_named(web: WebServer, settings: MakeSettings, status: str, *, is_lasting: bool) -> None:
    web.granting = lambda _: answer(b"", status)
    assert refused(settings(web.url), f"answered with status {status[:3]}").is_lasting is is_lasting


def test_an_endless_answer_is_read_no_further_than_a_bound(web: WebServer, settings: MakeSettings) -> None:
    web.granting = lambda _: answer(bytes(3 * 2**20))
    refused(settings(web.url), "sent more than 1,048,576 bytes")


@pytest.mark.parametrize("serve", [silent, trickling])
def test_a_service_that_hangs_or_is_slow_has_so_long_and_no_longer(settings: MakeSettings, serve: object) -> None:
    with hanging(serve) as server:  # type: ignore[arg-type]
        refused(settings(f"http://127.0.0.1:{server.port}/tsa?key=secret", seconds=0.3), f"http://127.0.0.1:{server.port}/tsa did not answer to the end within 0.3 s")  # fmt: skip


def test_told_to_stop_it_waits_for_no_service(settings: MakeSettings) -> None:
    stop = Stop()

    def serve(*given: object) -> None:
        silent(*given)  # type: ignore[arg-type]
        stop.request()

    with hanging(serve) as server, pytest.raises(StoppedError):
        ask_for_stamp(settings(f"http://127.0.0.1:{server.port}/"), TEXT, stop)


def test_a_service_that_is_not_there_is_named_without_what_may_be_secret(settings: MakeSettings) -> None:
    needs_openssl()
    error = refused(
        settings("http://user:secret@127.0.0.1:1/tsa?key=secret"),
        "http://127.0.0.1:1/tsa could not be asked (ConnectError)",
    )
    assert "secret" not in str(error)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('timestamp_url = "https://x.example/"', "timestamp_url is set, and authority is not"),
        ('timestamp_url = "ftp://x.example/"', "timestamp_url: expected an address"),
        ('authority = "none.pem"', "audit.authority: "),
        ('authority = "config.toml"', "config.toml is not a PEM file of certificates"),
        ('authority = "trusted.pem"\ntimestamp_url = "https:///x"', "audit.timestamp_url: not an address"),
        ('authority = "trusted.pem"\ntimestamp_url = "env:NO_SUCH_ADDRESS"', "audit.timestamp_url: the environment variable"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_named(
    store: object, database_url: str, tmp_path: Path, lines: str, said: str
) -> None:
    (tmp_path / "trusted.pem").write_bytes(authority().pem)
    state = ServiceState(store, database_url, tmp_path)  # type: ignore[arg-type]
    with pytest.raises(SettingsError) as refused:
        ask_for_stamp(state.settings_with(("^# timestamp_url = .*$", lines)), TEXT)
    assert said in str(refused.value)
