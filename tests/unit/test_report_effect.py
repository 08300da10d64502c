"""What the report's cells and shares say where there is little to say it of."""

import numpy as np
from msgspec.structs import replace

from compliance.reports.catalogue.counted import COUNT, CountedRows
from compliance.reports.model.findings import Restated, Step
from compliance.reports.model.proportions import Proportion
from compliance.reports.model.report_model import Figures
from compliance.reports.pieces.parts import Items, Note, plain, statement
from compliance.reports.rendering import announcement
from compliance.reports.sections.earlier_reports import earlier_reports
from compliance.reports.sections.reminder_effect import cleared_in
from tests.plain_figures import figures, same, share


def test_of_no_reminder_no_share_is_shown() -> None:
    """A step that nobody was sent, or that nothing can be compared with (statistics 1.1: nothing of nothing is no rate)."""
    nothing, half = Proportion(0, 0, None, None, None, 1.0), Proportion(6, 12, 0.5, 0.25, 0.75, 1.0)
    dash = plain(cleared_in(None, "reminders").text)
    assert plain(cleared_in(nothing, "reminders").text) == dash
    assert plain(cleared_in(half, "reminders").text) != dash
    assert "50.0%" in plain(cleared_in(half, "reminders").text)


def test_1_3_cases_without_officers_are_independent() -> None:
    """They are no officer's cases together: each is a cluster of its own."""
    hit = np.array([True] * 10 + [False] * 10)
    assert same(CountedRows({COUNT: hit}, list).share, share((bool(each), None) for each in hit))


def test_5_that_units_were_restated_too_is_noted_in_the_boards_edition_alone() -> None:
    """The table has the whole force; a division's own edition has its own changes in the table (statistics 5)."""
    steps = (Step("entered", 1, 0),)
    whole = Restated("2026-W44", 1, "7-day", None, 5, 10, 6, 10, steps)
    board = replace(figures(), restated=(whole, replace(whole, unit="North")))
    own = replace(board, unit="North", edition="division", restated=(replace(whole, unit="North"),))

    def notes(found: Figures) -> list[str]:
        return [plain(part.text) for part in earlier_reports(found).parts if isinstance(part, Note)]

    assert any(note.startswith("By division, 1 rate changed as well") for note in notes(board))
    assert not any("changed as well" in note for note in notes(own))


def test_a_list_in_the_email_is_numbered_where_the_report_numbers_it() -> None:
    items = (statement("First."), statement("Second.", about="Rate"))
    assert list(announcement._items(Items(items, "numbered"))) == ["1. First.", "2. Rate. Second."]
    assert list(announcement._items(Items(items))) == ["- First.", "- Rate. Second."]
    assert list(announcement._items(Items(items[1:], "terms"))) == ["Rate: Second.", ""]
