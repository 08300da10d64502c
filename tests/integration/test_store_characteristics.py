"""Characteristics of victims in the store: apart from the records, as known at any instant, gone with their crime and
with the setting that named them (records A7)."""

from typing import Any

import pytest

from compliance.records.characteristics import Characteristics
from compliance.store import RetentionPeriods, Store, apply_retention, load_crimes
from compliance.store.database.recent_records import RecentRecords
from compliance.store.receiving.quarantine import Refused, update_quarantine
from compliance.store.receiving.retry import retry_quarantined
from compliance.store.receiving.victim_characteristics import (
    count_characteristics,
    read_characteristics,
    remove_characteristics,
)
from compliance.store.tables import CRIME_VERSION, VICTIM_CHARACTERISTICS
from tests import stores
from tests.engine import shipped
from tests.stores import SOURCE, at, crime, raws, rows, take

new_database, database_url = stores.new_shared_database, stores.database_url
store = stores.store

FIRST, SECOND, THIRD = at("2026-07-02 06:00"), at("2026-07-03 06:00"), at("2026-07-04 06:00")
KEPT = ("age_band", "sex")


@pytest.fixture
def keeping(store: Store) -> Store:
    store.recent = RecentRecords(characteristics=KEPT)
    return store


def of(sex: str | None, age_band: str | None = "25-34", **fields: Any) -> dict[str, Any]:
    said = {"sex": sex, "age_band": age_band, "ethnicity": "W1"}
    return crime(victims=[{"victim_ref": "V1"} | {name: value for name, value in said.items() if value}], **fields)


def test_what_the_settings_name_is_stored_apart_from_the_record(keeping: Store) -> None:
    take(keeping, FIRST, of("F"))
    assert read_characteristics(keeping) == [("22A/1/26", Characteristics("V1", "25-34", "F"))]
    (held,) = load_crimes(keeping, ["22A/1/26"])
    (victim,) = held.victims or []
    assert (victim.victim_ref, victim.sex, victim.age_band, victim.ethnicity) == ("V1", None, None, None)


def test_without_the_setting_nothing_is_stored(store: Store) -> None:
    take(store, FIRST, of("F"))
    assert rows(store, VICTIM_CHARACTERISTICS) == []


def test_a_change_of_them_alone_is_stored_and_no_version_of_the_record(keeping: Store) -> None:
    take(keeping, FIRST, of("F"))
    take(keeping, SECOND, of("M"))
    take(keeping, THIRD, of("M"))
    assert rows(keeping, CRIME_VERSION) == []
    known = {now: read_characteristics(keeping, now) for now in (at("2026-07-01 06:00"), FIRST, SECOND, THIRD)}
    sexes = [[said.sex for _, said in each] for each in known.values()]
    assert sexes == [[], ["F"], ["M"], ["M"]]
    assert len(rows(keeping, VICTIM_CHARACTERISTICS)) == 2


def test_what_is_withdrawn_stands_no_longer(keeping: Store) -> None:
    take(keeping, FIRST, of("F"))
    take(keeping, SECOND, of(None, None))
    assert read_characteristics(keeping) == []
    assert len(read_characteristics(keeping, FIRST)) == 1


def test_an_older_record_changes_nothing(keeping: Store) -> None:
    take(keeping, FIRST, of("F", changed_at="2026-07-02T05:00:00Z"))
    take(keeping, SECOND, of("M", changed_at="2026-07-01T05:00:00Z"))
    assert [said.sex for _, said in read_characteristics(keeping)] == ["F"]


def test_a_refused_record_that_is_accepted_later_brings_them(keeping: Store) -> None:
    (raw,) = raws([of("F")])
    with keeping.writing() as connection:
        refused = Refused(raw, "22A/1/26", "an earlier version refused it", None, stands=True)
        update_quarantine(connection, SOURCE, {}, [refused], FIRST)
    assert retry_quarantined(keeping, SECOND).taken == 1
    assert [said.sex for _, said in read_characteristics(keeping)] == ["F"]


def test_they_are_removed_with_their_crime(keeping: Store) -> None:
    closed = [{"at": "2026-07-01T10:00:00Z", "status": "closed"}]
    take(keeping, FIRST, of("F", status=closed), of("M", crime_ref="22A/2/26"))
    local = shipped("west-mercia")[0].local
    assert apply_retention(keeping, RetentionPeriods("remove", 30, local), at("2026-10-01 06:00")) == 1
    assert [ref for ref, _ in read_characteristics(keeping)] == ["22A/2/26"]
    take(keeping, at("2026-10-02 06:00"), of("F", status=closed))
    assert [ref for ref, _ in read_characteristics(keeping)] == ["22A/2/26"], "a crime that was removed comes back"


def test_what_the_settings_no_longer_name_is_removed_from_all_that_is_stored(keeping: Store) -> None:
    take(keeping, FIRST, of("F"), of("M", None, crime_ref="22A/2/26"))
    take(keeping, SECOND, of("M"))
    assert (count_characteristics(keeping, KEPT), remove_characteristics(keeping, KEPT)) == (0, 0)
    assert (count_characteristics(keeping, ("age_band",)), remove_characteristics(keeping, ("age_band",))) == (3, 3)
    assert {row[0] for row in rows(keeping, VICTIM_CHARACTERISTICS, "sex")} == {None}
    assert [ref for ref, _ in read_characteristics(keeping)] == ["22A/1/26"]
    remove_characteristics(keeping, ())
    assert rows(keeping, VICTIM_CHARACTERISTICS) == []
