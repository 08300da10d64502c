"""The page on the policy: for every role, made from the file, with examples, and which policy was in use since when."""

import pytest

from compliance.policy import load_policy
from compliance.policy.differences import describe_differences
from compliance.policy.in_words import describe_common, describe_requirement
from compliance.reports.periods.periods import parse_period
from compliance.reports.publishing.policy_history import list_policy_uses
from compliance.store import Store, judge_due
from compliance.web.roles import WebRole
from tests import stores, web_office
from tests.stores import at, crime, take
from tests.web_office import WebOffice, later, words_of

new_database, database_url, store = stores.one_database, stores.database_url, stores.store
WEST_MERCIA, HERTFORDSHIRE = load_policy("west-mercia"), load_policy("hertfordshire")


office = web_office.office


def test_every_role_reads_the_policy_in_force_in_plain_english(office: WebOffice) -> None:
    policy = office.service.policy
    pages = [words_of(office.browser(role).get("/policy").text) for role in WebRole]
    assert len(set(pages)) == 1
    said = pages[0]
    assert f"{policy.title}. {policy.source} In use since 20 July 2026." in said
    sentences = [each for asked in policy.requirement for each in describe_requirement(policy, asked)]
    for each in (*sentences, *describe_common(policy)):
        assert f"{each.matter} {each.text[0].upper()}{each.text[1:]} ({each.clause})" in said
    assert said.count("A worked example") == len(policy.requirement)
    assert "7-day: met (due 8 July 2026, met 6 July 2026)" in said
    assert "3.3 an update on the day of the report" in said, "each clause that is cited, once, with what it is about"
    assert (
        "20 July 2026 West Mercia force policy on keeping victims informed The first by which the service judged."
        in said
    )


def test_a_change_of_policy_is_said_with_what_it_asks_differently(
    office: WebOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a policy asked is kept with the reports that were published by it (statistics section 5)."""
    monkeypatch.setattr("compliance.service.report_jobs.release_evidence.try_examples", lambda _: (173, ()))
    service = office.service
    service.report(parse_period("2026-W28"), ("board",), ("json",))
    judge_due(service.store, HERTFORDSHIRE, later(office, minutes=1))
    said = words_of(office.browser(WebRole.BOARD).get("/policy").text)
    assert "It is in use as soon as the service judges by it, which it does not yet." in said
    assert f"20 July 2026 {HERTFORDSHIRE.title} What changed is not known" in said
    judge_due(service.store, service.policy, later(office, minutes=1))
    newest, middle, first = list_policy_uses(service.store, HERTFORDSHIRE)
    assert (newest.title, middle.title, first.is_first) == (WEST_MERCIA.title, HERTFORDSHIRE.title, True)
    assert middle.differences == describe_differences(WEST_MERCIA, HERTFORDSHIRE)
    assert newest.differences == describe_differences(HERTFORDSHIRE, WEST_MERCIA)


def test_the_policies_are_listed_the_newest_first_with_what_is_known_of_each_change(store: Store) -> None:
    take(store, at("2026-07-01 09:00"), crime())
    assert list_policy_uses(store, WEST_MERCIA) == []
    stricter = WEST_MERCIA.with_values(owed_after_close_days=29)
    for day, policy in ((2, WEST_MERCIA), (3, stricter), (4, stricter), (5, HERTFORDSHIRE)):
        judge_due(store, policy, at(f"2026-07-0{day} 09:00"))
    uses = list_policy_uses(store, stricter)
    assert [(use.since.day, use.is_first, use.differences) for use in uses] == [
        (5, False, None),
        (3, False, None),
        (2, True, None),
    ]
