"""The mails of a simulated force, lived through by the same seed with different ways of writing to its officers."""

import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from benchmarks.timing import show
from compliance.simulator import SimulatedForce
from tests.force_days import PRESSING, ForceDays, Overdue, Watch
from tests.reminding import change

Way = Callable[[ForceDays, list[Overdue]], int]


@dataclass(slots=True)
class Lived:
    """What some days came to: mails, those to officers with a case among them, and for what they went out; how much
    became overdue, and is at the end; for how long an overdue obligation was not mentioned, and promises broken; what
    the two plain ways would have sent, which write to nobody but officers with a case."""

    mails: int = 0
    to_officers: int = 0
    begun_by: Counter[str] = field(default_factory=Counter)
    breaches: int = 0
    left: int = 0
    longest: timedelta = timedelta()
    broken: int = 0
    digests: int = 0
    singles: int = 0


class Deaf(SimulatedForce):
    """A force whose officers read no mail: what is overdue does not depend on who is written to."""

    def deliver(self, *_: object) -> None:
        """Nothing comes of it."""


def main(scale: float = 1.0, days: int = 28) -> None:
    """Live through the last days of 26 weeks of a simulated force of a given scale (1: 885 officers, 233 crimes a day),
    once for each way. Some minutes: every mail is written, committed and sent."""
    print(f"\n{days} days of a simulated force of scale {scale:g}, by how its officers are written to")
    acting = {
        "this service": _live(SimulatedForce(scale=scale), days, _ours),
        "this service, nothing before it is due": _live(SimulatedForce(scale=scale), days, _without_due_soon),
        "one digest an officer a working day": _live(SimulatedForce(scale=scale), days, _digest),
        "one mail a breach a day": _live(SimulatedForce(scale=scale), days, ForceDays.one_mail_a_breach_a_day),
    }
    _table("officers act on their mail, each way lives its own days", acting)
    for title, backlog in (("nobody acts on any mail", 0), ("nobody acts, and 26 weeks' backlog is mailed too", 26)):
        ours = _live(Deaf(scale=scale), days, _ours, backlog)
        plain = {"one digest an officer a working day": ours.digests, "one mail a breach a day": ours.singles}
        counted = {
            name: replace(ours, mails=mails, to_officers=mails, begun_by=Counter(), longest=timedelta())
            for name, mails in plain.items()
        }
        _table(f"{title}, all ways see the same days", {"this service": ours, **counted})


def _ours(service: ForceDays, _: list[Overdue]) -> int:
    return service.remind()


def _without_due_soon(service: ForceDays, _: list[Overdue]) -> int:
    service.settings = change(service.settings, due_soon_days=0)
    return service.remind()


def _digest(service: ForceDays, overdue: list[Overdue]) -> int:
    return service.one_digest_an_officer_a_day(overdue)


def _live(force: SimulatedForce, days: int, way: Way, backlog: int = 0) -> Lived:
    """`backlog`: so many weeks before the first day, what fell due is mailed about."""
    lived, seen = Lived(), set[object]()
    start = force.end.date() - timedelta(days=days)
    with (
        tempfile.TemporaryDirectory() as name,
        ForceDays(Path(name), force, start, start - timedelta(weeks=backlog)) as service,
    ):
        watch = Watch(service)
        for _ in range(days):
            overdue = service.wake()
            lived.mails += way(service, overdue)
            lived.broken += len(watch.broken(overdue))
            seen.update(item.key for item in overdue)
            lived.left = len(overdue)
            lived.digests += len({item.officer for item in overdue if item.officer}) * service.working
            lived.singles += sum(item.officer is not None for item in overdue)
        lived.to_officers = service.to_officers() or lived.mails
        lived.breaches, lived.longest, lived.begun_by = len(seen), watch.longest, service.begun_by()
    return lived


def _table(title: str, ways: dict[str, Lived]) -> None:
    *_, digests, singles = (lived.mails for lived in ways.values())
    steps = (*PRESSING, "repeat")
    shares = ("of digests", "of single mails")
    titles = ("", "mails", *shares, "to officers", *shares, "fell overdue", "are", "unmentioned", "broken", *steps)
    rows: list[tuple[str, ...]] = [titles]
    for name, lived in ways.items():
        ours = bool(lived.begun_by)
        rows.append(
            (
                name, f"{lived.mails:,}", f"{lived.mails / digests:.2f}", f"{lived.mails / singles:.2f}",
                f"{lived.to_officers:,}", f"{lived.to_officers / digests:.2f}", f"{lived.to_officers / singles:.2f}",
                f"{lived.breaches:,}", f"{lived.left:,}", f"{lived.longest.days} days" if ours else "",
                f"{lived.broken}" if ours else "", *(f"{lived.begun_by[step]:,}" if ours else "" for step in steps),
            )
        )  # fmt: skip
    show(title, rows)
