"""Words of a policy that the force's own records never have: what the policy waits for may never come (rules A4)."""

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

from compliance.config import load_settings
from compliance.policy import Policy, parse_policy
from compliance.service.check.record_checks import look_at_records
from compliance.store import Store, latest_crimes
from tests import stores
from tests.engine import RULES, shipped
from tests.stores import at, crime, take

new_database, database_url, store = stores.new_database, stores.database_url, stores.store

ARRESTED = {"event_ref": "E1", "kind": "suspect_arrested", "at": "2026-07-03T12:00:00Z"}
NOW = at("2026-07-10 06:00")


def policy(**requirement: Any) -> Policy:
    """West Mercia's, with one more requirement, and a method that counts."""
    data = deepcopy(shipped("west-mercia")[1]) | {"counted_methods": ["phone", "telegram"], "exempt_victims": []}
    more = {"id": "more", "title": "t", "source": "s", "clock": "reported", "within": {"days": 5}}
    data["requirement"].append(more | requirement)
    return parse_policy(data, RULES / "mine.toml")


def said(url: str, tmp_path: Path, under: Policy) -> dict[str, tuple[str, ...]]:
    config = tmp_path / "config.toml"
    text = (RULES.parent / "config.toml").read_text("utf-8")
    config.write_text(re.sub(r'(?m)^(\[database\](?:\n.*)*?\nurl = )".*"', rf'\1"{url}"', text), "utf-8")
    settings = load_settings(config)
    assert settings.database_url == url
    found = look_at_records(settings, under, NOW)
    return {each.what: each.notes for each in found if each.what.startswith("words of")}


def test_a4_each_word_that_no_record_has_is_named_with_the_nearest_that_one_has(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    take(store, NOW, crime(offence="Robbery", events=[ARRESTED]), crime("22A/2/26", offence="Fraud"))
    under = policy(clock="event:suspect_arested", only_for=["enhanced"], only_offences=["Fraud", "Roberry"])
    ((what, notes),) = said(database_url, tmp_path, under).items()
    assert what == "words of mine.toml in the 2 crimes last received"
    assert notes == (
        "counted_outcomes: the outcome 'informed' is in none of them",
        "counted_methods: the method 'phone' is in none of them",
        "counted_methods: the method 'telegram' is in none of them",
        "requirement 'more': only_for: the category 'enhanced' is in none of them",
        "requirement 'more': only_offences: the offence group 'Roberry' is in none of them; did you mean 'Robbery'?",
        "requirement 'more': clock: the event kind 'suspect_arested' is in none of them; did you mean 'suspect_arrested'?",
    )


def test_a4_nothing_is_said_of_words_that_occur_nor_without_records(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    under = policy(clock="event:suspect_arrested", except_for=["standard"], except_offences=["Robbery"])
    assert said(database_url, tmp_path, under) == {}
    rung = {"update_ref": "U1", "at": "2026-07-03T12:00:00Z", "outcome": "informed", "method": "phone"}
    sent = rung | {"update_ref": "U2", "method": "telegram"}
    take(store, NOW, crime(offence="Robbery", events=[ARRESTED], updates=[rung, sent]))
    assert said(database_url, tmp_path, under) == {"words of mine.toml in the one crime received": ()}


def test_the_crimes_last_received_come_first(store: Store) -> None:
    for hour in (6, 8, 7):
        take(store, at(f"2026-07-10 {hour:02}:00"), crime(f"22A/{hour}/26"))
    assert [each.crime_ref for each in latest_crimes(store, 2)] == ["22A/8/26", "22A/7/26"]
