"""The checks before a report is released (statistics section 7). Each is one function of the facts.

A check gives a claim: that all is in order, that something stands against the report, or that it cannot be made yet,
which holds nothing back. Counts are as known at K, so that the same check a year later gives the same answer; the
officer directory and the worked examples are held only as they are, and are looked at when the period is first
published.
"""

from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Final

from msgspec.structs import replace

from compliance.reports.catalogue.editions import PUBLIC
from compliance.reports.methods.statistics import FEW
from compliance.reports.model.claims import Claim, ClaimKind, Stated
from compliance.reports.model.release_facts import Check, DivisionCrimes, Gate, Released, ReleaseFacts
from compliance.reports.model.report_model import Figures
from compliance.reports.model.words import instant
from compliance.reports.periods.periods import in_words

WEEKS_BEFORE: Final = 26
"""Over how many weeks the usual number of crimes is the median."""
ENOUGH_WEEKS: Final = 13
"""The fewest weeks that tell what is usual."""
WEEKS_OF_DIVISIONS: Final = 13
"""For how many weeks before a period a division must have been unknown to have appeared in it."""
ENOUGH_CRIMES: Final = 10
"""The fewest crimes a week, of a force or a division, whose number tells anything: smaller ones halve by chance."""
ENOUGH_RECORDS: Final = 50
"""The fewest records of which a share tells anything."""
ENOUGH_UNFIT: Final = 10
"""The fewest unfit records that hold a report back: of a handful a small force has 2 per cent by chance."""
ENOUGH_OFFICERS: Final = 10
"""The fewest officers of a division whose number tells anything: of smaller ones half is a handful of postings."""

FAULTS: Final = frozenset({
    ClaimKind.NOT_READ_TO_END, ClaimKind.FIGURES_REPEATED, ClaimKind.CRIMES_UNUSUAL, ClaimKind.RECORDS_UNFIT,
    ClaimKind.SUMS_DISAGREE, ClaimKind.DIVISIONS_CHANGED, ClaimKind.OFFICERS_CHANGED, ClaimKind.POLICY_FAILS,
})  # fmt: skip
"""What holds a report back until a person releases it."""


def check_release(facts: ReleaseFacts) -> tuple[Claim, ...]:
    """Return what each check says, in order."""
    return tuple(check(facts) for check in _CHECKS.values())


def find_faults(facts: ReleaseFacts) -> tuple[Claim, ...]:
    """Return the claims of the checks that hold the report back."""
    return tuple(claim for claim in check_release(facts) if claim.kind in FAULTS)


def fault_names(claims: tuple[Claim, ...]) -> tuple[str, ...]:
    """Return what stands against a report by name: a check, or each division or sum that a check finds at fault.

    A release holds for these names, and for no other.
    """
    return tuple(name for claim in claims for name in _names(claim))


def _names(claim: Claim) -> Iterator[str]:
    groups = dict.fromkeys(each.group for each in claim.stated if each.group)
    yield from (f"{claim.subject}/{group}" for group in groups) if groups else [claim.subject]


def pass_gate(figures: Figures, facts: ReleaseFacts, released: Sequence[Released] = ()) -> Figures:
    """Return the figures of an edition with what was checked. Outside the force go neither numbers nor names."""
    faults = fault_names(find_faults(facts))
    if figures.edition == PUBLIC:
        unnamed = tuple(replace(each, by="", faults=_check_names(each.faults)) for each in released)
        return replace(figures, gate=Gate(None, _check_names(faults), unnamed))
    return replace(figures, gate=Gate(facts, faults, tuple(released)))


def _check_names(faults: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.partition("/")[0] for name in faults))


def _claim(check: Check, kind: ClaimKind, facts: ReleaseFacts, *stated: Stated, words: str = "") -> Claim:
    return Claim(
        kind=kind, subject=check.value, period=facts.kind, against=in_words(facts.before), stated=stated, words=words
    )


def _not_yet(check: Check, facts: ReleaseFacts, why: str) -> Claim:
    return _claim(check, ClaimKind.NOT_CHECKED, facts, words=why)


