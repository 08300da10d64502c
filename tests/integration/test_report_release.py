"""The gate before the reports (statistics section 7): held, told once, released with a reason; suspended and resumed."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from compliance.errors import HeldError, SettingsError
from compliance.records import Officer
from compliance.reports.organisation import load_organisation, organisation_of
from compliance.reports.periods.periods import parse_period
from compliance.reports.wording.sentences import sentence
from compliance.service.report_jobs.reporting import Reporting
from compliance.store import Store, begin_poll, end_poll, note_directory, save_officers
from tests import stores
from tests.reporting import published, reporting, told, written
from tests.stores import SOURCE, at, crime, take

new_database, database_url = stores.one_database, stores.database_url
store = stores.store


@pytest.fixture(autouse=True)
def examples_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worked examples of the policy are judged by tests of their own."""
    monkeypatch.setattr("compliance.service.report_jobs.release_evidence.try_examples", lambda _: (173, ()))


MONDAY = at("2026-07-20 05:30")
"""06:30 in London on the day on which week 28 settles."""
WEEK_28 = parse_period("2026-W28")
FIRST = date(2026, 3, 30)
"""The Monday from which the world below has crimes: 14 weeks before week 28."""
READERS = ["board@force.example", "chief@force.example"]


def crimes(weeks: int, a_week: int = 12, division: str = "North", first: int = 0, since: date = FIRST) -> list[Any]:
    """So many crimes in each of some weeks, numbered from `first` on."""
    days = [since + timedelta(days=7 * week + number % 7) for week in range(weeks) for number in range(a_week)]
    return [
        crime(f"22A/{first + number}/26", reported_at=f"{day}T09:00:00Z", division=division, team=f"{division} 1")
        for number, day in enumerate(days)
    ]


def held_world(store: Store, when: datetime = MONDAY) -> None:
    """14 weeks of 12 crimes, and then one with 3."""
    take(store, when, *crimes(14), *crimes(1, 3, first=900, since=date(2026, 7, 6)))


def reports(store: Store, folder: Path, **more: Any) -> Reporting:
    return reporting(store, folder, **({"readers": READERS, "records_begin": FIRST} | more))


def subjects(store: Store) -> list[tuple[str, str]]:
    return [(mail.to_address, mail.subject) for mail in told(store)]


def page(folder: Path, name: str) -> str:
    return " ".join((folder / "reports" / name).read_text("utf-8").partition("<body>")[2].split())


SAID = "3 crimes were reported in the week: less than half the median of the 14 weeks before, 12."
HELD_SUBJECT = "Keeping victims informed: the report of 6 to 12 July 2026 is held"


@stores.on_both
def test_a_fault_holds_the_report_and_readers_are_told_once_what_stands_against_it(
    store: Store, tmp_path: Path
) -> None:
    held_world(store)
    asked = reports(store, tmp_path)
    for minutes in (0, 5, 26 * 60):
        assert asked.publish_due(MONDAY + timedelta(minutes=minutes)) == []
    assert reports(store, tmp_path).publish_due(MONDAY + timedelta(days=2)) == [], "another service, or a restart"
    assert written(tmp_path) == ["2026-W28-held.html"]
    assert published(store) == {}
    notice = page(tmp_path, "2026-W28-held.html")
    assert "Held: something stands against this report" in notice
    assert "This one has been held since 20 July 2026" in notice
    assert SAID in notice
    assert "compliance report release 2026-W28 --reason" in notice
    assert "%" not in notice
    assert subjects(store) == [(reader, HELD_SUBJECT) for reader in READERS]
    assert SAID in " ".join(told(store)[0].text.split())
    assert "Nothing is asked of you" in told(store)[0].text


