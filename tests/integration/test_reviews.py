"""`compliance review`: a dip sample drawn from a published week, read blind, and what it says of the record."""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result
from openpyxl.utils import range_boundaries

from compliance.cli import main
from compliance.policy import load_policy
from compliance.reviews.how_to_read import how_to_read
from compliance.store import RetentionPeriods, Store, apply_retention, migrate
from compliance.store.reviews import cases_of, list_reviews, readings_of
from tests import stores
from tests.accesses import list_entries
from tests.stores import at, crime, take, updates

new_database = stores.one_database
ROOT = Path(__file__).parents[2]
REPORTED = date(2025, 7, 1)
"""A Tuesday: what is due a week later is due in week 28."""


def crimes() -> Iterator[dict[str, Any]]:
    """Forty crimes of two divisions: 24 met, 4 late, 4 overdue, 4 with a same-day update only, 4 closed without one."""
    for number in range(40):
        days = {
            **dict.fromkeys(range(24), "2025-07-03"), **dict.fromkeys(range(24, 28), "2025-07-10"),
            **dict.fromkeys(range(32, 36), "2025-07-01"),
        }  # fmt: skip
        told = {"updates": updates(days[number])} if number in days else {}
        shut = {"status": [{"at": "2025-07-09T09:00:00Z", "status": "closed"}]}
        yield crime(
            f"22A/{number}/25", reported_at="2025-07-01T08:00:00Z", division=("North", "South")[number % 2], **told,
            **(shut if number >= 36 else {}),
        )  # fmt: skip


class Review:
    """The commands, with the settings of a force whose week has been published."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.settings = folder / "config.toml"
        text = (ROOT / "config.toml").read_text("utf-8").replace("sqlite:///var/compliance.db", url)
        text = text.replace("# records_begin = 2026-01-05", "records_begin = 2025-01-06")
        self.settings.write_text(text.replace('"var/reports"', '"reports"'), "utf-8")

    def __call__(self, *words: str | Path) -> Result:
        return CliRunner().invoke(main, [*map(str, words), "--config", str(self.settings)])

    def draw(self, *words: str) -> Result:
        return self("review", "draw", "--period", "2025-W28", "--seed", "s", *words)

    @property
    def store(self) -> "closing[Store]":
        return closing(Store.open(self.url))

    def cases(self) -> list[dict[str, Any]]:
        with self.store as store:
            return cases_of(store, list_reviews(store)[-1].id)


@pytest.fixture
def review(tmp_path: Path, new_database: stores.NewDatabase) -> Review:
    url = new_database()
    migrate(url)
    with closing(Store.open(url)) as store:
        take(store, at("2025-07-21 05:00"), *crimes())
    found = Review(tmp_path, url)
    done = found("report", "--period", "2025-W28", "--edition", "board", "--format", "csv")
    assert done.exit_code == 0, done.output
    return found


def fill_in(path: Path, answers: dict[str, dict[str, str]]) -> None:
    """Answer a form in CSV, by crime number."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(row | answers.get(row["crime"], {}) for row in rows)


TOLD = {
    "told": "yes", "told_on": "2025-07-03", "told_by": "O1", "said_what_happened": "yes", "said_what_next": "no",
    "could_be_understood": "yes", "answered_request": "yes",
}  # fmt: skip
NOT = {"told": "no"}
ALL_AS_RECORDED = {
    f"22A/{n}/25": TOLD if n < 24 else TOLD | {"told_on": "2025-07-10"} if n < 28 else NOT for n in range(40)
}


def read_all(review: Review, answers: dict[str, dict[str, str]], *readers: str) -> None:
    assert review("review", "form", review.folder / "forms").exit_code == 0
    for reader in readers:
        path = review.folder / "forms" / f"review-1-{reader}.csv"
        fill_in(path, answers)
        done = review("review", "import", path, "--reader", reader)
        assert done.exit_code == 0, done.output


def shown(review: Review) -> list[str]:
    done = review("review", "show")
    assert done.exit_code == 0, done.output
    return done.stdout.splitlines()


