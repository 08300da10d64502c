"""A report as headings, sentences, tables and drawings, for the forms that are typeset: what everyone reads."""

from collections.abc import Iterable, Iterator

from compliance.reports import attention, charts, passages, telling, words
from compliance.reports.full import full_sections
from compliance.reports.layout import Card, Cards, Cell, Document, Drawing, Part, Points, Range, Section, Table
from compliance.reports.model import Figures, Period, Requirement
from compliance.reports.periods import in_words
from compliance.reports.proportions import Proportion
from compliance.reports.render import edition_name, fill
from compliance.reports.tables import (
    change_cells,
    compared,
    has_chart,
    name_of,
    rate_cells,
    share_cells,
    units_in_period,
)
from compliance.reports.words import heading, interval, number, percent, signed, verdict

QUALITY = "Data quality, and how updates are entered"
"""The section that says what was found in the records."""
FONT = "Libertinus Serif"
"""The typesetter carries it: the same letters on every machine."""


def document(figures: Figures) -> Document:
    """The figures as a document."""
    unit, _ = words.units(figures)
    sections = [
        Section("The rates", [_cards(figures), *_events(figures)]),
        Section("Change, or chance?", list(_trends(r for r in figures.requirements if not r.event))),
        Section(f"{heading(unit)}s", list(_units(figures))),
        Section("The same-day question", list(_same_day(figures))),
        Section("How victims are told", list(_ways(figures))),
        Section("Enhanced victims, live contact, offence groups", list(_groups(figures))),
        Section("Overdue now, and cases closed", list(_outstanding(figures))),
        Section("What became of earlier reports", list(_restated(figures))),
        Section(QUALITY, list(_quality(figures))),
        Section("Reminders: do they work?", list(_reminders(figures))),
        Section("A sample to read", list(_sample(figures))),
    ]
    return Document(
        force=figures.force,
        title="Keeping victims informed" + (f": {figures.unit}" if figures.unit else ""),
        period=words.span(figures.first, figures.last),
        about=f"{heading(in_words(figures.period))}, settled: judged seven days after its end"
        + (f". Version {figures.version}; changed: {', '.join(figures.changed)}" if figures.changed else ""),
        footer=" · ".join(
            [figures.force, edition_name(figures), figures.period, f"policy {figures.basis.policy_digest[:12]}"]
        ),
        summary=[[line.about, line.text] for line in words.summary(figures)],
        things=attention.things_to_look_at(figures),
        sections=[section for section in sections if section.parts],
        full=[section for section in (_after_events(figures), *full_sections(figures)) if section.parts],
    )


def _cards(figures: Figures) -> Cards:
    cards = []
    for requirement in figures.requirements:
        if requirement.event:
            continue
        week, change = requirement.week, requirement.change
        lines = _card_lines(week.rate.share, "in time")
        if week.rate.share.of and week.rate.late is not None:
            lines.append(f"{number(week.rate.late)} late, {number(week.rate.not_given)} not given")
        if change and change.tested:
            lines.append(f"{signed(change.difference)} points on the {figures.kind} before: {verdict(change)}")
        lines += _others(requirement, figures, "rate")
        cards.append(_card(f"{heading(requirement.id)} rate", requirement.title, week.rate.share, lines))
        if week.silent:
            lines = [*_card_lines(week.silent, "victims"), *_others(requirement, figures, "silent")]
            cards.append(_card("Silent victims", "No update for 28 days, in cases open for longer", week.silent, lines))
    return Cards(cards)


def _card(title: str, what: str, share: Proportion, lines: list[str]) -> Card:
    if share.withheld or not share.of:
        return Card(title, what, "", "withheld" if share.withheld else "not available", lines)
    if share.few:
        return Card(title, what, number(share.count), f" of {number(share.of)}", lines)
    return Card(title, what, percent(share.rate)[:-1], "%", lines)


def _card_lines(share: Proportion, what: str) -> list[str]:
    if not share.of:
        return []
    return [f"95% interval {interval(share)}", f"{number(share.count)} of {number(share.of)} {what}"]


def _others(requirement: Requirement, figures: Figures, which: str) -> list[str]:
    def of(period: Period) -> str:
        share = period.rate.share if which == "rate" else period.silent
        if share and share.of and share.few:
            return f"{number(share.count)} of {number(share.of)}"
        return "withheld" if share and share.withheld else percent(share.rate if share else None)

    line = f"{heading(figures.kind)} before {of(requirement.before)}"
    return [line + (f", provisional {of(requirement.provisional)}" if requirement.provisional else "")]


