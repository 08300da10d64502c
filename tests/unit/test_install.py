"""What docs/install.md promises: nothing is fetched without a hash, nothing else is needed, completion works."""

import os
import re
import subprocess
import sys
import zipfile
from importlib.metadata import distribution, requires
from pathlib import Path
from shutil import which

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
DOCUMENTED = (
    "docs/install.md", "README.md", "Makefile", "deploy/compliance.service", "deploy/Containerfile", ".ci/run",
)  # fmt: skip
COMPLIANCE = Path(sys.executable).with_name("compliance")


def pins(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "requirements" / name).read_text("utf-8"), re.MULTILINE))


def test_every_documented_installation_takes_libraries_by_hash_and_builds_with_what_is_there() -> None:
    found = 0
    for name in DOCUMENTED:
        for line in re.findall(r"^.*\bpip (?:install|wheel)\b.*$", (ROOT / name).read_text("utf-8"), re.MULTILINE):
            by_hash = "--require-hashes" in line
            assert by_hash or ("--no-deps" in line and "--no-build-isolation" in line), f"{name}: {line}"
            found += 1
    assert found >= 8


def test_what_is_installed_can_be_read_by_the_service() -> None:
    """Whatever the umask of root's shell is."""
    blocks = re.findall(
        r"^```\n(.*?)^```$", (ROOT / "docs" / "install.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    installing = [block for block in blocks if "pip install" in block]
    assert len(installing) == 2
    assert all(block.startswith("umask 022\n") for block in installing)


@pytest.mark.skipif(which("bash") is None, reason="there is no bash")
def test_the_line_for_a_shell_runs_commands_in_the_folder_as_the_user_of_the_service(tmp_path: Path) -> None:
    (line,) = re.findall(r"^compliance\(\) .*$", (ROOT / "docs" / "install.md").read_text("utf-8"), re.MULTILINE)
    (tmp_path / "sudo").write_text('#!/bin/sh\npwd\nprintf "%s|" "$@"\n')
    (tmp_path / "sudo").chmod(0o755)
    asked = f"{line.replace('/etc/compliance', str(tmp_path))}\ncompliance feed try --records '1 2'; pwd"
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", asked], env=environment, capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == (f"{tmp_path}\n-u|compliance|/opt/compliance/bin/compliance|feed|try|--records|1 2|{ROOT}\n")


def test_what_builds_the_wheel_is_pinned_with_all_that_it_needs() -> None:
    """The same versions as those that the tests are run with."""
    pinned = pins("build.txt")
    assert pinned.items() <= pins("dev.txt").items()
    needed, seen = {"hatchling"}, set[str]()
    while needed - seen:
        seen.add(name := min(needed - seen))
        wanted = map(Requirement, requires(name) or ())
        needed |= {each.name for each in wanted if each.marker is None or each.marker.evaluate({"extra": ""})}
    assert seen == set(pinned)


def test_the_wheel_is_built_without_a_network_and_holds_what_the_service_reads(tmp_path: Path) -> None:
    assert distribution("hatchling").version == pins("build.txt")["hatchling"]
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--disable-pip-version-check",
        "--no-index",
        "--no-deps",
    ]
    subprocess.run([*command, "--no-build-isolation", "--wheel-dir", tmp_path, ROOT], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as held:
        names = set(held.namelist())
    assert {
        "compliance/py.typed", "compliance/_data/config.toml", "compliance/_data/rules/west-mercia.toml",
        "compliance/_data/deploy/compliance.service", "compliance/_data/deploy/compliance-web.service",
        "compliance/_data/templates/email/digest.txt.j2", "compliance/store/migrations/versions/0001_first_schema.py",
    } <= names  # fmt: skip


def test_the_documented_backup_needs_no_other_program() -> None:
    text = (ROOT / "docs" / "install.md").read_text("utf-8")
    assert "sqlite3 " not in text
    assert "compliance backup" in text


def script(shell: str) -> str:
    assert f"_COMPLIANCE_COMPLETE={shell}_source compliance" in (ROOT / "docs" / "install.md").read_text("utf-8")
    environment = os.environ | {"_COMPLIANCE_COMPLETE": f"{shell}_source"}
    return subprocess.run([COMPLIANCE], env=environment, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("compliance", "out"), {"outbox"}),
        (("compliance", "outbox", "re"), {"retry"}),
        (("compliance", "report", "--per"), {"--period"}),
        (("compliance", "explain", "X", "--format", ""), {"text", "json", "html"}),
    ],
    ids=lambda words: " ".join(sorted(words)),
)
@pytest.mark.skipif(which("bash") is None, reason="there is no bash")
def test_bash_completes_commands_and_options(words: tuple[str, ...], offered: set[str], tmp_path: Path) -> None:
    (tmp_path / "completion").write_text(script("bash"))
    quoted = " ".join(f"'{word}'" for word in words)
    asked = (
        f"source {tmp_path}/completion; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; "
        "$(complete -p compliance | sed 's/.*-F \\([^ ]*\\).*/\\1/') compliance; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    environment = os.environ | {"PATH": f"{COMPLIANCE.parent}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", asked], env=environment, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == offered


@pytest.mark.parametrize(
    ("shell", "registers"),
    [("zsh", "compdef _compliance_completion compliance"), ("fish", "complete --no-files --command compliance")],
)
def test_zsh_and_fish_have_their_script_and_are_answered(shell: str, registers: str) -> None:
    assert registers in script(shell)
    asked = {
        "_COMPLIANCE_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": "compliance out",
        "COMP_CWORD": "1" if shell == "zsh" else "out",
    }
    done = subprocess.run([COMPLIANCE], env=os.environ | asked, capture_output=True, text=True, check=False)
    assert "outbox" in done.stdout
