"""The summary: one line for each figure, then what to look at first."""

from collections.abc import Iterator
from datetime import date
from itertools import chain

from compliance.reports.catalogue.editions import PUBLIC
from compliance.reports.catalogue.unit_levels import DIVISIONS, find_level
from compliance.reports.figure_rows import cases_command
from compliance.reports.judging.beginning import STOCKS
from compliance.reports.model.claims import Claim, ClaimKind, FirstClaim, SpecialCause, Stated
from compliance.reports.model.proportions import Proportion
from compliance.reports.model.release_facts import Gate
from compliance.reports.model.report_model import Figures, Period, RequirementFigures
from compliance.reports.model.words import (
    NOT_AVAILABLE,
    count_of,
    day,
    heading,
    interval,
    number,
    percent,
    span,
    units,
)
from compliance.reports.periods.periods import parse_period
from compliance.reports.periods.spans import Kind
from compliance.reports.pieces.parts import (
    Heading,
    Items,
    Note,
    Part,
    Run,
    Section,
    Statement,
    code,
    note,
    statement,
    text_of,
)
from compliance.reports.sections.victims_say import TITLE, state_satisfaction
from compliance.reports.wording.attention import silence_of, things_to_look_at
from compliance.reports.wording.changed_policy import changed_policy_of
from compliance.reports.wording.maturity import not_yet_told
from compliance.reports.wording.passages import only_same_day
from compliance.reports.wording.rate_claims import (
    changes_of,
    list_in_force,
    nothing_due,
    rests_on,
    rests_on_of,
    unit_compared,
    units_compared,
    withheld,
)
from compliance.reports.wording.sentences import causes_together, sentence
from compliance.reports.wording.shared_causes import shared_causes
from compliance.reports.wording.telling import causes_of, target_of, title_of
from compliance.text import join_words


def summary(figures: Figures) -> Section:
    """Return the summary section."""
    first = tuple(look_first(figures))
    headed = (Heading("first", "To look at first"), *first) if first else ()
    return Section("summary", "Summary", (Items(tuple(summary_lines(figures)), "terms"), *headed, _about(figures)))


def _about(figures: Figures) -> Statement:
    """Say whether the data are fit, when the next report comes, and who answers questions."""
    claims = [] if figures.gate is None else [_fitness_of(figures.gate, figures.kind)]
    period, judged = parse_period(figures.period), figures.basis.today
    following = period.plus(1)
    due, next_one = following.last + (judged - period.last), span(following.first, following.last)
    text: list[Run | str] = [] if not claims else [Run("Data. ", "strong"), f"{sentence(claims[0])} "]
    stands = f"This one is as at {day(judged)}."
    text += [Run("Next report", "strong"), f" on {day(due)} or after, about {next_one}. {stands}"]
    if figures.basis.questions_to:
        text += [Run(" Questions to", "strong"), f" {figures.basis.questions_to}."]
    return Statement(text_of(*text), claims=tuple(claims))


def _fitness_of(gate: Gate, kind: Kind) -> Claim:
    """Return whether the data were found fit before the report was released (statistics 7)."""
    if not gate.faults:
        return Claim(kind=ClaimKind.DATA_FIT, subject="gate", period=kind)
    checks = gate.checks_at_fault
    return Claim(kind=ClaimKind.DATA_UNFIT, subject="gate", period=kind, words=join_words(checks),
                 stated=(Stated("checks", len(checks)),))  # fmt: skip


def look_first(figures: Figures) -> Iterator[Part]:
    """Yield what to look at first, what cannot be told yet, and the silent victims (statistics 6)."""
    things, young = tuple(things_to_look_at(figures)), list(not_yet_told(figures))
    if things:
        yield Items(things, "numbered")
    elif not young and figures.edition != PUBLIC:
        yield state_claim(Claim(kind=ClaimKind.NOTHING_STANDS_OUT, subject="summary", period=figures.kind))
    for claim in young if figures.edition != PUBLIC else ():
        yield state_claim(claim)
    for claim in silence_of(figures):
        yield state_claim(claim, "Silent victims")
    if any(claim.missed for thing in things for claim in thing.claims if isinstance(claim, FirstClaim)):
        yield note(
            "Updates missed: how many more would have been given since, over at most 13 settled weeks, at the rate "
            "before or of the rest. One owed to an enhanced victim counts twice."
        )
        command = code(f"{cases_command(figures.period, figures.unit)} FIGURE")
        yield Note(text_of("The cases of a figure: ", command, "."), of_trace=True)


