"""Pages on officers: what each has overdue, who cannot act, and who was told of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, and_, false, or_

from compliance.reminders.emails.victim_sentences import day_text
from compliance.reminders.owed_at_close import OwedAtClose, list_owed_at_close
from compliance.reminders.told_leaders import MailState, find_unreachable, last_emails, leaders_told
from compliance.reminders.waiting import ENHANCED
from compliance.store import officers
from compliance.store.owed.owed_counts import overdue_by_officer
from compliance.store.owed.owed_crimes import OverdueVictim, count_overdue_victims, is_any_within, list_overdue_victims
from compliance.store.receiving.directory import DirectoryEntry
from compliance.store.tables import OBLIGATION, OFFICER
from compliance.web.case_pages import crime_path, officer_path
from compliance.web.listing import Listing, row_number
from compliance.web.owed_filters import owed_path
from compliance.web.owed_pages import period_of
from compliance.web.page_table import Answer, RefusedPageError, Visit

OFFICERS: Final = 20
"""How many officers stand on one page of a team or division, at most."""
LISTED: Final = 200
"""How many of an officer's victims stand on their page, at most."""
SHOWN: Final = 5
"""How many of each officer's victims stand on the page of a team, at most; of nobody's, `OFFICERS`."""
_NOBODY: Final = ""


@dataclass(frozen=True, slots=True)
class OfficersVictims:
    """What an officer has overdue: how many updates, and the victims who have waited longest.

    `ref` and `name`: None if nobody has the cases, or no name is known. `away`: why they cannot act, in words.
    `is_all`: whether these are all the victims.
    """

    ref: str | None
    name: str | None
    away: str | None
    email: MailState | None
    victims: Sequence[OverdueVictim]
    overdue: int
    is_all: bool
    all_victims: int | None
    """How many victims have something overdue; None if there are more than were read."""
    due_last: date | None
    """The last due date of what is owed; None likewise."""
    at_close: Sequence[OwedAtClose]
    """What was owed when a case closed; not in `overdue`."""


def show_team(visit: Visit) -> Answer:
    """Return what is overdue in the person's team or division, by officer: cases of nobody first, then those of
    whoever cannot act, then whoever has most to catch up with."""
    held = overdue_by_officer(visit.service.store, visit.whose, period_of(visit))
    directory = _directory(visit)
    away = _find_away(visit, directory, held)
    places = {ref: (ref != _NOBODY, ref not in away, -held[ref], ref) for ref in held}
    order = sorted(held, key=lambda ref: places[ref])
    following = [ref for ref in order if places[ref] > _read_place(visit)]
    shown = following[:OFFICERS]
    path = visit.page.path
    more = owed_path(path, after=_write_place(places[shown[-1]])) if len(following) > OFFICERS else None
    listing = Listing(len(order), len(shown), path if len(following) < len(order) else None, more)
    of_page, total = {ref: held[ref] for ref in shown}, sum(held.values())
    return _of_officers(visit, visit.page.label or "", of_page, total, listing, (directory, away))


_Place = tuple[bool, bool, int, str]
"""Where an officer stands: not of nobody, not away, how much is overdue, negative, and the reference."""


def _write_place(place: _Place) -> str:
    """Return the place of the last officer of a page, as an address has it."""
    _, is_here, overdue, ref = place
    return f"{'here' if is_here else 'away'}/{-overdue}/{ref}"


def _read_place(visit: Visit) -> tuple[()] | _Place:
    """Return the place after which this page begins."""
    if "after" not in visit.query:
        return ()
    away, _, rest = visit.query["after"].partition("/")
    number, _, ref = rest.partition("/")
    return ref != _NOBODY, away != "away", -row_number(number), ref


def _directory(visit: Visit) -> dict[str, DirectoryEntry]:
    """Return all of the directory: who shares a mailbox with somebody elsewhere is told by their digest."""
    return officers(visit.service.store)


def _find_away(visit: Visit, directory: Mapping[str, DirectoryEntry], refs: Iterable[str]) -> dict[str, str]:
    """Return why some officers cannot act, in words."""
    store, policy, rules = visit.service.store, visit.service.policy, visit.service.settings.reminders
    return find_unreachable(store, policy, rules, directory, sorted(ref for ref in refs if ref), visit.today)


