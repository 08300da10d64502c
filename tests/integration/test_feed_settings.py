"""A feed of each kind out of the settings, without code; and `compliance feed try` (records section 4)."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import get_args

import pytest

from compliance import clock
from compliance.cli import main
from compliance.config import Settings, load_settings
from compliance.errors import SettingsError
from compliance.feed_settings import CrimeSystem
from compliance.feeds import HttpFeed
from compliance.feeds.database import DatabaseFeed
from compliance.feeds.files import FilesFeed
from compliance.service import Service
from compliance.service.check import CheckOptions, check
from compliance.service.polls.crime_feed import feed_of
from compliance.store import load_crimes, migrate
from tests import checks
from tests.feed_sites import settings_text
from tests.web_server import WebServer, answer, serving

without_examples = checks.without_examples

DATABASE_URL = "sqlite:///var/compliance.db"
HTTP = """
url = "{url}"
officers_url = "{url}/officers"
[crime_system.mapping]
timezone = "Europe/London"
crime = {{ crime_ref = "No", reported_at = "Reported" }}
lists = {{ victims = "People" }}
victims = {{ victim_ref = "Id" }}
officers = {{ officer_ref = "Collar" }}
"""
FILES = """
kind = "files"
[crime_system.files]
folder = "exports"
tables = { crimes = "crimes_*.csv", victims = "victims_*.csv" }
officers = "officers.csv"
full_export = true
[crime_system.mapping]
timezone = "Europe/London"
crime = { crime_ref = "No", reported_at = "Reported" }
victims = { victim_ref = "Id" }
officers = { officer_ref = "Collar" }
"""
DATABASE = """
kind = "database"
[crime_system.database]
url = "env:CRIME_DATABASE_URL"
officers = "SELECT * FROM officers"
[crime_system.database.queries]
crimes = "SELECT * FROM crimes WHERE changed_at >= :changed_since"
victims = '''
    SELECT victims.* FROM victims JOIN crimes USING (No)
    WHERE changed_at >= :changed_since
'''
[crime_system.mapping]
timezone = "Europe/London"
crime = { crime_ref = "No", reported_at = "Reported" }
victims = { victim_ref = "Id" }
officers = { officer_ref = "Collar" }
"""
PAGE = {
    "records": [
        {"No": 1, "Reported": "2026-07-01 10:00", "People": [{"Id": "V1"}]},
        {"No": 2, "Reported": "2026-10-25 01:30", "People": []},
        {"No": 3, "Reported": "1 July", "People": [{"Id": "V3"}]},
    ],
    "next": "c1",
    "more": False,
}
KINDS = ("http", "files", "database")


@pytest.fixture
def web() -> Iterator[WebServer]:
    with serving() as server:
        directory = answer(b'{"Collar":"O1"}\n{"Collar":""}\n', Content_Type="application/x-ndjson")
        server.answers = [answer(json.dumps(PAGE).encode()), directory]
        yield server


@pytest.fixture(params=KINDS)
def settings(request: pytest.FixtureRequest, tmp_path: Path, web: WebServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings of one kind of feed; what it has is the same with each."""
    kind: str = request.param
    system = {"http": HTTP.format(url=web.url), "files": FILES, "database": DATABASE}[kind]
    folder = tmp_path / "exports"
    folder.mkdir()
    tables = {
        "crimes_1.csv": "No,Reported\n1,2026-07-01 10:00\n2,2026-10-25 01:30\n3,1 July\n",
        "victims_1.csv": "No,Id\n1,V1\n3,V3\n",
        "officers.csv": "Collar\nO1\n \n",
    }
    for name, text in tables.items():
        (folder / name).write_text(text)
        os.utime(folder / name, (0, 0))
    with closing(sqlite3.connect(tmp_path / "crimes.db")) as database:
        database.executescript(
            """
            CREATE TABLE crimes (No INTEGER, Reported TEXT, changed_at TEXT);
            INSERT INTO crimes VALUES (1, '2026-07-01 10:00', '2026-07-02 10:00:00'),
              (2, '2026-10-25 01:30', '2026-07-02 10:00:00'), (3, '1 July', '2026-07-02 10:00:00');
            CREATE TABLE victims (No INTEGER, Id TEXT);
            INSERT INTO victims VALUES (1, 'V1'), (3, 'V3');
            CREATE TABLE officers (Collar TEXT);
            INSERT INTO officers VALUES ('O1'), (' ');
            """
        )
    monkeypatch.setenv("CRIME_DATABASE_URL", f"sqlite:///{tmp_path / 'crimes.db'}")
    path = tmp_path / "config.toml"
    path.write_text(settings_text(DATABASE_URL, system))
    return path


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


