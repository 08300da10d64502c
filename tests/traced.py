"""A report with everything that can be traced: records that changed, a changed policy, mails, and two editions."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random

import numpy as np

from compliance.policy import Policy, judge, load_policy
from compliance.policy.verdicts import LATE, OVERDUE, YES, Verdicts
from compliance.records import Columns, columns, convert_crime
from compliance.reminders.effect import MailedDigests, NotifiedObligations
from compliance.reports.examining.reminding import HOUR
from compliance.reports.figures import figures_of
from compliance.reports.judging.judged import ReportOptions, judge_periods
from compliance.reports.judging.restatement import Earlier, counts
from compliance.reports.judging.sources import KnownRecords
from compliance.reports.model.report_model import Figures
from compliance.reports.periods.periods import parse_period
from compliance.reports.periods.spans import Span
from compliance.reports.tracing import Edition
from compliance.store.kept.notice_kinds import LadderStep
from compliance.store.kept.trials import RegisteredTrial
from tests.histories import BEGUN, histories

SETTLED = datetime(2026, 11, 16, tzinfo=UTC)
CHANGED = SETTLED - timedelta(days=6)
"""When the records became what they are now: after the week before was settled."""


TRIAL = RegisteredTrial(
    "the week's plan", "plan_weekday", "never", "mon", 0.5, "a seed", datetime(2026, 7, 30, tzinfo=UTC), date(2026, 8, 3),
    date(2026, 10, 25),
)  # fmt: skip
"""A trial that was over two weeks before the last of the weeks."""


class Changed:
    """Records as a service holds them that watched them change."""

    name = "histories"

    def __init__(self, then: Columns, now: Columns) -> None:
        self._then, self._now = then, now

    def records_known(self, known_at: datetime) -> KnownRecords:
        return KnownRecords(self._then if known_at < CHANGED else self._now, seen_until=known_at)


@cache
def source() -> Changed:
    """Crimes some of whose facts were put right, some of which vanished and some of which came later."""
    rng = Random(3)
    one = list(histories(52, 900, as_at=SETTLED))
    two = list(histories(53, 900, as_at=SETTLED))
    then, now = [], []
    for number, (a, b) in enumerate(zip(one, two, strict=True)):
        ref = {"crime_ref": f"22A/{number:04}/26"}
        mixed = {**a, **{key: b[key] for key in b if rng.random() < 0.1}}
        fate = rng.random()
        then += [] if fate < 0.05 else [a | ref]
        now += [] if fate > 0.95 else [mixed | ref]
    return Changed(*(columns([convert_crime(record) for record in some]) for some in (then, now)))


@cache
def policy(same_day: str | None = None) -> Policy:
    found = load_policy("west-mercia")
    if same_day is None:
        return found
    data = [requirement.model_dump(by_alias=True, exclude_unset=True) for requirement in found.requirement]
    data[0]["same_day"] = same_day
    return found.with_values(requirement=data)


@cache
def earlier(period: Span) -> tuple[Earlier, ...]:
    """Three periods as published; one by another policy, and one of which some records have left the store since."""
    found = []
    for back, used in ((1, policy()), (2, policy("counts")), (3, policy())):
        span = period.plus(-back)
        instant = span.settling_instant(used.local)
        published = counts(judge(source().records_known(instant).columns, used, instant, instant), span)
        if back == 3:
            published = {key: (met + 1, due + 2) for key, (met, due) in published.items()}
        found.append(Earlier(span, 1, used, published))
    return tuple(found)


def mailed(verdicts: Verdicts, period: Span) -> MailedDigests:
    """Mails about what was late, overdue or met by an update typed in late; some hours or days before it was."""
    rng = np.random.default_rng(5)
    row = np.flatnonzero(np.isin(verdicts.state, (LATE, OVERDUE)) | (verdicts.entered_after_due == YES))
    done = verdicts.update[row] >= 0
    day = verdicts.due_date[row].astype(np.int64) * 24 * HOUR
    entered = np.where(done, verdicts.columns.updates.entered_at[verdicts.update[row]], day + 90 * HOUR)

    def told() -> NotifiedObligations:
        return NotifiedObligations(
            row, rng.choice(np.array(list(LadderStep)), len(row)), entered - rng.integers(1, 90, len(row)) * HOUR
        )

    mail = rng.integers(1, 80, len(row))
    first, last = period.first - timedelta(days=99), period.first - timedelta(days=9)
    people = np.array([f"O{number % 30}" for number in mail])
    return MailedDigests(told(), mail, people, told(), first, last, TRIAL)


@cache
def edition(period: str, division: str | None) -> Edition:
    span = parse_period(period)
    return Edition(source(), policy(), span, ReportOptions(records_begin=BEGUN), division, earlier(span), mailed)


@cache
def figures(period: str, division: str | None) -> Figures:
    span = parse_period(period)
    judged = judge_periods(
        source(), policy(), span, SETTLED + timedelta(days=9), ReportOptions(records_begin=BEGUN), earlier(span)
    )
    return figures_of(judged, force="A force", mailed=mailed(judged.verdicts, span), division=division)