def state_claim(claim: Claim, about: str = "") -> Statement:
    """Return a claim as a statement."""
    return statement(sentence(claim), about=about, claims=[claim])


def summary_lines(figures: Figures) -> list[Statement]:
    """Return the lines of the summary, in reading order."""
    reported = [requirement for requirement in figures.requirements if not requirement.event]
    lines = [state_claim(claim, "Changed policy") for claim in changed_policy_of(figures)]
    if not any(r.week.rate.share.of or r.week.rate.share.withheld for r in figures.requirements):
        earliest = min(figures.requirements, key=lambda requirement: requirement.due_from or date.min)
        none = state_claim(nothing_due(earliest, figures), "No rate")
        return [*lines, none, _overdue(figures), *state_satisfaction(figures, TITLE)]
    under_way = {cause for requirement in reported for cause in _under_way(requirement)}
    together = [causes for causes in shared_causes(figures) if under_way & set(causes)]
    told = frozenset(chain.from_iterable(together))
    for requirement in reported:
        lines.append(_rate(requirement, figures, told))
        if requirement.week.silent:
            lines.append(_silent(requirement.week.silent, figures))
    lines += [statement(*causes_together(causes), about="Several rates", claims=causes) for causes in together]
    unit, _ = units(figures)
    compared = [*_in_force(figures), *_compared(figures, f"{heading(unit)}s")]
    said = state_satisfaction(figures, TITLE)
    return [*lines, *_same_day(figures), _overdue(figures), *compared, *said, *_provisional(figures, reported)]


def _compared(figures: Figures, about: str) -> Iterator[Statement]:
    """Yield which units differ, and which difference would be none without one other unit (statistics 1.5)."""
    level = find_level(figures)
    resting = [each for requirement in figures.requirements for each in rests_on(requirement, level)]
    for claim in units_compared(figures):
        claims = [claim, *(resting if claim.kind == ClaimKind.DIFFERS else ())]
        yield statement(" ".join(map(sentence, claims)), about=about, claims=claims)


def _in_force(figures: Figures) -> Iterator[Statement]:
    """Yield, in a division's edition, how it compares with the rest of the force."""
    for requirement, own in list_in_force(figures):
        claims = [unit_compared(requirement, own, figures, DIVISIONS), *rests_on_of(requirement, own, DIVISIONS)]
        here, there = (percent(each.share.rate) for each in (own.trailing, own.rest) if each)
        rates = f"{heading(requirement.id)}: {here} here, {there} there."
        yield statement(" ".join([*map(sentence, claims), rates]), about="In the force", claims=claims)


def _rate(requirement: RequirementFigures, figures: Figures, told: frozenset[SpecialCause]) -> Statement:
    """Return the line of a rate. `told`: the special causes that have a line with those of other rates (2.2c)."""
    share, kind, about = requirement.week.rate.share, figures.kind, f"{heading(requirement.id)} rate"
    if share.withheld:
        return state_claim(withheld(f"rate.{requirement.id}", "The rate"), about)
    if share.of == 0:
        return state_claim(nothing_due(requirement, figures), about)
    due = count_of(share.of, "update")
    if share.few:
        were = "was" if share.of == 1 else "were"
        return statement(
            f"{due} {were} due in the {kind}, {share.count} given in time: too few for a rate to mean much.",
            about=about,
        )
    start = (
        f"{number(share.count)} of the {due} due in the {kind} {'was' if share.count == 1 else 'were'} given in time"
    )
    if share.count == share.of:
        start = f"all {due} due in the {kind} were given in time"
    elif share.count == 0:
        start = f"none of the {due} due in the {kind} was given in time"
    moved = [*changes_of(requirement, figures), *target_of(requirement)]
    under_way = [cause for cause in _under_way(requirement) if cause not in told]
    text = f"{percent(share.rate)}: {start} (95% interval {interval(share)})."
    whole = title_of(requirement)
    since = [f"{'' if c.title == whole else f'{heading(c.title)}, '}{sentence(c)}" for c in under_way]
    return statement(" ".join([text, *map(sentence, moved), *since]), about=about, claims=[*moved, *under_way])


