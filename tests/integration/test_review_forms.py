"""What readers found is taken back from their forms, checked, and stored."""

import csv
from datetime import date

import openpyxl
import pytest

from compliance.store.kept.reviews import readings_of
from tests import stores
from tests.dip_readers import ALL_AS_RECORDED, NOT, TOLD, Review, fill_in, read_all, review, shown

__all__ = ["review"]
new_database = stores.one_database


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
        ({"told": "yeah"}, "row 2, case 1, crime {}, told: 'yeah'; expected yes, no or cannot tell"),
        ({"told": "yse"}, "row 2, case 1, crime {}, told: 'yse'; did you mean 'yes'?; expected yes, no or cannot tell"),
        ({"told_on": "2025-07-03"}, "row 2, case 1, crime {}, told: not answered; expected yes, no or cannot tell"),
        ({"told": "yes"}, "row 2, case 1, crime {}, told_on: not answered; expected the day of the contact, such as 2026-11-24"),
        (TOLD | {"said_what_next": ""}, "row 2, case 1, crime {}, said_what_next: not answered; expected yes or no"),
        (TOLD | {"told_on": "3rd of July"}, "row 2, case 1, crime {}, told_on: '3rd of July'; expected the day of the contact"),
        (TOLD | {"told_on": "2025-07-01"}, "row 2, case 1, crime {}, told_on: 2025-07-01 is before 2025-07-02, from which contacts count here"),
        (TOLD | {"told_on": "2999-01-01"}, "row 2, case 1, crime {}, told_on: 2999-01-01 is in the future"),
        (TOLD | {"said_what_next": "partly"}, "row 2, case 1, crime {}, said_what_next: 'partly'; expected yes or no"),
        (TOLD | {"answered_request": "?"}, "row 2, case 1, crime {}, answered_request: '?'; expected yes, no or nothing asked"),
        (NOT | {"told_on": "2025-07-03"}, "row 2, case 1, crime {}, told_on: leave it empty unless the victim was told"),
        (NOT | {"number": "99"}, "row 2, crime {}, number: '99' is not a case of this reader in this review"),
        (NOT | {"crime": "22A/99/25"}, "row 2, case 1, crime {}, crime: the row has '22A/99/25'"),
        (NOT | {"note": "x" * 501}, "row 2, case 1, crime {}, note: 501 characters; at most 500"),
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
    assert any(line.startswith(said.format(first)) for line in done.stderr.splitlines()), (
        "each answer on a line of its own"
    )
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


def test_every_answer_that_cannot_be_used_is_named(review: Review) -> None:
    """Of a row all that are wrong, of a form the first twenty."""
    review.draw("--reader", "amy", "--size", "40")
    review("review", "form", review.folder / "forms")
    path = review.folder / "forms" / "review-1-amy.csv"
    fill_in(path, {f"22A/{n}/25": TOLD | {"told_on": "", "said_what_next": "partly"} for n in range(11)})
    lines = review("review", "import", path, "--reader", "amy").stderr.splitlines()
    assert len(lines) == 22
    assert lines[-1] == "and 2 more"
    assert all("told_on: not answered" in line for line in lines[1:20:2])
    assert all("said_what_next: 'partly'" in line for line in lines[2:21:2])


def test_a_sample_that_is_closed_takes_no_form(review: Review) -> None:
    review.draw("--reader", "amy", "--size", "40")
    read_all(review, ALL_AS_RECORDED, "amy")
    done = review("review", "close")
    assert done.stdout.startswith("dip sample 1, 7-day of 2025-W28: closed since 20")
    assert review("review", "close").stdout == done.stdout, "once"
    path = review.folder / "forms" / "review-1-amy.csv"
    done = review("review", "import", path, "--reader", "amy")
    assert done.exit_code == 2
    assert "dip sample 1 is closed: no answer is taken any more" in done.stderr


def test_a_row_with_a_note_alone_waits_for_its_answer(review: Review) -> None:
    review.draw("--reader", "amy", "--size", "40")
    read_all(review, ALL_AS_RECORDED | {"22A/0/25": {"note": "asked for the video"}}, "amy")
    assert "1 case of 40 not read yet." in shown(review)
