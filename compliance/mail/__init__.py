"""The outbox and its delivery over a channel (SMTP is the only one built in), for reminders and reports alike."""

from compliance.mail.channel import Channel, Connection, Fate, SendResult
from compliance.mail.delivery import Delivery, Wait, deliver
from compliance.mail.message import Mail, address_problem, bare_address, message_id
from compliance.mail.outbox import Postponed, Rendered, StillDue, Withdrawn, as_written, enqueue, row_of
from compliance.mail.pilot import Pilot, allows
from compliance.mail.resting import Rest, Resting, RestingError, read_rest
from compliance.mail.smtp import Mailer, SmtpServer

__all__ = [
    "Channel",
    "Connection",
    "Delivery",
    "Fate",
    "Mail",
    "Mailer",
    "Pilot",
    "Postponed",
    "Rendered",
    "Rest",
    "Resting",
    "RestingError",
    "SendResult",
    "SmtpServer",
    "StillDue",
    "Wait",
    "Withdrawn",
    "address_problem",
    "allows",
    "as_written",
    "bare_address",
    "deliver",
    "enqueue",
    "message_id",
    "read_rest",
    "row_of",
]