def test_a_sample_is_drawn_from_every_stratum_of_what_was_published(review: Review) -> None:
    done = review.draw("--reader", "amy", "--size", "30")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0] == "dip sample 1, 7-day of 2025-W28: 30 cases drawn with the seed s"
    states = {line.split(":")[0].strip(): line.rsplit(" of ", 1)[1] for line in lines[1:6]}
    assert states == {
        "met, entered by the due date": "24", "late": "4", "told on the day of the report only": "4",
        "case closed, and no update that counts": "4", "overdue, case open": "4",
    }  # fmt: skip
    assert "40 obligations were due, 24 recorded as met, as published" in lines
    held = review.cases()
    assert sorted(case["number"] for case in held) == list(range(1, 31))
    drawn = Counter(case["state"] for case in held)
    assert drawn["met"] == 30 - sum(count for state, count in drawn.items() if state != "met")
    by_division = Counter(case["division"] for case in held if case["state"] == "met")
    assert abs(by_division["North"] - by_division["South"]) <= 1, "each division has its share"


def test_the_same_seed_draws_the_same_cases_in_the_same_order(review: Review) -> None:
    for seed in ("a", "a", "b"):
        assert review.draw("--reader", "amy", "--size", "25", "--seed", seed).exit_code == 0
    with review.store as store:
        first, again, other = (
            [(case["number"], case["crime_ref"]) for case in cases_of(store, each.id)] for each in list_reviews(store)
        )
    assert first == again != other
    assert sorted(number for number, _ in other) == sorted(number for number, _ in first)


def test_the_form_says_nothing_of_our_verdict(review: Review) -> None:
    """Neither what the record counts as, nor when an update was due, nor who reads a case twice; and the order mixes."""
    review.draw("--reader", "amy", "--reader", "ben", "--size", "30")
    done = review("review", "form", review.folder / "forms")
    assert [Path(line).name for line in done.stdout.splitlines()] == [
        "how-to-read.txt", "review-1-amy.xlsx", "review-1-amy.csv", "review-1-ben.xlsx", "review-1-ben.csv",
    ]  # fmt: skip
    with (review.folder / "forms" / "review-1-amy.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        "number", "crime", "victim", "look_from", "told", "told_on", "told_by", "said_what_happened", "said_what_next",
        "could_be_understood", "answered_request", "note",
    ]  # fmt: skip
    assert {row["look_from"] for row in rows} == {"2025-07-02"}, "the day after the report: what is true of every case"
    text = (review.folder / "forms" / "review-1-amy.csv").read_text("utf-8")
    assert not any(word in text for word in ("met", "late", "overdue", "2025-07-08", "ben"))
    assert (review.folder / "forms" / "review-1-amy.csv").stat().st_mode & 0o777 == 0o600
    held = [case for case in review.cases() if "amy" in (case["reader"], case["second_reader"])]
    assert sorted(int(row["number"]) for row in rows) == [case["number"] for case in held]
    states = [case["state"] for case in held]
    assert states != sorted(states)
    assert "look_from or later" in (review.folder / "forms" / "how-to-read.txt").read_text("utf-8")


def test_a_spreadsheet_asks_the_questions_and_offers_the_answers(review: Review) -> None:
    review.draw("--reader", "amy", "--size", "30")
    review("review", "form", review.folder / "forms")
    sheet = openpyxl.load_workbook(review.folder / "forms" / "review-1-amy.xlsx").worksheets[0]
    names = [cell.value for cell in sheet[1]]
    places = {range_boundaries(str(each.sqref)): each for each in sheet.data_validations.dataValidation}
    asked = {names[column - 1]: each for (column, *_), each in places.items()}
    assert list(asked) == names[4:]
    assert {(first, last) for _, first, _, last in places} == {(2, 1 + len(review.cases()))}
    assert asked["told"].formula1 == '"yes,no,cannot tell"'
    assert asked["said_what_next"].prompt == "Did it say what happens next, and when?"
    assert asked["answered_request"].formula1 == '"yes,no,nothing asked"'
    assert not any(each.showErrorMessage for each in asked.values()), "what cannot be used is told on import"
    assert sheet.column_dimensions["L"].width > 30, "room for a note"


def test_readers_are_told_what_counts_and_nothing_of_the_commands(review: Review) -> None:
    review.draw("--reader", "amy", "--size", "30")
    review("review", "form", review.folder / "forms")
    words = " ".join((review.folder / "forms" / "how-to-read.txt").read_text("utf-8").split())
    assert "A contact counts by any method. An attempt that did not reach the victim" in words
    assert "said_what_next Did it say what happens next, and when? yes / no" in words
    assert "compliance review" not in words
    assert "A contact counts only by phone or visit. An" in " ".join(how_to_read(1, [], ["phone", "visit"]).split())


