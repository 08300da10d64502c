"""The table of resources of the JSON API: who may ask for each, and whose cases it shows."""

from functools import cache
from typing import Any, Final

import msgspec

from compliance.policy.explain import Explanation
from compliance.web.api.client_tokens import ROLES
from compliance.web.api.crime_resource import give_crime
from compliance.web.api.description import describe_api
from compliance.web.api.health_resource import Health, give_health
from compliance.web.api.owed_resources import (
    LIST,
    OwedCountQuery,
    OwedCounts,
    OwedPage,
    OwedQuery,
    count_owed_by_all,
    give_owed,
)
from compliance.web.api.report_resources import (
    REPORTS,
    FigureRows,
    ReportList,
    give_figure_rows,
    give_report_json,
    give_reports,
)
from compliance.web.api.resource_table import ApiAnswer, ApiResource
from compliance.web.page_table import Visit
from compliance.web.roles import CaseScope, WebRole


def give_description(_: Visit) -> ApiAnswer:
    """Return the description of this API."""
    return ApiAnswer(describe())


@cache
def describe() -> dict[str, Any]:
    """Return the description of the API: `docs/openapi.json`."""
    return msgspec.json.decode(msgspec.json.encode(describe_api(RESOURCES)))  # as whoever reads it has it


_EVERYONE: Final = frozenset(ROLES)
_OF_CASES: Final = frozenset({WebRole.PERFORMANCE, WebRole.CHAMPION})
_READERS: Final = frozenset({WebRole.PERFORMANCE, WebRole.CHAMPION, WebRole.BOARD})
_OPERATORS: Final = frozenset({WebRole.PERFORMANCE, WebRole.ADMINISTRATOR})
_REPORT: Final = {
    "period": "The week, month or quarter, such as `2026-W25`.",
    "edition": "For whom it was published, such as `board`.",
}

RESOURCES: Final = (
    ApiResource(
        LIST, give_owed, OwedPage,
        "What is owed now",
        "Updates that are overdue, due today or due in the next 7 days, as last judged. A page has up to 1,000; follow "
        "`next` until it is null.",
        _OF_CASES, CaseScope.FORCE, OwedQuery,
    ),
    ApiResource(
        f"{LIST}/counts", count_owed_by_all, OwedCounts,
        "What is owed now, counted",
        "The same, counted by requirement, division, team, the victim's category and for how long.",
        _OF_CASES, CaseScope.FORCE, OwedCountQuery,
    ),
    ApiResource(
        REPORTS, give_reports, ReportList,
        "Published reports",
        "Of the divisions' editions a champion has only that of their own division.",
        _READERS, CaseScope.NONE,
    ),
    ApiResource(
        f"{REPORTS}/{{period}}/{{edition}}", give_report_json, dict[str, Any],
        "A published report",
        "The report as JSON, as it was published: of the form of docs/report.schema.json in the version of this "
        "service that published it.",
        _READERS, CaseScope.NONE, places=_REPORT,
    ),
    ApiResource(
        f"{REPORTS}/{{period}}/{{edition}}/figures", give_figure_rows, FigureRows,
        "The figures of a published report",
        "Each number as a row, the same as in the CSV form of the report.",
        _READERS, CaseScope.NONE, places=_REPORT,
    ),
    ApiResource(
        "/crimes/{crime_ref:path}", give_crime, Explanation,
        "A crime's verdicts",
        "How each obligation to each victim stands as at now, by which clause, and how that came about: as `compliance "
        "explain --format json` gives it.",
        _OF_CASES, CaseScope.FORCE, places={"crime_ref": "The crime number, each `/` in it written as `%2F`."},
    ),
    ApiResource(
        "/health", give_health, Health,
        "How the service is",
        "What is wrong, with what to do, and the facts: as `compliance status --json` gives them.",
        _OPERATORS, CaseScope.NONE,
    ),
    ApiResource(
        "/openapi.json", give_description, dict[str, Any],
        "This description",
        "The description of this API (OpenAPI 3.1).",
        _EVERYONE, CaseScope.NONE,
    ),
)  # fmt: skip
