"""`python -m benchmarks [NAME …] [OPTION …]`: measure all, or those named; options are those of the last one named."""

import ast
import sys
from collections.abc import Sequence
from importlib import import_module
from itertools import dropwhile, takewhile
from pathlib import Path

NAMES = (
    "engine",
    "evaluation",
    "datasets",
    "on_spark",
    "polling",
    "store",
    "delivery",
    "reporting",
    "force_days",
    "growth",
    "claims",
    "pages",
    "first_paint",
)
WITH_OPTIONS = ("claims",)
"""The others are asked for another size by the environment, as their texts say."""


def _is_name(argument: str) -> bool:
    return not argument.startswith("-")


def _text_of(name: str) -> str:
    """What a measurement says of itself; it is not imported."""
    return ast.get_docstring(ast.parse(Path(__file__).with_name(f"{name}.py").read_text("utf-8"))) or ""


def _help_of(name: str | None) -> str:
    """What one measures and what it can be asked; a line of each if none is named."""
    if name is not None:
        return f"usage: python -m benchmarks {name}\n\n{_text_of(name)}"
    lines = [f"  {each:<11} {_text_of(each).splitlines()[0]}" for each in NAMES]
    about = "Measures all, one after another, or those named. `… NAME --help` says what one can be asked."
    return "\n".join(["usage: python -m benchmarks [NAME …] [OPTION …]", "", about, "", *lines])


def main(arguments: Sequence[str]) -> None:
    """Measure what is asked for, or say what can be."""
    named = list(takewhile(_is_name, arguments))
    options = list(dropwhile(_is_name, arguments))
    if unknown := [name for name in named if name not in NAMES]:
        sys.exit(f"{unknown[0]!r} is not a benchmark; there are {', '.join(NAMES)}")
    last = named[-1] if named else None
    if {"-h", "--help"} & {*options} and last not in WITH_OPTIONS:
        print(_help_of(last))
        return
    if options and last not in WITH_OPTIONS:
        sys.exit(f"{options[0]!r} is not an option of {last or 'all'}; try `python -m benchmarks --help`")
    for name in named or NAMES:
        measure = import_module(f"benchmarks.{name}").main
        measure(options) if options and name == last else measure()


if __name__ == "__main__":
    main(sys.argv[1:])
