"""How many claims of the reports of planted worlds are false, missed and right (docs/claims.md).

Each world (`tests/worlds/catalogue.py`) is played by some seeds, and every claim of its reports, of every second week,
is held against what was planted. A false claim that the quiet force of the same seed makes too is chance; any other has
what was planted as its cause.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from benchmarks.timing import show
from tests.worlds.catalogue import LAST, WORLDS
from tests.worlds.force import EVENT, SIZES
from tests.worlds.tallying import Lived

SAVED: Final = Path(__file__).with_name("claims_before.json")
"""The same by the same checker before statements were claims of events, on the same seeds."""
FIRST_SEED: Final = 1000
SEEDS: Final = {
    "quiet": 20, "one division, 8 points": 10, "one division, 4 points": 10, "the force, 7 points": 10,
}  # fmt: skip
"""How many seeds of the worlds that have an aim; the others have `OTHERS`."""
OTHERS: Final = 1
EVERY: Final = 3
"""Of the weeks one in so many is reported, and those in which something is due."""
Result = Mapping[str, Any]
"""One world by one seed: its reports, counts of its claims by kind, and what was due and when it was said."""
AIMS: Final = (
    ("one division, 8 points", "named within 8 settled weeks", 0.9),
    ("one division, 4 points", "named within 13 settled weeks", 0.8),
    ("the force, 7 points", "named in the week in which it settles", 0.9),
)
UNTRUE_AIM: Final = 0.06


def weeks_of(name: str, only_due: bool) -> list[int]:
    """Return the weeks of a world that are reported on; `only_due`: those that tell whether what is due is said."""
    world = WORLDS[name]
    if only_due:
        return sorted({week for due in world.due for week in range(due.by, EVENT - 1, -2)})
    every = range(world.reported_since, LAST + 1, EVERY)
    return sorted({*every, *(due.by for due in world.due if due.by <= LAST)})


def measure(names: Iterable[str], seeds: int | None, size: str) -> dict[str, list[Result]]:
    """Play the worlds."""
    made: dict[str, list[Result]] = {name: [] for name in names}
    for seed in range(max([seeds or 0, *(SEEDS.get(name, OTHERS) for name in made)]) if made else 0):
        for name, results in made.items():
            if seed < (seeds or SEEDS.get(name, OTHERS)):
                whole = seeds is not None or seed < OTHERS or name == "quiet"
                results.append(_play(name, size, FIRST_SEED + seed, whole))
                print(f"{name}, seed {FIRST_SEED + seed}", file=sys.stderr)
    return made


@lru_cache(maxsize=4)
def _quiet(like: str, size: str, seed: int) -> Lived:
    return Lived.quiet(WORLDS[like], SIZES[size], seed, range(EVENT - 2, LAST + 1, EVERY))


def _play(name: str, size: str, seed: int, whole: bool) -> Result:
    world = WORLDS[name]
    alike = next(n for n, w in WORLDS.items() if (w.size, w.edition) == (world.size, world.edition))
    if not whole:
        lived, quiet = Lived.of(world, SIZES[size], seed, weeks_of(name, True)), None
    else:
        quiet = _quiet(alike, size, seed)
        lived = quiet if name == "quiet" else Lived.of(world, SIZES[size], seed, weeks_of(name, False))
    return {
        "reports": len(lived.reported()),
        "untrue first": len(lived.untrue_first()),
        "kinds": {
            kind: [counts["right"], counts["chance"], counts["planted"]]
            for kind, counts in (lived.count(quiet) if quiet else {}).items()
        },
        "due": [[due.what, due.by - EVENT, _since(lived.said_in(due))] for due in world.due],
        "beyond": sorted(_describe(lived, quiet)) if quiet else [],
    }  # fmt: skip


def _since(week: int | None) -> int | None:
    return None if week is None else week - EVENT


def _describe(lived: Lived, quiet: Lived) -> set[str]:
    """Return what was said first and is false by what was planted, in a line each."""
    return {
        f"week {judged.told.week}: {judged.told.claim.kind.value}, {said.unit or 'the force'}, {said.what}"
        for judged in lived.beyond(quiet) if judged.told.first for said in judged.said if not said.true
    }  # fmt: skip


def tell(now: Mapping[str, Sequence[Result]], before: Mapping[str, Sequence[Result]]) -> None:
    """Print both beside each other, world by world, and what the aims came to."""
    for name, results in now.items():
        show(f"{name}: {WORLDS[name].planted}", _rows(results, before.get(name, ())))
        for due in _dues(results, before.get(name, ())):
            print(f"  due: {due}")
        for line in sorted({line for result in results for line in result["beyond"]})[:5]:
            print(f"  false by what was planted, to look at first: {line}")
    _tell_aims(now, before)


def _rows(now: Sequence[Result], before: Sequence[Result]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        ("claims", "right", "false by chance", "false by what was planted", "before: right", "chance", "planted")
    ]
    totals = [_total(results) for results in (now, before)]
    for kind in sorted({*totals[0], *totals[1]}):
        rows.append((kind, *(f"{number:,}" for total in totals for number in total.get(kind, (0, 0, 0)))))
    first = [
        f"{sum(r['untrue first'] for r in results)} of {sum(r['reports'] for r in results)} reports"
        for results in (now, before)
    ]
    rows.append(("anything untrue to look at first", first[0], "", "", first[1], "", ""))
    return rows


def _total(results: Sequence[Result]) -> dict[str, tuple[int, int, int]]:
    total: dict[str, Counter[int]] = {}
    for result in results:
        for kind, counts in result["kinds"].items():
            total.setdefault(kind, Counter()).update(dict(enumerate(counts)))
    return {kind: (counts[0], counts[1], counts[2]) for kind, counts in total.items()}


def _dues(now: Sequence[Result], before: Sequence[Result]) -> Iterable[str]:
    for place, (what, by, _) in enumerate(now[0]["due"] if now else ()):
        counted = [
            f"missed in {sum(not in_time(result, place) for result in results)} of {len(results)} seeds"
            for results in (now, before) if results
        ]  # fmt: skip
        yield f"{what}, within {by + 1} settled weeks: {'; before: '.join(counted)}"


def in_time(result: Result, place: int = 0) -> bool:
    """Return whether something due was said by its week; so is nothing that was not due of the same world before."""
    if place >= len(result["due"]):
        return False
    _, by, said = result["due"][place]
    return said is not None and said <= by


def _tell_aims(now: Mapping[str, Sequence[Result]], before: Mapping[str, Sequence[Result]]) -> None:
    rows: list[tuple[str, ...]] = [("aim", "now", "before", "aim")]
    if "quiet" in now:
        shares = [_untrue(results.get("quiet", ())) for results in (now, before)]
        rows.append(
            ("quiet force: reports with anything untrue to look at first", *shares, f"at most {UNTRUE_AIM:.0%}")
        )
    for name, what, aim in AIMS:
        if name in now:
            parts = [_in_time(results.get(name, ())) for results in (now, before)]
            rows.append((f"{name}: {what}", *parts, f"{aim:.0%} of seeds"))
    never = [name for name in now if WORLDS[name].never]
    if never:
        counts = [
            str(sum(counts[2] for name in never for counts in _total(results.get(name, ())).values()))
            for results in (now, before)
        ]
        rows.append((f"claims false by what was planted, in {len(never)} worlds that change nothing", *counts, "none"))
    show("Aims", rows)


def _untrue(results: Sequence[Result]) -> str:
    reports = sum(result["reports"] for result in results)
    return f"{sum(result['untrue first'] for result in results)} of {reports}" if reports else "–"


def _in_time(results: Sequence[Result]) -> str:
    return f"{sum(map(in_time, results))} of {len(results)}" if results else "–"


def main(arguments: Sequence[str] = ()) -> None:
    """Play the worlds, print, and save if asked to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks claims", description=__doc__)
    parser.add_argument("--worlds", nargs="+", choices=list(WORLDS), default=list(WORLDS))
    parser.add_argument("--seeds", type=int, help=f"of each world; left out: {OTHERS}, and more of those with an aim")
    parser.add_argument("--size", choices=list(SIZES), default="force")
    parser.add_argument("--save", type=Path, help="a file for the results as JSON")
    parser.add_argument("--read", type=Path, help="a file that was saved: print it, and play nothing")
    asked = parser.parse_args(arguments)
    made = json.loads(asked.read.read_text("utf-8")) if asked.read else measure(asked.worlds, asked.seeds, asked.size)
    if asked.save:
        asked.save.write_text(json.dumps(made, indent=None, separators=(",", ":")), encoding="utf-8")
    saved = json.loads(SAVED.read_text(encoding="utf-8")) if asked.size == "force" and SAVED.exists() else {}
    tell(made, saved)