def test_a_release_publishes_it_and_prints_by_whom_when_and_why(store: Store, tmp_path: Path) -> None:
    held_world(store)
    asked = reports(store, tmp_path, editions=["board", "public"])
    asked.publish_due(MONDAY)
    later = MONDAY + timedelta(hours=3)
    asked.release(WEEK_28, "The crime system was down for four days.", "mhill", later)
    assert written(tmp_path) == ["2026-W28-board.html", "2026-W28-public.html"]
    printed = page(tmp_path, "2026-W28-board.html")
    assert "Number of crimes (fault)" in printed
    assert SAID in printed
    assert (
        "Released by mhill at 2026-07-20T08:30:00Z although this was at fault: Number of crimes. The reason: The crime "
        "system was down for four days."
    ) in printed
    outside = page(tmp_path, "2026-W28-public.html")
    assert "The reason: The crime system was down" in outside
    assert "mhill" not in outside
    assert SAID not in outside
    assert [subject for _, subject in subjects(store)][2:] == ["Keeping victims informed: 6 to 12 July 2026"] * 2
    assert [done.new for done in asked.publish(WEEK_28, later + timedelta(days=90))] == [False, False]
    assert asked.publish_due(later) == []
    assert asked.gate.holds() == []


def test_what_is_not_held_cannot_be_released(store: Store, tmp_path: Path) -> None:
    take(store, MONDAY, *crimes(15))
    asked = reports(store, tmp_path)
    with pytest.raises(SettingsError, match=r"2026-W28 is not held, so there is nothing to release \(held: none\)"):
        asked.release(WEEK_28, "why", "mhill", MONDAY)
    assert [done.path.name for done in asked.publish_due(MONDAY)] == ["2026-W28-board.html"]
    with pytest.raises(SettingsError, match="2026-W28 is published, and nothing holds it"):
        asked.release(WEEK_28, "why", "mhill", MONDAY)


