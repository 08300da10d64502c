"""Generated files of lines, read as `evaluate` reads them and one record at a time (records sections 1 to 3)."""

import os

import pytest

from tests.hostile_lines import first_difference

COUNT = int(os.environ.get("FILES", "20000"))


@pytest.mark.long
def test_a_great_many_files_are_read_as_their_records_are_one_by_one() -> None:
    """FILES of them. The short form is in tests/integration/test_evaluate_lines.py."""
    for seed in range(1_000, 1_000 + COUNT):
        assert first_difference(seed) is None
    print(f"\n{COUNT:,} generated files of lines read alike")
