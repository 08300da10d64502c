"""What a report is made from and compared with: the stored records, and what was published before."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from sqlmodel import Session, col, func, select

from compliance.policy import Policy
from compliance.policy.calendars import Calendar, LocalDates, from_day
from compliance.policy.model import parse_policy
from compliance.records import to_micros
from compliance.reports.catalogue.editions import PUBLIC
from compliance.reports.judging.beginning import CannotReportError
from compliance.reports.judging.judged import FormerPolicy, ReportOptions
from compliance.reports.judging.restatement import Earlier
from compliance.reports.judging.sources import KnownRecords
from compliance.reports.model.changes import LastTold
from compliance.reports.model.report_model import Figures
from compliance.reports.organisation import Organisation, organisation_of
from compliance.reports.periods.periods import parse_period
from compliance.reports.periods.spans import Span
from compliance.store import Reader, Store, first_poll, policies_used
from compliance.store.reading.column_pool import take_columns
from compliance.store.tables import Published, Removal

OWED_AFTER: Final = timedelta(days=35)
"""The longest time after a crime is closed at which an obligation can fall due."""
RESTATED: Final = 26
"""The number of earlier periods that are restated."""


class StoredRecords:
    """The records of the service's store, which keeps every version. They are read once, for any instant."""

    name = "the crime records this service holds"

    def __init__(self, store: Store) -> None:
        """Read all crimes as stored now."""
        self._reader = Reader(store)
        self._observed_since = first_poll(store)

    def records_known(self, known_at: datetime) -> KnownRecords:
        """Return the records as at the end of the first complete poll that ended at or after K (decision 0008).

        A crime first seen later was not known, and is left out (statistics 1.2a).
        """
        known = self._reader.records_known(known_at)
        columns = known.columns
        if known.before_observation.any():
            columns = take_columns(columns, np.flatnonzero(~known.before_observation))
        if self._observed_since is None or known_at >= self._observed_since:
            return KnownRecords(columns, seen_until=known.seen_until)
        return KnownRecords(columns, unobserved=int((columns.reported_at <= to_micros(known_at)).sum()))


def read_figures(row: Published) -> Figures | None:
    """Return the figures of a published report, None if they have the format of another version of this program."""
    try:
        return msgspec.convert(row.figures, Figures)
    except msgspec.ValidationError:
        return None


def newest_published(session: Session, period: str, edition: str) -> Published | None:
    """Return the newest version of a published report, None if there is none."""
    asked = select(Published).where(Published.period == period, Published.edition == edition)
    return session.exec(asked.order_by(col(Published.version).desc()).limit(1)).first()


def earlier_periods(store: Store, period: Span) -> list[Earlier]:
    """Return what was published to the board for earlier periods of the same kind (statistics 5).

    Each in its newest version. For a period published again, only what had been published when it was first: the
    figures then stay the same (1.2a).
    """
    board = select(Published).where(Published.edition == "board").order_by(col(Published.version))
    published_at = col(Published.published_at)
    with store.session(reading=True) as session:
        first = session.exec(select(func.min(published_at)).where(Published.period == str(period))).one()
        rows = session.exec(board if first is None else board.where(published_at <= first)).all()
        newest = {row.period: row for row in rows}
        spans = {name: parse_period(name) for name in newest}
        before = sorted(spans.items(), key=lambda each: each[1].first, reverse=True)
        asked = [
            (newest[name], span) for name, span in before if span.kind == period.kind and span.first < period.first
        ]
        found = [(row, span, read_figures(row)) for row, span in asked[:RESTATED]]
        return [_earlier(row, span, figures) for row, span, figures in found if figures is not None]


def published_as(store: Store, period: Span, version: int) -> Earlier | None:
    """Return what a version of the board's report of a period had published; None if it is not held or not readable."""
    asked = select(Published).where(Published.edition == "board", Published.period == str(period))
    with store.session(reading=True) as session:
        row = session.exec(asked.where(Published.version == version)).first()
        figures = None if row is None else read_figures(row)
        return None if row is None or figures is None else _earlier(row, period, figures)


def last_told(store: Store, period: Span) -> dict[str | None, LastTold]:
    """Return what the last report before a period of the same kind told first, by its division (None: the board's).

    For a period published again, what the last one told that had been published when it was first (1.2a).
    """
    inside = select(Published).where(Published.edition != PUBLIC)
    with store.session(reading=True) as session:
        first = session.exec(select(func.min(Published.published_at)).where(Published.period == str(period))).one()
        known = inside if first is None else inside.where(col(Published.published_at) <= first)
        names = session.exec(select(Published.period).distinct()).all()
        earlier = [
            span for name in names if (span := parse_period(name)).kind == period.kind and span.first < period.first
        ]
        for span in sorted(earlier, key=lambda span: span.first, reverse=True):
            rows = session.exec(known.where(Published.period == str(span)).order_by(col(Published.version))).all()
            if rows:
                break
        else:
            return {}
        told = {row.edition: read_figures(row) for row in rows}
    return {each.unit: LastTold(each.period, each.attention.told) for each in told.values() if each is not None}


