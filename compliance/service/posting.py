"""How mail leaves, out of the settings: the channel, and what a force decided about delivery."""

from compliance.config import Settings
from compliance.errors import SettingsError
from compliance.mail import Channel, DeliveryRules, Pilot, SmtpServer
from compliance.stopping import Stop


def channel_of(settings: Settings, stop: Stop | None = None) -> Channel:
    """The channel of some settings; a force that adds one of its own chooses it here (docs/mail.md). Where `stop` says
    so nothing is waited for much longer.

    Raises SettingsError where the password cannot be had, or would travel in the clear.
    """
    mail = settings.mail
    try:
        return SmtpServer(
            host=mail.host,
            port=mail.port,
            security=mail.security,
            username=mail.username,
            password=settings.secret(mail.password, "mail.password"),
            timeout=mail.timeout_seconds,
            ca_file=None if mail.ca_file is None else str(settings.path(mail.ca_file)),
            stop=Stop() if stop is None else stop,
        )
    except SettingsError as error:
        raise _named(settings, error) from None


def delivery_rules(settings: Settings) -> DeliveryRules:
    """What a force decided about delivery. Raises SettingsError for an entry of `allow` that is no address."""
    mail = settings.mail
    try:
        pilot = None if mail.allow is None else Pilot(tuple(mail.allow), settings.path(mail.pilot_folder))
    except SettingsError as error:
        raise _named(settings, error) from None
    return DeliveryRules(mail.per_minute, mail.uncertain == "resend", pilot)


def _named(settings: Settings, error: SettingsError) -> SettingsError:
    said = str(error)
    return SettingsError(said if said.startswith(str(settings.source)) else f"{settings.source}: [mail] {said}")
