"""Every number of a report, named: the forms are made of these rows, and the trace is asked for by their names.

A figure's name is `KIND.REQUIREMENT`, then `/GROUP` where it is about one group: `rate.7-day`, `division.7-day/North`.
"""

from collections.abc import Iterator
from shlex import quote

from msgspec import Struct
from msgspec.structs import replace

from compliance.reports.editions import PUBLIC
from compliance.reports.model import Figures, Requirement
from compliance.reports.proportions import Change, Proportion
from compliance.reports.restatement import CAUSES

Number = int | float | None
NO_NAME = "not recorded"


class Row(Struct, frozen=True):
    """One figure: its name, the section of the report, what it is, of which group and period, and its numbers by
    measure. `status`: empty, `not available`, `few` (fewer than 10) or `withheld`."""

    figure: str
    section: str
    what: str
    group: str
    period: str
    numbers: dict[str, Number]
    status: str


SECTIONS = {
    "rates": "Rates",
    "weeks": "Week by week",
    "units": "Divisions",
    "same-day": "Same-day question",
    "contact": "Contact",
    "outstanding": "Overdue and closed",
    "groups": "Groups of victims",
    "restated": "Restatement",
    "quality": "Data quality",
    "reminders": "Reminders",
}


def cases_command(period: str, unit: str | None) -> str:
    """The command that lists the cases of a figure of a period, of the board's edition or of a division's (`unit`); the
    figure's name follows."""
    division = "" if unit is None else f" --division {quote(unit)}"
    return f"compliance report cases --period {period}{division} --figure"


def rows(figures: Figures) -> tuple[Row, ...]:
    """All numbers of a report, in its order."""
    found = _rows(figures)
    return tuple(found if figures.edition != PUBLIC else map(_withheld, found))


def _withheld(row: Row) -> Row:
    """In the public edition nothing that is known is left out for another reason."""
    unknown = all(number is None for number in row.numbers.values())
    return replace(row, status="withheld") if unknown else row


def share_numbers(share: Proportion) -> dict[str, Number]:
    """The numbers of a share by measure; none where it is withheld."""
    if share.withheld:
        return dict.fromkeys(("count", "of", "rate", "low", "high", "design_effect"))
    return {
        "count": share.count, "of": share.of, "rate": share.rate, "low": share.low, "high": share.high,
        "design_effect": share.deff,
    }  # fmt: skip


def band_measure(first: int, last: int | None) -> str:
    """The measure that says how many have been overdue for so many days; None: or more."""
    return f"days_{first}_to_{last}" if last else f"days_{first}_and_more"


def _status(share: Proportion) -> str:
    if share.withheld:
        return "withheld"
    return "not available" if share.of == 0 else "few" if share.few else ""


def _share(section: str, figure: str, what: str, group: str, period: str, share: Proportion, **more: Number) -> Row:
    return Row(figure, section, what, group, period, share_numbers(share) | more, _status(share))


def _plain(section: str, figure: str, what: str, group: str, period: str, **numbers: Number) -> Row:
    known = any(number is not None for number in numbers.values())
    return Row(figure, section, what, group, period, dict(numbers), "" if known else "not available")


def _rows(figures: Figures) -> Iterator[Row]:
    now = figures.period
    for requirement in figures.requirements:
        yield from _rates(requirement)
    for requirement in figures.requirements:
        yield from _weeks(requirement)
    for requirement in figures.requirements:
        yield from _units(requirement, now, "division" if figures.unit is None else "team")
    yield from _same_day(figures)
    yield from _contact(figures)
    yield from _outstanding(figures)
    for requirement in figures.requirements:
        yield from _groups(requirement, now)
    for restated in figures.restated:
        unit = restated.unit or "all"
        name = f"restated.{restated.requirement}/{restated.period}" + (f"/{unit}" if restated.unit else "")
        what = f"{restated.requirement} as published"
        yield _plain("restated", f"{name}/published", what, unit, restated.period,
                     count=restated.published_met, of=restated.published_due)  # fmt: skip
        for step in restated.steps:
            yield _plain("restated", f"{name}/{step.cause}", CAUSES[step.cause], unit, restated.period,
                         count=step.met, of=step.due)  # fmt: skip
        yield _plain("restated", f"{name}/now", f"{restated.requirement} as known now", unit, restated.period,
                     count=restated.met, of=restated.due)  # fmt: skip
    for item in figures.quality:
        yield _plain("quality", f"quality.{item.key}", item.title, "", now, in_period=item.in_week, held=item.held)
    yield from _reminders(figures)


