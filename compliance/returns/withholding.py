"""What of a return is withheld, so that no count from 1 to 4 is said or can be worked out (statistics 1.6, A8a).

First what is small itself; then the smallest of what is left, until the sums that hold give no small count any more.
"""

from collections.abc import Hashable, Sequence

from msgspec.structs import replace

from compliance.reports.catalogue.disclosure import SMALL, find_hidden_parts
from compliance.reports.catalogue.rate_figures import LIVE, RATE
from compliance.reports.releasing.printed_sums import PrintedSums
from compliance.returns.definition import FORCE
from compliance.returns.return_content import ReturnContent, ReturnLine, ReturnMeasure

Key = tuple[str, str, str]
"""The figure of a line, by what it is broken down, and the group."""


def withhold(content: ReturnContent) -> ReturnContent:
    """Return a return without the lines that would reveal a count from 1 to 4; whole if small counts are shown."""
    if content.small_counts == "shown":
        return content
    counts = _counts(content)
    hidden = _begin(counts)
    while found := reveal(counts, hidden):
        for keys in found:
            hidden.add(_next(counts, hidden, keys))
    return replace(content, measures=tuple(_without(each, hidden) for each in content.measures))


def reveal(counts: dict[Key, tuple[int, int]], hidden: set[Key]) -> list[list[Key]]:
    """Return the lines, alone or together, whose counts from 1 to 4 follow from the lines that are not hidden."""
    sums = PrintedSums()
    for key, pair in counts.items():
        if key not in hidden:
            sums.told([key], pair)
    for figure, by in dict.fromkeys((figure, by) for figure, by, _ in counts if by != FORCE):
        parts = [key for key in counts if key[:2] == (figure, by)]
        if not _is_complete(counts, figure, parts):
            parts.append((figure, by, ""))
        sums.parts((figure, FORCE, ""), parts)
    for figure in dict.fromkeys(figure for figure, _, _ in counts):
        _add_live(sums, counts, hidden, figure.removeprefix(RATE.name), figure)
    return [[_line_of(key) for key in keys] for keys, _ in sums.small()]


def _line_of(key: Hashable) -> Key:
    """Return the line of an unknown. What was met otherwise than by live contact follows from the line of that."""
    if isinstance(key, tuple) and len(key) == 3:
        return key
    assert isinstance(key, tuple)  # noqa: S101  # they are made here
    return LIVE.name + key[1].removeprefix(RATE.name), FORCE, ""


def _counts(content: ReturnContent) -> dict[Key, tuple[int, int]]:
    found: dict[Key, tuple[int, int]] = {}
    for measure in content.measures:
        for line in measure.lines:
            if line.count is not None and line.of is not None:
                found[measure.figure, line.by, line.group] = (line.count, line.of - line.count)
    return found


def _begin(counts: dict[Key, tuple[int, int]]) -> set[Key]:
    hidden = {key for key, pair in counts.items() if any(count in SMALL for count in pair)}
    for figure, by in dict.fromkeys((figure, by) for figure, by, _ in counts if by != FORCE):
        parts = [key for key in counts if key[:2] == (figure, by)]
        if _is_complete(counts, figure, parts):
            hidden |= {
                key
                for key, is_hidden in zip(parts, find_hidden_parts([counts[key] for key in parts]), strict=True)
                if is_hidden
            }
    return hidden


def _is_complete(counts: dict[Key, tuple[int, int]], figure: str, parts: Sequence[Key]) -> bool:
    """Return whether the parts add up to the whole; of a survey, divisions with few answers are left out."""
    whole = counts.get((figure, FORCE, ""))
    return whole is not None and sum(sum(counts[key]) for key in parts) == sum(whole)


def _add_live(
    sums: PrintedSums, counts: dict[Key, tuple[int, int]], hidden: set[Key], requirement: str, figure: str
) -> None:
    """Add that what was met by live contact is a part of what was met."""
    every, live = (figure, FORCE, ""), (LIVE.name + requirement, FORCE, "")
    if not figure.startswith(f"{RATE.name}.") or live not in counts or every not in counts:
        return
    met = {key: ("met", *key) for key in (every, live)}
    for key in (every, live):
        if key not in hidden:
            sums.told([met[key]], (counts[key][0], 0))
    sums.parts(met[every], [met[live], ("met otherwise", *every)])


def _next(counts: dict[Key, tuple[int, int]], hidden: set[Key], keys: Sequence[Key]) -> Key:
    """Return the smallest line not yet hidden among the parts beside those found, or else the whole."""
    sides, figures = {key[:2] for key in keys}, {key[0] for key in keys}
    beside = [key for key in counts if key not in hidden and key[:2] in sides]
    left = beside or [key for key in counts if key not in hidden and key[0] in figures and key[1] == FORCE]
    return min(left, key=lambda key: (sum(counts[key]), key))


def _without(measure: ReturnMeasure, hidden: set[Key]) -> ReturnMeasure:
    keys = {line: (measure.figure, line.by, line.group) for line in measure.lines}
    sides = {key[1] for key in keys.values() if key in hidden}

    def shown(line: ReturnLine) -> ReturnLine:
        if keys[line] in hidden:
            return ReturnLine(line.by, line.group, "withheld")
        # A rate of all others would give away what is withheld beside it.
        return replace(line, rest=None, difference=None, p=None) if line.by in sides else line

    return replace(measure, lines=tuple(map(shown, measure.lines)))