def test_a_release_holds_for_what_it_was_given_for_and_a_new_fault_holds_again(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_world(store)
    asked = reports(store, tmp_path)
    asked.publish_due(MONDAY)
    monkeypatch.setattr(
        "compliance.service.report_jobs.release_evidence.try_examples", lambda _: (9, ("a.toml: V1: state",))
    )
    with pytest.raises(HeldError, match="1 of the 9 worked examples of the policy does not hold") as held:
        asked.release(WEEK_28, "The crime system was down.", "mhill", MONDAY)
    assert "3 crimes were reported" not in str(held.value), "that was released"
    assert asked.publish_due(MONDAY + timedelta(minutes=5)) == []
    assert [subject for _, subject in subjects(store)] == [HELD_SUBJECT] * 4
    asked.release(WEEK_28, "The example is being rewritten.", "ovale", MONDAY + timedelta(hours=1))
    printed = page(tmp_path, "2026-W28-board.html")
    assert "Released by mhill at 2026-07-20T05:30:00Z although this was at fault: Number of crimes." in printed
    assert "Released by ovale at 2026-07-20T06:30:00Z although this was at fault: Policy." in printed


def test_what_is_put_right_is_published_without_a_release(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(store, MONDAY, *crimes(15))
    asked = reports(store, tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(
            "compliance.service.report_jobs.release_evidence.try_examples", lambda _: (9, ("a.toml: V1: state",))
        )
        with pytest.raises(HeldError, match=r"a\.toml: V1: state"):
            asked.publish(WEEK_28, MONDAY)
        assert written(tmp_path) == ["2026-W28-held.html"], "a report made by hand is held too"
    assert asked.publish_due(MONDAY + timedelta(minutes=1)) != []
    assert written(tmp_path) == ["2026-W28-board.html"]
    assert "Released" not in page(tmp_path, "2026-W28-board.html").partition('id="release"')[2].partition("<h3")[0]
    assert asked.gate.holds() == []


def test_a_held_report_holds_back_no_other_and_comes_after_it(store: Store, tmp_path: Path) -> None:
    held_world(store)
    asked = reports(store, tmp_path, readers=[])
    asked.publish_due(MONDAY)
    take(store, MONDAY + timedelta(weeks=1), *crimes(1, 12, first=950, since=date(2026, 7, 13)))
    asked.publish_due(MONDAY + timedelta(weeks=1))
    assert written(tmp_path) == ["2026-W28-held.html", "2026-W29-board.html"]
    asked.release(WEEK_28, "Few crimes.", "mhill", MONDAY + timedelta(weeks=1))
    assert written(tmp_path) == ["2026-W28-board.html", "2026-W29-board.html"]


def test_a_release_that_was_cut_off_is_taken_up_by_the_service_at_its_next_look(store: Store, tmp_path: Path) -> None:
    """As a kill after the release was stored and before anything was written leaves it."""
    held_world(store)
    asked = reports(store, tmp_path)
    asked.publish_due(MONDAY)
    reports(store, tmp_path).gate.release(WEEK_28, "Few crimes.", "mhill", MONDAY)
    assert [done.path.name for done in asked.publish_due(MONDAY + timedelta(minutes=5))] == ["2026-W28-board.html"]
    assert len(subjects(store)) == 4


@stores.on_both
def test_of_two_services_that_look_at_once_one_tells_the_readers(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    """On PostgreSQL two services may work side by side, on SQLite a service and a command (decision 0011)."""
    held_world(store)

    def look(_: int) -> None:
        with closing(Store.open(database_url)) as own:
            assert reports(own, tmp_path).publish_due(MONDAY) == []

    with ThreadPoolExecutor(2) as both:
        list(both.map(look, range(2)))
    assert subjects(store) == [(reader, HELD_SUBJECT) for reader in READERS]
    assert len(reports(store, tmp_path).gate.holds()) == 1


def test_a_hold_whose_notice_was_cut_off_is_told_once_and_noticed_at_the_next_look(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_world(store)
    with monkeypatch.context() as patched:
        patched.setattr("compliance.service.report_jobs.reporting.ReportNotices", None)
        with pytest.raises(TypeError):
            reports(store, tmp_path).publish_due(MONDAY)
    reports(store, tmp_path).publish_due(MONDAY + timedelta(minutes=5))
    assert written(tmp_path) == ["2026-W28-held.html"]
    assert len(subjects(store)) == len(READERS)


def said_of(asked: Reporting, period: str, now: datetime) -> dict[str, str]:
    """What each check of a period says, from the report or from what holds it."""
    try:
        asked.publish(parse_period(period), now)
    except HeldError:
        (held,) = [each for each in asked.gate.holds() if str(each.period) == period]
        return {claim.subject: sentence(claim) for claim in held.claims}
    return {}


def staff(store: Store, when: datetime, **divisions: int) -> None:
    """An officer directory, read with a complete poll."""
    entries = [Officer(f"{name}{n}", email="o@force.example", division=name) for name, count in divisions.items()
               for n in range(count)]  # fmt: skip
    save_officers(store, entries, when)
    poll = begin_poll(store, SOURCE, when)
    end_poll(store, poll, when, True)
    note_directory(store, poll, len(entries))


ORGANISATION = """
[[division]]
name = "North"
until = 2026-07-05
became = ["Vale"]
[[division]]
name = "Vale"
from = 2026-07-06
"""


def test_a_division_renamed_overnight_holds_the_report_until_the_map_has_an_entry(store: Store, tmp_path: Path) -> None:
    """Two false stories otherwise: a division that vanished, and one that is new (decision 0031)."""
    renamed = crimes(1, division="Vale", first=900, since=date(2026, 7, 6))
    take(store, MONDAY - timedelta(weeks=1), *crimes(14))
    take(store, MONDAY, *renamed)
    said = said_of(reports(store, tmp_path), "2026-W28", MONDAY)
    assert said["divisions"].endswith(
        "Vale has appeared: 12 crimes in the week, none in the weeks before; North has vanished: no crime in the week, 12 "
        "in the one before."
    )
    (tmp_path / "organisation.toml").write_text(ORGANISATION, "utf-8")
    plain = reports(store, tmp_path)
    mapped = Reporting(
        plain.settings, plain.policy, store, organisation=load_organisation(tmp_path / "organisation.toml")
    )
    assert said_of(mapped, "2026-W28", MONDAY) == {}


def test_a_division_that_no_map_has_is_named_as_the_records_name_it(store: Store, tmp_path: Path) -> None:
    take(store, MONDAY - timedelta(weeks=1), *crimes(14))
    take(store, MONDAY, *crimes(1, first=900, since=date(2026, 7, 6)), *crimes(1, 10, "New", 950, date(2026, 7, 6)))
    plain = reports(store, tmp_path)
    by_map = organisation_of({"division": [{"name": "North"}]})
    said = said_of(Reporting(plain.settings, plain.policy, store, organisation=by_map), "2026-W28", MONDAY)
    assert "New has appeared: 10 crimes" in said["divisions"]
    assert "vanished" not in said["divisions"]


def test_officers_are_compared_with_the_directory_of_the_report_before(store: Store, tmp_path: Path) -> None:
    take(store, MONDAY, *crimes(16))
    staff(store, MONDAY, North=20, South=12)
    asked = reports(store, tmp_path)
    assert said_of(asked, "2026-W28", MONDAY) == {}
    assert "no earlier report holds the officers" in page(tmp_path, "2026-W28-board.html")
    later = MONDAY + timedelta(weeks=1)
    staff(store, later, North=10, South=12)
    assert said_of(asked, "2026-W29", later)["officers"].endswith("North has 10, and had 20.")
    staff(store, later + timedelta(days=2), North=11, South=13)
    assert said_of(asked, "2026-W29", later + timedelta(days=2)) == {}
    assert "as of 2026-07-29T05:30:00Z" in page(tmp_path, "2026-W29-board.html")
    staff(store, later + timedelta(days=4), North=99)
    assert [done.new for done in asked.publish(parse_period("2026-W29"), later + timedelta(days=4))] == [False]


def records(store: Store, refused: int, empty: int) -> None:
    old = crimes(14, 10)
    take(store, MONDAY - timedelta(weeks=3), *old)
    bad = [f'{{"crime_ref": "22A/R{n}/26"}}'.encode() for n in range(refused)]
    none = [crime(f"22A/E{n}/26", reported_at="2026-07-07T09:00:00Z", victims=[]) for n in range(empty)]
    new = crimes(1, 100 - refused - empty, first=2000, since=date(2026, 7, 6))
    take(store, at("2026-07-08 05:00"), *new, *bad, *none)
    take(store, MONDAY)


@pytest.mark.parametrize(("refused", "empty", "held"), [(9, 0, False), (9, 1, True), (0, 10, True)])
def test_records_unfit_for_a_rate_hold_the_report_from_the_configured_share_on(
    store: Store, tmp_path: Path, refused: int, empty: int, held: bool
) -> None:
    records(store, refused, empty)
    asked = reports(store, tmp_path)
    said = said_of(asked, "2026-W28", MONDAY)
    assert ("unfit" in said) is held
    text = said.get("unfit") or ""
    assert not held or f"Of 100 records that came since the week began, {refused + empty}" in text
    lenient = reports(store, tmp_path / "lenient", unfit_share=11)
    lenient.folder.mkdir(parents=True)
    assert "unfit" not in said_of(lenient, "2026-W28", MONDAY)


SUSPENDED = "Reports have been suspended since 18 July 2026 by mhill. The reason: The crime system is being replaced."


def suspend(asked: Reporting, until: str, now: datetime = MONDAY - timedelta(days=2)) -> None:
    asked.gate.suspend(date.fromisoformat(until), "The crime system is being replaced.", "mhill", now)


def weeks_of(made: Sequence[Any]) -> list[str]:
    return [done.path.name for done in made]


def test_no_report_is_published_until_the_last_day_of_a_suspension_is_over(store: Store, tmp_path: Path) -> None:
    take(store, MONDAY + timedelta(weeks=3), *crimes(18))
    asked = reports(store, tmp_path)
    suspend(asked, "2026-08-02")
    for now in (MONDAY, at("2026-07-27 05:30"), at("2026-08-02 22:59")):
        assert asked.publish_due(now) == []
    assert written(tmp_path) == ["2026-W28-suspended.html", "2026-W29-suspended.html"]
    notice = page(tmp_path, "2026-W28-suspended.html")
    assert "Suspended until 2 August 2026" in notice
    assert f"{SUSPENDED} None is published until 2 August 2026, that day included." in notice
    with pytest.raises(HeldError, match="suspended until 2 August 2026, that day included, by mhill"):
        asked.publish(WEEK_28, MONDAY)
    assert weeks_of(asked.publish_due(at("2026-08-02 23:00"))) == ["2026-W28-board.html", "2026-W29-board.html"]
    assert written(tmp_path) == ["2026-W28-board.html", "2026-W29-board.html"]


def test_readers_are_told_once_that_reports_are_suspended_and_once_that_they_are_not(
    store: Store, tmp_path: Path
) -> None:
    asked = reports(store, tmp_path, readers=["board@force.example"])
    suspend(asked, "2026-08-02")
    asked.publish_due(MONDAY)
    over = at("2026-08-03 05:00")
    for now in (over, over + timedelta(minutes=5)):
        reports(store, tmp_path, readers=["board@force.example"]).publish_due(now)
    begun, ended = told(store)
    assert begun.subject == "Keeping victims informed: reports are suspended until 2 August 2026"
    assert SUSPENDED in " ".join(begun.text.split())
    assert ended.subject == "Keeping victims informed: reports are published again"
    assert "The suspension of 18 July 2026 has ended as planned on 3 August 2026: reports are published again." in (
        " ".join(ended.text.split())
    )
    assert asked.gate.resume("mhill", over) is False
    assert len(told(store)) == 2


def test_a_person_ends_a_suspension_and_what_was_missed_is_published_in_order(store: Store, tmp_path: Path) -> None:
    take(store, MONDAY + timedelta(weeks=2), *crimes(18))
    asked = reports(store, tmp_path, readers=["board@force.example"])
    suspend(asked, "2026-12-31")
    later = MONDAY + timedelta(weeks=2)
    asked.publish_due(MONDAY)
    asked.publish_due(later)
    assert asked.gate.resume("ovale", later)
    assert not asked.gate.resume("ovale", later)
    assert weeks_of(asked.publish_due(later)) == [f"2026-W{week}-board.html" for week in (28, 29, 30)]
    assert [mail.subject for mail in told(store)][1] == "Keeping victims informed: reports are published again"
    assert "was ended by ovale on 3 August 2026" in " ".join(told(store)[1].text.split())


def test_another_suspension_takes_the_place_of_the_one_under_way_and_keeps_since_when(
    store: Store, tmp_path: Path
) -> None:
    asked = reports(store, tmp_path, readers=["board@force.example"])
    suspend(asked, "2026-07-26")
    asked.gate.suspend(date(2026, 8, 2), "It takes longer.", "ovale", MONDAY)
    claim = asked.gate.suspension(MONDAY)
    assert claim is not None
    assert (claim.since, claim.until, claim.about) == (date(2026, 7, 18), date(2026, 8, 2), "ovale")
    assert [mail.subject[-13:] for mail in told(store)] == [" 26 July 2026", "2 August 2026"]
    with pytest.raises(SettingsError, match="that day has passed"):
        suspend(asked, "2026-07-19", MONDAY)


def test_a_suspension_that_begins_while_a_report_is_made_stops_it(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(store, MONDAY, *crimes(15))
    asked = reports(store, tmp_path)
    find = Reporting._pass_gate

    def suspended_meanwhile(self: Reporting, *given: Any) -> Any:
        passed = find(self, *given)
        suspend(self, "2026-08-02")
        return passed

    monkeypatch.setattr(Reporting, "_pass_gate", suspended_meanwhile)
    assert asked.publish_due(MONDAY) == []
    assert published(store) == {}
    assert not list((tmp_path / "reports").glob("*board*"))
