"""Units over time (decision 0031): a rename, a merger and a split in a played force change no figure of the units that
stayed, and none is lost."""

import copy
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace as with_fields

from compliance.errors import SettingsError
from compliance.policy import judge, load_policy
from compliance.records import columns, convert_crime
from compliance.reports.catalogue.editions import public
from compliance.reports.figure_rows import rows
from compliance.reports.judging.judged import ReportOptions
from compliance.reports.judging.sources import GivenRecords, map_records
from compliance.reports.model.report_model import FormerMap
from compliance.reports.organisation import Organisation
from compliance.reports.periods.periods import parse_period
from compliance.reports.pieces.parts import Table
from compliance.reports.rendering.forms import form
from compliance.reports.sections import report_of
from compliance.reports.tracing import Edition, cases
from tests import stores
from tests.reading_back import in_pdf, missing, words_of
from tests.reorganised import (
    BEFORE,
    DAY,
    HEREFORD,
    NORTH,
    SOUTH,
    STAYED,
    WEEK,
    divisions,
    entry,
    figures,
    force,
    named,
    numbers,
    the_map,
)
from tests.reporting import reporting
from tests.stores import at, crime, take

new_database, database_url, store = stores.new_database, stores.database_url, stores.store


def test_a_renamed_division_keeps_every_number_of_its_history(tmp_path: Path) -> None:
    def renamed(division: str, team: str) -> tuple[str, str]:
        return ("Wyre" if division == NORTH else division), team

    text = divisions(STAYED) + entry("division", name=NORTH, until=BEFORE, became=["Wyre"])
    found = figures(named(renamed, DAY), the_map(tmp_path, text + f'[[division]]\nname = "Wyre"\nfrom = {DAY}\n'))
    assert numbers(found) == numbers(figures(named(renamed))), "as if it had always been called so"
    stayed = {key: value for key, value in numbers(figures(force())).items() if NORTH not in key[0]}
    assert stayed.items() <= numbers(found).items(), "no number of the others is another"
    without = numbers(figures(named(renamed, DAY)))
    assert f"trailing.7-day/{NORTH}" in {figure for figure, _ in without}, "without a map it is two divisions"
    assert numbers(found) != without


def test_a_merger_adds_up_and_loses_nothing(tmp_path: Path) -> None:
    def merged(division: str, team: str) -> tuple[str, str]:
        return ("Worcestershire" if division in (NORTH, SOUTH) else division), team

    text = divisions() + "".join(
        entry("division", name=name, until=BEFORE, became=["Worcestershire"]) for name in (NORTH, SOUTH)
    )
    found = figures(
        named(merged, DAY), the_map(tmp_path, text + f'[[division]]\nname = "Worcestershire"\nfrom = {DAY}\n')
    )
    assert numbers(found) == numbers(figures(named(merged)))
    for now, then in zip(found.requirements, figures(force()).requirements, strict=True):
        parts = [each.trailing for each in then.divisions if each.name in (NORTH, SOUTH)]
        (whole,) = [each.trailing for each in now.divisions if each.name == "Worcestershire"]
        if whole:
            assert whole.share.of == sum(part.share.of for part in parts if part)
            assert whole.share.count == sum(part.share.count for part in parts if part)


def new_half(division: str, team: str) -> tuple[str, str]:
    """A division is split: its neighbourhood teams of even numbers are in one half, the others in the other."""
    return (("Evesham" if team[-1:] in "02468" else "Malvern") if division == SOUTH else division), team


def split_map() -> str:
    teams = sorted({(a["division"], a["team"]) for r in force() for a in (*r["allocations"], r) if "team" in a})
    text = divisions(entry("division", name=NORTH)) + entry(
        "division", name=SOUTH, until=BEFORE, became=["Evesham", "Malvern"]
    )
    text += "".join(f'[[division]]\nname = "{name}"\nfrom = {DAY}\n' for name in ("Evesham", "Malvern"))
    for division, team in teams:
        if division != SOUTH:
            text += entry("team", name=team, division=division)
        else:
            text += entry("team", name=team, division=SOUTH, until=BEFORE)
            text += f'[[team]]\nname = "{team}"\ndivision = "{new_half(division, team)[0]}"\nfrom = {DAY}\n'
    return text


