"""Render a what-if as text or JSON."""

import textwrap
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from compliance import text
from compliance.batch.whatif import (
    ChangedObligation,
    DivisionComparison,
    RequirementComparison,
    StateChange,
    Tally,
    WhatIf,
)
from compliance.policy.explain import phrases
from compliance.text import printable, printable_json

WIDTH: Final = 80
_COLUMNS: Final = ("due", "met", "late", "overdue", "missed", "rate", "points")


def render(answer: WhatIf, form: str) -> str:
    """Render the answer as `text` of 80 columns or as `json`."""
    return _json(answer) if form == "json" else _text(answer)


def _json(answer: WhatIf) -> str:
    """Render the answer as JSON, with the rates and totals."""
    data: dict[str, Any] = msgspec.to_builtins(answer)
    for figures, told in zip(answer.figures, data["figures"], strict=True):
        for line, row in zip(figures.lines, told["lines"], strict=True):
            for side, tally in (("before", line.before), ("after", line.after)):
                if tally:
                    row[side] |= {"of": tally.of, "rate": tally.rate}
    text = msgspec.json.format(msgspec.json.encode(data | {"moved": answer.moved}), indent=2).decode()
    return printable_json(text) + "\n"


def _text(answer: WhatIf) -> str:
    """Render the answer as text of 80 columns."""
    lines = [*_head(answer), *(line for each in answer.figures for line in _figures(each)), *_moves(answer)]
    return "\n".join(map(printable, lines)) + "\n"


def percent(rate: float | None) -> str:
    """Return a rate as a percentage, or `n/a`."""
    return "n/a" if rate is None else text.percent(rate)


def _head(answer: WhatIf) -> Iterator[str]:
    first, last = phrases.plain_date(answer.first), phrases.plain_date(answer.last)
    known = f", as known at {answer.known_at:%Y-%m-%dT%H:%M:%SZ}" if answer.known_at else ""
    refused = f", {answer.refused:,} refused" if answer.refused else ""
    yield from _fill(f"Obligations due from {first} to {last}, in {answer.crimes:,} crimes{refused}.")
    yield from _fill(f"As at {answer.as_at:%Y-%m-%dT%H:%M:%SZ}{known}.")
    yield ""
    yield from _fill(f"policy   {answer.before}", 9)
    yield from _fill(f"changed  {', '.join(answer.changed) or answer.after}", 9)
    if answer.unknown:
        yield ""
        yield "A draft. Not known of it yet:"
        for each in answer.unknown:
            yield from _fill(f"- {each}", 2)
    if any(answer.set_aside):
        before, after = answer.set_aside
        yield ""
        yield from _fill(
            "Set aside because the calendar does not cover a date they need (rules 6.1a), and not in the figures: "
            f"{before:,} under the policy, {after:,} under the changed one. `compliance explain` says why."
        )
    if answer.today <= answer.last:
        yield ""
        yield from _fill(
            "The period had not ended at that moment: obligations due that day or later are not in these figures."
        )


def _figures(figures: RequirementComparison) -> Iterator[str]:
    yield ""
    yield from _fill(f"{figures.requirement}: {figures.title}", 2)
    names = ["all" if line.every else line.division or "no division" for line in figures.lines]
    width = max(13, *map(len, names))
    yield f"  {'':{width + 9}}" + "".join(f"{name:>8}" for name in _COLUMNS)
    for name, line in zip(names, figures.lines, strict=True):
        yield f"  {name:{width}} policy  {_tally(line.before)}"
        yield f"  {'':{width}} changed {_tally(line.after)}{_points(line)}"


def _tally(tally: Tally | None) -> str:
    if tally is None:
        return "  not in this policy"
    counts = (tally.of, tally.met, tally.late, tally.overdue, tally.missed)
    return "".join(f"{count:8,}" for count in counts) + f"{percent(tally.rate):>8}"


def _points(line: DivisionComparison) -> str:
    points = describe_points(line.before, line.after)
    return f"{points:>8}" if points else ""


def describe_points(before: Tally | None, after: Tally | None) -> str:
    """Return the difference of two rates in percentage points, if there are both; `=` for none."""
    if before is None or after is None or before.rate is None or after.rate is None:
        return ""
    points = round((after.rate - before.rate) * 100, 1)
    return f"{points:+.1f}" if points else "="


def _moves(answer: WhatIf) -> Iterator[str]:
    yield ""
    total = answer.kept + answer.moved
    yield from _fill(f"{answer.moved:,} of {total:,} obligations changed state, {answer.kept:,} kept it.")
    for change in answer.changes:
        yield ""
        yield from _change(change)


def _change(change: StateChange) -> Iterator[str]:
    yield f"  {change.count:,} {change.requirement}: {change.before} -> {change.after}"
    for example in change.examples:
        yield from _fill(_example(example), 6, indent=4)


def _example(example: ChangedObligation) -> str:
    before, after = example.due_before, example.due_after
    due = f"due {before or after}" if before == after or not (before and after) else f"due {before}, then {after}"
    return f"{example.crime_ref} (victim {example.victim_ref}, cycle {example.cycle}), {due}"


def _fill(text: str, hanging: int = 0, indent: int = 0) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=" " * indent, subsequent_indent=" " * hanging, break_on_hyphens=False
    )
