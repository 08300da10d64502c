"""Text that a terminal would obey or misread, and a record and an officer that hold it wherever text is free."""

import json
from typing import Any, Final, get_args, get_origin

import msgspec

from compliance.records import Crime, Officer
from compliance.records.wire import Ref, Text

HOSTILE: Final = "\x1b]0;owned\x07 \x1b[2J \x9b31m \u202edetrever\u2066 \u2028\u200b\x7f\r\nforged: line"
"""Sets the window's title, clears the screen, colours, turns the direction, and begins a line of its own."""
MARK: Final = r"\x1b]0;owned\x07"
"""How it begins where it is shown as it must be."""
_FREE: Final = (Ref, Text, Text | None)


def hostile(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """A record of a kind: something hostile in every free text, so that a field that is added is hostile too."""
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        of = next((part for part in get_args(field.type) if get_origin(part) is list), None)
        if field.type in _FREE:
            found[field.encode_name] = f"{field.encode_name} {HOSTILE}"
        elif of is not None:
            found[field.encode_name] = [hostile(get_args(of)[0])]
    return found


def _crime() -> dict[str, Any]:
    found = hostile(Crime) | {"reported_at": "2026-06-01T09:00:00Z", "changed_at": "2026-06-14T09:00:00Z"}
    found["status"] = [{"status": "open", "at": "2026-06-01T09:00:00Z"}]
    found["allocations"][0]["from"] = "2026-06-01T10:00:00Z"
    found["victims"][0]["contact_holds"][0]["from"] = "2026-06-10T10:00:00Z"
    found["victims"][0]["contact_holds"][0]["until"] = "2026-06-11T10:00:00Z"
    found["updates"][0]["at"] = "2026-06-12T10:00:00Z"
    found["events"][0]["at"] = "2026-06-13T10:00:00Z"
    return found


CRIME: Final = _crime()
"""Reported on 1 June 2026 and overdue since the 9th: its one update has an outcome that is none."""
OFFICER: Final = hostile(Officer) | {"email": "officer@force.example", "absent": []}
REFUSED: Final = json.dumps(CRIME | {"crime_ref": f"b {HOSTILE}", "reported_at": f"soon {HOSTILE}"}).encode()
"""A record that breaks the format, and says so in its reason."""
