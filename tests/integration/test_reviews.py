"""`compliance review`: a dip sample is drawn from a published week, and its forms say nothing of our verdict."""

import csv
from collections import Counter
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils import range_boundaries

from compliance.reviews.how_to_read import how_to_read, state_methods
from compliance.store.kept.reviews import cases_of, list_reviews
from tests import stores
from tests.accesses import list_entries
from tests.dip_readers import ALL_AS_RECORDED, Review, read_all, review

__all__ = ["review"]
new_database = stores.one_database


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
    assert "The day from which contacts count is in look_from" in (
        review.folder / "forms" / "how-to-read.txt"
    ).read_text("utf-8")


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
    assert (
        "- A contact counts by any method. - Messages, letters, call records and body-worn video show a contact."
        in words
    )
    assert "said_what_next Did it say what happens next, and when? yes / no" in words
    assert "compliance review" not in words
    assert "not stored with this sample what counts as proof: ask before you begin" in how_to_read(1, [], [])


def test_what_counts_as_proof_is_that_of_the_sample_whatever_the_settings_say_later(review: Review) -> None:
    """It is stored when the sample is drawn, and stands on the form."""
    settings = review.settings.read_text("utf-8")
    own = '[review]\nproof = ["An entry that says when, how and what is enough."]\n'
    begin, end = settings.index("[review]"), settings.index("[[review.criteria]]")
    review.settings.write_text(settings[:begin] + own + settings[end:], "utf-8")
    done = review.draw("--reader", "amy", "--size", "30")
    assert "[review] proof does not say" not in done.stdout
    review.settings.write_text(settings, "utf-8")
    assert (
        "[review] proof does not say whether what an officer wrote is enough" in review.draw("--reader", "amy").stdout
    )
    for number, said in (
        ("1", "An entry that says when, how and what is enough."),
        ("2", "It is not laid down whether"),
    ):
        review("review", "form", review.folder / number, "--review", number)
        assert said in (review.folder / number / "how-to-read.txt").read_text("utf-8")
        book = openpyxl.load_workbook(review.folder / number / f"review-{number}-amy.xlsx")
        assert book.sheetnames == ["List", "How to fill it in"]
        assert said in "\n".join(str(cell.value or "") for (cell,) in book["How to fill it in"].iter_rows())


def test_which_methods_count_by_the_policy_is_part_of_it() -> None:
    assert state_methods(None) == "A contact counts by any method."
    assert state_methods(["phone", "visit"]) == "A contact counts only by phone or visit."


def test_a_fifth_is_read_by_two(review: Review) -> None:
    review.draw("--reader", "amy", "--reader", "ben", "--size", "30")
    twice = [case for case in review.cases() if case["second_reader"]]
    assert len(twice) == 6
    assert all(case["reader"] != case["second_reader"] for case in twice)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--period", "2025-W27", "--reader", "amy"), "2025-W27 has not been published"),
        (("--period", "2025-W28", "--reader", "amy", "--requirement", "9-day"), "9-day"),
        (("--period", "2025-W28", "--reader", "Amy Smith"), "--reader Amy Smith: a name has 1 to 80 lower-case"),
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