def test_a_fifth_is_read_by_two(review: Review) -> None:
    review.draw("--reader", "amy", "--reader", "ben", "--size", "30")
    twice = [case for case in review.cases() if case["second_reader"]]
    assert len(twice) == 6
    assert all(case["reader"] != case["second_reader"] for case in twice)


def test_a_record_that_is_right_is_not_called_wrong(review: Review) -> None:
    review.draw("--reader", "amy", "--size", "40")
    read_all(review, ALL_AS_RECORDED, "amy")
    lines = shown(review)
    assert lines[0] == "dip sample 1, 7-day of 2025-W28: 40 of 40 cases read"
    assert lines[1:6] == [
        "Read by amy (40 of 40).",
        "Recorded: 60.0% of all that was due was met. As read: 60.0% (95% interval 60.0% to 60.0%). "
        "The readings do not show that the recorded rate is too high or too low.",
        "Of 40 cases that could be established, the record is wrong in none.",
        "Of all 40 obligations, read or not, about 0% (0% to 0%) are recorded wrongly; recorded as met, was not: "
        "0% (0% to 0%); was met, not recorded as met: 0% (0% to 0%).",
        "Told in time by a contact that meets all criteria: 0% (0% to 0%).",
    ]
    assert "No case was read by two readers, so it is not known how far readers would agree." in lines


def test_a_record_that_flatters_is_said_to(review: Review) -> None:
    """Half of what was recorded as met was not."""
    review.draw("--reader", "amy", "--size", "40")
    read_all(review, ALL_AS_RECORDED | {f"22A/{n}/25": NOT for n in range(12)}, "amy")
    lines = shown(review)
    assert lines[2] == (
        "Recorded: 60.0% of all that was due was met. As read: 30.0% (95% interval 30.0% to 30.0%). "
        "The record flatters, by 30.0 percentage points."
    )
    assert lines[3] == (
        "Of 40 cases that could be established, the record is wrong in 12; recorded as met, was not: 12; was met, not "
        "recorded as met: 0."
    )
    assert "met, entered by the due date\t24\t24\t24\t12\t50.0% (50.0% to 50.0%)" in lines
    found = json.loads(review("review", "show", "--format", "json").stdout)
    assert found["record"]["flattering"]["value"] == pytest.approx(0.3)
    assert found["record"]["harming"]["value"] == 0
    assert {each["name"]: (each["flattering"], each["harming"]) for each in found["by_division"]} == {
        "North": (6, 0), "South": (6, 0),
    }  # fmt: skip


def test_a_record_that_is_too_harsh_is_said_to(review: Review) -> None:
    review.draw("--reader", "amy", "--size", "40")
    read_all(review, ALL_AS_RECORDED | {f"22A/{n}/25": TOLD for n in range(28, 36)}, "amy")
    assert "The record is too harsh, by 20.0 percentage points." in shown(review)[2]


def test_what_could_not_be_established_is_left_out_and_its_bounds_are_given(review: Review) -> None:
    review.draw("--reader", "amy", "--size", "40")
    read_all(review, ALL_AS_RECORDED | {f"22A/{n}/25": {"told": "cannot tell"} for n in range(4)}, "amy")
    lines = shown(review)
    assert (
        "4 cases could not be established and left out. If none of them was met the adjusted rate would be 50.0%, if "
        "all were 60.0%."
    ) in lines
    [row] = [line.split("\t") for line in lines if line.startswith("met, entered by the due date")]
    assert row[1:5] == ["24", "24", "20", "0"], "read 24, and 20 of those could be established"


def test_cases_that_are_not_read_yet_are_counted_and_a_stratum_without_any_is_named(review: Review) -> None:
    review.draw("--reader", "amy", "--size", "40")
    read_all(review, {ref: answer for ref, answer in ALL_AS_RECORDED.items() if answer != NOT}, "amy")
    lines = shown(review)
    assert lines[0].endswith("28 of 40 cases read")
    assert "12 cases of 40 not read yet." in lines
    assert lines[1] == "Read by amy (28 of 40)."
    assert (
        "Nothing is said of obligations that the record calls “told on the day of the report only”, “case closed, and no "
        "update that counts” and “overdue, case open”: none was established."
    ) in lines
    assert "of the 28 obligations, of 40, that the sample covers was met" in lines[2]
    assert lines[4].startswith("Of the 28 obligations that the sample covers, about 0% (")


