"""Mails queued one at a time, and mail servers out of few words."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlmodel import Session

from compliance.errors import settings_error
from compliance.mail import SmtpServer, enqueue, row_of
from compliance.mail_settings import MailServer
from compliance.stopping import Stop

CONFIG = """
[force]
name = "Test Constabulary"
[database]
url = "{url}"
[crime_system]
url = "http://127.0.0.1:1/crimes"
[reminders]
due_from = 2026-05-01
[mail]
host = "127.0.0.1"
security = "plain"
sender = "updates@force.example"
"""
"""The settings of a service as commands read them; `url` is its database."""


def queue_mail(session: Session, **mail: Any) -> int | None:
    """Queue what `row_of` makes -> its row's id, None where there is a row with its key already."""
    return enqueue(session, [row_of(**mail)]).get(mail["key"])


def smtp_server(
    host: str, port: int = 25, security: str = "starttls", username: str | None = None, password: str | None = None,
    timeout: float = 30, ca_file: str | None = None, stop: Stop | None = None,
) -> SmtpServer:  # fmt: skip
    """A channel to a mail server. Raises SettingsError where its section would not be taken."""
    said = {"host": host, "port": port, "security": security, "username": username, "timeout_seconds": timeout}
    try:
        settings = MailServer.model_validate(said | {"password": password and "env:PASSWORD"})
    except ValidationError as error:
        raise settings_error("[mail]", error.errors(), list(MailServer.model_fields)) from None
    return SmtpServer(settings, password, (ca_file and Path(ca_file)) or None, stop=stop or Stop())
