"""Crime records in, verdicts out, in one pass and bounded memory (records section 3)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from compliance.batch.files import line_chunks, open_input, writer
from compliance.policy import Policy, judge
from compliance.records import columns, read_columns


@dataclass(slots=True)
class Evaluated:
    """How much was answered: crimes judged, verdicts written, records refused."""

    crimes: int = 0
    verdicts: int = 0
    refused: int = 0


def evaluate(
    policy: Policy,
    as_at: datetime,
    known_at: datetime | None,
    source: str,
    target: str,
    refuse: Callable[[int, str | None, str], None],
) -> Evaluated:
    """Judge every record of an NDJSON file and write the verdicts.

    `refuse` is told of every refused record: its line number, its crime number where one can be read, the reason. The
    good ones are answered all the same. Raises SettingsError where a file cannot be read or written.
    """
    done = Evaluated()
    with open_input(source) as stream, writer(target) as out:
        started = False
        for number, lines in line_chunks(stream):
            filled = [(place, line) for place, line in enumerate(lines) if line.strip()]
            crimes, refusals = read_columns([line for _, line in filled])
            for refusal in refusals:
                refuse(number + filled[refusal.index][0], refusal.crime_ref, refusal.reason)
            verdicts = judge(crimes, policy, as_at, known_at)
            out.write(verdicts.table())
            started = True
            done.crimes += len(crimes)
            done.verdicts += len(verdicts)
            done.refused += len(refusals)
        if not started:
            out.write(judge(columns([]), policy, as_at, known_at).table())
    return done
