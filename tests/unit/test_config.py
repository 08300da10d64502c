"""The settings: strict, documented, without secrets."""

import re
from errno import EACCES
from pathlib import Path

import pytest

from compliance.config import iterate_settings, load_settings, reference
from compliance.errors import SettingsError

ROOT = Path(__file__).parents[2]
RUNNING_DEFAULT = ROOT / "config.toml"


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = RUNNING_DEFAULT.read_text("utf-8")
    assert old in text
    path = tmp_path / "config.toml"
    path.write_text(text.replace(old, new))
    return path


def test_the_running_default_is_read() -> None:
    settings = load_settings(RUNNING_DEFAULT)
    assert settings.database_url == f"sqlite:///{ROOT}/var/compliance.db"
    assert settings.policy == "west-mercia"


def test_the_database_can_be_named_by_where_its_url_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A URL with a password does not stand in the settings."""
    settings = load_settings(changed(tmp_path, 'url = "sqlite:///var/compliance.db"', 'url = "env:DATABASE_URL"'))
    with pytest.raises(SettingsError, match=r"database\.url: the environment variable DATABASE_URL is not set"):
        _ = settings.database_url
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://compliance:secret@db.force.example/compliance")
    assert settings.database_url == "postgresql+psycopg://compliance:secret@db.force.example/compliance"
    monkeypatch.setenv("DATABASE_URL", "sqlite:///here.db")
    assert settings.database_url == f"sqlite:///{tmp_path}/here.db"


def test_every_setting_is_documented_and_stands_in_the_running_default() -> None:
    text = RUNNING_DEFAULT.read_text("utf-8")
    for name, field in iterate_settings():
        assert field.description, f"{name} has no description"
        section, _, key = name.rpartition(".")
        body = text.split(f"[{section}]")[1].split("\n[")[0]
        assert re.search(rf"^(# )?{key} = ", body, re.MULTILINE), f"config.toml does not show {name}"


def test_the_page_of_settings_is_up_to_date() -> None:
    """`make docs` writes it."""
    assert (ROOT / "docs" / "configuration.md").read_text("utf-8") == reference()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("due_from =", "due_form =", "reminders.due_form: there is no such key; did you mean 'due_from'?"),
        ("due_from =", "# due_from =", "reminders.due_from: missing; it is required"),
        ("[mail]", "[male]", "male: there is no such key; did you mean 'mail'?"),
        ("port = 8471", "port = 70000", "mail.port: input should be less than or equal to 65535 (found 70000)"),
        ('security = "plain"', 'security = "ssl"', "mail.security: input should be 'plain', 'starttls' or 'tls' (found 'ssl')"),
        ("poll_minutes = 5", "poll_minutes = 0", "crime_system.poll_minutes: input should be greater than 0 (found 0)"),
        ('weekday = "mon"', 'weekday = "1"', "report.weekday: input should be 'mon'"),
        ("[force]", "[crime_system.mapping.victim]\n[force]", "crime_system.mapping.victim: there is no such key; did you mean 'victims'?"),
        ("[force]", "[force", "cannot be read as TOML"),
        ("[report]", "[crime_system.mapping]\n[report]", "; [crime_system.mapping] stands in the file twice, first on line "),
        ("[report]", "[web.roles]\n[report]", "; `web.roles` stands in the file twice, first on line "),
        ("[report]", "[report]\nfolder = 1\nfolder = 2", "; `report.folder` stands in the file twice, first on line "),
        ("due_from = 2026-01-01", "due_from = 01/03/2027", "dates are written as in 2027-03-01, without quotes (found 01/03/2027)"),
        ("due_from = 2026-01-01", "due_from = 1.3.2027", "dates are written as in 2027-03-01, without quotes (found 1.3.2027)"),
        ("due_from = 2026-01-01", "due_from = 2027-02-30", "dates are written as in 2027-03-01, without quotes (found 2027-02-30)"),
        ('# crime_link = "https://crimes.example.police.uk/crime/{crime_ref}"', 'crime_link = "https://x"', "with {crime_ref} in it"),
    ],
)  # fmt: skip
def test_a_wrong_setting_names_the_file_the_key_and_the_nearest_right_one(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = changed(tmp_path, old, new)
    with pytest.raises(SettingsError, match=re.escape(message)) as error:
        load_settings(path)
    assert str(error.value).startswith(f"{path}: ")


@pytest.mark.parametrize("wrong", ["due_from = 2026-01-01 x", "due_from = 127.0.0.1", "due_from = # 1/2/26"])
def test_a_line_without_a_wrong_date_is_told_nothing_of_dates(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(SettingsError, match="cannot be read as TOML") as error:
        load_settings(changed(tmp_path, "due_from = 2026-01-01", wrong))
    assert "dates" not in str(error.value)


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="name the file with --config"):
        load_settings(tmp_path / "none.toml")


def test_a_file_of_another_user_says_as_whom_to_run_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(
        SettingsError, match=r"cannot be read \(Permission denied\); run the command as the user of the"
    ):
        load_settings(Path("config.toml"))


def test_secrets_come_from_the_environment_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings(changed(tmp_path, "[report]", "[report]"))
    monkeypatch.setenv("A_SECRET", "s3cret")
    assert settings.secret("env:A_SECRET", "mail.password") == "s3cret"
    (tmp_path / "secret").write_text("from a file\n")
    assert settings.secret("file:secret", "mail.password") == "from a file"
    monkeypatch.delenv("A_SECRET")
    with pytest.raises(SettingsError, match=r"mail.password: the environment variable A_SECRET is not set"):
        settings.secret("env:A_SECRET", "mail.password")


def test_a_secret_in_the_file_is_refused_without_being_repeated(tmp_path: Path) -> None:
    path = changed(tmp_path, '# password = "env:SMTP_PASSWORD"', 'password = "hunter2"')
    with pytest.raises(SettingsError, match=r"mail.password") as error:
        load_settings(path)
    assert "hunter2" not in str(error.value)
    assert "expected env:NAME for an environment variable or file:PATH for a file" in str(error.value)
