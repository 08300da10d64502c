"""Values on their way into any database in bulk: a column at a time, instead of a call for each value."""

from typing import Any

from sqlalchemy import Connection, Date, DateTime, LargeBinary
from sqlalchemy.types import TypeDecorator, TypeEngine


def plain(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """Return the type without its Python wrapper, so that a list of values need not be converted one by one."""
    return kind.impl_instance if isinstance(kind, TypeDecorator) else kind


def convert_column(values: list[Any], kind: TypeEngine[Any], connection: Connection) -> list[Any]:
    """Return the values of a column as the driver accepts them."""
    process = kind.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    inner = plain(kind)
    if isinstance(inner, LargeBinary):  # bytes are taken as they are
        if isinstance(kind, TypeDecorator):
            return [kind.process_bind_param(value, connection.dialect) for value in values]
        return values
    if process is None:
        return values
    if isinstance(inner, Date | DateTime):
        known = {value: process(value) for value in set(values)}  # most values of a column are the same one
        return [known[value] for value in values]
    return [process(value) for value in values]
