"""Mails queued one at a time."""

from typing import Any

from sqlmodel import Session

from compliance.mail import enqueue, row_of


def queue_mail(session: Session, **mail: Any) -> int | None:
    """Queue what `row_of` makes -> its row's id, None where there is a row with its key already."""
    return enqueue(session, [row_of(**mail)]).get(mail["key"])
