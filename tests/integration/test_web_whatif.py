"""What if: another rule on a period, worked out beside the pages and shown as `compliance whatif` has it."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from time import monotonic, sleep

import msgspec
import pytest

from compliance.batch.whatif import WhatIf, whatif
from compliance.batch.whatif_settings import apply_settings, list_settings
from compliance.batch.whatif_text import percent
from compliance.policy import load_policy
from compliance.progress import WorkStep, watching
from compliance.service.answers import explaining
from compliance.service.answers.background_work import WHATIF, compare_policies
from compliance.service.answers.background_worker import work_in_background
from compliance.service.answers.explaining import stored_chunks
from compliance.store.kept.background_tasks import TaskState, claim_task, end_task, list_tasks, note_task
from compliance.web.roles import WebRole
from tests import stores
from tests.accesses import list_accesses
from tests.stores import crime, updates
from tests.traced_lists import asked as looking_up
from tests.traced_lists import compared
from tests.web_office import CRIMES, NORTH, Browser, WebOffice, later, open_web_office, records, words_of

CHANGE = {"key-1": "7-day.within.days", "value-1": "20"}
DAYS = {"first": "2026-07-01", "last": "2026-07-12"}
POLICIES = ("west-mercia", "hertfordshire", "victims-code-2006", "victims-code-2020")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[WebOffice]:
    with open_web_office(stores.new_migrated(lambda: f"sqlite:///{tmp_path}/compliance.db"), tmp_path) as opened:
        records(opened, crime("22A/711/26", updates=updates("2026-07-03"), officer_ref="n1a", **NORTH))
        yield opened


@pytest.fixture
def analyst(office: WebOffice) -> Browser:
    return office.browser(WebRole.PERFORMANCE)


def numbers_of(page: str) -> dict[tuple[str, str], list[str]]:
    """The rows of the tables: the cells by division and by whose rule."""
    found = re.findall(r'<th scope="row">([^<]*)</th>\s*<td class="words"[^>]*>([^<]*)</td>(.*?)</tr>', page, re.DOTALL)
    return {(name, by): re.findall(r'<td class="number"[^>]*>([^<]*)</td>', rest) for name, by, rest in found}


def test_another_rule_is_worked_out_and_shown_as_the_command_has_it(office: WebOffice, analyst: Browser) -> None:
    store, policy = office.service.store, office.service.policy
    with work_in_background(office.service):
        path = analyst.post("/whatif", **DAYS, **CHANGE).headers["location"]
        until, page = monotonic() + 60, "Look again"
        while "Look again" in page and monotonic() < until:
            page = analyst.get(path).text
            sleep(0.1)
    changed = apply_settings(policy, ["7-day.within.days=20"])
    period = (date(2026, 7, 1), date(2026, 7, 12))
    expected = whatif(stored_chunks(store, None), policy, changed, period, office.now)
    assert expected.moved == 7
    assert f"{expected.moved} of 7 obligations changed state, 0 kept it" in words_of(page)
    line = expected.figures[0].lines[0]
    assert line.before
    assert line.before.of == 7
    before = [
        str(n) for n in (line.before.of, line.before.met, line.before.late, line.before.overdue, line.before.missed)
    ]
    shown = re.search(r"<caption[^>]*>7-day.*?</table>", page, re.DOTALL)
    assert shown
    assert numbers_of(shown[0])["All", "the policy"] == [*before, percent(line.before.rate), ""]
    assert numbers_of(shown[0])["All", "the changed one"] == ["0", "0", "0", "0", "0", "n/a", ""]
    assert {name for name, _ in numbers_of(shown[0])} == {"All", "North", "South"}
    examples = [each.crime_ref for each in expected.changes[0].examples]
    assert all(f">{ref}</a>, victim V1, cycle 1" in page for ref in examples)
    assert set(list_accesses(store)[-1].crimes) >= set(examples), "what is shown is logged"
    assert "7-day.within.days=20" in words_of(page)
    assert "done" in words_of(analyst.get("/whatif").text)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (DAYS | {"first": ""} | CHANGE, "Enter the first day."),
        ({"first": "", "last": ""}, "Enter the first day. Enter the last day. Choose what the other rule changes."),
        (DAYS | {"last": "2026-06-01"} | CHANGE, "The last day is before the first"),
        (DAYS, "Choose what the other rule changes."),
        (DAYS | {"key-1": "7-day.within.days", "value-1": "soon"}, "soon"),
        (DAYS | {"key-1": "28-day.after", "value-1": "no-such"}, "no-such"),
        (DAYS | CHANGE | {"key-2": "calendar", "value-2": "x"}, "Choose one of the keys of the policy."),
        (DAYS | CHANGE | {"value-2": "9"}, "Choose the key that gets this value."),
    ],
)
def test_what_is_wrong_with_what_was_filled_in_is_said_and_nothing_begins(
    office: WebOffice, analyst: Browser, form: dict[str, str], words: str
) -> None:
    answer = analyst.post("/whatif", **form)
    assert answer.status_code == 400
    assert "There is a problem" in answer.text
    assert words in words_of(answer.text)
    assert "--set" not in answer.text
    assert list_tasks(office.service.store, WHATIF, 10, office.now) == []
    for name, value in form.items():
        if name.startswith("value") and value:
            assert f'value="{value}"' in answer.text, "what was filled in is still there"


@pytest.mark.parametrize("name", POLICIES)
def test_the_form_offers_every_key_with_its_value_now(name: str) -> None:
    """Given back as it is, a value changes nothing."""
    policy = load_policy(name)
    offered = list_settings(policy)
    assert len({key for key, _ in offered}) == len(offered) > 20
    said = [f"{key}={value}" for key, value in offered if value]
    assert apply_settings(policy, said) == policy
    assert ("counted_outcomes", "informed") in offered
    assert not any(key.endswith(("title", "source", "calendar", ".id")) for key, _ in offered)


def test_how_far_it_is_is_shown_and_what_is_under_way_before_it(office: WebOffice, analyst: Browser) -> None:
    looking_up(office, "2026-W27", None)
    store, path = office.service.store, analyst.post("/whatif", **DAYS, **CHANGE).headers["location"]
    assert "It waits: 1 other before it" in words_of(analyst.get(path).text), "one at a time, whatever it is"
    assert "waits" in words_of(analyst.get("/whatif").text)
    (other,) = list_tasks(store, "cases", 1, office.now)
    end_task(store, other, office.now, TaskState.FAILED, None, "no")
    task = claim_task(store, office.now)
    assert task
    note_task(store, task, office.now, 20_000, 131_000)
    assert "since 12:00:00. 20,000 of 131,000 crimes are done" in words_of(analyst.get(path).text)


def test_what_a_restart_interrupted_says_so_and_can_be_worked_out_once_more(
    office: WebOffice, analyst: Browser
) -> None:
    path = analyst.post("/whatif", **DAYS, **CHANGE).headers["location"]
    claim_task(office.service.store, office.now)
    later(office, minutes=2)
    assert "It was interrupted before it was done" in words_of(analyst.get(path).text)
    assert "interrupted" in words_of(analyst.get("/whatif").text)
    again = analyst.post(path).headers["location"]
    assert again != path
    first, second = list_tasks(office.service.store, WHATIF, 10, office.now)
    assert (first.asked, first.state) == (second.asked, TaskState.WAITING)
    assert analyst.post(again).headers["location"] == again, "what is under way is not begun twice"


def test_the_last_runs_are_listed_the_newest_first(office: WebOffice, analyst: Browser) -> None:
    compared(office, list(CRIMES.values()))
    analyst.post("/whatif", **DAYS, **CHANGE, **{"key-2": "late_entry_days", "value-2": "5"})
    said = words_of(analyst.get("/whatif").text)
    assert said.index("7-day.within.days=20, late_entry_days=5") < said.index("7-day.within.days=10")
    assert "20 July 2026, 12:00:00, by an.analyst" in said


@pytest.mark.parametrize("number", ["0", "99", "x", "-1"])
def test_a_number_of_no_comparison_is_not_there(office: WebOffice, analyst: Browser, number: str) -> None:
    looking_up(office, "2026-W27", None)
    assert analyst.get(f"/whatif/{number}").status_code == 404
    assert analyst.get("/whatif/1").status_code == 404, "the task of another kind"
    assert analyst.post(f"/whatif/{number}").status_code == 404


@pytest.mark.parametrize("role", [role for role in WebRole if role is not WebRole.PERFORMANCE])
def test_it_is_for_the_performance_team_alone(office: WebOffice, role: WebRole) -> None:
    task, browser = compared(office, list(CRIMES.values())), office.browser(role)
    assert "What if" not in browser.get("/policy").text
    for answer in (
        browser.get("/whatif"),
        browser.get(f"/whatif/{task.id}"),
        browser.post("/whatif", **DAYS, **CHANGE),
    ):
        assert answer.status_code == 403
        assert not any(ref in answer.text for ref in CRIMES.values())
    assert len(list_tasks(office.service.store, WHATIF, 10, office.now)) == 1


def test_stored_crimes_are_compared_some_at_a_time_with_the_same_answer(
    office: WebOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = """{"first":"2026-07-01","last":"2026-07-12","changes":["7-day.within.days=20"],"as_at":"2026-07-20T11:00:00Z"}"""
    whole = msgspec.json.decode(compare_policies(office.service, question), type=WhatIf)
    monkeypatch.setattr(explaining, "CHUNK", 3)
    told: list[WorkStep] = []
    with watching(told.append):
        parts = compare_policies(office.service, question)
    assert msgspec.json.decode(parts, type=WhatIf) == whole
    assert [(step.done, step.of) for step in told] == [(0, 7), (3, 7), (6, 7)]


def test_the_form_begins_with_the_last_whole_week(analyst: Browser) -> None:
    page = analyst.get("/whatif").text
    assert re.findall(r'type="date" value="([^"]*)"', page) == ["2026-07-13", "2026-07-19"], "today is Monday the 20th"


def test_a_wrong_value_is_said_at_its_field_without_the_path_of_the_policy(office: WebOffice, analyst: Browser) -> None:
    wrong = {"key-2": "7-day.same_day", "value-2": "perhaps"}
    page = analyst.post("/whatif", **DAYS, **CHANGE, **wrong).text
    assert '<a href="#value-2">' in page
    assert 'id="value-2-error"' in page
    assert "counts" in words_of(page)
    assert str(office.service.policy.path.parent) not in page
