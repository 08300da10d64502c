"""Who is told in whose place: cover, then supervisor, then champion; chains and loops; and the reason, in the mail."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from compliance.policy import load_policy
from compliance.reminder_settings import Reminders
from compliance.reminders import Decision
from compliance.reminders.contact_holds import Hold
from compliance.reminders.decisions import decide
from compliance.reminders.emails.composing import write
from compliance.reminders.emails.templates import render
from compliance.reminders.history import History
from compliance.reminders.morning import Morning
from compliance.reminders.owed import Owed, Standing
from compliance.reminders.recipients import Directory, Role, Route
from compliance.store.kept.notice_kinds import LadderStep, Outcome, Reason
from compliance.store.receiving.directory import DirectoryEntry
from tests.reminding import change
from tests.unit.test_reminders_ladder import accepted
from tests.unit.test_reminders_stages import DAY, RULES, SETTINGS, TODAY, officer, owed

POLICY = load_policy("west-mercia")
AWAY: dict[str, Any] = {"absent": [{"from": "2026-06-01", "until": "2026-06-30"}]}
CHAMPION = officer("9000", role="champion", division="North")
SERGEANT = officer("2000", role="supervisor", team="North 1", division="North")


def case(officer_ref: str | None = "1042", **changes: Any) -> Owed:
    item = owed(officer_ref=officer_ref)
    return replace(item, waiting=replace(item.waiting, team="North 1", division="North", **changes))


def decided(item: Owed, *staff: DirectoryEntry, rules: Reminders = RULES) -> Decision:
    """What comes of the officer's step."""
    about = Morning(rules, TODAY, {row.officer_ref: row for row in staff}, History())
    (decision,) = [d for d in decide([item], about) if d.step not in ("supervisor", "champion")]
    return decision


def covered(**cover: str) -> Reminders:
    return change(SETTINGS, cover={key.removeprefix("o"): value for key, value in cover.items()}).reminders


def mail(decision: Decision) -> str:
    return " ".join(render(write([decision], POLICY, SETTINGS, TODAY), SETTINGS).text.split())


def test_whoever_covers_is_told_and_why() -> None:
    found = decided(case(), officer(**AWAY), officer("5000"), SERGEANT, rules=covered(o1042="5000"))
    assert (found.recipient_ref, found.outcome, found.said) == ("5000", Outcome.SENT, "new; rerouted: officer absent")
    assert "In place of officer 1042, who is absent." in mail(found)


def test_whoever_covers_for_the_cover_is_told() -> None:
    rules = covered(o1042="5000", o5000="5001")
    found = decided(case(), officer(**AWAY), officer("5000", left_on=TODAY), officer("5001"), SERGEANT, rules=rules)
    assert found.recipient_ref == "5001"


def test_without_cover_the_supervisor_is_told_then_theirs_then_the_champion() -> None:
    away, inspector = officer(**AWAY, supervisor_ref="2000"), officer("2500")
    above = officer("2000", supervisor_ref="2500", absent=AWAY["absent"])
    assert decided(case(), away, officer("2000"), inspector, CHAMPION).recipient_ref == "2000"
    assert decided(case(), away, above, inspector, CHAMPION).recipient_ref == "2500"
    assert decided(case(), away, above, officer("2500", email=None), CHAMPION).recipient_ref == "9000"


@pytest.mark.parametrize(
    ("divisions", "champion"),
    [(("North", "South"), "9000"), (("North", None), "9000"), ((None, "South"), "9001"), ((None, None), None)],
)
def test_the_champion_is_the_cases_divisions_else_the_officers(
    divisions: tuple[Any, Any], champion: str | None
) -> None:
    """A case that names no division belongs to that of the officer who has it."""
    item = owed(due=TODAY - 30 * DAY)
    waiting = replace(item.waiting, division=divisions[0])
    staff = [officer(division=divisions[1]), CHAMPION, officer("9001", role="champion", division="South")]
    directory = Directory({row.officer_ref: row for row in staff}, RULES, TODAY, {})
    assert directory.to_champion(waiting) == Route(champion, None if champion else Reason.NO_LEADER)
    assert champion is None or directory.role(champion, waiting) is Role.CHAMPION