def check_read(facts: ReleaseFacts) -> Claim:
    """Check that the crime system was read to its end after the period was settled.

    Judged by the polls: one that came to its end ended at or after K (decision 0008). Until then nothing is published
    at all, and a notice says that the report is delayed.
    """
    if facts.read_until is None or facts.read_until < facts.settled:
        return _claim(Check.READ, ClaimKind.NOT_READ_TO_END, facts, words=instant(facts.settled))
    return _claim(Check.READ, ClaimKind.READ_TO_END, facts, words=instant(facts.read_until))


def check_repeated(facts: ReleaseFacts) -> Claim:
    """Check that the figures are not those of the period before once more.

    Judged by all counts of each requirement and of the silent victims, in the period and in the one before, each at its
    own T and K, and by the number of crimes reported. Too few obligations (statistics 1.6) may be alike by chance.
    """
    if facts.due < FEW:
        return _not_yet(Check.REPEATED, facts, f"fewer than {FEW} updates were due, which may be alike by chance")
    kind = ClaimKind.FIGURES_REPEATED if facts.repeated else ClaimKind.FIGURES_NEW
    return _claim(Check.REPEATED, kind, facts, Stated("due", facts.due))


def check_crimes(facts: ReleaseFacts) -> Claim:
    """Check that the crimes reported lie between half and double the median of the 26 weeks before.

    Judged by the records as known at K, by the local date of the report; a month or a quarter by its mean week. Weeks
    before the records begin (1.2b) are left out, and fewer than 13 weeks, or a median below 10, tell nothing.
    """
    usual = median(facts.weekly) if facts.weekly else 0
    if len(facts.weekly) < ENOUGH_WEEKS:
        held = len(facts.weekly)
        return _not_yet(Check.CRIMES, facts, f"{held} of the {ENOUGH_WEEKS} weeks before that it needs are held")
    if usual < ENOUGH_CRIMES:
        return _not_yet(Check.CRIMES, facts, f"the weeks before have fewer than {ENOUGH_CRIMES} crimes in the median")
    weekly = facts.crimes * 7 / facts.days
    kind = ClaimKind.CRIMES_USUAL if usual / 2 <= weekly <= usual * 2 else ClaimKind.CRIMES_UNUSUAL
    stated = (Stated("crimes", facts.crimes), Stated("weekly", weekly), Stated("usual", usual),
              Stated("weeks", len(facts.weekly)))  # fmt: skip
    return _claim(Check.CRIMES, kind, facts, *stated)


def check_unfit(facts: ReleaseFacts) -> Claim:
    """Check the share of records refused, or with a fault that keeps them out of a rate (rules 8).

    Judged by the records that came from the first day of the period until the poll that covers K: refused and not
    corrected by then, without a victim beyond the usual share of such crimes, or with an obligation set aside (rules
    6.1a). Fewer than 50 records tell nothing, and fewer than 10 that are unfit hold nothing back.
    """
    if facts.records < ENOUGH_RECORDS:
        return _not_yet(Check.UNFIT, facts, f"fewer than {ENOUGH_RECORDS} records came since the {facts.kind} began")
    beyond_usual = max(0, facts.no_victim - facts.no_victim_usual)
    is_fit = facts.unfit < ENOUGH_UNFIT or facts.unfit * 100 < facts.unfit_limit * facts.records
    stated = (
        Stated("unfit", facts.unfit), Stated("records", facts.records), Stated("limit", facts.unfit_limit),
        Stated("refused", facts.refused), Stated("no_victim", beyond_usual), Stated("set_aside", facts.set_aside),
        Stated("fewest", ENOUGH_UNFIT),
    )  # fmt: skip
    return _claim(Check.UNFIT, ClaimKind.RECORDS_FIT if is_fit else ClaimKind.RECORDS_UNFIT, facts, *stated)


