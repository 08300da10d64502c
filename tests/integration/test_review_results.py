"""What the readings of a dip sample say of the record: every sentence where it is true and where it is not."""

import json
import re
from collections import Counter
from typing import Any

import openpyxl
import pytest

from compliance.policy import load_policy
from compliance.store import RetentionPeriods, apply_retention
from compliance.store.kept.reviews import cases_of, readings_of
from tests import stores
from tests.dip_readers import ALL_AS_RECORDED, NOT, TOLD, Review, fill_in, read_all, review, shown
from tests.stores import at

__all__ = ["review"]
new_database = stores.one_database


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
