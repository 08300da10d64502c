"""Whatever a text of the records holds, every form of the report is made, and says of it what is to be said."""

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from msgspec.structs import replace

from compliance.errors import SettingsError
from compliance.policy import load_policy
from compliance.records import columns, convert_crime
from compliance.reports.catalogue.editions import public
from compliance.reports.figures import divisions_of, figures_of
from compliance.reports.judging.judged import judge_periods
from compliance.reports.judging.sources import GivenRecords
from compliance.reports.model.printable_figures import make_printable
from compliance.reports.model.report_model import Figures, Quality
from compliance.reports.periods.periods import parse_period
from compliance.reports.rendering import typesetting
from compliance.reports.rendering.forms import FORMS, form
from compliance.reports.rendering.names import edition_keys, file_name
from compliance.reports.sections import report_of
from compliance.reports.sections.data_quality import QUALITY
from compliance.reports.tracing import Edition, cases
from tests.read_forms import sheets
from tests.stores import crime

SETTLED = datetime(2026, 11, 16, tzinfo=UTC)
WEEK = parse_period("2026-W45")  # 2 to 8 November
RAW = {
    "dash": "Theft \x96 bicycle",
    "formula": "=cmd|' /c calc'!A0",
    "chinese": "中文",
    "emoji": "Traffic 🚔",
    "marks": "e\u0301x\u20dd",
    "devanagari": "क्षि",
    "controls": "A\x00B\x1b[31mC\x7f\u202eD\u200b\ufffe",
    "html": "<script>&\"'`{{",
}
DIVISIONS = ["中文", "North", "North!", "NORTH", "!!!", "North v2", "Sud\x96Est", "=1+1", "长" * 190]


def record(number: int, **fields: Any) -> dict[str, Any]:
    """A crime whose first update fell due in the week."""
    return crime(f"22A/{number}/26", reported_at=f"2026-10-{26 + number % 6}T09:00:00Z", **fields)


@cache
def figures(division: str | None = None) -> Figures:
    """Half of the crimes with each of the odd offence groups, in divisions with odd names."""
    offences = list(RAW.values())
    made = [
        record(n, offence=offences[n // 2 % len(offences)] if n % 2 else "Theft", division=DIVISIONS[n % len(DIVISIONS)],
               team=f"{DIVISIONS[n % len(DIVISIONS)]} {n % 2}",
               updates=[{"update_ref": "U", "at": "2026-11-01T12:00:00Z", "outcome": "informed", "method": "by\x07hand"}])
        for n in range(180)
    ]  # fmt: skip
    judged = judge_periods(GivenRecords("odd", columns([convert_crime(r) for r in made])), load_policy("west-mercia"),
                           WEEK, SETTLED)  # fmt: skip
    return figures_of(judged, force="A\x96force", division=division)


def every_edition() -> Iterator[Figures]:
    yield figures()
    yield figures("中文")
    yield figures("Sud\x96Est")
    yield public(figures())


@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_every_edition_is_made(name: Any) -> None:
    for edition in every_edition():
        assert form(edition, name)


@pytest.mark.parametrize("text", RAW.values(), ids=RAW)
def test_every_form_is_made_of_any_one_text(text: str) -> None:
    """As offence group, division and team at once."""
    made = [record(n, offence=text, division=text if n % 2 else "North", team=text) for n in range(40)]
    judged = judge_periods(GivenRecords("odd", columns([convert_crime(r) for r in made])), load_policy("west-mercia"),
                           WEEK, SETTLED)  # fmt: skip
    for name in FORMS:
        assert form(figures_of(judged, force="A force"), name)


def test_what_cannot_be_printed_is_shown_by_a_substitute_and_what_can_be_as_it_is() -> None:
    page = form(figures(), "html").decode()
    for kind in ("chinese", "emoji", "devanagari"):
        assert RAW[kind] in page
    assert "Theft \ufffd bicycle" in page
    assert "A\ufffdB\ufffd[31mC\ufffd\ufffdD\ufffd\ufffd" in page
    assert not [c for c in page if c != "\n" and make_printable(c) != c]
    assert "<script>&" not in page


def test_a_cell_holds_nothing_that_cannot_be_printed_and_no_formula() -> None:
    table = list(csv.reader(io.StringIO(form(figures(), "csv").decode(), newline="")))
    cells = {cell for line in table for cell in line}
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "@") or (cell[:1] == "-" and not cell[1:2].isdigit())]
    assert {"'=1+1", f"'{RAW['formula']}", "中文", "Theft \ufffd bicycle"} <= cells
    book = form(figures(), "xlsx")
    texts = {cell for lines in sheets(book).values() for line in lines for cell in line if isinstance(cell, str)}
    assert {"=1+1", RAW["formula"], "中文", "Theft \ufffd bicycle"} <= texts
    assert not [cell for cells in (cells, texts) for cell in cells if make_printable(cell) != cell]
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        assert not [name for name in parts.namelist() if b"<f>" in parts.read(name)]


