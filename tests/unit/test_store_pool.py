"""Columns put together and taken apart again are those of the records themselves."""

from dataclasses import fields
from random import Random
from typing import Any

import numpy as np

from compliance.records import Columns, Crime, columns, convert_crime
from compliance.records.columns import Coded, Rows
from compliance.store.reading.column_pool import join_columns, take_columns
from tests.histories import histories

CRIMES: list[Crime] = [convert_crime(record) for record in histories(5, 400)]


def plain(columns: Columns | Rows) -> dict[str, Any]:
    """The content of columns, whatever codes stand for it."""

    def of(value: Any) -> Any:
        if isinstance(value, Rows):
            return plain(value)
        return (value.texts() if isinstance(value, Coded) else value).tolist()

    return {field.name: of(getattr(columns, field.name)) for field in fields(columns)}


def test_records_joined_are_as_if_they_had_come_together() -> None:
    for cut in (0, 1, 137, 400):
        assert plain(join_columns(columns(CRIMES[:cut]), columns(CRIMES[cut:]))) == plain(columns(CRIMES))


def test_records_taken_are_as_if_only_they_had_come() -> None:
    every = columns(CRIMES)
    dice = Random(3)
    for count in (0, 1, 60, 400):
        places = dice.sample(range(400), count)
        assert plain(take_columns(every, np.array(places, dtype=np.int64))) == plain(
            columns([CRIMES[p] for p in places])
        )
