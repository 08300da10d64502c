"""The crime record as received: typed decoding, and one clear reason for each refusal (records section 1).

Instants remain texts here; `compliance.records.instants` checks and converts them a column at a time.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from compliance.errors import RecordError
from compliance.records.collector import paused_gc
from compliance.records.instants import SHAPE, parse_instants
from compliance.records.mapped import FeedRecord, MappedRecord

MAX_RECORD_BYTES = 1024 * 1024

Ref = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(max_length=200)]
Days = Annotated[int, Meta(ge=1, le=366)]


class StatusChange(Struct, gc=False, omit_defaults=True):
    """A change of status: `open`, `closed` or `cancelled`, at an instant."""

    status: Literal["open", "closed", "cancelled"]
    at: str


class Allocation(Struct, gc=False, omit_defaults=True, rename={"start": "from"}):
    """Who had the case from an instant on; only `from` is required."""

    start: str
    officer_ref: Text | None = None
    team: Text | None = None
    division: Text | None = None


class ContactHold(Struct, gc=False, omit_defaults=True, rename={"start": "from", "end": "until"}):
    """A reason not to make contact as usual for a time. It changes no verdict."""

    reason: Text | None = None
    start: str | None = None
    end: str | None = None
    by: Text | None = None


class Victim(Struct, omit_defaults=True):
    """One person owed updates, known only by an opaque reference. The last four are never stored with it (A7)."""

    victim_ref: Ref
    category: Text | None = None
    added_at: str | None = None
    declined_at: str | None = None
    declined_until: str | None = None
    declined_entered_at: str | None = None
    agreed_interval_days: Days | None = None
    contact_holds: list[ContactHold] | None = None
    age_band: Any = None
    sex: Any = None
    ethnicity: Any = None
    disability: Any = None


class Update(Struct, gc=False, omit_defaults=True):
    """One contact with a victim, or with every victim if `victim_ref` is absent."""

    update_ref: Ref
    at: str
    victim_ref: Text | None = None
    entered_at: str | None = None
    outcome: Text | None = None
    method: Text | None = None
    officer_ref: Text | None = None


class Event(Struct, gc=False, omit_defaults=True):
    """A case event, such as an arrest."""

    event_ref: Ref
    kind: Ref
    at: str


class Crime(Struct, omit_defaults=True):
    """One whole crime record."""

    crime_ref: Ref
    reported_at: str
    recorded_at: str | None = None
    status: list[StatusChange] | None = None
    offence: Text | None = None
    division: Text | None = None
    team: Text | None = None
    officer_ref: Text | None = None
    allocations: list[Allocation] | None = None
    victims: list[Victim] | None = None
    updates: list[Update] | None = None
    events: list[Event] | None = None
    changed_at: str | None = None


class Absence(Struct, gc=False, omit_defaults=True, rename={"start": "from", "end": "until"}):
    """Days of absence, both included (local dates, ISO). The reason is never stored."""

    start: str
    end: str | None = None


class Officer(Struct, omit_defaults=True):
    """An entry of the officer directory (records section 4)."""

    officer_ref: Ref
    name: Text | None = None
    email: Text | None = None
    team: Text | None = None
    division: Text | None = None
    supervisor_ref: Text | None = None
    absent: list[Absence] | None = None
    left_on: str | None = None
    role: Text | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused record: place in the batch (from 0), crime number if readable, and a reason a person can act on."""

    index: int
    crime_ref: str | None
    reason: str


# The instant fields of each list, as attribute and as written, in the order in which a reason looks for the fault.
_INSTANTS: dict[str, tuple[tuple[str, str], ...]] = {
    "status": (("at", "at"),),
    "allocations": (("start", "from"),),
    "victims": tuple((n, n) for n in ("added_at", "declined_at", "declined_until", "declined_entered_at")),
    "updates": (("at", "at"), ("entered_at", "entered_at")),
    "events": (("at", "at"),),
}
_UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError)
_decode = msgspec.json.Decoder(Crime).decode


def decode_crime(raw: bytes | str) -> Crime:
    """Decode one record, instants unchecked. Raises RecordError with the field, what was found and what is expected."""
    if len(raw) > MAX_RECORD_BYTES:
        raise RecordError(f"the record is {len(raw):,} bytes long; a record is at most {MAX_RECORD_BYTES:,} bytes")
    try:
        return _decode(raw)
    except _UNREADABLE as error:
        raise RecordError(_reason(error, raw)) from None


def convert_crime(value: Any) -> Crime:
    """Convert one record from a decoded JSON object, otherwise as `decode_crime`."""
    try:
        return msgspec.convert(value, Crime)
    except _UNREADABLE as error:
        raise RecordError(_reason(error, value)) from None


def check_instants(crimes: Sequence[Crime]) -> dict[int, str]:
    """Return the records among `crimes` with a text that is not a valid date-time: place -> reason."""
    texts = list(_instant_texts(crimes))
    wrong = parse_instants(texts)[1]
    if not wrong.any():
        return {}
    bad = {texts[i] for i in wrong.nonzero()[0].tolist()}
    places = [place for place, crime in enumerate(crimes) if any(text in bad for _, text in _instants_of(crime))]
    return {place: instant_reason(crimes[place]) for place in places}