def test_a_split_division_is_parted_by_team_in_the_weeks_before_it_too(tmp_path: Path) -> None:
    by_map = the_map(tmp_path, split_map())
    found = figures(named(new_half, DAY), by_map)
    assert numbers(found) == numbers(figures(named(new_half)))
    for half in ("Evesham", "Malvern"):
        own = figures(named(new_half, DAY), by_map, half)
        assert numbers(own) == numbers(figures(named(new_half), division=half)), "and in an edition of its own"


def test_totals_over_the_divisions_are_those_of_the_force(tmp_path: Path) -> None:
    found = figures(named(new_half, DAY), the_map(tmp_path, split_map()))
    for requirement in found.requirements:
        if not requirement.event:
            whole = requirement.week.rate.share
            assert sum(each.week.share.of for each in requirement.divisions) == whole.of
            assert sum(each.week.share.count for each in requirement.divisions) == whole.count


def test_the_period_before_a_reorganisation_is_by_the_map_of_then(tmp_path: Path) -> None:
    """The map in force at the period's end: W18 ended on the day before."""
    by_map = the_map(tmp_path, split_map())
    found = figures(named(new_half, DAY), by_map, period=parse_period("2026-W18"))
    assert numbers(found) == numbers(figures(force(), period=parse_period("2026-W18")))


def test_after_a_reorganisation_divisions_are_shown_by_both_maps_for_four_weeks(tmp_path: Path) -> None:
    by_map = the_map(tmp_path, split_map())
    shown = {}
    for week in ("2026-W18", "2026-W19", "2026-W22", "2026-W23"):
        found = figures(named(new_half, DAY), by_map, period=parse_period(week))
        shown[week] = [each.former for each in found.requirements if isinstance(each.former, FormerMap)]
        assert not any(row.figure.startswith("former") for row in rows(public(found))), "small counts would follow"
        for former, requirement in zip(shown[week], found.requirements, strict=False):
            assert former.until == BEFORE
            then = figures(force(), period=parse_period(week)).requirements
            (own,) = [each for each in then if each.id == requirement.id]
            assert [(each.name, each.share) for each in former.divisions] == [
                (each.name, each.week.share) for each in own.divisions if each.week.share.of
            ]
    assert {week: bool(former) for week, former in shown.items()} == {
        "2026-W18": False, "2026-W19": True, "2026-W22": True, "2026-W23": False,
    }  # fmt: skip


def test_the_former_map_stands_beside_the_new_one_in_every_form(tmp_path: Path) -> None:
    """The table of the divisions as they were, with the numbers of its figures; last on the day before the new ones."""
    found = figures(named(new_half, DAY), the_map(tmp_path, split_map()), period=parse_period("2026-W19"))
    told = report_of(found)
    (table,) = (part for part in told.section("divisions").parts
                if isinstance(part, Table) and part.id == "former-divisions-7-day")  # fmt: skip
    assert table.caption == "7-day rate in the week, by the divisions as they were until 3 May 2026"
    former = [row for row in rows(found) if row.figure.startswith("former-division.7-day/")]
    assert len(former) > 1
    assert [[run.value for run in cell.text if run.value is not None] for row in table.rows for cell in row[1:3]] == [
        values for row in former for values in ([row.numbers["count"], row.numbers["of"]], [row.numbers["rate"]])
    ]
    assert missing(words_of(told), in_pdf(form(found, "pdf"), told)) == []
    page = form(found, "html").decode()
    assert table.caption in page
    assert table.caption not in form(public(found), "html").decode(), "small counts would follow"


def test_a_former_division_has_its_cases(tmp_path: Path) -> None:
    period, by_map = parse_period("2026-W19"), the_map(tmp_path, split_map())
    found = figures(named(new_half, DAY), by_map, period=period)
    given = GivenRecords("f", columns([convert_crime(record) for record in named(new_half, DAY)]))
    source = map_records(given, by_map, period.last)
    edition = Edition(source, load_policy("west-mercia"), period, ReportOptions(organisation=by_map))
    traced = [row for row in rows(found) if row.figure.startswith("former-division")]
    assert traced
    for row in traced:
        answer = cases(edition, row.figure)
        assert (answer.counted, answer.of) == (row.numbers["count"], row.numbers["of"])
    with pytest.raises(SettingsError, match="no reorganisation took place in 2026-W23"):
        cases(edition.of_period(WEEK), f"former-division.7-day/{SOUTH}")