def show_officer(visit: Visit) -> Answer:
    """Return what one officer of the person's scope has overdue."""
    ref, store = visit.place["officer_ref"], visit.service.store
    of_officer = and_(visit.within, OBLIGATION.c.officer_ref == ref)
    if not is_any_within(store, of_officer):
        words = "No case of an officer with this reference is one that your role shows you. That you asked was noted."
        raise RefusedPageError("There is no such officer in your cases", words, "an officer outside their scope")
    entry = officers(store, OFFICER.c.officer_ref == ref).get(ref)
    title = f"{entry.name} ({ref})" if entry is not None and entry.name else f"Officer {ref}"
    held = overdue_by_officer(store, lambda of: and_(visit.whose(of), of.officer_ref == ref), period_of(visit))
    directory = _directory(visit)
    away = _find_away(visit, directory, [ref])
    return _of_officers(visit, title, held or {ref: 0}, sum(held.values()), None, (directory, away))


def _of_officers(
    visit: Visit,
    title: str,
    held: Mapping[str, int],
    total: int,
    listing: Listing | None,
    who: tuple[Mapping[str, DirectoryEntry], Mapping[str, str]],
) -> Answer:
    (directory, away), service, store = who, visit.service, visit.service.store
    within, is_one = and_(visit.within, _held_by(held)), listing is None
    found = list_overdue_victims(store, within, LISTED if is_one else OFFICERS, ENHANCED)
    at_close = list_owed_at_close(store, service.policy, service.reminder_settings, within, visit.now)
    told = leaders_told(store, service.policy, sorted({victim.crime_ref for victim in found}))
    groups = _group(visit, found, at_close, held, directory, away, is_one)
    values = {
        "groups": groups,
        "total": total,
        "listing": listing,
        "more": count_overdue_victims(store, within) - len(found) if is_one and len(found) == LISTED else 0,
        "told": told,
        "names": {ref: entry.name for ref, entry in directory.items()},
        "today": visit.today,
        "due_from": service.settings.reminders.due_from,
        "day": lambda day: day_text(day, visit.today),
        "path": crime_path,
        "officer_path": officer_path,
        "is_one": is_one,
    }
    crimes = [victim.crime_ref for group in groups for victim in group.victims]
    crimes += [each.crime_ref for group in groups for each in group.at_close if is_one]
    return Answer("team.html.j2", title, values, crimes)


def _held_by(held: Mapping[str, int]) -> ColumnElement[bool]:
    """Match the cases of some officers; each way by itself, so that the index on state and officer serves."""
    ref = OBLIGATION.c.officer_ref
    nobody = or_(ref.is_(None), ref == _NOBODY) if _NOBODY in held else false()
    return or_(ref.in_(sorted(each for each in held if each)), nobody)


def _group(
    visit: Visit,
    found: Sequence[OverdueVictim],
    at_close: Sequence[OwedAtClose],
    held: Mapping[str, int],
    directory: Mapping[str, DirectoryEntry],
    away: Mapping[str, str],
    is_one: bool,
) -> list[OfficersVictims]:
    """Return the victims by officer, in the order of these."""
    service, victims = visit.service, {ref: list[OverdueVictim]() for ref in held}
    for victim in found:
        victims.setdefault(victim.officer_ref or _NOBODY, []).append(victim)
    closed = {ref: [each for each in at_close if (each.officer_ref or _NOBODY) == ref] for ref in victims}
    refs = sorted(ref for ref in victims if ref)
    emails = last_emails(service.store, service.policy, refs)
    groups = []
    for ref, theirs in victims.items():
        shown = theirs if is_one or ref == _NOBODY else theirs[:SHOWN]
        name = directory[ref].name if ref in directory else None
        is_known = len(theirs) < (LISTED if is_one else OFFICERS)
        many = len(theirs) if is_known else None
        due = [*(each.last_due for each in theirs), *(each.due_date for each in closed[ref])]
        due_last = max(due, default=None) if is_known else None
        is_all = is_known and len(shown) == len(theirs)
        groups.append(
            OfficersVictims(
                ref or None,
                name,
                away.get(ref),
                emails.get(ref),
                shown,
                held.get(ref, 0),
                is_all,
                many,
                due_last,
                closed[ref],
            )
        )
    return groups
