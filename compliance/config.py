"""The settings: one TOML file that a force edits, read strictly.

Every setting is described here, and the description is what `docs/configuration.md` prints.
"""

import os
import tomllib
from collections.abc import Iterator
from datetime import datetime
from inspect import cleandoc
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import Field, ValidationError

from compliance.alert_settings import AlertSettings
from compliance.audit_settings import AuditSettings
from compliance.errors import SettingsError, settings_error, toml_error
from compliance.feed_settings import CrimeSystem, SettingsSection, is_secret_name
from compliance.mail_settings import MailSettings
from compliance.reminder_settings import Reminders
from compliance.report_settings import ReportSettings
from compliance.return_settings import ReturnSettings
from compliance.review_settings import ReviewSettings
from compliance.risk_settings import RiskSettings
from compliance.survey_settings import SurveySettings
from compliance.teams_settings import TeamsSettings
from compliance.web_settings import WebSettings


class ForceSettings(SettingsSection):
    """Who runs the service, and under which policy."""

    name: str = Field(min_length=1, description="The force's name, as reports print it.")
    policy: str = Field(
        "west-mercia",
        description="The name of a shipped policy, or a policy file, relative to this file.",
    )


class DatabaseSettings(SettingsSection):
    """Where the service keeps what it knows."""

    url: str = Field(
        "sqlite:///var/compliance.db",
        description="An SQLAlchemy database URL: SQLite, whose relative path is relative to this file, or PostgreSQL "
        "14 or later in UTF-8, such as `postgresql+psycopg://compliance@db.force.example/compliance`. A URL with a "
        "password does not belong here: name where it is, `env:NAME` or `file:PATH`, or leave the password to "
        "`PGPASSWORD` or a password file.",
    )
    migrate: Literal["by-hand", "on-start"] = Field(
        "by-hand",
        description="Who upgrades a database of an older version: `by-hand`, a person with `compliance migrate`; "
        "`on-start`, `compliance run` itself. A database that is not there yet is only created by hand.",
    )


class RetentionSettings(SettingsSection):
    """How long crimes are kept after they were closed (management of police information), and what never became a
    stored crime. Published figures stay. `compliance retention` and the daemon apply it, once a day
    (docs/retention.md)."""

    strip_officers_after_days: int | None = Field(
        None,
        ge=365,
        description="After how many days the references to officers are taken out of a closed crime; absent: never.",
    )
    remove_after_days: int | None = Field(
        None,
        ge=365,
        description="After how many days a closed crime is removed with all that follows from it, and so are polls as "
        "old as that; absent: never. What is removed can be neither explained nor reported again.",
    )
    remove_refused_after_days: int = Field(
        730,
        ge=30,
        description="After how many days a refused record is removed: after it left the quarantine or, where its crime "
        "number could not be read, after it last came. One that stands stays until its crime comes right or is "
        "removed; of a crime of which nothing else is stored, until `remove_after_days` after it last came.",
    )
    remove_emails_after_days: int = Field(
        365,
        ge=30,
        description="After how many days the text of an email that was sent, refused, cancelled or written for a pilot "
        "is removed, and the pilot's file. When it was sent, and to whom, is kept with what it said of each crime.",
    )
    remove_other_after_days: int = Field(
        730,
        ge=30,
        description="After how many days an entry is removed that the officer directory no longer has, an unknown "
        "value that no longer comes, that a message was read in the mailbox of bounces, and a daily size of the "
        "database.",
    )
    remove_audit_after_days: int | None = Field(
        None,
        ge=90,
        description="After how many days entries of the audit log are removed, whole months at a time, counted from "
        "the last day of the month; absent: never. What is left can still be verified (docs/audit.md).",
    )
    remove_exports_after_days: int = Field(
        30,
        ge=1,
        description="After how many days the files of an export are removed from `done` and `failed`, counted from "
        "when they were moved there.",
    )