@stores.on_both
def test_readers_who_disagree_are_listed_and_their_kappa_is_given(review: Review) -> None:
    review.draw("--reader", "amy", "--reader", "ben", "--size", "40")
    assert review("review", "form", review.folder / "forms").exit_code == 0
    twice = [case for case in review.cases() if case["second_reader"]]
    wrong = twice[0]
    for reader in ("amy", "ben"):
        answers = dict(ALL_AS_RECORDED)
        if reader == wrong["second_reader"]:
            answers[wrong["crime_ref"]] = NOT if answers[wrong["crime_ref"]] is TOLD else TOLD
        path = review.folder / "forms" / f"review-1-{reader}.csv"
        fill_in(path, answers)
        assert review("review", "import", path, "--reader", reader).exit_code == 0
    found = json.loads(review("review", "show", "--format", "json").stdout)
    assert found["disagreements"] == [wrong["number"]]
    assert any(
        line.startswith("Two readers agree in 7 of 8 cases whether the victim was told in time (Cohen's kappa 0.")
        for line in shown(review)
    )
    assert found["record"]["errors"]["value"] == 0, "what counts is the first reader's finding"


@stores.on_both
def test_a_form_filled_in_with_a_spreadsheet_is_taken_and_corrected_by_importing_it_again(review: Review) -> None:
    review.draw("--reader", "amy", "--size", "40")
    review("review", "form", review.folder / "forms")
    path = review.folder / "forms" / "review-1-amy.xlsx"
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    place = {cell.value: cell.column for cell in sheet[1]}
    for name, value in (TOLD | {"told_on": date(2025, 7, 4), "note": "letter of 4 July"}).items():
        sheet.cell(2, place[name], value)
    book.save(path)
    done = review("review", "import", path, "--reader", "amy")
    assert done.stdout == "1 case with answers, 1 of them new\n"
    assert review("review", "import", path, "--reader", "amy").stdout == "1 case with answers, 0 of them new\n"
    with review.store as store:
        (row,) = readings_of(store, 1)
    assert (row["told"], row["told_on"], row["told_by"], row["note"]) == (
        "yes",
        date(2025, 7, 4),
        "O1",
        "letter of 4 July",
    )
    assert row["criteria"] == {"said_what_happened": True, "said_what_next": False, "could_be_understood": True}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"told": "yeah"}, "row 2, told: 'yeah'; expected yes, no or cannot tell"),
        ({"told": "yse"}, "row 2, told: 'yse'; did you mean 'yes'?; expected yes, no or cannot tell"),
        ({"told_on": "2025-07-03"}, "row 2, told: nothing is there; expected yes, no or cannot tell"),
        ({"told": "yes"}, "row 2, told_on: nothing is there; expected the day of the contact, such as 2026-11-24"),
        (TOLD | {"said_what_next": ""}, "row 2, said_what_next: nothing is there; expected yes or no"),
        (TOLD | {"told_on": "3rd of July"}, "row 2, told_on: '3rd of July'; expected the day of the contact"),
        (TOLD | {"told_on": "2025-07-01"}, "row 2, told_on: 2025-07-01 is before 2025-07-02, from which contacts count here"),
        (TOLD | {"told_on": "2999-01-01"}, "row 2, told_on: 2999-01-01 is in the future"),
        (TOLD | {"said_what_next": "partly"}, "row 2, said_what_next: 'partly'; expected yes or no"),
        (TOLD | {"answered_request": "?"}, "row 2, answered_request: '?'; expected yes, no or nothing asked"),
        (NOT | {"told_on": "2025-07-03"}, "row 2, told_on: leave it empty unless the victim was told"),
        (NOT | {"number": "99"}, "row 2, number: '99' is not a case of this reader in this review"),
        (NOT | {"note": "x" * 501}, "row 2, note: 501 characters; at most 500"),
    ],
)  # fmt: skip
def test_an_answer_that_cannot_be_used_is_named_and_nothing_is_stored(
    review: Review, change: dict[str, str], said: str
) -> None:
    review.draw("--reader", "amy", "--size", "40")
    review("review", "form", review.folder / "forms")
    path = review.folder / "forms" / "review-1-amy.csv"
    with path.open(encoding="utf-8") as file:
        first = next(csv.DictReader(file))["crime"]
    fill_in(path, ALL_AS_RECORDED | {first: {**dict.fromkeys(TOLD, ""), **change}})
    done = review("review", "import", path, "--reader", "amy")
    assert done.exit_code == 3
    assert done.stderr.splitlines()[0].endswith("nothing was stored:")
    assert any(line.startswith(said) for line in done.stderr.splitlines()), "each answer on a line of its own"
    with review.store as store:
        assert readings_of(store, 1) == []


