"""How the figures are computed, what they mean, and how to trace a number to its cases."""

from collections.abc import Iterator
from typing import Final

from compliance.reports.catalogue.edition_clusters import ALL, LIVE
from compliance.reports.catalogue.editions import PUBLIC
from compliance.reports.catalogue.unit_levels import list_levels
from compliance.reports.definitions import GLOSSARY
from compliance.reports.figure_rows import cases_command
from compliance.reports.model.changes import PART_TITLES
from compliance.reports.model.proportions import Proportion, Rate
from compliance.reports.model.report_model import Figures
from compliance.reports.model.words import count_of, day, heading, instant
from compliance.reports.pieces.cells import whole
from compliance.reports.pieces.parts import (
    Cell,
    Column,
    Heading,
    Items,
    Part,
    Row,
    Run,
    Section,
    Statement,
    Table,
    cell,
    code,
    statement,
)
from compliance.reports.sections.release_checks import release_checks

TRACE: Final = "trace"
"""The id of the heading on how a number leads to its cases."""


def method(figures: Figures) -> Section:
    """Return the section on method, definitions and words."""
    return Section("method", "How this is computed", tuple(_parts(figures)), full=True)


def _parts(figures: Figures) -> Iterator[Part]:
    yield statement(
        "Every figure is worked out afresh from the crime records by one function of the records, the policy and an "
        "instant. The same records and policy give the same figures next year."
    )
    yield Items(tuple(_basis(figures)), "terms")
    if figures.edition != PUBLIC:
        yield Heading(TRACE, "From a number to its cases")
        example = f"{cases_command(figures.period, figures.unit)} rate.{figures.requirements[0].id}"
        yield statement(
            "Every number has a name, shown beside its table as “figure”. ", code(example), " lists the crime numbers "
            "behind it, each with its verdict; they add up to what is printed here.",
        )  # fmt: skip
    yield from release_checks(figures)
    yield Heading("chance", "Chance")
    made = count_of(figures.basis.comparisons, "comparison was", "comparisons were")
    weeks = f"{figures.basis.trailing_weeks} settled weeks"
    yield statement(
        "Intervals are Wilson score intervals, differences Newcombe's hybrid score intervals (1998, method 10), both "
        "at 95%. Victims come in clusters, because an officer who updates one updates most: each count is divided by "
        "its design effect (deff) below. How alike the updates of one officer are (ρ) is estimated once for the whole "
        f"force, over {weeks}, not for each small team. Units are compared with the rest over the same {weeks}, and "
        "all comparisons of a page are judged together, by the procedure of Benjamini and Hochberg at 5%: the "
        "differences found are called “unlikely to have occurred by chance”, and at most about one in twenty of them "
        "is due to chance; all others are “no significant difference”. "
        f"{heading(made)} made in this report. No difference here shows a cause. A difference from an earlier period "
        "is a number: whether a rate has changed is for the charts to say."
    )
    if any(requirement.clustering for requirement in figures.requirements):
        yield _clustering(figures)
    yield _design_effects(figures)
    yield from _other_effects(figures)
    columns = (Column("Figure", "name"), Column("Definition", "words"), Column("Clause", "short"))
    rows = tuple((cell(d.title), cell(d.meaning), cell(d.clause)) for d in figures.definitions)
    yield Table("definitions", "What the figures mean", columns, rows)
    yield Heading("glossary", "Words")
    yield Items(tuple(statement(meaning, about=word) for word, meaning in GLOSSARY), "terms")


