"""The simulated crime system over HTTP and the mail sink over SMTP."""

import smtplib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from compliance.simulator import Faults, MailSink, SimulatedCrimeSystem, SimulatedForce, Trouble, serve

GAP = date(2026, 4, 1)


@pytest.fixture(scope="module")
def system() -> SimulatedCrimeSystem:
    force = SimulatedForce(scale=0.01, faults=Faults(feed_gap=frozenset({GAP})))
    system = SimulatedCrimeSystem(force)
    system.advance(force.start + timedelta(weeks=10))
    return system


@pytest.fixture(scope="module")
def client(system: SimulatedCrimeSystem) -> Iterator[httpx.Client]:
    with serve(system) as url, httpx.Client(base_url=url) as client:
        yield client


# records section 4


def test_json_pages_join_to_everything(client: httpx.Client, system: SimulatedCrimeSystem) -> None:
    records, sizes, cursor = [], [], None
    while True:
        page = client.get("/crimes", params={"limit": "100"} | ({"changed_since": cursor} if cursor else {})).json()
        assert set(page) == {"records", "next", "more"}
        records += page["records"]
        sizes.append(len(page["records"]))
        cursor = page["next"]
        if not page["more"]:
            break
    assert set(sizes[:-1]) == {100}
    assert len(records) == len(system.page(limit=5000).records) > 100
    again = client.get("/crimes", params={"changed_since": cursor}).json()
    assert again == {"records": [], "next": cursor, "more": False}


def test_an_ndjson_page_carries_cursor_and_more_in_its_headers(client: httpx.Client) -> None:
    lines = client.get("/crimes", params={"limit": "3"}, headers={"Accept": "application/x-ndjson"})
    page = client.get("/crimes", params={"limit": "3"}).json()
    assert lines.headers["content-type"].startswith("application/x-ndjson")
    assert (lines.headers["Next-Cursor"], lines.headers["More"]) == (page["next"], "true")
    assert lines.text.count("\n") == 3


def test_a_page_is_500_records_unless_told(client: httpx.Client, system: SimulatedCrimeSystem) -> None:
    assert len(client.get("/crimes").json()["records"]) == min(500, len(system.page(limit=5000).records))


def test_officers_come_as_ndjson(client: httpx.Client) -> None:
    answer = client.get("/officers")
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    assert answer.text.count('"officer_ref"') == answer.text.count("\n") > 900


@pytest.mark.parametrize("query", [{"changed_since": "made-up"}, {"limit": "0"}, {"limit": "many"}])
def test_a_question_that_makes_no_sense_is_refused(client: httpx.Client, query: dict[str, str]) -> None:
    answer = client.get("/crimes", params=query)
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize(
    ("trouble", "status", "kind"),
    [(Trouble.ERROR, 500, "text/plain"), (Trouble.BUSY, 503, "text/plain"), (Trouble.HTML, 200, "text/html")],
)
def test_trouble_is_what_crime_systems_make(
    client: httpx.Client, system: SimulatedCrimeSystem, trouble: Trouble, status: int, kind: str
) -> None:
    system.trouble = trouble
    answers = [client.get(path) for path in ("/crimes", "/officers")]
    system.trouble = None
    for answer in answers:
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith(kind)
        assert ("retry-after" in answer.headers) is (trouble is Trouble.BUSY)
    assert client.get("/crimes").status_code == 200


def test_the_same_page_for_ever_says_there_is_more(client: httpx.Client, system: SimulatedCrimeSystem) -> None:
    system.trouble = Trouble.SAME_PAGE
    first = client.get("/crimes", params={"limit": "10"}).json()
    second = client.get("/crimes", params={"limit": "10", "changed_since": first["next"]}).json()
    system.trouble = None
    assert first == second
    assert first["more"] is True


def test_on_the_dates_of_a_gap_the_crime_system_answers_503() -> None:
    system = SimulatedCrimeSystem(SimulatedForce(scale=0.01, faults=Faults(feed_gap=frozenset({GAP}))))
    system.advance(datetime(2026, 4, 1, 12, tzinfo=ZoneInfo("Europe/London")))
    with serve(system) as url:
        assert httpx.get(f"{url}/crimes").status_code == 503
        system.advance(system.now + timedelta(days=1))
        assert httpx.get(f"{url}/crimes").status_code == 200


# The mail sink


def message(subject: str = "Three victims await an update") -> EmailMessage:
    made = EmailMessage()
    made["From"] = "victims@force.example"
    made["To"] = "fern.flint@force.example"
    made["Subject"] = subject
    made.set_content("22/000123/26: owed since Monday — ring?\n.\nA line of one dot is above.\n")
    made.add_alternative("<p>22/000123/26</p>", subtype="html")
    return made


def test_every_message_is_kept_in_order_and_told_of(tmp_path: Path) -> None:
    told = []
    sink = MailSink(tmp_path / "mail", lambda recipient, mail: told.append((recipient, mail["Subject"])))
    with sink, smtplib.SMTP(sink.host, sink.port) as smtp:
        smtp.send_message(message("One"))
        smtp.send_message(message("Two"), to_addrs=["a/../b@force.example", "hazel.onyx@force.example"])
    assert told == [
        ("fern.flint@force.example", "One"),
        ("a/../b@force.example", "Two"),
        ("hazel.onyx@force.example", "Two"),
    ]
    names = sorted(path.name for path in (tmp_path / "mail").iterdir())
    assert names == ["000001-fern.flint.eml", "000002-a_.._b.eml", "000003-hazel.onyx.eml"]
    kept = sink.messages[0].message
    body = kept.get_body(("plain",))
    assert body is not None
    lines = body.get_content().splitlines()
    assert lines == ["22/000123/26: owed since Monday — ring?", ".", "A line of one dot is above."]
    assert [mail.recipient for mail in sink.messages] == [recipient for recipient, _ in told]


def test_the_sink_refuses_defers_and_breaks_off_where_told(tmp_path: Path) -> None:
    with MailSink(tmp_path) as sink:
        sink.refuse.add("left@force.example")
        sink.defer.add("busy@force.example")
        sink.drop.add("gone@force.example")
        with smtplib.SMTP(sink.host, sink.port) as smtp:
            for address, code in (("left@force.example", 550), ("busy@force.example", 451)):
                with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
                    smtp.send_message(message(), to_addrs=[address])
                assert refused.value.recipients[address][0] == code
        smtp = smtplib.SMTP(sink.host, sink.port)
        with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
            smtp.send_message(message(), to_addrs=["gone@force.example"])
        smtp.close()
        assert sink.messages == []
        sink.drop.clear()
        with smtplib.SMTP(sink.host, sink.port) as smtp:
            smtp.send_message(message(), to_addrs=["gone@force.example"])
        assert len(sink.messages) == 1


def test_an_open_connection_does_not_keep_the_sink_from_stopping(tmp_path: Path) -> None:
    with MailSink(tmp_path) as sink:
        smtp = smtplib.SMTP(sink.host, sink.port)
        smtp.ehlo()
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        smtp.noop()
    smtp.close()