def test_a_poll_takes_the_same_from_each_kind(settings: Path) -> None:
    loaded = load_settings(settings)
    migrate(loaded.database_url)
    with Service.open(loaded) as service:
        done = service.poll()
        assert (done.received, done.changed, done.refused, done.complete) == (3, 2, 1, True)
        assert (done.directory.officers, done.directory.refused, done.clock_changes) == (1, 1, 1)
        [crime] = load_crimes(service.store, ["1"])
        assert (crime.reported_at, [victim.victim_ref for victim in crime.victims or ()]) == (
            "2026-07-01T10:00:00+01:00",
            ["V1"],
        )


def test_a_trial_shows_source_and_record_and_every_refusal_and_writes_nothing(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(settings.parent.rglob("*"))
    code, out, err = call(capsys, "feed", "try", "--config", str(settings), "--records", "3")
    assert code == 3
    assert "record 1: accepted" in out
    assert "record 3: refused: reported_at: found '1 July'" in out
    assert '"2026-07-01T10:00:00+01:00"' in out
    [line] = [line for line in out.splitlines() if '"2026-07-01 10:00"' in line]
    assert " | " in line, "what came stands beside what is taken"
    assert "1 date-time without a UTC offset fell in an hour that a clock change repeats or skips" in out
    assert "refused: officer directory, entry 2: " in out
    assert "3 records, 1 refused; 1 officer, 1 refused; nothing was written" in out
    assert "the reasons are above" in err
    assert sorted(settings.parent.rglob("*")) == before


def test_a_trial_shows_as_few_as_are_wanted_and_looks_at_more(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = call(capsys, "feed", "try", "--config", str(settings), "--records", "1")
    assert code == 3
    assert ("record 1: accepted" in out, "record 2" in out) == (True, False)
    assert "of the records not shown, 1 refused, the first: reported_at: found '1 July'" in out
    assert "3 records, 1 refused" in out


def test_nothing_of_the_source_reaches_the_terminal_as_it_is(
    tmp_path: Path, web: WebServer, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(settings_text(DATABASE_URL, f'url = "{web.url}"'))
    web.answers = [answer(b'{"records":[{"crime_ref":"\\u001b[31m"},"\\u001b]0;x"],"next":"c1","more":false}')]
    _, out, _ = call(capsys, "feed", "try", "--config", str(path))
    assert "record 2: refused" in out
    assert "\x1b" not in out


@pytest.mark.usefixtures("without_examples")
def test_the_check_looks_at_the_mapping(settings: Path) -> None:
    offline = CheckOptions(offline=True)
    assert not [finding for finding in check(settings, options=offline) if finding.problems]
    settings.write_text(settings.read_text().replace('crime_ref = "No"', 'crime_no = "No"'))
    [wrong] = [finding for finding in check(settings, options=offline) if finding.problems]
    assert wrong.problems[0].name == "mapping-wrong"
    assert "crime_system.mapping.crime.crime_no: there is no such field" in wrong.problems[0].sentence


def test_a_crime_system_may_have_names_of_its_own_for_the_parts_of_a_page(tmp_path: Path, web: WebServer) -> None:
    names = 'records = "items"\nnext = "cursor"\nmore = "hasMore"\ncursor_parameter = "since"\nlimit_parameter = "n"'
    settings = given(tmp_path, f'url = "{web.url}"\npage_size = 2\n[crime_system.page]\n{names}')
    web.answers = [
        answer(b'{"items":[{"a":1},{"b":"\\ud800"}],"cursor":"c1","hasMore":true,"records":[7]}'),
        answer(b'{"items":[],"cursor":"c2","hasMore":false}'),
    ]
    with feed_of(settings, clock.now) as feed:
        pages = list(feed.pages(None))
    assert [(page.raws, page.next) for page in pages] == [([b'{"a":1}', b'{"b":"\\ud800"}'], "c1"), ([], "c2")]
    assert web.asked == [{"n": "2"}, {"n": "2", "since": "c1"}]


def given(tmp_path: Path, system: str) -> Settings:
    path = tmp_path / "config.toml"
    path.write_text(settings_text(DATABASE_URL, system))
    return load_settings(path)


@pytest.mark.parametrize(
    ("system", "said"),
    [
        ("", "url: missing; it is required for a feed of kind http"),
        ('kind = "files"', r"expected a section \[crime_system.files\] for a feed of kind files"),
        ('kind = "sftp"', "input should be 'http', 'files' or 'database'"),
        ('url = "http://x"\nkey = "a"', "key: expected a certificate with it"),
        ('url = "http://x"\n[crime_system.file]', "crime_system.file: there is no such key; did you mean 'files'?"),
        ('url = "http://x"\n[crime_system.mapping]\nvictim = {}', "did you mean 'victims'?"),
        (
            'url = "http://x"\n[crime_system.mapping]\nupdates = { at = ["Date", 7] }',
            "mapping.updates.at: expected a column or an expression in quotes, or a list of them$",
        ),
        (
            'url = "http://x"\n[crime_system.mapping]\nrows = { victims = { Role = "VIC" } }',
            r"mapping.rows.victims.Role: input should be a valid list \(found 'VIC'\)",
        ),
        (
            'url = "http://x"\ntoken = "env:T"\n[crime_system.oauth]\ntoken_url = "http://x"\nclient_id = "m"\n'
            'client_secret = "env:S"',
            "expected either a token or",
        ),
    ],
)
def test_settings_that_cannot_be(tmp_path: Path, system: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        given(tmp_path, system)


def test_a_secret_in_the_settings_is_refused_without_being_repeated(tmp_path: Path) -> None:
    oauth = 'url = "http://x"\n[crime_system.oauth]\ntoken_url = "http://x"\nclient_id = "m"\nclient_secret = "hunter2"'
    database = 'kind = "database"\n[crime_system.database]\nurl = "postgresql://m:hunter2@host/x"\nqueries = {}'
    for system in (oauth, database):
        with pytest.raises(SettingsError, match=r"client_secret|database\.url") as raised:
            given(tmp_path, system)
        assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("system", "said"),
    [
        ('url = "ftp://x"', "feed url: found 'ftp://x'"),
        ('url = "http://x"\nca_file = "none.pem"', "crime_system.ca_file: .*none.pem cannot be used"),
        ('url = "http://x"\n[crime_system.mapping]\ncrime = { team = "[" }', "is not a JMESPath expression"),
        ('url = "http://x"\n[crime_system.mapping]\nconstants = { team = "A" }', "there is no such field"),
        ('kind = "files"\n[crime_system.files]\ntables = { victims = "*.csv" }', "crimes: missing"),
        ('kind = "database"\n[crime_system.database]\nurl = "env:URL"\nqueries = {}', "queries.crimes: expected"),
    ],
)
def test_what_a_feed_cannot_be_made_of_names_file_and_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str, said: str
) -> None:
    monkeypatch.setenv("URL", "sqlite://")
    settings = given(tmp_path, system)
    with pytest.raises(SettingsError, match=said) as raised, feed_of(settings, clock.now):
        pass
    assert str(raised.value).startswith(str(tmp_path))


def test_each_kind_is_its_own_feed(settings: Path) -> None:
    loaded = load_settings(settings)
    with feed_of(loaded, clock.now) as feed:
        kinds = dict(zip(KINDS, (HttpFeed, FilesFeed, DatabaseFeed), strict=True))
        assert type(feed) is kinds[loaded.crime_system.kind]
    assert get_args(CrimeSystem.model_fields["kind"].annotation) == KINDS


def test_an_export_without_one_of_its_files_is_named_by_poll_and_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(settings_text(DATABASE_URL, FILES))
    (tmp_path / "exports").mkdir()
    for name, text in {"crimes_1.csv": "No,Reported\n1,2026-07-01 10:00\n", "officers.csv": "Collar\nO1\n"}.items():
        (tmp_path / "exports" / name).write_text(text)
        os.utime(tmp_path / "exports" / name, (clock.now().timestamp() - 90, clock.now().timestamp() - 90))
    migrate(load_settings(path).database_url)
    code, out, _ = call(capsys, "poll", "--config", str(path))
    waits = "the export crimes_1.csv waits for victims_1.csv"
    assert (code, f"incomplete: there was nothing to take yet: {waits}" in out) == (0, True)
    _, out, _ = call(capsys, "status", "--config", str(path))
    assert f"; {waits}, since " in out
    (tmp_path / "exports" / "victims_1.csv").write_text("No,Id\n1,V1\n")
    os.utime(tmp_path / "exports" / "victims_1.csv", (0, 0))
    _, out, _ = call(capsys, "poll", "--config", str(path))
    assert "waits" not in out
    _, out, _ = call(capsys, "status", "--config", str(path))
    assert "waits" not in out
