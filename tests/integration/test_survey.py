"""What victims say of being kept informed: a survey's waves are imported whole or not at all, and kept as they were."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner
from openpyxl import Workbook

from compliance.cli import main
from compliance.config import load_settings
from compliance.errors import RecordError, SettingsError
from compliance.service import Service
from compliance.service.evidence.surveying import import_survey
from compliance.store import Store
from compliance.store.kept.surveys import WaveResult, list_waves
from tests import stores
from tests.service_states import NOW, ServiceState
from tests.stores import on_both

new_database, database_url, store = stores.one_database, stores.database_url, stores.store

COUNTS: Final = """wave,unit,n,satisfied
2026-05,,400,290
2026-05,North,150,120
2026-05,South,9,4
2026-Q1,,1000,700
"""
PERSONS: Final = ('# answer = "kept_informed"', 'answer = "kept_informed"')
Take = Callable[..., Any]


@pytest.fixture
def state(store: Store, database_url: str, tmp_path: Path) -> ServiceState:
    return ServiceState(store, database_url, tmp_path)


@pytest.fixture
def take(state: ServiceState) -> Take:
    """Imports a file of a text on the day of the state, or so many days after it."""

    def import_text(text: str, days: int = 0, name: str = "survey.csv") -> Any:
        path = state.folder / name
        path.write_text(text, "utf-8")
        service = Service(state.settings, state.policy, state.store, lambda: NOW + timedelta(days=days))
        return import_survey(service, path, "mhill")

    return import_text


def rows(store: Store) -> list[tuple[str, str, int, int]]:
    return [(each.wave, each.unit, each.answers, each.satisfied) for each in list_waves(store)]


@on_both
def test_each_wave_and_unit_is_kept_with_its_counts(store: Store, take: Take) -> None:
    found, replaced = take(COUNTS)
    assert rows(store) == [
        ("2026-05", "", 400, 290), ("2026-05", "North", 150, 120), ("2026-05", "South", 9, 4), ("2026-Q1", "", 1000, 700),
    ]  # fmt: skip
    assert (found.left_out, replaced) == (0, set())


@on_both
def test_a_wave_imported_again_is_replaced_whole_and_stands_as_it_was_for_a_report_of_before(
    store: Store, take: Take
) -> None:
    """Not row by row: a division that is no longer in the file is gone. Other waves stay."""
    take(COUNTS)
    _, replaced = take("wave,unit,n,satisfied\n2026-05,,410,300\n", days=10)
    assert replaced == {"2026-05"}
    assert rows(store) == [("2026-05", "", 410, 300), ("2026-Q1", "", 1000, 700)]
    assert list_waves(store, NOW - timedelta(seconds=1)) == []
    before = list_waves(store, NOW + timedelta(days=9))
    assert WaveResult("2026-05", "", 400, 290) in before
    assert len(before) == 4
    assert list_waves(store, NOW + timedelta(days=10)) == list_waves(store)


def test_persons_are_counted_by_their_answer_and_nothing_else_of_them_is_kept(
    state: ServiceState, store: Store, take: Take
) -> None:
    """Of those without a division, the force alone has the answer. An empty answer, or don't know, is none."""
    state.settings = state.settings_with(PERSONS)
    found, _ = take(
        "wave,unit,kept_informed,age\n2026-05,North,Very  satisfied,44\n2026-05,North,neither,51\n"
        "2026-05,,FAIRLY SATISFIED,30\n2026-05,North,,30\n2026-05,,Don't know,30\n"
    )
    assert rows(store) == [("2026-05", "", 3, 2), ("2026-05", "North", 2, 1)]
    assert found.left_out == 2


def test_every_wrong_row_is_named_with_its_column_and_nothing_is_stored(store: Store, take: Take) -> None:
    with pytest.raises(RecordError) as told:
        take(
            "wave,unit,n,satisfied\n2026-05,,400,290\n\n2026-13,,10,4\n2026-05,North,12,13\n2026-05,East,many,4\n"
            "2026-05,,400,290\n2026-07,,10,4\n2026-05,West,10\n"
        )
    assert str(told.value).splitlines() == [
        "nothing was stored:",
        "line 4: wave: '2026-13' is not a period; expected a week such as 2026-W47, a month such as 2026-11 or a "
        "quarter such as 2026-Q4",
        "line 5: satisfied: 13 of 12; expected no more than answered",
        "line 6: n: 'many'; expected a whole number, without commas",
        "line 7: wave: 2026-05 of the force is on line 2 too",
        "line 8: wave: 2026-07 is not over; expected a period that has ended",
        "survey.csv, line 9: 3 columns where the header has 4",
    ]
    assert rows(store) == []


def test_of_many_wrong_rows_the_first_twenty_are_named(take: Take) -> None:
    with pytest.raises(RecordError) as told:
        take("wave,unit,n,satisfied\n" + "2026-05,,x,1\n" * 23)
    assert str(told.value).splitlines()[-1] == "and 3 more"
    assert len(str(told.value).splitlines()) == 22


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        (
            "2026-05,North,10,4\n",
            r"unit: wave 2026-05 has no row of the whole force; expected one with nothing in the ",
        ),
        (
            "2026-05,,10,4\n2026-05,North,8,5\n",
            r"n: the divisions of wave 2026-05 have 5 satisfied of 8, and the force",
        ),
        ("2026-05,,10,4\n2026-05,North,8,1\n", r"have 1 satisfied of 8, and the force 4 of 10"),
        ("2026-05,,10,4\n2026-05,North,6,1\n2026-05,South,6,2\n", r"have 3 satisfied of 12, and the force 4 of 10"),
        ("", "the file has no row with an answer"),
    ],
)
def test_a_wave_that_does_not_add_up_is_refused(store: Store, take: Take, counts: str, told: str) -> None:
    with pytest.raises(RecordError, match=told):
        take("wave,unit,n,satisfied\n" + counts)
    assert rows(store) == []


