"""What administrators are told of certificates and clocks, which no poll and no delivery fails of."""

from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

from tests import alerting, stores
from tests.alerting import Told, telling
from tests.service_states import NOW, ServiceState
from tests.setups import authority, server_tls
from tests.web_server import answer, serving

pytestmark = stores.shared_out
new_database, database_url, store = stores.new_database, stores.database_url, stores.store
state = alerting.state
EMPTY = b'{"records": [], "next": "1", "more": false}'
DAY = timedelta(days=1)


def dated(off: timedelta) -> bytes:
    return answer(EMPTY, Date=format_datetime(NOW + off))


def names(told: Told) -> list[tuple[str, str]]:
    return [event for event in told.events() if event[1] in ("certificate-ending", "clock-off")]


def test_a_certificate_that_ends_soon_is_told_once_a_day_until_it_is_renewed(
    state: ServiceState, tmp_path: Path
) -> None:
    """The crime system is asked once a day: it is renewed after the second look, and over with the third."""
    ca_file = tmp_path / "authority.pem"
    authority().cert_pem.write_to_path(ca_file)
    tls = server_tls(ends=10.5 * DAY)
    with serving(tls) as crimes:
        crimes.answers = [answer(EMPTY)]
        trusted = ('^# ca_file = "crime-system-ca.pem".*$', f'ca_file = "{ca_file}"')
        with telling(state, ('^url = "http://127.0.0.1:8470/crimes".*$', f'url = "{crimes.url}"'), trusted) as told:
            told.look_for(timedelta(0), timedelta(hours=2), timedelta(minutes=30))
            assert names(told) == [("began", "certificate-ending")]
            assert len(crimes.asked) == 1
            assert "in 10 days" in told.posted()[0]["text"]
            authority().issue_cert("127.0.0.1").configure_cert(tls)
            told.look_for(DAY - timedelta(hours=1), DAY + timedelta(minutes=30), timedelta(minutes=30))
            assert names(told) == [("began", "certificate-ending"), ("over", "certificate-ending")]
            assert len(crimes.asked) == 2


def test_a_clock_off_against_the_crime_system_is_told(state: ServiceState) -> None:
    with serving() as crimes:
        crimes.answers = [dated(timedelta(minutes=5))]
        with telling(state, ('^url = "http://127.0.0.1:8470/crimes".*$', f'url = "{crimes.url}"')) as told:
            told.look_for(timedelta(0), timedelta(hours=1), timedelta(minutes=20))
            assert names(told) == [("began", "clock-off")]


def test_a_right_clock_and_a_crime_system_that_is_away_are_not(state: ServiceState) -> None:
    with serving() as crimes:
        crimes.answers = [dated(timedelta(0))]
        with telling(state, ('^url = "http://127.0.0.1:8470/crimes".*$', f'url = "{crimes.url}"')) as told:
            told.look_for(timedelta(0), timedelta(hours=1), timedelta(minutes=20))
            crimes.answers = [b""]
            told.look_for(DAY, DAY + timedelta(hours=1), timedelta(minutes=20))
            assert names(told) == []
