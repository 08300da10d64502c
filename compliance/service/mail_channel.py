"""How email is sent according to the settings: the channel, and the addresses of a pilot."""

from compliance.config import Settings
from compliance.errors import SettingsError
from compliance.mail import Channel, Pilot, SmtpServer
from compliance.stopping import Stop


def channel_of(settings: Settings, stop: Stop | None = None) -> Channel:
    """Return the channel of some settings. A force that adds a channel selects it here (docs/mail.md).

    `stop`: shortens waits when requested. Raises SettingsError if the password cannot be obtained.
    """
    mail = settings.mail
    password = settings.secret(mail.password, "mail.password")
    ca_file = None if mail.ca_file is None else settings.path(mail.ca_file)
    return SmtpServer(mail, password, ca_file, stop=Stop() if stop is None else stop)


def pilot_of(settings: Settings) -> Pilot | None:
    """Return the pilot, None if there is none. Raises SettingsError for an entry of `allow` that is not an address."""
    mail = settings.mail
    if mail.allow is None:
        return None
    try:
        return Pilot(tuple(mail.allow), settings.path(mail.pilot_folder))
    except SettingsError as error:
        raise SettingsError(f"{settings.source}: [mail] {error}") from None
