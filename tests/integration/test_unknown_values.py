"""Values that neither mapping nor policy knows are never silent (rules section 8): polls, commands, the log."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from structlog.testing import capture_logs

from compliance.config import load_settings
from compliance.errors import SettingsError, UnavailableError
from compliance.feeds import DirectoryEntries, Page
from compliance.policy.vocabulary import Vocabulary, vocabulary
from compliance.service.polls.polling import PollOutcome, poll
from compliance.store import OTHERS, Store, migrate, values_seen
from compliance.store.receiving import unknown_values
from compliance.store.tables import UNKNOWN_VALUE
from tests import checks, stores
from tests.engine import POLICIES, shipped
from tests.feed_sites import settings_text
from tests.integration.test_feed_settings import DATABASE_URL, call
from tests.stores import SOURCE, Record, at, crime, raws, rows
from tests.web_server import WebServer, answer, serving

pytestmark = stores.shared_out
new_database, database_url = stores.new_database, stores.database_url
store, without_examples = stores.store, checks.without_examples

WEST_MERCIA: Final = shipped("west-mercia")[0]
KNOWN: Final = vocabulary(WEST_MERCIA)
NOW: Final = at("2026-07-10 06:00")
NOON: Final = "2026-07-03T12:00:00Z"


def updated(*said: tuple[str | None, str | None], **fields: Any) -> Record:
    """A crime whose updates have these outcomes and methods."""
    found = [
        {"update_ref": f"U{n}", "at": NOON, "outcome": outcome, "method": method}
        for n, (outcome, method) in enumerate(said)
    ]
    return crime(updates=found, **fields)


class Given:
    """A feed of given records, a page each time a list; `fails` after them."""

    def __init__(self, *pages: list[Record], fails: bool = False) -> None:
        self.given, self.fails = pages, fails

    def pages(self, _: str | None) -> Iterator[Page]:
        for n, page in enumerate(self.given):
            yield Page(raws(page), str(n), self.fails or n + 1 < len(self.given))
        if self.fails:
            raise UnavailableError("the crime system is down")

    def officers(self) -> DirectoryEntries:
        return DirectoryEntries([], [], read=False)

    def close(self) -> None:
        pass


def polled(store: Store, *records: Record, known: Vocabulary = KNOWN) -> PollOutcome:
    return poll(store, Given(list(records)), SOURCE, lambda: NOW, known=known)


def counted(store: Store) -> dict[tuple[str, str], int]:
    return {(row.field, row.value): row.times for row in values_seen(store)}


MEANT: Final = updated(("left card", "post-it"), ("left card", None), ("informed", "phone"), (None, "post-it"))
EVERY: Final = MEANT | {
    "victims": [{"victim_ref": "V1", "category": "business"}, {"victim_ref": "V2"}],
    "events": [{"event_ref": "E1", "kind": "suspect_arested", "at": NOON}],
}
FOUND: Final = {
    ("updates.outcome", "left card"): 2, ("updates.method", "post-it"): 2, ("victims.category", "business"): 1,
    ("events.kind", "suspect_arested"): 1,
}  # fmt: skip


def test_each_poll_counts_them_by_field_and_value(store: Store) -> None:
    done = polled(store, EVERY, crime("22A/2/26"))
    assert done.unknown.counts == counted(store) == FOUND
    assert done.unknown.new == FOUND.keys()


def test_what_specification_and_any_shipped_policy_name_is_known(store: Store) -> None:
    """Records section 1, rules section 10."""
    said = [(o, m) for o in ("informed", "attempted") for m in ("phone", "visit", "letter", "email", "text", None, "")]
    victims = [{"victim_ref": c, "category": c} for c in ("standard", "enhanced", "state", "anonymous", "")]
    kinds = {r["clock"][6:] for name in POLICIES for r in shipped(name)[1]["requirement"] if "event:" in r["clock"]}
    assert len(kinds) == 9
    events = [{"event_ref": kind, "kind": kind, "at": NOON} for kind in (*kinds, "suspect_charged")]
    assert polled(store, updated(*said, ("", None)) | {"victims": victims, "events": events}).unknown.counts == {}


def test_what_the_forces_policy_names_is_known(store: Store) -> None:
    requirement = [
        r | {"only_for": ["business"]} if r["id"] == "28-day" else r for r in shipped("west-mercia")[1]["requirement"]
    ]
    requirement.append(
        {"id": "arson", "title": "x", "source": "x", "clock": "event:suspect_arested", "within": {"days": 5}}
    )
    policy = WEST_MERCIA.with_values(
        counted_outcomes=["informed", "left card"], counted_methods=["phone", "post-it"], requirement=requirement
    )
    assert polled(store, EVERY, known=vocabulary(policy)).unknown.counts == {}
    policy = WEST_MERCIA.with_values(exempt_victims=["business"])
    assert ("victims.category", "business") not in polled(
        store, EVERY | {"team": "N1"}, known=vocabulary(policy)
    ).unknown.counts


def test_only_what_is_new_or_changed_counts(store: Store) -> None:
    """An idle poll counts nothing; so does a record that is older than what is held, and one that is refused."""
    polled(store, MEANT | {"changed_at": "2026-07-05T09:00:00Z"})
    before = rows(store, UNKNOWN_VALUE)
    assert polled(store, MEANT | {"changed_at": "2026-07-06T09:00:00Z"}).unknown.counts == {}
    assert polled(store, MEANT | {"changed_at": "2026-07-04T09:00:00Z", "team": "N1"}).unknown.counts == {}
    assert polled(store, MEANT | {"reported_at": "soon"}).unknown.counts == {}
    assert rows(store, UNKNOWN_VALUE) == before
    done = polled(store, MEANT | {"changed_at": "2026-07-07T09:00:00Z", "team": "N1"})
    assert (done.unknown.counts["updates.outcome", "left card"], done.unknown.new) == (2, frozenset())
    assert counted(store)["updates.outcome", "left card"] == 4


def test_they_are_counted_with_their_page_or_not_at_all(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr("compliance.store.receiving.intake._count", fail)  # the last step of a page
        with pytest.raises(RuntimeError):
            polled(store, MEANT)
    assert counted(store) == {}
    polled(store, MEANT)
    assert counted(store)["updates.outcome", "left card"] == 2


def test_a_feed_that_sends_another_value_with_each_record_does_not_fill_the_table(store: Store) -> None:
    pages = [
        [updated((f"remark {page} {n}", None), crime_ref=f"{page}/{n}") for n in range(unknown_values.MOST)]
        for page in range(3)
    ]
    with capture_logs() as logs:
        done = poll(store, Given(*pages), SOURCE, lambda: NOW, known=KNOWN)
    assert len(done.unknown.counts) == len(counted(store)) == unknown_values.MOST + 1
    assert done.unknown.counts["updates.outcome", OTHERS] == 2 * unknown_values.MOST
    assert [line["field"] for line in logs] == ["updates.outcome"]
    with capture_logs() as logs:
        polled(store, updated(("still another", None), ("remark 0 0", None), (None, "post-it")))
    assert counted(store)["updates.outcome", OTHERS] == 2 * unknown_values.MOST + 1
    assert counted(store)["updates.outcome", "remark 0 0"] == 2
    assert [line["field"] for line in logs] == ["updates.method"], "each field has a bound of its own"


def test_any_text_is_kept_as_it_came(store: Store) -> None:
    said = ["nul \0", "\x1a1", "“é” 🚔", "'; --", "%s"]
    polled(store, updated(*((text, None) for text in said)))
    assert {value for _, value in counted(store)} == set(said)


def test_the_log_tells_once_of_what_had_not_come_before_and_never_what_it_is(store: Store) -> None:
    jane = [updated(("told Jane Doe", None), crime_ref=f"{n}") for n in range(3)]
    with capture_logs() as logs:
        poll(store, Given(jane[:2], jane[2:], [EVERY]), SOURCE, lambda: NOW, known=KNOWN)
    told = {line["field"]: (line["log_level"], line["values"], line["times"]) for line in logs}
    assert told == {
        "updates.outcome": ("warning", 2, 5), "updates.method": ("warning", 1, 2),
        "victims.category": ("warning", 1, 1), "events.kind": ("warning", 1, 1),
    }  # fmt: skip
    assert "Jane" not in str(logs)
    with capture_logs() as logs:
        polled(store, updated(("told Jane Doe", None), crime_ref="4"))
    assert logs == []


def test_it_tells_of_it_though_the_poll_breaks_off(store: Store) -> None:
    """What came before is taken in, and would not be new again."""
    with capture_logs() as logs, pytest.raises(UnavailableError):
        poll(store, Given([MEANT], fails=True), SOURCE, lambda: NOW, known=KNOWN)
    assert {line["field"] for line in logs} == {"updates.outcome", "updates.method"}


# The commands.


@pytest.fixture
def web() -> Iterator[WebServer]:
    with serving() as server:
        yield server


def settings_of(folder: Path, web: WebServer, more: str = "") -> Path:
    path = folder / "config.toml"
    path.write_text(settings_text(DATABASE_URL, f'url = "{web.url}"\n{more}'))
    return path


def page(*records: Record) -> bytes:
    return answer(json.dumps({"records": records, "next": "c1", "more": False}).encode())


@pytest.mark.usefixtures("without_examples")
def test_poll_and_check_name_them_with_what_to_do(
    tmp_path: Path, web: WebServer, capsys: pytest.CaptureFixture[str]
) -> None:
    path = settings_of(tmp_path, web)
    migrate(load_settings(path).database_url)
    web.answers = [page()]
    assert "unknown-values" not in call(capsys, "check", "--config", str(path))[1]
    web.answers = [page(updated(("left \x1bcard", None), ("left \x1bcard", "post-it"))), page()]
    code, out, _ = call(capsys, "poll", "--config", str(path))
    assert code == 0
    assert 'unknown value, seen 2 times: updates.outcome = "left \\x1bcard"' in out
    assert "[crime_system.mapping] acknowledged" in out
    assert "unknown value" not in call(capsys, "poll", "--config", str(path))[1]
    code, out, _ = call(capsys, "check", "--config", str(path))
    said = " ".join(out.split())
    assert code == 6, "there is no mail server"
    assert "warning unknown-values: 2 values have come that neither mapping nor policy knows" in said
    assert 'updates.outcome = "left \\x1bcard": 2 times, last on ' in said
    assert "[crime_system.mapping] values, name them in the policy, or list them in [crime_system.mapping]" in said


@pytest.mark.usefixtures("without_examples")
@pytest.mark.parametrize(
    ("more", "left"),
    [
        ('[crime_system.mapping]\nacknowledged = { "updates.outcome" = ["VC"], "updates.method" = ["fax"] }', []),
        ('[crime_system.mapping]\nacknowledged = { "updates.method" = ["VC", "fax"] }', ["updates.outcome = \"VC\""]),
        ('[crime_system.mapping]\nvalues = { "updates.outcome" = { VC = "informed" }, "updates.method" = { x = "fax" } }',
         ["updates.outcome = \"VC\": 1 time, last on"]),
        ('[report]\nlive_methods = ["phone", "fax"]', ["updates.outcome = \"VC\""]),
        ('[crime_system.mapping]\nconstants = { "updates.method" = "fax" }', ["updates.outcome = \"VC\""]),
    ],
    ids=["acknowledged", "of another field", "mapped, or a target of the mapping", "live methods", "constant"],
)  # fmt: skip
def test_what_is_acknowledged_mapped_or_named_in_the_settings_is_known(
    tmp_path: Path, web: WebServer, capsys: pytest.CaptureFixture[str], more: str, left: list[str]
) -> None:
    path = settings_of(tmp_path, web)
    migrate(load_settings(path).database_url)
    web.answers = [page(updated(("VC", "fax")))]
    call(capsys, "poll", "--config", str(path))
    path = settings_of(tmp_path, web, more)
    _, out, _ = call(capsys, "check", "--config", str(path))
    stored = out.partition(" unknown-values: ")[2].partition("To do")[0]
    found = [line.strip() for line in stored.splitlines() if line.strip().startswith(("- updates.", "- victims."))]
    assert len(found) == len(left)
    assert all(line.startswith(f"- {start}") for line, start in zip(found, left, strict=True))
    assert ("is mapped by now: what is held changes when" in " ".join(out.split())) == ("VC =" in more)


def test_what_is_mapped_is_not_unknown(tmp_path: Path, web: WebServer, capsys: pytest.CaptureFixture[str]) -> None:
    path = settings_of(tmp_path, web, '[crime_system.mapping]\nvalues = { "updates.outcome" = { VC = "informed" } }')
    migrate(load_settings(path).database_url)
    web.answers = [page(updated(("VC", None)))]
    assert "unknown value" not in call(capsys, "poll", "--config", str(path))[1]


def test_feed_try_counts_them_in_its_sample(tmp_path: Path, web: WebServer, capsys: pytest.CaptureFixture[str]) -> None:
    path = settings_of(tmp_path, web)
    web.answers = [page(updated(("VC", None)), updated(("VC", "phone"), crime_ref="22A/2/26"))]
    code, out, _ = call(capsys, "feed", "try", "--config", str(path), "--records", "2")
    assert code == 0
    assert 'unknown value, seen 2 times: updates.outcome = "VC"' in out
    _, out, _ = call(capsys, "feed", "try", "--config", str(path), "--records", "1")
    assert 'unknown value, seen 2 times: updates.outcome = "VC"' in out, "however few are shown"
    web.answers = [page(updated(("informed", "phone")))]
    assert "unknown value" not in call(capsys, "feed", "try", "--config", str(path))[1]


def test_of_other_fields_nothing_is_acknowledged(tmp_path: Path, web: WebServer) -> None:
    path = settings_of(tmp_path, web, '[crime_system.mapping]\nacknowledged = { "update.outcome" = ["VC"] }')
    with pytest.raises(SettingsError, match=r"acknowledged.*updates\.outcome"):
        load_settings(path)