def _events(figures: Figures) -> Iterator[Part]:
    rows: list[list[Cell]] = [
        [r.title, *share_cells(r.week.rate.share), *change_cells(r.change)] for r in figures.requirements if r.event
    ]
    if rows:
        yield Table(f"Updates owed after an event, in the {figures.kind}",
                    ["Requirement", "#In time / due", "#Rate", "#95% interval", "#Points on the one before",
                     "Is it chance?"], rows)  # fmt: skip
    if told := [
        f"{_shape(cause)} {name}, {cause.weeks}: {cause.what}" for name, cause in telling.event_causes(figures)
    ]:
        yield Points("Special causes among them, the two newest of each", told)


def _trends(requirements: Iterable[Requirement]) -> Iterator[Part]:
    for requirement in filter(has_chart, requirements):
        trend, said = requirement.trend, telling.chart_in_words(requirement.trend)
        title = requirement.title if requirement.event else f"{heading(requirement.id)} rate"
        yield _drawing("control", charts.control(trend), f"{title}, per cent by week", said)
        yield f"{said} {telling.assured(requirement)}".strip()
        found = telling.causes(trend.weeks, trend)
        told = [f"{_shape(cause)} {telling.cause_in_words(cause)}" for cause in found]
        yield Points("", told) if told else telling.NO_CAUSE
        for mark in trend.marks:
            yield f"{heading(in_words(mark.week))}: {mark.reason}."
        if trend.silent:
            yield telling.silent_in_words(trend)


def _after_events(figures: Figures) -> Section:
    return Section(
        "Updates owed after an event: change, or chance?", list(_trends(r for r in figures.requirements if r.event))
    )


def _shape(cause: telling.Cause) -> str:
    """What marks it in the chart."""
    return "▲" if cause.improvement else "▼"


def _units(figures: Figures) -> Iterator[Part]:
    unit, _ = words.units(figures)
    yield f"The {unit} is the one that had the case when the update was due. {telling.FEW_GREY}"
    for requirement in figures.requirements:
        if any(division.trailing for division in requirement.divisions):
            yield compared(requirement, figures)
        elif requirement.divisions:
            yield units_in_period(requirement, figures)
            yield telling.not_compared(figures, requirement)
        if requirement.funnel:
            said = telling.funnel_in_words(requirement.funnel, unit)
            yield _drawing("funnel", charts.funnel(requirement.funnel),
                           f"{heading(requirement.id)} rate of each {unit} by how much was due", said)  # fmt: skip
            yield said
    if any(requirement.funnel for requirement in figures.requirements):
        yield telling.FUNNEL_KEY
    if found := telling.unit_causes(figures):
        told = [f"{_shape(cause)} {name}, {cause.weeks}: {cause.what}" for name, cause in found]
        yield Points(f"Special causes in single {unit}s, the two newest of each", told)
    yield (
        f"No order among {unit}s can be read from this. About one comparison in twenty is flagged by chance alone, and "
        "none shows a cause."
    )


def _drawing(kind: str, chart: object, caption: str, alt: str) -> Drawing:
    source = fill("drawing.svg.j2", kind=kind, chart=chart, label=alt, font=FONT)
    return Drawing(caption, source.strip(), f"{caption}. {alt}")


def _same_day(figures: Figures) -> Iterator[Part]:
    asked = figures.same_day
    if asked is None or not asked.policy.of:
        return
    rows: list[list[Cell]] = [
        [name, *share_cells(share), "" if share.rate is None
         else Range(0.0, share.rate, share.rate, None, share is asked.policy)]
        for name, share in (("Force policy: it does not count", asked.policy),
                            ("If the same-day update counted", asked.counting),
                            ("As the original system counted", asked.original))
    ]  # fmt: skip
    yield (
        f"Does an update on the day of the report count towards the {asked.requirement} requirement? By the force's "
        f"policy it does not: the victim is owed a further one. {passages.same_obligations(asked)}, judged three ways:"
    )
    yield Table(f"The {asked.requirement} rate three ways", ["Reading", "#In time / due", "#Rate", "#95% interval",
                "~0 to 100%"], rows)  # fmt: skip
    yield passages.same_day_in_words(asked)


def _ways(figures: Figures) -> Iterator[Part]:
    ways: list[list[Cell]] = [
        [heading(way.method or "none recorded"), number(way.informed), number(way.attempted)] for way in figures.ways
    ]
    if ways:
        yield Table(f"Contacts entered in the {figures.kind}, by method",
                    ["Method", "#Victim informed", "#Attempts that did not reach the victim"], ways)  # fmt: skip
        yield "An attempt is kept and shown; it does not count as an update."