@pytest.mark.parametrize(
    ("answer", "told", "told_on"),
    [
        (TOLD | {"told": " YES ", "told_on": "03/07/25"}, "yes", date(2025, 7, 3)),
        (TOLD | {"told": "Y", "told_on": "3 July 2025", "answered_request": "N/A"}, "yes", date(2025, 7, 3)),
        (TOLD | {"told_on": "12/07/2025"}, "yes", date(2025, 7, 12)),
        ({"told": "N"}, "no", None),
        ({"told": "Can\N{RIGHT SINGLE QUOTATION MARK}t tell"}, "cannot tell", None),
    ],
)
def test_answers_are_taken_as_people_write_them(
    review: Review, answer: dict[str, str], told: str, told_on: date | None
) -> None:
    review.draw("--reader", "amy", "--size", "40")
    read_all(review, {"22A/0/25": answer}, "amy")
    with review.store as store:
        [(found, day)] = [(each["told"], each["told_on"]) for each in readings_of(store, 1)]
    assert (found, day) == (told, told_on)


def test_a_row_with_a_note_alone_waits_for_its_answer(review: Review) -> None:
    review.draw("--reader", "amy", "--size", "40")
    read_all(review, ALL_AS_RECORDED | {"22A/0/25": {"note": "asked for the video"}}, "amy")
    assert "1 case of 40 not read yet." in shown(review)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--period", "2025-W27", "--reader", "amy"), "2025-W27 has not been published"),
        (("--period", "2025-W28", "--reader", "amy", "--requirement", "9-day"), "9-day"),
        (("--period", "2025-W28", "--reader", "Amy Smith"), "--reader Amy Smith: a name has 1 to 40 lower-case"),
        (("--period", "2025-W28", "--reader", "amy", "--reader", "amy"), "name who reads the cases, each once"),
        (("--period", "2025-W28", "--reader", "amy", "--size", "3"), "the sample cannot be drawn: "),
    ],
)
def test_a_sample_that_cannot_be_drawn_is_refused_with_what_is_wrong(
    review: Review, words: tuple[str, ...], said: str
) -> None:
    done = review("review", "draw", *words)
    assert done.exit_code == 2, done.output
    assert said in done.stderr
    assert "no dip sample has been drawn" in review("review", "show").stderr


def test_who_drew_showed_and_stored_is_in_the_audit_log(review: Review) -> None:
    review.draw("--reader", "amy", "--size", "40")
    read_all(review, ALL_AS_RECORDED, "amy")
    with review.store as store:
        found = [(each.entry.what, each.entry.target, each.entry.details) for each in list_entries(store)]
    assert [(what, target) for what, target, _ in found if "review" in target] == [
        ("decision", "compliance review draw"), ("disclosure", "compliance review form"),
        ("alteration", "compliance review import"),
    ]  # fmt: skip
    shown_crimes = next(details["crimes"] for _, target, details in found if target == "compliance review form")
    assert len(shown_crimes) == 40


