"""Pages on officers: what each has overdue, who cannot act, and who was told of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_

from compliance.reminders.told_leaders import MailState, find_unreachable, last_emails, leaders_told
from compliance.store import officers
from compliance.store.owed_crimes import OverdueVictim, is_any_within, list_overdue_victims
from compliance.store.tables import OBLIGATION, OfficerRow
from compliance.web.case_pages import crime_path, officer_path
from compliance.web.page_table import Answer, RefusedPageError, Visit

READ: Final = 2000
"""The number of victims that are read and counted, at most, the longest overdue first."""
LISTED: Final = 200
"""How many of an officer's victims stand on their page, at most."""
SHOWN: Final = 5
"""How many of each officer's victims stand on the page of a team, at most."""


@dataclass(frozen=True, slots=True)
class OfficersVictims:
    """What an officer has overdue: the victims, the longest overdue first, and how many there are.

    `ref` and `name`: None if nobody has the cases, or no name is known. `away`: why they cannot act, in words.
    """

    ref: str | None
    name: str | None
    away: str | None
    email: MailState | None
    victims: Sequence[OverdueVictim]
    count: int


def show_team(visit: Visit) -> Answer:
    """Return what is overdue in the person's team or division, by officer, those with most first."""
    return _of_officers(visit, visit.page.label or "", SHOWN)


def show_officer(visit: Visit) -> Answer:
    """Return what one officer of the person's scope has overdue."""
    ref = visit.place["officer_ref"]
    of_officer = and_(visit.within, OBLIGATION.c.officer_ref == ref)
    if not is_any_within(visit.service.store, of_officer):
        words = "No case of an officer with this reference is one that your role shows you. That you asked was noted."
        raise RefusedPageError("There is no such officer in your cases", words, "an officer outside their scope")
    entry = officers(visit.service.store).get(ref)
    title = f"{entry.name} ({ref})" if entry is not None and entry.name else f"Officer {ref}"
    return _of_officers(visit, title, LISTED, ref)


def _of_officers(visit: Visit, title: str, shown: int, ref: str | None = None) -> Answer:
    service, store = visit.service, visit.service.store
    within = visit.within if ref is None else and_(visit.within, OBLIGATION.c.officer_ref == ref)
    found, of = list_overdue_victims(store, within, READ)
    directory = officers(store)
    groups = _group(visit, found, directory, shown)
    victims = [victim for group in groups for victim in group.victims]
    values = {
        "groups": groups,
        "more": of - len(found),
        "total": of,
        "told": leaders_told(store, service.policy, sorted({victim.crime_ref for victim in victims})),
        "names": {told: entry.name for told, entry in directory.items()},
        "today": visit.today,
        "path": crime_path,
        "officer_path": officer_path,
        "is_one": ref is not None,
    }
    return Answer("team.html.j2", title, values, [victim.crime_ref for victim in victims])


def _group(
    visit: Visit, found: Sequence[OverdueVictim], directory: Mapping[str, OfficerRow], shown: int
) -> list[OfficersVictims]:
    """Return the victims by officer: cases that nobody has first, then whoever has most."""
    service, held = visit.service, dict[str | None, list[OverdueVictim]]()
    for victim in found:
        held.setdefault(victim.officer_ref, []).append(victim)
    refs = sorted(ref for ref in held if ref is not None)
    away = find_unreachable(service.store, service.policy, service.settings.reminders, directory, refs, visit.today)
    emails = last_emails(service.store, service.policy, refs)
    groups = [
        OfficersVictims(
            ref,
            entry.name if (entry := directory.get(ref or "")) else None,
            away.get(ref or ""),
            emails.get(ref or ""),
            victims[: LISTED if ref is None else shown],
            len(victims),
        )
        for ref, victims in held.items()
    ]
    return sorted(groups, key=lambda group: (group.ref is not None, -group.count, group.ref or ""))
