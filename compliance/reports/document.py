"""A report as headings, sentences, tables and drawings, for the forms that are typeset."""

from collections.abc import Iterator, Sequence

from compliance.reports import charts, telling, words
from compliance.reports.definitions import GLOSSARY
from compliance.reports.layout import Document, Drawing, Section, Table
from compliance.reports.model import Figures, Requirement
from compliance.reports.periods import in_words
from compliance.reports.proportions import Change, Proportion
from compliance.reports.render import edition_name, fill
from compliance.reports.words import heading, interval, number, percent, signed, verdict

FONT = "Libertinus Serif"
"""The typesetter carries it: the same letters on every machine."""


def document(figures: Figures) -> Document:
    """The figures as a document."""
    unit, whole = ("division", "force") if figures.unit is None else ("team", "division")
    sections = [
        Section("The rates", list(_rates(figures))),
        Section("Change, or chance?", list(_trends(figures))),
        Section(f"{heading(unit)}s", list(_units(figures, unit, whole))),
        Section("The same-day question", list(_same_day(figures))),
        Section("How victims are told, and how it is recorded", list(_contact(figures))),
        Section("Lenient and strict, enhanced victims, offence groups", list(_groups(figures))),
        Section("Overdue now, and cases closed", list(_outstanding(figures))),
        Section("What became of earlier reports", list(_restated(figures))),
        Section("Data quality", [_quality(figures), *_gaps(figures)]),
        Section("Reminders", list(_reminders(figures))),
        Section("Twenty to read", list(_sample(figures))),
        Section("How this is computed", list(_method(figures))),
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
        things=telling.things_to_look_at(figures),
        sections=[section for section in sections if section.parts],
    )


def _named(requirement: Requirement) -> str:
    return requirement.title if requirement.event else heading(requirement.id)


def _share(share: Proportion) -> list[str]:
    if share.withheld:
        return ["withheld", "withheld", "–"]
    return [f"{number(share.count)} / {number(share.of)}", percent(share.rate), interval(share) if share.of else "–"]


def _change(change: Change | None) -> list[str]:
    if change is None or not change.tested:
        return ["–", verdict(change)]
    return [f"{signed(change.difference)} ({signed(change.low)} to {signed(change.high)})", verdict(change)]


_SHARE = ["#In time / due", "#Rate", "#95% interval"]


def _rates(figures: Figures) -> Iterator[str | Table]:
    rows = []
    for requirement in figures.requirements:
        periods = [(figures.period, requirement.week), (requirement.before.week, requirement.before)]
        if requirement.provisional:
            periods.append((f"{requirement.provisional.week} (provisional)", requirement.provisional))
        for name, period in periods:
            change = _change(requirement.change) if name == figures.period else ["", ""]
            rows.append([_named(requirement), name, *_share(period.rate.share), *change])
            if period.silent:
                rows.append(["Silent victims", name, *_share(period.silent), "", ""])
    yield Table(
        f"Rates of the {figures.kind}, the {figures.kind} before, and what is provisional",
        ["Figure", "Period", *_SHARE, "#Points on the one before", "Is it chance?"], rows,
    )  # fmt: skip


def _trends(figures: Figures) -> Iterator[str | Table | Drawing]:
    for requirement in figures.requirements:
        trend = requirement.trend
        if requirement.event or not trend.shares:
            continue
        said = telling.chart_in_words(trend)
        yield _drawing("control", charts.control(trend), f"{heading(requirement.id)} rate, per cent by week", said)
        yield f"{said} {telling.assured(requirement)}".strip()
        for cause in telling.causes(trend.weeks, trend):
            better = "an improvement" if cause.improvement else "a deterioration"
            yield f"{heading(cause.weeks)}: {cause.what}; {better} that chance alone is unlikely to give."
        if trend.silent:
            yield telling.silent_in_words(trend)
        yield _weeks(requirement)


def _weeks(requirement: Requirement) -> Table:
    trend = requirement.trend
    causes = {s.place: f"{'▲' if s.improvement else '▼'} {s.rule}" for s in trend.control.signals}
    rows = [
        [
            week,
            *_share(share),
            *([percent(trend.silent[i].rate)] if trend.silent else []),
            number(trend.overdue[i] if trend.overdue else None),
            causes.get(i, ""),
        ]
        for i, (week, share) in enumerate(zip(trend.weeks, trend.shares, strict=True))
    ]
    silent = ["#Silent victims"] if trend.silent else []
    columns = ["Week", *_SHARE, *silent, "#Overdue then", "Special cause"]
    return Table(f"{heading(requirement.id)} rate by week", columns, rows)


