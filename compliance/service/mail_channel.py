"""How mail leaves, out of the settings: the channel, and whom a pilot writes to."""

from compliance.config import Settings
from compliance.errors import SettingsError
from compliance.mail import Channel, Pilot, SmtpServer
from compliance.stopping import Stop


def channel_of(settings: Settings, stop: Stop | None = None) -> Channel:
    """The channel of some settings; a force that adds one of its own chooses it here (docs/mail.md). Where `stop` says
    so nothing is waited for much longer.

    Raises SettingsError where the password cannot be had.
    """
    mail = settings.mail
    password = settings.secret(mail.password, "mail.password")
    ca_file = None if mail.ca_file is None else settings.path(mail.ca_file)
    return SmtpServer(mail, password, ca_file, stop=Stop() if stop is None else stop)


def pilot_of(settings: Settings) -> Pilot | None:
    """Whom a pilot writes to, None where there is none. Raises SettingsError for an entry of `allow` that is no
    address."""
    mail = settings.mail
    if mail.allow is None:
        return None
    try:
        return Pilot(tuple(mail.allow), settings.path(mail.pilot_folder))
    except SettingsError as error:
        raise SettingsError(f"{settings.source}: [mail] {error}") from None