def test_a_champion_who_has_the_case_is_not_told_of_it_as_champion() -> None:
    waiting = replace(owed(officer_ref="9000").waiting, division="North")
    directory = Directory({"9000": CHAMPION}, RULES, TODAY, {})
    assert directory.to_champion(waiting) == Route(None, Reason.NO_LEADER)


def test_whoever_covers_for_the_supervisor_is_told_before_those_above() -> None:
    away, sergeant = officer(**AWAY, supervisor_ref="2000"), officer("2000", supervisor_ref="2500", **AWAY)
    found = decided(case(), away, sergeant, officer("2001"), officer("2500"), rules=covered(o2000="2001"))
    assert found.recipient_ref == "2001"


@pytest.mark.parametrize(
    ("staff", "cover"),
    [
        ([officer(**AWAY), officer("5000", **AWAY)], {"o1042": "5000", "o5000": "1042"}),
        ([officer(**AWAY, supervisor_ref="2000"), officer("2000", **AWAY, supervisor_ref="1042")], {}),
        ([officer(**AWAY, supervisor_ref="1042")], {"o1042": "1042"}),
    ],
)
def test_a_chain_that_leads_back_to_itself_ends_at_the_champion(
    staff: list[DirectoryEntry], cover: dict[str, str]
) -> None:
    assert decided(case(), *staff, CHAMPION, rules=covered(**cover)).recipient_ref == "9000"


@pytest.mark.parametrize(
    ("item", "staff", "reason", "sentence"),
    [
        (case(None), [], "nobody has the case", "Nobody has the case: please allocate it."),
        (case("7777"), [], "officer unknown", "In place of officer 7777, who is not in the officer directory."),
        (case(), [officer(left_on=TODAY)], "officer has left", "In place of officer 1042, who has left."),
        (case(), [officer(email=None)], "no address", "In place of officer 1042, who has no email address."),
        (case(), [officer(email="a b")], "address cannot be used", "In place of officer 1042, who has an email address that cannot be used."),
        (
            case(hold=Hold(now=True)), [officer(supervisor_ref="2000")], "contact hold",
            "With officer 1042, who is not reminded: please decide whether and how the victim can be told safely.",
        ),
        (
            case(attempts=tuple(TODAY - days * DAY for days in (3, 2, 1))), [officer()],
            "attempts did not reach the victim",
            "With officer 1042, who is no longer reminded: please decide on a letter, another way, or a contact hold.",
        ),
    ],
)  # fmt: skip
def test_the_teams_supervisor_is_told_and_why(
    item: Owed, staff: list[DirectoryEntry], reason: str, sentence: str
) -> None:
    """Leavers, unknown and unallocated officers, contact holds, attempts on three dates."""
    found = decided(item, *staff, SERGEANT)
    assert (found.recipient_ref, found.said) == ("2000", f"new; rerouted: {reason}")
    assert sentence in mail(found)


@pytest.mark.parametrize(
    ("holds", "asked", "warned"), [((True,), False, True), ((True, False), True, True), ((False,), True, False)]
)
def test_nobody_is_asked_to_see_to_a_contact_while_a_hold_is_in_force(
    holds: tuple[bool, ...], asked: bool, warned: bool
) -> None:
    """What can be asked of the other victims of the mail is asked of them."""
    items = [owed(f"22/{place}/26", on_hold=on_hold) for place, on_hold in enumerate(holds)]
    told = [Decision(item, "2000", Outcome.SENT, Reason.NEW, LadderStep.SUPERVISOR) for item in items]
    found = render(write(told, POLICY, SETTINGS, TODAY), SETTINGS)
    for part in (found.text, str(found.html)):
        assert ("see that somebody makes contact" in part.replace("\n    ", " ")) == asked
        assert ("On hold: no contact until a safe way is decided." in part) == warned
    if True in holds:
        assert found.text.index("ON HOLD") < found.text.index("Do not contact: a hold is in force")
    assert found.subject.partition(": ")[2].startswith("victim")


