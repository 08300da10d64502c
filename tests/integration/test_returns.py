"""Returns, through the commands as people use them: made, kept in versions, signed off, written and traced (A8, A8a)."""

import json
from contextlib import closing
from pathlib import Path

import openpyxl
import pytest
from click.testing import Result

from compliance.store import AuditKind, Store, migrate
from compliance.store.audit.audit_log import iterate_entries, select_entries
from tests import stores
from tests.return_forces import DEFINITION, MADE, Force, crimes, equal, force, unequal
from tests.stores import crime, on_both

__all__ = ["force"]
new_database = stores.one_database


def test_a_return_has_the_rates_of_the_report_and_of_each_group(force: Force) -> None:
    force.made()
    lines = force.lines()
    met = sum(unequal("F", n) for n in range(200)) + sum(unequal("M", n) for n in range(200, 400))
    met += 10
    whole = lines["first-update", "force", ""]
    assert (whole["count"], whole["of"], whole["figure"]) == (str(met), "420", "rate.7-day")
    assert (lines["first-update", "Sex", "female"]["count"], lines["first-update", "Sex", "female"]["of"]) == (
        "180",
        "200",
    )
    assert lines["first-update", "Sex", "male"]["rate"] == "50.0"
    assert (
        float(lines["first-update", "Sex", "female"]["low"])
        < 90
        < float(lines["first-update", "Sex", "female"]["high"])
    )
    divisions = [lines["first-update", "division", name] for name in ("North", "South")]
    assert [row["of"] for row in divisions] == ["210", "210"]
    assert lines["silent", "force", ""]["of"] == "420"
    assert lines["referred", "force", ""]["standing"] == "by hand"
    assert lines["satisfied", "force", ""]["standing"] == "none"
    assert lines["quality", "force", ""]["note"] == "No dip sample of this period has been read."


def test_small_groups_are_withheld_and_so_is_what_they_follow_from(force: Force) -> None:
    """6 of another sex, of whom 3 were told; beside them the 14 of whom nothing is recorded are the next smallest."""
    assert "  2 lines withheld (counts from 1 to 4)" in force.made()
    lines = force.lines()
    for group in ("other", "not recorded"):
        row = lines["first-update", "Sex", group]
        assert (row["standing"], row["count"], row["of"], row["rate"]) == ("withheld", "", "", "")
    assert force.written("json").read_text("utf-8").count('"withheld"') == 3, "two lines, and the return's own rule"


def test_a_difference_between_groups_is_called_so_where_there_is_one(force: Force) -> None:
    said = "  2 comparisons of groups; unlikely to have occurred by chance: first-update: female and first-update: male"
    assert said in force.made()
    lines = force.lines()
    compared = {
        group: lines["first-update", "Sex", group]["compared with the rest"] for group in ("female", "male", "other")
    }
    assert compared == {
        "female": "unlikely to have occurred by chance", "male": "unlikely to have occurred by chance", "other": "",
    }  # fmt: skip


def test_no_difference_is_called_so_where_there_is_none(tmp_path: Path, new_database: stores.NewDatabase) -> None:
    url = new_database()
    migrate(url)
    force = Force(tmp_path, url)
    force.holds(*crimes(equal))
    assert "  2 comparisons of groups; unlikely to have occurred by chance: none" in force.made()
    assert force.lines()["first-update", "Sex", "female"]["compared with the rest"] == "no significant difference"


@on_both
def test_a_return_made_again_is_the_same_version_until_it_says_something_else(force: Force) -> None:
    first = force.made()
    assert first[0] == "monthly, 2025-07, version 1: 6 measures, 14 lines"
    before = {form: force.written(form).read_bytes() for form in ("csv", "html", "pdf", "json")}
    force.holds(crime("22A/900/25", reported_at="2025-07-01T08:00:00Z"), now="2025-08-20 05:00")
    again = force.made()
    assert again[0] == first[0], "what became known after K changes nothing (statistics 1.2a)"
    assert ("  a new version" in first, "  unchanged: it says what that version says" in again) == (True, True)
    assert {form: force.written(form).read_bytes() for form in before} == before
    force.define(DEFINITION.replace("Monthly measures", "Measures of the month"))
    assert force.made()[0].startswith("monthly, 2025-07, version 2")
    assert force.written("csv").read_bytes() == before["csv"]
    assert "Version 1. Superseded by version 2." in force.written("html").read_text("utf-8")
    done = force("sign", "monthly", "--period", "2025-07", "--version", "1", "--role", "chief officer")
    assert "version 1 of monthly for 2025-07 is superseded by version 2; sign that" in done.stderr
    done = force("write", "monthly", "--period", "2025-07", "--version", "9", force.folder)
    assert "there is no version 9 of monthly for 2025-07; the newest is 2" in done.stderr


