"""The types that several tables share."""

from functools import cache
from pathlib import Path
from typing import Any, Final

import zstandard
from sqlalchemy import BigInteger, Integer, LargeBinary
from sqlalchemy.types import TypeDecorator

BIG_ID: Final = BigInteger().with_variant(Integer, "sqlite")
"""The type of an increasing key: only INTEGER increments automatically in SQLite."""

_DICTIONARIES: Final = ("email.zdict", "email-2.zdict")
"""The dictionaries by number, from 1; the last one is for what is written."""
_LEVEL: Final = 9


class CompressedText(TypeDecorator[str]):
    """Text that is stored compressed (Zstandard), with what emails have in common in a dictionary beside this file.

    Whoever reads or writes the column sees text. A dictionary is never changed, because what is stored could no longer
    be read; each value names the dictionary that it needs, so another is added when emails change (decision 0035).
    """

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> bytes | None:  # noqa: ARG002
        """Return the text as stored."""
        return None if value is None else compress_text(value)

    def process_result_value(self, value: bytes | None, dialect: Any) -> str | None:  # noqa: ARG002
        """Return what was stored as text."""
        return None if value is None else decompress_text(value)


def compress_text(text: str) -> bytes:
    """Return a text as `CompressedText` stores it; no text is no bytes."""
    if not text:
        return b""
    newest = _dictionary(len(_DICTIONARIES))
    return zstandard.ZstdCompressor(level=_LEVEL, dict_data=newest).compress(text.encode())


def decompress_text(stored: bytes) -> str:
    """Return a text that `CompressedText` stored, with the dictionary that the value names."""
    if not stored:
        return ""
    named = _dictionary(zstandard.get_frame_parameters(stored).dict_id)
    return zstandard.ZstdDecompressor(dict_data=named).decompress(stored).decode()


@cache
def _dictionary(number: int) -> zstandard.ZstdCompressionDict:
    content = (Path(__file__).parent / _DICTIONARIES[number - 1]).read_bytes()
    found = zstandard.ZstdCompressionDict(content, zstandard.DICT_TYPE_FULLDICT)
    found.precompute_compress(level=_LEVEL)
    return found
