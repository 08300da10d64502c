"""The search over all that the suite writes (tests/conftest.py) finds what it looks for, wherever a test writes it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = """
import logging, subprocess, sys
import click
from click.testing import CliRunner
def test_prints(): print("\\x1b[31m")
def test_is_captured(capsys): print("\\u202e"); capsys.readouterr()
def test_logs(): logging.getLogger().warning("\\x9b")
def test_warns(): print("\\u2066", file=sys.stderr)
def test_runs_a_command(): CliRunner().invoke(click.Command("c", callback=lambda: click.echo("\\x1b[31mred")))
def test_runs_a_process(): subprocess.run([sys.executable, "-c", "print(chr(27), 'compliance')"], capture_output=True)
def test_keeps_a_log(tmp_path): (tmp_path / "log").write_text("\\x1b")
def test_is_harmless(capsys): print("Siân – 5\\xa0km"); capsys.readouterr(); print("🚓")
"""


def test_a_test_that_writes_what_a_terminal_obeys_fails(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from tests.conftest import *\n")
    (tmp_path / "test_it.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-rfE", "--rootdir", str(tmp_path), str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found = {
        line.split("::")[1].split()[0] for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))
    }
    assert found == {
        "test_prints", "test_is_captured", "test_logs", "test_warns", "test_runs_a_command", "test_runs_a_process",
        "test_keeps_a_log",
    }, done.stdout  # fmt: skip
