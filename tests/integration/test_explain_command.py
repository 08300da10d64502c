"""`compliance explain` and `compliance whatif` as a user runs them: from a file, from the database, and when wrong."""

import gzip
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from compliance.cli import main
from compliance.store import Store, migrate
from tests.stores import at, crime, take, updates

ROOT = Path(__file__).parents[2]
AS_AT = ("--policy", "west-mercia", "--as-at", "2026-07-20T09:00:00Z")
SETTINGS = (
    'force = { name = "A force", policy = "west-mercia" }\n'
    'database = { url = "sqlite:///compliance.db" }\n'
    'crime_system = { url = "http://127.0.0.1:1/crimes" }\n'
    "reminders = { due_from = 2026-01-01 }\n"
    'mail = { host = "127.0.0.1", sender = "monitor@force.example" }\n'
)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Three good records and one that is refused."""
    records: list[Any] = [
        crime("22A/1/26", updates=updates("2026-07-03")),
        crime("22A/2/26", updates=updates("2026-07-07")),
        crime("22A/3/26", reported_at="yesterday"),
        crime('22A/<script>"&/26', victims=[{"victim_ref": "<b>V1</b>"}]),
    ]
    path = tmp_path / "crimes.ndjson.gz"
    path.write_bytes(gzip.compress("".join(json.dumps(record) + "\n" for record in records).encode()))
    return path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Settings whose database holds one crime, first without its update and then with it."""
    path = tmp_path / "config.toml"
    path.write_text(SETTINGS)
    url = f"sqlite:///{tmp_path / 'compliance.db'}"
    migrate(url)
    store = Store.open(url)
    take(store, at("2026-07-05 09:00"), crime("22A/1/26"))
    take(store, at("2026-07-15 09:00"), crime("22A/1/26", updates=updates("2026-07-03")))
    store.close()
    return path


def test_the_example_of_the_guide_is_what_the_command_says(tmp_path: Path) -> None:
    """docs/explain.md: the record, the command, the answer."""
    guide = (ROOT / "docs" / "explain.md").read_text("utf-8")
    record, answer = re.findall(r"```(?:json|text)\n(.*?)```", guide, re.DOTALL)
    command = re.search(r"`compliance (explain 22A.*)` says", guide)
    assert command is not None
    (tmp_path / "crimes.ndjson").write_text(json.dumps(json.loads(record)) + "\n")
    done = run(*command[1].replace("crimes.ndjson", str(tmp_path / "crimes.ndjson")).split())
    assert (done.exit_code, done.output) == (0, answer)


def test_a_number_that_is_not_there_names_the_nearest(file: Path, config: Path) -> None:
    done = run("explain", "22A/11/26", "--input", file, *AS_AT)
    assert done.exit_code == 2
    assert f"{file}: there is no crime '22A/11/26'; did you mean '22A/1/26'?" in done.output
    stored = run("explain", "22A/11/26", "--config", config)
    assert stored.exit_code == 2
    assert "the database: there is no crime '22A/11/26'; did you mean '22A/1/26'?" in stored.output


def test_a_refused_record_gives_its_reason(file: Path) -> None:
    done = run("explain", "22A/3/26", "--input", file, *AS_AT)
    assert done.exit_code == 3
    assert f"{file}, line 3: crime 22A/3/26 was refused: reported_at: found 'yesterday'" in done.output


def test_json_holds_what_the_text_says(file: Path) -> None:
    told = json.loads(run("explain", "22A/1/26", "--input", file, "--format", "json", *AS_AT).output)
    seven = told["victims"][0]["requirements"][0]["obligations"][0]
    assert (seven["state"], seven["due_date"], seven["update_ref"]) == ("met", "2026-07-08", "U1")
    assert seven["arithmetic"] == "reported 1 July 2026; day 7 is Wednesday 8 July"
    entry = next(entry for entry in told["timeline"] if entry["kind"] == "update")
    assert entry["effects"][0] == {
        "kind": "met",
        "text": "Meets 7-day, due Wednesday 8 July.",
        "clause": "3.2",
        "requirement": "7-day",
        "cycle": 1,
        "victims": ["V1"],
    }


