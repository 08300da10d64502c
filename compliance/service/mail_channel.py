"""How email is sent according to the settings: the channel, the addresses of a pilot, and where bounces are read."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from compliance.config import Settings
from compliance.errors import SettingsError, System
from compliance.mail import (
    Channel,
    ImapInbox,
    Inbox,
    Mail,
    MaildirInbox,
    Pilot,
    Rest,
    Resting,
    RestingInbox,
    RestKeeper,
    SmtpServer,
    TokenAddresses,
    read_rest,
)
from compliance.mail_settings import InboundMail, MailSettings
from compliance.stopping import Stop
from compliance.store import Store, signing_key

EMAIL: Final = "email"
"""The name under which it is stored that the mail server is not tried for a time."""
MAILBOX: Final = "mailbox"
"""The same of the mailbox of bounces."""
_TRIED_WITH: Final = frozenset({"host", "port", "security", "username", "mailbox"})


def channel_of(settings: Settings, stop: Stop | None = None) -> Channel[Mail]:
    """Return the channel of some settings. A force that adds a channel selects it here (docs/mail.md).

    `stop`: shortens waits when requested. Raises SettingsError if the password cannot be obtained.
    """
    mail = settings.mail
    password = settings.secret(mail.password, "mail.password")
    ca_file = None if mail.ca_file is None else settings.path(mail.ca_file)
    return SmtpServer(mail, password, ca_file, stop=Stop() if stop is None else stop)


def patient_channel(
    settings: Settings, store: Store, clock: Callable[[], datetime], stop: Stop | None = None, *, ask_now: bool = False
) -> Channel[Mail]:
    """Return the channel of some settings, which leaves the mail server alone for a time once it has refused us.

    `ask_now`: try it in any case. Raises SettingsError as `channel_of` does.
    """
    tried_with = _tried_with(settings, settings.mail, "mail")
    return Resting(channel_of(settings, stop), RestKeeper(EMAIL, System.MAIL_SERVER, store, clock, tried_with, ask_now))


def rest_of_mail(store: Store) -> Rest | None:
    """Return until when the mail server is not tried, as it was last found to refuse us; None if it does not."""
    return read_rest(store, EMAIL)


def _tried_with(settings: Settings, server: MailSettings | InboundMail, section: str) -> bytes:
    """Return all that decides whether a server of a section accepts us, as bytes to be compared."""
    ca_file = None if server.ca_file is None else settings.path(server.ca_file)
    secret = settings.secret(server.password, f"{section}.password") or ""
    parts = server.model_dump_json(include=set(_TRIED_WITH)), secret
    return "\0".join(parts).encode() + (ca_file.read_bytes() if ca_file and ca_file.is_file() else b"")


def pilot_of(settings: Settings) -> Pilot | None:
    """Return the pilot, None if there is none. Raises SettingsError for an entry of `allow` that is not an address."""
    mail = settings.mail
    if mail.allow is None:
        return None
    try:
        return Pilot(tuple(mail.allow), settings.path(mail.pilot_folder))
    except SettingsError as error:
        raise SettingsError(f"{settings.source}: [mail] {error}") from None


def inbox_of(settings: Settings, stop: Stop | None = None) -> Inbox | None:
    """Return the mailbox in which bounces are read; None if the settings name none.

    `stop`: shortens waits when requested. Raises SettingsError if the password cannot be obtained.
    """
    inbound = settings.mail.inbound
    if inbound is None:
        return None
    if inbound.maildir is not None:
        return MaildirInbox(settings.path(inbound.maildir))
    password = settings.secret(inbound.password, "mail.inbound.password")
    ca_file = None if inbound.ca_file is None else settings.path(inbound.ca_file)
    return ImapInbox(inbound, str(password), ca_file, Stop() if stop is None else stop)


def patient_inbox(
    settings: Settings, store: Store, clock: Callable[[], datetime], stop: Stop, *, ask_now: bool = False
) -> Inbox | None:
    """Return the mailbox of bounces, which is left alone for a time once it has refused us; None if there is none.

    `ask_now`: try it in any case. Raises SettingsError as `inbox_of` does.
    """
    inbox, inbound = inbox_of(settings, stop), settings.mail.inbound
    if inbox is None or inbound is None:
        return None
    tried_with = _tried_with(settings, inbound, "mail.inbound")
    return RestingInbox(inbox, RestKeeper(MAILBOX, System.MAILBOX, store, clock, tried_with, ask_now))


def addresses_of(settings: Settings, store: Store, now: datetime) -> TokenAddresses | None:
    """Return the addresses to which answers to emails go; None if none are read.

    `now` (aware): when the key of the tokens is made, if there is none yet. Raises SettingsError for an address that is
    none.
    """
    inbound = settings.mail.inbound
    return None if inbound is None else _addresses(settings, inbound, signing_key(store, now))


def check_addresses(settings: Settings) -> None:
    """Check the addresses to which answers to emails go. Raises SettingsError for one that is none."""
    if settings.mail.inbound is not None:
        _addresses(settings, settings.mail.inbound, b"")


def _addresses(settings: Settings, inbound: InboundMail, key: bytes) -> TokenAddresses:
    try:
        return TokenAddresses(key, inbound.bounce_address, inbound.reply_address)
    except SettingsError as error:
        raise SettingsError(f"{settings.source}: [mail.inbound] {error}") from None