def _instant_texts(crimes: Sequence[Crime]) -> set[str]:
    """Return the text of every instant of many records, each once: most stand in several fields."""
    holds = [hold for crime in crimes for victim in crime.victims or () for hold in victim.contact_holds or ()]
    found: set[Any] = {text for hold in holds for text in (hold.start, hold.end)}
    found.update(chain.from_iterable(map(attrgetter("reported_at", "recorded_at", "changed_at"), crimes)))
    for name, fields in _INSTANTS.items():
        items = chain.from_iterable(filter(None, map(attrgetter(name), crimes)))
        for_each = map(attrgetter(*(attribute for attribute, _ in fields)), items)
        found.update(for_each if len(fields) == 1 else chain.from_iterable(for_each))
    return found - {None}


def decode_structs(records: Iterable[FeedRecord | str]) -> tuple[list[Crime], list[int], list[Refusal]]:
    """Decode many records, without checking their instants -> (the crimes, the place of each, the refusals)."""
    crimes: list[Crime] = []
    places: list[int] = []
    refusals: list[Refusal] = []
    with paused_gc():
        for place, record in enumerate(records):
            try:
                crimes.append(_crime_of(record))
                places.append(place)
            except RecordError as error:
                refusals.append(Refusal(place, None, str(error)))
            except _UNREADABLE as error:
                raw = record.text if isinstance(record, MappedRecord) else record
                refusals.append(Refusal(place, _crime_ref(raw), _reason(error, raw)))
    return crimes, places, refusals


def _crime_of(record: FeedRecord | str) -> Crime:
    if isinstance(record, MappedRecord):
        try:
            return msgspec.convert(record.fields, Crime)
        except _UNREADABLE:
            record = record.text  # because only the text shows why the record is refused
    return _decode(record) if len(record) <= MAX_RECORD_BYTES else decode_crime(record)


def decode_crimes(records: Iterable[FeedRecord | str]) -> tuple[list[Crime], list[Refusal]]:
    """Decode and check many records -> (the valid ones in order, a refusal for each other one) (decision 0014).

    A mapped record's length, and whether it can be written, are checked on writing.
    """
    crimes, places, refusals = decode_structs(records)
    bad = check_instants(crimes)
    if bad:
        refusals += [Refusal(places[place], crimes[place].crime_ref, reason) for place, reason in bad.items()]
        crimes = [crime for place, crime in enumerate(crimes) if place not in bad]
        refusals.sort(key=lambda refusal: refusal.index)
    return crimes, refusals


def _instants_of(crime: Crime) -> Iterator[tuple[str, str | None]]:
    """Yield every instant of a record with the path of its field, in the order of the format's tables."""
    yield "reported_at", crime.reported_at
    yield "recorded_at", crime.recorded_at
    yield "changed_at", crime.changed_at
    for name, fields in _INSTANTS.items():
        for i, item in enumerate(getattr(crime, name) or ()):
            for attribute, field in fields:
                yield f"{name}[{i}].{field}", getattr(item, attribute)
    for i, victim in enumerate(crime.victims or ()):
        for j, hold in enumerate(victim.contact_holds or ()):
            yield f"victims[{i}].contact_holds[{j}].from", hold.start
            yield f"victims[{i}].contact_holds[{j}].until", hold.end


def instant_reason(crime: Crime) -> str:
    """Return why a record with a text that is not a valid date-time is refused: the first such field."""
    for path, text in _instants_of(crime):
        if text is not None and parse_instants([text])[1][0]:
            found = text if len(text) <= 40 else text[:40] + "…"
            if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?", text):
                return f"{path}: found {found!r}, an instant without an offset; expected {SHAPE}"
            return f"{path}: found {found!r}; expected {SHAPE}"
    raise AssertionError("a reason was asked for a record whose instants are all good")


def _reason(error: Exception, raw: Any) -> str:
    """Return the decoder's message in the words of the record format: the field, what was found, what is expected."""
    if isinstance(error, UnicodeError):
        return "the record is not valid UTF-8; expected one JSON object in UTF-8"
    if isinstance(error, RecursionError):
        return "the record is nested too deeply; expected one JSON object as the record format describes it"
    message = str(error)
    if not isinstance(error, msgspec.ValidationError):
        return f"the record is not readable JSON ({message}); expected one JSON object in UTF-8"
    text, _, path = message.partition(" - at `$")
    path = path.rstrip("`").lstrip(".")
    if missing := re.fullmatch(r"Object missing required field `(.+)`", text):
        return f"{path}.{missing[1]}: missing; it is required".lstrip(".")
    expected = re.sub(r", got .*", "", text.removeprefix("Expected ")).replace("`", "").replace(" | null", "")
    if text.startswith("Invalid enum value"):
        expected = "open, closed or cancelled"
    return f"{path or 'the record'}: found {_quote_found(raw, path)}; expected {expected}"


def _quote_found(raw: Any, path: str) -> str:
    """Return the value at a path of a refused record, short enough to print. The record may be broken further on."""
    try:
        value = msgspec.json.decode(raw) if isinstance(raw, bytes | str) else raw
    except _UNREADABLE:
        return "something else"
    try:
        for key, place in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
            value = value[key] if key else value[int(place)]
    except (KeyError, IndexError, TypeError):  # the record has a key twice, and the fault is in the first
        return "something else"
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    if isinstance(value, str) and len(value) > 40:
        return repr(value[:40])[:-1] + "…'"
    return "null" if value is None else repr(value)


def _crime_ref(raw: bytes | str) -> str | None:
    """Return the crime number of a refused record if it can be read, so that a person can find it."""
    try:
        ref = msgspec.json.decode(raw, type=dict[str, Any]).get("crime_ref")
    except _UNREADABLE:
        return None
    return ref[:200] if isinstance(ref, str) and ref else None