class Page(HTMLParser):
    """The elements of a page, those still open, and every address it names."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.ids: set[str | None] = set()
        self.labels: set[str | None] = set()
        self.addresses: list[str | None] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.open += [] if tag in {"meta", "br"} else [tag]
        for name, value in attrs:
            if name in {"src", "href"}:
                self.addresses.append(value)
            if name == "id":
                assert value not in self.ids
                self.ids.add(value)
            if name == "aria-labelledby":
                self.labels.add(value)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_self_contained_and_safe(file: Path) -> None:
    text = run("explain", '22A/<script>"&/26', "--input", file, "--format", "html", *AS_AT).output
    page = Page(text)
    assert page.open == []
    assert page.addresses == ["#explanation"]
    assert page.labels <= page.ids
    assert page.seen.count("h1") == page.seen.count("main") == 1
    assert {"script", "b"}.isdisjoint(page.seen)
    assert "Crime 22A/&lt;script&gt;&#34;&amp;/26" in text
    assert "url(" not in text


def test_text_stays_within_80_columns(file: Path) -> None:
    for ref in ("22A/1/26", "22A/2/26"):
        done = run("explain", ref, "--input", file, *AS_AT)
        assert done.exit_code == 0
        assert max(map(len, done.output.splitlines())) <= 80


def test_from_the_database_as_known_at_an_earlier_instant(config: Path) -> None:
    """The version that was held then stands (records as known at K), with the policy of the settings."""
    asked = ("explain", "22A/1/26", "--config", config, "--as-at", "2026-07-20T09:00:00Z", "--format", "json")
    now = json.loads(run(*asked).output)
    then = json.loads(run(*asked, "--known-at", "2026-07-04T00:00:00Z").output)
    states = [told["victims"][0]["requirements"][0]["obligations"][0]["state"] for told in (now, then)]
    assert states == ["met", "overdue"]


def test_without_an_instant_it_is_asked_as_at_now(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compliance.service.answers.explaining.now", lambda: at("2026-07-06 09:00"))
    assert "As at Monday 6 July 2026 at 10:00 (09:00 UTC)." in run("explain", "22A/1/26", "--config", config).output


def test_whatif_from_a_file_tells_refused_records_and_answers_all_the_same(file: Path) -> None:
    period = ("--from", "2026-07-01", "--to", "2026-07-31")
    done = run("whatif", "--input", file, *AS_AT, *period, "--set", "7-day.within.days=5", "--format", "json")
    assert done.exit_code == 3
    assert done.stderr.startswith("line 3: crime 22A/3/26: reported_at: found 'yesterday'")
    answer = json.loads(done.stdout)
    assert (answer["crimes"], answer["refused"], answer["changed"]) == (3, 1, ["7-day.within.days=5"])
    moved = answer["changes"][0]
    assert (moved["requirement"], moved["before"], moved["after"], moved["count"]) == ("7-day", "met", "late", 1)
    assert moved["examples"] == [
        {"crime_ref": "22A/2/26", "victim_ref": "V1", "cycle": 1, "due_before": "2026-07-08", "due_after": "2026-07-06"}
    ]


def test_whatif_from_the_database_compares_another_policy(config: Path) -> None:
    asked = (
        "whatif",
        "--config",
        config,
        "--as-at",
        "2026-07-20T09:00:00Z",
        "--from",
        "2026-07-01",
        "--to",
        "2026-07-31",
    )
    done = run(*asked, "--policy-to", "hertfordshire")
    assert done.exit_code == 0
    assert "changed  Hertfordshire: what victims can expect from the police" in done.output
    assert "1 7-day: met -> does not exist" in done.output


@pytest.mark.parametrize("change", [(), ("--set", "7-day.within.days=5", "--policy-to", "hertfordshire")])
def test_whatif_wants_one_change_to_compare(file: Path, change: tuple[str, ...]) -> None:
    done = run("whatif", "--input", file, *AS_AT, "--from", "2026-07-01", "--to", "2026-07-31", *change)
    assert done.exit_code == 2
    assert "either --set KEY=VALUE, or --policy-to OTHER.toml" in done.output