def _units(figures: Figures, unit: str, whole: str) -> Iterator[str | Table | Drawing]:
    for requirement in figures.requirements:
        if not requirement.divisions:
            continue
        silent = ["#Silent victims"] if requirement.repeats else []
        week = [
            [d.name or "None recorded", *_share(d.week.share), *([percent(d.silent.rate)] if d.silent else [])]
            for d in requirement.divisions
        ]
        yield Table(f"{heading(requirement.id)} rate in the {figures.kind}", [heading(unit), *_SHARE, *silent], week)
        trailing = [
            [d.name or "None recorded", *_share(d.trailing.share), *_change(d.change)]
            for d in requirement.divisions if d.trailing
        ]  # fmt: skip
        if trailing:
            yield Table(
                f"{heading(requirement.id)} rate over {figures.basis.trailing_weeks} settled weeks, against the rest "
                f"of the {whole}", [heading(unit), *_SHARE, "#Points", "Is it chance?"], trailing,
            )  # fmt: skip
        if requirement.funnel:
            said = telling.funnel_in_words(requirement.funnel, unit)
            yield _drawing("funnel", charts.funnel(requirement.funnel),
                           f"{heading(requirement.id)} rate of each {unit} by how much was due", said)  # fmt: skip
            yield said
    yield f"This is no league table: most of what lies between {unit}s is chance, and no difference shows a cause."


def _drawing(kind: str, chart: object, caption: str, alt: str) -> Drawing:
    source = fill("drawing.svg.j2", kind=kind, chart=chart, label=alt, font=FONT)
    return Drawing(caption, source.strip(), f"{caption}. {alt}")


def _same_day(figures: Figures) -> Iterator[str | Table]:
    asked = figures.same_day
    if asked is None or not asked.policy.of:
        return
    named = (("Force policy", asked.policy), ("If the same-day update counted", asked.counting),
             ("As the original system counted", asked.original))  # fmt: skip
    rows = [[name, *_share(share)] for name, share in named]
    yield Table(f"The {asked.requirement} rate three ways, the same obligations", ["Reading", *_SHARE], rows)
    only = heading(words.counted(asked.only_same_day, "victim"))
    yield f"{only} had an update on the day of the report and no other in time."


def _contact(figures: Figures) -> Iterator[str | Table]:
    ways = [[heading(w.method or "none recorded"), number(w.informed), number(w.attempted)] for w in figures.ways]
    if ways:
        yield Table(f"Contacts entered in the {figures.kind}", ["Method", "#Informed", "#Attempts that failed"], ways)
    asked = [[q.title, *_share(q.share)[:2], telling.expected(q), q.asks] for q in figures.questions]
    if asked:
        yield Table("Questions that the entries raise; none shows that anything was done wrong",
                    ["What was seen", "#How many", "#Share", "#By chance", "The question"], asked)  # fmt: skip

    if figures.late_teams:
        yield telling.late_teams_in_words(figures.late_teams)


def _groups(figures: Figures) -> Iterator[Table]:
    rows = []
    for requirement in figures.requirements:
        for name, part in (("As the policy counts", requirement.week), ("Live contact only", requirement.live),
                           ("Enhanced victims", requirement.enhanced)):  # fmt: skip
            rows.append([_named(requirement), name, *_share(part.rate.share)])
            if part.silent:
                rows.append(["Silent victims", name, *_share(part.silent)])
    yield Table(f"Rates of the {figures.kind}", ["Figure", "Of", *_SHARE], rows)
    for requirement in figures.requirements:
        if requirement.offences and not requirement.event:
            groups = [[g.name or "None recorded", *_share(g.share)] for g in requirement.offences[:15]]
            yield Table(f"{heading(requirement.id)} rate by offence group over {requirement.trailing_held} weeks",
                        ["Offence group", *_SHARE], groups)  # fmt: skip


