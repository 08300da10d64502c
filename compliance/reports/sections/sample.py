"""The dip sample: crimes to read."""

from typing import Final

from compliance.reports.model.report_model import Figures
from compliance.reports.model.words import number
from compliance.reports.pieces.parts import Items, Section, statement

NAME: Final = "sample"
"""The id of the section."""


def sample_to_read(figures: Figures) -> Section:
    """Return the section, empty if nothing was due and in the public edition."""
    title, sample = "A sample to read", figures.sample
    if sample is None:
        return Section(NAME, title, ())
    introduction = statement(
        f"Timely is not the same as good. These crimes were drawn at random from the {number(sample.drawn_from)} with "
        f"an update due in the {figures.kind} (seed {sample.seed}; the same seed draws the same crimes from the same "
        "records). Read what the victim was told."
    )
    return Section(NAME, title, (introduction, Items(tuple(map(statement, sample.crime_refs)), "columns")))
