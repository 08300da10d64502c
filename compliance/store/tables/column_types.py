"""The types that several tables share."""

from typing import Final

from sqlalchemy import BigInteger, Integer

BIG_ID: Final = BigInteger().with_variant(Integer, "sqlite")
"""The type of an increasing key: only INTEGER increments automatically in SQLite."""
