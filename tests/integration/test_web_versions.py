"""A crime as at another day, as known on another day, and what the crime system sent when."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import httpx
import pytest

from compliance.reminders import remind
from compliance.web.roles import WebRole
from tests import stores
from tests.accesses import list_accesses
from tests.stores import crime, take
from tests.web_office import CRIMES, NOW, Browser, WebOffice, open_web_office, words_of

REF = "22A/900/26"
PAGE, VERSIONS = "/crimes/22A%2F900%2F26", "/versions/22A%2F900%2F26"


LATE = {"update_ref": "U1", "at": "2026-07-03T12:00:00Z", "entered_at": "2026-07-28T09:00:00Z", "outcome": "informed"}
"""An update that was typed in weeks later."""


def record(**fields: object) -> stores.Record:
    where = {"officer_ref": "n1a", "team": "N1", "division": "North", "reported_at": "2026-07-01T09:00:00Z"}
    return crime(REF, **where | fields)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebOffice]:
    """A crime that was received on 20 July and again, nine days later, with an update and another officer."""
    folder = tmp_path_factory.mktemp("versions")
    url = stores.new_migrated(lambda: f"sqlite:///{folder}/compliance.db")
    with open_web_office(url, folder) as opened:
        for days, received in ((0, record(officer_ref="n1b")), (9, record(updates=[LATE]))):
            opened.now = NOW + timedelta(days=days)
            take(opened.service.store, opened.now, received)
        opened.now += timedelta(days=1)
        opened.service.judge()
        yield opened


@pytest.fixture
def performance(office: WebOffice) -> Browser:
    return office.browser(WebRole.PERFORMANCE)


def test_each_version_says_when_it_came_how_long_it_was_in_use_and_what_it_changed(performance: Browser) -> None:
    page = performance.get(VERSIONS).text
    newest, first = (words_of(f"<main{part}") for part in page.split("<section")[1:])
    assert "In use now." in newest
    assert "Officer reference n1b n1a" in newest
    assert "Updates U1" in newest
    assert "3 July 2026, 13:00" in newest, "local time"
    assert "officer_ref" not in page
    assert "2026-07-03T" not in page
    assert "The first version." in first
    assert "In use until 29 July 2026" in first


def test_as_known_on_an_earlier_day_what_was_entered_later_is_not_there(performance: Browser) -> None:
    """An update of 3 July, entered on 28 July: on 25 July nobody knew of it, and today it counts for that day too."""
    known_now, known_then = (
        words_of(performance.get(f"{PAGE}?as_at=2026-07-25{also}").text) for also in ("", "&known_at=2026-07-25")
    )
    assert "V1 met due 8 July 2026, met 3 July 2026" in known_now
    assert "V1 overdue due 8 July 2026" in known_then
    assert "as known at Saturday 25 July 2026 at 23:59" in known_then
    assert "As it is now" in known_then


def test_as_at_an_earlier_day_nothing_was_overdue_yet(performance: Browser) -> None:
    page = words_of(performance.get(f"{PAGE}?as_at=2026-07-05&known_at=2026-07-05").text)
    assert "As at Sunday 5 July 2026 at 23:59" in page
    assert "overdue" not in page.partition("Reminders")[0]


@pytest.mark.parametrize("asked", ["as_at=yesterday", "known_at=2126-01-01", "as_at=1066-10-14", "known_at=2026-02-30"])
def test_what_is_no_day_until_today_is_said_at_the_field(performance: Browser, asked: str) -> None:
    answer = performance.get(f"{PAGE}?{asked}")
    name = asked.partition("=")[0]
    assert answer.status_code == 400
    assert f'href="#{name}"' in answer.text
    assert "Enter a date from 2000 until today" in answer.text


def test_an_officer_sees_the_versions_of_an_own_case_and_of_no_other(office: WebOffice) -> None:
    assert office.browser(WebRole.OFFICER).get(VERSIONS).status_code == 200
    other = office.browser(WebRole.OFFICER, "s1a")
    assert other.get(VERSIONS).status_code == 403
    assert other.get("/versions/22A%2F0%2F00").status_code == 403


def test_a_number_that_is_not_there_is_said(performance: Browser) -> None:
    assert performance.get("/versions/22A%2F0%2F00").status_code == 404


def test_looking_is_logged_with_the_crime_and_the_days_asked_for(office: WebOffice, performance: Browser) -> None:
    performance.get(f"{PAGE}?as_at=2026-07-05")
    performance.get(VERSIONS)
    last, newest = list_accesses(office.service.store)[-2:]
    assert (last.crimes, last.asked["as_at"]) == ([REF], "2026-07-05")
    assert newest.crimes == [REF]
    assert newest.page == "/versions/{crime_ref:path}"


PROOF = "/proof/22A%2F900%2F26"


def files_of(answer: httpx.Response) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(answer.content)) as pack:
        return {name: pack.read(name) for name in pack.namelist()}


def test_the_proof_pack_holds_what_is_shown_and_anybody_can_check_it(office: WebOffice, performance: Browser) -> None:
    answer = performance.get(PROOF)
    assert answer.headers["content-disposition"] == 'attachment; filename="proof-22A-900-26-2026-07-30.zip"'
    files = files_of(answer)
    about = files.pop("README.txt").decode()
    assert "It shows what was recorded and when, not that a conversation happened." in about
    for name, content in files.items():
        assert f"{hashlib.sha256(content).hexdigest()}  {name}" in about
    versions = [json.loads(line) for line in files["versions.ndjson"].splitlines()]
    assert [each["record"]["officer_ref"] for each in versions] == ["n1b", "n1a"]
    assert [each["in_use_until"] is None for each in versions] == [False, True]
    assert json.loads(files["explanation.json"])["crime_ref"] == REF
    assert files["policy.toml"] == office.service.policy.path.read_bytes()
    assert performance.get(PROOF).content == answer.content, "the same facts give the same bytes"


def test_the_proof_pack_has_the_reminders_and_disputes_of_its_crime_alone(
    office: WebOffice, performance: Browser
) -> None:
    remind(office.service.store, office.service.policy, office.service.reminder_settings, office.now)
    officer = office.browser(WebRole.OFFICER)
    officer.post("/disputes", crime=CRIMES["n1a"], victim="V1", text="I rang twice")
    pack = files_of(performance.get(f"/proof/{quote(CRIMES['n1a'], safe='')}"))
    (dispute,) = map(json.loads, pack["disputes.ndjson"].splitlines())
    assert (dispute["by"], dispute["text"], dispute["answer"]) == ("n1a", "I rang twice", None)
    assert {json.loads(line)["victim_ref"] for line in pack["reminders.ndjson"].splitlines()} == {"V1"}
    assert files_of(performance.get(PROOF))["disputes.ndjson"] == b""


def test_a_pack_that_was_taken_is_logged_an_own_one_too(office: WebOffice) -> None:
    office.browser(WebRole.OFFICER).get(PROOF)
    newest = list_accesses(office.service.store)[-1]
    assert (newest.page, newest.crimes, newest.person) == ("/proof/{crime_ref:path}", [REF], "n1a")


def test_a_pack_of_no_crime_or_of_anothers_is_refused(office: WebOffice, performance: Browser) -> None:
    assert performance.get("/proof/22A%2F0%2F00").status_code == 404
    assert office.browser(WebRole.OFFICER, "s1a").get(PROOF).status_code == 403


def test_a_crime_opened_for_a_reason_offers_nothing_that_would_be_refused(office: WebOffice) -> None:
    supervisor = office.browser(WebRole.SUPERVISOR)
    path = f"/crimes/{quote(CRIMES['s1a'], safe='')}"
    page = supervisor.post(path, reason="covering").text
    assert "offence of s1a" in page
    assert "/versions/" not in page
    assert "/versions/" in supervisor.get(PAGE).text
    assert supervisor.get(path.replace("/crimes/", "/versions/")).status_code == 403
