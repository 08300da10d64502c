"""The description of the JSON API (OpenAPI 3.1), made from the types of the answers: so the two cannot differ."""

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from compliance.web.api.problems import MEDIA_TYPE, SAID, ProblemDetails
from compliance.web.api.resource_table import ApiResource
from compliance.web.roles import CaseScope

_REF: Final = "#/components/schemas/{name}"
_ABOUT: Final = (
    "Programs read here what the intranet pages show. Each request brings a token (`compliance token create`); what it "
    "may read is its role's. What is shown of cases is in the audit log. docs/api.md explains each resource."
)


def describe_api(resources: Sequence[ApiResource]) -> dict[str, Any]:
    """Return the description of a table of resources, without an address of a server."""
    gives, components = msgspec.json.schema_components([each.gives for each in resources], ref_template=_REF)
    (problem,), of_problem = msgspec.json.schema_components([ProblemDetails], ref_template=_REF)
    queries, of_queries = msgspec.json.schema_components([each.query for each in resources], ref_template=_REF)
    taken = {each["$ref"].rpartition("/")[2] for each in queries}
    names: dict[str, Any] = {name: of_queries[name] for name in taken}
    components |= of_problem | {name: schema for name, schema in of_queries.items() if name not in taken}
    paths = {
        re.sub(r":path}", "}", each.path): {"get": _operation(each, schema, names[each.query.__name__])}
        for each, schema in zip(resources, gives, strict=True)
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Victims' Code compliance monitor", "version": "1", "description": _ABOUT},
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "responses": {str(status): _problem(said, problem) for status, said in SAID.items()},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _operation(resource: ApiResource, schema: dict[str, Any], query: dict[str, Any]) -> dict[str, Any]:
    roles = ", ".join(sorted(resource.roles or ()))
    statuses = [400, 401, 403, 429, 503]
    statuses += [404] if resource.places else []
    statuses += [409] if resource.shows is not CaseScope.NONE else []
    given = {"200": {"description": resource.title, "content": {"application/json": {"schema": schema}}}}
    refused = {str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(statuses)}
    return {
        "summary": resource.title,
        "description": f"{resource.about} For the roles: {roles}.",
        "operationId": resource.answer.__name__,
        "parameters": [*_in_path(resource), *_in_query(query)],
        "responses": given | refused,
    }


def _in_path(resource: ApiResource) -> list[dict[str, Any]]:
    schema = {"type": "string", "minLength": 1}
    return [
        {"name": name, "in": "path", "required": True, "description": said, "schema": schema}
        for name, said in resource.places.items()
    ]


def _in_query(query: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for name, schema in query["properties"].items():
        said = schema.get("description", "")
        rest = {key: value for key, value in schema.items() if key != "description"}
        found.append({"name": name, "in": "query", "required": False, "description": said, "schema": rest})
    return found


def _problem(said: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": said, "content": {MEDIA_TYPE: {"schema": schema}}}
