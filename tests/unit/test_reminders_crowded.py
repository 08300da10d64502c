"""More victims than one mail names: everybody is named in turn, and the subject counts them all."""

from dataclasses import replace

from compliance.policy import load_policy
from compliance.reminders import Decision
from compliance.reminders.decisions import decide
from compliance.reminders.emails.composing import LetterContext, write
from compliance.reminders.emails.letter import Letter
from compliance.reminders.emails.templates import render
from compliance.reminders.history import History
from compliance.reminders.morning import Morning
from compliance.reminders.owed import Owed, Standing
from compliance.store.kept.notice_kinds import LadderStep, Outcome, Reason
from tests.unit.test_reminders_ladder import STAFF
from tests.unit.test_reminders_stages import DAY, RULES, SETTINGS, TODAY, owed

POLICY = load_policy("west-mercia")


def overdue(count: int, days: int = 1, name: str = "A") -> list[Owed]:
    return [owed(f"22/{name}{number:02}/26", TODAY - days * DAY) for number in range(count)]


def decided(*obligations: Owed, **history: object) -> list[Decision]:
    about = Morning(RULES, TODAY, {row.officer_ref: row for row in STAFF}, History(**history))  # type: ignore[arg-type]
    return [d for d in decide(obligations, about) if d.recipient_ref == "1042"]


def named(decisions: list[Decision]) -> list[str]:
    return [d.owed.waiting.crime_ref for d in decisions if d.outcome is Outcome.SENT]


def letter(decisions: list[Decision]) -> Letter:
    told = [d for d in decisions if d.outcome is Outcome.SENT]
    return write(
        told, POLICY, SETTINGS, TODAY, LetterContext(unlisted=[d for d in decisions if d.reason is Reason.NO_ROOM])
    )


def test_twenty_are_named_and_the_others_counted() -> None:
    decisions = decided(*overdue(26))
    assert (len(named(decisions)), [d.said for d in decisions].count("no room in the email")) == (20, 6)
    mail = render(letter(decisions), SETTINGS)
    assert mail.subject == "20 new, 6 more: victims to update, 10 June"
    assert mail.text.count("Crime 22/") == str(mail.html).count("Crime 22/") == 20
    assert "And 6 more victims, not listed here." in mail.text


def test_the_next_mail_names_the_others() -> None:
    """What was not named has not been told."""
    obligations = overdue(26)
    first = decided(*obligations)
    told = {("1042", d.owed.key, 1, "overdue"): TODAY - DAY for d in first if d.outcome is Outcome.SENT}
    second = decided(*obligations, notified=told)
    assert set(named(first)) | set(named(second)) == {item.waiting.crime_ref for item in obligations}
    assert [part for part, count in letter(second).counts.items() if count] == ["new", "waiting"]


def test_what_is_new_is_named_before_what_is_told_again_and_what_goes_along() -> None:
    again, new = overdue(15, 9, "B"), overdue(15)
    along = [replace(item, standing=Standing.DUE_SOON, early=True) for item in overdue(5, -5, "C")]
    told = {("1042", item.key, 1, "overdue"): TODAY - 8 * DAY for item in again}
    found = named(decided(*again, *new, *along, notified=told))
    assert [sum(ref.startswith(f"22/{name}") for ref in found) for name in "ABC"] == [15, 5, 0]


def test_what_is_not_yet_due_takes_no_place_of_what_is_overdue() -> None:
    """The week's plan too names them only where there is room."""
    again, along = overdue(12, 9, "B"), overdue(5, 3, "D")
    planned = [replace(item, standing=Standing.DUE_SOON, planned=True) for item in overdue(9, -5, "C")]
    told = {
        ("1042", *item.spell_key, "overdue"): TODAY - (8 if item in again else 2) * DAY for item in (*again, *along)
    }
    found = named(decided(*again, *along, *planned, notified=told))
    assert [sum(ref.startswith(f"22/{name}") for ref in found) for name in "BDC"] == [12, 5, 3]


def test_an_officer_with_few_cases_is_not_touched_by_it() -> None:
    assert len(named(decided(*overdue(20)))) == 20


def test_those_above_are_told_of_all_in_numbers_and_of_the_longest_by_name() -> None:
    stuck = [
        Decision(
            owed(f"22/{ref}{number:02}/26", TODAY - days * DAY, ref),
            "2000",
            Outcome.SENT,
            Reason.NEW,
            LadderStep.SUPERVISOR,
        )
        for ref, days in (("1", 8), ("2", 30))
        for number in range(15)
    ]
    found = write(stuck, POLICY, SETTINGS, TODAY)
    assert [(holder.ref, holder.victims) for holder in found.holders] == [("2", 15), ("1", 15)]
    assert [sum(entry.crime.startswith(f"22/{ref}") for entry in found.parts["stuck"]) for ref in "21"] == [15, 5]
    assert (found.victims, found.more) == (30, 10)


