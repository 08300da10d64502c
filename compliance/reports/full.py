"""The figures in full, for those who have to defend them: every table of a typeset report, and how it is computed."""

from collections.abc import Iterator

from compliance.reports import passages, telling, words
from compliance.reports.definitions import GLOSSARY
from compliance.reports.layout import Cell, Part, Section, Table
from compliance.reports.model import Figures
from compliance.reports.rows import cases_command
from compliance.reports.tables import SHARE, change_cells, share_cells, units_in_period
from compliance.reports.words import heading, number, percent


def full_sections(figures: Figures) -> list[Section]:
    """The sections of the full figures, in the order of the report."""
    return [
        Section("The figures in full", [
            _rates(figures), *_weeks(figures), *_units(figures), *_entries(figures), *_reminders(figures)]),
        Section("How this is computed", list(_method(figures))),
    ]  # fmt: skip


def _rates(figures: Figures) -> Table:
    rows: list[list[Cell]] = []
    for r in figures.requirements:
        periods = [
            (r.week, "", r.change), (r.before, "", None), (r.last_year, "", None),
            (r.provisional, " provisional", None),
        ]  # fmt: skip
        for period, kind, change in periods:
            if period:
                compared = change_cells(change) if period is r.week else ["", ""]
                rows.append([heading(r.id), period.week + kind, *share_cells(period.rate.share), *compared])
        rows += [["Silent victims", period.week + kind, *share_cells(period.silent), "", ""]
                 for period, kind, _ in periods if period and period.silent]  # fmt: skip
    return Table(
        f"Rates of the {figures.kind}, of those it is compared with, and what is provisional",
        ["Figure", "Period", *SHARE, "#Points on the one before", "Is it chance?"], rows,
    )  # fmt: skip


def _weeks(figures: Figures) -> Iterator[Table]:
    for requirement in figures.requirements:
        trend = requirement.trend
        if requirement.event or not trend.shares:
            continue
        causes = {s.place: f"{'▲' if s.improvement else '▼'} {s.rule}" for s in trend.control.signals}
        rows: list[list[Cell]] = [
            [
                f"{week} ({telling.monday(week)})",
                *share_cells(share),
                *([percent(trend.silent[i].rate)] if trend.silent else []),
                number(trend.overdue[i] if trend.overdue else None),
                causes.get(i, ""),
            ]
            for i, (week, share) in enumerate(zip(trend.weeks, trend.shares, strict=True))
        ]
        silent = ["#Silent victims"] if trend.silent else []
        columns = ["Week (its Monday)", *SHARE, *silent, "#Overdue then", "Special cause"]
        yield Table(f"{heading(requirement.id)} rate by week, each judged seven days after its end", columns, rows)


def _units(figures: Figures) -> Iterator[Table]:
    for requirement in figures.requirements:
        told = any(not division.week.share.withheld for division in requirement.divisions)
        if told and any(division.trailing for division in requirement.divisions):
            yield units_in_period(requirement, figures)


def _entries(figures: Figures) -> Iterator[Part]:
    quality: list[list[Cell]] = [[q.title, number(q.in_week), number(q.held), q.meaning] for q in figures.quality]
    yield Table("What was found in the records; nothing is silently dropped",
                ["What was found", f"#In the {figures.kind}", "#In all records", "What it means"], quality)  # fmt: skip
    asked: list[list[Cell]] = [
        [q.title, *share_cells(q.share)[:2], passages.expected(q), q.asks] for q in figures.questions
    ]
    if asked:
        yield Table("All questions that the entries raise; none shows that anything was done wrong",
                    ["What was seen", "#How many", "#Share", "#By chance", "The question"], asked)  # fmt: skip


def _reminders(figures: Figures) -> Iterator[Part]:
    sent = figures.reminders
    if sent is None or not sent.steps:
        return
    rows: list[list[Cell]] = [
        [e.title, number(e.day.of), passages.cleared(e.day), passages.cleared(e.three_days),
         passages.hours(e.median_hours), passages.cleared(e.before_day), passages.cleared(e.before_three_days),
         passages.hours(e.before_median_hours)]
        for e in sent.steps
    ]  # fmt: skip
    yield Table("Obligations told of, and what was recorded afterwards",
                ["Reminder", "#Told of", "#Within 24 hours", "#Within 72 hours", "#Median", "#24 hours, before",
                 "#72 hours, before", "#Median, before"], rows)  # fmt: skip
    yield passages.dated_earlier(sent)
    yield passages.EFFECT_LIMITS


def _method(figures: Figures) -> Iterator[Part]:
    basis = figures.basis
    facts: list[list[Cell]] = [
        ["Policy", f"{basis.policy} ({basis.policy_source})"], ["Policy digest", basis.policy_digest],
        ["Records", f"{basis.records}: {words.counted(basis.crimes, 'crime')} with "
                    f"{words.counted(basis.victims, 'victim')}"],
        ["Judged as at (T)", words.instant(basis.as_at)], ["As known at (K)", words.instant(basis.known_at)],
        ["The records begin on", "not known" if basis.records_begin is None else words.day(basis.records_begin)],
        ["Comparisons made", f"{basis.comparisons}; about one in twenty would be flagged by chance alone. No "
                             "difference shows a cause"],
    ]  # fmt: skip
    if basis.organisation_digest:
        facts.insert(2, ["Organisation digest", basis.organisation_digest])
    if figures.edition != "public":
        names = "the names stand in the HTML, XLSX and CSV forms"
        facts.append(["To list the cases", f"{cases_command(figures.period, figures.unit)} NAME; {names}"])
    yield Table("What the figures were computed from", ["What", "From"], facts)
    effects: list[list[Cell]] = [
        [heading(r.id), f"{r.week.rate.share.deff:.2f}", number(int(r.week.rate.share.of / r.week.rate.share.deff))]
        for r in figures.requirements
        if not r.week.rate.share.withheld
    ]
    yield Table(f"Design effects of the {figures.kind}", ["Requirement", "#Design effect", "#Effective size"],
                effects)  # fmt: skip
    yield Table("What the figures mean", ["Figure", "Definition", "Clause"],
                [[d.title, d.meaning, d.clause] for d in figures.definitions])  # fmt: skip
    yield Table("Words", ["Word", "Meaning"], [list(pair) for pair in GLOSSARY])
