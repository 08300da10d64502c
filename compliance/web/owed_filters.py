"""What is chosen of the lists of what is outstanding: read from an address, and written into one.

Addresses name requirements, divisions, teams, categories and days, and in the key of a page a crime number or an
officer's reference, as the addresses of their own pages do. They never name a victim.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import quote, unquote, urlencode

from compliance.store.owed.owed_bands import AHEAD_DAYS, OVERDUE_BANDS, OwedBand
from compliance.store.owed.owed_counts import OwedCount
from compliance.store.owed.owed_lists import Key, OwedChoice, OwedOrder
from compliance.web.page_table import RefusedPageError, Visit

NONE: Final = "-"
"""How an address says: without a division, team or category."""
STATES: Final[Mapping[str, tuple[str, Sequence[OwedBand]]]] = {
    "overdue": ("Overdue", OVERDUE_BANDS),
    "today": ("Due today", (OwedBand.TODAY,)),
    "soon": (f"Due in the next {AHEAD_DAYS} days", (OwedBand.SOON,)),
}
"""What is owed by when: the words, and the bands that it has."""
_AGES: Final = {
    "28": ("More than 28 days", OwedBand.LONG),
    "7": ("8 to 28 days", OwedBand.MONTH),
    "0": ("Up to 7 days", OwedBand.WEEK),
}
"""For how long something has been overdue."""
_ORDERS: Final = {
    OwedOrder.FIRST_DUE: "What fell due first",
    OwedOrder.LAST_DUE: "What fell due last",
    OwedOrder.CRIME: "Crime number",
    OwedOrder.OFFICER: "Officer’s reference",
}


@dataclass(frozen=True, slots=True)
class FilterField:
    """A field of the form beside a list: its name, what it is called, what can be chosen, and what is."""

    name: str
    label: str
    options: Sequence[tuple[str, str]]
    chosen: str


@dataclass(frozen=True, slots=True)
class OwedFilters:
    """What an address asks for: each as it stands there, empty if nothing is asked."""

    requirement: str = ""
    division: str = ""
    team: str = ""
    category: str = ""
    state: str = ""
    age: str = ""
    sort: str = ""

    @classmethod
    def of(cls, visit: Visit) -> "OwedFilters":
        """Return what the address asks for. A state, an age or an order that there is not counts as not asked."""
        asked = {name: visit.query.get(name, "") for name in cls.__slots__}
        known: dict[str, Collection[str]] = {"state": STATES, "age": _AGES, "sort": _ORDERS}
        return cls(**{name: text for name, text in asked.items() if name not in known or text in known[name]})

    @property
    def choice(self) -> OwedChoice:
        """What is listed."""
        asked = (self.requirement, self.division, self.team, self.category)
        requirement, division, team, category = (None if not text else "" if text == NONE else text for text in asked)
        bands = STATES[self.state][1] if self.state else None
        if self.age:
            band = _AGES[self.age][1]
            bands = (band,) if bands is None or band in bands else ()
        return OwedChoice(requirement, division, team, category, bands)

    @property
    def order(self) -> OwedOrder:
        """The order of the list."""
        return OwedOrder(self.sort) if self.sort else OwedOrder.FIRST_DUE

    @property
    def query(self) -> dict[str, str]:
        """What is asked for, for an address."""
        return {name: text for name in self.__slots__ if (text := getattr(self, name))}

    def fields(self, counted: Sequence[OwedCount], titles: Mapping[str, str]) -> list[FilterField]:
        """Return the fields of the form, offering what a scope has. `titles`: of the requirements."""
        of_division = [each for each in counted if self.division in {"", each.division or NONE}]
        ages = [(name, words) for name, (words, _) in _AGES.items()]
        found = [
            FilterField("state", "By when", [(name, words) for name, (words, _) in STATES.items()], self.state),
            FilterField("age", "Overdue for", ages, self.age),
            _field("requirement", "What is owed", [each.requirement for each in counted], self.requirement, titles),
            _field("division", "Division", [each.division for each in counted], self.division),
            _field("team", "Team", [each.team for each in of_division], self.team),
            _field("category", "Victim category", [each.category for each in counted], self.category),
        ]
        any_of = [FilterField(f.name, f.label, [("", "All"), *f.options], f.chosen) for f in found]
        return [*any_of, FilterField("sort", "Sorted by", [*_ORDERS.items()], str(self.order))]


def owed_path(path: str, **query: str) -> str:
    """Return a path with what is chosen; what is empty is left out."""
    given = {name: text for name, text in query.items() if text}
    return f"{path}?{urlencode(given)}" if given else path


def write_key(key: Key) -> str:
    """Return the key of a page as an address has it."""
    return f"{quote(str(key[0]), safe='')}/{key[1]}"


def read_key(text: str, order: OwedOrder) -> Key:
    """Return the key of a page. Raises RefusedPageError if it is none of a list in this order."""
    value, mark, crime_ref = text.partition("/")
    is_of_day = order in {OwedOrder.FIRST_DUE, OwedOrder.LAST_DUE}
    try:
        if not mark or "\0" in crime_ref + unquote(value):
            raise ValueError
        return date.fromisoformat(value) if is_of_day else unquote(value), crime_ref
    except ValueError:
        words = "The address may be mistyped or out of date. Nothing was changed."
        raise RefusedPageError("There is no such page", words, "an address that names no page of a list", 404) from None


def _field(
    name: str, label: str, held: Sequence[str], chosen: str, titles: Mapping[str, str] | None = None
) -> FilterField:
    """Return a field of the values that something has; what is chosen is offered, whatever there is."""
    present = sorted({value or NONE for value in held} | ({chosen} if chosen else set()))
    called = {NONE: f"No {label.lower()}"} | dict(titles or {})
    return FilterField(name, label, [(value, called.get(value, value)) for value in present], chosen)
