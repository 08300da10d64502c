"""The access matrix as data (`access_matrix.toml`), and as `docs/security.md` prints it. `make docs` writes that page."""

import tomllib
from pathlib import Path
from typing import Final

from compliance.web.pages import PAGES
from compliance.web.roles import ROLE_NAMES

ROOT: Final = Path(__file__).parents[1]
MATRIX: Final[dict[str, dict[str, list[str]]]] = tomllib.loads(
    (ROOT / "tests" / "access_matrix.toml").read_text("utf-8")
)
WHOSE: Final = ("own", "team", "division", "other")
PAGE: Final = ROOT / "docs" / "security.md"
BEGIN: Final = "<!-- the access matrix: written by make docs -->\n"
END: Final = "<!-- end of the access matrix -->\n"


def printed_matrix() -> str:
    """The matrix as a table: what each role is shown, in the order own, team's, division's, other's."""
    head = ["page", *(name.lower() for name in ROLE_NAMES.values())]
    rows = [head, ["---"] * len(head)]
    for page in PAGES:
        of = MATRIX[f"{page.method} {page.path}"]
        rows.append([f"`{page.method} {page.path}`", *(_cell(of[role.value]) for role in ROLE_NAMES)])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _cell(shown: list[str]) -> str:
    by = {
        what: ", ".join(w for w, each in zip(WHOSE, shown, strict=True) if each == what) for what in ("yes", "reason")
    }
    said = [by["yes"], f"{by['reason']}: with a reason" if by["reason"] else ""]
    return "; ".join(filter(None, said)) or "–"


def written_page() -> str:
    """`docs/security.md` with the matrix as it is now."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    return f"{before}{BEGIN}{printed_matrix()}{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(written_page(), "utf-8")
