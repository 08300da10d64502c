"""`compliance init`: what it lays out, what must be decided, and what it leaves alone."""

import re
import shutil
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compliance.cli import main
from compliance.config import load_settings
from compliance.errors import SettingsError
from compliance.policy import load_policy
from tests import checks
from tests.engine import RULES

without_examples = checks.without_examples


def init(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["init", *map(str, words)])


def check(folder: Path) -> Result:
    return CliRunner().invoke(main, ["check", "--offline", "--config", str(folder / "config.toml")])


def decide(folder: Path, policy: str = "west-mercia") -> None:
    """Take each line marked DECIDE as it is suggested."""
    config = folder / "config.toml"
    text = re.sub(r"^# (?=\w+ = .*# DECIDE)", "", config.read_text("utf-8"), flags=re.MULTILINE)
    config.write_text(text.replace("rules/DECIDE.toml", f"rules/{policy}.toml"))


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "laid-out"
    done = init(folder)
    assert done.exit_code == 0, done.output
    return folder


@pytest.mark.usefixtures("without_examples")
def test_undecided_the_settings_are_refused_by_the_name_of_what_is_missing(folder: Path) -> None:
    done = check(folder)
    assert done.exit_code == SettingsError.exit_code
    for name in ("force.name", "reminders.due_from", "mail.host", "mail.sender"):
        assert f"{name}: missing" in " ".join(done.output.split()), "lines are broken by the length of the path"
    decide(folder, "DECIDE")
    assert "rules/DECIDE.toml" in check(folder).output, "no policy is taken for granted"


def test_once_decided_what_it_lays_out_passes_the_check(folder: Path) -> None:
    decide(folder)
    done = check(folder)
    assert "fault " not in done.output, done.output
    assert done.exit_code in {0, 5}


def test_all_that_must_be_decided_is_listed_at_the_top(folder: Path) -> None:
    head, _, rest = (folder / "config.toml").read_text("utf-8").partition("\n[force]\n")
    marked = set(re.findall(r"^(?:# )?(\w+) = .*# DECIDE", rest, re.MULTILINE))
    assert marked == {"name", "policy", "kind", "url", "officers_url", "due_from", "host", "sender", "reply_to"}
    for key in marked:
        assert re.search(rf"^#   \[\w+\].*\b{key}\b", head, re.MULTILINE), key


def test_nothing_of_the_simulated_force_is_left(folder: Path) -> None:
    text = (folder / "config.toml").read_text("utf-8")
    assert "Simulated" not in text
    assert not {"847"} & set(re.findall(r"127\.0\.0\.1:(\d{3})", text))
    decide(folder)
    assert tomllib.loads((folder / "config.toml").read_text("utf-8"))["mail"]["port"] == 25


def test_the_service_judges_by_the_copies_and_keeps_its_data_where_it_was_told(tmp_path: Path) -> None:
    folder, data = tmp_path / "settings", tmp_path / "data"
    assert init(folder, "--data", data).exit_code == 0
    assert not data.exists(), "only its owner makes it"
    decide(folder)
    settings = load_settings(folder / "config.toml")
    assert load_policy(settings.policy).path == folder / "rules" / "west-mercia.toml"
    assert settings.database_url == f"sqlite:///{data}/compliance.db"
    assert settings.path(settings.report.folder) == data / "reports"
    assert (settings.mail.allow, settings.mail.pilot_folder) == ([], f"{data}/pilot"), "no email leaves at first"


def test_what_it_copies_is_what_is_supplied(folder: Path) -> None:
    for supplied, copied in ((RULES, folder / "rules"), (RULES.parent / "templates/email", folder / "templates/email")):
        names = {path.relative_to(supplied) for path in supplied.rglob("*") if path.is_file()}
        assert names == {path.relative_to(copied) for path in copied.rglob("*") if path.is_file()}
        assert all((supplied / name).read_bytes() == (copied / name).read_bytes() for name in names)


@pytest.mark.parametrize("data", ["var", "/var/lib/compliance"])
def test_the_units_name_this_folder_this_program_and_this_data(data: str, tmp_path: Path) -> None:
    folder = tmp_path / "laid-out"
    assert init(folder, "--data", folder / data).exit_code == 0
    for name, command in (("compliance.service", "run"), ("compliance-web.service", "web")):
        lines = (folder / "systemd" / name).read_text("utf-8").splitlines()
        assert f"ExecStart={Path(sys.executable).with_name('compliance')} {command}" in lines
        assert f"WorkingDirectory={folder}" in lines
        assert f"EnvironmentFile=-{folder}/secrets" in lines
        assert f"ReadWritePaths={folder / data}" in lines
        assert ("StateDirectory=compliance" in lines) == (data == "/var/lib/compliance")
        assert not any("/etc/compliance" in line or "/opt/compliance" in line for line in lines)


def test_the_secrets_are_their_owners_and_the_settings_their_groups(folder: Path) -> None:
    assert mode(folder / "secrets") == 0o600
    assert mode(folder / "config.toml") == 0o640
    assert mode(folder / "var") == 0o700


def test_a_folder_with_something_in_it_is_refused_and_left_as_it_is(folder: Path) -> None:
    (folder / "config.toml").write_text("# mine\n")
    shutil.rmtree(folder / "rules")
    before = sorted(folder.rglob("*"))
    done = init(folder)
    assert done.exit_code == SettingsError.exit_code
    assert f"{folder}: it already has config.toml in it" in done.output
    assert (sorted(folder.rglob("*")), (folder / "config.toml").read_text()) == (before, "# mine\n")


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    assert init(tmp_path).exit_code == 0


def test_a_path_that_a_unit_cannot_name_is_refused(tmp_path: Path) -> None:
    done = init(tmp_path / "two words")
    assert done.exit_code == SettingsError.exit_code
    assert not (tmp_path / "two words").exists()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = init(tmp_path / "file" / "folder")
    assert done.exit_code == SettingsError.exit_code
    assert "could not be written" in done.output


def test_it_says_what_to_do_next(tmp_path: Path) -> None:
    said = init(tmp_path / "new").stdout
    for line in re.findall(r"^  compliance (.*)$", said.partition("Next:")[2], re.MULTILINE):
        assert line.split()[0] in main.commands
    done = [said.index(word) for word in ("DECIDE", "check --offline", "migrate", "compliance run")]
    assert done == sorted(done)
