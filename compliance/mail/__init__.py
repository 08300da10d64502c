"""The outbox and its delivery over a channel (SMTP is the only one built in), for reminders and reports alike."""

from compliance.mail.channel import Channel, Connection, Fate, OutgoingMessage, Rendered, SendResult
from compliance.mail.delivery import Delivery, Wait, deliver
from compliance.mail.imap import ImapInbox
from compliance.mail.inbound import InboundOutcome, count_inbound, read_inbound
from compliance.mail.inbox import Inbox, MaildirInbox
from compliance.mail.incoming import InboundKind
from compliance.mail.message import Mail, address_problem, bare_address, message_id
from compliance.mail.outbox import Postponed, StillDue, Withdrawn, as_written, enqueue, goes_to, message_row, row_of
from compliance.mail.pilot import Pilot, allows
from compliance.mail.resting import Rest, Resting, RestingError, RestingInbox, RestKeeper, read_rest
from compliance.mail.smtp import Mailer, SmtpServer
from compliance.mail.tokens import TokenAddresses

__all__ = [
    "Channel",
    "Connection",
    "Delivery",
    "Fate",
    "ImapInbox",
    "InboundKind",
    "InboundOutcome",
    "Inbox",
    "Mail",
    "MaildirInbox",
    "Mailer",
    "OutgoingMessage",
    "Pilot",
    "Postponed",
    "Rendered",
    "Rest",
    "RestKeeper",
    "Resting",
    "RestingError",
    "RestingInbox",
    "SendResult",
    "SmtpServer",
    "StillDue",
    "TokenAddresses",
    "Wait",
    "Withdrawn",
    "address_problem",
    "allows",
    "as_written",
    "bare_address",
    "count_inbound",
    "deliver",
    "enqueue",
    "goes_to",
    "message_id",
    "message_row",
    "read_inbound",
    "read_rest",
    "row_of",
]