def _change(change: Change | None) -> dict[str, Number]:
    if change is None:
        return {}
    return {"difference": change.difference, "difference_low": change.low, "difference_high": change.high}


def _rates(requirement: Requirement) -> Iterator[Row]:
    asked = (
        ("rate", "in time", requirement.week, requirement.change),
        ("before", "in time, the period before", requirement.before, None),
        ("last-year", "in time, the same period last year", requirement.last_year, requirement.change_last_year),
        ("provisional", "in time, provisional", requirement.provisional, None),
    )
    for name, what, period, change in asked:
        if period is None:
            continue
        rate = period.rate
        withheld = rate.share.withheld
        yield _share(
            "rates", f"{name}.{requirement.id}", f"{requirement.id} {what}", "all", period.week, rate.share,
            late=None if withheld else rate.late, overdue=None if withheld else rate.overdue,
            missed=None if withheld else rate.missed, **_change(change),
        )  # fmt: skip
        if period.silent:
            silent = "silent" if name == "rate" else f"silent-{name}"
            yield _share("rates", silent, "silent victims", "all", period.week, period.silent)


def _weeks(requirement: Requirement) -> Iterator[Row]:
    trend = requirement.trend
    lines = {place: limits for limits in trend.control.limits for place in range(limits.first, limits.last + 1)}
    causes = {signal.place: signal for signal in trend.control.signals}
    for place, (week, share) in enumerate(zip(trend.weeks, trend.shares, strict=True)):
        limits, cause = lines.get(place), causes.get(place)
        what = f"{requirement.id} in time"
        if cause:
            what += f"; special cause: {cause.rule}, {'improvement' if cause.improvement else 'deterioration'}"
        silent = {"silent": trend.silent[place].rate} if trend.silent else {}
        bounds = {} if limits is None else {
            "centre": limits.centre / 100, "lower_limit": limits.lower / 100, "upper_limit": limits.upper / 100,
        }  # fmt: skip
        yield _share("weeks", f"week.{requirement.id}/{week}", what, "all", week, share,
                     **bounds, **silent, overdue_then=trend.overdue[place] if trend.overdue else None)  # fmt: skip


def _units(requirement: Requirement, period: str, unit: str) -> Iterator[Row]:
    points = {point.name: point for point in requirement.funnel.points} if requirement.funnel else {}
    for division in requirement.divisions:
        group = division.name or NO_NAME
        yield _share("units", f"{unit}.{requirement.id}/{group}", f"{requirement.id} in time", group, period,
                     division.week.share)  # fmt: skip
        if division.silent:
            yield _share("units", f"silent/{group}", "silent victims", group, period, division.silent)
        if division.trailing:
            point = points.get(division.name or "")
            limits = {} if point is None else {
                "funnel_low_95": point.bounds.low_95, "funnel_high_95": point.bounds.high_95,
                "funnel_low_998": point.bounds.low_998, "funnel_high_998": point.bounds.high_998,
            }  # fmt: skip
            yield _share("units", f"trailing.{requirement.id}/{group}", f"{requirement.id} in time, trailing weeks",
                         group, period, division.trailing.share, **_change(division.change), **limits)  # fmt: skip


