"""The description of the JSON API is that of the code, and whatever is asked within it or beside it is answered by it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import hypothesis
import jsonschema_rs
import pytest
import requests
import schemathesis
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from compliance.web.api.api_resources import RESOURCES, describe
from compliance.web.roles import WebRole
from tests import stores
from tests.api_client import Program, program, publish
from tests.integration.test_report_html import figures
from tests.integration.test_web_overdue import several
from tests.web_office import CRIMES, WebOffice, open_web_office

PAGE: Final = Path(__file__).parents[2] / "docs" / "openapi.json"
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebOffice]:
    folder = tmp_path_factory.mktemp("api")
    with open_web_office(stores.new_migrated(lambda: f"sqlite:///{folder}/compliance.db"), folder) as opened:
        several(opened)
        publish(opened, figures(), "2026-W45", "board")
        yield opened


@pytest.fixture(scope="module")
def client(office: WebOffice) -> Program:
    return program(office)


def test_the_page_in_the_docs_is_the_description(client: Program) -> None:
    assert json.loads(PAGE.read_text("utf-8")) == describe(), "run `make docs`"
    assert client.json("/openapi.json") == describe()


def test_the_description_is_valid_and_names_every_resource_and_no_server() -> None:
    schema = schemathesis.openapi.from_dict(describe())
    schema.validate()
    made = describe()
    assert list(made["paths"]) == [each.path.replace(":path", "") for each in RESOURCES]
    assert "servers" not in made
    for name, component in made["components"]["schemas"].items():
        jsonschema_rs.validator_for({"components": made["components"], **component})
        assert component.get("description") or "enum" in component, name
    for path in made["paths"].values():
        assert list(path) == ["get"]
        for parameter in path["get"]["parameters"]:
            assert parameter["description"]


def answered_as_described(office: WebOffice, examples: int, role: WebRole) -> set[int]:
    """Ask each resource for so many things, most of them wrong; the statuses that came."""
    load_all_checks()
    token, seen = program(office, role).token, set[int]()
    schema, session = schemathesis.openapi.from_dict(describe()), requests.Session()
    schema.config.update(base_url=office.url)
    for resource in schema.get_all_operations():
        assert isinstance(resource, Ok)
        operation = resource.ok()
        case = operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE) | operation.as_strategy()

        @hypothesis.given(case=case)
        @hypothesis.settings(
            max_examples=examples, deadline=None, database=None, derandomize=True,
            suppress_health_check=list(hypothesis.HealthCheck),
        )  # fmt: skip
        def ask(case: Any) -> None:
            headers = {"Authorization": f"Bearer {token}"}
            answer = case.call(session=session, headers=headers)
            seen.add(answer.status_code)
            case.validate_response(answer, checks=CHECKS, headers=headers)

        ask()
    return seen


@pytest.mark.parametrize("role", [WebRole.PERFORMANCE, WebRole.CHAMPION])
def test_whatever_is_asked_is_answered_as_described_and_never_by_a_fault(office: WebOffice, role: WebRole) -> None:
    seen = answered_as_described(office, 20, role)
    assert {200, 400} <= seen
    assert max(seen) < 500


@pytest.mark.long
@pytest.mark.parametrize("role", [WebRole.PERFORMANCE, WebRole.CHAMPION, WebRole.BOARD, WebRole.ADMINISTRATOR])
def test_whatever_is_asked_in_great_number_is_answered_as_described(office: WebOffice, role: WebRole) -> None:
    assert max(answered_as_described(office, 250, role)) < 500


def test_what_is_there_is_answered_as_described(client: Program) -> None:
    """By the JSON Schema itself, of answers that have something in them."""
    made, crime = describe(), CRIMES["n1a"].replace("/", "%2F")
    for path, name in (
        ("/owed", "OwedPage"), ("/owed/counts", "OwedCounts"), ("/reports", "ReportList"),
        ("/reports/2026-W45/board/figures", "FigureRows"), (f"/crimes/{crime}", "Explanation"), ("/health", "Health"),
    ):  # fmt: skip
        of = {"$ref": f"#/components/schemas/{name}", "components": made["components"]}
        validator = jsonschema_rs.validator_for(of)
        answer = client.json(path)
        validator.validate(answer)
        assert not validator.is_valid({**answer, next(iter(answer)): {}}), name
