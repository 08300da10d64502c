"""The types that several tables share."""

from functools import cache
from pathlib import Path
from typing import Any, Final

import zstandard
from sqlalchemy import BigInteger, Integer, LargeBinary
from sqlalchemy.types import TypeDecorator

BIG_ID: Final = BigInteger().with_variant(Integer, "sqlite")
"""The type of an increasing key: only INTEGER increments automatically in SQLite."""

_DICTIONARY: Final = Path(__file__).parent / "email.zdict"
_LEVEL: Final = 9


class CompressedText(TypeDecorator[str]):
    """Text that is stored compressed (Zstandard), with what emails have in common in a dictionary beside this file.

    Whoever reads or writes the column sees text. The dictionary is never changed, because what is stored could no
    longer be read; each value names the dictionary that it needs, so another may be added (decision 0035).
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
    return zstandard.ZstdCompressor(level=_LEVEL, dict_data=_dictionary()).compress(text.encode())


def decompress_text(stored: bytes) -> str:
    """Return a text that `CompressedText` stored."""
    return zstandard.ZstdDecompressor(dict_data=_dictionary()).decompress(stored).decode() if stored else ""


@cache
def _dictionary() -> zstandard.ZstdCompressionDict:
    found = zstandard.ZstdCompressionDict(_DICTIONARY.read_bytes(), zstandard.DICT_TYPE_FULLDICT)
    found.precompute_compress(level=_LEVEL)
    return found
