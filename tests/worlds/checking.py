"""A plain checker: whether a claim of a report is so, by what was planted and the claim alone.

A kind of claim that it does not know is an error, so that no kind goes unjudged.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Final

from tests.worlds.catalogue import FALL, GAP, PATTERN, POLICY
from tests.worlds.force import Ints, day_of
from tests.worlds.playing import PLANNED, PlayedWorld, Told
from tests.worlds.viewing import BETTER, PARTS_OF, SERIES_OF, Said, View, week_of

IN_ORDER: Final = (
    "read to its end after it was settled", "not the figures of the one before", "as many crimes as usual",
    "records fit for a rate", "sums agree with their totals", "about as many officers as before",
    "the policy and its examples hold", "cannot be checked yet", "reports are published again",
)  # fmt: skip
"""What a check before the release found in order, or could not look at."""
AT_FAULT: Final = (
    "not read to its end since it was settled", "the figures of the one before", "far fewer or more crimes than usual",
    "too many records unfit for a rate", "sums differ from their totals", "officers changed by half",
    "the policy or its examples fail", "reports are suspended",
)  # fmt: skip


def judge(world: PlayedWorld, told: Told) -> list[Said]:
    """Return what a claim says, each with whether it is so. Raises KeyError for a kind that is not known."""
    return list(JUDGES[told.claim.kind.value](View(world, told)))


def _direction(better: bool) -> str:
    return BETTER if better else FALL


def _cause(view: View) -> Iterator[Said]:
    """A special cause: what was usual has changed, since then or up to some weeks later."""
    claim = view.claim
    assert claim.since is not None
    assert claim.until is not None
    better, unit = claim.kind.value == "improved", claim.about or view.told.edition
    weeks = week_of(claim.since), week_of(claim.until)
    yield Said(_direction(better), unit, view.has_moved(unit, *weeks, view.series, 1 if better else -1))


def _event(view: View) -> Iterator[Said]:
    """Units, or the whole, that are worse than before in one series or several, since a date."""
    claim = view.claim
    for each in claim.of_measure("now"):
        since = getattr(each, "since", None) or claim.since
        assert since is not None
        series = PARTS_OF.get(getattr(each, "part", ""), SERIES_OF[each.requirement])
        unit = each.group or view.told.edition
        yield Said(FALL, unit, view.has_moved(unit, week_of(since), view.told.week, series, -1))


def _better(view: View) -> Iterator[Said]:
    """A unit that is better than before in one series, since a date."""
    for each in view.claim.of_measure("now"):
        assert view.claim.since is not None
        series = PARTS_OF.get(each.part, SERIES_OF[each.requirement])
        weeks = week_of(view.claim.since), view.told.week
        yield Said(BETTER, each.group, view.has_moved(each.group, *weeks, series, 1))


def _changed(view: View) -> Iterator[Said]:
    """A difference from another period, or of a unit from the rest."""
    claim, week = view.claim, view.told.week
    way = 1 if claim.value("difference") > 0 else -1
    if claim.about:
        yield _beside(view, claim.about, view.series, way)
        return
    back = 52 if "last year" in claim.against else 1
    unit = view.told.edition
    yield Said(_direction(way > 0), unit, view.world.truth.between(unit, [week], [week - back], view.series) == way)


def _beside(view: View, unit: str, series: tuple[int, ...], way: int) -> Said:
    return Said(
        _direction(way > 0), unit, view.world.truth.beside(unit, view.told.edition, view.trailing, series) == way
    )


def _differs(view: View) -> Iterator[Said]:
    for each in view.claim.of_measure("difference"):
        unit = each.group or view.claim.about
        yield _beside(view, unit, SERIES_OF[each.requirement], 1 if (each.value or 0) > 0 else -1)


def _below(view: View) -> Iterator[Said]:
    """A unit below the rest, in the requirements that it states."""
    yield from _differs(view)
    for each in view.claim.of_measure("rest"):
        yield _beside(view, each.group, SERIES_OF[each.requirement], -1)


def _beyond_limits(view: View) -> Iterator[Said]:
    """Beyond the 99.8 % limits: unlikely to be chance. Beyond the 95 % limits only a question is asked."""
    for each in view.claim.of_measure("beyond"):
        if each.value == 998:
            way = view.world.truth.beside(each.group, view.told.edition, view.trailing, SERIES_OF[each.requirement])
            yield Said(_direction(way > 0), each.group, way != 0)


def _pattern(view: View) -> Iterator[Said]:
    """A pattern of the entries, of the teams it names or of any."""
    named = {each.group for each in view.claim.stated if each.group}
    for unit in named or {view.told.edition}:
        yield Said(PATTERN, unit, view.shows(unit))


def _on_duplicates(view: View) -> Iterator[Said]:
    """Something rests on crimes that are on record twice: not so where none are."""
    yield Said("not judged", "", view.has_due("duplicates"))


def _nothing(view: View) -> Iterator[Said]:
    """Nothing stands out: false once anything is due that belongs there, and not yet over."""
    yield Said("nothing", "", not view.missing(first=True))


def _no_team(view: View) -> Iterator[Said]:
    """No team shows a pattern: false once that pattern is due, and not yet over."""
    due = [due for due in view.missing(first=False) if due.subjects[:1] == (view.claim.subject,)]
    yield Said("nothing", "", not due)


def _no_cause(view: View) -> Iterator[Said]:
    """Nothing in a chart of the whole needs an explanation: false once a change of the whole is due."""
    whole = [due for due in view.missing(first=False) if due.what == FALL and not due.divisions]
    yield Said("nothing", "", not whole)


def _gap(view: View) -> Iterator[Said]:
    gap = view.world.world.gap
    yield Said(GAP, "", gap is not None and view.world.gap_days == (view.claim.since, view.claim.until))


def _begins(view: View) -> Iterator[Said]:
    """Something is not held because the records begin on a date."""
    since = view.claim.since
    yield Said("begins", "", since is None or since == day_of(view.world.world.begins))


def _nothing_due(view: View) -> Iterator[Said]:
    """Updates are due in every week since the records begin."""
    yield Said("nothing due", "", False)


def _young(days: int) -> Callable[[View], Iterator[Said]]:
    """Something is not what it will be until so many days after the records begin: false from then on."""

    def judged(view: View) -> Iterator[Said]:
        begins, claim = day_of(view.world.world.begins), view.claim
        until = begins + timedelta(days)
        assert claim.since is not None
        yield Said("young", "", abs(claim.since - until) < timedelta(7) and day_of(view.told.week) < claim.since)

    return judged


def _compared_so_far(view: View) -> Iterator[Said]:
    held = view.claim.count("held")
    yield Said("held", "", held <= view.told.week - view.world.world.begins + 1)


def _target(view: View) -> Iterator[Said]:
    level = view.world.truth.level(view.world.truth.teams(view.told.edition), view.trailing, view.series).mean()
    met = view.claim.kind.value == "target consistently met"
    yield Said(_direction(met), view.told.edition, (100 * level > view.claim.value("target")) is met)


def _at_fault(view: View) -> Iterator[Said]:
    """The records or the policy are at fault: in no world are they."""
    yield Said("fault", "", False)


def _divisions_changed(view: View) -> Iterator[Said]:
    yield Said("divisions", "", _reorganised_now(view))


def _divisions_as_before(view: View) -> Iterator[Said]:
    yield Said("divisions", "", not _reorganised_now(view))


def _reorganised_now(view: View) -> bool:
    changed = view.world.world.reorganised
    return changed is not None and not changed.mapped and changed.week == view.told.week


def _policy_changed(view: View) -> Iterator[Said]:
    """Another policy is in use since the Monday on which it was planted, and asks what was planted."""
    planted = view.world.world.policy
    since = None if planted is None else day_of(planted)
    yield Said(POLICY, "", view.claim.since == since and PLANNED in view.claim.words)


def _states_only(view: View) -> Iterator[Said]:
    """A count, a rate or a comparison without a finding: it says no more than its figures, which other tests prove."""
    yield from ()


JUDGES: Final[Mapping[str, Callable[[View], Iterator[Said]]]] = {
    "withheld": _states_only,
    "nothing due": _nothing_due,
    "nothing could be due yet": _begins,
    "not held in full": _begins,
    "changed": _changed,
    "no significant change": _states_only,
    "differs from an earlier period, as a number": _states_only,
    "differs because of one other unit": _states_only,
    "not charted yet": _states_only,
    "no case could be open for long yet": _begins,
    "make-up still ageing": _young(182),
    "stock still filling": _young(364),
    "stock differs from 13 weeks before, as a number": _states_only,
    "too few to compare": _states_only,
    "the one before is withheld": _states_only,
    "the one before is not held in full": _begins,
    "nothing was due in the one before": _nothing_due,
    "differs from the rest": _differs,
    "no significant difference from the rest": _states_only,
    "not compared yet": _compared_so_far,
    "below the rest": _below,
    "concern": _event,
    "worse than its own past": _event,
    "crimes on record twice": _pattern,
    "not judged for crimes on record twice": _on_duplicates,
    "better than its own past": _better,
    "no significant change against its own past": _states_only,
    "too few to compare with its own past": _states_only,
    "not the same unit throughout": _states_only,
    "improved": _cause,
    "worsened": _cause,
    "no special cause": _no_cause,
    "target consistently met": _target,
    "target consistently missed": _target,
    "target met or missed by chance": _states_only,
    "target cannot be judged yet": _states_only,
    "beyond the limits of chance": _beyond_limits,
    "within the limits of chance": _states_only,
    "a share satisfied": _states_only,
    "a target beside the interval of a share satisfied": _states_only,
    "a share satisfied differs from the wave before": _states_only,
    "a share satisfied cannot be told from the wave before": _states_only,
    "too few answers in the wave before": _states_only,
    "silent victims": _states_only,
    "overdue for long": _states_only,
    "closed without a word": _states_only,
    "seen more often than by chance": _pattern,
    "seen often": _states_only,
    "teams show a pattern far beyond chance": _pattern,
    "no team shows a pattern far beyond chance": _no_team,
    "nothing stands out": _nothing,
    "restated": _states_only,
    "policy changed": _policy_changed,
    "stands as published": _states_only,
    "none published earlier": _states_only,
    "feed gap": _gap,
    "officer directory is old": _states_only,
    **dict.fromkeys(IN_ORDER, _states_only),
    **dict.fromkeys(AT_FAULT, _at_fault),
    "the divisions of the one before": _divisions_as_before,
    "divisions appeared or vanished": _divisions_changed,
    "data unfit": _divisions_changed,
    "data fit": _states_only,
    "cannot be told yet": _states_only,
    "the crime system has not been read yet": _states_only,
    "the crime system has not been read since": _states_only,
    "the crime system could not be read to its end": _states_only,
}


def key_of(world: PlayedWorld, told: Told, said: Said) -> tuple[object, ...]:
    """Return what makes two false statements of two worlds of one seed the same: all but the week.

    An event has the kind and subject of what cost most in it, which beside something planted is another.
    """
    unit: Ints = world.truth.teams(said.unit)
    kind, subject = told.claim.kind.value, told.claim.subject.partition("/")[0]
    if JUDGES[kind] is _event:
        kind = subject = "event"
    return told.edition == "", kind, subject, said.what, tuple(unit.tolist())
