"""What the JSON API answers when it does not give what was asked for: problem details (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec
from starlette.responses import Response

from compliance.web import skin

MEDIA_TYPE: Final = "application/problem+json"
SAID: Final = {
    401: "The request brought no token that is in force.",
    400: "The query has a parameter, a value or a key that there is not.",
    403: "This is not for the role of the token, or not of its scope.",
    404: "There is nothing at this address.",
    409: "Cases changed hands while the answer was made. Ask again.",
    429: "Too many requests without a token in force have come from this address, or in all.",
    503: "The service cannot answer at the moment. Ask again later.",
}
"""When each status is given."""


class ProblemDetails(msgspec.Struct, frozen=True):
    """Why there is no answer, and what to do.

    `title`: what the status is called. `detail`: what was wrong and what to do, in words.
    """

    title: str
    status: int
    detail: str
    type: str = "about:blank"


def problem_response(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer."""
    problem = ProblemDetails(HTTPStatus(status).phrase, status, detail)
    return Response(msgspec.json.encode(problem), status, {**skin.HEADERS, **(headers or {})}, MEDIA_TYPE)
