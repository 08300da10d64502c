"""The claims about a release in words (`release`): what was checked, and what stands against a report."""

from collections.abc import Callable, Iterator
from typing import Final

from compliance.reports.model.claims import Claim
from compliance.reports.model.claims import ClaimKind as Kind
from compliance.reports.model.words import count_of, day, heading, list_names, number, percent
from compliance.text import plural

MAP: Final = "the organisation map (rules/organisation.toml)"

CHECK_NAMES: Final = {
    "read": "Records read to their end",
    "repeated": "Figures not repeated",
    "crimes": "Number of crimes",
    "unfit": "Records fit for a rate",
    "sums": "Sums",
    "divisions": "Divisions",
    "officers": "Officers",
    "policy": "Policy",
}
"""What each check is called."""


def name_fault(name: str) -> str:
    """Return what stands against a report, briefly, by its name in `release.fault_names`: Divisions (North)."""
    check, _, group = name.partition("/")
    return f"{CHECK_NAMES.get(check, check)}{f' ({group})' if group else ''}"


def _figure(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0")


def _crimes(claim: Claim) -> str:
    reported = f"{count_of(claim.count('crimes'), 'crime')} {plural(claim.count('crimes'), 'was', 'were')} reported"
    mean = "" if claim.period == "week" else f", {_figure(claim.value('weekly'))} a week"
    usual = f"the median of the {claim.count('weeks')} weeks before, {_figure(claim.value('usual'))}"
    if claim.kind == Kind.CRIMES_USUAL:
        return f"{reported} in the {claim.period}{mean}: between half and double {usual}."
    beyond = "less than half" if claim.value("weekly") < claim.value("usual") else "more than double"
    return f"{reported} in the {claim.period}{mean}: {beyond} {usual}."


def _unfit(claim: Claim) -> str:
    share = percent(claim.value("unfit") / claim.value("records"))
    causes = ((claim.count("refused"), "refused"), (claim.count("no_victim"), "without a victim beyond the usual"),
              (claim.count("set_aside"), "with an obligation that cannot be judged"))  # fmt: skip
    named = [f"{number(count)} {cause}" for count, cause in causes if count]
    limit = f"{_figure(claim.value('limit'))}%"
    beyond = f"not below the limit of {limit}"
    if claim.value("unfit") * 100 < claim.value("limit") * claim.value("records"):
        beyond = f"below the limit of {limit}"
    elif claim.kind == Kind.RECORDS_FIT:
        beyond += f", but fewer than the {claim.count('fewest')} that hold a report back"
    return (
        f"Of {count_of(claim.count('records'), 'record')} that came since the {claim.period} began, "
        f"{number(claim.count('unfit'))} ({share}) cannot be in a rate"
        f"{f' ({list_names(named)})' if named else ''}: {beyond}."
    )


def _by_group(claim: Claim) -> Iterator[tuple[str, dict[str, int]]]:
    for group in dict.fromkeys(each.group for each in claim.stated):
        yield group, {each.measure: int(each.value or 0) for each in claim.stated if each.group == group}


def _sums(claim: Claim) -> str:
    said = [f"the parts of {name} add up to {number(found['parts'])}, where the total is {number(found['total'])}"
            for name, found in _by_group(claim)]  # fmt: skip
    return f"{heading('; '.join(said))}."


def _divisions(claim: Claim) -> str:
    said = [
        f"{name} has appeared: {count_of(found['appeared'], 'crime')} in the {claim.period}, none in the weeks before"
        if "appeared" in found
        else f"{name} has vanished: no crime in the {claim.period}, {number(found['vanished'])} in the one before"
        for name, found in _by_group(claim)
    ]
    return f"Divisions have changed in the records, without an entry in {MAP}: {'; '.join(said)}."


def _officers(claim: Claim) -> str:
    said = [f"{name} has {number(found['has'])}, and had {number(found['had'])}" for name, found in _by_group(claim)]
    return (
        f"The number of officers in the directory (as of {claim.words}) has changed by half or more, without an entry "
        f"in {MAP}: {'; '.join(said)}."
    )


def _policy(claim: Claim) -> str:
    failing, examples = claim.count("failing"), claim.count("examples")
    if not examples:
        return f"The policy or its worked examples cannot be used: {claim.words}."
    return (
        f"{number(failing)} of the {number(examples)} worked examples of the policy "
        f"{plural(failing, 'does', 'do')} not hold; the first: {claim.words}."
    )


def _policy_holds(claim: Claim) -> str:
    examples = claim.count("examples")
    if not examples:
        return f"{claim.words} can be used; it has no worked examples yet."
    return f"{claim.words} and its {count_of(examples, 'worked example')} hold."


def _suspended(claim: Claim) -> str:
    assert claim.since is not None  # noqa: S101  # a suspension has both dates
    assert claim.until is not None  # noqa: S101
    return (
        f"Reports have been suspended since {day(claim.since)} by {claim.about}. The reason: {claim.words}. None is "
        f"published until {day(claim.until)}, that day included."
    )


def _resumed(claim: Claim) -> str:
    assert claim.since is not None  # noqa: S101
    assert claim.until is not None  # noqa: S101
    how = f"was ended by {claim.about}" if claim.about else "has ended as planned"
    return f"The suspension of {day(claim.since)} {how} on {day(claim.until)}: reports are published again."


RELEASE_SENTENCES: Final[dict[Kind, Callable[[Claim], str]]] = {
    Kind.READ_TO_END: lambda claim: (
        f"The crime system was read to its end after the {claim.period} was settled, at {claim.words}."
    ),
    Kind.NOT_READ_TO_END: lambda claim: (
        f"The crime system has not been read to its end since the {claim.period} was settled at {claim.words}."
    ),
    Kind.FIGURES_NEW: lambda claim: f"The figures are not those of {claim.against} once more.",
    Kind.FIGURES_REPEATED: lambda claim: (
        f"Every figure is the same to the last digit as in {claim.against}, {count_of(claim.count('due'), 'update')} "
        "due among them, as if the same records had been read again."
    ),
    Kind.CRIMES_USUAL: _crimes,
    Kind.CRIMES_UNUSUAL: _crimes,
    Kind.RECORDS_FIT: _unfit,
    Kind.RECORDS_UNFIT: _unfit,
    Kind.SUMS_AGREE: lambda claim: f"All {count_of(claim.count('sums'), 'sum')} of parts agree with their totals.",
    Kind.SUMS_DISAGREE: _sums,
    Kind.DIVISIONS_AS_BEFORE: lambda claim: (
        f"No division has appeared in the records or vanished from them since {claim.against}."
    ),
    Kind.DIVISIONS_CHANGED: _divisions,
    Kind.OFFICERS_AS_BEFORE: lambda claim: (
        f"No division has gained or lost half of its officers in the directory (as of {claim.words})."
    ),
    Kind.OFFICERS_CHANGED: _officers,
    Kind.POLICY_HOLDS: _policy_holds,
    Kind.POLICY_FAILS: _policy,
    Kind.NOT_CHECKED: lambda claim: f"This cannot be checked yet: {claim.words}.",
    Kind.SUSPENDED: _suspended,
    Kind.RESUMED: _resumed,
}  # fmt: skip
