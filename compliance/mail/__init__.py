"""The outbox and its delivery over SMTP, for reminders and reports alike."""

from compliance.mail.message import address_problem, bare_address, message_id
from compliance.mail.outbox import (
    Delivery,
    Postponed,
    Rendered,
    StillDue,
    Withdrawn,
    as_written,
    deliver,
    enqueue,
)
from compliance.mail.smtp import SmtpServer

__all__ = [
    "Delivery",
    "Postponed",
    "Rendered",
    "SmtpServer",
    "StillDue",
    "Withdrawn",
    "address_problem",
    "as_written",
    "bare_address",
    "deliver",
    "enqueue",
    "message_id",
]