def test_an_unknown_division_and_an_unknown_team_are_listed_and_are_no_unit_of_their_own(tmp_path: Path) -> None:
    """Rules section 8: never silently dropped. Their crimes stay in the figures of the force."""
    made = copy.deepcopy(force())
    strange = [record for record in made if record.get("division") == HEREFORD][:30]
    for number, record in enumerate(strange):
        name = {"division": "Herefrod"} if number % 2 else {"team": "Team of nobody"}
        for part in (record, *record["allocations"]):
            part.update(name | ({"team": "Nobody either"} if number % 2 else {}))
    by_map = the_map(tmp_path, split_map())
    found = figures(made, by_map)
    quality = {item.key: item.held for item in found.quality}
    assert quality["unknown-division"] == quality["unknown-division/Herefrod"] == 15
    assert quality["unknown-team"] == 30
    assert quality["unknown-team/Team of nobody"] == quality["unknown-team/Nobody either"] == 15
    told = {item.key.partition("/")[0] for item in public(found).quality}
    assert not {"unknown-division", "unknown-team"} & told, "a name could be anything"
    units = {each.name for requirement in found.requirements for each in requirement.divisions}
    assert "Herefrod" not in units
    for now, then in zip(found.requirements, figures(made).requirements, strict=True):
        assert now.week == then.week
        assert sum(each.week.share.of for each in now.divisions) in (0, now.week.rate.share.of)
    source = map_records(GivenRecords("f", columns([convert_crime(r) for r in made])), by_map, WEEK.last)
    edition = Edition(source, load_policy("west-mercia"), WEEK, ReportOptions(organisation=by_map))
    answer = cases(edition, "quality.unknown-division/Herefrod:held")
    assert sorted(case.crime_ref for case in answer.cases) == sorted(r["crime_ref"] for r in strange[1::2])
    assert not {"unknown-division", "unknown-team"} & {item.key for item in figures(made).quality}, "without a map"


def test_a_verdict_does_not_hang_on_the_map(tmp_path: Path) -> None:
    given = GivenRecords("f", columns([convert_crime(record) for record in force()]))
    policy, instant = load_policy("west-mercia"), WEEK.settling_instant(load_policy("west-mercia").local)
    mapped = map_records(given, the_map(tmp_path, split_map()), WEEK.last)
    plain, by_map = (
        judge(source.records_known(instant).columns, policy, instant, instant) for source in (given, mapped)
    )
    hidden = [plain.table().drop_columns(["division", "team"]), by_map.table().drop_columns(["division", "team"])]
    assert hidden[0].equals(hidden[1])
    assert not plain.table().equals(by_map.table())


def test_a_report_notes_the_map_and_is_traced_by_the_one_it_was_made_by(store: Any, tmp_path: Path) -> None:
    """As it notes its policy: what is asked a year later is answered by the map of then."""
    made = [
        crime(f"22A/{number}/26", reported_at="2026-07-01T09:00:00Z", division="N", team="T") for number in range(12)
    ]
    take(store, at("2026-07-28 05:00"), *made)
    own = with_map(reporting(store, tmp_path, editions=["board"], forms=["csv"]),
                   the_map(tmp_path, '[[division]]\nname = "North"\nspellings = ["N"]\n'))  # fmt: skip
    (first,) = own.publish(parse_period("2026-W28"), at("2026-07-28 06:00"))
    assert "division.7-day/North" in first.path.read_text("utf-8")
    other = with_map(own, the_map(tmp_path, '[[division]]\nname = "Nord"\nspellings = ["N"]\n'))
    answer, said = other.cases(parse_period("2026-W28"), "division.7-day/North")
    assert (answer.of, said) == (12, ", as published")
    (again,) = other.publish(parse_period("2026-W28"), at("2026-07-28 06:00"))
    assert again.changed == ("the organisation", "the figures")
    assert "division.7-day/Nord" in again.path.read_text("utf-8")
    third = with_map(own, the_map(tmp_path, '[[division]]\nname = "Norte"\nspellings = ["N"]\n'))
    restated = third.publish(parse_period("2026-W29"), at("2026-07-28 06:00"))[0].path.read_text("utf-8")
    assert "restated.7-day/2026-W28/now" in restated
    assert "restated.7-day/2026-W28/Nor" not in restated, "divisions of two maps are not laid beside each other"


def with_map(found: Any, organisation: Organisation) -> Any:
    return type(found)(found.settings, found.policy, found.store, found.attempts, organisation)


def test_without_a_map_nothing_says_that_there_could_be_one() -> None:
    found = figures(force())
    assert found.basis.organisation_digest is UNSET
    assert all(requirement.former is UNSET for requirement in found.requirements)
    assert with_fields(found.basis) == found.basis
