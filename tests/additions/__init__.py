"""Policies that use what `docs/rules-additions.md` adds: some with worked examples, and any number generated.

The policies supplied use no addition, so what proves the additions stands here: the examples in `examples`, and
policies drawn by hypothesis for the comparison of the engine with the plain reference.
"""

from copy import deepcopy
from datetime import datetime
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.engine import shipped
from tests.histories import AS_AT, crime_records

CATEGORIES: Final = (["enhanced"], ["enhanced", "witness"], ["standard"], ["state"], ["standard", "nobody"])
OFFENCES: Final = (None, "Burglary", "Robbery", "Fraud")
GROUPS: Final = (["Burglary"], ["Robbery", "Fraud"], ["Arson"], ["Robbery", "Arson"])
LENGTHS: Final = (28, 14, 3, 7, 29, 56)

Json = dict[str, Any]


def _once_in(draw: DrawFn, times: int) -> bool:
    return draw(st.integers(0, times - 1)) == times - 1


def _restrict(draw: DrawFn, requirement: Json) -> None:
    """Whom a requirement is owed to, and for which crimes (rules 9.5, A1a, A2, A2a)."""
    if _once_in(draw, 2):
        requirement[draw(st.sampled_from(("except_for", "only_for")))] = draw(st.sampled_from(CATEGORIES))
    if _once_in(draw, 3):
        requirement[draw(st.sampled_from(("only_offences", "except_offences")))] = draw(st.sampled_from(GROUPS))


def _length(draw: DrawFn) -> Json:
    if _once_in(draw, 3):
        return {"working_days": draw(st.sampled_from((20, 5, 1, 10)))}
    return {"days": draw(st.sampled_from(LENGTHS))}


@st.composite
def additional_policies(draw: DrawFn) -> Json:
    """A policy, as its file has it, with any of the additions (rules A1 to A3a): a first contact, a further one that
    repeats, and a requirement whose clock is an event."""
    data = deepcopy(shipped("west-mercia")[1])
    _, further = data["requirement"]
    further |= {"repeat_every": _length(draw), "honour_agreed_interval": _once_in(draw, 3)}
    if _once_in(draw, 2):
        further["enhanced"] = {"repeat_every": _length(draw)}
        if _once_in(draw, 2):
            further["enhanced"]["within"] = _length(draw)
    if _once_in(draw, 3):
        del further["after"]
    arrested = {
        "id": "arrested", "title": "t", "source": "s", "clock": "event:suspect_arrested",
        "within": {"working_days": 5}, "open_only": _once_in(draw, 3),
    }  # fmt: skip
    data["requirement"].append(arrested)
    for requirement in data["requirement"]:
        _restrict(draw, requirement)
    return data


@st.composite
def crimes_of_offences(draw: DrawFn, as_at: datetime = AS_AT) -> list[Json]:
    """Some crime records, each of an offence group or of none (records A2)."""
    crimes = draw(st.lists(crime_records(as_at=as_at), min_size=1, max_size=3))
    groups = [draw(st.sampled_from(OFFENCES)) for _ in crimes]
    return [crime | {"offence": group} for crime, group in zip(crimes, groups, strict=True)]
