"""Looks at the mail server: that it can be used as the settings say. On request one test email is sent."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from typing import Final

from compliance import clock as real_clock
from compliance.config import Settings
from compliance.errors import ComplianceError, SettingsError, StoppedError, UnavailableError
from compliance.mail import Fate, Mail, Mailer, address_problem, bare_address, message_id
from compliance.policy.calendars import plain_date
from compliance.service.check import limits
from compliance.service.check.machine_checks import certificate_end, find_ending
from compliance.service.check.settings_checks import check_secrets
from compliance.service.conditions import Finding, Problem, note_problem
from compliance.service.mail_channel import channel_of, inbox_of, pilot_of
from compliance.stopping import within

_SUBJECT: Final = "Test email of the Victims' Code compliance monitor"
_TEXT: Final = """This email was sent by `compliance check --send-to`, to try the mail server.

If you can read it, emails of the Victims' Code compliance monitor reach you. There is nothing to do.
"""


def check_mail_server(settings: Settings) -> list[Finding]:
    """Connect to the mail server and log in. No email is sent.

    Finds nothing if a setting or a secret is wrong, which another look finds.
    """
    if check_secrets(settings).problems:
        return []
    seconds = settings.mail.timeout_seconds + limits.SLACK
    try:
        with within(seconds) as stop, closing((channel := channel_of(settings, stop)).open()) as line:
            what = f"{channel}: it can be used, over {_SPOKEN[settings.mail.security]}"
            try:
                line.connect()
            except (SettingsError, UnavailableError) as error:
                return [Finding(str(channel), (_problem(error, f"The {channel}", seconds),))]
            said = line.certificate_end() if isinstance(line, Mailer) else None
    except SettingsError:
        return []
    if said is None:
        return [Finding(what)]
    ends = certificate_end(said)
    problems = find_ending(f"the {channel}", ends, real_clock.now())
    return [Finding(what), Finding(f"certificate of the {channel}, until {plain_date(ends.date())}", problems)]


_SPOKEN: Final = {"plain": "a connection without encryption", "starttls": "STARTTLS", "tls": "TLS"}


def _problem(error: SettingsError | UnavailableError, server: str, seconds: float) -> Problem:
    """Return the problem that a failure to connect is."""
    if isinstance(error, StoppedError):
        return Problem("mail-not-answering", f"{server} did not answer to the end within {seconds:.0f} s.")
    name = "settings-wrong" if isinstance(error, SettingsError) else _name(error)
    return note_problem(name, limits.plain_problem(error))


def _name(error: UnavailableError) -> str:
    """Return the condition that a failure to connect is."""
    at: BaseException | None = error.__context__
    match at:
        case smtplib.SMTPAuthenticationError():
            return "mail-login-refused"
        case smtplib.SMTPNotSupportedError():
            return "mail-encryption-refused" if "STARTTLS" in str(at) else "mail-login-refused"
        case ssl.SSLCertVerificationError():
            return "mail-certificate-refused"
        case ssl.SSLError():
            return "mail-encryption-refused"
        case _:
            return "mail-not-answering"


def check_mailbox(settings: Settings) -> Iterator[Finding]:
    """Open the mailbox of bounces, if the settings name one. No message is read.

    Finds nothing if a setting or a secret is wrong, which another look finds.
    """
    inbound = settings.mail.inbound
    if inbound is None or check_secrets(settings).problems:
        return
    seconds = inbound.timeout_seconds + limits.SLACK
    with within(seconds) as stop:
        if (inbox := inbox_of(settings, stop)) is None:
            return
        try:
            inbox.open().close()
            yield Finding(f"{inbox}: it can be read")
        except StoppedError:
            said = f"The {inbox} did not answer to the end within {seconds:.0f} s."
            yield Finding(str(inbox), (Problem("mailbox-not-readable", said),))
        except (SettingsError, UnavailableError) as error:
            name = "settings-wrong" if isinstance(error, SettingsError) else "mailbox-not-readable"
            yield Finding(str(inbox), (note_problem(name, limits.plain_problem(error)),))


def send_test_email(settings: Settings, address: str, now: datetime) -> Finding:
    """Send one email to an address that a pilot would write to, at an instant (aware)."""
    what = f"test email to {address}"
    try:
        pilot = pilot_of(settings)
        if problem := address_problem(address):
            return Finding(what, (note_problem("test-email-refused", f"The address cannot be used: {problem}"),))
        if pilot is not None and not pilot.allows(address):
            said = "The address is not among those that [mail] allow lists, so nothing was sent."
            return Finding(what, (Problem("test-email-held", said),))
        seconds = settings.mail.timeout_seconds + limits.SLACK
        with within(seconds) as stop, closing(channel_of(settings, stop).open()) as line:
            line.connect()
            answer = line.send(_mail(settings, address, now))
    except ComplianceError as error:
        return Finding(what, (note_problem("test-email-refused", f"Nothing was sent: {limits.plain_problem(error)}"),))
    if answer.fate is Fate.ACCEPTED:
        return Finding(f"{what}: the mail server accepted it", notes=("look whether it arrives",))
    return Finding(what, (note_problem("test-email-refused", f"The mail server did not accept it: {answer.said}"),))


def _mail(settings: Settings, address: str, now: datetime) -> Mail:
    sender = settings.mail.sender
    domain = bare_address(sender).partition("@")[2]
    return Mail(
        to_address=address,
        subject=_SUBJECT,
        text=_TEXT,
        html=None,
        headers={"From": sender},
        message_id=message_id(f"test email {address} {now.isoformat()}", domain),
        date=now,
        return_path=inbound.bounce_address if (inbound := settings.mail.inbound) else None,
    )
