"""The sentences of a report outside its tables: the same-day question, closings, restatement, reminders."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from compliance.reports.judging.restatement import CAUSES
from compliance.reports.model.claims import Claim, ClaimKind, Stated
from compliance.reports.model.findings import EntryQuestion, Gap, Pattern, Reminded, Restated
from compliance.reports.model.proportions import Proportion
from compliance.reports.model.report_model import Figures, Intake, RequirementFigures, SameDay
from compliance.reports.model.words import (
    WITHHELD,
    count_of,
    heading,
    instant,
    interval,
    number,
    percent,
    points_text,
    span,
    subtract_shown,
)
from compliance.reports.periods.periods import parse_period

SHOWN: Final = 15
"""The number of offence groups shown; the others are in the XLSX, CSV and JSON forms."""
LIVE_ONLY: Final = (
    "With live contact only, a further contact can fall due on other days and in other cases: where fewer updates "
    "count, the next one is owed sooner or a silence goes on counting (rules 4.4, 4.5)."
)


def same_obligations(asked: SameDay) -> str:
    """Describe the obligations of the three readings."""
    of = asked.policy.of
    return "The same obligation" if of == 1 else f"The same {count_of(of, 'obligation')}"


def only_same_day(asked: SameDay) -> str:
    """Return how many victims had only a same-day update, as the start of a sentence."""
    return "No victim" if asked.only_same_day == 0 else heading(count_of(asked.only_same_day, "victim"))


def same_day_in_words(asked: SameDay) -> str:
    """Describe who had only a same-day update, and what the original system dropped (statistics section 4)."""
    only = f"{only_same_day(asked)} had an update on the day of the report and no other in time"
    if asked.only_same_day and asked.updated_later is not None:
        were = "was" if asked.updated_later == 1 else "were"
        only += f"; {number(asked.updated_later)} of them {were} updated after the due date"
    if asked.policy.withheld or asked.original.withheld:
        return f"{only}."
    dropped = asked.policy.count - asked.original.count
    met = count_of(dropped, "obligation was", "obligations were") if dropped else "No obligation was"
    return f"{only}. {met} met by an update on the day of recording alone, which the original system dropped."


def offences(figures: Figures) -> tuple[list[RequirementFigures], list[tuple[str | None, list[Proportion]]]]:
    """Return (the requirements shown by offence group, the groups with their shares), largest group first."""
    named = [requirement for requirement in figures.requirements if requirement.offences and not requirement.event]
    none = Proportion(0, 0, None, None, None, 1.0, withheld=figures.edition == "public")
    shares = [{group.name: group.share for group in requirement.offences} for requirement in named]
    groups = named[0].offences[:SHOWN] if named else ()
    return named, [(group.name, [of.get(group.name, none) for of in shares]) for group in groups]


def offence_weeks(figures: Figures) -> str:
    """Describe the number of weeks over which offence groups are shown."""
    named, _ = offences(figures)
    held = {requirement.trailing_held for requirement in named}
    if len(held) == 1:
        return count_of(held.pop(), "settled week")
    return f"{' and '.join(f'{r.trailing_held} ({r.id})' for r in named)} settled weeks"


def offences_in_words(figures: Figures) -> str:
    """Describe how to read the offence groups."""
    named, groups = offences(figures)
    parts = ["Groups are shown, not tested: they differ in more than the care that was taken."]
    parts += [f"Read the {r.id} rates with the silent victims: {percent(r.week.silent.rate)} in all."
              for r in named if r.week.silent and r.week.silent.of]  # fmt: skip
    every = len(named[0].offences)
    if every > len(groups):
        parts.append(f"The {len(groups)} largest of {every} groups; all are in the XLSX and CSV forms.")
    return " ".join(parts)


def describe_closings(figures: Figures) -> tuple[str, str]:
    """Describe cases closed without a word, and cases closed across a due date (statistics 1.8)."""
    closing, kind = figures.closing, figures.kind
    share = closing.without_a_word
    if share.withheld:
        text = f"The share is {WITHHELD}."
    elif not share.of:
        text = f"No case with a victim to be told was closed in the {kind}."
    else:
        had = f"{number(share.count)} ({percent(share.rate)}, interval {interval(share)})"
        text = (
            f"Of {count_of(share.of, 'victim')} of cases closed in the {kind}, {had} had no update from seven days "
            "before the closing to seven days after it."
        )
    if closing.across_due_date is None:
        return text, f"How many cases were reopened within 28 days is {WITHHELD}."
    across = count_of(closing.across_due_date, "case was", "cases were") if closing.across_due_date else "no case was"
    return text, f"{heading(across)} closed across a due date and reopened within 28 days."


def gap_of(gap: Gap) -> Claim:
    """Return the claim that the crime system was not read to its end for some dates."""
    return Claim(kind=ClaimKind.FEED_GAP, subject="quality.feed-gap", since=gap.first, until=gap.last)


def directory_of(intake: Intake) -> Iterator[Claim]:
    """Yield the claim that the officer directory used to address emails is old.

    It is old if its date is at least a day before the crime system was last read.
    """
    as_of, read_at = intake.directory_as_of, intake.last_complete_poll
    if as_of is not None and read_at is not None and read_at - as_of >= timedelta(days=1):
        yield Claim(kind=ClaimKind.DIRECTORY_OLD, subject="directory", since=as_of.date(), words=instant(as_of))


def describe_expected(question: EntryQuestion) -> str:
    """Describe what chance alone would give, as a count and a share."""
    if question.expected is None or not question.share.of:
        return "–"
    return f"{number(round(question.expected * question.share.of))} ({percent(question.expected)})"


def earlier(figures: Figures) -> list[Restated]:
    """Return the restated figures of the whole that the report covers, newest first."""
    return sorted((r for r in figures.restated if r.unit == figures.unit), key=lambda r: r.period, reverse=True)


def select_changed(figures: Figures) -> list[Restated]:
    """Return those that have changed since they were published."""
    return [each for each in earlier(figures) if each.steps]


def earlier_of(figures: Figures) -> Claim:
    """Return the claim about how many earlier figures are unchanged (statistics section 5)."""
    every, no_longer = earlier(figures), select_changed(figures)
    if not every:
        return Claim(kind=ClaimKind.NONE_EARLIER, subject="restated", period=figures.kind)
    return Claim(
        kind=ClaimKind.RESTATED if no_longer else ClaimKind.STANDS, subject="restated", period=figures.kind,
        since=parse_period(every[-1].period).first, until=parse_period(every[0].period).last,
        stated=(Stated("published", len(every)), Stated("changed", len(no_longer))),
    )  # fmt: skip


def describe_restatement(restated: Restated) -> str:
    """Describe what changed a published figure: each cause, and its effect on the obligations met and due."""
    if not restated.steps:
        return "unchanged"
    parts = [f"{CAUSES[step.cause]}: {_sign(step.met)} met, {_sign(step.due)} due" for step in restated.steps]
    return "; ".join(parts)


def _sign(count: int) -> str:
    return "0" if count == 0 else f"{'+' if count > 0 else '−'}{abs(count):,}"


def format_difference(restated: Restated) -> str:
    """Return the rate as known now minus the rate as published, in points."""
    if not restated.due or not restated.published_due:
        return "–"
    return points_text(subtract_shown(restated.met / restated.due, restated.published_met / restated.published_due))


def pattern_of(pattern: Pattern) -> Claim:
    """Return the claim about which teams show a pattern, or how many where they must not be named."""
    kind = ClaimKind.TEAMS_SHOW_PATTERN if pattern.beyond else ClaimKind.NO_TEAM_SHOWS_PATTERN
    named = [
        Stated(measure, value, group=team.name)
        for team in pattern.teams
        for measure, value in (("count", team.share.count), ("due", team.share.of), ("expected", team.expected))
    ]
    return Claim(kind=kind, subject=f"pattern.{pattern.key}", about=pattern.title, words=pattern.asks,
                 stated=(Stated("beyond", pattern.beyond), Stated("of", pattern.of), *named))  # fmt: skip


NO_CAUSE_SHOWN: Final = (
    "The comparison shows no cause: nobody was left without mails by lot, and what fell due earlier "
    "may differ in officers, workload and season."
)
EFFECT_LIMITS: Final = (
    "What this cannot show: that the mail was the cause. Nobody was left without mails by lot, and what fell due "
    "earlier may differ in officers, workload and season. An update counts here when it was typed in: one given before "
    "the mail and typed in after it is among them, told apart only by its date. And whoever is told again is, by then, "
    "the harder case: the steps are not to be compared with each other."
)


def mails_in_words(sent: Reminded) -> str:
    """Describe how many emails there were, to how many people, about how many obligations."""
    if not sent.mails:
        return "No reminder told of anything that was still owed when it was sent."
    people, owed = count_of(sent.recipients, "person", "people"), count_of(sent.obligations, "obligation")
    again = f" {count_of(sent.repeats, 'time')} a mail told of one again." if sent.repeats else ""
    return (
        f"{count_of(sent.mails, 'mail')} to {people} told of {owed}. One that several steps told of is counted below "
        f"with each.{again}"
    )


def before_in_words(sent: Reminded) -> str:
    """Describe what the emails are compared with."""
    if not any(effect.before_day for effect in sent.steps):
        return "Nothing is held that fell due before the first mail, so there is nothing to compare with."
    first, last = sent.before_first, sent.before_last
    return (
        f"Before: obligations that fell due from {span(first, last)}, before anybody was mailed, reckoned from the "
        "morning on which the same reminder would have come."
    )


def hours(median: float | None) -> str:
    """Return a median wait in hours or days."""
    if median is None:
        return "–"
    return f"{median:.0f} hours" if median < 48 else f"{median / 24:.1f} days"


def describe_earlier_dates(sent: Reminded) -> str:
    """Describe how much of what was recorded after the emails had taken place before them."""
    dated = sum(effect.earlier for effect in sent.steps)
    if not dated:
        return "Nothing of what was recorded within 72 hours of a mail is dated before the day of the mail."
    return (
        f"Of what was recorded within 72 hours of a mail, {count_of(dated, 'contact is', 'contacts are')} dated before "
        "the day of the mail: not made because of it."
    )
