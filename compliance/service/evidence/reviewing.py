"""Dip samples of a service: drawn from a published period, read by people, and added up (docs/reviews.md)."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from compliance.errors import SettingsError
from compliance.reports.periods.periods import parse_period
from compliance.reports.tracing import cases
from compliance.review_settings import PROOF
from compliance.reviews.drawing_lots import draw
from compliance.reviews.how_to_read import state_methods
from compliance.reviews.readings import CaseReading, WasTold
from compliance.reviews.results import ReviewedCase, ReviewResults, add_up
from compliance.reviews.sample_sizes import ASSUMED_ERRORS, PlannedStratum, ReadingPlan, plan_half_width, plan_total
from compliance.reviews.strata import RecordedState, count_states, list_obligations
from compliance.service.service import Service
from compliance.store.kept.reviews import StoredReview, add_review, cases_of, find_review, readings_of

_READER: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{0,79}", re.ASCII)


@dataclass(frozen=True, slots=True)
class DrawnReview:
    """A dip sample that was just drawn, what to expect of it, and whether its figures are those published.

    `is_proof_open`: the settings leave it open whether what an officer wrote is enough.
    """

    review: StoredReview
    plan: ReadingPlan
    published: str
    is_proof_open: bool


def draw_review(
    service: Service,
    period: str,
    requirement: str,
    readers: Sequence[str],
    by: str,
    total: int | None = None,
    seed: str | None = None,
) -> DrawnReview:
    """Draw a dip sample of a requirement in a published period, and store it.

    `total`: how many cases; None: as many as the settings' half-width needs. `seed`: None: made up. `by`: the user name
    of who draws. Raises SettingsError for a period that has not been published or has nothing due, and for readers or a
    total that cannot be.
    """
    _check_readers(readers)
    edition, printed = service.reporting.read_edition(parse_period(period))
    if printed is None or not printed.version:
        raise SettingsError(f"{period} has not been published: a sample is drawn from what was reported")
    frame = list_obligations(edition, requirement)
    populations = count_states(frame)
    if not populations:
        raise SettingsError(f"{period}: nothing of {requirement} was due, so there is nothing to read")
    settings, plan = service.settings.review, _plan(service, populations, total)
    sizes = {state: plan.sizes[state] for state in populations}
    seed = seed or secrets.token_hex(16)
    drawn = draw(frame, sizes, seed, readers, settings.read_twice / 100)
    review = {
        "period": period, "requirement": requirement, "version": printed.version, "seed": seed,
        "populations": {str(state): count for state, count in populations.items()},
        "drawn": {str(state): count for state, count in sizes.items()},
        "criteria": [[each.id, each.question] for each in settings.criteria],
        "proof": proof_of(service),
        "drawn_at": service.clock(), "drawn_by": by,
    }  # fmt: skip
    rows = [
        {
            "number": case.number, "crime_ref": case.obligation.crime_ref, "victim_ref": case.obligation.victim_ref,
            "cycle": case.obligation.cycle, "look_from": case.obligation.look_from,
            "due_date": case.obligation.due_date, "division": case.obligation.division,
            "state": str(case.obligation.state), "reader": case.reader, "second_reader": case.second_reader,
        }
        for case in drawn
    ]  # fmt: skip
    number = add_review(service.store, review, rows)
    said = printed.compare(cases(edition, f"rate.{requirement}"))
    return DrawnReview(find_review(service.store, number), plan, said, settings.proof[-1:] == PROOF[-1:])


def readers_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return who reads a case, the first reader first."""
    return tuple(name for name in (row["reader"], row["second_reader"]) if name)


def proof_of(service: Service) -> list[str]:
    """Return what counts as proof: which contacts do by the policy (rules 2.4), then what the settings say."""
    return [state_methods(service.policy.counted_methods), *service.settings.review.proof]


def results_of(service: Service, number: int | None) -> tuple[StoredReview, list[ReviewedCase], ReviewResults]:
    """Return a dip sample with its cases and what their readings add up to. Raises SettingsError if there is none."""
    review = find_review(service.store, number)
    readings: dict[tuple[int, str], CaseReading] = {
        (row["number"], row["reader"]): _reading(row) for row in readings_of(service.store, review.id)
    }
    held = [
        ReviewedCase(
            row["number"], row["crime_ref"], row["victim_ref"], row["cycle"], row["look_from"], row["due_date"],
            row["division"], RecordedState(row["state"]), readers_of(row),
            tuple(readings[row["number"], name] for name in readers_of(row) if (row["number"], name) in readings),
        )
        for row in cases_of(service.store, review.id)
    ]  # fmt: skip
    populations = {RecordedState(state): count for state, count in review.populations.items()}
    return review, held, add_up(held, populations, [name for name, _ in review.criteria])


def _plan(service: Service, populations: Mapping[RecordedState, int], total: int | None) -> ReadingPlan:
    strata = [PlannedStratum(state, count, ASSUMED_ERRORS[state], state.is_met) for state, count in populations.items()]
    try:
        if total is None:
            return plan_half_width(strata, service.settings.review.half_width / 100)
        return plan_total(strata, total)
    except ValueError as error:
        raise SettingsError(f"the sample cannot be drawn: {error}") from None


def _check_readers(readers: Sequence[str]) -> None:
    if not readers or len(set(readers)) < len(readers):
        raise SettingsError("name who reads the cases, each once: --reader NAME")
    for name in readers:
        if not _READER.fullmatch(name):
            raise SettingsError(f"--reader {name}: a name has 1 to 80 lower-case letters, digits and . _ @ -")


def _reading(row: Mapping[str, Any]) -> CaseReading:
    return CaseReading(
        row["number"], WasTold(row["told"]), row["told_on"], row["told_by"], row["criteria"], row["answered_request"],
        row["note"], row["reader"],
    )  # fmt: skip
