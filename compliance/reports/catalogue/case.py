"""A case behind a figure, and how the rows that a figure counts are listed as cases."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from compliance.policy.calendars import Ints, LocalDates, from_day
from compliance.policy.setting_aside import SetAside
from compliance.policy.verdicts import STATES, Verdicts
from compliance.records.columns import Columns
from compliance.records.instants import NONE, from_micros


@dataclass(frozen=True, slots=True)
class TracedCase:
    """One obligation, victim, crime or update behind a figure. Fields that do not apply are None.

    - `state`: the state of an obligation, the outcome of an update, the answer for a victim, or an unknown value
      itself.
    - `closed_on`: the local date on which the case closed.
    - `at`: when the update took place (the one that discharged the obligation, or the victim's last), or when the
      event, decline, cancellation or vanishing took place.
    - `entered_at`: when it was entered.
    - `told_at`: when a reminder listed it; `mail`: the number of that email in the outbox.
    - `counted`, `of`: the figure is the sum of `counted` out of the sum of `of`. Each is 1 or 0, or -1 for what a step
      of a restatement took away.

    Instants are aware, in the policy's time zone.
    """

    crime_ref: str
    victim_ref: str | None = None
    requirement: str | None = None
    cycle: int | None = None
    due_date: date | None = None
    state: str | None = None
    closed_on: date | None = None
    update_ref: str | None = None
    at: datetime | None = None
    entered_at: datetime | None = None
    told_at: datetime | None = None
    mail: int | None = None
    counted: int = 0
    of: int = 1


def obligations(verdicts: Verdicts, row: Ints, at: Ints | None = None, **more: Iterable[Any]) -> tuple[TracedCase, ...]:
    """List obligations (rows of the verdicts), each with the update that discharged it.

    `at`: instants to show in place of the update's, in microseconds. `more`: further fields, one value a row.
    """
    columns = verdicts.columns
    local, ids = verdicts.policy.local, [requirement.id for requirement in verdicts.policy.requirement]
    fields: dict[str, Iterable[Any]] = {
        "crime_ref": columns.crime_ref.take(verdicts.crime[row]).to_pylist(),
        "victim_ref": columns.victims.ref.take(verdicts.victim[row]).to_pylist(),
        "requirement": [ids[place] for place in verdicts.requirement[row].tolist()],
        "cycle": verdicts.cycle[row].tolist(),
        "due_date": [from_day(day) for day in verdicts.due_date[row].tolist()],
        "state": [STATES[state] for state in verdicts.state[row].tolist()],
        **heard(columns, verdicts.update[row], local),
    }
    return _cases(fields | ({} if at is None else {"at": instants(at, local)}) | more)


def aside(found: SetAside) -> tuple[TracedCase, ...]:
    """List what is set aside (rules 6.1a), with the reason as its state.

    The cycle is the event's number, or None if the requirement runs from the report.
    """
    rows = found.table().to_pylist()
    fields: dict[str, Iterable[Any]] = {
        name: [row[name] for row in rows] for name in ("crime_ref", "victim_ref", "requirement")
    }
    fields["cycle"] = [row["cycle"] or None for row in rows]
    fields["state"] = [f"set aside: {row['reason']}" for row in rows]
    return _cases(fields)


def heard(columns: Columns, update: Ints, local: LocalDates) -> dict[str, list[Any]]:
    """Return the fields that describe each update (a row of the updates) and when it took place; None for -1."""
    found, table = update >= 0, columns.updates
    at, entered = (np.full(len(update), NONE, dtype=np.int64) for _ in range(2))
    at[found], entered[found] = table.at[update[found]], table.entered_at[update[found]]
    refs = iter(table.ref.take(update[found]).to_pylist())
    return {
        "update_ref": [next(refs) if one else None for one in found.tolist()],
        "at": instants(at, local),
        "entered_at": instants(entered, local),
    }


def updates(columns: Columns, row: Ints, local: LocalDates) -> tuple[TracedCase, ...]:
    """List updates (rows of the columns), with the victim only if the update names one on the record."""
    table = columns.updates.take(row)
    names = [*table.outcome.values, "no outcome"]
    victims = np.maximum(table.victim, 0)
    refs = columns.victims.ref.take(victims).to_pylist() if (table.victim >= 0).any() else [None] * len(row)
    return _cases(
        {
            "crime_ref": columns.crime_ref.take(table.crime).to_pylist(),
            "victim_ref": [ref if v >= 0 else None for ref, v in zip(refs, table.victim.tolist(), strict=True)],
            "state": [names[code] for code in table.outcome.codes.tolist()],
            "update_ref": table.ref.to_pylist(),
            "at": instants(table.at, local),
            "entered_at": instants(table.entered_at, local),
        }
    )


def victims(columns: Columns, row: Ints, state: Iterable[str], **more: Iterable[Any]) -> tuple[TracedCase, ...]:
    """List victims (rows of the columns). `more`: further fields, one value a row."""
    refs = columns.crime_ref.take(columns.victims.crime[row]).to_pylist()
    return _cases({"crime_ref": refs, "victim_ref": columns.victims.ref.take(row).to_pylist(), "state": state, **more})


def events(columns: Columns, row: Ints, state: Iterable[str], local: LocalDates) -> tuple[TracedCase, ...]:
    """List case events (rows of the columns)."""
    table = columns.events.take(row)
    refs = columns.crime_ref.take(table.crime).to_pylist()
    return _cases({"crime_ref": refs, "state": state, "at": instants(table.at, local)})


def crimes(columns: Columns, row: Ints, state: str) -> tuple[TracedCase, ...]:
    """List crimes (rows of the columns)."""
    return tuple(TracedCase(ref, state=state) for ref in columns.crime_ref.take(row).to_pylist())


def instants(micros: Ints, local: LocalDates) -> list[datetime | None]:
    """Convert microseconds since 1970 in UTC to aware instants in local time; None where absent."""
    return [None if one == NONE else local.clock_at(from_micros(one)) for one in micros.tolist()]


def first_of_each(keys: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Return which rows are the first with their key, so that their number is that of the distinct keys."""
    first = np.zeros(len(keys), dtype=np.bool_)
    first[np.unique(keys, return_index=True)[1]] = True
    return first


def _cases(fields: Mapping[str, Iterable[Any]]) -> tuple[TracedCase, ...]:
    names = tuple(fields)
    return tuple(TracedCase(**dict(zip(names, values, strict=True))) for values in zip(*fields.values(), strict=True))
