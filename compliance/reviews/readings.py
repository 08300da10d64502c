"""What a reader says of a case, and how the form that they fill in is read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from compliance.errors import RecordError, nearest
from compliance.reports.list_files import Cell, EmptyColumn, ListContent

ANSWERS: Final = ("told", "told_on", "told_by")
_GIVEN: Final = ("number", "crime", "victim", "look_from")
_LAST: Final = ("answered_request", "note")
_YES_NO: Final = {"yes": True, "y": True, "no": False, "n": False}
_NOTHING_ASKED: Final = frozenset(("", "nothing asked", "n/a", "na"))
_LONGEST: Final = 500
_DATES: Final = ("%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y", "%d %b %Y", "%d %B %Y")


class WasTold(StrEnum):
    """Whether the victim was told."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "cannot tell"


_TOLD: Final = {
    **{each.value: each for each in WasTold}, "y": WasTold.YES, "n": WasTold.NO, "can't tell": WasTold.UNCLEAR,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CaseToRead:
    """A case as a reader has it: nothing of our verdict, and no due date. `look_from`: a local date."""

    number: int
    crime_ref: str
    victim_ref: str
    look_from: date


@dataclass(frozen=True, slots=True)
class CaseReading:
    """What a reader found of a case.

    - `told_on`: the local date of the first contact from `look_from` on, if they were told.
    - `criteria`: the answers about that contact, by the criterion's id; empty unless they were told.
    - `answered_request`: whether it answered what the victim had asked; None: they had asked nothing, or not told.
    - `reader`: who found it; empty: not stored yet.
    """

    number: int
    told: WasTold
    told_on: date | None
    told_by: str
    criteria: Mapping[str, bool]
    answered_request: bool | None
    note: str
    reader: str = ""

    @property
    def is_good_enough(self) -> bool:
        """Whether the contact meets all criteria."""
        return self.told is WasTold.YES and all(self.criteria.values())


def form_of(force: str, title: str, cases: Iterable[CaseToRead], criteria: Sequence[tuple[str, str]]) -> ListContent:
    """Return the form for a reader, to be written as CSV or XLSX. `criteria`: (id, question)."""
    asked = {
        "told": EmptyColumn("Was this victim told, on the day in look_from or later?", [*map(str, WasTold)]),
        "told_on": EmptyColumn("If yes: the day of the first contact from look_from on."),
        "told_by": EmptyColumn("By whom: a reference, not a name."),
        **{name: EmptyColumn(question, ("yes", "no"), 18) for name, question in criteria},
        "answered_request": EmptyColumn("Did it answer what the victim had asked?", ("yes", "no", "nothing asked"), 16),
        "note": EmptyColumn("What the record has wrong, in a few words, without names.", width=40),
    }
    columns = (*_GIVEN, *asked)
    empty: tuple[Cell, ...] = (None,) * (len(columns) - len(_GIVEN))
    rows = [(each.number, each.crime_ref, each.victim_ref, each.look_from, *empty) for each in cases]
    return ListContent(force, title, columns, rows, asked)


def read_form(
    rows: Iterable[Mapping[str, Any]], cases: Mapping[int, CaseToRead], criteria: Sequence[str], today: date
) -> list[CaseReading]:
    """Return the readings in the rows of a form. A row without any answer, but for a note, is not read yet: left out.

    `cases`: those of the reader, by number. `today`: no contact can be later. Raises RecordError that names every row
    that cannot be used, with its column, what is wrong and what was expected.
    """
    found: dict[int, CaseReading] = {}
    wrong: list[str] = []
    for line, row in enumerate(rows, 2):
        try:
            reading = _read_row(row, cases, criteria, today)
        except _WrongAnswerError as error:
            wrong.append(f"row {line}, {error}")
            continue
        if reading is not None and reading.number in found:
            wrong.append(f"row {line}, number: case {reading.number} is there twice")
        elif reading is not None:
            found[reading.number] = reading
    if wrong:
        raise RecordError.of_rows(wrong)
    return list(found.values())


class _WrongAnswerError(Exception):
    """The column, and what is wrong with the answer in it."""


def _read_row(
    row: Mapping[str, Any], cases: Mapping[int, CaseToRead], criteria: Sequence[str], today: date
) -> CaseReading | None:
    texts = {name: _text(row.get(name)) for name in (*_GIVEN, *ANSWERS, *criteria, *_LAST)}
    if not any(texts[name] for name in (*ANSWERS, *criteria, "answered_request")):
        return None
    number = int(texts["number"]) if texts["number"].isdecimal() else None
    case = cases.get(number) if number is not None else None
    if case is None:
        raise _WrongAnswerError(f"number: {texts['number']!r} is not a case of this reader in this review")
    if texts["crime"] != case.crime_ref:
        raise _WrongAnswerError(f"crime: {texts['crime']!r}, and case {case.number} is of crime {case.crime_ref}")
    told = _told(texts["told"])
    told_on = _told_on(row.get("told_on"), case, today) if told is WasTold.YES else None
    if told is not WasTold.YES and (given := [name for name in ("told_on", *criteria) if texts[name]]):
        raise _WrongAnswerError(f"{given[0]}: leave it empty unless the victim was told")
    return CaseReading(
        number=case.number,
        told=told,
        told_on=told_on,
        told_by=_short(texts, "told_by"),
        criteria={name: _yes_no(texts, name) for name in criteria} if told is WasTold.YES else {},
        answered_request=_answered(texts["answered_request"]),
        note=_short(texts, "note"),
    )


def _text(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


def _told(text: str) -> WasTold:
    word = _word(text)
    if word not in _TOLD:
        near = nearest(word, [each.value for each in WasTold]) if word else ""
        raise _WrongAnswerError(f"told: {_quoted(text)}{near}; expected yes, no or cannot tell")
    return _TOLD[word]


def _told_on(value: Any, case: CaseToRead, today: date) -> date:
    found = value.date() if isinstance(value, datetime) else value if isinstance(value, date) else _date(_text(value))
    if found is None:
        raise _WrongAnswerError(
            f"told_on: {_quoted(_text(value))}; expected the day of the contact, such as 2026-11-24"
        )
    if found < case.look_from:
        raise _WrongAnswerError(
            f"told_on: {found} is before {case.look_from}, from which contacts count here; give the first from then "
            "on, or answer no"
        )
    if found > today:
        raise _WrongAnswerError(f"told_on: {found} is in the future")
    return found


def _date(text: str) -> date | None:
    for shape in _DATES:
        try:
            return datetime.strptime(text, shape).date()  # noqa: DTZ007  # a local date, without a time
        except ValueError:
            continue
    return None


def _yes_no(texts: Mapping[str, str], name: str) -> bool:
    answer = _YES_NO.get(_word(texts[name]))
    if answer is None:
        raise _WrongAnswerError(f"{name}: {_quoted(texts[name])}; expected yes or no")
    return answer


def _answered(text: str) -> bool | None:
    word = _word(text)
    if word in _NOTHING_ASKED:
        return None
    if word not in _YES_NO:
        raise _WrongAnswerError(f"answered_request: {text!r}; expected yes, no or nothing asked")
    return _YES_NO[word]


def _word(text: str) -> str:
    """Return an answer as it is compared: spreadsheets make of `can't` what they like."""
    return " ".join(text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())


def _quoted(text: str) -> str:
    return repr(text) if text else "nothing is there"


def _short(texts: Mapping[str, str], name: str) -> str:
    if len(texts[name]) > _LONGEST:
        raise _WrongAnswerError(f"{name}: {len(texts[name])} characters; at most {_LONGEST}")
    return texts[name]
