"""The long form of `tests/integration/test_reminders_fair.py`, and a watch that must see what it is there for."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from compliance.reminders import ladder
from compliance.reminders.emails import who_else
from compliance.reminders.ladder import CaseOfficer, Hindrance
from compliance.reminders.owed import Owed
from compliance.store.kept.notice_kinds import LadderStep
from tests.bounces import Mailbox
from tests.fair_days import live_with_troubles
from tests.troubles import HalfHeedlessForce


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20, 28))
def test_nobody_is_blamed_and_no_victim_is_hidden_over_five_weeks(tmp_path: Path, seed: int) -> None:
    watch = live_with_troubles(tmp_path, seed=seed, days=35, scale=0.03)
    print(f"\nseed {seed}: {dict(watch.counted)}")
    assert watch.broken_promises == []


@pytest.mark.long
@pytest.mark.parametrize("seed", [31, 32])
def test_nobody_is_blamed_and_no_victim_is_hidden_over_a_year(tmp_path: Path, seed: int) -> None:
    """Officers act on every other crime that they read of, so that cases come and go, and others are neglected."""
    watch = live_with_troubles(tmp_path, seed=seed, days=364, scale=0.005, force=HalfHeedlessForce)
    print(f"\nseed {seed}: {dict(watch.counted)}")
    assert watch.broken_promises == []


def without(what: Hindrance) -> Callable[[pytest.MonkeyPatch], None]:
    """A service that holds days against an officer that do not count."""
    real = ladder.hindrance

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        def found(*of: Any) -> Hindrance | None:
            return None if (reason := real(*of)) is what else reason

        monkeypatch.setattr(ladder, "hindrance", found)

    return patch


def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that counts days on which no email had been accepted for the officer."""
    real = ladder.find_day_reached

    def reached(owed: Owed, officer: CaseOfficer, until: date, days: int) -> date | None:
        return real(owed, replace(officer, accepted=owed.due_date), until, days)

    monkeypatch.setattr(ladder, "find_day_reached", reached)


def hiding(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that waits for the list, whatever has become of half of the champion's time."""
    real = ladder.supervisor_latest
    where = "compliance.reminders.morning.supervisor_latest"
    monkeypatch.setattr(where, lambda *of: real(*of) + timedelta(days=5))


def promising(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that names as told whoever is to be told."""
    real = who_else._Victim._accepted_emails

    def accepted(self: Any) -> dict[str, set[LadderStep]]:
        above = self.directory.to_supervisor(self.waiting).recipient_ref
        return real(self) | ({above: {LadderStep.SUPERVISOR}} if above else {})

    monkeypatch.setattr(who_else._Victim, "_accepted_emails", accepted)


def deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that does not hear of emails that come back."""
    monkeypatch.setattr(Mailbox, "read", lambda *_: None)


@pytest.mark.long
@pytest.mark.parametrize(
    ("patch", "complaint"),
    [
        (without(Hindrance.HOLD), "blamed after|no reason is kept"),
        (without(Hindrance.ABSENT), "blamed after"),
        (without(Hindrance.NOT_ALLOCATED), "blamed after"),
        (impatient, "blamed after"),
        (hiding, "does not know|no reason is stored"),
        (promising, "named as told of"),
        (deaf, "blamed after|named as told of|does not know"),
    ],
    ids=["hold", "absence", "handover", "mail", "hiding", "promising", "deaf"],
)
def test_a_service_that_blames_hides_or_promises_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, patch: Callable[[pytest.MonkeyPatch], None], complaint: str
) -> None:
    """A watch that sees nothing is worth nothing."""
    patch(monkeypatch)
    watch = live_with_troubles(tmp_path, seed=5, days=28)
    assert any(re.search(complaint, text) for text in watch.broken_promises)
