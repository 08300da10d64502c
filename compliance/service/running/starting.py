"""Starting a service that runs on: alone on an SQLite database, and with a schema that is this version's."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import structlog

from compliance import clock as real_clock
from compliance.config import Settings
from compliance.service.service import Service
from compliance.stopping import Stop
from compliance.store import MIGRATE, RUN, SchemaBehindError, claim, migrate

log = structlog.get_logger()


@contextmanager
def running_service(
    settings: Settings, stop: Stop, clock: Callable[[], datetime] = real_clock.now
) -> Iterator[Service]:
    """Open the service of some settings for the daemon, during the context.

    With `[database] migrate = "on-start"` an older schema is upgraded first; of several services that start at once one
    does it, and the others wait. Raises as `Service.open` does, and UnavailableError if another service runs on the
    SQLite database.
    """
    with claim(settings.database_url, RUN, clock()), _open(settings, stop, clock) as service:
        yield service


def _open(settings: Settings, stop: Stop, clock: Callable[[], datetime]) -> Service:
    try:
        return Service.open(settings, clock, stop)
    except SchemaBehindError as error:
        if settings.database.migrate != "on-start":
            raise
        log.info("migrating", reason=str(error))
    migrate(settings.database_url, is_patient=True)
    log.info("migrated")
    return Service.open(settings, clock, stop)


def migrate_by_hand(settings: Settings) -> None:
    """Create or upgrade the database (`compliance migrate`).

    Raises as `store.migrate` does, and UnavailableError while a service runs on the SQLite database.
    """
    with claim(settings.database_url, MIGRATE, real_clock.now()):
        migrate(settings.database_url)
