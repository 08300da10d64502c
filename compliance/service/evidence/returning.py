"""Returns of a service: made from the records, kept in versions, signed off, and written as forms (docs/returns.md)."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import msgspec
from msgspec import UNSET

from compliance.errors import SettingsError, UnavailableError
from compliance.reports.judging.satisfaction import find_satisfaction, name_divisions
from compliance.reports.model.satisfaction_model import Satisfaction
from compliance.reports.periods.periods import parse_period
from compliance.reports.periods.spans import Span
from compliance.reports.rendering.output_files import write_folder
from compliance.resources import resource
from compliance.returns.definition import DIVISION, NOT_RECORDED, ReturnDefinition, list_returns, load_return
from compliance.returns.filling import ReturnSources, fill_in, group_cohort
from compliance.returns.groups import index_victims, with_values
from compliance.returns.return_content import ReturnContent, Signature
from compliance.returns.return_forms import FORMS, ReturnEdition, write_form
from compliance.returns.withholding import withhold
from compliance.reviews.results import ReviewResults
from compliance.service.evidence.reviewing import results_of
from compliance.service.service import Service
from compliance.store import seen_by
from compliance.store.kept.returns import (
    StoredReturn,
    add_return,
    find_return,
    list_signatures,
    newest_version,
    sign_return,
)
from compliance.store.kept.reviews import list_reviews
from compliance.store.kept.surveys import list_waves
from compliance.store.receiving.victim_characteristics import (
    first_kept,
    read_characteristics,
    read_first_characteristic,
)
from compliance.text import count_noun, join_words

FOLDER: Final = "returns"


def definitions_of(service: Service) -> Path:
    """Return the folder of the definitions."""
    own = service.settings.returns.definitions
    return resource("rules", FOLDER) if own is None else service.settings.path(own)


def names_of(service: Service) -> list[str]:
    """Return the names of the returns that are defined."""
    return list_returns(definitions_of(service))


@dataclass(frozen=True, slots=True)
class MadeReturn:
    """A return that was made, whether it is a new version, and what whoever made it should know."""

    stored: StoredReturn
    is_new: bool
    notes: list[str]


def make_return(service: Service, name: str, period: str, by: str) -> MadeReturn:
    """Make a return for a period and store it; if it says what its newest version says, that is returned.

    `by`: the user name of who makes it. Raises SettingsError for a definition that is wrong, a period of another kind
    or not yet settled, and characteristics that are not kept; UnavailableError if the crime system has not been read
    since the period settled.
    """
    asked = load_return(definitions_of(service), name)
    span = parse_period(period)
    _check(service, asked, span)
    sources = _sources(service, span, asked)
    content = withhold(fill_in(asked, sources, service.settings.force.name))
    encoded = msgspec.json.encode(content)
    digest = hashlib.sha256(encoded).hexdigest()
    built = msgspec.json.decode(encoded)
    made = StoredReturn(name, str(span), 0, digest, built, service.clock(), by)
    return MadeReturn(*add_return(service.store, made), list(_notes(asked, sources)))


def _notes(asked: ReturnDefinition, sources: ReturnSources) -> Iterator[str]:
    """Yield what is odd about the groups by characteristics: nothing recorded, values that no group takes."""
    told = set[str]()
    for measure in asked.measure:
        for by in measure.by:
            if by == DIVISION or by in told or measure.requirement is None:
                continue
            told.add(by)
            found = group_cohort(by, measure.requirement, asked, sources)
            if found.names == [NOT_RECORDED]:
                yield f"{by}: of nobody is anything recorded that the return has a group for"
            if found.unplaced:
                often = found.unplaced.most_common(10)
                values = "; ".join(f"{value!r} of {count_noun(count, 'victim')}" for value, count in often)
                yield f"{by}: values in no group, counted as {NOT_RECORDED}: {values}"
            if found.empty:
                yield f"{by}: nobody is in {join_words(found.empty)}"


def _check(service: Service, asked: ReturnDefinition, span: Span) -> None:
    if span.kind != asked.period:
        raise SettingsError(f"{span}: the return {asked.name} is for a {asked.period}, such as {_such_as(asked)}")
    settled = span.settling_instant(service.policy.local)
    if settled > service.clock():
        raise SettingsError(
            f"{span} is settled seven days after its end, at {settled:%Y-%m-%dT%H:%MZ}: wait until then"
        )
    if seen_by(service.store, settled) is None:
        raise UnavailableError(
            f"{span} cannot be returned yet: the crime system has not been read completely since it was settled on "
            f"{settled:%Y-%m-%dT%H:%MZ}; run `compliance poll` and try again"
        )
    for measure in asked.measure:
        try:
            if measure.requirement is not None:
                service.policy.requirement_by_id(measure.requirement)
        except SettingsError as error:
            raise SettingsError(f"the return {asked.name}, measure {measure.id}: {error}") from None
    kept = service.settings.returns.characteristics
    if missing := [field for field in asked.characteristics if field not in kept]:
        raise SettingsError(
            f"the return {asked.name} asks for {', '.join(missing)} of victims, which [returns] characteristics does "
            "not name, so nothing is kept of it; see docs/data-protection.md before you name it"
        )


def _such_as(asked: ReturnDefinition) -> str:
    return "2026-Q3" if asked.period == "quarter" else "2026-09"


def _sources(service: Service, span: Span, asked: ReturnDefinition) -> ReturnSources:
    edition, _ = service.reporting.read_edition(span)
    # As the records: as at the end of the first complete poll that ended at K or later (decision 0008).
    known_at = seen_by(service.store, span.settling_instant(service.policy.local))
    victims = index_victims(read_characteristics(service.store, known_at))
    kept_since: dict[str, date] = {}
    for each in asked.characteristics:
        since = first_kept(service.store, each)
        if since is not None and known_at is not None and since > known_at:
            # It was not kept when the period was settled, so that nothing can have been corrected since.
            kept_since[each] = service.policy.local.date_of(since)
            victims = with_values(victims, each, read_first_characteristic(service.store, each))
    reviews = [each for each in list_reviews(service.store) if _lies_in(parse_period(each.period), span)]

    def quality(requirement: str) -> tuple[int, ReviewResults] | None:
        found = [each for each in reviews if each.requirement == requirement]
        read = ((each.id, results_of(service, each.id)[2]) for each in reversed(found))
        return next(((number, results) for number, results in read if results.read), None)

    return ReturnSources(edition, victims, _satisfaction(service, span), quality, kept_since)


def _satisfaction(service: Service, span: Span) -> Satisfaction | None:
    """Return the newest wave that asks about the period itself, or a part of it."""
    waves = list_waves(service.store, span.settling_instant(service.policy.local))
    own = [wave for wave in waves if _lies_in(parse_period(wave.wave), span)]
    place = name_divisions(service.reporting.organisation, span.last)
    found = find_satisfaction(own, span, None, service.settings.survey.target, place)
    return None if found is UNSET else found


def _lies_in(one: Span, other: Span) -> bool:
    return other.first <= one.first and one.last <= other.last


def sign_off(service: Service, name: str, period: str, role: str, by: str, version: int | None = None) -> StoredReturn:
    """Store that a version of a return, by default the newest, was signed off in a role that it asks for.

    `by`: the user name. Raises SettingsError for another role, or one in which somebody has signed.
    """
    made = find_return(service.store, name, str(parse_period(period)), version)
    asked = content_of(made).sign_off
    if role not in asked:
        raise SettingsError(f"{name} has no role {role!r}; expected one of: {'; '.join(asked)}")
    if (newest := newest_version(service.store, name, made.period)) != made.version:
        raise SettingsError(
            f"version {made.version} of {name} for {made.period} is superseded by version {newest}; sign that"
        )
    sign_return(service.store, made, role, service.clock(), by)
    return made


def content_of(made: StoredReturn) -> ReturnContent:
    """Return what a stored return says."""
    return msgspec.convert(made.content, ReturnContent)


def signatures_of(service: Service, made: StoredReturn) -> list[Signature]:
    """Return who signed it off."""
    return [Signature(*each) for each in list_signatures(service.store, made)]


def write_return(
    service: Service, name: str, period: str, folder: Path, forms: Iterable[str] = FORMS, version: int | None = None
) -> list[Path]:
    """Write a version of a return, by default the newest, in some forms, from what was stored of it.

    Only the owner may read them. Raises SettingsError if there is none, or the folder cannot be written.
    """
    made = find_return(service.store, name, str(parse_period(period)), version)
    content, signed = content_of(made), signatures_of(service, made)
    stem = f"{made.name}-{made.period}-v{made.version}"
    newest = newest_version(service.store, made.name, made.period)
    edition = ReturnEdition(content, made.version, made.digest, signed, newest)
    return write_folder(folder, {f"{stem}.{form}": write_form(form, edition) for form in forms})


def list_group(
    service: Service, name: str, period: str, measure: str, by: str, group: str
) -> list[tuple[str, str, str]]:
    """Return the crime number, victim and state of each obligation that a line by a characteristic counts.

    Judged again as at and as known at the period's settling. Raises SettingsError for a measure, characteristic or
    group that the return does not have.
    """
    asked, span = load_return(definitions_of(service), name), parse_period(period)
    _check(service, asked, span)
    line = next((each for each in asked.measure if each.id == measure), None)
    if line is None or by not in line.by or by not in asked.characteristics or line.requirement is None:
        raise SettingsError(f"the return {name} has no measure {measure!r} by {by!r} of victims")
    sources = _sources(service, span, asked)
    read, found = sources.edition.read("rate"), group_cohort(by, line.requirement, asked, sources)
    cohort = read.due(sources.edition.place(line.requirement))
    if group not in found.names:
        raise SettingsError(
            f"{name}, {measure} by {by}: there is no group {group!r}; expected {'; '.join(found.names)}"
        )
    own = cohort.where(found.rows(group))
    rows = read.verdicts.take(own.verdict).table().select(["crime_ref", "victim_ref", "state"]).to_pylist()
    return sorted((row["crime_ref"], row["victim_ref"], row["state"]) for row in rows)
