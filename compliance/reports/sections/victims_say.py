"""What victims say: the newest wave of the force's survey."""

from collections.abc import Iterator

from msgspec import UNSET

from compliance.reports.methods.statistics import FEW
from compliance.reports.model.report_model import Figures
from compliance.reports.model.satisfaction_model import Satisfaction
from compliance.reports.model.words import count_of, heading
from compliance.reports.periods.periods import in_words
from compliance.reports.pieces.cells import share_cells
from compliance.reports.pieces.parts import Column, Part, Row, Section, Statement, Table, cell, note, statement
from compliance.reports.wording.satisfaction_sentences import satisfaction_claims, wave_in_words
from compliance.reports.wording.sentences import sentence
from compliance.text import plural

TITLE = "What victims say"


def victims_say(figures: Figures) -> Section:
    """Return the section, empty if no wave is told."""
    found = figures.satisfaction
    return Section("victims-say", TITLE, () if found is UNSET else tuple(_parts(found, figures)))


def state_satisfaction(figures: Figures, about: str = "") -> Iterator[Statement]:
    """Yield what the newest wave says, as one statement; nothing without one."""
    if claims := satisfaction_claims(figures):
        yield statement(" ".join(map(sentence, claims)), about=about, claims=claims)


def _parts(found: Satisfaction, figures: Figures) -> Iterator[Part]:
    yield from state_satisfaction(figures)
    whole, figure = figures.unit or "The force", f"satisfaction.{found.wave}"
    wave = heading(in_words(found.wave))
    rows: list[Row] = [(cell(whole), cell(wave), *share_cells(found.share, figure))]
    if found.share_before is not None:
        share = share_cells(found.share_before, f"satisfaction.{found.before}")
        rows.append((cell(whole), cell(heading(in_words(found.before))), *share))
    rows += [(cell(each.name), cell(wave), *share_cells(each.share, f"{figure}/{each.name}"))
             for each in found.divisions]  # fmt: skip
    columns = (Column("Answers from", "name"), Column("Asked about", "short"), Column("Satisfied / answered"),
               Column("Share"), Column("95% interval"))  # fmt: skip
    yield Table("satisfaction", "Victims satisfied with being kept informed, by survey", columns, tuple(rows))
    if found.divisions:
        yield note("Divisions are not ranked and not compared.")
    if found.too_few:
        fewer = count_of(found.too_few, "division")
        yield note(f"{fewer} with fewer than {FEW} answers {plural(found.too_few, 'is', 'are')} not shown.")
    yield note(
        f"These are the answers of those who replied to the force’s survey about {wave_in_words(found.wave)}; those "
        "who did not reply may think otherwise. No other figure of this report is compared with them."
    )
