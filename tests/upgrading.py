"""Upgrades that are cut off, as if the process had been killed, at one statement after another."""

from sqlalchemy import event

from compliance.store.database import dialect, schema


class CutOffError(Exception):
    """The upgrade ends here."""


def cut_at_every(url: str, revision: str, step: int) -> int:
    """Upgrade a database from a revision, cut off at every `step`th statement, each time from where it stands, until it is
    through -> how often it was cut. Each time the database must be at the revision that it was at."""
    parsed, cuts = dialect.parse_url(url), 0
    while not _upgrade(url, 1 + cuts * step):
        cuts += 1
        plain = dialect.engine_for(parsed)
        with plain.connect() as connection:
            assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == revision
        plain.dispose()
    return cuts


def _upgrade(url: str, cut_at: int) -> bool:
    """Upgrade up to the statement of that number -> whether there were fewer."""
    engine, seen = dialect.engine_for(dialect.parse_url(url)), 0

    def cut(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen >= cut_at:
            raise CutOffError

    event.listen(engine, "before_cursor_execute", cut)
    try:
        with engine.begin() as connection:
            schema.upgrade(connection, "the database")
    except CutOffError:
        return False
    finally:
        engine.dispose()
    return True
