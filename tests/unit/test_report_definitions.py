"""The definitions that every report carries: those of the figures it has, each with its command (statistics, throughout)."""

import pytest

from compliance.policy import Policy
from compliance.reports.definitions import DEFINED, definitions
from compliance.reports.model.report_model import Definition
from compliance.reports.periods.periods import parse_period
from tests.engine import shipped

WEST_MERCIA, HERTFORDSHIRE = (shipped(name)[0] for name in ("west-mercia", "hertfordshire"))


def defined(policy: Policy, period: str = "2026-W45", division: str | None = None) -> dict[str, Definition]:
    """The definitions by the name of their first figure, without its requirement."""
    found = definitions(policy, parse_period(period), ["phone", "visit"], division)
    return {each.figures[0].partition(".")[0]: each for each in found}


@pytest.mark.parametrize(
    ("policy", "period", "absent"),
    [
        (WEST_MERCIA, "2026-W45", set()),
        (WEST_MERCIA, "2026-11", {"provisional"}),  # statistics 1.2: of a week alone
        (HERTFORDSHIRE, "2026-W45", {"same-day", "only-same-day"}),  # rules 3.3: no requirement raises the question
        (
            WEST_MERCIA.with_values(requirement=[shipped("west-mercia")[1]["requirement"][0]]), "2026-W45",
            {"silent"},  # statistics 1.7: of a requirement that repeats
        ),
    ],
    ids=["all", "a month", "no same-day question", "nothing repeats"],
)  # fmt: skip
def test_a_report_defines_the_figures_that_it_has(policy: Policy, period: str, absent: set[str]) -> None:
    assert list(defined(policy, period)) == [name for name in DEFINED if name not in absent]


def test_a_definition_names_the_figure_of_every_requirement() -> None:
    found = defined(WEST_MERCIA)
    assert found["rate"].figures == ("rate.7-day", "rate.28-day")
    assert found["silent"].figures == ("silent",)


def test_its_command_lists_the_cases_of_the_first_of_them() -> None:
    """With a group to be filled in where the figure is always of one, in the division's edition where it is one's."""
    command = "compliance report cases --period 2026-W45"
    assert defined(WEST_MERCIA)["rate"].command == f"{command} --figure rate.7-day"
    assert defined(WEST_MERCIA)["silent"].command == f"{command} --figure silent"
    assert defined(WEST_MERCIA)["division"].command == f"{command} --figure division.7-day/NAME"
    own = defined(WEST_MERCIA, division="North Worcestershire")["rate"]
    assert own.command == f"{command} --division 'North Worcestershire' --figure rate.7-day"


def test_it_says_the_kind_of_period_and_the_methods_of_live_contact() -> None:
    assert defined(WEST_MERCIA, "2026-11")["before"].title == "Change from an earlier month"
    assert "phone, visit" in defined(WEST_MERCIA)["live"].meaning
