"""The ways to tell administrators: an email over the mail server, an HTTP request to a webhook, and the heartbeat."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

import httpx
import structlog

from compliance.authorities import machine_authorities
from compliance.config import Settings
from compliance.errors import ComplianceError, System, UnavailableError
from compliance.mail import Channel, Fate, Mail, RestingError
from compliance.mail.message import bare_address, message_id
from compliance.service.alerts.alert_message import AlertMessage
from compliance.service.mail_channel import patient_channel
from compliance.service.noting.job_runs import SEND, JobRuns
from compliance.stopping import Stop
from compliance.store import AlertWay, Store

log = structlog.get_logger()

_TIMEOUT: Final = 10.0


class Teller(Protocol):
    """A way to tell."""

    def tell(self, message: AlertMessage) -> bool:
        """Send a message, and return whether it was taken. What prevents it is logged."""


@dataclass(frozen=True, slots=True)
class EmailTeller:
    """Emails to some addresses, straight to the mail server: nothing that waits in the outbox is in front of them."""

    settings: Settings
    channel: Channel[Mail]
    runs: JobRuns
    clock: Callable[[], datetime]

    def tell(self, message: AlertMessage) -> bool:
        """Send it to each address. It is taken if the mail server takes one of the emails, or may have."""
        fates: list[Fate] = []
        try:
            with closing(self.channel.open()) as line:
                for mail in self._mails(message):
                    line.connect()
                    result = line.send(mail)
                    fates.append(result.fate)
                    if result.fate is not Fate.ACCEPTED:
                        log.warning("alert email not accepted", fate=result.fate.value, problem=result.said)
                    if result.fate is Fate.HALTED:
                        raise UnavailableError(
                            f"{self.channel}: {result.said}", is_lasting=True, system=System.MAIL_SERVER
                        )
        except RestingError as error:
            log.warning("alert not emailed", problem=str(error))
        except UnavailableError as error:
            log.error("alert not emailed", problem=str(error))
            self.runs.note_failure(SEND, self.clock(), error)
        except ComplianceError as error:
            log.error("alert not emailed", problem=str(error))
        if Fate.ACCEPTED in fates:
            self.runs.note_success(SEND, self.clock())
        return not {Fate.ACCEPTED, Fate.UNCERTAIN}.isdisjoint(fates)

    def _mails(self, message: AlertMessage) -> list[Mail]:
        mail = self.settings.mail
        headers = {"From": mail.sender} | ({"Reply-To": mail.reply_to} if mail.reply_to else {})
        domain = bare_address(mail.sender).partition("@")[2]
        text, html = message.text(), message.html()
        return [
            Mail(to, message.subject, text, html, headers, message_id(_key(message, to), domain), message.now)
            for to in self.settings.alerts.to
        ]


def _key(message: AlertMessage, to: str) -> str:
    """Return what a message says, as a key: the same if a service that was killed sends it again."""
    said = [
        f"{each.incident.name} {each.incident.began_at} {each.message} {each.incident.tellings[each.way].told_at}"
        for each in message.alerts
    ]
    return "\n".join(["alert", to, *said])


@dataclass(frozen=True, slots=True)
class WebhookTeller:
    """An HTTP POST of JSON. An answer from 200 to 299 says that it was taken."""

    url: str
    token: str | None
    stop: Stop

    def tell(self, message: AlertMessage) -> bool:
        """Post it."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return _request("webhook", "POST", self.url, self.stop, json=message.as_json(), headers=headers)


def beat(url: str, stop: Stop) -> bool:
    """Request the address of the heartbeat, and return whether it answered well."""
    return _request("heartbeat", "GET", url, stop)


def _request(what: str, method: str, url: str, stop: Stop, **content: Any) -> bool:
    """Make a request. What prevents it is logged with the host only: the rest of the address may be a secret."""

    def ask() -> int:
        with (
            httpx.Client(timeout=_TIMEOUT, verify=machine_authorities()) as client,
            client.stream(method, url, **content) as response,
        ):
            return response.status_code

    try:
        status = stop.outcome_of(ask)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        log.error("request failed", what=what, host=_host(url), problem=type(error).__name__)
        return False
    if not httpx.codes.is_success(status):
        log.error("request failed", what=what, host=_host(url), problem=f"it answered {status}")
        return False
    return True


def _host(url: str) -> str:
    try:
        return httpx.URL(url).host
    except httpx.InvalidURL:
        return "an address that is not valid"


def teller_of(way: AlertWay, settings: Settings, store: Store, clock: Callable[[], datetime], stop: Stop) -> Teller:
    """Return a way that is set. Raises SettingsError if a secret cannot be obtained."""
    if way is AlertWay.EMAIL:
        return EmailTeller(settings, patient_channel(settings, store, clock, stop), JobRuns(store), clock)
    url = settings.address(settings.alerts.webhook, "alerts.webhook") or ""
    return WebhookTeller(url, settings.secret(settings.alerts.webhook_token, "alerts.webhook_token"), stop)


def ways_of(settings: Settings) -> Sequence[AlertWay]:
    """Return the ways that are set, without their secrets."""
    alerts = settings.alerts
    return [way for way, is_set in ((AlertWay.EMAIL, alerts.to), (AlertWay.WEBHOOK, alerts.webhook)) if is_set]