def test_closed_cases_take_no_place_of_open_ones() -> None:
    """A victim who can still be kept informed of a running case comes first, but for one under a hold."""
    open_for_days = [(item, LadderStep.SUPERVISOR) for item in overdue(18, 9, "A")]
    shut = [replace(item.waiting, is_open=False, closed_on=TODAY - 9 * DAY) for item in overdue(6, 30, "B")]
    shut[5] = replace(shut[5], hold=replace(shut[5].hold, now=True))
    closed = [
        (replace(item, waiting=waiting, standing=Standing.CLOSED), LadderStep.SUPERVISOR)
        for item, waiting in zip(overdue(6, 30, "B"), shut, strict=True)
    ]
    told = [Decision(item, "2000", Outcome.SENT, Reason.NEW, step) for item, step in (*closed, *open_for_days)]
    found = write(told, POLICY, SETTINGS, TODAY)
    assert [entry.crime for entry in found.parts["hold"]] == ["22/B05/26"]
    assert [sum(entry.crime.startswith(f"22/{name}") for entry in found.parts["stuck"]) for name in "AB"] == [18, 1]
    assert (found.victims, found.more) == (24, 4)


def test_the_subject_counts_what_is_overdue_and_what_is_not_apart() -> None:
    """Nobody is said to be late with what is not due."""
    soon = [replace(item, standing=Standing.DUE_SOON) for item in overdue(2, -2, "C")]
    told = [Decision(item, "1042", Outcome.SENT, Reason.NEW) for item in overdue(1)]
    told += [Decision(item, "1042", Outcome.SENT, Reason.NEW, LadderStep.DUE_SOON) for item in soon]
    assert write(told, POLICY, SETTINGS, TODAY).subject == "1 new, 2 due soon: victims to update, 10 June"
    assert write(told[1:], POLICY, SETTINGS, TODAY).subject == "2 due soon: victims to update, 10 June"
    stuck = [Decision(item, "1042", Outcome.SENT, Reason.NEW, LadderStep.SUPERVISOR) for item in overdue(4, 9, "D")]
    assert write([*told, *stuck], POLICY, SETTINGS, TODAY).subject == (
        "1 new, 2 due soon, 4 with your officers: victims to update, 10 June"
    )


def test_enhanced_victims_come_first_then_the_longest_owed() -> None:
    items = [owed("22/1/26", TODAY - 9 * DAY), owed("22/2/26", TODAY - 2 * DAY), owed("22/3/26", TODAY - 3 * DAY)]
    items[1] = replace(items[1], waiting=replace(items[1].waiting, category="enhanced"))
    told = [Decision(item, "1042", Outcome.SENT, Reason.NEW) for item in items]
    assert [e.crime for e in write(told, POLICY, SETTINGS, TODAY).parts["new"]] == ["22/2/26", "22/1/26", "22/3/26"]


def test_a_long_subject_gives_what_is_first_and_counts_the_others() -> None:
    """Nothing that a mail program would cut off."""
    told = [Decision(item, "1042", Outcome.SENT, Reason.NEW) for item in overdue(10)]
    told += [Decision(item, "1042", Outcome.SENT, Reason.STILL_WAITING) for item in overdue(11, 9, "W")]
    stuck = [Decision(item, "1042", Outcome.SENT, Reason.NEW, LadderStep.SUPERVISOR) for item in overdue(12, 9, "D")]
    assert write([*told, *stuck], POLICY, SETTINGS, TODAY).subject == (
        "10 new, 11 still waiting, 12 more: victims to update, 10 June"
    )


def test_who_has_a_case_and_leads_others_reads_what_to_do_in_both() -> None:
    told = [Decision(owed(), "1042", Outcome.SENT, Reason.NEW)]
    told += [Decision(item, "1042", Outcome.SENT, Reason.NEW, LadderStep.SUPERVISOR) for item in overdue(2, 9, "D")]
    text = " ".join(render(write(told, POLICY, SETTINGS, TODAY), SETTINGS).text.split())
    assert "Yours, or in place of an officer: contact the victim in the way agreed" in text
    assert "With an officer: ask what stands in the way, and see that somebody makes contact safely." in text
