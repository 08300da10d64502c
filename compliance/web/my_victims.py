"""The page on an officer's victims, and the form there that says that something is wrong."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from compliance.reminders.digests import read_text
from compliance.reminders.emails.letter import SAFE_CONTACT
from compliance.reminders.victims_now import OwedVictim, find_owed_now, list_victims_now
from compliance.store import dispute_victim
from compliance.store.owed.owed_bands import AHEAD_DAYS
from compliance.store.owed.owed_crimes import crimes_within, list_owed_crimes
from compliance.web.case_pages import ASK, crime_path
from compliance.web.listing import Listing
from compliance.web.owed_filters import owed_path
from compliance.web.page_table import Answer, GoTo, RefusedPageError, Visit

_PATH: Final = "/my-victims"
_KEY: Final = re.compile(r"([01])/(\d{4}-\d\d-\d\d)/(.+)", re.ASCII | re.DOTALL)
LISTED: Final = 15
"""The number of crimes on one page, at most: each is asked about for its sentences."""
LONGEST: Final = 4000
"""The characters of what somebody says is wrong, as of a reply."""
_PARTS: Final = (
    ("overdue", "Overdue"),
    ("today", "Due today"),
    ("week", f"Due in the next {AHEAD_DAYS} days"),
)


def show_my_victims(visit: Visit) -> Answer:
    """Return what the person owes to whom, as in an email enhanced victims first, then the longest owed."""
    return _victims(visit)


def _victims(visit: Visit, error: str | None = None, about: tuple[str, str] | None = None) -> Answer:
    service, policy, viewer = visit.service, visit.service.policy, visit.viewer
    closed_since = visit.today - timedelta(days=2 * policy.owed_after_close_days)
    until = visit.today + timedelta(days=AHEAD_DAYS)
    crimes = list_owed_crimes(service.store, visit.within, visit.today, until, closed_since)
    settings, ref = service.reminder_settings, viewer.officer_ref or ""
    owed = find_owed_now(service.store, policy, settings, crimes, ref, visit.now)
    everybody = owed.victims()
    after = visit.form.get("after", visit.query.get("after", ""))
    refs, listing = _page(everybody, after)
    found = owed.write(refs)
    totals = Counter(map(_part, everybody))
    parts = [(name, title, [each for each in found if _part(each) == name]) for name, title in _PARTS]
    values = {
        "parts_of_page": parts,
        "totals": totals,
        "victims": len(found),
        "listing": listing,
        "after": after,
        "path": crime_path,
        "error": error,
        "about": about,
        "said": visit.form.get("text", ""),
        "longest": LONGEST,
        "is_new": visit.query.get("said"),
        "safe_contact": SAFE_CONTACT,
        "read_at": read_text(service.store, policy, visit.today),
    }
    shown = [each.crime_ref for each in found]
    return Answer("my_victims.html.j2", "My victims", values, shown, status=400 if error else 200)


def _page(owed: Sequence[OwedVictim], after: str) -> tuple[list[str], Listing]:
    """Return the crimes of this page, and where it stands. `after`: the key of the last one of the page before."""
    last = _read_key(after) if after else ()
    keys = dict[str, tuple[str, ...]]()
    for victim in owed:
        keys[victim.crime_ref] = min(_key(victim), keys.get(victim.crime_ref, _key(victim)))
    following = sorted(key for key in keys.values() if key > last)
    shown = following[:LISTED]
    more = owed_path(_PATH, after="/".join(shown[-1])) if len(following) > LISTED else None
    return [ref for *_, ref in shown], Listing(len(keys), len(shown), _PATH if after else None, more)


def _key(victim: OwedVictim) -> tuple[str, ...]:
    """Return what crimes are in the order of, as an address has it: the first of those of their victims."""
    return "0" if victim.is_enhanced else "1", victim.due_date.isoformat(), victim.crime_ref


def _read_key(text: str) -> tuple[str, ...]:
    """Return the key of a page. Raises RefusedPageError if it is none."""
    found = _KEY.fullmatch(text)
    if found is None:
        words = "The address may be mistyped or out of date. Nothing was changed."
        raise RefusedPageError("There is no such page", words, "an address that names no page of a list", 404)
    return found.groups()


def _part(victim: OwedVictim) -> str:
    if victim.is_overdue:
        return "overdue"
    return "today" if victim.days_over == 0 else "week"


def file_dispute_on_page(visit: Visit) -> Answer | GoTo:
    """File what the person says is wrong about a victim of theirs, as a reply to an email would be."""
    victim, text = (visit.form.get("crime", ""), visit.form.get("victim", "")), visit.form.get("text", "").strip()
    owed = crimes_within(visit.service.store, visit.within, [victim[0]])
    if not owed or victim not in _victims_of(visit, victim[0]):
        raise RefusedPageError("This is not one of your cases", ASK, "a dispute on a case that is not theirs")
    if not text or len(text) > LONGEST:
        error = "Say what is wrong" if not text else f"Use at most {LONGEST:,} characters; these are {len(text):,}"
        return _victims(visit, error, victim)
    is_new = dispute_victim(visit.service.store, visit.viewer.officer_ref or "", victim, text, visit.now)
    return GoTo(f"/my-victims?said={'filed' if is_new else 'before'}")


def show_dispute_again(visit: Visit) -> Answer:
    """Return the page with what was written on a form that is out of date."""
    words = "This form was out of date, and nothing was sent. Send it again"
    return _victims(visit, words, (visit.form.get("crime", ""), visit.form.get("victim", "")))


def _victims_of(visit: Visit, crime_ref: str) -> list[tuple[str, str]]:
    service = visit.service
    ref, settings = visit.viewer.officer_ref or "", service.reminder_settings
    found = list_victims_now(service.store, service.policy, settings, [crime_ref], ref, visit.now)
    return [(each.crime_ref, each.victim_ref) for each in found]
