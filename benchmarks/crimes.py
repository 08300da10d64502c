"""Generated crimes for the measurements: columns by the million, or the same as NDJSON."""

import json
import random
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from compliance.records import from_micros, to_micros
from compliance.records.columns import (
    CANCELLED,
    CLOSED,
    EVERY_VICTIM,
    OPEN,
    Allocations,
    Coded,
    Columns,
    Events,
    Ints,
    Rows,
    Statuses,
    Updates,
    Victims,
)
from compliance.records.instants import NONE

AS_AT = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)
_DAY = 86_400_000_000


def crime_columns(count: int, seed: int = 1, days: int = 365, still_open: float = 0.34) -> Columns:
    """The crimes of some days up to AS_AT: one victim in nine of ten, three updates on average, two of three closed, a
    few reopened, declined, exempt, cancelled, reallocated."""
    rng = np.random.default_rng(seed)
    end = to_micros(AS_AT)
    reported = np.sort(end - rng.integers(0, days * _DAY, count))
    recorded = reported + rng.integers(0, 3 * _DAY, count)
    victims = _children(rng.choice([0, 1, 1, 1, 1, 1, 1, 1, 1, 2], count))
    many = len(victims)
    declined = np.where(rng.random(many) < 0.02, reported[victims] + rng.integers(0, 60 * _DAY, many), NONE)
    updates = _children(rng.poisson(3.0, count))
    at = reported[updates] + (rng.exponential(18.0, len(updates)) * _DAY).astype(np.int64)
    same_day = rng.random(len(at)) < 0.1
    at[same_day] = reported[updates[same_day]] + rng.integers(0, _DAY // 4, int(same_day.sum()))
    order = np.lexsort((at, updates))
    at = at[order]
    statuses, status_at, kind = _statuses(rng, reported, still_open)
    allocations = _children(rng.choice([1, 1, 1, 2], count))
    officers = tuple(f"O{i:04}" for i in range(900))
    divisions = tuple("ABCDE")
    teams = tuple(f"T{i:03}" for i in range(145))

    def coded(values: tuple[str, ...], size: int, weights: list[float] | None = None) -> Coded:
        return Coded(rng.choice(len(values), size, p=weights).astype(np.int32), values)

    none = np.full(many, NONE, dtype=np.int64)
    return Columns(
        crime_ref=pa.array([f"22/{i:08}/26" for i in range(count)]),
        reported_at=reported,
        recorded_at=recorded,
        offence=coded(("Violence", "Burglary", "Vehicle crime", "Other theft"), count),
        division=coded(divisions, count),
        team=coded(teams, count),
        officer=coded(officers, count),
        statuses=Statuses(statuses, status_at, kind),
        allocations=Allocations(
            allocations,
            reported[allocations]
            + (np.arange(len(allocations)) - np.searchsorted(allocations, allocations)) * 9 * _DAY,
            coded(divisions, len(allocations)),
            coded(teams, len(allocations)),
            coded(officers, len(allocations)),
        ),
        victims=Victims(
            victims,
            pa.array([f"V{i}" for i in range(many)]),
            coded(("standard", "enhanced", "state"), many, [0.80, 0.17, 0.03]),
            none,
            declined,
            np.where((rng.random(many) < 0.5) & (declined != NONE), declined + 40 * _DAY, NONE),
            none,
            np.zeros(many, dtype=np.int64),
        ),
        updates=Updates(
            updates,
            pa.array([f"U{i}" for i in range(len(updates))]),
            np.full(len(updates), EVERY_VICTIM, dtype=np.int64),
            at,
            at + rng.choice([0, 0, 0, 0, _DAY], len(at)),
            coded(("informed", "attempted"), len(updates), [0.85, 0.15]),
            coded(("phone", "visit", "email"), len(updates)),
        ),
        events=Events(np.empty(0, np.int64), np.empty(0, np.int64), Coded(np.empty(0, np.int32), ())),
    )


def _children(counts: Ints) -> Ints:
    return np.repeat(np.arange(len(counts)), counts)


def _statuses(rng: np.random.Generator, reported: Ints, still_open: float) -> tuple[Ints, Ints, np.ndarray]:
    count = len(reported)
    fate = rng.random(count)
    changes = np.select([fate < still_open, fate < 0.95, fate < 0.99], [0, 1, 2], default=3)
    crime = _children(changes)
    rank = np.arange(len(crime)) - np.searchsorted(crime, crime)
    at = reported[crime] + (rank + 1) * (rng.exponential(25.0, count)[crime] * _DAY).astype(np.int64) + rank
    kind = np.where(rank % 2 == 0, CLOSED, OPEN).astype(np.int8)
    kind[(rng.random(len(kind)) < 0.01) & (rank % 2 == 0)] = CANCELLED
    return crime, at, kind


def ndjson(count: int, seed: int = 1) -> Iterator[str]:
    """The same crimes as lines of NDJSON."""
    yield from lines_of(crime_columns(count, seed))


def lines_of(c: Columns) -> Iterator[str]:
    """Crimes as lines of NDJSON."""
    names = ("open", "closed", "cancelled")
    ends = {n: np.searchsorted(getattr(c, n).crime, np.arange(len(c) + 1)).tolist() for n in
            ("statuses", "allocations", "victims", "updates")}  # fmt: skip

    def iso(micros: int) -> str:
        return from_micros(micros).replace(microsecond=0).isoformat().replace("+00:00", "Z")

    def text(column: Coded, row: int) -> str:
        return column.values[column.codes[row]]

    refs = c.crime_ref.to_pylist()
    for i in range(len(c)):
        v = range(ends["victims"][i], ends["victims"][i + 1])
        victims = ",".join(
            f'{{"victim_ref":"V{j}","category":"{text(c.victims.category, j)}"'
            + (f',"declined_at":"{iso(c.victims.declined_at[j])}"' if c.victims.declined_at[j] != NONE else "")
            + "}"
            for j in v
        )
        updates = ",".join(
            f'{{"update_ref":"U{j}","at":"{iso(c.updates.at[j])}","entered_at":"{iso(c.updates.entered_at[j])}",'
            f'"outcome":"{text(c.updates.outcome, j)}","method":"{text(c.updates.method, j)}","officer_ref":"O0001"}}'
            for j in range(ends["updates"][i], ends["updates"][i + 1])
        )
        status = ",".join(
            f'{{"status":"{names[c.statuses.kind[j]]}","at":"{iso(c.statuses.at[j])}"}}'
            for j in range(ends["statuses"][i], ends["statuses"][i + 1])
        )
        allocations = ",".join(
            f'{{"officer_ref":"{text(c.allocations.officer, j)}","team":"{text(c.allocations.team, j)}",'
            f'"division":"{text(c.allocations.division, j)}","from":"{iso(c.allocations.at[j])}"}}'
            for j in range(ends["allocations"][i], ends["allocations"][i + 1])
        )
        yield (
            f'{{"crime_ref":"{refs[i]}","reported_at":"{iso(c.reported_at[i])}","recorded_at":"{iso(c.recorded_at[i])}",'
            f'"offence":"{text(c.offence, i)}","division":"{text(c.division, i)}","team":"{text(c.team, i)}",'
            f'"officer_ref":"{text(c.officer, i)}","status":[{status}],"allocations":[{allocations}],'
            f'"victims":[{victims}],"updates":[{updates}],"changed_at":"{iso(c.reported_at[i])}"}}'
        )


def mixed(lines: Iterable[str], seed: int = 1) -> Iterator[str]:
    """The same lines less alike: instants at several offsets and with decimals, fields null, empty lists absent,
    fields in any order."""
    rng = random.Random(seed)
    endings = ("Z", "Z", "+01:00", "+00:00", ".25Z", ".123456+01:00")
    for line in lines:
        record = json.loads(re.sub(r'(:\d\d)Z"', lambda found: f'{found[1]}{rng.choice(endings)}"', line))
        for name in [name for name, value in record.items() if value == []]:
            record[name] = None
            if rng.random() < 0.5:
                del record[name]
        for item in (record, *(record.get("updates") or ())):
            for name in {"recorded_at", "team", "entered_at", "method"} & item.keys():
                if rng.random() < 0.2:
                    item[name] = None
        fields = list(record.items())
        rng.shuffle(fields)
        yield json.dumps(dict(fields), separators=(",", ":"))


def extended(lines: Iterable[str]) -> Iterator[str]:
    """Lines of NDJSON whose every record and update has the same fields that the record format does not have."""
    for line in lines:
        yield line.replace('"update_ref"', '"note":"called","update_ref"').replace("{", '{"system":"A","beat":7,', 1)


def nested(columns: Columns) -> pa.Table:
    """The same crimes as a Parquet file holds them: the nested columns of records section 1."""
    crimes = len(columns)

    def instants(micros: Ints) -> pa.Array:
        return pa.array(micros, mask=micros == NONE).cast(pa.timestamp("us", "UTC"))

    def lists(rows: Rows, **fields: pa.Array) -> pa.ListArray:
        ends = np.append(0, np.cumsum(np.bincount(rows.crime, minlength=crimes))).astype(np.int32)
        return pa.ListArray.from_arrays(pa.array(ends), pa.StructArray.from_arrays(list(fields.values()), list(fields)))

    s, a, v, u = columns.statuses, columns.allocations, columns.victims, columns.updates
    kinds = Coded(s.kind.astype(np.int32), ("open", "closed", "cancelled"))
    return pa.table(
        {
            "crime_ref": columns.crime_ref,
            "reported_at": instants(columns.reported_at),
            "recorded_at": instants(columns.recorded_at),
            "offence": columns.offence.texts(),
            "division": columns.division.texts(),
            "team": columns.team.texts(),
            "officer_ref": columns.officer.texts(),
            "status": lists(s, status=kinds.texts(), at=instants(s.at)),
            "allocations": lists(
                a,
                **{"from": instants(a.at)},
                officer_ref=a.officer.texts(),
                team=a.team.texts(),
                division=a.division.texts(),
            ),
            "victims": lists(
                v,
                victim_ref=v.ref,
                category=v.category.texts(),
                declined_at=instants(v.declined_at),
                declined_until=instants(v.declined_until),
            ),
            "updates": lists(
                u,
                update_ref=u.ref,
                at=instants(u.at),
                entered_at=instants(u.entered_at),
                outcome=u.outcome.texts(),
                method=u.method.texts(),
            ),
        }
    )
