"""The effect of reminders: what was recorded after the emails of the period (docs/report.md)."""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import numpy as np

from compliance.errors import SettingsError, nearest
from compliance.policy.calendars import Ints
from compliance.policy.verdicts import MET
from compliance.reports.catalogue.case import TracedCase, first_of_each, instants, obligations
from compliance.reports.catalogue.counted import COUNT, CountedRows
from compliance.reports.catalogue.disclosure import not_disclosed
from compliance.reports.catalogue.edition import Edition
from compliance.reports.catalogue.figure import Figure
from compliance.reports.catalogue.row import PlacedRow, change_numbers, count_row, share_row
from compliance.reports.examining.reminding import DAY, Mailed, Waits, after_last_mail, name_step
from compliance.reports.examining.trial_effect import TRIED, USUAL, is_settled, list_trial_rows
from compliance.reports.judging.clusters import own_effect
from compliance.reports.judging.rates import owner
from compliance.reports.model.report_model import Figures
from compliance.store.kept.notice_kinds import LadderStep

NO_MAILS: Final = "these records say nothing of mails: only the running service knows what it sent"
AFTER_REMINDER: Final = "after-reminder"
"""The question about what is recorded just after an email."""
_WITHIN: Final = {"24": DAY, "72": 3 * DAY}


def _count(edition: Edition, key: str, group: str | None) -> CountedRows | str:
    """Count what emails of the period listed, each obligation as often as it was listed.

    For one step of the ladder, count instead what was recorded within 24 or 72 hours of the email.
    """
    if edition.mailed is None:
        return NO_MAILS
    mailed = edition.mailed(edition.everything, edition.period)
    if not key:
        return _every_mail(edition, mailed, Waits(edition.everything, mailed.notified, edition.division))
    hours, _, before = (group or "").partition("-")
    steps = {name_step(step)[0]: step for step in LadderStep}
    if key not in steps or hours not in _WITHIN or before not in ("", "before"):
        groups = [f"{name}/{hours}{tail}" for name in steps for hours in _WITHIN for tail in ("", "-before")]
        raise SettingsError(f"no reminder {f'{key}/{group}'!r}{nearest(f'{key}/{group}', groups)}")
    waits = Waits(edition.everything, mailed.comparison if before else mailed.notified, edition.division)
    which = np.flatnonzero(waits.step == steps[key])
    within = waits.wait[which] <= _WITHIN[hours]
    mail = None if before else mailed.mail[waits.place[which]]
    return CountedRows(
        {COUNT: within, "earlier": within & waits.earlier[which]},
        partial(_list_told, edition, waits.row[which], waits.at[which], mail),
        partial(own_effect, within, waits.officer.take(which)),
    )


def count_after_reminder(edition: Edition) -> CountedRows | str:
    """Count what was discharged within a week of the last email that listed it, and within a day."""
    if edition.mailed is None:
        return NO_MAILS
    verdicts = edition.everything
    row, at, within = after_last_mail(verdicts, edition.mailed(verdicts, edition.period), edition.division)
    deff = partial(own_effect, within, owner(verdicts, row, "officer"))
    return CountedRows({COUNT: within}, partial(_list_told, edition, row, at), deff)


def _every_mail(edition: Edition, mailed: Mailed, waits: Waits) -> CountedRows:
    mail = mailed.mail[waits.place]
    counts = {
        "obligations": first_of_each(waits.row), "mails": first_of_each(mail),
        "recipients": first_of_each(mailed.recipient[waits.place]), "repeats": waits.step == LadderStep.AGAIN,
    }  # fmt: skip
    return CountedRows(counts, partial(_list_told, edition, waits.row, waits.at, mail))


def _list_told(edition: Edition, row: Ints, at: Ints, mail: Ints | None = None) -> tuple[TracedCase, ...]:
    more: dict[str, Any] = {"told_at": instants(at, edition.policy.local)}
    if mail is not None:
        more["mail"] = mail.tolist()
    return obligations(edition.everything, row, **more)


