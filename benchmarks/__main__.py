"""`python -m benchmarks [NAME …] [OPTION …]`: measure all, or those named; options are those of the last one named."""

import sys
from importlib import import_module
from itertools import dropwhile, takewhile

NAMES = ("engine", "evaluation", "polling", "store", "delivery", "reporting", "force_days", "growth", "claims")


def _is_name(argument: str) -> bool:
    return not argument.startswith("-")


if __name__ == "__main__":
    names = list(takewhile(_is_name, sys.argv[1:])) or NAMES
    options = list(dropwhile(_is_name, sys.argv[1:]))
    for name in names:
        main = import_module(f"benchmarks.{name}").main
        main(options) if options and name == names[-1] else main()
