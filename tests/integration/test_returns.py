"""Returns, through the commands as people use them: made, kept in versions, signed off, written and traced (A8, A8a)."""

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

from compliance.cli import main
from compliance.records.characteristics import Characteristics
from compliance.store import AuditKind, Store, migrate
from compliance.store.audit_log import iterate_entries, select_entries
from compliance.store.victim_characteristics import read_characteristics
from tests import stores
from tests.stores import at, crime, take, updates

new_database = stores.one_database
ROOT = Path(__file__).parents[2]
DEFINITION = """
title = "Monthly measures"
source = "The terms of the board, 2025"
status = "in use"
receiver = "the local policing body"
period = "month"
sign_off = ["head of performance", "chief officer"]

[characteristic.sex]
title = "Sex"
[characteristic.sex.groups]
"female" = ["F"]
"male" = ["M"]
"other" = ["X"]

[[measure]]
id = "first-update"
title = "First update within 7 days"
figure = "rate"
requirement = "7-day"
by = ["division", "sex"]

[[measure]]
id = "live"
title = "The same, spoken to"
figure = "live"
requirement = "7-day"

[[measure]]
id = "silent"
title = "Silent victims"
figure = "silent"
by = ["division"]

[[measure]]
id = "satisfied"
title = "Satisfied"
figure = "satisfaction"

[[measure]]
id = "quality"
title = "In time and of sufficient quality"
figure = "quality"
requirement = "7-day"

[[measure]]
id = "referred"
title = "Referred to support"
by_hand = "This service does not receive referrals."
"""
Told = Callable[[str, int], bool]
MADE = ("make", "monthly", "--period", "2025-07")


def unequal(sex: str, number: int) -> bool:
    """Nine in ten of one sex are told in time, half of the other."""
    return number % 10 < (9 if sex == "F" else 5)


def equal(_sex: str, number: int) -> bool:
    return number % 10 < 7


def crimes(told: Told) -> Iterator[dict[str, Any]]:
    """200 of each sex, 6 of another, 14 of whom nothing is recorded; 40 officers in two divisions. Due in July 2025."""
    for number, sex in enumerate(["F"] * 200 + ["M"] * 200 + ["X"] * 6 + [""] * 14):
        victim = {"victim_ref": "V1"} | ({"sex": sex} if sex else {})
        is_told = told(sex, number) if number < 400 else bool(number % 2)
        given = updates("2025-07-03") if is_told else []
        yield crime(
            f"22A/{number}/25", reported_at="2025-07-01T08:00:00Z", victims=[victim], officer_ref=f"O{number % 40}",
            division=("North", "South")[number % 2], updates=given,
        )  # fmt: skip


class Force:
    """The commands, with the settings and the records of a force that keeps the sex of victims."""

    def __init__(self, folder: Path, url: str, kept: str = '["sex"]') -> None:
        self.folder, self.url, self.settings = folder, url, folder / "config.toml"
        text = (ROOT / "config.toml").read_text("utf-8").replace("sqlite:///var/compliance.db", url)
        for old, new in (
            ("# records_begin = 2026-01-05", "records_begin = 2025-01-06"),
            ("characteristics = []", f"characteristics = {kept}"),
            ('# definitions = "returns"', 'definitions = "returns"'),
            ('"var/reports"', '"reports"'),
        ):
            assert old in text
            text = text.replace(old, new)
        self.settings.write_text(text, "utf-8")
        self.define(DEFINITION)

    def define(self, text: str) -> None:
        (self.folder / "returns").mkdir(exist_ok=True)
        (self.folder / "returns" / "monthly.toml").write_text(text, "utf-8")

    def __call__(self, *words: str | Path) -> Result:
        return CliRunner().invoke(main, ["return", *map(str, words), "--config", str(self.settings)])

    def holds(self, *records: dict[str, Any], now: str = "2025-08-11 05:00") -> None:
        with closing(Store.open(self.url, ("sex",))) as store:
            take(store, at(now), *records)

    def made(self) -> list[str]:
        done = self(*MADE)
        assert done.exit_code == 0, done.output
        return done.stdout.splitlines()

    def written(self, form: str, version: int = 1) -> Path:
        done = self(
            "write", "monthly", "--period", "2025-07", "--format", form, "--version", str(version), self.folder / "out"
        )
        assert done.exit_code == 0, done.output
        return Path(done.stdout.strip())

    def lines(self) -> dict[tuple[str, str, str], dict[str, str]]:
        """The CSV, by measure, what it is broken down by, and the group."""
        with self.written("csv").open(encoding="utf-8", newline="") as file:
            return {(row["measure"], row["by"], row["group"]): row for row in csv.DictReader(file)}


@pytest.fixture
def force(tmp_path: Path, new_database: stores.NewDatabase) -> Force:
    url = new_database()
    migrate(url)
    found = Force(tmp_path, url)
    found.holds(*crimes(unequal))
    return found


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


def test_a_return_made_again_is_the_same_version_until_it_says_something_else(force: Force) -> None:
    first = force.made()
    assert first[0] == "monthly, 2025-07, version 1: 6 measures, 14 lines"
    bytes_before = {form: force.written(form).read_bytes() for form in ("csv", "html", "pdf", "json")}
    force.holds(crime("22A/900/25", reported_at="2025-07-01T08:00:00Z"), now="2025-08-20 05:00")
    assert force.made()[0] == first[0], "what became known after K changes nothing (statistics 1.2a)"
    force.define(DEFINITION.replace("Monthly measures", "Measures of the month"))
    assert force.made()[0].startswith("monthly, 2025-07, version 2")
    assert {form: force.written(form).read_bytes() for form in bytes_before} == bytes_before


def test_it_is_signed_off_in_each_role_once_and_says_who_has_not(force: Force) -> None:
    force.made()
    signing = ("sign", "monthly", "--period", "2025-07", "--role")
    done = force(*signing, "chief officer")
    assert done.exit_code == 0, done.output
    assert "  head of performance: not signed off yet" in done.stdout.splitlines()
    assert "already" in force(*signing, "chief officer").stderr
    assert "expected one of: head of performance; chief officer" in force(*signing, "sergeant").stderr
    assert "Not signed off yet by: head of performance." in force.written("html").read_text("utf-8")
    assert force(*signing, "head of performance").exit_code == 0
    assert "Signed off by all who have to." in force.written("html").read_text("utf-8")
    assert [each["role"] for each in json.loads(force.written("json").read_text("utf-8"))["signatures"]] == [
        "chief officer", "head of performance",
    ]  # fmt: skip


def test_the_workbook_has_numbers_as_numbers(force: Force) -> None:
    force.made()
    sheet = openpyxl.load_workbook(force.written("xlsx")).active
    head, first, *_ = [list(row) for row in sheet.iter_rows(values_only=True)]
    row = dict(zip(head, first, strict=True))
    assert (row["measure"], row["of"], row["rate"], row["low"]) == (
        "first-update",
        420,
        69,
        pytest.approx(58.7, abs=0.1),
    )


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


def test_what_is_kept_of_a_victim_is_shown_to_who_asks(force: Force) -> None:
    assert force("held", "22A/0/25").stdout == "V1\tsex F\n"
    assert force("held", "22A/419/25").stdout == ""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('figure = "silent"', 'figure = "silence"', "figure"),
        ('by = ["division", "sex"]', 'by = ["division", "age"]', "by 'age': the figure rate is given by age_band"),
        ('requirement = "7-day"', 'requirement = "7 day"', "7-day"),
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
    assert "2025-Q3" not in done.stderr


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
