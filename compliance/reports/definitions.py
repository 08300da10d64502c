"""The meaning of each figure, its clause, and the command that lists its cases."""

from collections.abc import Iterator, Sequence
from typing import Final

from compliance.policy.model import Policy
from compliance.reports.catalogue.figure import KEY, Figure
from compliance.reports.catalogue.registry import FIGURES
from compliance.reports.figure_rows import cases_command
from compliance.reports.model.report_model import Definition
from compliance.reports.periods.spans import Span

DEFINED: Final = (
    "rate", "before", "provisional", "division", "overdue", "enhanced", "live", "silent", "closed-without-a-word",
    "closed-across", "same-day", "only-same-day",
)  # fmt: skip
"""The figures that the report itself explains, in its order. docs/figures.md explains all of them."""


def definitions(
    policy: Policy, period: Span, live_methods: Sequence[str], division: str | None = None
) -> tuple[Definition, ...]:
    """Return the definitions of a period's figures under a policy, for the board's edition or a division's.

    Each has the names of the figures it defines.
    """
    command, words = cases_command(str(period), division), {"methods": ", ".join(live_methods), "kind": period.kind}
    return tuple(
        Definition(
            names, figure.title.format(**words), figure.meaning.format(**words), figure.clause,
            f"{command} {names[0]}{f'/{figure_group}' if figure_group else ''}",
        )
        for figure, names, figure_group in _list_defined(policy, period)
    )  # fmt: skip


def _list_defined(policy: Policy, period: Span) -> Iterator[tuple[Figure, tuple[str, ...], str]]:
    """Yield (figure, its names, the part its names lack) for the figures in reports of this policy and period."""
    asked = {
        "provisional": period.kind == "week",  # a month or a quarter has nothing provisional
        "silent": any(requirement.repeat_every for requirement in policy.requirement),
        "same-day": any(requirement.shows_same_day for requirement in policy.requirement),
        "only-same-day": any(requirement.shows_same_day for requirement in policy.requirement),
    }
    for name in DEFINED:
        figure = FIGURES[name]
        keys = [requirement.id for requirement in policy.requirement] if figure.key == KEY else [""]
        if asked.get(name, True):
            group = "" if figure.group.startswith("[") or not figure.group else "NAME"
            yield figure, tuple(figure.name_of(key) for key in keys), group


GLOSSARY: Final = (
    ("Obligation", "One requirement owed to one victim, with one due date."),
    ("Settled", "Seven days after the end of a period, when updates typed in late have had time to come in."),
    ("Special cause", "A point or a run of points that chance alone would hardly give; it asks for an explanation."),
    ("Limits", "Where nearly all points lie while nothing changes: the mean and 2.66 times the mean difference of "
     "neighbours on either side."),
    ("95% interval", "The values of the rate that the counts are compatible with."),
    ("Design effect", "By how much fewer obligations tell because an officer who updates one victim updates most."),
    ("ρ", "How alike the obligations of one officer are in the whole force: 0 no more than chance, 1 all met or none."),
    ("Silent victim", "A victim in a case open for more than 28 days who has had no update for 28 days."),
    ("Lapsed", "Fell away: the case was not open on the due date, or the crime was cancelled."),
    ("Exempt", "Waived: the victim declined updates, or belongs to a category to which none is owed."),
)  # fmt: skip
"""The terms of the report, each with its meaning."""
