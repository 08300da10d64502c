"""What the measurements say of themselves, when nothing is to be measured."""

from importlib import import_module

import pytest

from benchmarks.__main__ import NAMES, main


def test_help_lists_every_benchmark_and_runs_none(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--help"])
    lines = capsys.readouterr().out.splitlines()
    for name in NAMES:
        (line,) = (line for line in lines if line.split()[:1] == [name])
        assert line.split(maxsplit=1)[1] == str(import_module(f"benchmarks.{name}").__doc__).splitlines()[0]


def test_help_of_one_says_what_it_can_be_asked(capsys: pytest.CaptureFixture[str]) -> None:
    main(["growth", "--help"])
    assert "SCALE and WEEKS in the environment" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        main(["claims", "--help"])
    assert ended.value.code == 0
    assert "--seeds" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["--seeds", "1"], ["growth", "--seeds", "1"], ["grwoth"]])
def test_what_no_benchmark_knows_is_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit, match=r"not an option of (all|growth)|'grwoth' is not a benchmark"):
        main(words)
