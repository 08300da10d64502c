"""What a reader says of a case, and how the form that they fill in is read."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from typing import Any, Final, TypeVar

from compliance.errors import RecordError, nearest
from compliance.reports.rendering.list_files import Cell, EmptyColumn, ListContent

ANSWERS: Final = ("told", "told_on", "told_by")
_GIVEN: Final = ("number", "crime", "victim", "look_from")
_LAST: Final = ("answered_request", "note")
_YES_NO: Final = {"yes": True, "y": True, "no": False, "n": False}
_NOTHING_ASKED: Final = frozenset(("", "nothing asked", "n/a", "na"))
LONGEST: Final = 500
"""The characters of a note, at most."""
_Answer = TypeVar("_Answer")
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


def form_of(
    force: str, title: str, cases: Iterable[CaseToRead], criteria: Sequence[tuple[str, str]], told: str
) -> ListContent:
    """Return the form for a reader, to be written as CSV or XLSX.

    `criteria`: (id, question). `told`: how it is filled in, which the workbook has too.
    """
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
    return ListContent(force, title, columns, rows, asked, told)


def read_form(
    rows: Iterable[Mapping[str, Any]], cases: Mapping[int, CaseToRead], criteria: Sequence[str], today: date
) -> list[CaseReading]:
    """Return the readings in the rows of a form. A row without any answer, but for a note, is not read yet: left out.

    `cases`: those of the reader, by number. `today`: no contact can be later. Raises RecordError that names every
    answer that cannot be used, with its row, case and column, what is wrong and what was expected.
    """
    found: dict[int, CaseReading] = {}
    wrong: list[str] = []
    for line, row in enumerate(rows, 2):
        if not any(_text(row.get(name)) for name in (*ANSWERS, *criteria, "answered_request")):
            continue
        number, crime = _text(row.get("number")), _text(row.get("crime"))
        case = cases.get(int(number)) if number.isdecimal() else None
        if case is None:
            wrong.append(f"row {line}, crime {crime}, number: {number!r} is not a case of this reader in this review")
            continue
        place = f"row {line}, case {number}, crime {case.crime_ref}"
        if crime != case.crime_ref:
            wrong.append(f"{place}, crime: the row has {crime!r}")
            continue
        try:
            reading = read_answers(row, case, criteria, today)
        except WrongAnswersError as error:
            wrong += [f"{place}, {name}: {words}" for name, words in error.fields.items()]
            continue
        if reading.number in found:
            wrong.append(f"{place}, number: the case is there twice")
        found[reading.number] = reading
    if wrong:
        raise RecordError.of_rows(wrong)
    return list(found.values())


class WrongAnswersError(Exception):
    """Answers that cannot be used. `fields`: what is wrong with each and what was expected, by name, in their order."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {words}" for name, words in fields.items()))
        self.fields = fields


def read_answers(answers: Mapping[str, Any], case: CaseToRead, criteria: Sequence[str], today: date) -> CaseReading:
    """Return what a reader answers about a case, on a form or on the page. `today`: no contact can be later.

    Raises WrongAnswersError that names every answer that cannot be used.
    """
    texts = {name: _text(answers.get(name)) for name in (*ANSWERS, *criteria, *_LAST)}
    wrong: dict[str, str] = {}

    def take(name: str, read: Callable[[], _Answer]) -> _Answer | None:
        try:
            return read()
        except ValueError as error:
            wrong[name] = str(error)
            return None

    told = take("told", lambda: _told(texts["told"]))
    told_on, checked = None, dict[str, bool]()
    if told is WasTold.YES:
        told_on = take("told_on", lambda: _told_on(answers.get("told_on"), case, today))
    elif told is not None:
        wrong |= {name: "leave it empty unless the victim was told" for name in ("told_on", *criteria) if texts[name]}
    told_by = take("told_by", lambda: _short(texts["told_by"]))
    if told is WasTold.YES:
        checked = {name: bool(take(name, partial(_yes_no, texts[name]))) for name in criteria}
    request = take("answered_request", lambda: _answered(texts["answered_request"]))
    note = take("note", lambda: _short(texts["note"]))
    if told is None or wrong:
        raise WrongAnswersError(wrong)
    return CaseReading(case.number, told, told_on, told_by or "", checked, request, note or "")


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
        raise ValueError(f"{_quoted(text)}{near}; expected yes, no or cannot tell")
    return _TOLD[word]


def _told_on(value: Any, case: CaseToRead, today: date) -> date:
    found = value.date() if isinstance(value, datetime) else value if isinstance(value, date) else _date(_text(value))
    if found is None:
        raise ValueError(f"{_quoted(_text(value))}; expected the day of the contact, such as 2026-11-24")
    if found < case.look_from:
        raise ValueError(
            f"{found} is before {case.look_from}, from which contacts count here; give the first from then on, or "
            "answer no"
        )
    if found > today:
        raise ValueError(f"{found} is in the future")
    return found


def _date(text: str) -> date | None:
    for shape in _DATES:
        try:
            return datetime.strptime(text, shape).date()  # noqa: DTZ007  # a local date, without a time
        except ValueError:
            continue
    return None


def _yes_no(text: str) -> bool:
    answer = _YES_NO.get(_word(text))
    if answer is None:
        raise ValueError(f"{_quoted(text)}; expected yes or no")
    return answer


def _answered(text: str) -> bool | None:
    word = _word(text)
    if word in _NOTHING_ASKED:
        return None
    if word not in _YES_NO:
        raise ValueError(f"{text!r}; expected yes, no or nothing asked")
    return _YES_NO[word]


def _word(text: str) -> str:
    """Return an answer as it is compared: spreadsheets make of `can't` what they like."""
    return " ".join(text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())


def _quoted(text: str) -> str:
    return repr(text) if text else "not answered"


def _short(text: str) -> str:
    if len(text) > LONGEST:
        raise ValueError(f"{len(text)} characters; at most {LONGEST}")
    return text
