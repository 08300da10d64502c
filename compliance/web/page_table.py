"""What a page is: its path, who may open it, whose cases it shows, and what answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any, Literal, Protocol

from sqlalchemy import ColumnElement
from starlette.convertors import PathConvertor, register_url_convertor

from compliance.service import Service
from compliance.web.restriction import restrict
from compliance.web.roles import WIDEST, CaseScope, Viewer, WebRole


class _AnyPath(PathConvertor):
    """The rest of a path, whatever is in it: a crime number may have a line break."""

    regex = "(?s:.*)"


register_url_convertor("path", _AnyPath())


@dataclass(frozen=True, slots=True)
class Answer:
    """A page as it is to be shown: its template and what that is filled with.

    `crimes`: every crime number that it shows. `reason`: why the person wanted to see it, where they were asked.
    `refresh`: in how many seconds it goes on to which address by itself, once somebody has asked for that.
    """

    template: str
    title: str
    values: Mapping[str, Any] = field(default_factory=dict)
    crimes: Sequence[str] = ()
    reason: str | None = None
    status: int = 200
    refresh: str | None = None


@dataclass(frozen=True, slots=True)
class Download:
    """A file to look at or to keep. `name`: what it is saved as; None: it is shown.

    `crimes`: every crime number in it, and `rows` how many entries; None: it is no list of cases.
    """

    content: bytes
    media_type: str
    name: str | None = None
    crimes: Sequence[str] = ()
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class GoTo:
    """Another page of ours to go to: its path, always from the table."""

    path: str


class Declared(Protocol):
    """What a page, and a resource of the JSON API, declare: without roles and scope nothing starts."""

    @property
    def path(self) -> str:
        """The path, with what is filled in between braces."""

    @property
    def method(self) -> str:
        """`GET` or `POST`."""

    @property
    def label(self) -> str | None:
        """What the navigation calls it; None: it is not in it."""

    @property
    def roles(self) -> frozenset[WebRole] | None:
        """Who may ask for it."""

    @property
    def shows(self) -> CaseScope | None:
        """Whose cases it shows, at most."""


class RefusedPageError(Exception):
    """What is asked for is not for this person, or is not there. `why`: what the audit log says."""

    def __init__(self, title: str, words: str, why: str, status: int = 403) -> None:
        super().__init__(words)
        self.title, self.words, self.why, self.status = title, words, why, status


@dataclass(frozen=True)
class Visit:
    """One person's or program's request. `place` is from the path, `query` from the address, `form` what was posted."""

    service: Service
    viewer: Viewer
    page: Declared
    place: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, str]
    now: datetime

    @property
    def scope(self) -> CaseScope:
        """Whose cases this page may show to this person."""
        return min(self.page.shows or CaseScope.NONE, WIDEST[self.viewer.role])

    @property
    def within(self) -> ColumnElement[bool]:
        """The condition on the obligations that this page may show to this person."""
        return restrict(self.viewer, self.scope)

    def whose(self, of: Any) -> ColumnElement[bool]:
        """Return the same condition on other columns that say whose obligations are meant, such as their counts."""
        return restrict(self.viewer, self.scope, of)

    @cached_property
    def today(self) -> date:
        """The local date."""
        return self.service.policy.local.date_of(self.now)


@dataclass(frozen=True, slots=True)
class WebPage:
    """A page. `roles` and `shows` have no default that would do: without them the pages do not start.

    `label`: what the navigation calls it; None: it is not in it. `concerns`: gives the crimes that what is sent there
    concerns, for the audit log, to which it is written before it is acted upon, or None while nothing is done yet;
    without it, it concerns one's own cases only. `under`: the path of the entry of the menu under which it is; None:
    the one with which its own path begins. `again`: gives the page with the form and what was written in it, where it
    was sent out of date; without it, that is said alone.
    """

    path: str
    answer: Callable[[Visit], Answer | Download | GoTo]
    roles: frozenset[WebRole] | None = None
    shows: CaseScope | None = None
    method: Literal["GET", "POST"] = "GET"
    label: str | None = None
    concerns: Callable[[Visit], Sequence[str] | None] | None = None
    under: str | None = None
    again: Callable[[Visit], Answer] | None = None


def check_table(pages: Sequence[Declared]) -> None:
    """Raise ValueError if a page does not say who may open it and whose cases it shows, or is there twice."""
    for page in pages:
        if not page.roles:
            raise ValueError(f"the page {page.method} {page.path} does not say which roles may open it")
        if page.shows is None:
            raise ValueError(f"the page {page.method} {page.path} does not say whose cases it shows")
    places = [(page.method, page.path) for page in pages]
    if twice := sorted({place for place in places if places.count(place) > 1}):
        raise ValueError(f"the page {' '.join(twice[0])} is there twice")
