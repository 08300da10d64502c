"""The cases of reminders, and of what became of published figures."""

from itertools import chain, pairwise
from typing import Any, Final, NamedTuple

import numpy as np

from compliance.errors import SettingsError, nearest
from compliance.policy.calendars import Ints, from_day
from compliance.policy.verdicts import MET, STATES, Verdicts
from compliance.reports.rates import due_in
from compliance.reports.reminding import DAY, Mailed, Waits, after_last_mail, name_step
from compliance.reports.restatement import CAUSES, PUBLISHED, Earlier, Restatement, counts
from compliance.reports.tracing.case import COUNT, Case, Traced, first_of_each, instants, obligations
from compliance.reports.tracing.edition import Edition
from compliance.store.notice_kinds import LadderStep

NO_MAILS: Final = "these records say nothing of mails: only the running service knows what it sent"
NOW: Final = "now"
_TOLD: Final = {"24": DAY, "72": 3 * DAY}


def reminders(edition: Edition, _kind: str, key: str, group: str) -> Traced | str:
    """What was told in the period: each obligation as often as it was; or of one step of the ladder what was recorded
    afterwards, within 24 or 72 hours."""
    if edition.mailed is None:
        return NO_MAILS
    mailed = edition.mailed(edition.headline, edition.period)
    if not key:
        return _every_mail(edition, mailed, Waits(edition.headline, mailed.told, edition.division))
    hours, _, before = group.partition("-")
    steps = {name_step(step)[0]: step for step in LadderStep}
    if key not in steps or hours not in _TOLD or before not in ("", "before"):
        groups = [f"{name}/{hours}{tail}" for name in steps for hours in _TOLD for tail in ("", "-before")]
        raise SettingsError(f"no reminder {f'{key}/{group}'!r}{nearest(f'{key}/{group}', groups)}")
    waits = Waits(edition.headline, mailed.untold if before else mailed.told, edition.division)
    which = np.flatnonzero(waits.step == steps[key])
    within = waits.wait[which] <= _TOLD[hours]
    cases = _told(edition, waits.row[which], waits.at[which], None if before else mailed.mail[waits.place[which]])
    return Traced(cases, {COUNT: within, "earlier": within & waits.earlier[which]})


def after_reminder(edition: Edition) -> Traced | str:
    """What was discharged within a week after the last mail that told of it."""
    if edition.mailed is None:
        return NO_MAILS
    row, at, within = after_last_mail(
        edition.headline, edition.mailed(edition.headline, edition.period), edition.division
    )
    return Traced(_told(edition, row, at), {COUNT: within})


def _every_mail(edition: Edition, mailed: Mailed, waits: Waits) -> Traced:
    mail = mailed.mail[waits.place]
    return Traced(
        _told(edition, waits.row, waits.at, mail),
        {
            "obligations": first_of_each(waits.row), "mails": first_of_each(mail),
            "recipients": first_of_each(mailed.recipient[waits.place]), "repeats": waits.step == LadderStep.AGAIN,
        },
    )  # fmt: skip


def _told(edition: Edition, row: Ints, at: Ints, mail: Ints | None = None) -> tuple[Case, ...]:
    more: dict[str, Any] = {"told_at": instants(at, edition.policy.local)}
    if mail is not None:
        more["mail"] = mail.tolist()
    return obligations(edition.headline, row, **more)


_Key = tuple[str, str, int]


class _Due(NamedTuple):
    """An obligation that counts in a period."""

    due: int
    state: str
    met: bool


def restated(edition: Edition, _kind: str, requirement: str, group: str) -> Traced | str:
    """The obligations of an earlier figure as it was published or as known now; or what one cause put into it and took
    out of it (statistics section 5). `group`: WEEK/STEP, or WEEK/DIVISION/STEP."""
    period, _, rest = group.partition("/")
    division, _, step = rest.rpartition("/")
    earlier = {str(known.span): known for known in edition.earlier}
    if period not in earlier:
        raise SettingsError(f"{edition.period.kind} {period!r} is not restated{nearest(period, earlier)}")
    known, unit = earlier[period], division or edition.division
    if step not in (names := (PUBLISHED, *CAUSES, NOW)):
        raise SettingsError(f"no step {step!r} of a restatement{nearest(step, names)}")
    if (requirement, None) not in known.rates:
        ids = [name for name, _ in known.rates]
        raise SettingsError(f"{period} was published without a requirement {requirement!r}{nearest(requirement, ids)}")
    stages = Restatement(edition.headline).stages(known, edition.judged(known.span))
    first = next(stages)
    if step in (PUBLISHED, "retention") and (gone := _gone(known, first[1], requirement, unit)):
        return gone
    if step in (PUBLISHED, NOW):
        verdicts = first[1] if step == PUBLISHED else edition.headline
        row = _rows(verdicts, known, requirement, unit)
        return Traced(obligations(verdicts, row), {COUNT: verdicts.state[row] == MET})
    before, after = next((one[1], other[1]) for one, other in pairwise(chain([first], stages)) if other[0] == step)
    one, other = (_due(verdicts, known, requirement, unit) for verdicts in (before, after))
    return _changed(one, other, requirement)


def _gone(known: Earlier, start: Verdicts, requirement: str, unit: str | None) -> str | None:
    """Why what was published can no longer be found, None where it can."""
    found, published = (each.get((requirement, unit), (0, 0)) for each in (counts(start, known.span), known.rates))
    if found == published:
        return None
    return (
        f"of the {published[1]:,} obligations published for {known.span}, {published[0]:,} met, {found[1]:,} are found "
        f"in the records as they were then, {found[0]:,} met: the others have left them, and their crime numbers were "
        "not kept (statistics 5)"
    )


def _rows(verdicts: Verdicts, known: Earlier, requirement: str, unit: str | None) -> Ints:
    ids = [each.id for each in verdicts.policy.requirement]
    cohort = due_in(verdicts, *known.span.days, unit)
    row: Ints = cohort.verdict[cohort.requirement == (ids.index(requirement) if requirement in ids else -1)]
    return row


def _due(verdicts: Verdicts, known: Earlier, requirement: str, unit: str | None) -> dict[_Key, _Due]:
    """What counts in an earlier period by crime, victim and cycle."""
    row = _rows(verdicts, known, requirement, unit)
    columns = verdicts.columns
    keys = zip(
        columns.crime_ref.take(verdicts.crime[row]).to_pylist(),
        columns.victims.ref.take(verdicts.victim[row]).to_pylist(),
        verdicts.cycle[row].tolist(),
        strict=True,
    )
    found = zip(verdicts.due_date[row].tolist(), verdicts.state[row].tolist(), strict=True)
    return {key: _Due(due, STATES[state], state == MET) for key, (due, state) in zip(keys, found, strict=True)}


def _changed(before: dict[_Key, _Due], after: dict[_Key, _Due], name: str) -> Traced:
    """What came into a period, left it, or is met in one and not in the other."""
    nothing = _Due(0, "not counted", met=False)
    cases, met = [], []
    for key in sorted(before.keys() | after.keys()):
        one, other = before.get(key, nothing), after.get(key, nothing)
        more, due = other.met - one.met, (key in after) - (key in before)
        if more or due:
            crime, victim, cycle = key
            state = f"{one.state}, then {other.state}"
            cases.append(Case(crime, victim, name, cycle, from_day(other.due or one.due), state, of=due))
            met.append(more)
    return Traced(tuple(cases), {COUNT: np.array(met, dtype=np.int64)})
