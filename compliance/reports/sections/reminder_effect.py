"""Reminders, and what was recorded after them."""

from collections.abc import Iterator

from compliance.reports.model.findings import Reminded, StepEffect
from compliance.reports.model.proportions import Proportion
from compliance.reports.model.report_model import Figures
from compliance.reports.pieces.cells import cases, rate_and_counts, whole
from compliance.reports.pieces.parts import Cell, Column, Part, Run, Section, Table, cell, note, statement
from compliance.reports.sections.reminder_trial import trial_parts
from compliance.reports.wording.passages import (
    EFFECT_LIMITS,
    NO_CAUSE_SHOWN,
    before_in_words,
    describe_earlier_dates,
    hours,
    mails_in_words,
)


def reminder_effect(figures: Figures) -> Section:
    """Return the section, empty if reminders are unknown."""
    parts = () if figures.reminders is None else tuple(_parts(figures.reminders))
    return Section("reminders", "Reminders: do they work?", parts)


def _parts(sent: Reminded) -> Iterator[Part]:
    yield statement(mails_in_words(sent))
    if sent.trial is not None:
        yield from trial_parts(sent.trial)
    if not sent.steps:
        return
    columns = (Column("Reminder", "name"), Column("Told of"), Column("After the mail"), Column("Median"),
               Column("Without one, before"), Column("Median, before"))  # fmt: skip
    rows = []
    for effect in sent.steps:
        figure = f"reminders.{effect.step}/72"
        rows.append((
            cell(effect.title), cell(whole(effect.three_days.of, f"{figure}:of")),
            cleared_in(effect.three_days, figure), cell(hours(effect.median_hours)),
            cleared_in(effect.before_three_days, f"{figure}-before"), cell(hours(effect.before_median_hours)),
        ))  # fmt: skip
    yield Table("discharged", "Recorded as discharged within 72 hours", columns, tuple(rows))
    yield note(f"{before_in_words(sent)} {NO_CAUSE_SHOWN} ", Run("In full below", link="reminders-full"), ".")


def cleared_in(share: Proportion | None, figure: str) -> Cell:
    """Return a cell with how many were discharged, or a dash if there were none."""
    return rate_and_counts(share if share and share.of else None, figure)


def reminders_in_full(figures: Figures) -> Iterator[Part]:
    """Yield every share of every step, and what they cannot show."""
    sent = figures.reminders
    if sent is None or not sent.steps:
        return
    groups = ("After the mail", "Without one, before the service")
    columns = (Column("Reminder", "name"), Column("Told of"), *(
        Column(title, group=group) for group in groups for title in ("Within 24 hours", "Within 72 hours", "Median")
    ))  # fmt: skip
    rows = tuple(map(_full_row, sent.steps))
    names = (f"reminders.STEP/{each}" for each in ("24", "72", "24-before", "72-before"))
    caption = "Reminders: obligations told of, and how many were recorded as discharged afterwards"
    yield Table("reminders-full", caption, columns, rows, cases=cases(figures, *names))
    yield note(f"{describe_earlier_dates(sent)} {EFFECT_LIMITS}")


def _full_row(effect: StepEffect) -> tuple[Cell, ...]:
    figure = f"reminders.{effect.step}"
    return (
        cell(effect.title), cell(whole(effect.day.of, f"{figure}/24:of")),
        cleared_in(effect.day, f"{figure}/24"), cleared_in(effect.three_days, f"{figure}/72"),
        cell(hours(effect.median_hours)),
        cleared_in(effect.before_day, f"{figure}/24-before"),
        cleared_in(effect.before_three_days, f"{figure}/72-before"),
        cell(hours(effect.before_median_hours)),
    )  # fmt: skip
