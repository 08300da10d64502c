"""The search for secrets in what the suite writes finds them: a search that finds nothing has to be able to."""

from pathlib import Path

import pytest

from compliance.config import load_settings
from tests.secrecy import SECRECY, Secrecy

ROOT = Path(__file__).parents[2]


@pytest.fixture
def secrecy() -> Secrecy:
    found = Secrecy()
    found.know("swordfish-77")
    return found


def test_what_is_written_with_a_secret_in_it_is_found_once(secrecy: Secrecy) -> None:
    secrecy.note("all is well", "the log")
    assert secrecy.find() is None
    secrecy.note(b'Traceback ...\nHTTPError: "Authorization: Bearer swordfish-77"', "standard error")
    assert secrecy.find() == "standard error holds a secret: 'swordfish-77'"
    assert secrecy.find() is None


def test_a_file_with_a_secret_in_it_is_found_wherever_it_lies(secrecy: Secrecy, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "compliance.db").write_bytes(b"\x00SQLite\x00swordfish-77\x00")
    assert secrecy.find(tmp_path) == f"the file {tmp_path}/data/compliance.db holds a secret: 'swordfish-77'"


@pytest.mark.parametrize("kept", ["swordfish-77\n", "SMTP_PASSWORD=swordfish-77\n"])
def test_a_file_that_keeps_the_secret_and_nothing_else_is_where_it_belongs(
    secrecy: Secrecy, tmp_path: Path, kept: str
) -> None:
    (tmp_path / "secrets").write_text(kept)
    assert secrecy.find(tmp_path) is None


def test_what_settings_name_is_known_also_if_only_another_process_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "opensesame-1")
    (tmp_path / "key").write_text("opensesame-2\n")
    (tmp_path / "config.toml").write_text('password = "env:SMTP_PASSWORD"\ntoken = "file:key"\n')
    secrecy = Secrecy()
    secrecy.note("password opensesame-1 refused", "the log")
    assert secrecy.find(tmp_path) == "the log holds a secret: 'opensesame-1'"
    secrecy.note("token opensesame-2 refused", "the log")
    assert secrecy.find(tmp_path) == "the log holds a secret: 'opensesame-2'"


def test_of_the_url_of_a_database_the_password_is_the_secret(secrecy: Secrecy) -> None:
    secrecy.know("postgresql+psycopg://monitor:correct-horse@db.force.example/compliance")
    secrecy.note("the database postgresql+psycopg://monitor:***@db.force.example/compliance", "the log")
    assert secrecy.find() is None
    secrecy.note("connection to db.force.example failed: correct-horse", "the log")
    assert secrecy.find() == "the log holds a secret: 'correct-horse'"


def test_each_secret_that_the_service_reads_is_known_to_the_suite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_PASSWORD", "a-long-password")
    (tmp_path / "config.toml").write_text((ROOT / "config.toml").read_text("utf-8"), "utf-8")
    load_settings(tmp_path / "config.toml").secret("env:A_PASSWORD", "mail.password")
    SECRECY.note("refused: a-long-password", "the log")
    assert SECRECY.find() == "the log holds a secret: 'a-long-password'"
