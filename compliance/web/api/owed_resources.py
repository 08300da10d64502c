"""What is outstanding now, for programs: listed by key, and counted. The same queries as the pages, as last judged."""

from datetime import date, datetime
from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from compliance.store import last_complete_poll
from compliance.store.owed.owed_bands import OwedBand
from compliance.store.owed.owed_lists import OwedEntry, OwedOrder, choose_owed, page_owed
from compliance.web.api.resource_table import PREFIX, ApiAnswer
from compliance.web.owed_filters import OwedFilters, owed_path, read_key, write_key
from compliance.web.owed_pages import count_all, period_of, requirement_titles
from compliance.web.page_table import RefusedPageError, Visit

LIST: Final = "/owed"
LISTED: Final = 1000
"""The obligations on one page, at most, or those of one crime."""
_Text = Annotated[str, Meta(min_length=1, max_length=1000, pattern="^[^\\x00]+$")]
_OrNone = Annotated[_Text, Meta(description="The name; `-`: those without one.")]


class OwedCountQuery(Struct, forbid_unknown_fields=True):
    """What is chosen of all that is owed; what is left out is not asked for."""

    requirement: Annotated[_Text, Meta(description="The requirement of the policy, such as `7-day`.")] | UnsetType = (
        UNSET
    )
    division: _OrNone | UnsetType = UNSET
    team: _OrNone | UnsetType = UNSET
    category: Annotated[_OrNone, Meta(description="The victim's category; `-`: those without one.")] | UnsetType = UNSET
    state: (
        Annotated[Literal["overdue", "today", "soon"], Meta(description="By when: overdue, due today, or due soon.")]
        | UnsetType
    ) = UNSET
    age: (
        Annotated[
            Literal["0", "7", "28"], Meta(description="Overdue for up to 7 days, for 8 to 28, or for more than 28.")
        ]
        | UnsetType
    ) = UNSET


class OwedQuery(OwedCountQuery, forbid_unknown_fields=True):
    """What is listed, in which order, and from where on."""

    sort: Annotated[OwedOrder, Meta(description="In which order; without it, what fell due first.")] | UnsetType = UNSET
    after: (
        Annotated[_Text, Meta(description="Where the page begins. It is in `next` of the page before.")] | UnsetType
    ) = UNSET


class OwedObligation(Struct, frozen=True):
    """One update that a victim is owed, as last judged.

    `requirement` and `title`: what is owed, by its name in the policy and in words. `cycle`: which of those that
    repeat. `state`: `overdue`, `today` (due today) or `soon` (due in the next 7 days). `days_overdue`: days since the
    due date, 0 if it is not past. `officer_ref`, `team` and `division`: who has the case now. All dates are local.
    """

    crime_ref: str
    victim_ref: str
    category: str | None
    requirement: str
    title: str
    cycle: int
    due_date: date
    state: Literal["overdue", "today", "soon"]
    days_overdue: int
    officer_ref: str | None
    team: str | None
    division: str | None


class OwedPage(Struct, frozen=True):
    """A page of what is owed.

    `as_at`: when this was asked (UTC). `today`: the local date then. `read_at`: when the crime system was last read to
    its end; null if it never was. `next`: the address of the next page, without the host; null on the last.
    """

    as_at: datetime
    today: date
    read_at: datetime | None
    obligations: list[OwedObligation]
    next: str | None


class OwedCountRow(Struct, frozen=True):
    """How many obligations have these in common.

    `band`: for how many days they are overdue, or `today` or `soon` for when they fall due. `division`, `team` and
    `category` are null if there is none.
    """

    requirement: str
    title: str
    division: str | None
    team: str | None
    category: str | None
    band: OwedBand
    count: int


class OwedCounts(Struct, frozen=True):
    """What is owed, counted. The counts add up: no obligation is in two. `as_at`, `today`, `read_at`: as of a page."""

    as_at: datetime
    today: date
    read_at: datetime | None
    counts: list[OwedCountRow]


def give_owed(visit: Visit) -> ApiAnswer:
    """Return a page of what is owed, as "Overdue now" lists it."""
    asked, after = OwedFilters.of(visit), None
    if "after" in visit.query:
        try:
            after = read_key(visit.query["after"], asked.order)
        except RefusedPageError as error:
            words = "Follow `next` as it is, with the same parameters, or begin again without `after`."
            raise RefusedPageError("`after` names no page of this list", words, error.why, 400) from None
    which = choose_owed(visit.within, period_of(visit), asked.choice)
    found, last = page_owed(visit.service.store, which, asked.order, after, LISTED)
    titles = requirement_titles(visit)
    more = None if last is None else owed_path(PREFIX + LIST, **asked.query, after=write_key(last))
    listed = [_obligation(visit, titles, each) for each in found]
    page = OwedPage(visit.now, visit.today, _read_at(visit), listed, more)
    return ApiAnswer(page, [each.crime_ref for each in found], len(found))


def count_owed_by_all(visit: Visit) -> ApiAnswer:
    """Return what is owed, counted by all that it can be chosen by."""
    choice, titles = OwedFilters.of(visit).choice, requirement_titles(visit)
    found = sorted((each for each in count_all(visit) if choice.holds(each)), key=str)
    rows = [
        OwedCountRow(each.requirement, titles.get(each.requirement, each.requirement), each.division or None,
                     each.team or None, each.category or None, each.band, each.count)
        for each in found
    ]  # fmt: skip
    return ApiAnswer(OwedCounts(visit.now, visit.today, _read_at(visit), rows))


def _obligation(visit: Visit, titles: dict[str, str], each: OwedEntry) -> OwedObligation:
    over = (visit.today - each.due_date).days
    ahead: Literal["today", "soon"] = "soon" if over else "today"
    state: Literal["overdue", "today", "soon"] = "overdue" if each.is_overdue or over > 0 else ahead
    title = titles.get(each.requirement, each.requirement)
    return OwedObligation(
        each.crime_ref, each.victim_ref, each.category, each.requirement, title, each.cycle, each.due_date, state,
        max(0, over), each.officer_ref, each.team, each.division,
    )  # fmt: skip


def _read_at(visit: Visit) -> datetime | None:
    poll = last_complete_poll(visit.service.store)
    return None if poll is None else poll.ended_at