def _same_day(figures: Figures) -> Iterator[Row]:
    if (asked := figures.same_day) is None:
        return
    for name, what, share in (
        ("same-day", "by the force's policy", asked.policy),
        ("same-day-counting", "if the same-day update counted", asked.counting),
        ("same-day-original", "as the original system counted", asked.original),
    ):
        yield _share("same-day", name, what, "all", figures.period, share)
    yield _plain("same-day", "only-same-day", "victims who had only a same-day update", "all", figures.period,
                 count=asked.only_same_day)  # fmt: skip


def _contact(figures: Figures) -> Iterator[Row]:
    for way in figures.ways:
        name = way.method or NO_NAME
        yield _plain("contact", f"contact/{name}", "contacts entered", name, figures.period,
                     informed=way.informed, attempted=way.attempted)  # fmt: skip
    for question in figures.questions:
        yield _share("contact", f"question.{question.key}", question.title, "all", figures.period, question.share,
                     expected=question.expected)  # fmt: skip

    if late := figures.late_teams:
        yield _plain("contact", "late-teams", "teams whose entries after the breach stand out", "all", figures.period,
                     count=late.beyond, of=late.of)  # fmt: skip
        for point in late.points:
            yield _share("contact", f"late-teams/{point.name}", "obligations met by updates entered after the due date",
                         point.name, figures.period, point.share, funnel_high_998=point.bounds.high_998)  # fmt: skip


def _outstanding(figures: Figures) -> Iterator[Row]:
    for requirement in figures.requirements:
        overdue = requirement.overdue
        bands = {band_measure(band.first, band.last): band.count for band in overdue.bands}
        yield _plain("outstanding", f"overdue.{requirement.id}", f"{requirement.id} overdue", "all", figures.period,
                     count=overdue.count, victims=overdue.victims, **bands)  # fmt: skip
    closing = figures.closing
    yield _share("outstanding", "closed-without-a-word", "victims told nothing at the close", "all", figures.period,
                 closing.without_a_word)  # fmt: skip
    yield _plain("outstanding", "closed-across", "cases closed across a due date and reopened", "all", figures.period,
                 count=closing.across_due_date)  # fmt: skip


def _groups(requirement: Requirement, period: str) -> Iterator[Row]:
    for name, what, part in (
        ("live", "live contact only", requirement.live), ("enhanced", "enhanced victims", requirement.enhanced),
    ):  # fmt: skip
        yield _share("groups", f"{name}.{requirement.id}", f"{requirement.id} in time", what, period, part.rate.share)
        if part.silent:
            yield _share("groups", f"silent-{name}", "silent victims", what, period, part.silent)
    for group in requirement.offences:
        named = group.name or NO_NAME
        yield _share("groups", f"offence.{requirement.id}/{named}", f"{requirement.id} in time, trailing weeks", named,
                     period, group.share)  # fmt: skip


def _reminders(figures: Figures) -> Iterator[Row]:
    if (sent := figures.reminders) is None:
        return
    now = figures.period
    yield _plain("reminders", "reminders", "mails, who got them, what they told", "all", now, mails=sent.mails,
                 recipients=sent.recipients, obligations=sent.obligations, repeats=sent.repeats)  # fmt: skip
    for effect in sent.steps:
        name = f"reminders.{effect.step}"
        for hours, share, before in (
            (24, effect.day, effect.before_day), (72, effect.three_days, effect.before_three_days),
        ):  # fmt: skip
            what = f"discharged within {hours} hours of the mail"
            medians = {"median_hours": effect.median_hours, "earlier": effect.earlier} if hours == 72 else {}
            yield _share("reminders", f"{name}/{hours}", what, effect.title, now, share, **medians)
            if before:
                period = f"{sent.before_first} to {sent.before_last}"
                medians = {"median_hours": effect.before_median_hours} if hours == 72 else {}
                yield _share("reminders", f"{name}/{hours}-before", f"{what}, had there been one", effect.title, period,
                             before, **medians)  # fmt: skip
