"""Run the `compliance` command as `python -m compliance.cli`."""

from compliance.cli import main

main(prog_name="compliance")