@on_both
def test_it_is_signed_off_by_one_person_a_role_and_says_who_has_not(
    force: Force, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sign(user: str, role: str) -> Result:
        monkeypatch.setattr("compliance.cli.return_commands.user_name", lambda: user)
        return force("sign", "monthly", "--period", "2025-07", "--role", role)

    force.made()
    done = sign("amy", "chief officer")
    assert done.exit_code == 0, done.output
    assert "  head of performance: not signed off yet" in done.stdout.splitlines()
    assert "was signed off as chief officer by amy already" in sign("ben", "chief officer").stderr
    assert "amy has signed monthly for 2025-07 off as chief officer" in sign("amy", "head of performance").stderr
    assert (
        "has no role 'sergeant'; expected one of: head of performance; chief officer" in sign("ben", "sergeant").stderr
    )
    assert "Not signed off yet by: head of performance." in force.written("html").read_text("utf-8")
    assert {row["signed off"] for row in force.lines().values()} == {"no"}
    assert sign("ben", "head of performance").exit_code == 0
    assert "Signed off by all who have to." in force.written("html").read_text("utf-8")
    assert {row["signed off"] for row in force.lines().values()} == {"yes"}
    signed = json.loads(force.written("json").read_text("utf-8"))["signatures"]
    assert [(each["role"], each["signed_by"]) for each in signed] == [
        ("chief officer", "amy"), ("head of performance", "ben"),
    ]  # fmt: skip


def test_the_workbook_has_numbers_as_numbers(force: Force) -> None:
    force.made()
    sheet = openpyxl.load_workbook(force.written("xlsx")).active
    head, first, *_ = [list(row) for row in sheet.iter_rows(values_only=True)]
    row = dict(zip(head, first, strict=True))
    assert (row["measure"], row["of"], row["per cent"], row["low"]) == (
        "First update within 7 days",
        420,
        69,
        pytest.approx(58.7, abs=0.1),
    )


@on_both
def test_a_line_by_a_characteristic_leads_to_its_cases_and_the_log_says_who_asked(force: Force) -> None:
    done = force(
        "cases", "monthly", "--period", "2025-07", "--measure", "first-update", "--by", "sex", "--group", "female"
    )
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert (len(rows), sum(state == "met" for _, _, state in rows)) == (200, 180)
    with closing(Store.open(force.url)) as store, store.reading() as connection:
        entries = [each.entry for each in iterate_entries(connection, select_entries())]
    assert [
        (each.what, len(each.details["crimes"])) for each in entries if each.target == "compliance return cases"
    ] == [(AuditKind.CONSULTATION, 200)]


@on_both
def test_what_is_kept_of_a_victim_is_shown_to_who_asks(force: Force) -> None:
    assert force("held", "22A/0/25").stdout == "V1\tsex F\n"
    assert force("held", "22A/419/25").stdout == ""
    done = force("held", "22A/9999/25")
    assert (done.exit_code, "there is no crime '22A/9999/25'" in done.stderr) == (3, True), done.output


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('figure = "silent"', 'figure = "silence"', "figure"),
        ('by = ["division", "sex"]', 'by = ["division", "age"]', "by 'age': the figure rate is given by age_band"),
        (
            'requirement = "7-day"',
            'requirement = "7 day"',
            "the return monthly, measure first-update: ",
        ),
        ('"other" =', '"not recorded" =', "a group cannot be called 'not recorded'"),
        ('id = "live"', 'id = "silent"', "'silent' is named for two of one kind: measure"),
        ('"male" = ["M"]', '"male" = ["F"]', "the value 'F' is in two groups"),
        ("[characteristic.sex]", "[characteristic.sexx]", "there is no such characteristic; did you mean 'sex'?"),
        ('period = "month"', 'period = "quarter"', "is for a quarter, such as 2026-Q3"),
        ('receiver = "the', 'reciever = "the', "receiver"),
    ],
)
def test_a_definition_that_is_wrong_says_what_and_where(force: Force, old: str, new: str, said: str) -> None:
    text = DEFINITION.replace(old, new)
    if "sexx" in new:
        text = text.replace("characteristic.sex.", "characteristic.sexx.")
    force.define(text)
    done = force(*MADE)
    assert (done.exit_code, said in done.stderr) == (2, True), done.output


def test_what_cannot_be_made_says_why(tmp_path: Path, new_database: stores.NewDatabase) -> None:
    url = new_database()
    migrate(url)
    force = Force(tmp_path, url, "[]")
    force.holds(*crimes(equal))
    for words, said in (
        (MADE, "asks for sex of victims, which [returns] characteristics does not name"),
        (("make", "monthli", "--period", "2025-07"), "there is no return 'monthli'; did you mean 'monthly'?"),
        (("write", "monthly", "--period", "2025-07", tmp_path), "there is no return monthly for 2025-07"),
    ):
        done = force(*words)
        assert (done.exit_code, said in done.stderr) == (2, True), done.output
    done = force("cases", "monthly", "--period", "2025-07", "--measure", "live", "--by", "sex", "--group", "male")
    assert "[returns] characteristics" in done.stderr
