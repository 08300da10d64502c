"""Crime records that are no mistake of form and yet as far from an ordinary one as the format allows (records section
1): each of them has one field that the policy reads at an extreme."""

from typing import Any, Final

from tests.stores import Record, crime, updates

FIRST, LAST = "1900-01-01T00:00:00+14:00", "2999-12-31T23:59:59.999999-23:59"
"""The first and the last instant that the format allows, and a little beyond in Greenwich."""
OLD: Final = "1990-03-01T10:00:00Z"


def _event(at: str, kind: str = "suspect_arrested") -> Record:
    return {"event_ref": f"E{at}", "kind": kind, "at": at}


def _victim(**fields: Any) -> list[Record]:
    return [{"victim_ref": "V1"} | fields]


def _update(**fields: Any) -> list[Record]:
    return [{"update_ref": "U1", "at": "2026-07-05T12:00:00Z", "outcome": "informed"} | fields]


_HELD: Final = {"reason": "unsafe", "by": "O1"}
POISONS: Final[dict[str, dict[str, Any]]] = {
    "reported in 1990, with an event of then": {"reported_at": OLD, "events": [_event("1990-03-02T10:00:00Z")]},
    "reported and arrested at the first instant": {"reported_at": FIRST, "events": [_event(FIRST)]},
    "reported in 2900": {"reported_at": "2900-01-01T00:00:00Z"},
    "reported at the last instant": {"reported_at": LAST, "events": [_event(LAST)]},
    "an update every three days agreed since 2020": {
        "reported_at": "2020-01-01T00:00:00Z", "victims": _victim(agreed_interval_days=3),
    },
    "recorded at the first instant": {"recorded_at": FIRST},
    "recorded at the last instant": {"recorded_at": LAST},
    "an event before the calendar": {"events": [_event(FIRST)]},
    "an event at the last instant": {"events": [_event(LAST)]},
    "an event before the calendar and the report in 1994": {
        "reported_at": "1994-12-30T10:00:00Z",
        "events": [_event("1994-12-31T10:00:00Z"), _event("1995-01-02T10:00:00Z")],
    },
    "a victim added at the first instant": {"victims": _victim(added_at=FIRST)},
    "a victim added at the last instant": {"victims": _victim(added_at=LAST)},
    "an interval of 366 days agreed": {"reported_at": OLD, "victims": _victim(agreed_interval_days=366)},
    "an interval of 366 days agreed, reported at the last instant": {
        "reported_at": LAST, "victims": _victim(agreed_interval_days=366),
    },
    "declined at the first instant": {"victims": _victim(declined_at=FIRST)},
    "declined at the last instant": {"victims": _victim(declined_at=LAST)},
    "declined from the first to the last instant": {"victims": _victim(declined_at=FIRST, declined_until=LAST)},
    "declined from the last to the first instant": {"victims": _victim(declined_at=LAST, declined_until=FIRST)},
    "a decline entered at the last instant": {
        "victims": _victim(declined_at="2026-07-05T10:00:00Z", declined_entered_at=LAST)
    },
    "a contact hold for ever": {"victims": _victim(contact_holds=[_HELD | {"from": FIRST, "until": LAST}])},
    "a contact hold from the last instant": {"victims": _victim(contact_holds=[_HELD | {"from": LAST}])},
    "closed at the first instant": {"status": [{"status": "closed", "at": FIRST}]},
    "opened and closed at both ends of time": {
        "status": [{"status": "open", "at": FIRST}, {"status": "closed", "at": LAST}]
    },
    "cancelled at the first instant": {"reported_at": FIRST, "status": [{"status": "cancelled", "at": FIRST}]},
    "updated at the first instant": {"updates": _update(at=FIRST)},
    "updated at the last instant": {"updates": _update(at=LAST)},
    "an update entered at the first instant": {"updates": _update(entered_at=FIRST)},
    "an update entered at the last instant": {"updates": _update(entered_at=LAST)},
    "allocated at the first instant": {"allocations": [{"from": FIRST, "officer_ref": "O1"}]},
    "allocated at the last instant": {"allocations": [{"from": LAST, "officer_ref": "O1", "division": "North"}]},
    "allocated to nobody": {"allocations": [{"from": FIRST}]},
}  # fmt: skip


def poison(name: str, ref: str = "22A/666/26") -> Record:
    """A record with one of the extremes."""
    return crime(ref, **POISONS[name])


def good(number: int) -> Record:
    """An ordinary crime: its suspect was arrested on Monday 6 July, and the victim has not been told: overdue since
    Tuesday 14 July. The update of the 2nd has met the first interval."""
    return crime(
        f"22A/{number}/26", events=[_event("2026-07-06T12:00:00Z")], updates=updates("2026-07-02"), division="North",
        officer_ref="O1",
    )  # fmt: skip
