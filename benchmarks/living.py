"""Four weeks of a force, lived through once for each way of writing to its officers and each way in which they respond.

What comes before the four weeks is the same for all, so it is read once, and each life begins with a copy of that
database and, as a process of its own, with the force as it was.
"""

import gc
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from benchmarks.reading import Reading, ReadingForce
from tests.force_days import ForceDays, Overdue, Watch
from tests.reminding import change

DAYS: Final = 28
PROCESSES: Final = 2
Settings = Mapping[str, Any] | None
"""Changes of the settings of reminders. None: no reminders of this service, but one digest to every officer with
anything overdue on every working day."""


@dataclass(frozen=True, slots=True)
class Lived:
    """What four weeks came to: mails to officers with cases and to those who lead them; obligations that became
    overdue; days overdue, summed over mornings; the most days for which an overdue obligation that nothing held went
    unmentioned."""

    officers: float
    leaders: float
    breaches: float
    days_overdue: float
    longest: float

    def __iter__(self) -> Iterator[float]:
        return iter(astuple(self))


Cell = tuple[Reading, str]
"""How officers respond, and the name of a variant."""
_started: list[tuple[ReadingForce, Path]] = []
"""What the processes of a pool begin with."""


def live_all(
    seed: int, division: str | None, variants: Mapping[str, Settings], readings: Sequence[Reading]
) -> dict[Cell, Lived]:
    """Live through the four weeks with each variant of the settings of reminders and each way of responding."""
    force = ReadingForce(seed, division)
    start = force.end.date() - timedelta(days=DAYS)
    cells = [(reading, name) for reading in readings for name in variants]
    with tempfile.TemporaryDirectory() as folder:
        with ForceDays(Path(folder), force, start) as service:
            service.wake()
        _started[:] = [(force, Path(folder))]
        gc.freeze()
        with get_context("fork").Pool(PROCESSES, maxtasksperchild=1) as pool:
            lived = pool.starmap(_live, [(reading, variants[name]) for reading, name in cells], chunksize=1)
    return dict(zip(cells, lived, strict=True))


def _live(reading: Reading, variant: Settings) -> Lived:
    gc.set_threshold(100_000)  # a history of many thousand crimes is none of it garbage
    ((force, before),) = _started
    force.reading = reading
    start = force.end.date() - timedelta(days=DAYS)
    seen, mails, days_overdue = set[object](), 0, 0
    overdue: list[Overdue] = []
    with tempfile.TemporaryDirectory() as folder:
        for file in before.glob("compliance.db*"):
            shutil.copy(file, folder)
        with ForceDays(Path(folder), force, start + timedelta(days=1), start) as service:
            watch = Watch(service)
            service.resume(start)
            if variant is not None:
                service.settings = change(service.settings, **variant)
            for day in range(DAYS):
                overdue = service.wake() if day else []
                if variant is None:
                    mails += service.one_digest_an_officer_a_day(overdue)
                elif service.working:
                    service.hand_over()
                    watch.look(overdue)
                seen.update(item.key for item in overdue)
                days_overdue += len(overdue)
            officers, leaders = service.count_mails()
    return Lived(officers + mails, leaders, len(seen), days_overdue, watch.longest.days)
