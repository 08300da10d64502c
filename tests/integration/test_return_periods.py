"""What a return knows of victims and records, and when (statistics 1.2, 1.2a, A8)."""

from contextlib import closing
from pathlib import Path

from compliance.records.characteristics import Characteristics
from compliance.store import Store, migrate
from compliance.store.receiving.victim_characteristics import read_characteristics
from tests import stores
from tests.return_forces import DEFINITION, Force, crimes, equal, force, unequal
from tests.stores import at, crime, on_both, take

__all__ = ["force"]
new_database = stores.one_database


@on_both
def test_characteristics_are_as_known_when_the_period_was_settled(force: Force) -> None:
    """A correction that came later changes nothing of the return (statistics 1.2a, A8)."""
    corrected = next(crimes(unequal))
    corrected["victims"] = [{"victim_ref": "V1", "sex": "M"}]
    force.made()
    before = force.written("json").read_bytes()
    force.holds(corrected, now="2025-08-20 05:00")
    force.made()
    assert force.written("json").read_bytes() == before
    with closing(Store.open(force.url)) as store:
        assert read_characteristics(store, crime_ref="22A/0/25") == [("22A/0/25", Characteristics("V1", sex="M"))]


@on_both
def test_a_characteristic_that_was_kept_only_later_is_as_it_was_first_read(
    tmp_path: Path, new_database: stores.NewDatabase
) -> None:
    """The setting names sex weeks after the month was settled; a correction after that changes nothing (A8)."""
    url = new_database()
    migrate(url)
    force = Force(tmp_path, url)
    with closing(Store.open(url)) as store:
        take(store, at("2025-08-11 05:00"), *crimes(unequal))
    assert "  look at sex: of nobody is anything recorded that the return has a group for" in force.made()
    force.holds(*crimes(unequal), now="2025-09-01 05:00")
    assert "  a new version" in force.made()
    assert force.lines(2)["first-update", "Sex", "female"]["count"] == "180"
    said = "Sex has been kept only since 1 September 2025: here as first read then (statistics A8)."
    assert said in force.written("html", 2).read_text("utf-8")
    corrected = next(crimes(unequal))
    corrected["victims"] = [{"victim_ref": "V1", "sex": "M"}]
    force.holds(corrected, now="2025-09-08 05:00")
    assert "  unchanged: it says what that version says" in force.made()


def test_what_no_group_takes_and_a_group_of_nobody_are_told(force: Force) -> None:
    assert not [line for line in force.made() if line.startswith("  look at")]
    force.define(DEFINITION.replace('"female" = ["F"]', '"female" = ["f"]'))
    told = [line for line in force.made() if line.startswith("  look at")]
    assert told == [
        "  look at sex: values in no group, counted as not recorded: 'F' of 200 victims",
        "  look at sex: nobody is in female",
    ]


def test_a_return_says_what_the_records_do_not_reach_back_to(force: Force) -> None:
    """This force was first read on 11 August, after the month was settled; its records begin in January."""
    force.made()
    page = force.written("html").read_text("utf-8")
    assert "The crime system had not been read by then." in page
    assert "The records begin on" not in page
    text = force.settings.read_text("utf-8").replace("records_begin = 2025-01-06", "records_begin = 2025-07-07")
    force.settings.write_text(text, "utf-8")
    force.made()
    assert "The records begin on 7 July 2025" in force.written("html", 2).read_text("utf-8")


def test_a_return_of_a_month_that_was_read_says_nothing_of_that(
    tmp_path: Path, new_database: stores.NewDatabase
) -> None:
    url = new_database()
    migrate(url)
    force = Force(tmp_path, url)
    force.holds(*crimes(equal), now="2025-07-20 05:00")
    force.holds(crime("22A/800/25", reported_at="2025-08-09T08:00:00Z"))
    force.made()
    assert "had not been read by then" not in force.written("html").read_text("utf-8")
