"""The settings of the survey of victims: the columns of its files, and which answers count as satisfied
(docs/satisfaction.md)."""

from typing import Literal, Self

from pydantic import Field, model_validator

from compliance.feed_settings import SettingsSection


def plain_answer(text: str) -> str:
    """Return an answer as it is compared: without regard to capitals and to how it is spaced."""
    return " ".join(text.casefold().split())


class SurveySettings(SettingsSection):
    """The survey that asks victims whether they were satisfied with being kept informed (docs/satisfaction.md).

    A file has one row a wave and unit, with the columns `answers` and `satisfied`, or, if `answer` is set, one row a
    person."""

    wave: str = Field(
        "wave", min_length=1, description="The column of the wave: the period that it asks about, such as `2026-10`."
    )
    unit: str = Field(
        "unit", min_length=1, description="The column of the division; empty in it: the force, or a person without one."
    )
    answers: str = Field("n", min_length=1, description="The column of how many answered the question.")
    satisfied: str = Field("satisfied", min_length=1, description="The column of how many of them were satisfied.")
    answer: str | None = Field(
        None, min_length=1, description="The column of a person's answer; absent: files have counts."
    )
    satisfied_answers: list[str] = Field(
        ["completely satisfied", "very satisfied", "fairly satisfied"],
        min_length=1,
        description="The answers that count as satisfied, whatever their capitals.",
    )
    other_answers: list[str] = Field(
        ["neither", "fairly dissatisfied", "very dissatisfied", "completely dissatisfied"],
        description="The answers that count as not satisfied.",
    )
    left_out_answers: list[str] = Field(
        ["don't know", "not applicable"],
        description="The answers that count as none, like an empty one. Any other is an error.",
    )
    target: float | None = Field(
        None, ge=0, le=100, description="The target of the share satisfied, in per cent; absent: none."
    )
    delimiter: str = Field(",", min_length=1, max_length=1, description="What separates the columns of a CSV file.")
    encoding: Literal["utf-8-sig", "cp1252"] = Field(
        "utf-8-sig", description="The encoding of CSV files: `utf-8-sig` for UTF-8, or `cp1252`."
    )

    @model_validator(mode="after")
    def _means_one_thing(self) -> Self:
        columns = [self.wave, self.unit, *((self.answers, self.satisfied) if self.answer is None else (self.answer,))]
        if twice := next((name for name in columns if columns.count(name) > 1), None):
            raise ValueError(f"the column {twice!r} is named for two things")
        listed = map(plain_answer, (*self.satisfied_answers, *self.other_answers, *self.left_out_answers))
        answers = list(listed)
        if twice := next((each for each in answers if answers.count(each) > 1), None):
            raise ValueError(f"the answer {twice!r} is listed twice; expected it to count in one way")
        return self
