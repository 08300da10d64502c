"""Cards for leaders in Microsoft Teams: what they say, when they go, and what a web server can do to them."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from compliance.errors import SettingsError
from compliance.mail import Fate, OutgoingMessage, Rendered, SendResult
from compliance.mail.teams import LINK, TeamsWebhooks
from compliance.service import Service
from compliance.service.check.settings_checks import check_secrets
from compliance.service.telling.leaders_cards import CARD
from compliance.stopping import Stop
from compliance.store import Store
from compliance.store.tables import OUTBOX
from tests import stores
from tests.hanging import hanging, silent
from tests.service_states import NOW, ServiceState
from tests.stores import crime, rows
from tests.web_server import WebServer, answer, serving

new_database, database_url, store = stores.one_database, stores.database_url, stores.store
ACCEPTED: Final = answer(b"", "202 Accepted")
SIGNED: Final = "sig=s3cret"
"""The part of a webhook's address that nobody may read."""
MESSAGE: Final = OutgoingMessage(
    "teams:force", Rendered("North_East: 2 victims", "One *line*\nAnother", None), {LINK: "https://force.example/v"},
    "<1@force.example>", NOW,
)  # fmt: skip
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


# ── the channel ──────────────────────────────────────────────────────────────────────────────────────────────────────


def posted(url: str, timeout: float = 5, stop: Stop | None = None) -> SendResult:
    channel = TeamsWebhooks({"teams:force": f"{url}?{SIGNED}"}, timeout, stop or Stop())
    with closing(channel.open()) as line:
        line.connect()
        return line.send(channel.compose(MESSAGE))


def answered(given: bytes) -> SendResult:
    with serving() as web:
        web.grants = [given]
        return posted(web.url)


def test_a_message_is_posted_as_an_adaptive_card_in_a_message_of_teams() -> None:
    with serving() as web:
        web.grants = [ACCEPTED]
        assert posted(web.url) == SendResult(Fate.ACCEPTED, "it answered 202")
    (body,) = web.bodies
    assert json.loads(body) == {
        "type": "message",
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": None,
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "body": [
                        {
                            "type": "TextBlock", "text": r"North\_East: 2 victims", "wrap": True, "size": "Medium",
                            "weight": "Bolder",
                        },
                        {"type": "TextBlock", "text": r"One \*line\*", "wrap": True},
                        {"type": "TextBlock", "text": "Another", "wrap": True},
                    ],
                    "actions": [{"type": "Action.OpenUrl", "title": "Open", "url": "https://force.example/v"}],
                },
            }
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "headers", "fate", "wait"),
    [
        ("200 OK", {}, Fate.ACCEPTED, None),
        ("400 Bad Request", {}, Fate.REFUSED, None),
        ("401 Unauthorized", {}, Fate.REFUSED, None),
        ("404 Not Found", {}, Fate.REFUSED, None),
        ("410 Gone", {}, Fate.REFUSED, None),
        ("302 Found", {"Location": "https://login.example/"}, Fate.REFUSED, None),
        ("429 Too Many Requests", {"Retry-After": "7200"}, Fate.DEFERRED, timedelta(hours=2)),
        (
            "429 Too Many Requests",
            {"Date": "Mon, 20 Jul 2026 10:00:00 GMT", "Retry-After": "Mon, 20 Jul 2026 11:00:00 GMT"},
            Fate.DEFERRED,
            timedelta(hours=1),
        ),
        ("429 Too Many Requests", {"Retry-After": "99999999"}, Fate.DEFERRED, timedelta(days=1)),
        ("429 Too Many Requests", {"Retry-After": "soon"}, Fate.DEFERRED, None),
        ("503 Service Unavailable", {}, Fate.DEFERRED, None),
    ],
)
def test_every_answer_has_its_fate(status: str, headers: dict[str, str], fate: Fate, wait: timedelta | None) -> None:
    fields: dict[str, Any] = {name.replace("-", "_"): text for name, text in headers.items()}
    said = answered(answer(f"see ?{SIGNED}".encode(), status, **fields))
    assert (said.fate, said.retry_after) == (fate, wait)
    assert said.said == f"it answered {status[:3]}"
    assert said.defers_recipient is (fate is Fate.DEFERRED)


def test_a_connection_that_is_lost_before_an_answer_leaves_a_card_uncertain() -> None:
    said = answered(b"")
    assert said.fate is Fate.UNCERTAIN
    assert "s3cret" not in said.said


def test_a_server_that_takes_a_card_and_hangs_leaves_it_uncertain() -> None:
    with hanging(silent) as server:
        assert posted(f"http://127.0.0.1:{server.port}/hook", timeout=0.2).fate is Fate.UNCERTAIN


def test_a_server_that_is_not_there_has_not_got_the_card() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    said = posted(f"http://127.0.0.1:{port}/hook")
    assert (said.fate, said.defers_recipient) == (Fate.LOST, True)
    assert "s3cret" not in said.said


@pytest.mark.parametrize("address", ["teams", "ftp://teams.example/hook", "http://teams.example:port/hook"])
def test_an_address_that_is_none_is_refused_without_naming_it(address: str) -> None:
    said = posted(address)
    assert said == SendResult(Fate.REFUSED, "the address of its webhook is not valid")


def test_a_service_that_is_to_stop_posts_nothing() -> None:
    stop = Stop()
    stop.request()
    with serving() as web:
        assert posted(web.url, stop=stop).fate is Fate.LOST
    assert web.bodies == []


