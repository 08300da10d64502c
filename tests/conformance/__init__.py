"""The conformance sample: records at the edges of the rules, and the verdicts they must get (README.md beside this)."""

import gzip
import json
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

Json = dict[str, Any]

HERE = Path(__file__).parent
MAY, NOVEMBER = datetime(2026, 5, 1, 22, 59, 59, tzinfo=UTC), datetime(2026, 11, 25, 12, tzinfo=UTC)
SEPTEMBER, JULY = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 7, 1, 8, tzinfo=UTC)
POLICIES = ("west-mercia", "hertfordshire", "victims-code-2006", "victims-code-2020")


@dataclass(frozen=True)
class Sample:
    """One question asked of all the records: a policy by name, T and K."""

    policy: str
    as_at: datetime
    known_at: datetime | None = None

    def __str__(self) -> str:
        known = f".known-at-{self.known_at.date()}" if self.known_at else ""
        return f"{self.policy}.as-at-{self.as_at.date()}{known}"


SAMPLES = [*(Sample(p, at) for p in POLICIES for at in (MAY, NOVEMBER)), Sample("west-mercia", SEPTEMBER, JULY)]


@cache
def policy(name: str) -> Json:
    """A shipped policy as its file has it."""
    return tomllib.loads((HERE.parents[1] / "rules" / f"{name}.toml").read_text("utf-8"))


def records_text() -> str:
    """The records as a feed file has them: NDJSON."""
    return gzip.decompress((HERE / "records.ndjson.gz").read_bytes()).decode()


def records() -> list[Json]:
    """The records, decoded."""
    return [json.loads(line) for line in records_text().splitlines()]


def verdicts(sample: Sample) -> list[Json]:
    """The verdict rows expected, in their order."""
    text = gzip.decompress((HERE / f"{sample}.ndjson.gz").read_bytes()).decode()
    return [json.loads(line) for line in text.splitlines()]