def test_json_keeps_what_the_records_say() -> None:
    assert RAW["dash"] in form(figures(), "json").decode()


def told(found: Figures) -> Quality:
    (item,) = [item for item in found.quality if item.key == "unprintable"]
    return item


def test_rules_8_a_character_that_cannot_be_printed_is_listed_with_a_crime_and_its_field() -> None:
    """And is in no edition that leaves the force; without one nothing is said."""
    made = [record(1, offence="Theft"), record(2, offence="Theft \x96 bicycle"), record(3, team="N\x001"), record(4)]
    source = GivenRecords("odd", columns([convert_crime(r) for r in made]))
    found = figures_of(judge_periods(source, load_policy("west-mercia"), WEEK, SETTLED), force="A force")
    assert told(found).held == 2
    assert told(found).meaning == "shown as \ufffd; the first is in the field offence of crime 22A/2/26"
    assert "the first is in the field offence of crime 22A/2/26" in form(found, "html").decode()
    assert "unprintable" not in {item.key for item in public(found).quality}
    answer = cases(Edition(source, load_policy("west-mercia"), WEEK), "quality.unprintable:held")
    assert [case.crime_ref for case in answer.cases] == ["22A/2/26", "22A/3/26"]
    plain = GivenRecords("plain", columns([convert_crime(record(1, offence="Vol à l'étalage – 中文"))]))
    found = figures_of(judge_periods(plain, load_policy("west-mercia"), WEEK, SETTLED), force="A force")
    assert (told(found).held, told(found).meaning) == (0, "shown as \ufffd")


def test_a_figure_is_traced_by_its_name_as_shown() -> None:
    made = [record(n, offence="Theft \x96 bicycle", division="Sud\x96Est") for n in range(4)]
    source = GivenRecords("odd", columns([convert_crime(r) for r in made]))
    edition = Edition(source, load_policy("west-mercia"), WEEK)
    assert cases(edition, "division.7-day/Sud\ufffdEst").of == cases(edition, "division.7-day/Sud\x96Est").of == 4
    with pytest.raises(SettingsError, match="no division 'Sud Est' in the records"):
        cases(edition, "division.7-day/Sud Est")


def test_the_pdf_says_which_characters_its_fonts_do_not_have(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only those: letters with accents, arrows and our own signs are printed."""
    documents: list[Any] = []
    compiled = typesetting._compile

    def seen(template: bytes, told: Any) -> bytes:
        documents.append(told)
        return compiled(template, told)

    monkeypatch.setattr(typesetting, "_compile", seen)
    source = GivenRecords("plain", columns([convert_crime(record(n)) for n in range(20)]))
    plain = report_of(figures_of(judge_periods(source, load_policy("west-mercia"), WEEK, SETTLED), force="A force"))
    assert typesetting.typeset(replace(plain, title="Ynys Môn, Łódź → ▲ −"))
    assert len(documents) == 1, "nothing is asked where nothing fails"
    made = typesetting.typeset(replace(plain, title="Ynys Môn, Łódź → ▲ − 中文"))
    (quality,) = [section for section in documents[-1]["sections"] if section["id"] == QUALITY]
    (said,) = quality["parts"][-1]["text"]
    assert made.startswith(b"%PDF")
    assert documents[-1]["title"] == "Ynys Môn, Łódź → ▲ − \ufffd\ufffd"
    assert "U+4E2D (cjk unified ideograph-4e2d), U+6587" in said["text"]
    assert "U+2192" not in said["text"]
    typesetting.typeset(replace(plain, title=f"Ynys Môn → {RAW['marks']}"))
    assert documents[-1]["title"] == "Ynys Môn → éx\ufffd", "a mark that cannot be set takes no letter with it"


def test_the_files_of_divisions_never_overwrite_each_other_nor_have_no_name() -> None:
    editions = [replace(figures(), edition="division", unit=name) for name in sorted(divisions_of(figures()))]
    keys = dict(zip((edition.unit for edition in editions), edition_keys(editions), strict=True))
    assert set(keys) == set(DIVISIONS)
    files = [file_name("2026-W45", key, version, "html") for key in keys.values() for version in (1, 2)]
    assert len({name.lower() for name in files}) == 2 * len(DIVISIONS)
    assert keys["中文"] == "division-中文"
    assert all(len(name.encode()) < 120 and name.removeprefix("2026-W45-division-") for name in files)
    assert {"/", "\\", "\0", "."} & set("".join(keys.values())) == set()
    assert keys["North"] != "division-north", "nor does one stand for what another could be meant by"
    alone = [replace(figures(), edition="division", unit=name) for name in ("North", "Telford and Wrekin")]
    assert edition_keys([figures(), *alone]) == ["board", "division-north", "division-telford-and-wrekin"]