class Log(SettingsSection):
    """What the service writes about its own work. Never names, addresses, or secrets."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="How much is written.")
    format: Literal["text", "json"] = Field("text", description="`text` for people, `json` for a log collector.")


class Monitoring(SettingsSection):
    """What the running service tells a monitoring system, over HTTP on this machine only (docs/conditions.md)."""

    port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="The port of 127.0.0.1 on which `compliance run` answers `/live`, `/ready` and `/metrics`; absent: "
        "none.",
    )


class Settings(SettingsSection):
    """All settings. `base` is the folder of the file, which relative paths are relative to."""

    force: ForceSettings
    database: DatabaseSettings = DatabaseSettings()
    crime_system: CrimeSystem
    reminders: Reminders
    mail: MailSettings
    teams: TeamsSettings = TeamsSettings()
    report: ReportSettings = ReportSettings()
    review: ReviewSettings = ReviewSettings()
    survey: SurveySettings = SurveySettings()
    returns: ReturnSettings = ReturnSettings()
    risk: RiskSettings = RiskSettings()
    retention: RetentionSettings = RetentionSettings()
    audit: AuditSettings = AuditSettings()
    log: Log = Log()
    monitoring: Monitoring = Monitoring()
    alerts: AlertSettings = AlertSettings()
    web: WebSettings = WebSettings()
    base: Path = Field(exclude=True)
    source: str = Field(exclude=True)

    def path(self, text: str) -> Path:
        """A path of the settings, relative ones from the settings file's folder."""
        return self.base / text

    @property
    def database_url(self) -> str:
        """The database URL, a relative SQLite path made absolute. Raises SettingsError if it cannot be obtained."""
        prefix, url = "sqlite:///", self.database.url
        if is_secret_name(url):
            url = self.secret(url, "database.url") or ""
        if url.startswith(prefix) and not url.startswith(prefix + "/"):
            return f"{prefix}{self.path(url.removeprefix(prefix))}"
        return url

    @property
    def policy(self) -> Path | str:
        """The policy file, or the name of a shipped one."""
        path = self.path(self.force.policy)
        return path if path.exists() or path.suffix else self.force.policy

    def address(self, value: str | None, key: str) -> str | None:
        """An address of the settings, from where it is kept. Raises SettingsError as `secret` does."""
        return self.secret(value, key) if value is not None and is_secret_name(value) else value

    def secret(self, value: str | None, key: str) -> str | None:
        """What `env:NAME` or `file:PATH` stands for. Raises SettingsError that names the setting, never the value."""
        if value is None:
            return None
        kind, _, name = value.partition(":")
        if kind == "env":
            found = os.environ.get(name)
            if not found:
                raise SettingsError(f"{self.source}: {key}: the environment variable {name} is not set")
        else:
            try:
                found = self.path(name).read_text("utf-8").strip()
            except OSError as error:
                raise SettingsError(
                    f"{self.source}: {key}: the file {name} cannot be read ({error.strerror})"
                ) from None
            except UnicodeDecodeError:
                raise SettingsError(f"{self.source}: {key}: the file {name} is not text in UTF-8") from None
        # A library that refuses it would name it in its error.
        if not found.isprintable():
            raise SettingsError(f"{self.source}: {key}: what {value} holds is not one line of printable characters")
        return found


def load_settings(path: Path) -> Settings:
    """The settings of a file. Raises SettingsError that names the file, the key and the nearest right one."""
    try:
        content = path.read_bytes()
        data = tomllib.loads(content.decode("utf-8"))
    except PermissionError as error:
        told = "run the command as the user of the service, such as with `sudo -u compliance`"
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); {told}") from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); name the file with --config") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise toml_error(path, content, error) from None
    if {"base", "source"} & set(data):
        raise SettingsError(f"{path}: base, source: there are no such keys")
    try:
        return Settings.model_validate(data | {"base": path.resolve().parent, "source": str(path)})
    except ValidationError as error:
        known = [name.rpartition(".")[2] for name in (*(key for key, _ in iterate_settings()), *_sections())]
        raise settings_error(str(path), error.errors(), known) from None


def _sections() -> dict[str, type[SettingsSection]]:
    """Every section by its dotted name, those within others after them."""
    found: dict[str, type[SettingsSection]] = {}
    for name, field in Settings.model_fields.items():
        for key, model in _models(name, field.annotation):
            found[key] = model
            for inner, inner_field in model.model_fields.items():
                found |= dict(_models(f"{key}.{inner}", inner_field.annotation))
    return found


def _models(name: str, annotation: Any) -> Iterator[tuple[str, type[SettingsSection]]]:
    """The section that a field is of, where it is one, required or not."""
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, SettingsSection):
            yield name, kind


def _describe(section: str, model: type[SettingsSection]) -> Iterator[tuple[str, Any]]:
    for name, field in model.model_fields.items():
        if f"{section}.{name}" not in _sections():
            yield name, field


def iterate_settings() -> Iterator[tuple[str, Any]]:
    """Every setting: its dotted name and its field, in the order of the file."""
    for section, model in _sections().items():
        for name, field in _describe(section, model):
            yield f"{section}.{name}", field


def reference() -> str:
    """`docs/configuration.md`: every setting with what it means, out of the descriptions above."""
    lines = [
        "# Settings",
        "",
        "Everything is in one file, `config.toml`; another is named with `--config`. An unknown key is an error that "
        "names the nearest right one. This page is written by `make docs` from the descriptions in",
        "`compliance/config.py` and the sections beside it.",
    ]
    for section, model in _sections().items():
        lines += [
            "",
            f"## [{section}]",
            "",
            cleandoc(model.__doc__ or ""),
            "",
            "| setting | default | meaning |",
            "|---|---|---|",
        ]
        for name, field in _describe(section, model):
            default = (
                "required" if field.is_required() else "none" if field.default is None else f"`{_toml(field.default)}`"
            )
            lines.append(f"| `{name}` | {default} | {field.description} |")
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }" if value else "{}"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, SettingsSection):
        return _toml(value.model_dump(exclude_none=True))
    return str(value)
