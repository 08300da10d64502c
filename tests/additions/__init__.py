"""Policies that use what `docs/rules-additions.md` adds: some with worked examples, and any number generated.

The policies supplied use no addition, so what proves the additions stands here: the examples in `examples`, and
policies from a seed or drawn by hypothesis for the comparison of the engine with the plain reference.
"""

from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.engine import shipped
from tests.histories import AS_AT, Choices, Dice, Drawn, crime_records, histories

CATEGORIES: Final = (["enhanced"], ["enhanced", "witness"], ["standard"], ["state"], ["standard", "nobody"])
OFFENCES: Final = (None, "Burglary", "Robbery", "Fraud")
GROUPS: Final = (["Burglary"], ["Robbery", "Fraud"], ["Arson"], ["Robbery", "Arson"])
LENGTHS: Final = (28, 14, 3, 7, 29, 56)
HOURS: Final = (24, 1, 48, 12, 25, 168, 672)
SWITCHED_AGO: Final = (40, 0, 1, 7, 28, 29, 60, 100, 200, 365, -1, -30)
"""Days from the day on which a requirement takes over to the instant asked about."""
SWITCHED_AGAIN: Final = (20, 1, 60)

Json = dict[str, Any]


class AnyPolicy:
    """A policy in the making, as its file has it."""

    def __init__(self, choices: Choices, as_at: datetime = AS_AT) -> None:
        self._of, self._today = choices.of, as_at.date()
        self.data = deepcopy(shipped("west-mercia")[1])

    def told(self) -> Json:
        """With any of the additions (rules A1 to A6): a first contact, a further one that repeats, and a requirement
        whose clock is an event."""
        requirements: list[Json] = self.data["requirement"]
        _, further = requirements
        further |= {"repeat_every": self._length(), "honour_agreed_interval": self._once_in(3)}
        if self._once_in(2):
            further["enhanced"] = {"repeat_every": self._length()}
            if self._once_in(2):
                further["enhanced"]["within"] = self._length()
        if self._once_in(3):
            del further["after"]
        requirements.append(
            {
                "id": "arrested", "title": "t", "source": "s", "clock": "event:suspect_arrested",
                "within": {"working_days": 5}, "open_only": self._once_in(3),
            }
        )  # fmt: skip
        for requirement in requirements:
            self._restrict(requirement)
        if self._once_in(2):
            self._switch(requirements)
        if self._once_in(3):
            self._give_hours(requirements)
        return self.data

    def _once_in(self, times: int) -> bool:
        return self._of(range(times)) == times - 1

    def _restrict(self, requirement: Json) -> None:
        """Whom a requirement is owed to, and for which crimes (rules 9.5, A1a, A2, A2a)."""
        if self._once_in(2):
            requirement[self._of(("except_for", "only_for"))] = self._of(CATEGORIES)
        if self._once_in(3):
            requirement[self._of(("only_offences", "except_offences"))] = self._of(GROUPS)

    def _length(self) -> Json:
        if self._once_in(3):
            return {"working_days": self._of((20, 5, 1, 10))}
        return {"days": self._of(LENGTHS)}

    def _switch(self, requirements: list[Json]) -> None:
        """Others take over from the further contact on one day or on two, for all victims or for some (A5, A5a)."""
        first, before = self._today - timedelta(days=self._of(SWITCHED_AGO)), requirements[1]
        for number, since in enumerate((first, first + timedelta(days=self._of(SWITCHED_AGAIN)))):
            after = {key: before[key] for key in ("title", "source", "clock", "within", "open_only")}
            after |= {"id": f"since-{number}", "from": since, "takes_over": before["id"]}
            after |= {"repeat_every": self._length(), "honour_agreed_interval": self._once_in(3)}
            if self._once_in(3):
                after["enhanced"] = {"repeat_every": self._length()}
            if self._once_in(2):
                self._restrict(after)
            before["until"] = since - timedelta(days=1)
            requirements.append(after)
            if self._once_in(2):
                return
            before = after

    def _give_hours(self, requirements: list[Json]) -> None:
        """The first contact, or what follows an arrest, is owed within hours (rules A6)."""
        for requirement in (requirements[0], requirements[2]):
            if self._once_in(2):
                requirement["within"] = {"hours": self._of(HOURS)}
                for key in ("same_day", "open_only"):
                    requirement.pop(key, None)
                if self._once_in(2):
                    requirement["enhanced"] = {"within": {"hours": self._of(HOURS)}}


@st.composite
def additional_policies(draw: DrawFn, as_at: datetime = AS_AT) -> Json:
    """A policy that hypothesis draws, for an instant to ask about."""
    return AnyPolicy(Drawn(draw), as_at).told()


@st.composite
def crimes_of_offences(draw: DrawFn, as_at: datetime = AS_AT) -> list[Json]:
    """Some crime records, each of an offence group or of none (records A2)."""
    crimes = draw(st.lists(crime_records(as_at=as_at), min_size=1, max_size=3))
    groups = [draw(st.sampled_from(OFFENCES)) for _ in crimes]
    return [crime | {"offence": group} for crime, group in zip(crimes, groups, strict=True)]


def seeded_policy(seed: int, as_at: datetime = AS_AT) -> Json:
    """A policy, the same for the same seed."""
    return AnyPolicy(Dice(seed), as_at).told()


def seeded_crimes(seed: int, count: int, as_at: datetime, known_at: datetime | None) -> Iterator[Json]:
    """That many crime records, the same for the same seed, each of an offence group or of none."""
    for number, record in enumerate(histories(seed, count, as_at=as_at, known_at=known_at)):
        yield record | {"offence": OFFENCES[(seed + number) % len(OFFENCES)]}
