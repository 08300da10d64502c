"""The entry in the risk register, worked out from what was published: how likely, since when, and which week said so.

Nothing of it is stored. Published figures do not change, so the same settings give the same versions next year.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from msgspec import Struct

from compliance.reports.model.words import day
from compliance.reports.periods.periods import in_words
from compliance.reports.pieces.parts import Column, Items, Report, Section, Table, cell, statement
from compliance.reports.rendering.list_files import ListContent
from compliance.reports.tracing.answer import SHARES
from compliance.risk_settings import RiskControl, RiskSettings
from compliance.text import percent

LOOKED_BACK = 13
"""Over how many published weeks a trend is looked for."""
_SHARES = frozenset((*SHARES, "low", "high"))
"""The measures that are shares, which are shown in per cent."""


class PublishedWeek(Struct, frozen=True):
    """A published week: its name, the version of its report, and the numbers of its figures by name and measure."""

    period: str
    version: int
    numbers: Mapping[str, Mapping[str, float | int | None]]

    def interval(self, figure: str) -> tuple[float, float, float] | None:
        """Return a rate and its 95 % interval as proportions; None if the week has none."""
        found = self.numbers.get(figure, {})
        value, low, high = (found.get(name) for name in ("rate", "low", "high"))
        return None if value is None or low is None or high is None else (value, low, high)


class ControlState(Struct, frozen=True):
    """A control, its number now (None: not known), and whether it works (None: not known)."""

    name: str
    figure: str
    number: float | None
    works: bool | None


class RiskVersion(Struct, frozen=True):
    """A version of the entry: since which week, how likely, and the statement that made it."""

    version: int
    since: str
    likelihood: int
    statement: str


class RiskEntry(Struct, frozen=True):
    """The entry as the newest published week has it.

    `score`: likelihood times impact. `trend`: in words. `report`: the week and the version of its report.
    """

    title: str
    cause: str
    owner: str
    next_review: date | None
    likelihood: int
    impact: int
    score: int
    trend: str
    report: str
    controls: tuple[ControlState, ...]
    versions: tuple[RiskVersion, ...]


def assess(settings: RiskSettings, weeks: Sequence[PublishedWeek]) -> RiskEntry | None:
    """Return the entry, None if no published week has the figure. `weeks`: in their order.

    The likelihood changes only if the whole 95 % interval of a week says so, so that chance alone hardly moves it: it
    then goes as far as the interval supports.
    """
    found = [(week, rate) for week in weeks if (rate := week.interval(settings.figure)) is not None]
    if not found:
        return None
    versions: list[RiskVersion] = []
    for week, (value, low, high) in found:
        least, most = level_of(settings, high), level_of(settings, low)
        before = versions[-1].likelihood if versions else None
        now = level_of(settings, value) if before is None else min(max(before, least), most)
        if now != before:
            said = _state(settings, week.period, (value, low, high), before, now)
            versions.append(RiskVersion(len(versions) + 1, week.period, now, said))
    newest, likelihood = found[-1][0], versions[-1].likelihood
    return RiskEntry(
        settings.title, settings.cause, settings.owner, settings.next_review, likelihood, settings.impact,
        likelihood * settings.impact, _trend([rate for _, rate in found][-LOOKED_BACK:]),
        f"{newest.period}, version {newest.version}", tuple(_controls(settings.controls, newest)), tuple(versions),
    )  # fmt: skip


def level_of(settings: RiskSettings, rate: float) -> int:
    """Return how likely the risk counts as at a rate (0 to 1), as it is printed: in per cent with one decimal."""
    return next((level.likelihood for level in settings.levels if round(100 * rate, 1) < level.below), 1)


def _state(settings: RiskSettings, period: str, rate: tuple[float, float, float], before: int | None, now: int) -> str:
    value, low, high = rate
    measured = (
        f"{in_words(period).capitalize()}: {settings.figure} was {percent(value)} ({percent(low)} to {percent(high)})"
    )
    if before is None:
        return f"{measured}, so the likelihood began at {now}."
    if now > before:
        below = max(level.below for level in settings.levels if level.likelihood >= now)
        return f"{measured}. All of that is below {below:g}%, so the likelihood went from {before} to {now}."
    above = max((level.below for level in settings.levels if level.likelihood > now), default=0)
    return f"{measured}. All of that is {above:g}% or more, so the likelihood went from {before} to {now}."


def _trend(rates: Sequence[tuple[float, float, float]]) -> str:
    """Return whether the newest interval lies apart from the first one."""
    if len(rates) < 2:
        return "not known yet"
    (_, first_low, first_high), (_, low, high) = rates[0], rates[-1]
    over = f"over {len(rates)} published weeks"
    if low > first_high:
        return f"falling {over}: more is met"
    if high < first_low:
        return f"rising {over}: less is met"
    return f"no change shown {over}"


def _controls(controls: Iterable[RiskControl], week: PublishedWeek) -> Iterable[ControlState]:
    for each in controls:
        number = week.numbers.get(each.figure, {}).get(each.measure)
        shown = None if number is None else 100 * number if each.measure in _SHARES else number
        works = None
        if shown is not None:
            works = shown >= each.at_least if each.at_least is not None else shown <= (each.at_most or 0)
        yield ControlState(each.name, f"{each.figure}:{each.measure}", shown, works)


def risk_list(entry: RiskEntry, force: str) -> ListContent:
    """Return the entry as one row of a register."""
    controls = "; ".join(f"{each.name}: {_works(each)}" for each in entry.controls)
    columns = ("risk", "cause", "likelihood", "impact", "score", "trend", "controls", "owner", "next review",
               "version", "since", "why", "report")  # fmt: skip
    newest = entry.versions[-1]
    row = (entry.title, entry.cause, entry.likelihood, entry.impact, entry.score, entry.trend, controls, entry.owner,
           entry.next_review, newest.version, newest.since, newest.statement, entry.report)  # fmt: skip
    return ListContent(force, "Risk register", columns, [row])


def risk_report(entry: RiskEntry, force: str) -> Report:
    """Return the entry as a document."""
    facts = [
        ("Cause", entry.cause), ("Likelihood", f"{entry.likelihood}"), ("Impact", f"{entry.impact}"),
        ("Score", f"{entry.score}"), ("Trend", entry.trend), ("Owner", entry.owner or "not named"),
        ("Next review", day(entry.next_review) if entry.next_review else "not set"),
    ]  # fmt: skip
    parts = [
        Section("entry", "The risk now", (Items(tuple(statement(text, about=name) for name, text in facts), "terms"),))
    ]
    if entry.controls:
        rows = tuple(
            (cell(each.name), cell(each.figure), cell(_number(each)), cell(_works(each))) for each in entry.controls
        )
        columns = (Column("Control", "words"), Column("Figure", "words"), Column("Now"), Column("Works", "short"))
        parts.append(Section("controls", "Controls", (Table("controls-now", "Whether they work", columns, rows),)))
    versions = tuple(
        (cell(f"{each.version}"), cell(each.since), cell(f"{each.likelihood}"), cell(each.statement))
        for each in reversed(entry.versions)
    )
    columns = (Column("Version", "name"), Column("Since", "short"), Column("Likelihood"), Column("Why", "words"))
    parts.append(Section("versions", "Versions", (Table("risk-versions", "The newest first", columns, versions),)))
    return Report(f"{force}: risk register", force, entry.title, f"As of {in_words(entry.report.split(',')[0])}",
                  (), tuple(parts), "")  # fmt: skip


def _works(each: ControlState) -> str:
    return "not known" if each.works is None else "works" if each.works else "does not work"


def _number(each: ControlState) -> str:
    return "not known" if each.number is None else f"{each.number:,.1f}".removesuffix(".0")