def check_sums(facts: ReleaseFacts) -> Claim:
    """Check that subtotals add up to their totals, in the board's figures: divisions, areas, days overdue, outcomes."""
    if not facts.unequal:
        return _claim(Check.SUMS, ClaimKind.SUMS_AGREE, facts, Stated("sums", facts.sums))
    stated = [Stated(measure, value, group=each.figure) for each in facts.unequal
              for measure, value in (("total", each.total), ("parts", each.parts))]  # fmt: skip
    return _claim(Check.SUMS, ClaimKind.SUMS_DISAGREE, facts, *stated)


def check_divisions(facts: ReleaseFacts) -> Claim:
    """Check that no division has appeared in the records, or vanished from them, without an entry in the map.

    Judged by the crimes reported in the period as known at K, and by those of the weeks before as known for the period
    before, named by the map if there is one: what it has an entry for has not changed. Appeared: 10 crimes or more
    where there was none in 13 weeks. Vanished: none, where the period before had some, and
    the 13 weeks before 10 or more a week.
    """
    if not facts.compared:
        return _not_yet(Check.DIVISIONS, facts, f"the {facts.kind} before is not held in full")
    stated = [Stated("appeared", each.now, group=each.name) for each in facts.divisions
              if each.now >= ENOUGH_CRIMES and not each.earlier + each.before]  # fmt: skip
    stated += [Stated("vanished", each.before, group=each.name) for each in facts.divisions
               if not each.now and each.before and _was_large(each)]  # fmt: skip
    if stated:
        return _claim(Check.DIVISIONS, ClaimKind.DIVISIONS_CHANGED, facts, *stated)
    return _claim(Check.DIVISIONS, ClaimKind.DIVISIONS_AS_BEFORE, facts, Stated("count", len(facts.divisions)))


def _was_large(division: DivisionCrimes) -> bool:
    return division.earlier + division.before >= ENOUGH_CRIMES * WEEKS_OF_DIVISIONS


def check_officers(facts: ReleaseFacts) -> Claim:
    """Check that no division has gained or lost half of its officers in the directory without an entry in the map.

    Judged by the officer directory when the period is first published, against the one of the report before; a division
    that appears or vanishes there has gained or lost all. Fewer than 10 officers before and now tell nothing.
    """
    if facts.staff.as_of is None:
        return _not_yet(Check.OFFICERS, facts, "no officer directory has been read")
    if facts.staff_before is None or facts.staff_before.as_of is None:
        return _not_yet(Check.OFFICERS, facts, "no earlier report holds the officers of the directory to compare with")
    before = {each.name: each.count for each in facts.staff_before.divisions}
    now = {each.name: each.count for each in facts.staff.divisions}
    stated: list[Stated] = []
    for name in sorted({*before, *now} - {*facts.entered}):
        had, has = before.get(name, 0), now.get(name, 0)
        if max(had, has) >= ENOUGH_OFFICERS and 2 * abs(has - had) >= had:
            stated += [Stated("had", had, group=name), Stated("has", has, group=name)]
    words = instant(facts.staff.as_of)
    if stated:
        return _claim(Check.OFFICERS, ClaimKind.OFFICERS_CHANGED, facts, *stated, words=words)
    return _claim(Check.OFFICERS, ClaimKind.OFFICERS_AS_BEFORE, facts, Stated("count", len(now)), words=words)


def check_policy(facts: ReleaseFacts) -> Claim:
    """Check that the policy can be used and that its worked examples hold, when the period is published."""
    if facts.failing:
        stated = (Stated("failing", len(facts.failing)), Stated("examples", facts.examples))
        return _claim(Check.POLICY, ClaimKind.POLICY_FAILS, facts, *stated, words=facts.failing[0])
    return _claim(Check.POLICY, ClaimKind.POLICY_HOLDS, facts, Stated("examples", facts.examples), words=facts.policy)


_CHECKS: Final[dict[Check, Callable[[ReleaseFacts], Claim]]] = {
    Check.READ: check_read, Check.REPEATED: check_repeated, Check.CRIMES: check_crimes, Check.UNFIT: check_unfit,
    Check.SUMS: check_sums, Check.DIVISIONS: check_divisions, Check.OFFICERS: check_officers,
    Check.POLICY: check_policy,
}  # fmt: skip
