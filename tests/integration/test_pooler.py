"""Any number of services on one PostgreSQL behind a transaction pooler (decision 0039)."""

from contextlib import suppress
from datetime import datetime
from pathlib import Path
from threading import Barrier, Thread

import psycopg
import sqlmodel
from sqlalchemy import func, select

from compliance.config import load_settings
from compliance.errors import UnavailableError
from compliance.service import Service
from compliance.simulator import MailSink, SimulatedCrimeSystem, SimulatedForce, serve
from compliance.store import migrate
from compliance.store.tables import CRIME, OUTBOX, Published
from tests import pooler
from tests.acceptance.test_service import CONFIG
from tests.engine import RULES

MONDAY = datetime.fromisoformat("2026-06-29T07:30:00+01:00")


def test_two_services_behind_a_pooler_do_everything_once_and_leave_nothing_in_a_session(tmp_path: Path) -> None:
    """Both poll, judge, send this morning's digests and publish the week's report, twice, and meet at each."""
    force = SimulatedForce(seed=7, weeks=10, scale=0.02)
    system, url = SimulatedCrimeSystem(force), pooler.new_database()
    system.advance(force.end)
    migrate(url)
    together = Barrier(2)
    with serve(system) as address, MailSink(tmp_path / "mail") as sink:
        config = tmp_path / "config.toml"
        text = CONFIG.format(url=address, host=sink.host, port=sink.port, policy=RULES / "west-mercia.toml")
        config.write_text(text.replace("sqlite:///compliance.db", url))

        def work() -> None:
            with Service.open(load_settings(config), lambda: MONDAY) as service:
                for _ in range(2):
                    together.wait(60)
                    with suppress(UnavailableError):  # the poll of the other superseded it
                        service.poll()
                    together.wait(60)
                    service.remind()
                    service.report_if_due()

        threads = [Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with (
            Service.open(load_settings(config), lambda: MONDAY) as service,
            service.store.session(reading=True) as session,
        ):
            crimes = session.execute(select(func.count()).select_from(CRIME)).scalar_one()
            queued = session.execute(select(OUTBOX.c.message_id, OUTBOX.c.state)).all()
            published = session.exec(sqlmodel.select(Published)).all()
        assert crimes > 50, "rows that are staged"
        assert {state for _, state in queued} == {"sent"}
        assert sorted(each.message["Message-ID"] for each in sink.messages) == sorted(key for key, _ in queued)
        assert [row.period for row in published] == ["2026-W25"]
    assert pooler.left_in_sessions(url) == []


def test_what_is_left_in_a_session_is_seen() -> None:
    url = pooler.new_database()
    with psycopg.connect(url.replace("+psycopg", ""), prepare_threshold=None) as connection:
        connection.execute("PREPARE p AS SELECT 1")
        connection.execute("SELECT pg_advisory_lock(7)")
        connection.execute("CREATE TEMPORARY TABLE t (a int)")
        connection.execute("SET jit = off")
        connection.execute("DECLARE c CURSOR WITH HOLD FOR SELECT 1")
        connection.execute("LISTEN l")
    assert sorted(pooler.left_in_sessions(url)) == [
        "advisory lock: 7", "channel: l", "cursor: c", "prepared statement: p", "setting: jit = off",
        "temporary table: t",
    ]  # fmt: skip