def test_divisions_may_have_as_much_as_the_force_and_no_more(store: Store, take: Take) -> None:
    take("wave,unit,n,satisfied\n2026-05,,10,4\n2026-05,North,6,1\n2026-05,South,4,3\n")
    assert len(rows(store)) == 3


def test_an_answer_in_none_of_the_lists_is_an_error_and_not_counted_as_dissatisfied(
    state: ServiceState, take: Take
) -> None:
    state.settings = state.settings_with(PERSONS)
    with pytest.raises(
        RecordError, match=r"line 2: kept_informed: 'Fairly satisified' is in none .*'fairly satisfied'"
    ):
        take("wave,unit,kept_informed\n2026-05,,Fairly satisified\n")


def test_a_division_is_one_of_the_organisation_of_then_by_any_of_its_names(
    state: ServiceState, store: Store, take: Take
) -> None:
    (state.folder / "organisation.toml").write_text('[[division]]\nname = "North"\nspellings = ["N"]\n', "utf-8")
    state.settings = state.settings_with(("^# organisation = .*$", 'organisation = "organisation.toml"'))
    with pytest.raises(RecordError, match=r"line 3: unit: 'Nord' is no division of the organisation on 2026-05-31"):
        take("wave,unit,n,satisfied\n2026-05,,10,4\n2026-05,Nord,6,1\n")
    take("wave,unit,n,satisfied\n2026-05,,10,4\n2026-05,N,6,1\n")
    assert rows(store)[1] == ("2026-05", "North", 6, 1)


def test_a_workbook_is_read_like_csv(state: ServiceState, store: Store) -> None:
    workbook = Workbook()
    for row in (["wave", "unit", "n", "satisfied"], ["2026-05", None, 400, 290], ["2026-05", "North", 150, 120]):
        workbook.active.append(row)
    path = state.folder / "survey.xlsx"
    workbook.save(path)
    import_survey(Service(state.settings, state.policy, state.store, lambda: NOW), path, "mhill")
    assert rows(store) == [("2026-05", "", 400, 290), ("2026-05", "North", 150, 120)]


@pytest.mark.parametrize(
    ("text", "name", "error", "told"),
    [
        (COUNTS, "survey.txt", SettingsError, r"survey\.txt: expected a file that ends in \.csv or \.xlsx"),
        (
            COUNTS.replace("satisfied", "content"),
            "a.csv",
            RecordError,
            r"no column 'satisfied', which survey\.satisfied",
        ),
    ],
)
def test_a_file_that_is_something_else_is_refused(
    take: Take, text: str, name: str, error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        take(text, name=name)


def test_a_file_in_another_encoding_names_the_setting(state: ServiceState, take: Take) -> None:
    path = state.folder / "survey.csv"
    path.write_bytes("wave,unit,n,satisfied\n2026-05,Münster,1,1\n".encode("cp1252"))
    service = Service(state.settings, state.policy, state.store, lambda: NOW)
    with pytest.raises(RecordError, match=r"byte 0xfc is not utf-8-sig; check that survey\.encoding is right"):
        import_survey(service, path, "mhill")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('^unit = "unit"', 'unit = "wave"'), "the column 'wave' is named for two things"),
        (('"neither", ', '"Very  satisfied", '), "the answer 'very satisfied' is listed twice"),
    ],
)
def test_settings_that_cannot_be(state: ServiceState, change: tuple[str, str], told: str) -> None:
    state.write_settings(change)
    with pytest.raises(SettingsError, match=told):
        load_settings(state.config)


def test_the_commands_say_what_was_stored_and_show_it_with_its_interval(state: ServiceState) -> None:
    """290 of 400: 72.5 per cent, by Wilson 67.9 to 76.6."""
    path = state.folder / "survey.csv"
    path.write_text(COUNTS, "utf-8")
    run = CliRunner().invoke
    for again in ("", ", in place of what was held of it"):
        done = run(main, ["survey", "import", str(path), "--config", str(state.config)])
        assert (done.exit_code, done.stdout.splitlines()) == (
            0,
            [f"2026-05: 400 answers, 290 satisfied; 2 divisions{again}",
             f"2026-Q1: 1,000 answers, 700 satisfied; 0 divisions{again}"],
        )  # fmt: skip
    shown = run(main, ["survey", "show", "--config", str(state.config)])
    assert shown.stdout.splitlines() == [
        "wave\tunit\tanswers\tsatisfied\tshare (95 % interval)",
        "2026-05\tthe force\t400\t290\t72.5% (67.9% to 76.6%)",
        "2026-05\tNorth\t150\t120\t80.0% (72.9% to 85.6%)",
        "2026-05\tSouth\t9\t4\t44.4% (18.9% to 73.3%)",
        "2026-Q1\tthe force\t1,000\t700\t70.0% (67.1% to 72.8%)",
    ]
    assert shown.stderr == "2 waves\n"
    path.write_text("wave,unit,n,satisfied\n2026-05,,1,2\n", "utf-8")
    refused = run(main, ["survey", "import", str(path), "--config", str(state.config)])
    assert (refused.exit_code, refused.stdout) == (3, "")
