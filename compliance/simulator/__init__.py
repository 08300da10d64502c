"""A simulated police force for trying the service: a crime system over HTTP with its officers, and a mail server.

    force = Force(seed=2026, weeks=26)                  # or Replay(records): given records instead of simulated ones
    system = CrimeSystem(force)                         # at force.start, empty
    with serve(system) as url, MailSink(folder) as sink:
        system.advance(force.start + timedelta(days=150))
        ...                                             # GET {url}/crimes; send mail to sink.host, sink.port
        force.deliver(recipient, sent_at, crime_refs)   # the officers read their email, and act on it in the next days

Nothing here reads the clock: `advance` sets the simulated time. All randomness is seeded. Names and crimes are made up;
volumes and mix are those of West Mercia Police (`facts`). `Faults` plants what a report must find. `Trouble` breaks the
crime system's answers; `MailSink.refuse`, `defer` and `drop` break the mail server's.
"""

from compliance.simulator.crime_system import SimulatedCrimeSystem, SimulatedPage, Trouble
from compliance.simulator.faults import Faults
from compliance.simulator.force import SimulatedForce, crime_refs_in
from compliance.simulator.mail_sink import MailSink, Received
from compliance.simulator.record_lives import RecordLives
from compliance.simulator.replay import Replay
from compliance.simulator.server import serve

__all__ = [
    "Faults",
    "MailSink",
    "Received",
    "RecordLives",
    "Replay",
    "SimulatedCrimeSystem",
    "SimulatedForce",
    "SimulatedPage",
    "Trouble",
    "crime_refs_in",
    "serve",
]
