"""What victims gain, and officers read, by each variant of the settings of reminders (docs/reminders.md).

Ten seeds of a fifteenth of the force: each a third of the teams of a division, with their share of its crimes and
investigators, their supervisors and its champion; every division twice. A mail hardly ever crosses teams, so fifteen
times their mean is the force. The first five are one of each division, and the tables are printed from the second seed
on, so that a run can be ended at any time.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from scipy import stats

from benchmarks.living import Lived, Settings, live_all
from benchmarks.picture import Mark, Panel, draw
from benchmarks.reading import PARTS, Reading
from benchmarks.timing import show
from compliance.simulator.force_profile import DIVISIONS

SEEDS: Final = range(10)
READINGS: Final = (Reading.NOT_AT_ALL, Reading.SIMULATED, Reading.WEARY)
BEFORE: Final = "before"
DAILY: Final = "one digest a day to every officer with anything overdue"
SAVED: Final = Path(__file__).with_name("force_days_before.json")
"""The lives of `DAILY`, and of `BEFORE`: the service in which every update due soon made an email of its own, and each
obligation was told by itself."""
PICTURE: Final = Path(__file__).parents[1] / "docs" / "reminder-variants.svg"
OFFICERS_AIM: Final = 0.45
LEADERS_AIM: Final = 0.5


EACH_DAY: Final[Mapping[str, Any]] = {
    "due_soon_days": 2, "ahead_days": 7, "plan_weekday": "never", "digest_days": ("mon", "tue", "wed", "thu", "fri"),
}  # fmt: skip
"""Each due date is announced by itself two days before, and officers are told again on any working day."""
MONDAYS: Final[Mapping[str, Any]] = {
    "due_soon_days": 0,
    "ahead_days": 7,
    "plan_weekday": "mon",
    "digest_days": ("mon",),
}
"""The week's plan on Monday, and on Monday only what is no news."""
VARIANTS: Final[Mapping[str, Settings]] = {
    "each announced 2 days before": EACH_DAY,
    "plan on Monday; 7 days ahead": MONDAYS,
    "plan on Monday; 14 days ahead": {**MONDAYS, "ahead_days": 14},
    "plan on Monday; 28 days ahead": {**MONDAYS, "ahead_days": 28},
}
Lives = Mapping[tuple[Reading, str], Sequence[Lived]]
"""What the seeds came to, by how officers respond and the variant."""


class Estimate(NamedTuple):
    """A figure of the force, and half its 95 % interval over the seeds (Student's t)."""

    mean: float
    half: float

    def __str__(self) -> str:
        return f"{self.mean:,.0f} ± {self.half:,.0f}"


def estimate(values: Sequence[float]) -> Estimate:
    """The figure of the force, of one for each seed of a division."""
    found = np.array(values) * len(DIVISIONS) * PARTS
    return Estimate(found.mean(), stats.t.ppf(0.975, len(found) - 1) * found.std(ddof=1) / len(found) ** 0.5)


def difference(lives: Lives, reading: Reading, name: str, measure: str) -> Estimate:
    """What a variant adds to the way before, seed by seed."""
    pairs = zip(lives[reading, name], lives[reading, BEFORE], strict=False)  # of the seeds lived so far
    return estimate([getattr(now, measure) - getattr(before, measure) for now, before in pairs])


def share(lives: Lives, reading: Reading, name: str, measure: str, of: str) -> float:
    """How many mails a variant sends, as a share of the mails of another."""
    seeds = len(lives[reading, name])
    parts = [sum(getattr(each, measure) for each in lives[reading, which][:seeds]) for which in (name, of)]
    return parts[0] / parts[1]


def misses(lives: Lives, name: str) -> Iterator[str]:
    """What a variant misses of the aim, in words."""
    for reading in READINGS:
        if share(lives, reading, name, "officers", DAILY) > OFFICERS_AIM:
            yield f"officers' mails ({reading.name})"
        if share(lives, reading, name, "leaders", BEFORE) > LEADERS_AIM:
            yield f"leaders' mails ({reading.name})"
        for measure in ("breaches", "days_overdue"):
            if difference(lives, reading, name, measure).mean > 0:
                yield f"{measure} ({reading.name})"
    if difference(lives, Reading.WEARY, name, "days_overdue").mean >= 0:
        yield "no fewer days overdue (WEARY)"


def days_overdue(lives: Lives, name: str) -> float:
    """The days overdue of a variant, summed over the ways of responding."""
    return sum(estimate([each.days_overdue for each in lives[reading, name]]).mean for reading in READINGS)


