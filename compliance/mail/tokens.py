"""Addresses with a token, by which an answer names the email that it answers: `bounces+TOKEN@force.example`.

A token is the number of a row of the outbox and a signature over it, so that nobody can make one up (decision 0045).
"""

import hmac
import re
from base64 import b32decode, b32encode
from binascii import Error as NotBase32
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from compliance.errors import SettingsError
from compliance.mail.message import address_problem

_NUMBER, _SIGNATURE = 5, 10
"""Bytes of a token: together a multiple of five, which base 32 writes without padding."""
_LENGTH: Final = (_NUMBER + _SIGNATURE) // 5 * 8


class Purpose(StrEnum):
    """What a token is for. One for another purpose is not accepted."""

    BOUNCE = "bounce"


@dataclass(frozen=True, slots=True)
class MailToken:
    """A token as found in an address: whether it is genuine is known once its row is (`TokenAddresses.signs`)."""

    purpose: Purpose
    row_id: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class TokenAddresses:
    """The addresses to which answers go, with the key that signs tokens."""

    key: bytes
    bounce_address: str

    def __post_init__(self) -> None:
        """Check the address. Raises SettingsError if it, or it with a token, is none."""
        whole = _with_token(self.bounce_address, "x" * _LENGTH)
        if problem := address_problem(self.bounce_address) or address_problem(whole):
            raise SettingsError(f"bounce_address {self.bounce_address!r}: with a token added, {problem}")

    def return_path(self, row_id: int, row_key: str) -> str:
        """Return the envelope sender of an email: where reports on its delivery go."""
        return _with_token(self.bounce_address, self._written(Purpose.BOUNCE, row_id, row_key))

    def find(self, recipients: Iterable[str]) -> Iterator[MailToken]:
        """Yield the tokens in headers that name recipients, genuine or not."""
        local, _, domain = self.bounce_address.rpartition("@")
        ours = re.compile(rf"{re.escape(local)}\+([a-z2-7]{{{_LENGTH}}})@{re.escape(domain)}(?![\w.-])", re.IGNORECASE)
        for found in dict.fromkeys(each[1].upper() for text in recipients for each in ours.finditer(text)):
            try:
                content = b32decode(found)
            except NotBase32:  # pragma: no cover  # the pattern lets nothing else through
                continue
            yield MailToken(Purpose.BOUNCE, int.from_bytes(content[:_NUMBER], "big"), content[_NUMBER:])

    def signs(self, token: MailToken, row_key: str) -> bool:
        """Return whether a token is genuine, given the key of the row that it names.

        After an older copy of the database was restored, the same number may be that of another email.
        """
        return hmac.compare_digest(token.signature, self._signature(token.purpose, token.row_id, row_key))

    def _written(self, purpose: Purpose, row_id: int, row_key: str) -> str:
        content = row_id.to_bytes(_NUMBER, "big") + self._signature(purpose, row_id, row_key)
        return b32encode(content).decode("ascii").lower()

    def _signature(self, purpose: Purpose, row_id: int, row_key: str) -> bytes:
        return hmac.digest(self.key, f"{purpose}:{row_id}:{row_key}".encode(), "sha256")[:_SIGNATURE]


def _with_token(address: str, token: str) -> str:
    local, at, domain = address.rpartition("@")
    return f"{local}+{token}{at}{domain}"
