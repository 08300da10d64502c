"""`compliance check`: which examples hold under which policy, and which clause has none."""

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from compliance.cli import main
from compliance.service.check import CheckOptions, check, policy_checks
from compliance.service.conditions import Finding
from tests import checks
from tests.engine import POLICIES, RULES
from tests.stores import at

judged_once, without_examples = checks.judged_once, checks.without_examples


def settings(folder: Path, policy: str) -> Path:
    """The settings shipped, with a policy of one's own."""
    text = (RULES.parent / "config.toml").read_text("utf-8")
    config = folder / "config.toml"
    config.write_text(re.sub(r'^policy = "[^"]*"', f'policy = "{policy}"', text, count=1, flags=re.MULTILINE))
    return config


def five_days(folder: Path) -> Path:
    """An analyst's copy of the force policy, with 5 days in place of 7."""
    path = folder / "west-mercia.toml"
    path.write_text(
        (RULES / "west-mercia.toml").read_text("utf-8").replace("within = { days = 7 }", "within = { days = 5 }")
    )
    return path


def looked(config: Path, now: str = "2026-07-20 10:00") -> list[Finding]:
    """What a check finds that asks no server."""
    return list(check(config, lambda: at(now), CheckOptions(offline=True)))


def examples_of(findings: list[Finding], policy: str) -> Finding:
    (found,) = (finding for finding in findings if finding.what.startswith(f"worked examples of {policy}:"))
    return found


def test_every_clause_of_every_policy_shipped_has_an_example_that_holds(tmp_path: Path) -> None:
    findings = looked(settings(tmp_path, "west-mercia"))
    for name in POLICIES:
        found = examples_of(findings, name)
        assert re.search(r": (\d+) of \1 hold$", found.what)
        assert (found.problems, found.notes) == ((), ())
    clauses = next(finding for finding in findings if finding.what.startswith("clauses"))
    assert re.search(r": (\d+) of \1 have a worked example$", clauses.what)
    assert clauses.problems == ()


def test_a_changed_copy_of_a_policy_is_held_against_the_examples_of_its_name(tmp_path: Path) -> None:
    """Each message names the example, what it expected and what came; the note says what to do with them."""
    changed = five_days(tmp_path)
    findings = looked(settings(tmp_path, "west-mercia.toml"))
    assert examples_of(findings, "west-mercia").problems == ()
    found = examples_of(findings, f"west-mercia under {changed}")
    held, seen = map(int, re.findall(r"\d+", found.what.rpartition(":")[2]))
    assert 0 < held < seen
    (failing,) = found.problems
    assert failing.name == "examples-failing"
    assert failing.sentence == f"{seen - held} of {seen} worked examples of west-mercia under {changed} do not hold."
    assert (
        f"{RULES}/examples/west-mercia/02-day-seven.toml: 'The last second of day 7 is in time': 7-day cycle 1 of V1: "
        "expected due_date 2026-07-08, state met, days_late 0; got due_date 2026-07-06, state late, days_late 2 "
        "(rules 3.1, rules 3.2)"
    ) in failing.details
    assert f"a copy of {RULES}/examples/west-mercia in {tmp_path}/examples" in found.notes[0]
    assert f"{RULES}/README.md" in found.notes[0]


def test_the_examples_beside_a_policy_come_first_and_what_they_leave_out_is_named(tmp_path: Path) -> None:
    changed = five_days(tmp_path)
    folder = tmp_path / "examples" / "west-mercia"
    folder.mkdir(parents=True)
    (folder / "five.toml").write_text("""
title = "Five days"
policy = "west-mercia"
[[example]]
title = "Day 5 is in time"
clauses = ["rules 3.1", "rule 3.2"]
story = "Rung on the last day."
as_at = 2026-07-07T09:00:00+01:00
crime.reported_at = 2026-07-01T10:00:00+01:00
crime.updates = [{ at = 2026-07-06T10:00:00+01:00 }]
verdict = [{ requirement = "28-day" }, { requirement = "7-day", due_date = 2026-07-06, state = "met" }]
""")
    config = settings(tmp_path, "west-mercia.toml")
    found = examples_of(looked(config), f"west-mercia under {changed}")
    assert found.what.endswith(": 1 of 1 hold")
    (problem,) = found.problems[0].details
    assert problem.endswith("'Day 5 is in time': clauses: there is no clause 'rule 3.2'; did you mean 'rules 3.2'?")
    example = folder / "five.toml"
    example.write_text(example.read_text().replace('"rule 3.2"', '"rules 3.2"'))
    found = examples_of(looked(config), f"west-mercia under {changed}")
    (missing,) = found.notes
    assert found.problems == ()
    assert re.match(r"\d+ clauses without an example: rules 2\.2, ", missing)
    assert "rules 3.1" not in missing
    assert "rules 7.1" not in missing  # no requirement of this policy has an event as its clock


