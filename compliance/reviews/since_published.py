"""What became of the published figure of a dip sample's period, and what another rule would have made of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from compliance.reports.model.findings import Restated
from compliance.reports.model.words import day, heading
from compliance.reports.pieces.parts import Part, Section, note, statement
from compliance.reports.wording.passages import describe_restatement, format_difference
from compliance.reviews.results import as_json
from compliance.text import join_words, percent


@dataclass(frozen=True, slots=True)
class PolicyVariation:
    """What a changed policy makes of the period, as the records are now: (met, due), None without the requirement.

    `changes`: KEY=VALUE, as `compliance whatif` takes them.
    """

    changes: tuple[str, ...]
    before: tuple[int, int] | None
    after: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class SincePublished:
    """How a published rate has changed, as known on a local date.

    `restated`: as published and as known now (statistics section 5), None with `why_not` if that cannot be said.
    """

    as_of: date
    restated: Restated | None
    why_not: str = ""
    variation: PolicyVariation | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        made = self.variation
        return {
            "as_of": self.as_of, "restated": as_json(self.restated) if self.restated else None,
            "why_not": self.why_not,
            "whatif": made and {"changes": made.changes, "before": made.before, "after": made.after},
        }  # fmt: skip


def since_sections(since: SincePublished) -> Iterator[Section]:
    """Yield how the published rate has changed, and what another rule would have made of it, if that was asked."""
    yield Section("restated", "What became of the published rate", tuple(_restated(since)))
    if since.variation is not None:
        yield Section("whatif", "Under another rule", tuple(_varied(since.variation)))


def _restated(since: SincePublished) -> Iterator[Part]:
    found = since.restated
    if found is None:
        yield statement(since.why_not)
        return
    yield statement(f"Published, in version {found.version}: {_of((found.published_met, found.published_due))}.")
    if not found.steps:
        yield statement(f"As known on {day(since.as_of)} it is unchanged.")
        return
    points = f" ({format_difference(found)} percentage points)" if found.due and found.published_due else ""
    yield statement(f"As known on {day(since.as_of)}: {_of((found.met, found.due))}{points}.")
    yield statement(f"{heading(describe_restatement(found))}.")
    yield note("The sample was drawn from what was published: what it says of the record is of that.")


def _varied(variation: PolicyVariation) -> Iterator[Part]:
    yield statement(
        f"With {join_words(variation.changes)} the period would have: {_of(variation.after)}. By the policy of the "
        f"settings, from the same records as they are now: {_of(variation.before)}."
    )
    yield note("Nobody was told so, and behaviour under another rule would differ: it shows what the rule counts.")


def _of(counted: tuple[int, int] | None) -> str:
    if counted is None:
        return "nothing, as it has no such requirement"
    met, due = counted
    return f"{met:,} of {due:,} met, {percent(met / due)}" if due else "nothing due"
