"""Addresses with a token, by which a report or a reply names the email that it is about: `bounces+TOKEN@force.example`.

A token is the number of a row of the outbox and a signature over it, so that nobody can make one up (decision 0045).
"""

import hmac
import re
from base64 import b32decode, b32encode
from collections.abc import Iterator, Mapping, Sequence
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
    REPLY = "reply"


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
    reply_address: str | None = None

    def __post_init__(self) -> None:
        """Check the addresses. Raises SettingsError if one, or it with a token, is none."""
        for purpose, address in self._addresses:
            if problem := address_problem(address) or address_problem(_with_token(address, "x" * _LENGTH)):
                raise SettingsError(f"{purpose}_address {address!r}: with a token added, {problem}")

    @property
    def _addresses(self) -> list[tuple[Purpose, str]]:
        replies = [] if self.reply_address is None else [(Purpose.REPLY, self.reply_address)]
        return [(Purpose.BOUNCE, self.bounce_address), *replies]

    def return_path(self, row_id: int, row_key: str) -> str:
        """Return the envelope sender of an email: where reports on its delivery go."""
        return _with_token(self.bounce_address, self._written(Purpose.BOUNCE, row_id, row_key))

    def headers_of(self, headers: Mapping[str, str], row_id: int, row_key: str) -> Mapping[str, str]:
        """Return the headers of an email; a Reply-To that is the address at which replies are read gets a token."""
        if self.reply_address is None or headers.get("Reply-To") != self.reply_address:
            return headers
        return {**headers, "Reply-To": _with_token(self.reply_address, self._written(Purpose.REPLY, row_id, row_key))}

    def find(self, recipients: Sequence[str]) -> Iterator[MailToken]:
        """Yield the tokens in headers that name recipients, genuine or not."""
        for purpose, address in self._addresses:
            yield from _find(purpose, address, recipients)

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


def _find(purpose: Purpose, address: str, recipients: Sequence[str]) -> Iterator[MailToken]:
    local, _, domain = address.rpartition("@")
    ours = re.compile(rf"{re.escape(local)}\+([a-z2-7]{{{_LENGTH}}})@{re.escape(domain)}(?![\w.-])", re.IGNORECASE)
    for found in dict.fromkeys(each[1].upper() for text in recipients for each in ours.finditer(text)):
        content = b32decode(found)
        yield MailToken(purpose, int.from_bytes(content[:_NUMBER], "big"), content[_NUMBER:])


def _with_token(address: str, token: str) -> str:
    local, at, domain = address.rpartition("@")
    return f"{local}+{token}{at}{domain}"
