"""Posting cards to channels of Microsoft Teams over webhooks (Workflows): the result of each, without guessing.

A card is an Adaptive Card in a message of Teams: https://learn.microsoft.com/microsoftteams/platform/
webhooks-and-connectors/how-to/connectors-using. The address of a webhook holds a token, so it is never logged.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import httpx

from compliance.authorities import machine_authorities
from compliance.errors import StoppedError
from compliance.mail.channel import Fate, OutgoingMessage, SendResult
from compliance.retry_after import retry_after
from compliance.stopping import Stop

LINK: Final = "Link"
"""The header with the address that the button of a card opens."""
LONGEST_WAIT: Final = timedelta(days=1)
"""The longest wait that is honoured when Teams asks for one."""
_LATER: Final = frozenset({408, 425, 429})
"""Answers below 500 that say "not now"."""
_NOT_POSTED: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.WriteError, httpx.WriteTimeout)
"""The errors after which the card was not complete, so that it was not accepted."""
_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]()#+!|<>~-])")


@dataclass(frozen=True, slots=True)
class Card:
    """A card as posted, and where to."""

    destination: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TeamsWebhooks:
    """The webhooks of Teams, by destination (`channel.Channel`)."""

    webhooks: Mapping[str, str] = field(repr=False)
    timeout_seconds: float
    stop: Stop = field(default_factory=Stop, repr=False, compare=False)

    def __str__(self) -> str:
        return "Microsoft Teams"

    def compose(self, message: OutgoingMessage) -> Card:
        """Return a message as a card: its subject as the heading, each line of its text as a paragraph."""
        heading = {"size": "Medium", "weight": "Bolder"}
        body = [
            _block(message.content.subject, **heading),
            *map(_block, filter(None, message.content.text.split("\n"))),
        ]
        content: dict[str, Any] = {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "body": body,
        }
        if (url := message.headers.get(LINK)) is not None:
            content["actions"] = [{"type": "Action.OpenUrl", "title": "Open", "url": url}]
        attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": content}
        return Card(message.destination, {"type": "message", "attachments": [attachment]})

    def open(self) -> "TeamsConnection":
        """Return a connection for one run."""
        return TeamsConnection(self)


def _block(text: str, **more: str) -> dict[str, Any]:
    """Return a paragraph. Teams reads Markdown in it, which the names of units must not make."""
    return {"type": "TextBlock", "text": _MARKDOWN.sub(r"\\\1", text), "wrap": True} | more


class TeamsConnection:
    """Teams for the length of one run (`channel.Connection`)."""

    def __init__(self, about: TeamsWebhooks) -> None:
        self._about = about
        self._client = httpx.Client(timeout=about.timeout_seconds, follow_redirects=False, verify=machine_authorities())

    def connect(self) -> None:
        """Do nothing: each webhook is its own destination, and says for itself whether it can be reached."""

    def send(self, card: Card) -> SendResult:
        """Post one card. Teams answers 202: it has accepted the card, and the workflow posts it."""
        stop = self._about.stop

        def post() -> httpx.Response:
            with self._client.stream("POST", self._about.webhooks[card.destination], json=card.payload) as answer:
                return answer  # what it is, not what is in it

        try:
            return SendResult(Fate.LOST, "told to stop") if stop.is_requested() else _read(stop.outcome_of(post))
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            return SendResult(Fate.REFUSED, "the address of its webhook is not valid")
        except _NOT_POSTED as error:
            return SendResult(Fate.LOST, f"it cannot be reached ({type(error).__name__})", defers_recipient=True)
        except (httpx.HTTPError, StoppedError) as error:
            return SendResult(Fate.UNCERTAIN, f"it did not answer ({type(error).__name__})")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _read(answer: httpx.Response) -> SendResult:
    """Return what an answer says. Its text is not repeated: it may quote the address."""
    said = f"it answered {answer.status_code}"
    if answer.is_success:
        return SendResult(Fate.ACCEPTED, said)
    if answer.status_code in _LATER or answer.is_server_error:
        seconds, _ = retry_after(answer.headers)
        wait = None if seconds is None else min(timedelta(seconds=seconds), LONGEST_WAIT)
        return SendResult(Fate.DEFERRED, said, defers_recipient=True, retry_after=wait)
    return SendResult(Fate.REFUSED, said)
