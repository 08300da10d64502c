"""A small file is judged at once: the command imports what it needs and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.histories import AS_AT

RECORD = '{"crime_ref": "1", "reported_at": "2026-01-01T10:00:00Z", "victims": [{"victim_ref": "V1"}]}\n'
UNUSED = {
    "pandas", "polars", "duckdb", "sqlalchemy", "sqlmodel", "alembic", "requests", "httpx", "holidays", "jinja2", "typst",
    "xlsxwriter", "multiprocessing", "unittest",
}  # fmt: skip
RUN = """
import sys
from compliance.cli import main
try:
    main(sys.argv[1:])
finally:
    print(*sorted({name.split('.')[0] for name in sys.modules}), file=sys.stderr)
"""


@pytest.mark.parametrize("ending", ["ndjson", "csv", "parquet"])
def test_evaluate_imports_no_library_that_it_does_not_use(tmp_path: Path, ending: str) -> None:
    """Arrow imports pandas where it is installed, unless it is kept from it."""
    (tmp_path / "crimes.ndjson").write_text(RECORD)
    words = ["evaluate", "--policy", "west-mercia", "--as-at", AS_AT.isoformat(), "--input", "crimes.ndjson"]
    done = subprocess.run(
        [sys.executable, "-c", RUN, *words, "--output", f"out.{ending}"],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    imported = {*done.stderr.splitlines()[-1].split()}
    assert {"compliance", "pyarrow"} <= imported
    assert not UNUSED & imported


def test_help_imports_no_library_for_data() -> None:
    done = subprocess.run([sys.executable, "-c", RUN, "--help"], capture_output=True, text=True, check=True)
    assert "evaluate" in done.stdout
    assert not (UNUSED | {"numpy", "pyarrow", "msgspec", "pydantic"}) & {*done.stderr.splitlines()[-1].split()}


def test_a_command_that_ends_looks_for_no_garbage() -> None:
    """At the end the interpreter would look through all that was imported, which takes as long as a small file."""
    asked = "import atexit, gc; atexit.register(lambda: print(gc.get_freeze_count() > 1000)); from compliance.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", asked, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "True"