def add_policy_changes(options: ReportOptions, store: Store, local: LocalDates) -> ReportOptions:
    """Return options with each local date on which the service first judged by another policy, and that policy's title.

    And with the policy before the newest of these, as it was stored with a report, if one was published by it.
    """
    used = pairwise(policies_used(store))
    changes = [(before, now) for before, now in used if before.policy_digest != now.policy_digest]
    if not changes:
        return options
    before, since = changes[-1][0], local.date_of(changes[-1][1].since)
    by_it = select(Published).where(Published.policy_digest == before.policy_digest).limit(1)
    with store.session(reading=True) as session:
        row = session.exec(by_it).first()
        former = None if row is None else FormerPolicy(since, policy_of(row.policy))
    dated = [(local.date_of(now.since), now.title) for _, now in changes]
    return replace(options, policy_changes=dated, former=former)


def check_held(store: Store, period: Span) -> None:
    """Raise CannotReportError if retention has removed crimes behind the period's figures."""
    reach = period.first - OWED_AFTER
    asked = select(Removal.removed_at).where(Removal.action == "remove", Removal.closed_on >= reach).limit(1)
    with store.session(reading=True) as session:
        removed_at = session.exec(asked).first()
    if removed_at is not None:
        raise CannotReportError(
            f"report {period}: it cannot be judged again, because crimes it used were removed on "
            f"{removed_at:%Y-%m-%d} as retention asks; what was published is served with --as-published"
        )


def as_last_published(store: Store, period: str) -> Figures | None:
    """Return the board's figures of a period as last published, None if it was not: what only the service knew then."""
    with store.session(reading=True) as session:
        row = newest_published(session, period, "board")
        return None if row is None else read_figures(row)


def as_published_before(store: Store, period: Span) -> Figures | None:
    """Return the board's figures of the newest earlier period of a kind, as first published; None: there is none."""
    named = select(Published.period).where(Published.edition == "board").distinct()
    first = select(Published).where(Published.edition == "board").order_by(col(Published.version)).limit(1)
    with store.session(reading=True) as session:
        spans = [span for name in session.exec(named) if (span := parse_period(name)).kind == period.kind]
        before = max((span for span in spans if span.first < period.first), key=str, default=None)
        row = None if before is None else session.exec(first.where(Published.period == str(before))).first()
        return None if row is None else read_figures(row)


def policy_content(policy: Policy, organisation: Organisation | None = None) -> dict[str, Any]:
    """Return a policy as stored with the figures.

    Includes the bank holidays if it counts working days, and the map that named the units if there was one.
    """
    content: dict[str, Any] = {
        "file": policy.path.name,
        "policy": policy.model_dump(mode="json", by_alias=True, exclude_unset=True),
    }
    if policy.counts_working_days:
        working = policy.working
        content["bank_holidays"] = {
            "name": working.name, "from": from_day(working.first).isoformat(),
            "until": from_day(working.last).isoformat(), "days": sorted(day.isoformat() for day in working.holidays),
        }  # fmt: skip
    if organisation is not None:
        content["organisation"] = organisation.content
    return content


def policy_of(content: dict[str, Any]) -> Policy:
    """Return a policy from its stored content, with the calendar of that time."""
    data = _without_absent(content["policy"])
    for requirement in data["requirement"]:
        for bound in {"from", "until"} & set(requirement):
            requirement[bound] = date.fromisoformat(requirement[bound])
    policy = parse_policy(data, Path(content["file"]))
    if days_off := content.get("bank_holidays"):
        first, last = date.fromisoformat(days_off["from"]), date.fromisoformat(days_off["until"])
        days = frozenset(date.fromisoformat(day) for day in days_off["days"])
        policy.__dict__["working"] = Calendar(days_off["name"], first, last, days)
    return policy


def _without_absent(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_absent(part) for key, part in value.items() if part is not None}
    return [_without_absent(part) for part in value] if isinstance(value, list) else value


def _earlier(row: Published, span: Span, figures: Figures) -> Earlier:
    rates: dict[tuple[str, str | None], tuple[int, int]] = {}
    for requirement in figures.requirements:
        share = requirement.week.rate.share
        rates[requirement.id, None] = (share.count, share.of)
        named = [division for division in requirement.divisions if division.name is not None]
        rates |= {(requirement.id, d.name): (d.week.share.count, d.week.share.of) for d in named}
    return Earlier(span, row.version, policy_of(row.policy), rates, organisation_of(row.policy.get("organisation")))