# ── the cards ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def web() -> Iterator[WebServer]:
    with serving() as found:
        found.grants = [ACCEPTED]
        yield found


@pytest.fixture
def state(
    store: Store, database_url: str, tmp_path: Path, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> ServiceState:
    """On a Monday, the day of the list: three victims are overdue, two of them in North. Nobody is mailed."""
    monkeypatch.setenv("HOOK", f"{web.url}?{SIGNED}")
    made = ServiceState(store, database_url, tmp_path)
    set_up(made)
    made.read(
        NOW - MINUTE, crime("22A/7/26", division="North"), crime("22A/8/26", division="North"),
        crime("22A/9/26", division="South"), directory=False,
    )  # fmt: skip
    return made


def set_up(state: ServiceState, *changes: tuple[str, str]) -> None:
    state.settings = state.settings_with(
        (r"^due_from = .*$", "due_from = 2026-07-01"),
        (r"^# link = .https://intranet.force.example/victims.*$", 'link = "https://force.example/victims"'),
        (r'^# force = "env:TEAMS_FORCE".*$', 'force = "env:HOOK"'),
        (r"^divisions = \{\}.*$", 'divisions = { North = "env:HOOK", East = "env:HOOK" }'),
        ("^port = 8471", "port = 9"),
        *changes,
    )


def service(state: ServiceState) -> Service:
    return Service(state.settings, state.policy, state.store, lambda: state.now)


def cards(state: ServiceState) -> dict[str, str]:
    """The state of each card, by where it goes."""
    return {to: how for to, how, kind in rows(state.store, OUTBOX, "to_address", "state", "kind") if kind == CARD}


def headings(web: WebServer) -> list[str]:
    found: list[Any] = [json.loads(body)["attachments"][0]["content"] for body in web.bodies]
    return [each["body"][0]["text"] for each in found]


@stores.on_both
def test_each_unit_with_something_overdue_gets_one_card_a_week_with_counts_and_a_link(
    state: ServiceState, web: WebServer
) -> None:
    """The mail server is away, which does not keep a card back. East has nothing overdue."""
    for _ in range(2):
        service(state).remind()
    assert cards(state) == {"teams:force": "sent", "teams:division:North": "sent"}
    assert headings(web) == [
        "Simulated Constabulary: 5 victims waiting for an update, 20 July 2026",
        "North: 2 victims waiting for an update, 20 July 2026",
    ]
    said = b"".join(web.bodies).decode()
    assert "2 victims have an update overdue: 2 by 8 to 28 days. The longest: 12 days." in said
    assert "22A" not in said
    assert "O1" not in said
    assert "https://force.example/victims" in said
    for days in range(1, 8):
        state.now = NOW + days * DAY
        state.read(state.now - MINUTE, directory=False)
        service(state).remind()
        assert len(web.bodies) == (2 if days < 7 else 4)


def test_a_card_that_is_throttled_waits_as_long_as_asked_and_then_says_what_is_so_then(
    state: ServiceState, web: WebServer
) -> None:
    web.grants = [answer(b"", "429 Too Many Requests", Retry_After="7200"), ACCEPTED]
    set_up(state, (r"^divisions = .*$", "divisions = {}"))
    service(state).remind()
    assert cards(state) == {"teams:force": "retry"}
    state.now = NOW + timedelta(hours=1, minutes=59)
    state.read(state.now - MINUTE, crime("22A/8/26", status="closed"), directory=False)
    service(state).remind()
    assert len(web.bodies) == 1
    state.now = NOW + timedelta(hours=2)
    service(state).remind()
    assert cards(state) == {"teams:force": "sent"}


def test_no_card_is_queued_outside_hours_on_old_data_or_in_a_pilot(state: ServiceState) -> None:
    state.now = NOW.replace(hour=3)
    service(state).remind()
    state.now = NOW + timedelta(hours=1)
    set_up(state, ("^# allow = .*$", "allow = []"))
    service(state).remind()
    set_up(state)
    state.now = NOW + 2 * DAY
    service(state).remind()
    assert cards(state) == {}


@pytest.mark.parametrize("later", [7 * DAY, 2 * DAY])
def test_a_card_that_could_not_be_posted_is_withdrawn_or_waits(
    state: ServiceState, web: WebServer, later: timedelta
) -> None:
    """After its week it is withdrawn; on old data it waits."""
    web.grants = [answer(b"", "503 Service Unavailable")]
    set_up(state, (r"^divisions = .*$", "divisions = {}"))
    service(state).remind()
    state.now = NOW + later
    service(state).deliver()
    assert cards(state) == {"teams:force": "cancelled" if later == 7 * DAY else "retry"}
    assert len(web.bodies) == 1


def test_what_teams_refuses_is_told_with_the_emails_that_did_not_arrive(state: ServiceState, web: WebServer) -> None:
    web.grants = [answer(b"", "404 Not Found")]
    set_up(state, (r"^divisions = .*$", "divisions = {}"))
    service(state).remind()
    (found,) = [each for each in service(state).undelivered() if each.cause.name == "refused"]
    assert found.readers == ("teams:force",)


def test_a_webhook_that_cannot_be_obtained_is_a_wrong_setting_before_anything_is_queued(
    state: ServiceState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOOK")
    assert [each.name for each in check_secrets(state.settings).problems] == ["secret-missing"] * 3
    with pytest.raises(SettingsError, match=r"teams\.force: the environment variable HOOK is not set"):
        service(state).remind()
    assert rows(state.store, OUTBOX) == []