def _outstanding(figures: Figures) -> Iterator[str | Table | Drawing]:
    bands = figures.requirements[0].overdue.bands
    titles = [f"#{b.first} to {b.last} days" if b.last else f"#over {b.first - 1} days" for b in bands]
    rows = [
        [_named(r), number(r.overdue.count), *(number(band.count) for band in r.overdue.bands)]
        for r in figures.requirements
    ]
    yield Table(f"Overdue on {words.day(figures.basis.today)}", ["Requirement", "#Overdue", *titles], rows)
    for requirement in figures.requirements:
        if requirement.trend.overdue and not requirement.event:
            said = telling.overdue_in_words(requirement)
            yield _drawing("bars", charts.overdue(requirement.trend),
                           f"{heading(requirement.id)} updates overdue when each week was settled", said)  # fmt: skip
            yield said
    closing = figures.closing
    if closing.without_a_word.of:
        share = closing.without_a_word
        yield (
            f"Closed without a word: of {words.counted(share.of, 'victim')} of cases closed in the {figures.kind}, "
            f"{number(share.count)} ({percent(share.rate)}, interval {interval(share)}) had no update from seven days "
            "before the closing to seven days after it."
        )
    across = words.counted(closing.across_due_date, "case")
    yield f"Closed across a due date and reopened within 28 days: {across}."


def _restated(figures: Figures) -> Iterator[str | Table]:
    rows = [
        [r.period, r.requirement, f"{number(r.published_met)} / {number(r.published_due)}",
         f"{number(r.met)} / {number(r.due)}", telling.restated_difference(r), telling.restated_in_words(r)]
        for r in figures.restated if r.unit == figures.unit
    ]  # fmt: skip
    if rows:
        yield Table("Published figures, restated; the causes add up to the difference",
                    ["Period", "Requirement", "#As published", "#As known now", "#Points", "Causes"], rows)  # fmt: skip
    else:
        yield f"No earlier {figures.kind} has been published, so there is nothing to restate."


def _quality(figures: Figures) -> Table:
    rows = [[q.title, number(q.in_week), number(q.held), q.meaning] for q in figures.quality]
    return Table("What was found in the records; nothing is silently dropped",
                 ["What was found", f"#In the {figures.kind}", "#In all records", "What it means"], rows)  # fmt: skip


def _gaps(figures: Figures) -> Iterator[str]:
    for gap in figures.intake.gaps:
        first, last = words.day(gap.first), words.day(gap.last)
        yield f"Feed gap: the crime system was not read to its end between {first} and {last}."


def _reminders(figures: Figures) -> Iterator[str | Table]:
    sent = figures.reminders
    if sent is None:
        return
    yield telling.mails_in_words(sent)
    if not sent.steps:
        return
    rows = [
        [e.title, number(e.day.of), _counted(e.day), _counted(e.three_days), telling.hours(e.median_hours),
         _counted(e.before_day), _counted(e.before_three_days), telling.hours(e.before_median_hours)]
        for e in sent.steps
    ]  # fmt: skip
    yield Table("Obligations told of, and what was recorded afterwards",
                ["Reminder", "#Told of", "#Within 24 hours", "#Within 72 hours", "#Median", "#24 hours, before",
                 "#72 hours, before", "#Median, before"], rows)  # fmt: skip
    yield telling.before_in_words(sent)
    yield telling.EFFECT_LIMITS


def _counted(share: Proportion | None) -> str:
    return "–" if share is None or not share.of else f"{number(share.count)} ({percent(share.rate)})"


def _sample(figures: Figures) -> Iterator[str | Table]:
    if sample := figures.sample:
        yield (
            f"Drawn at random from the {number(sample.drawn_from)} crimes with an update due in the {figures.kind}, "
            f"with the seed {sample.seed}: {', '.join(sample.crime_refs)}."
        )


def _method(figures: Figures) -> Iterator[str | Table]:
    basis = figures.basis
    facts = [
        ["Policy", f"{basis.policy} ({basis.policy_source})"], ["Policy digest", basis.policy_digest],
        ["Records", f"{basis.records}: {number(basis.crimes)} crimes with {number(basis.victims)} victims"],
        ["Judged as at (T)", words.instant(basis.as_at)], ["As known at (K)", words.instant(basis.known_at)],
        ["Comparisons made", f"{basis.comparisons}; about one in twenty would be flagged by chance alone"],
        ["To list the cases", f"compliance report cases --week {figures.period} --figure NAME"],
    ]  # fmt: skip
    yield Table("What the figures were computed from", ["", ""], facts)
    effects: Sequence[list[str]] = [
        [_named(r), f"{r.week.rate.share.deff:.2f}", number(round(r.week.rate.share.of / r.week.rate.share.deff))]
        for r in figures.requirements
    ]
    yield Table(f"Design effects of the {figures.kind}", ["Requirement", "#Design effect", "#Effective size"],
                list(effects))  # fmt: skip
    yield Table("What the figures mean", ["Figure", "Definition", "Clause"],
                [[d.title, d.meaning, d.clause] for d in figures.definitions])  # fmt: skip
    yield Table("Words", ["Word", "Meaning"], [list(pair) for pair in GLOSSARY])