def _basis(figures: Figures) -> Iterator[Statement]:
    basis = figures.basis
    yield statement(basis.policy, Run(f" {basis.policy_source}", "aside"), about="Policy")
    yield statement(code(basis.policy_digest), about="Policy digest")
    if basis.organisation_digest:
        yield statement(code(basis.organisation_digest), about="Organisation digest")
    held = f"{count_of(basis.crimes, 'crime')} with {count_of(basis.victims, 'victim')}"
    yield statement(f"{basis.records}: {held}", about="Records")
    yield statement(f"{instant(basis.as_at)}, the start of {day(basis.today)} local time", about="Judged as at (T)")
    yield statement(f"{instant(basis.known_at)}: nothing entered later counts", about="As known at (K)")
    if basis.records_begin:
        begin = f"on {day(basis.records_begin)}: of crimes reported before, not all are held"
        yield statement(begin, about="The records begin")
    earlier = "each judged at the same age, seven days after its own end"
    if basis.weeks_before_observation:
        earlier += (
            f"; in {count_of(basis.weeks_before_observation, 'week')}, settled before the service first read the crime "
            "system, crimes stand as first seen"
        )
    yield statement(earlier, about="Earlier weeks")
    yield statement(
        code(f"compliance report --period {figures.period}"), " judges the records as they were known then afresh, and "
        "says what is otherwise where anything is.", about="To judge again",
    )  # fmt: skip
    if basis.audit_head:
        yield statement(code(basis.audit_head), about="Audit log when published")


def _clustering(figures: Figures) -> Table:
    """Return how alike the updates of one officer are, for each requirement (statistics 1.3)."""
    titles = ("ρ of an officer", "ρ of an officer’s week", "ρ of a team")
    columns = (Column("Requirement", "name"), Column("Counted", "words"), *map(Column, titles))
    rows = tuple(
        (
            cell(heading(requirement.id)), cell(_COUNTED[found.part]),
            *(cell(f"{rho:.3f}") for rho in (found.officer, found.officer_week, found.team)),
        )
        for requirement in figures.requirements
        for found in requirement.clustering
    )  # fmt: skip
    caption = "How alike the updates of one officer are: 0 no more than chance, 1 all met or none"
    return Table("clustering", caption, columns, rows, dense=True)


_COUNTED: Final[dict[str, str]] = {
    ALL: "every update", LIVE: "live contact only", "first": PART_TITLES["first"],
    "continuing": PART_TITLES["continuing"],
}  # fmt: skip


def _design_effects(figures: Figures) -> Table:
    titles = ("In time", "Due", "Late", "Overdue", "Missed", "Design effect", "Effective size")
    columns = (Column("Figure", "name"), Column("Period", "short"), *map(Column, titles))
    rows: list[Row] = []
    for requirement in figures.requirements:
        for period in (requirement.week, requirement.before, requirement.provisional):
            if period is not None and not period.rate.share.withheld:
                provisional = " (provisional)" if period is requirement.provisional else ""
                rows.append(_effect(heading(requirement.id), f"{period.week}{provisional}", period.rate))
        for level in list_levels(figures):
            for unit in level.list_units(requirement):
                if unit.trailing and not unit.trailing.share.withheld:
                    name = f"{heading(requirement.id)}, {level.title(unit)}"
                    rows.append(_effect(name, f"{figures.basis.trailing_weeks} weeks", unit.trailing))
    return Table("design-effects", "Design effects", columns, tuple(rows), dense=True)


def _effect(name: str, period: str, rate: Rate) -> Row:
    share = rate.share
    counts = (share.count, share.of, rate.late, rate.overdue, rate.missed)
    return cell(name), cell(period), *(cell(whole(count)) for count in counts), *_deff_cells(share)


def _deff_cells(share: Proportion) -> tuple[Cell, Cell]:
    return cell(f"{share.deff:.2f}"), cell(f"{share.of / share.deff:,.1f}")


def _other_effects(figures: Figures) -> Iterator[Table]:
    """Yield the design effects of shares that are no rate of a requirement, whose ρ is their own (statistics 1.3)."""
    weeks = (requirement.week for requirement in figures.requirements)
    shares = [("Silent victims", week.silent) for week in weeks if week.silent][:1]
    shares += [("Closed without a word", figures.closing.without_a_word)]
    rows = tuple(
        (cell(name), cell(whole(share.count)), cell(whole(share.of)), *_deff_cells(share))
        for name, share in shares
        if share.of and not share.withheld
    )
    if rows:
        titles = ("Counted", "Of", "Design effect", "Effective size")
        columns = (Column("Figure", "name"), *map(Column, titles))
        yield Table("design-effects-others", "Design effects of what is no rate", columns, rows, dense=True)