def main() -> None:
    """Live through all, print tables for the seeds so far after each, choose, and draw the picture."""
    saved = json.loads(SAVED.read_text(encoding="utf-8"))
    lives: dict[tuple[Reading, str], list[Lived]] = {
        (reading, name): [Lived(*each) for each in saved["divisions"][reading.name][name]]
        for reading in READINGS for name in (BEFORE, DAILY)
    }  # fmt: skip
    for count, seed in enumerate(SEEDS, 1):
        for cell, lived in live_all(seed, DIVISIONS[seed % len(DIVISIONS)].name, VARIANTS, READINGS).items():
            lives.setdefault(cell, []).append(lived)
        print(f"\nseed {count} of {len(SEEDS)}", flush=True)
        if count > 1:
            tell(lives, count)
    choose(lives)


def tell(lives: Lives, count: int) -> None:
    """Print a table for each way of responding, and what each variant misses of the aim; draw the picture."""
    print(
        f"four weeks of the force: fifteen times the mean of {count} thirds of a division; ±: 95 % interval over them"
    )
    if any(
        now.breaches != before.breaches
        for name in VARIANTS
        for now, before in zip(*(lives[Reading.NOT_AT_ALL, each] for each in (name, BEFORE)), strict=False)
    ):
        print(f"THE SIMULATED FORCE HAS CHANGED since {SAVED.name} was made: the figures cannot be compared")
    for reading in READINGS:
        rows: list[tuple[str, ...]] = [
            ("", "to officers", "of daily", "to leaders", "of before", "breaches", "change", "days overdue", "change",
             "unmentioned")
        ]  # fmt: skip
        for name in (DAILY, BEFORE, *VARIANTS):
            own = lives[reading, name][:count]
            shown = [
                str(estimate([getattr(each, m) for each in own]))
                for m in ("officers", "leaders", "breaches", "days_overdue")
            ]
            changes = [
                str(difference(lives, reading, name, m)) if name in VARIANTS else ""
                for m in ("breaches", "days_overdue")
            ]
            rows.append(
                (
                    name, shown[0], f"{share(lives, reading, name, 'officers', DAILY):.2f}", shown[1],
                    f"{share(lives, reading, name, 'leaders', BEFORE):.2f}", shown[2], changes[0], shown[3], changes[1],
                    f"{max(each.longest for each in own):.0f}" if name != DAILY else "",
                )
            )  # fmt: skip
        show(str(reading), rows)
    print()
    for name in VARIANTS:
        print(f"  {name}: {', '.join(misses(lives, name)) or 'meets the aim'}")
    PICTURE.write_text(_picture(lives), encoding="utf-8")


def _picture(lives: Lives) -> str:
    def shares(measure: str, of: str) -> list[list[Mark | None]]:
        return [[Mark(share(lives, reading, name, measure, of)) for reading in READINGS] for name in VARIANTS]

    def change(reading: Reading, name: str) -> Mark | None:
        if reading is Reading.NOT_AT_ALL:
            return None  # no mail changes anything
        own = len(lives[reading, name])
        before = estimate([each.days_overdue for each in lives[reading, BEFORE][:own]]).mean
        mean, half = difference(lives, reading, name, "days_overdue")
        return Mark(100 * mean / before, 100 * half / before)

    changes = [[change(reading, name) for reading in READINGS] for name in VARIANTS]
    says = "; ".join(
        f"{name}: {', '.join(f'{change.value:+.0f} % days overdue' for change in row if change)}"
        for name, row in zip(VARIANTS, changes, strict=True)
    )
    return draw(
        "What each variant of the reminder settings costs in emails, and what victims gain",
        f"{says}. The table beside the picture has all figures.",
        tuple(VARIANTS),
        tuple(map(str, READINGS)),
        (
            Panel("Officers’ mails, of daily", 0, 0.8, 0.2, OFFICERS_AIM, "", shares("officers", DAILY)),
            Panel("Leaders’ mails, of before", 0, 1.2, 0.4, LEADERS_AIM, "", shares("leaders", BEFORE)),
            Panel("Days overdue, change", -20, 20, 10, 0, " %", changes),
        ),
    )


def choose(lives: Lives) -> str:
    """The variant with the fewest days overdue of those that meet the aim; if none does, of those that miss least."""
    chosen = min(VARIANTS, key=lambda name: (len(list(misses(lives, name))), days_overdue(lives, name)))
    missed = ", ".join(misses(lives, chosen))
    print(
        f"\nfewest days overdue of those that meet the aim: {chosen}"
        if not missed
        else f"\nNONE MEETS THE AIM; {chosen}: {missed}"
    )
    return chosen
