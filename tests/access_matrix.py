"""The access matrices of pages and API as data (`access_matrix.toml`, `api_matrix.toml`), and as `docs/security.md` prints
them. `make docs` writes that page."""

import tomllib
from pathlib import Path
from typing import Final

from compliance.web.api.api_resources import RESOURCES
from compliance.web.api.client_tokens import ROLES
from compliance.web.api.resource_table import ApiResource
from compliance.web.pages import PAGES
from compliance.web.roles import ROLE_NAMES, WebRole

ROOT: Final = Path(__file__).parents[1]
MATRIX: Final[dict[str, dict[str, list[str]]]] = tomllib.loads(
    (ROOT / "tests" / "access_matrix.toml").read_text("utf-8")
)
API_MATRIX: Final[dict[str, dict[str, list[str]]]] = tomllib.loads(
    (ROOT / "tests" / "api_matrix.toml").read_text("utf-8")
)
WHOSE: Final = ("own", "team", "division", "other")
PAGE: Final = ROOT / "docs" / "security.md"
BEGIN: Final = "<!-- the access matrix: written by make docs -->\n"
END: Final = "<!-- end of the access matrix -->\n"
API_BEGIN: Final = "<!-- the matrix of the API: written by make docs -->\n"
API_END: Final = "<!-- end of the matrix of the API -->\n"


def printed_matrix() -> str:
    """The matrix as a table: what each role is shown, in the order own, team's, division's, other's."""
    head = ["page", *(name.lower() for name in ROLE_NAMES.values())]
    rows = [head, ["---"] * len(head)]
    for page in PAGES:
        of = MATRIX[f"{page.method} {page.path}"]
        rows.append([f"`{page.method} {page.path}`", *(_cell(of[role.value]) for role in ROLE_NAMES)])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def printed_api_matrix() -> str:
    """The matrix of the API: what each role of a token is shown, in the order own division's, another's."""
    head = ["resource", *(ROLE_NAMES[role].lower() for role in ROLES)]
    rows = [head, ["---"] * len(head)]
    for each in RESOURCES:
        of = API_MATRIX[f"GET {each.path}"]
        rows.append([f"`GET {each.path}`", *(_api_cell(each, role, of[role.value]) for role in ROLES)])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _api_cell(resource: ApiResource, role: WebRole, shown: list[str]) -> str:
    named = [who for who, each in zip(("its division", "others"), shown, strict=True) if each == "yes"]
    if role not in (resource.roles or ()):
        return "refused"
    return ("all" if len(named) == 2 else ", ".join(named)) or "–"


def _cell(shown: list[str]) -> str:
    by = {
        what: ", ".join(w for w, each in zip(WHOSE, shown, strict=True) if each == what) for what in ("yes", "reason")
    }
    said = [by["yes"], f"{by['reason']}: with a reason" if by["reason"] else ""]
    return "; ".join(filter(None, said)) or "–"


def written_page() -> str:
    """`docs/security.md` with the matrices as they are now."""
    page = _put(PAGE.read_text("utf-8"), BEGIN, printed_matrix(), END)
    return _put(page, API_BEGIN, printed_api_matrix(), API_END)


def _put(page: str, begin: str, printed: str, end: str) -> str:
    before, _, rest = page.partition(begin)
    return f"{before}{begin}{printed}{end}{rest.partition(end)[2]}"


if __name__ == "__main__":
    PAGE.write_text(written_page(), "utf-8")
