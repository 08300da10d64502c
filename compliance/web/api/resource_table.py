"""What a resource of the JSON API is: its path, who may ask for it, whose cases it shows, and what answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from compliance.web.page_table import RefusedPageError, Visit
from compliance.web.roles import CaseScope, WebRole

PREFIX: Final = "/api/v1"
_LONGEST_SAID: Final = 300


class NoQuery(msgspec.Struct, forbid_unknown_fields=True):
    """A resource that takes nothing after a question mark."""


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """What is given, of the type that the resource declares or as JSON that is ready.

    `crimes`: every crime number in it, and `rows` how many entries; None: it is no list of cases.
    """

    content: Any
    crimes: Sequence[str] = ()
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class ApiResource:
    """A resource. `roles` and `shows` have no default that would do: without them nothing starts.

    `below`: the path below `PREFIX`. `gives`: the type of the answer, from which its description is made. `title` and
    `about`: what it is. `query`: the type of what may stand after the question mark. `places`: what is filled in in the
    path.
    """

    below: str
    answer: Callable[[Visit], ApiAnswer]
    gives: Any
    title: str
    about: str
    roles: frozenset[WebRole] | None = None
    shows: CaseScope | None = None
    query: type[msgspec.Struct] = NoQuery
    places: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The whole path."""
        return PREFIX + self.below

    @property
    def method(self) -> str:
        """Programs only read."""
        return "GET"

    @property
    def label(self) -> None:
        """It is in no navigation."""

    def check_query(self, given: Sequence[tuple[str, str]]) -> None:
        """Raise RefusedPageError if something is asked for that this resource does not have, or twice."""
        names = [name for name, _ in given]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise self._wrong(f"`{twice}` is given twice")
        try:
            msgspec.convert(dict(given), self.query)
        except msgspec.ValidationError as error:
            raise self._wrong(str(error).replace("Object contains unknown field", "there is no parameter")) from None

    def _wrong(self, what: str) -> RefusedPageError:
        known = ", ".join(f"`{each.name}`" for each in msgspec.structs.fields(self.query))
        takes = f"The parameters are {known}; docs/api.md says what each may be." if known else "There are none here."
        said = f"{what[:1].upper()}{what[1:_LONGEST_SAID]}".replace(" - at `$.", " in `")
        return RefusedPageError("The query cannot be used", f"{said}. {takes}", "a query that is wrong", 400)