def test_attempts_on_fewer_dates_are_the_officers_own() -> None:
    two = case(attempts=(TODAY - 2 * DAY, TODAY - DAY))
    assert decided(two, officer(), SERGEANT).recipient_ref == "1042"


def test_a_victim_under_a_contact_hold_is_never_announced_to_the_officer() -> None:
    item = replace(case(hold=Hold(now=True)), due_date=TODAY + 2 * DAY, standing=Standing.DUE_SOON)
    found = decided(item, officer(), SERGEANT)
    assert (found.outcome, found.reason) == (Outcome.HELD, "contact hold")


@pytest.mark.parametrize(("back", "recipient"), [(1, None), (3, None), (4, "2000")])
def test_a_short_absence_holds_what_can_wait_and_a_longer_one_does_not(back: int, recipient: str | None) -> None:
    """`absence_held_days`: the officer is back on the day after the absence ends."""
    until = TODAY + timedelta(days=back - 1)
    away = officer(absent=[{"from": "2026-06-08", "until": str(until)}])
    found = decided(case(), away, SERGEANT)
    if recipient is None:
        assert (found.outcome, found.reason) == (Outcome.HELD, "officer absent")
    else:
        assert (found.outcome, found.recipient_ref) == (Outcome.SENT, recipient)


def test_an_absence_without_an_end_does_not_hold() -> None:
    assert decided(case(), officer(absent=[{"from": "2026-06-08"}]), SERGEANT).recipient_ref == "2000"


def test_what_falls_due_before_the_officer_is_back_goes_to_whoever_covers() -> None:
    away = officer(absent=[{"from": "2026-06-08", "until": "2026-06-11"}])
    item = replace(case(), due_date=TODAY + 2 * DAY, standing=Standing.DUE_SOON)
    assert decided(item, away, SERGEANT).reason == "officer absent"  # back on the due date itself: it waits
    sooner = replace(item, due_date=TODAY + DAY)
    assert decided(sooner, away, SERGEANT).recipient_ref == "2000"


def test_where_nobody_can_be_told_the_reason_is_kept() -> None:
    found = decided(case(), officer(**AWAY), officer("2000", role="supervisor", team="North 1", email=None))
    assert (found.outcome, found.reason, found.recipient_ref) == (Outcome.HELD, "officer absent", "1042")


def test_whoever_is_told_in_anothers_place_is_not_taken_for_them() -> None:
    """What the officer did is the officer's."""
    item = replace(case(officer_since=TODAY - DAY, day_0_by=frozenset({"1041"})), same_day=True)
    own = mail(decided(item, officer(), SERGEANT))
    assert "An update on" in own  # the officer before made it
    theirs = replace(case(day_0_by=frozenset({"1042"})), same_day=True)
    assert "Your update on" in mail(decided(theirs, officer(), SERGEANT))
    assert "An update on" in mail(decided(theirs, officer(**AWAY), SERGEANT))
    assert "With you since 9 June." in own
    others = mail(decided(item, officer(**AWAY), SERGEANT))
    assert "An update on" in others
    assert "With them since 9 June." in others


def test_a_supervisors_step_goes_to_who_covers_for_the_supervisor_and_says_why() -> None:
    item = owed(due=TODAY - 7 * DAY)
    item = replace(item, waiting=replace(item.waiting, division="North"))
    staff = [officer(supervisor_ref="2000"), officer("2000", **AWAY), officer("2001"), CHAMPION]
    before = History(accepted=accepted(item))
    about = Morning(covered(o2000="2001"), TODAY, {row.officer_ref: row for row in staff}, before)
    (found,) = [d for d in decide([item], about) if d.step == "supervisor"]
    assert (found.recipient_ref, found.said) == ("2001", "new; rerouted: officer absent")
    text = mail(found)
    assert "With officer 1042 Crime 22/1/26" in text
    assert "You get this in place of somebody who is absent." in text
