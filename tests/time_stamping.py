"""A time-stamping service (RFC 3161) on this machine: certificates of the tests, and `openssl ts` behind a web server.

What it answers is what `openssl ts -reply` makes of the query; a test may have it answer otherwise.
"""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.web_server import WebServer, answer, serving

REPLY: Final = "application/timestamp-reply"
YEAR: Final = timedelta(days=365)
_CONFIG: Final = """
[tsa]
default_tsa = own
[own]
serial = {folder}/serial
signer_cert = {folder}/signer.pem
certs = {folder}/chain.pem
signer_key = {folder}/signer.key
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = {digests}
accuracy = secs:1
ess_cert_id_chain = no
"""


def needs_openssl() -> None:
    """Skip a test where there is no program `openssl`."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no program openssl, which stamps here as a time-stamping service would")


@dataclass(frozen=True)
class Signer:
    """A certificate with its key, and those of the authorities above it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    above: tuple[x509.Certificate, ...] = ()

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def issue(self, name: str, **options: Any) -> "Signer":
        """Have this one sign another (`_issue`)."""
        return _issue(name, self, **options)


def _issue(
    name: str,
    by: Signer | None,
    *,
    is_authority: bool = False,
    began: datetime | None = None,
    ends: datetime | None = None,
    usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.TIME_STAMPING,
    like: Signer | None = None,
) -> Signer:
    """A certificate for stamps, or of an authority, valid for a year or as said; with the key and number of another."""
    now, key = datetime.now(UTC), like.key if like else ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if by is None else by.certificate.subject)
        .public_key(key.public_key())
        .serial_number(like.certificate.serial_number if like else x509.random_serial_number())
        .not_valid_before(began or now - YEAR)
        .not_valid_after(ends or now + YEAR)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if not is_authority:
        made = made.add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
    above = () if by is None else (by.certificate, *by.above)
    return Signer(made.sign(key if by is None else by.key, hashes.SHA256()), key, above)


@cache
def authority(name: str = "Authority of the tests") -> Signer:
    """An authority that nobody signed but itself."""
    return _issue(name, None, is_authority=True)


class Stamper:
    """What answers queries, signing with a certificate; `digests`: of which kinds of hash."""

    def __init__(self, folder: Path, signer: Signer | None = None, digests: str = "sha256") -> None:
        signer = signer or authority().issue("Stamps of the tests")
        folder.mkdir()
        key = signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        chain = b"".join(each.public_bytes(Encoding.PEM) for each in signer.above)
        for name, content in (("signer.pem", signer.pem), ("signer.key", key), ("chain.pem", chain or signer.pem)):
            (folder / name).write_bytes(content)
        (folder / "tsa.cnf").write_text(_CONFIG.format(folder=folder, digests=digests))
        self._folder = folder

    def __call__(self, query: bytes) -> bytes:
        """The reply to a query, as it goes over the wire."""
        return answer(self.reply(query), Content_Type=REPLY)

    def reply(self, query: bytes) -> bytes:
        asked, replied = self._folder / "asked.tsq", self._folder / "replied.tsr"
        asked.write_bytes(query)
        openssl("ts", "-reply", "-config", self._folder / "tsa.cnf", "-queryfile", asked, "-out", replied)
        return replied.read_bytes()


def openssl(*words: str | Path) -> str:
    """What the program says; it has to end well."""
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@contextmanager
def stamping(folder: Path, signer: Signer | None = None, digests: str = "sha256") -> Iterator[WebServer]:
    """A time-stamping service while the context lasts. What it has been asked is in `bodies`."""
    needs_openssl()
    with serving() as web:
        web.granting = Stamper(folder, signer, digests)
        yield web
