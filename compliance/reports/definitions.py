"""What each figure means, the clause behind it, and the command that lists its cases: so that each can be defended."""

from collections.abc import Sequence
from typing import Final

from compliance.policy.model import Policy
from compliance.reports.model import Definition
from compliance.reports.rows import cases_command
from compliance.reports.spans import Span

_PROVISIONAL: Final = "Provisional"
"""Of a week alone: a month or a quarter has nothing provisional beside it."""
_RATES: Final = (
    ("rate", "Rate",
     "Of the obligations due in the {kind} (met, late, overdue and missed), the share that was met on or before its "
     "due date. Not yet due, lapsed and exempt obligations are not in it. Where nothing was due there is no rate.",
     "rules 5.1, statistics 1.1"),
    ("before", "Change from an earlier {kind}",
     "Both {kind}s judged at the same age, seven days after their end; the interval of the difference is Newcombe's. "
     "It is significant when it leaves out 0.",
     "statistics 1.2, 1.5"),
    ("provisional", _PROVISIONAL,
     "The week just ended, judged before updates have had seven days to be typed in. It will change, and is not "
     "compared.",
     "statistics 1.2"),
    ("division", "Division",
     "The division that had the case at the end of the due date. A single {kind} is shown, not tested; the trailing "
     "weeks are compared with the rest of the force.",
     "statistics 1.5, records 2"),
    ("overdue", "Overdue now",
     "Due date passed, not discharged and still owed on the morning the {kind} was settled, by days since the due "
     "date.",
     "rules 5"),
    ("enhanced", "Enhanced victims", "The rate for victims of category enhanced alone.", "records 1"),
    ("live", "Live contact only", "The rate had only {methods} counted.", "statistics 1.9"),
)  # fmt: skip
_SILENT: Final = (
    "silent", "Silent victims",
    "Of the victims of cases open for more than 28 days at the end of the {kind}, neither exempt nor declining, those "
    "without a counted update in the last 28 days. A reopened case counts from its reopening, a victim added later "
    "from then.",
    "statistics 1.7",
)  # fmt: skip
_SAME_DAY: Final = (
    ("same-day", "The same-day question",
     "The same obligations judged three ways: by the policy; if an update on the day of the report counted; and as the "
     "original system counted, which dropped updates on the day of the report and on the day of recording.",
     "rules 9.2, 9.7, statistics 4"),
    ("only-same-day", "Only a same-day update",
     "Victims with a counted update on the day of the report and none after it on or before the due date.",
     "rules 3.3, statistics 4"),
)  # fmt: skip
_CLOSING: Final = (
    ("closed-without-a-word", "Closed without a word",
     "Of the victims of cases closed in the {kind}, those with no counted update from 7 days before the closing to 7 "
     "days after it. Exempt and declining victims and cancelled crimes are left out.",
     "statistics 1.8"),
    ("closed-across", "Closed across a due date",
     "Cases reopened in the {kind} within 28 days of being closed, an obligation having lapsed in between.",
     "statistics 1.8, rules 4.1"),
)  # fmt: skip

_GROUP: Final = {"Division": "/NAME"}
"""What the name of a figure ends with, where it is about one of several groups: to be filled in."""


def definitions(
    policy: Policy, period: Span, live_methods: Sequence[str], division: str | None = None
) -> tuple[Definition, ...]:
    """The definitions of a period's figures under a policy, of the board's edition or of a division's; each with the
    names of the figures it is about."""
    ids = [requirement.id for requirement in policy.requirement]
    alone = [*_CLOSING]
    if any(requirement.repeat_every for requirement in policy.requirement):
        alone.insert(0, _SILENT)
    if any(requirement.shows_same_day for requirement in policy.requirement):
        alone += _SAME_DAY
    families = [(tuple(f"{name}.{key}" for key in ids), title, text, clause) for name, title, text, clause in _RATES]
    families += [((name,), title, text, clause) for name, title, text, clause in alone]
    if period.kind != "week":
        families = [family for family in families if family[1] != _PROVISIONAL]
    methods, command = ", ".join(live_methods), cases_command(str(period), division)

    def told(text: str) -> str:
        return text.format(methods=methods, kind=period.kind)

    return tuple(
        Definition(figures, told(title), told(text), clause, f"{command} {figures[0]}{_GROUP.get(title, '')}")
        for figures, title, text, clause in families
    )


GLOSSARY: Final = (
    ("Obligation", "One requirement owed to one victim, with one due date."),
    ("Settled", "Seven days after the end of a period, when updates typed in late have had time to come in."),
    ("Special cause", "A point or a run of points that chance alone would hardly give; it asks for an explanation."),
    ("Limits", "Where nearly all points lie while nothing changes: the mean and 2.66 times the mean difference of "
     "neighbours on either side."),
    ("95% interval", "The values of the rate that the counts are compatible with."),
    ("Design effect", "By how much fewer obligations tell because an officer who updates one victim updates most."),
    ("Silent victim", "A victim in a case open for more than 28 days who has had no update for 28 days."),
    ("Lapsed", "Fell away: the case was not open on the due date, or the crime was cancelled."),
    ("Exempt", "Waived: the victim declined updates, or belongs to a category to which none is owed."),
)  # fmt: skip
"""Words of the report, each with its meaning."""
