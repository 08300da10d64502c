"""Long work says how far it is, in words that a person can use."""

from datetime import timedelta

import pytest

from compliance.progress import WorkStep, tell_step, telling, watching


@pytest.mark.parametrize(
    ("step", "seconds", "said"),
    [
        (WorkStep("records received", 12_000, None), 60, "12,000 records received"),
        (WorkStep("crimes judged", 25_000, 100_000), 60, "25,000 of 100,000 crimes judged, about 3 minutes left"),
        (WorkStep("crimes judged", 1000, 100_000), 600, "1,000 of 100,000 crimes judged, about 16 hours left"),
        (WorkStep("crimes judged", 90_000, 100_000), 60, "90,000 of 100,000 crimes judged, less than a minute left"),
        (WorkStep("crimes judged", 100_000, 100_000), 60, "100,000 of 100,000 crimes judged"),
        (WorkStep("crimes judged", 10, 100_000), 1, "10 of 100,000 crimes judged"),
        (WorkStep("crimes judged", 0, 100_000), 60, "0 of 100,000 crimes judged"),
    ],
)
def test_a_step_in_words_says_how_long_the_rest_takes_once_that_can_be_known(
    step: WorkStep, seconds: int, said: str
) -> None:
    assert step.in_words(timedelta(seconds=seconds)) == said


def test_all_who_watch_are_told_of_the_steps_in_their_context_and_of_no_others() -> None:
    outer, inner = list[WorkStep](), list[WorkStep]()
    tell_step("before", 1)
    with watching(outer.append):
        tell_step("first", 1)
        with watching(inner.append):
            tell_step("second", 2, 3)
        tell_step("third", 3)
    tell_step("after", 4)
    assert [step.what for step in outer] == ["first", "second", "third"]
    assert inner == [WorkStep("second", 2, 3)]


def test_items_are_counted_as_they_go_by() -> None:
    told: list[WorkStep] = []
    with watching(told.append):
        assert sum(1 for _ in telling("records read", range(12_000), 12_000)) == 12_000
    assert told == [WorkStep("records read", 5000, 12_000), WorkStep("records read", 10_000, 12_000)]
