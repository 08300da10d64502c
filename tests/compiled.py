"""Statements compiled once for a kind of database, whichever store asks."""

from typing import Any


class Compiled(dict[Any, Any]):
    """A `compiled_cache` that engines share: SQLAlchemy names a compiled statement by the dialect of its engine first, and
    every engine has a dialect of its own."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_shared(key), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(_shared(key), value)


def _shared(key: Any) -> Any:
    dialect, *rest = key
    return (dialect.name, dialect.server_version_info, *rest)