def _groups(figures: Figures) -> Iterator[Part]:
    methods = ", ".join(figures.basis.live_methods)
    rows: list[list[Cell]] = []
    for requirement in figures.requirements:
        parts = (requirement.week, requirement.live, requirement.enhanced)
        rows.append([name_of(requirement), *rate_cells([part.rate.share for part in parts])])
        if requirement.repeats:
            rows.append(["Silent victims", *rate_cells([part.silent for part in parts if part.silent])])
    yield Table(
        f"The {figures.kind}'s rates, beside those with live contact only ({methods}) and those of enhanced victims",
        ["Figure", "#As the policy counts", "#95% interval", "#Live contact only", "#95% interval", "#Enhanced victims",
         "#95% interval"], rows,
    )  # fmt: skip
    yield passages.LIVE_ONLY
    named, groups = passages.offences(figures)
    if groups:
        titles = [title for requirement in named for title in (f"#{heading(requirement.id)}", "#95% interval")]
        rows = [[name_of(name), *rate_cells(shares)] for name, shares in groups]
        yield Table(f"Rates by offence group over {passages.offence_weeks(figures)}", ["Offence group", *titles], rows)
        yield passages.offences_in_words(figures)


def _outstanding(figures: Figures) -> Iterator[Part]:
    bands = figures.requirements[0].overdue.bands
    titles = [f"#{b.first} to {b.last} days" if b.last else f"#over {b.first - 1} days" for b in bands]
    rows: list[list[Cell]] = [
        [name_of(r), number(r.overdue.count), *(number(band.count) for band in r.overdue.bands)]
        for r in figures.requirements
    ]
    caption = f"Updates overdue on {words.day(figures.basis.today)}, by how long"
    yield Table(caption, ["Requirement", "#Overdue", *titles], rows)
    for requirement in figures.requirements:
        if requirement.trend.overdue and not requirement.event:
            said = telling.overdue_in_words(requirement)
            yield _drawing("bars", charts.overdue(requirement.trend),
                           f"{heading(requirement.id)} updates overdue when each week was settled", said)  # fmt: skip
            yield said
    without, across = passages.closed_in_words(figures)
    yield f"Closed without a word. {without}"
    yield f"Closed across a due date. {across}"


def _restated(figures: Figures) -> Iterator[Part]:
    if figures.edition == "public":
        return
    yield passages.earlier_in_words(figures)
    rows: list[list[Cell]] = [
        [r.period, r.requirement, f"{number(r.published_met)} / {number(r.published_due)}",
         f"{number(r.met)} / {number(r.due)}", passages.restated_difference(r), heading(passages.restated_in_words(r))]
        for r in passages.changed(figures)
    ]  # fmt: skip
    if rows:
        columns = ["Period", "Requirement", "#As published", "#As known now", "#Points", "Causes"]
        yield Table("Published figures, restated", columns, rows)


def _quality(figures: Figures) -> Iterator[Part]:
    found = attention.faults(figures.quality)
    if found:
        rows: list[list[Cell]] = [[q.title, number(q.in_week), number(q.held), attention.meaning(q)] for q in found]
        yield Table("Faults found in the records", ["What was found", f"#In the {figures.kind}", "#In all records",
                    "What it means"], rows)  # fmt: skip
    else:
        yield f"No fault was found in the records of the {figures.kind}."
    for gap in figures.intake.gaps:
        yield passages.gap_in_words(gap)
    if old := passages.directory_in_words(figures.intake):
        yield old
    if figures.questions:
        asked = attention.stand_out(figures.questions)
        rows = [[q.title, *share_cells(q.share)[:2], passages.expected(q), q.asks] for q in asked]
        if rows:
            yield Table("Questions that the entries raise; none shows that anything was done wrong",
                        ["What was seen", "#How many", "#Share", "#By chance", "The question"], rows)  # fmt: skip
        yield attention.asked_in_words(figures.questions)
    if figures.late_teams:
        yield passages.late_teams_in_words(figures.late_teams)


def _reminders(figures: Figures) -> Iterator[Part]:
    sent = figures.reminders
    if sent is None:
        return
    yield passages.mails_in_words(sent)
    if sent.steps:
        rows: list[list[Cell]] = [
            [e.title, number(e.three_days.of), passages.cleared(e.three_days), passages.hours(e.median_hours),
             passages.cleared(e.before_three_days), passages.hours(e.before_median_hours)] for e in sent.steps
        ]  # fmt: skip
        yield Table("Recorded as discharged within 72 hours", ["Reminder", "#Told of", "#After the mail", "#Median",
                    "#Without one", "#Median"], rows)  # fmt: skip
        yield f"{passages.before_in_words(sent)} {passages.NO_CAUSE_SHOWN}"


def _sample(figures: Figures) -> Iterator[Part]:
    if sample := figures.sample:
        yield (
            f"Timely is not the same as good. Drawn at random from the {number(sample.drawn_from)} crimes with an "
            f"update due in the {figures.kind}, with the seed {sample.seed}: {', '.join(sample.crime_refs)}."
        )
