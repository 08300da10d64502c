"""How email is sent according to the settings: the channel, the addresses of a pilot, and where bounces are read."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from compliance.config import Settings
from compliance.errors import SettingsError
from compliance.mail import (
    Channel,
    ImapInbox,
    Inbox,
    Mail,
    MaildirInbox,
    Pilot,
    Rest,
    Resting,
    SmtpServer,
    TokenAddresses,
    read_rest,
)
from compliance.mail_settings import InboundMail
from compliance.stopping import Stop
from compliance.store import Store, signing_key

EMAIL: Final = "email"
"""The name under which it is stored that the mail server is not tried for a time."""
_TRIED_WITH: Final = frozenset({"host", "port", "security", "username"})


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
    return Resting(EMAIL, channel_of(settings, stop), store, clock, _tried_with(settings), ask_now)


def rest_of_mail(store: Store) -> Rest | None:
    """Return until when the mail server is not tried, as it was last found to refuse us; None if it does not."""
    return read_rest(store, EMAIL)


def _tried_with(settings: Settings) -> bytes:
    """Return all that decides whether the mail server accepts us, as bytes to be compared."""
    mail = settings.mail
    ca_file = None if mail.ca_file is None else settings.path(mail.ca_file)
    parts = mail.model_dump_json(include=set(_TRIED_WITH)), settings.secret(mail.password, "mail.password") or ""
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
