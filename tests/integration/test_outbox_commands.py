"""`compliance outbox`: what a person sees of the mails, and may do with them."""

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import update

from compliance.cli import main
from compliance.mail import Rendered
from compliance.mail.by_hand import CANCELLABLE, RESENDABLE, STATES
from compliance.store import Store, migrate
from compliance.store.tables import OUTBOX
from tests import stores
from tests.mails import CONFIG, queue_mail

pytestmark = stores.shared_out
new_database, database_url = stores.new_database, stores.database_url
NOW = datetime(2026, 6, 10, 6, tzinfo=UTC)


@pytest.fixture
def config(database_url: str, tmp_path: Path) -> Path:
    """A service with a mail in each state; their numbers are 1 to 9, in the order of `STATES`."""
    file = tmp_path / "config.toml"
    file.write_text(CONFIG.format(url=database_url))
    migrate(database_url)
    with opened(database_url) as store, store.session() as session:
        for number, state in enumerate(STATES, 1):
            queue_mail(
                session, key=state, kind="digest", recipient_ref=f"{number}042", to_address=f"{state}@force.example",
                content=Rendered(f"Subject {number}", "Dear officer\n\x1b[31mred\n", "<p>Dear officer</p>"),
                headers={"From": "updates@force.example"}, domain="force.example", now=NOW,
            )  # fmt: skip
            session.execute(update(OUTBOX).where(OUTBOX.c.key == state).values(state=state, attempts=1))
        session.execute(update(OUTBOX).where(OUTBOX.c.key == "refused").values(problem="550 5.1.1 no such mailbox"))
        session.execute(update(OUTBOX).where(OUTBOX.c.key == "sent").values(sent_at=NOW))
    return file


def opened(url: str) -> "closing[Store]":
    return closing(Store.open(url))


def states(url: str) -> list[str]:
    with opened(url) as store:
        return [row[0] for row in stores.rows(store, OUTBOX, "state")]


def call(*arguments: str, config: Path) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["outbox", *arguments, "--config", str(config)])
    return int(ended.value.code or 0)


def test_the_list_has_every_mail_the_newest_first_and_counts_the_states(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("list", config=config) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert [line.split()[0] for line in lines] == [str(n) for n in range(9, 0, -1)]
    assert lines[4] == (
        "5  refused  digest  5042 <refused@force.example>  queued 2026-06-10 06:00Z: 550 5.1.1 no such mailbox"
    )
    assert lines[3].startswith("6  uncertain, held  digest")
    assert "sent 2026-06-10 06:00Z" in lines[6]
    assert err.strip() == ", ".join(f"1 {state}" for state in STATES)


def test_the_list_can_be_of_some_states_and_for_programs(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("list", "--state", "refused", "--state", "retry", "--format", "json", config=config) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(mail["id"], mail["state"]) for mail in found["mails"]] == [(5, "refused"), (4, "retry")]
    assert found["mails"][0]["created_at"] == "2026-06-10T06:00:00Z"
    assert found["counts"] == dict.fromkeys(STATES, 1)
    assert call("list", "--limit", "1", config=config) == 0
    assert capsys.readouterr().out.count("\n") == 1
    assert call("list", "--state", "lost", config=config) == 2
    assert "'lost' is not a state; expected one of queued" in capsys.readouterr().err


def test_a_mail_is_shown_whole_and_nothing_in_it_reaches_the_terminal_unprinted(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("show", "5", config=config) == 0
    out = capsys.readouterr().out
    for line in (
        "state: refused", "problem: 550 5.1.1 no such mailbox", "To: refused@force.example", "Subject: Subject 5",
        "From: updates@force.example", "Dear officer", "\\x1b[31mred",
    ):  # fmt: skip
        assert line in out.splitlines()
    assert call("show", "5", "--format", "json", config=config) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["key"], found["headers"]) == ("refused", {"From": "updates@force.example"})


@pytest.mark.parametrize("command", ["show", "retry", "cancel"])
def test_a_number_that_no_mail_has_is_told_with_exit_code_3(
    config: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert call(command, "99", config=config) == 3
    assert "there is no email with the number 99; `compliance outbox list` shows them" in capsys.readouterr().err


@pytest.mark.parametrize(("number", "state"), list(enumerate(STATES, 1)))
def test_what_can_be_sent_again_and_what_can_be_called_off(
    config: Path, database_url: str, number: int, state: str
) -> None:
    """Never what is sent, never what is on its way; what is uncertain stays so until it is known."""
    before = list(STATES)
    again = ("uncertain" if state == "uncertain" else "queued") if state in RESENDABLE else state
    assert call("retry", str(number), config=config) == (0 if state in RESENDABLE else 3)
    assert states(database_url) == [*before[: number - 1], again, *before[number:]]
    after = "cancelled" if again in CANCELLABLE else again
    assert call("cancel", str(number), config=config) == (0 if again in CANCELLABLE else 3)
    assert states(database_url) == [*before[: number - 1], after, *before[number:]]


def test_where_one_of_several_cannot_nothing_is_changed(
    config: Path, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("retry", "5", "3", config=config) == 3
    assert "email 3 is sent and cannot be sent again: it must be queued, retry" in (capsys.readouterr().err)
    assert states(database_url) == list(STATES)
    assert call("cancel", "4", "1", config=config) == 0
    assert capsys.readouterr().out == "2 emails cancelled\n"