def _under_way(requirement: RequirementFigures) -> Iterator[SpecialCause]:
    """Yield where a rate is heading since when: the special cause of each chart that reaches the newest week."""
    newest = requirement.trend.weeks[-1:]
    yield from (cause for cause in causes_of(requirement) if (cause.weeks[1],) == newest)


def _silent(share: Proportion, figures: Figures) -> Statement:
    about = "Silent victims"
    if share.withheld:
        return state_claim(withheld("silent", "The share"), about)
    begun = figures.basis.records_begin
    if share.of == 0 and begun is not None and figures.last < begun + STOCKS:
        return state_claim(Claim(kind=ClaimKind.NONE_OPEN_YET, subject="silent", since=begun), about)
    return statement(_silent_in_words(share), about=about)


def _silent_in_words(share: Proportion) -> str:
    of, long = count_of(share.of, "victim"), "open for more than 28 days"
    if share.of == 0:
        return f"No victim's case had been {long}."
    if share.of == 1:
        return f"The only victim of a case {long} had {'no' if share.count else 'an'} update in the last 28 days."
    if share.count == share.of:
        text = f"none of the {of} of cases {long} had an update in the last 28 days"
    elif share.count == 0:
        text = f"each of the {of} of cases {long} had an update in the last 28 days"
    else:
        text = f"{number(share.count)} of the {of} of cases {long} had no update in the last 28 days"
    return f"{heading(text)}: too few for a share to mean much." if share.few else f"{percent(share.rate)}: {text}."


def _same_day(figures: Figures) -> Iterator[Statement]:
    asked = figures.same_day
    if asked is None or asked.policy.few or asked.counting.withheld or asked.original.withheld:
        return
    yield statement(
        f"Had an update on the day of the report counted, the {asked.requirement} rate would be "
        f"{percent(asked.counting.rate)}; as the original system counted, {percent(asked.original.rate)}. "
        f"{only_same_day(asked)} had an update on the day of the report and no other in time.",
        about="Same day",
    )


def _overdue(figures: Figures) -> Statement:
    about, today = "Overdue", day(figures.basis.today)
    counts = [requirement.overdue.count for requirement in figures.requirements]
    total = sum(count or 0 for count in counts)
    if None in counts:
        return state_claim(withheld("overdue", f"How many updates were overdue on {today}"), about)
    if total == 0:
        return statement(f"No update was overdue on {today}.", about=about)
    long = sum(b.count or 0 for requirement in figures.requirements for b in requirement.overdue.bands if b.first > 28)
    if total == 1:
        return statement(f"1 update was overdue on {today}{', for more than 28 days' if long else ''}.", about=about)
    of_them = f" updates were overdue on {today}, {number(long) if long else 'none'} of them for more than 28 days."
    return statement(f"{number(total)}{of_them}", about=about)


def _provisional(figures: Figures, reported: list[RequirementFigures]) -> Iterator[Statement]:
    standing = [(requirement.id, requirement.provisional) for requirement in reported if requirement.provisional]
    if figures.provisional is None or not any(period.rate.share.of for _, period in standing):
        return
    ended = parse_period(figures.provisional)
    parts = [_stands(name, period) for name, period in standing]
    yield statement(
        f"{span(ended.first, ended.last)}: {', '.join(parts)}. Provisional: updates are still being typed in.",
        about="Week just ended",
    )


def _stands(name: str, period: Period) -> str:
    share = period.rate.share
    text = f"{number(share.count)} of {number(share.of)}" if share.few else percent(share.rate)
    text = NOT_AVAILABLE if share.of == 0 else text
    silent = f" (silent victims {percent(period.silent.rate)})" if period.silent else ""
    return f"{name} {text}{silent}"