def test_the_pack_for_an_inspector_has_the_findings_the_cases_and_how_they_were_drawn(review: Review) -> None:
    review.draw("--reader", "amy", "--reader", "ben", "--size", "40")
    read_all(review, ALL_AS_RECORDED | {f"22A/{n}/25": NOT for n in range(12)}, "amy", "ben")
    done = review("review", "pack", review.folder / "pack")
    assert done.exit_code == 0, done.output
    paths = {path.suffix: path for path in (review.folder / "pack").iterdir()}
    assert set(paths) == {".pdf", ".html", ".xlsx", ".json"}
    assert {path.stat().st_mode & 0o777 for path in paths.values()} == {0o600}
    words = " ".join(re.sub(r"<[^>]*>", " ", paths[".html"].read_text("utf-8")).split())
    assert shown(review)[2].replace("&", "&amp;") in words
    assert "Drawn on" in words
    assert "with the seed s: 40 of 40 obligations" in words
    assert "compliance review import" in words
    assert words.count("not told in time") == 12, "each case that the record has wrong"
    rows = rows_of_pack(review)
    assert len(rows) == 40
    assert Counter(row["record wrong"] for row in rows) == {"yes": 12, "no": 28}
    assert paths[".pdf"].read_bytes().startswith(b"%PDF")


def rows_of_pack(review: Review) -> list[dict[str, Any]]:
    sheet = openpyxl.load_workbook(review.folder / "pack" / "review-1.xlsx").worksheets[0]
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, head), row, strict=True)) for row in rows]


def test_the_pack_says_who_read_which_case_when_and_what_each_answered(review: Review) -> None:
    """What an inspector asks: of what, read by whom, on which day, asked what, and where two readers differ."""
    review.draw("--reader", "amy", "--reader", "ben", "--size", "40")
    met = [case for case in review.cases() if case["second_reader"] and case["state"] == "met"]
    disputed = met[0]["crime_ref"]
    read_all(review, ALL_AS_RECORDED, str(met[0]["reader"]))
    read_all(review, ALL_AS_RECORDED | {disputed: TOLD | {"told_on": "2025-07-09", "note": "a letter"}},
             str(met[0]["second_reader"]))  # fmt: skip
    assert review("review", "pack", review.folder / "pack").exit_code == 0
    words = " ".join(re.sub(r"<[^>]*>", " ", (review.folder / "pack" / "review-1.html").read_text("utf-8")).split())
    assert "A dip sample: First update within 7 days of the report" in words
    assert "Due 7 to 13 July 2025" in words
    assert "told in time, first on 3 July 2025 not told in time, first on 9 July 2025" in words
    for name in ("amy", "ben"):
        given = sum(name in (case["reader"], case["second_reader"]) for case in review.cases())
        assert re.search(rf"{name} {given} {given} \d+ \w+ \d{{4}}", words)
        assert f"compliance review import --reader {name}" in words
    [row] = [row for row in rows_of_pack(review) if row["crime"] == disputed]
    assert (row["reader"], row["found"], row["said_what_next"]) == (met[0]["reader"], "told in time", "no")
    assert (row["second reader"], row["second found"], row["second note"]) == (
        met[0]["second_reader"], "not told in time", "a letter",
    )  # fmt: skip
    found = json.loads((review.folder / "pack" / "review-1.json").read_text("utf-8"))
    sample = found["sample"]
    assert (sample["period"], sample["requirement"], sample["report_version"], sample["seed"]) == (
        "2025-W28", "7-day", 1, "s",
    )  # fmt: skip
    assert {each["name"]: each["read"] == each["given"] for each in found["by_reader"]} == {"amy": True, "ben": True}


def test_a_case_that_could_not_be_established_is_not_called_right(review: Review) -> None:
    review.draw("--reader", "amy", "--size", "40")
    read_all(review, {ref: {"told": "cannot tell"} for ref in ALL_AS_RECORDED}, "amy")
    assert review("review", "pack", review.folder / "pack").exit_code == 0
    assert {row["record wrong"] for row in rows_of_pack(review)} == {None}
    assert "No case could be established yet." in (review.folder / "pack" / "review-1.html").read_text("utf-8")


@stores.on_both
def test_a_crime_that_is_removed_leaves_its_finding_and_nothing_of_itself(review: Review) -> None:
    review.draw("--reader", "amy", "--size", "40")
    read_all(review, ALL_AS_RECORDED | {"22A/36/25": NOT | {"note": "told at the front desk"}}, "amy")
    before = shown(review)
    with review.store as store:
        removed = apply_retention(
            store, RetentionPeriods("remove", 30, load_policy("west-mercia").local), at("2026-07-01 05:00")
        )
        assert removed > 0
        assert sum(case["crime_ref"] == "" for case in cases_of(store, 1)) == removed
        assert "told at the front desk" not in str(readings_of(store, 1))
    assert shown(review) == before, "the counts stay"