def test_a_policy_without_examples_is_told_where_to_write_them(tmp_path: Path) -> None:
    """It is no mistake: a new policy has none at first."""
    shutil.copy(RULES / "west-mercia.toml", tmp_path / "ours.toml")
    found = examples_of(looked(settings(tmp_path, "ours.toml")), f"ours under {tmp_path / 'ours.toml'}")
    assert (found.problems, found.what.rpartition(": ")[2]) == ((), "0 of 0 hold")
    assert found.notes == (f"no examples yet; write some in {tmp_path}/examples/ours, as {RULES}/README.md says",)


def test_a_clause_without_an_example_anywhere_is_a_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = tmp_path / "rules"
    shutil.copytree(RULES / "calendars", rules / "calendars")
    shutil.copytree(RULES / "examples", rules / "examples", ignore=shutil.ignore_patterns("01-*"))
    shutil.copy(RULES / "victims-code-2020.toml", rules)
    monkeypatch.setattr(policy_checks, "resource", tmp_path.joinpath)
    findings = looked(settings(tmp_path, "victims-code-2020"))
    clauses = next(finding for finding in findings if finding.what.startswith("clauses"))
    assert [problem.name for problem in clauses.problems] == ["clauses-unproved"]
    assert "rules 6.2 (the dates a requirement is in force)" in clauses.problems[0].details
    assert any("rules 6.2" in note for note in examples_of(findings, "victims-code-2020").notes)


def calendar_of(folder: Path, today: str) -> Finding:
    """What is said of the calendar on a day."""
    findings = looked(settings(folder, "west-mercia"), f"{today} 06:00")
    return next(finding for finding in findings if finding.what.startswith("calendar "))


def test_a_calendar_is_warned_of_from_nine_months_before_its_end(tmp_path: Path) -> None:
    """It ends on 31 December 2028: nothing is said on 30 March, and from 31 March on which policies need it."""
    before = calendar_of(tmp_path, "2028-03-30")
    assert before == Finding("calendar england-and-wales: known until 31 December 2028")
    for today, ends in (("2028-03-31", "ends on"), ("2028-12-31", "ends on"), ("2029-01-01", "ended on")):
        (found,) = calendar_of(tmp_path, today).problems
        assert found.name == "calendar-ending"
        assert found.sentence.startswith(
            f"Calendar 'england-and-wales' {ends} 31 December 2028: what falls due in working"
        )
        assert found.sentence.endswith(
            "add the bank holidays published since to its file and move covers_until. Policies that need it: "
            "victims-code-2006.toml, victims-code-2020.toml."
        )


def test_the_command_says_how_many_hold_and_where_to_read_on(tmp_path: Path) -> None:
    five_days(tmp_path)
    config = settings(tmp_path, "west-mercia.toml")
    result = CliRunner().invoke(main, ["check", "--offline", "--config", str(config)])
    assert result.exit_code == 2
    assert re.search(
        r"^fault    examples-failing: \d+ of \d+ worked examples of west-mercia under", result.stdout, re.M
    )
    assert '"When an example fails"' in result.stdout
    assert "When an example fails" in (RULES / "README.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "organisation: the map names no unit, so reports name units as the records do"),
        ('[[division]]\nname = "A"\n', "organisation: 1 division and 0 teams over time"),
        (
            '[[area]]\nname = "West"\n[[division]]\nname = "A"\narea = "West"\n',
            "organisation: 1 area, 1 division and 0 teams over time",
        ),
    ],
)
@pytest.mark.usefixtures("without_examples")
def test_the_organisation_is_counted(text: str, said: str, tmp_path: Path) -> None:
    """By areas only where it has some (decision 0031)."""
    path = settings(tmp_path, "west-mercia")
    (tmp_path / "units.toml").write_text(text)
    path.write_text(
        path.read_text("utf-8").replace('# organisation = "organisation.toml"', 'organisation = "units.toml"')
    )
    (found,) = (finding for finding in looked(path) if finding.what.startswith("organisation"))
    assert (found.what, found.problems) == (said, ())
