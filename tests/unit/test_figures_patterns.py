"""Patterns in how teams' entries are made: each in a world in which it is there, and in one in which it is not."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from scipy.stats import poisson

from compliance.errors import SettingsError
from compliance.policy import load_policy
from compliance.records import columns, convert_crime
from compliance.reports.catalogue.duplicate_figures import DUPLICATES
from compliance.reports.catalogue.edition import Edition
from compliance.reports.catalogue.pattern_figures import PATTERN
from compliance.reports.examining.patterns import poisson_tail
from compliance.reports.figures import figures_of
from compliance.reports.judging.judged import judge_periods
from compliance.reports.judging.sources import GivenRecords
from compliance.reports.model.claims import ClaimKind
from compliance.reports.model.findings import Pattern
from compliance.reports.periods.periods import parse_period
from compliance.reports.wording.passages import pattern_of
from compliance.reports.wording.sentences import sentence
from tests.conformance import Json

WEEK, SETTLED = parse_period("2026-W44"), datetime(2026, 11, 9, tzinfo=UTC)
FIRST = datetime(2026, 7, 20, tzinfo=UTC)
TEAMS, EACH = 24, 40
Habit = Callable[[Random, Json], None]


def as_usual(_dice: Random, _crime: Json) -> None:
    """A team like the others."""


def at_seven_on_the_due_day(dice: Random, crime: Json) -> None:
    """Half of its updates are given at 07:00 in London on the day they are due."""
    if dice.random() < 0.5:
        due = datetime.fromisoformat(crime["reported_at"]).date() + timedelta(days=7)
        crime["updates"][0] |= {"at": f"{due}T07:00:00+01:00", "entered_at": f"{due}T07:01:00+01:00"}


def from_memory(dice: Random, crime: Json) -> None:
    """A third of its updates are typed in a week later."""
    if dice.random() < 0.35:
        at = datetime.fromisoformat(crime["updates"][0]["at"])
        crime["updates"][0]["entered_at"] = (at + timedelta(days=8)).isoformat()


def twice(dice: Random, crime: Json) -> None:
    """Most of its crimes are recorded twice: here every second one takes the minute of the one before."""
    number = int(crime["crime_ref"].rpartition("/")[2])
    if number % 2:
        crime["reported_at"] = (FIRST + timedelta(days=2 * (number // 2), hours=9, minutes=17)).isoformat()
        crime["offence"] = "theft"
    else:
        crime["reported_at"] = (FIRST + timedelta(days=number, hours=9, minutes=17)).isoformat()
        crime["offence"] = "theft"


def on_the_hour(_dice: Random, crime: Json) -> None:
    """Its updates are noted at full hours."""
    at = datetime.fromisoformat(crime["updates"][0]["at"])
    crime["updates"][0]["at"] = at.replace(minute=0).isoformat()


def force(seed: int, habit: Habit = as_usual, everywhere: bool = False) -> GivenRecords:
    """Teams of four officers in two divisions; the first team of the north, or everybody, has a habit."""
    dice, held = Random(seed), []
    for team in range(TEAMS):
        for number in range(EACH):
            reported = FIRST + timedelta(days=dice.randrange(95), minutes=dice.randrange(1440))
            at = reported + timedelta(days=1 + dice.randrange(8), minutes=dice.randrange(600))
            crime = {
                "crime_ref": f"T{team}/{number}", "reported_at": reported.isoformat(),
                "offence": dice.choice(["theft", "violence", "burglary"]),
                "division": "North" if team < TEAMS / 2 else "South", "team": f"Team {team}",
                "officer_ref": f"O{team}/{dice.randrange(4)}", "victims": [{"victim_ref": "V1"}],
                "updates": [{"update_ref": "U1", "outcome": "informed", "at": at.isoformat(),
                             "entered_at": (at + timedelta(hours=1)).isoformat()}],
            }  # fmt: skip
            if team == 0 or everywhere:
                habit(dice, crime)
            held.append(crime)
    return GivenRecords("teams", columns([convert_crime(record) for record in held]))


def patterns(source: GivenRecords, division: str | None = None) -> dict[str, Pattern]:
    judged = judge_periods(source, load_policy("west-mercia"), WEEK, SETTLED)
    return {each.key: each for each in figures_of(judged, force="A force", division=division).patterns}


PLANTED: tuple[tuple[Habit, set[str]], ...] = (
    (at_seven_on_the_due_day, {"same-clock", "on-the-due-day"}),
    (from_memory, {"entered-long-after"}),
    (twice, {"probable-duplicates"}),
)


@pytest.mark.parametrize(("habit", "keys"), PLANTED)
def test_rules_8_what_a_team_does_is_asked_about_and_nothing_else(habit: Habit, keys: set[str]) -> None:
    """The board reads how many teams; the division's edition names its own; another's says nothing of it."""
    source = force(1, habit)
    board = patterns(source)
    assert {key for key, each in board.items() if each.beyond} == keys
    north, south = patterns(source, "North"), patterns(source, "South")
    for key in keys:
        assert (board[key].of, board[key].beyond, board[key].teams) == (TEAMS, 1, ()), "the board's names no team"
        (team,) = north[key].teams
        assert (team.name, north[key].of) == ("Team 0", TEAMS // 2)
        assert team.share.count > 2 * team.expected
        assert (south[key].of, south[key].beyond, south[key].teams) == (TEAMS // 2, 0, ())
        text = sentence(pattern_of(board[key]))
        assert f"far more than chance gives in 1 team of {TEAMS}; its division's edition names it. " in text
        assert text.endswith(board[key].asks)
        named = f"Team 0 {team.share.count} of {team.share.of}, where {team.expected:.1f} would be expected."
        assert named in sentence(pattern_of(north[key]))


def test_crimes_on_record_twice_are_told_by_division_and_by_team() -> None:
    """With what chance would give and a list of them; of each two the one with fewer updates is left out (decision 0058)."""
    judged = judge_periods(force(1, twice), load_policy("west-mercia"), WEEK, SETTLED)
    (north,), (team,) = (figures_of(judged, force="A force", division=name).duplicates for name in (None, "North"))
    assert (north.name, team.name, team.share.count) == ("North", "Team 0", north.share.count)
    assert north.share.count > 10 * north.expected
    assert figures_of(judged, force="A force", division="South").duplicates == ()
    edition = Edition.of_judgements(judged, None, None)
    counted = DUPLICATES.counted(edition, group="North")
    listed = [case for case, hit in zip(counted.listed(), counted.counts["count"].tolist(), strict=True) if hit]
    assert len(listed) == north.share.count
    assert {case.crime_ref.partition("/")[0] for case in listed} == {"T0"}
    assert len(edition.duplicates.crimes) == north.share.count
    with pytest.raises(SettingsError, match="duplicates: no more of them than by chance in 'South'"):
        DUPLICATES.counted(edition, group="South")
    quiet = judge_periods(force(1), load_policy("west-mercia"), WEEK, SETTLED)
    assert figures_of(quiet, force="A force").duplicates == ()


def test_of_two_crimes_that_are_alike_the_one_with_fewer_updates_is_left_out() -> None:
    """Even if it was recorded first: the other is the one that somebody works on."""
    records = [
        {"crime_ref": f"{n}/{which}", "reported_at": f"2026-10-{1 + n:02}T09:{2 * n:02}:00Z", "division": "North", "team": "A",
         "offence": "theft", "victims": [{"victim_ref": "V1"}],
         "updates": [{"update_ref": "U1", "outcome": "informed", "at": f"2026-10-{2 + n:02}T10:00:00Z"}] * (which == n % 2)}
        for n in range(20) for which in (0, 1)
    ]  # fmt: skip
    source = GivenRecords("crimes", columns([convert_crime(record) for record in records]))
    judged = judge_periods(source, load_policy("west-mercia"), WEEK, SETTLED)
    left = Edition.of_judgements(judged, None, None).duplicates.crimes.to_pylist()
    assert sorted(left) == sorted(f"{n}/{1 - n % 2}" for n in range(20))


def test_statistics_6_teams_that_are_alike_are_not_asked_about() -> None:
    """Looked for in all teams at once, a pattern comes up by chance in fewer than one report in a thousand."""
    for seed in range(12):
        found = patterns(force(seed))
        assert {key: each.beyond for key, each in found.items()} == dict.fromkeys(found, 0)
        assert all(pattern_of(each).kind == ClaimKind.NO_TEAM_SHOWS_PATTERN for each in found.values())
        told = sentence(pattern_of(found["same-clock"]))
        assert told == f"Updates at one clock time: no team of {TEAMS} shows more than chance gives among so many."


def test_one_team_alone_is_not_held_against_others() -> None:
    alone = GivenRecords("one team", columns([
        convert_crime({
            "crime_ref": f"{n}", "reported_at": "2026-10-20T09:00:00Z", "division": "North", "team": "A",
            "victims": [{"victim_ref": "V1"}],
            "updates": [{"update_ref": "U1", "outcome": "informed", "at": "2026-10-22T09:00:00Z",
                         "entered_at": "2026-10-31T09:00:00Z"}],
        })
        for n in range(40)
    ]))  # fmt: skip
    found = patterns(alone)
    assert (found["entered-long-after"].of, found["entered-long-after"].beyond) == (0, 0)


def test_a_habit_of_the_whole_force_is_no_pattern_of_a_team() -> None:
    """Where every team rounds its times to the hour, the same times in one team are no more than chance."""
    assert patterns(force(3, on_the_hour, everywhere=True))["same-clock"].beyond == 0


def test_several_victims_told_at_once_are_one_contact() -> None:
    records = [
        {"crime_ref": f"{team}/{n}", "reported_at": f"2026-10-{1 + n:02}T09:{n:02}:00Z", "division": "North", "team": team,
         "victims": [{"victim_ref": f"V{v}"} for v in range(12)],
         "updates": [{"update_ref": f"U{v}", "victim_ref": f"V{v}", "outcome": "informed",
                      "at": f"2026-10-{3 + n:02}T1{n % 10}:{3 * n:02}:00Z"} for v in range(12)]}
        for team in ("A", "B") for n in range(12)
    ]  # fmt: skip
    source = GivenRecords("crimes", columns([convert_crime(record) for record in records]))
    judged = judge_periods(source, load_policy("west-mercia"), WEEK, SETTLED)
    edition = Edition.of_judgements(judged, "North", None)
    assert PATTERN.share(edition, "same-clock", "A").of == 12


@pytest.mark.parametrize(("count", "size", "chance"), [(0, 9, 0.2), (3, 40, 0.01), (20, 40, 0.125), (40, 40, 0.5)])
def test_the_tail_agrees_with_scipy(count: int, size: int, chance: float) -> None:
    assert poisson_tail(count, size * chance) == pytest.approx(poisson.sf(count - 1, size * chance), abs=1e-12)
