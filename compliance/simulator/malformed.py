"""Records that break the record format, each in a different way, as real crime systems do (records section 1)."""

import json
from collections.abc import Callable
from typing import Any, Final

import msgspec

Record = dict[str, Any]


def _no_offset(record: Record) -> None:
    record["reported_at"] = record["reported_at"].rstrip("Z")


def _empty_ref(record: Record) -> None:
    record["crime_ref"] = ""


def _add_unknown_status(record: Record) -> None:
    record["status"] = [*record.get("status", []), {"status": "filed", "at": record["reported_at"]}]


def _lone_surrogate(record: Record) -> None:
    record["offence"] += " \ud800"


def _too_long(record: Record) -> None:
    record["team"] = record["team"] + "?" * 200


def _not_reported(record: Record) -> None:
    del record["reported_at"]


def _victims_as_text(record: Record) -> None:
    record["victims"] = "see the log"


def _victim_without_ref(record: Record) -> None:
    record["victims"] = [{"category": "standard"}]


def _date_only(record: Record) -> None:
    record["updates"] = [{"update_ref": "1", "at": record["reported_at"][:10], "outcome": "informed"}]


def _interval_of_0(record: Record) -> None:
    record["victims"] = [{"victim_ref": "V1", "agreed_interval_days": 0}]


def _update_without_at(record: Record) -> None:
    record["updates"] = [{"update_ref": "1", "outcome": "informed", "method": "phone"}]


def _year_206(record: Record) -> None:
    record["reported_at"] = "0206" + record["reported_at"][4:]


KINDS: Final[dict[str, Callable[[Record], None]]] = {
    "an instant without an offset": _no_offset,
    "an empty crime number": _empty_ref,
    "an unknown status": _add_unknown_status,
    "half a surrogate pair": _lone_surrogate,
    "too long a text": _too_long,
    "no reported instant": _not_reported,
    "victims of the wrong type": _victims_as_text,
    "a victim without a reference": _victim_without_ref,
    "a date where an instant is expected": _date_only,
    "an agreed interval of 0 days": _interval_of_0,
    "an update without an instant": _update_without_at,
    "a year that cannot be": _year_206,
}
"""Each kind of fault, and how it changes a good record of JSON types."""


def spoil(record: Record, kind: str) -> bytes:
    """Return a good record (records section 1) as JSON with a kind of fault in it; it remains valid JSON in ASCII.

    Half a surrogate pair is written as an escape, because UTF-8 cannot contain one.
    """
    plain: Record = msgspec.to_builtins(record)
    KINDS[kind](plain)
    return json.dumps(plain, separators=(",", ":")).encode("ascii")
