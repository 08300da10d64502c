"""The units for systemd in deploy/: what they run, how they wait, and how little they leave exposed."""

import re
import shlex
import subprocess
from datetime import timedelta
from functools import cache
from pathlib import Path
from shutil import which

import pytest

from compliance.cli import main
from compliance.errors import SettingsError

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = ["compliance.service", "compliance-web.service"]
EXPOSURE = 1.5
"""What `systemd-analyze security` may say at most, from 0 (nothing is exposed) to 10."""

each_unit = pytest.mark.parametrize("name", UNITS)
with_systemd = pytest.mark.skipif(which("systemd-analyze") is None, reason="systemd-analyze is not on this machine")


@cache
def directives(name: str) -> list[tuple[str, str]]:
    lines = (DEPLOY / name).read_text("utf-8").splitlines()
    return [
        (key, value) for key, found, value in (line.partition("=") for line in lines if line[:1] not in "#[") if found
    ]


def only(name: str, wanted: str) -> str:
    (value,) = (value for key, value in directives(name) if key == wanted)
    return value


def restrictions(name: str) -> list[tuple[str, str]]:
    """What follows the folder of its data, which both units share."""
    found = directives(name)
    return found[found.index(("StateDirectory", "compliance")) :]


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, check=False)


def test_the_unit_waits_for_the_service_and_watches_it() -> None:
    assert {("Type", "notify"), ("NotifyAccess", "main")} <= set(directives("compliance.service"))
    limit = timedelta(seconds=int(only("compliance.service", "WatchdogSec")))
    assert limit >= timedelta(minutes=5), "a look may wait for a mail server"


@each_unit
def test_a_unit_runs_a_command_that_exists_and_leaves_a_wrong_setting_to_a_person(name: str) -> None:
    program, command = shlex.split(only(name, "ExecStart"))
    assert Path(program).name == "compliance"
    assert command in main.commands
    assert int(only(name, "RestartPreventExitStatus")) == SettingsError.exit_code
    assert only(name, "User") == "compliance"


def test_both_units_are_restricted_alike() -> None:
    first, second = map(restrictions, UNITS)
    assert first == second
    assert {("CapabilityBoundingSet", ""), ("NoNewPrivileges", "yes"), ("UMask", "0077")} <= set(first)


def test_a_process_for_what_takes_long_may_lower_its_own_priority() -> None:
    """It does so as it starts (`os.nice`), and would end if it were refused."""
    allowed = [value for key, value in directives("compliance.service") if key == "SystemCallFilter"]
    assert allowed.index("setpriority") > allowed.index("~@privileged @resources"), "the later line decides"


@with_systemd
@each_unit
def test_systemd_understands_the_unit(name: str, tmp_path: Path) -> None:
    command = tmp_path / "compliance"
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    copied = tmp_path / name
    copied.write_text((DEPLOY / name).read_text("utf-8").replace("/opt/compliance/bin/compliance", str(command)))
    found = analyze("verify", "--man=no", str(copied))
    assert name not in found.stderr, found.stderr


@with_systemd
@each_unit
def test_a_unit_leaves_little_exposed(name: str) -> None:
    found = analyze("security", "--offline=true", "--no-pager", str(DEPLOY / name))
    if "unrecognized option" in found.stderr:
        pytest.skip("this systemd-analyze cannot judge a file (systemd 250 and later can)")
    level = re.search(r"Overall exposure level for \S+: ([0-9.]+)", found.stdout)
    assert level, found.stderr
    assert float(level[1]) <= EXPOSURE, found.stdout
