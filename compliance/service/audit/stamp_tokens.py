"""Time stamps (RFC 3161): the question to a time-stamping service, and reading and verifying what it answered."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.serialization import Encoding
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from compliance.config import Settings
from compliance.errors import ComplianceError, SettingsError

_SHA256: Final = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.1")
_WHY: Final = re.compile(r'Verify error: ([^"]+)"')


class WrongStampError(ComplianceError):
    """What was given as a stamp is none, or none to be trusted. The message goes on from "the stamp …"."""


class UntrustedStampError(WrongStampError):
    """A stamp that nobody vouches for who is trusted."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is sent to a time-stamping service, as DER, and the number that its answer must repeat."""

    sent: bytes
    nonce: int


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a stamp says: the SHA-256, in hexadecimal, that was stamped, and when, in UTC."""

    digest: str
    at: datetime


@asn1.sequence
class _SignedData:
    version: int
    algorithms: asn1.TLV
    content: asn1.TLV
    certificates: Annotated[list[x509.Certificate] | None, asn1.Implicit(0)]
    revoked: Annotated[list[asn1.TLV] | None, asn1.Implicit(1)]
    signers: asn1.TLV


@asn1.sequence
class _Token:
    kind: x509.ObjectIdentifier
    signed: Annotated[_SignedData, asn1.Explicit(0)]


@asn1.sequence
class _Answer:
    status: asn1.TLV
    token: _Token | None


def ask_about(text: bytes) -> Question:
    """Return the question for a stamp of a text, which only has its SHA-256. The answer is to have its certificates."""
    asked = TimestampRequestBuilder().data(text).hash_algorithm(HashAlgorithm.SHA256).build()
    return Question(asked.as_bytes(), asked.nonce or 0)


def read_authority(settings: Settings) -> list[x509.Certificate]:
    """Return the certificates that are trusted for stamps; none if the settings name none.

    Raises SettingsError that names the setting if they cannot be read.
    """
    named = settings.audit.authority
    if named is None:
        return []
    path, key = settings.path(named), f"{settings.source}: audit.authority"
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
        return list(dict.fromkeys(found))
    except OSError as error:
        raise SettingsError(f"{key}: {path} cannot be read ({error.strerror})") from None
    except ValueError:
        raise SettingsError(f"{key}: {path} is not a PEM file of certificates") from None


def verify_stamp(answer: bytes, authority: list[x509.Certificate], nonce: int | None = None) -> Stamp:
    """Return what a stamp says, once verified: signed, by a certificate that the authority vouches for at that time.

    `answer`: what the time-stamping service sent, as DER. `nonce`: that of the question, while it is known. Raises
    WrongStampError. Whether a certificate was revoked is not asked.
    """
    found = _read(answer)
    if found.status != PKIStatus.GRANTED:
        said = ": " + "; ".join(found.status_string) if found.status_string else ""
        raise WrongStampError(f"was refused ({PKIStatus(found.status).name.lower()}{said})")
    info = found.tst_info
    imprint = info.message_imprint
    if imprint.hash_algorithm != _SHA256:
        raise WrongStampError("is not of a SHA-256")
    if nonce is not None and info.nonce != nonce:
        raise WrongStampError("answers another question than ours: it repeats another number")
    try:
        VerifierBuilder(roots=list(authority)).build().verify(found, imprint.message)
    except VerificationError as error:
        raise UntrustedStampError(f"is not to be trusted: {_reason(error)}") from None
    except Exception as error:  # what a library makes of any bytes at all is not to be foreseen
        raise WrongStampError(f"cannot be verified ({type(error).__name__})") from None
    return Stamp(imprint.message.hex(), info.gen_time.astimezone(UTC))


def _read(answer: bytes) -> TimeStampResponse:
    try:
        found = decode_timestamp_response(_in_order(answer))
        if found.status == PKIStatus.GRANTED:
            _ = found.tst_info.message_imprint, found.signed_data.signer_infos
        else:
            PKIStatus(found.status)
    except Exception:  # the same
        raise WrongStampError("cannot be read: it is no answer of a time-stamping service (RFC 3161)") from None
    return found


def _in_order(answer: bytes) -> bytes:
    """Return an answer with its certificates in the order of DER, which services often do not keep.

    The library reads no other. Nothing is signed that says their order.
    """
    token = asn1.decode_der(_Answer, answer).token
    if token is None or not token.signed.certificates:
        return answer
    sent = [each.public_bytes(Encoding.DER) for each in token.signed.certificates]
    return answer.replace(b"".join(sent), b"".join(sorted(sent)), 1)


def _reason(error: VerificationError) -> str:
    """Return why a stamp is not to be trusted, without the traces of the library below."""
    said = str(error)
    if (why := _WHY.search(said)) is not None:
        return why[1]
    return "its signature is wrong" if "pkcs7" in said.lower() else said.rstrip(".")
