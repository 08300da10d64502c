"""The rows of a survey's file, read into waves: all of it or nothing (docs/satisfaction.md)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from compliance.errors import RecordError, SettingsError, nearest
from compliance.feeds.table_rows import WRONG, Row
from compliance.reports.periods.periods import parse_period
from compliance.reports.periods.spans import Span
from compliance.store.kept.surveys import WaveResult
from compliance.survey_settings import SurveySettings, plain_answer

FindDivision = Callable[[Span, str], str | None]
"""Returns a division by the name of the organisation's map, or None if the map of that period has none of that name."""
_LONGEST: Final = 100


@dataclass(frozen=True)
class SurveyFile:
    """What a file holds. `left_out`: how many persons gave no answer that counts."""

    results: list[WaveResult]
    left_out: int = 0


def columns_of(settings: SurveySettings) -> dict[str, str]:
    """Return the columns that a file needs, each with the setting that names it."""
    names = ("wave", "unit", *(("answers", "satisfied") if settings.answer is None else ("answer",)))
    return {getattr(settings, name): f"survey.{name}" for name in names}


def read_survey(
    rows: Iterable[tuple[int, Row]], settings: SurveySettings, find_division: FindDivision, today: date
) -> SurveyFile:
    """Return the waves in the rows of a file, each row with its line.

    `today`: a local date; no wave can end on it or later. Raises RecordError that names
    each row that cannot be used by its line, with the column and what was expected.
    """
    reader = _Reader(settings, find_division, today)
    for line, row in rows:
        if WRONG in row:
            reader.wrong.append(str(row[WRONG]))  # which names its place
            continue
        try:
            reader.take(line, row)
        except _WrongRowError as error:
            reader.wrong.append(f"line {line}: {error}")
    if not reader.wrong:
        reader.check_waves()
    if wrong := reader.wrong:
        raise RecordError.of_rows(wrong)
    results = [WaveResult(*key, *counts) for key, counts in reader.counts.items()]
    return SurveyFile(sorted(results, key=lambda each: (each.wave, each.unit)), reader.left_out)


class _WrongRowError(Exception):
    """The column, what is wrong in it and what was expected."""


class _Reader:
    def __init__(self, settings: SurveySettings, find_division: FindDivision, today: date) -> None:
        self._settings, self._find, self._today = settings, find_division, today
        self._known = {
            plain_answer(answer): meaning
            for answers, meaning in (
                (settings.satisfied_answers, True), (settings.other_answers, False), (settings.left_out_answers, None),
            )
            for answer in answers
        } | {"": None}  # fmt: skip
        self._lines: dict[tuple[str, str], int] = {}
        self.counts: dict[tuple[str, str], tuple[int, int]] = {}
        self.left_out = 0
        self.wrong: list[str] = []

    def take(self, line: int, row: Row) -> None:
        """Add a row. Raises _WrongRowError."""
        wave = self._wave(row)
        unit = self._unit(row, wave)
        if self._settings.answer is not None:
            self._count_person(row, str(wave), unit)
            return
        answers = _whole(row, self._settings.answers)
        satisfied = _whole(row, self._settings.satisfied)
        if satisfied > answers:
            raise _WrongRowError(
                f"{self._settings.satisfied}: {satisfied:,} of {answers:,}; expected no more than answered"
            )
        key = (str(wave), unit)
        if key in self.counts:
            of = unit or "the force"
            raise _WrongRowError(f"{self._settings.wave}: {wave} of {of} is on line {self._lines[key]} too")
        self.counts[key], self._lines[key] = (answers, satisfied), line

    def check_waves(self) -> None:
        """Note the waves that cannot be, once all rows were taken: without the force, or with more than its answers."""
        if not self.counts:
            self.wrong.append("the file has no row with an answer")
        for wave in sorted({wave for wave, _ in self.counts}):
            whole = self.counts.get((wave, ""))
            if whole is None:
                self.wrong.append(
                    f"{self._settings.unit}: wave {wave} has no row of the whole force; expected one with nothing in "
                    f"the column {self._settings.unit}"
                )
                continue
            parts = [counts for (of, unit), counts in self.counts.items() if of == wave and unit]
            answers, satisfied = (sum(each) for each in zip(*parts, strict=True)) if parts else (0, 0)
            if answers > whole[0] or satisfied > whole[1] or answers - satisfied > whole[0] - whole[1]:
                self.wrong.append(
                    f"{self._settings.answers}: the divisions of wave {wave} have {satisfied:,} satisfied of "
                    f"{answers:,}, and the force {whole[1]:,} of {whole[0]:,}; expected no more than the force has"
                )

    def _count_person(self, row: Row, wave: str, unit: str) -> None:
        column = str(self._settings.answer)
        text = _text(row, column)
        if plain_answer(text) not in self._known:
            known = [answer for answer in self._known if answer]
            raise _WrongRowError(
                f"{column}: {text!r} is in none of the lists of answers in [survey]{nearest(plain_answer(text), known)}"
            )
        meaning = self._known[plain_answer(text)]
        if meaning is None:
            self.left_out += 1
            return
        for key in {(wave, ""), (wave, unit)}:
            answers, satisfied = self.counts.get(key, (0, 0))
            self.counts[key] = (answers + 1, satisfied + meaning)

    def _wave(self, row: Row) -> Span:
        column = self._settings.wave
        text = _text(row, column)
        try:
            wave = parse_period(text)
        except SettingsError as error:
            raise _WrongRowError(f"{column}: {error}") from None
        if wave.last >= self._today:
            raise _WrongRowError(f"{column}: {wave} is not over; expected a period that has ended")
        return wave

    def _unit(self, row: Row, wave: Span) -> str:
        text = _text(row, self._settings.unit)
        if not text:
            return ""
        found = self._find(wave, text)
        if found is None:
            raise _WrongRowError(
                f"{self._settings.unit}: {text!r} is no division of the organisation on {wave.last}; expected one, or "
                "nothing for the force"
            )
        return found


def _text(row: Row, column: str) -> str:
    value = row.get(column)
    text = "" if value is None else str(value).strip()
    if len(text) > _LONGEST:
        raise _WrongRowError(f"{column}: {len(text):,} characters; expected at most {_LONGEST}")
    return text


def _whole(row: Row, column: str) -> int:
    text = _text(row, column)
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):  # what every database can store
        raise _WrongRowError(f"{column}: {text!r}; expected a whole number, without commas")
    return int(text)
