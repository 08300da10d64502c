"""`docs/rules-explained.md`: why each clause that decides a verdict is as it is. `make docs` writes it from data.

The reasons are in `tests/rules_explained.toml`, the clauses in `docs/rules.md`, and what each is about in
`rules/examples/clauses.toml`.
"""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, model_validator

from compliance.batch.clauses import ClauseEntry, load_clauses

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs" / "rules-explained.md"
_HEAD: Final = """# Why the rules are as they are

<!-- written by `make docs` from tests/rules_explained.toml; edit that file -->

For each clause of [rules.md](rules.md) that decides a verdict, this page sets out four things:

- the law, policy or practice that it serves, in our own words, with the source;
- the clause itself;
- a worked example that fails if the clause is broken (the tests prove this: `tests/unit/test_rules_explained.py`);
- whether the text behind it leaves a choice, and which one was taken. If none is shown, the text leaves none.

If this page and rules.md differ, rules.md is right. [Where the rules are
silent](decisions/0006-where-the-rules-are-silent.md) lists the choices that rules.md itself left open.
"""


class Source(BaseModel):
    """A law, policy or report that clauses serve."""

    model_config = ConfigDict(extra="forbid", strict=True)

    title: str
    link: str | None = None


class ExplainedClause(BaseModel):
    """Why a clause is as it is. `example`: the file in rules/examples, and the title of an example in it."""

    model_config = ConfigDict(extra="forbid")

    id: str
    serves: str
    source: str
    also: str | None = None
    example: tuple[str, str]
    open: str | None = None
    taken: str | None = None

    @model_validator(mode="after")
    def _check_choice(self) -> "ExplainedClause":
        if (self.open is None) != (self.taken is None):
            raise ValueError(f"{self.id}: what the text leaves open needs what was taken, and the other way round")
        return self

    @property
    def number(self) -> str:
        """The number of the clause in rules.md."""
        return self.id.removeprefix("rules ")

    @property
    def sources(self) -> list[str]:
        """The keys of its sources."""
        return [self.source, *([self.also] if self.also else [])]


class RulesExplained(BaseModel):
    """The whole of tests/rules_explained.toml."""

    model_config = ConfigDict(extra="forbid")

    source: dict[str, Source]
    clause: list[ExplainedClause]


@cache
def explained_rules() -> RulesExplained:
    """Read the reasons. Raises ValidationError that names the key."""
    return RulesExplained.model_validate(tomllib.loads((ROOT / "tests" / "rules_explained.toml").read_text("utf-8")))


def clause_text(number: str) -> str:
    """Return a numbered clause as docs/rules.md has it, without its number."""
    text = (ROOT / "docs" / "rules.md").read_text("utf-8")
    found = re.search(rf"^- {re.escape(number)} (.*?)(?=^- \d+\.\d|^## |^\| state |^The shape |\Z)", text, re.M | re.S)
    assert found, f"docs/rules.md has no clause {number}"
    return "\n".join(line.removeprefix("  ") for line in found[1].strip().splitlines())


def rules_explained_page() -> str:
    """Return the page as Markdown."""
    rules, about = explained_rules(), {clause.id: clause.about for clause in _clauses()}
    settled = [clause.number for clause in rules.clause if not clause.open]
    choices = f"The texts leave a choice under {len(rules.clause) - len(settled)} of the {len(rules.clause)} clauses"
    parts = [_HEAD, f"{choices}: all but {', '.join(settled[:-1])} and {settled[-1]}.\n", _sources(rules)]
    for clause in rules.clause:
        parts.append(_section(rules, clause, about[clause.id]))
    return "\n".join(parts)


@cache
def _clauses() -> tuple[ClauseEntry, ...]:
    return tuple(load_clauses(ROOT / "rules" / "examples" / "clauses.toml"))


def _sources(rules: RulesExplained) -> str:
    lines = [f"{place}. {source.title}{_link(source)}" for place, source in enumerate(rules.source.values(), start=1)]
    return "\n".join(["## Sources", "", *lines, ""])


def _link(source: Source) -> str:
    return f": <{source.link}>" if source.link else ""


def _section(rules: RulesExplained, clause: ExplainedClause, about: str) -> str:
    keys = list(rules.source)
    sources = " and ".join(str(keys.index(key) + 1) for key in clause.sources)
    quoted = "\n".join(f"> {line}".rstrip() for line in clause_text(clause.number).splitlines())
    file, title = clause.example
    lines = [
        f"## {clause.number} {about[0].upper()}{about[1:]}",
        "",
        f"**Serves** {clause.serves} (Source {sources})",
        "",
        quoted,
        "",
        f"**Example** [{file}](../rules/examples/{file}): “{title}”.",
    ]
    if clause.open:
        lines += ["", f"**Choice** {clause.open} **Taken:** {clause.taken}"]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    PAGE.write_text(rules_explained_page(), "utf-8")
