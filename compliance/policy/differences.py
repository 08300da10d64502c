"""What two policies ask differently, in words."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from compliance.policy.model import Policy
from compliance.text import count_noun, join_words

_LABELS: Final = {
    "within": "due within", "repeat_every": "repeated every", "enhanced": "for enhanced victims",
    "same_day": "an update on the day of the report", "recording_day": "an update on the day of recording",
}  # fmt: skip
_LENGTHS: Final = {"days": "day", "working_days": "working day", "hours": "hour"}
_ONLY_NAMES: Final = {"title", "source", "requirement"}


def describe_differences(before: Policy, now: Policy) -> tuple[str, ...]:
    """Return what was asked before and is asked now where it differs: `7-day: due within 10 days, before 7 days`.

    Titles and sources are names, and make no difference.
    """
    earlier, later = ({each.id: _plain(each) for each in policy.requirement} for policy in (before, now))
    found = list(_differ("", _plain(before), _plain(now)))
    for name, asked in later.items():
        found += _differ(f"{name}: ", earlier[name], asked) if name in earlier else [f"{name} is new"]
    return (*found, *(f"{name} is no longer asked" for name in earlier if name not in later))


def _plain(asked: Any) -> dict[str, Any]:
    content: dict[str, Any] = asked.model_dump(mode="json", by_alias=True, exclude=_ONLY_NAMES)
    return content


def _differ(whose: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for key in dict.fromkeys([*now, *before]):
        if before.get(key) != now.get(key):
            yield f"{whose}{_label(key)} {_value_text(now.get(key))}, before {_value_text(before.get(key))}"


def _label(key: str) -> str:
    return _LABELS.get(key, key.replace("_", " "))


def _value_text(value: Any) -> str:
    """Return a value of a policy in words."""
    if isinstance(value, Mapping):
        given = [(key, each) for key, each in value.items() if each is not None]
        parts = [
            count_noun(each, _LENGTHS[key]) if key in _LENGTHS else f"{_label(key)} {_value_text(each)}"
            for key, each in given
        ]
        return join_words(parts)
    if isinstance(value, list):
        return join_words(value) if value else "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "not set" if value is None else str(value)
