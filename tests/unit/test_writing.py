"""Files are seen whole or not at all, and nobody reads them whom the umask, or their content, keeps out."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from compliance.mail import Mail, Pilot
from compliance.reports.rendering.output_files import write_whole as write_report
from compliance.writing import whole_file, write_whole
from tests.stores import at


@pytest.fixture(params=[0o000, 0o022, 0o027, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_file_is_as_open_as_the_umask_says_and_never_more(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "report.html"
    with whole_file(path) as file:
        (part,) = tmp_path.iterdir()
        assert mode(part) == 0o666 & ~umask, "while it is written too"
        file.write(b"whole")
        assert not path.exists()
    assert mode(path) == 0o666 & ~umask
    assert [found.name for found in tmp_path.iterdir()] == ["report.html"]


def test_a_private_file_is_its_owners_alone_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "copy.db"
    with whole_file(path, private=True) as file:
        (part,) = tmp_path.iterdir()
        assert mode(part) == 0o600 & ~umask
        file.write(b"whole")
    assert mode(path) == 0o600 & ~umask


def test_a_report_is_open_to_whom_the_umask_says(tmp_path: Path, umask: int) -> None:
    """It is meant to be read by people on a share; who they are is the force's to say, by the umask of the service."""
    assert mode(write_report(tmp_path / "2026-W47-board.html", b"<p>")) == 0o666 & ~umask


def test_a_mail_kept_back_in_a_pilot_is_its_owners_alone(tmp_path: Path, umask: int) -> None:
    """It names crimes: docs/mail.md has its folder as safe as the database."""
    mail = Mail(
        "o@force.example", "x", "text\n", None, {"From": "u@force.example"}, "<1@force.example>", at("2026-06-10 06:00")
    )
    pilot = Pilot((), tmp_path / "pilot")
    assert mode(pilot.write(mail)) == 0o600
    assert mode(pilot.folder) == 0o700
    assert pilot.write(mail).read_bytes() == mail.as_bytes()
    assert len(list(pilot.folder.iterdir())) == 1, "written again, it is the same file"


def test_what_was_there_stays_until_the_new_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "one"
    write_whole(path, b"first")
    with suppress(ZeroDivisionError), whole_file(path) as file:
        file.write(b"half")
        assert path.read_bytes() == b"first"
        raise ZeroDivisionError
    assert path.read_bytes() == b"first"
    write_whole(path, b"second")
    assert path.read_bytes() == b"second"
    assert [found.name for found in tmp_path.iterdir()] == ["one"]


def test_nothing_that_lies_where_it_is_written_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link that another user has put there."""
    monkeypatch.setattr("compliance.writing.token_hex", lambda _: "0")
    (tmp_path / ".one.0.part").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        write_whole(tmp_path / "one", b"secret")
    assert not (tmp_path / "elsewhere").exists()
