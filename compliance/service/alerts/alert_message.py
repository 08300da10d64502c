"""What administrators are told of incidents: one message for all of one look, as text, HTML and JSON."""

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from compliance.resources import resource
from compliance.service.alerts.lifecycle import Alert, Message
from compliance.service.conditions import CONDITIONS
from compliance.service.conditions.feed_conditions import minute
from compliance.store import Incident
from compliance.templating import Templates
from compliance.text import count_noun, describe_age, join_words, printable

_WIDTH: Final = 76
_HEADINGS: Final = {
    Message.BEGAN: "NEW",
    Message.LASTS: "STILL THERE",
    Message.OVER: "OVER",
}
_ABOUT: Final = (
    "`compliance status`, on the machine that runs the service, shows what is wrong now.",
    "You are told when something is found, once a day while it lasts (of a warning once a week after three days), "
    'and when it is over. Before planned work, run `compliance maintenance 2h --reason "..."`: no alerts are sent '
    "until it ends.",
)


@dataclass(frozen=True, slots=True)
class ToldIncident:
    """An incident as it is told. `sentence` and `remedy` are None once it is over."""

    name: str
    severity: str
    sentence: str | None
    when: str
    remedy: str | None


@dataclass(frozen=True, slots=True)
class AlertMessage:
    """Some alerts as one message at an instant (aware)."""

    force: str
    alerts: Sequence[Alert]
    now: datetime

    @property
    def subject(self) -> str:
        """Return the subject: what is wrong, and whose service it is."""
        return printable(f"{self._summary()} (compliance service, {self.force})")

    def _summary(self) -> str:
        if len(self.alerts) == 1:
            (alert,) = self.alerts
            first = {Message.BEGAN: alert.incident.severity.capitalize(), Message.LASTS: "Still there"}
            return f"{first.get(alert.message, 'Over')}: {alert.incident.name}"
        new = Counter(each.incident.severity for each in self.alerts if each.message is Message.BEGAN)
        counts = [count_noun(count, severity) for severity, count in sorted(new.items())]
        rest = Counter(each.message for each in self.alerts)
        counts += [f"{rest[Message.LASTS]:,} still there"] if rest[Message.LASTS] else []
        counts += [f"{rest[Message.OVER]:,} over"] if rest[Message.OVER] else []
        return join_words(counts)

    def text(self) -> str:
        """Return it as plain text."""
        return _templates().fill("alert.txt.j2", **self._content())

    def html(self) -> str:
        """Return it as HTML."""
        return _templates().fill("alert.html.j2", **self._content())

    def _content(self) -> dict[str, Any]:
        return {"subject": self.subject, "groups": list(self._groups()), "about": _ABOUT}

    def _groups(self) -> Iterator[tuple[str, list[ToldIncident]]]:
        for message, heading in _HEADINGS.items():
            entries = [_entry(each.incident, self.now) for each in self._sorted() if each.message is message]
            if entries:
                yield heading, entries

    def _sorted(self) -> list[Alert]:
        return sorted(self.alerts, key=lambda each: (each.incident.severity, each.incident.began_at))

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON. Instants are in UTC; `text` is the whole as text, which chat services show."""
        return {
            "force": self.force,
            "at": _instant(self.now),
            "text": f"{self.subject}\n{self.text()}",
            "incidents": [
                {
                    "event": each.message.value,
                    "name": each.incident.name,
                    "severity": each.incident.severity,
                    "sentence": each.incident.sentence,
                    "remedy": _remedy(each.incident),
                    "began_at": _instant(each.incident.began_at),
                    "ended_at": _instant(each.incident.ended_at),
                }
                for each in self._sorted()
            ],
        }


def _entry(incident: Incident, now: datetime) -> ToldIncident:
    began, ended_at = incident.began_at, incident.ended_at
    if ended_at is not None:
        lasted = describe_age(ended_at - began)
        when = f"It was there from {minute(began)} to {minute(ended_at)} ({lasted})."
        return ToldIncident(incident.name, incident.severity, None, when, None)
    age = f" ({describe_age(now - began)})" if now > began else ""
    when = f"Found since {minute(began)}{age}."
    return ToldIncident(incident.name, incident.severity, printable(incident.sentence), when, _remedy(incident))


def _remedy(incident: Incident) -> str:
    """Return what to do; nothing for a condition that this version no longer has."""
    remedy = next((each.remedy for each in CONDITIONS if each.name == incident.name), "")
    return f"{remedy[:1].upper()}{remedy[1:]}"


def _instant(at: datetime | None) -> str | None:
    return None if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}"


@cache
def _templates() -> Templates:
    return Templates(resource("templates", "alert"), {"fill": _fill})


def _fill(text: Any, indent: int = 0, hanging: int | None = None) -> str:
    later = indent if hanging is None else hanging
    return textwrap.fill(
        str(text), _WIDTH, initial_indent=" " * indent, subsequent_indent=" " * later, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
