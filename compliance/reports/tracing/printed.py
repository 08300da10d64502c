"""The published report, with which the cases of its figures are compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isclose

from sqlmodel import col, select

from compliance.policy import Policy
from compliance.reports.catalogue.counted import OF
from compliance.reports.figure_rows import Number, rows
from compliance.reports.figures import BOARD, DIVISION
from compliance.reports.model.report_model import ReportBasis
from compliance.reports.organisation import Organisation, organisation_of
from compliance.reports.periods.spans import Span
from compliance.reports.publishing.snapshots import policy_of, read_figures
from compliance.reports.tracing.answer import OF_THE_WEEK, SHARES, TracedFigure
from compliance.store import Store
from compliance.store.tables import Published


@dataclass(frozen=True, slots=True)
class Printed:
    """A period as last published.

    - `policy`: the policy that judged it.
    - `organisation`: the map that named the units.
    - `basis`: what else it was computed from; None if stored in the format of another version of this program.
    - `version`: that of the edition, 0 if it was not published.
    - `numbers`: those of the edition, by name and measure.
    """

    policy: Policy
    organisation: Organisation | None
    basis: ReportBasis | None
    version: int
    numbers: Mapping[str, Mapping[str, Number]]

    def compare(self, answer: TracedFigure) -> str:
        """Return in words whether the cases add up to what was published; empty if that figure was not."""
        numbers = self.numbers.get(answer.name, {})
        number = numbers.get(answer.measure)
        if answer.instead or number is None:
            return ""
        of = None if answer.measure in OF_THE_WEEK else numbers.get(OF)
        if isclose(number, answer.amount) and of in (None, answer.of):
            return ", as published"
        said = f"{number:.1%}" if answer.measure in SHARES else f"{number:,}"
        return (
            f"; version {self.version} of the report says {said}{'' if of is None else f' of {of:,}'}: the program, "
            "the settings or the records have changed since"
        )


def as_printed(store: Store, period: Span, division: str | None) -> Printed | None:
    """Return a period's report as last published to the board or a division, None if the period was not published."""
    asked = select(Published).where(Published.period == str(period)).order_by(col(Published.version))
    with store.session(reading=True) as session:
        found = [(row.version, row.policy, read_figures(row)) for row in session.exec(asked).all()]
    if not found:
        return None
    edition = BOARD if division is None else DIVISION
    own = [each for each in found if each[2] is not None and (each[2].edition, each[2].unit) == (edition, division)]
    version, policy, figures = own[-1] if own else (0, *found[-1][1:])
    numbers = {row.figure: row.numbers for row in rows(figures)} if own and figures else {}
    by_map = organisation_of(policy.get("organisation"))
    return Printed(policy_of(policy), by_map, figures.basis if figures else None, version, numbers)
