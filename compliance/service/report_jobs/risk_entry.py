"""The entry in the risk register of a service, from the weeks that it published."""

from sqlmodel import col, select

from compliance.config import Settings
from compliance.errors import RecordError
from compliance.reports.figure_rows import rows
from compliance.reports.figures import BOARD
from compliance.reports.periods.periods import parse_period
from compliance.reports.publishing.snapshots import read_figures
from compliance.reports.risk_register import PublishedWeek, RiskEntry, assess
from compliance.store import Store
from compliance.store.tables import Published


def find_risk(settings: Settings, store: Store) -> RiskEntry:
    """Return the entry as the newest published week has it. Raises RecordError if no week has its figure."""
    entry = assess(settings.risk, _list_weeks(store))
    if entry is None:
        raise RecordError(
            f"no published week has the figure {settings.risk.figure}, so there is nothing to judge the risk by; see "
            "[risk] figure, or publish a week with `compliance report`"
        )
    return entry


def _list_weeks(store: Store) -> list[PublishedWeek]:
    """Return the weeks published to the board, each in its newest version, in their order."""
    asked = select(Published).where(Published.edition == BOARD).order_by(col(Published.version))
    with store.session(reading=True) as session:
        newest = {row.period: row for row in session.exec(asked).all()}
    found = []
    for row in newest.values():
        span, figures = parse_period(row.period), read_figures(row)
        if span.kind == "week" and figures is not None:
            numbers = {each.figure: dict(each.numbers) for each in rows(figures)}
            found.append((span.first, PublishedWeek(row.period, row.version, numbers)))
    return [week for _, week in sorted(found, key=lambda each: each[0])]