def _rows(figures: Figures) -> Iterator[PlacedRow]:
    if (sent := figures.reminders) is None:
        return
    now = figures.period
    yield PlacedRow((), count_row(
        "reminders", "reminders", "mails, who got them, what they told", "all", now, mails=sent.mails,
        recipients=sent.recipients, obligations=sent.obligations, repeats=sent.repeats,
    ))  # fmt: skip
    for effect in sent.steps:
        name = f"reminders.{effect.step}"
        for hours, share, before in (
            (24, effect.day, effect.before_day), (72, effect.three_days, effect.before_three_days),
        ):  # fmt: skip
            what = f"discharged within {hours} hours of the mail"
            medians = {"median_hours": effect.median_hours, "earlier": effect.earlier} if hours == 72 else {}
            row = share_row("reminders", f"{name}/{hours}", what, effect.title, now, share, **medians)
            yield PlacedRow((), row)
            if before:
                period = f"{sent.before_first} to {sent.before_last}"
                medians = {"median_hours": effect.before_median_hours} if hours == 72 else {}
                yield PlacedRow((), share_row(
                    "reminders", f"{name}/{hours}-before", f"{what}, had there been one", effect.title, period, before,
                    **medians,
                ))  # fmt: skip


def _count_trial(edition: Edition, key: str, group: str | None) -> CountedRows | str:
    """Count what fell due in a settled trial, of the teams that tried it or of the others, and what was met."""
    if key not in (TRIED, USUAL) or group:
        raise SettingsError(f"no trial {key!r}: expected {TRIED} or {USUAL}")
    trial = None if edition.mailed is None else edition.mailed(edition.everything, edition.period).trial
    if trial is None or not is_settled(edition.everything, trial):
        return "no trial of reminders has a result in this period"
    found = list_trial_rows(edition.everything, trial)
    which = np.flatnonzero(found.tried if key == TRIED else ~found.tried)
    met = edition.everything.state[found.row[which]] == MET
    team = found.team.take(which)
    counts = {COUNT: met, "teams": first_of_each(team.codes)}
    return CountedRows(
        counts, partial(obligations, edition.everything, found.row[which]), partial(own_effect, met, team)
    )


def _trial_rows(figures: Figures) -> Iterator[PlacedRow]:
    trial = figures.reminders and figures.reminders.trial
    if not trial or trial.tried is None or trial.usual is None:
        return
    period = f"{trial.first} to {trial.last}"
    for key, title, share, teams in (
        (TRIED, f"{trial.setting} = {trial.tried_value}", trial.tried, trial.tried_teams),
        (USUAL, f"{trial.setting} = {trial.usual_value}", trial.usual, trial.usual_teams),
    ):
        more = change_numbers(trial.change) if key == TRIED else {}
        row = share_row("reminders", f"trial.{key}", "in time in a trial", title, period, share, teams=teams, **more)
        yield PlacedRow((), row)


TRIAL: Final = Figure(
    name="trial", key="GROUP", group="", title="Trial of reminders",
    meaning="Of what fell due in a trial after its first week, the share that was updated in time, in the teams that "
            "tried something and in the others; with an interval that allows for clustering by team.",
    clause="trials.md",
    cases="the obligations due in the trial",
    measures={COUNT: "updated in time", "teams": "teams with anything due"},
    count=_count_trial, rows=_trial_rows,
    disclosure=not_disclosed("what looks at single mails and entries stays inside the force"),
)  # fmt: skip
REMINDERS: Final = Figure(
    name="reminders", key="[STEP]", group="[HOURS]", title="Reminders",
    meaning="The obligations that mails of the {kind} told of; and of those of one step of the ladder that were still "
            "outstanding when the mail was taken, the share recorded as discharged within 24 or 72 hours.",
    clause="report.md, Do reminders work?",
    cases="every telling of an obligation; with STEP/HOURS the obligations told of",
    measures={
        "obligations": "each obligation once", "mails": "each mail once", "recipients": "each recipient once",
        "repeats": "told again", COUNT: "typed in within so many hours",
        "earlier": "of these, dated before the day of the mail",
    },
    count=_count, rows=_rows,
    disclosure=not_disclosed("what looks at single mails and entries stays inside the force"),
)  # fmt: skip
