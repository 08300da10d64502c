"""`compliance run` with a clock that began at another instant: python -m tests.acceptance.daemon_at CONFIG INSTANT."""

import sys
from datetime import datetime
from pathlib import Path
from threading import Event

from compliance import clock
from compliance.config import load_settings
from compliance.service.noting.logs import set_up
from compliance.service.running.daemon import Daemon
from compliance.service.running.starting import running_service
from compliance.signals import heed_signals


def main(config: str, instant: str) -> None:
    """Run the daemon of a settings file; its time passes as ours does."""
    shift = datetime.fromisoformat(instant) - clock.now()
    settings = load_settings(Path(config))
    set_up(settings.log)
    hangup = Event()
    with (
        heed_signals(on_hangup=hangup.set) as asked,
        running_service(settings, asked, lambda: clock.now() + shift) as service,
    ):
        Daemon(service, hangup).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
