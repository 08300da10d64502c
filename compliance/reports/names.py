"""What editions and their files are called: 2026-W18-board.html, 2026-W18-division-north-v2.pdf."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Final

from compliance.reports.forms import Form
from compliance.reports.report_model import Figures

OF_DIVISION: Final = "division-"
_LONGEST: Final = 60
_DIGITS: Final = 8


def edition_keys(editions: Sequence[Figures]) -> list[str]:
    """What each of a period's editions is called in files and rows: board, public, division-telford-and-wrekin.

    A division's name is written in lower case, its letters and digits alone. Where that leaves nothing, is too long, is
    what another division of the period would be called, or ends like a version, some digits of the name's own SHA-256
    tell it apart.
    """
    plain = [_plain(figures.unit or "") for figures in editions]
    often = Counter(plain)
    return [
        figures.edition if figures.unit is None else OF_DIVISION + _make_distinct(name, figures.unit, often[name] > 1)
        for name, figures in zip(plain, editions, strict=True)
    ]


def file_name(period: str, key: str, version: int, ending: Form) -> str:
    """The name of a report's file; from its second version on it says which."""
    return f"{period}-{key}{'' if version == 1 else f'-v{version}'}.{ending}"


def form_of(name: str) -> str:
    """The form that a report's file has."""
    return name.rpartition(".")[2]


def _plain(name: str) -> str:
    composed = unicodedata.normalize("NFC", name).lower()
    return "-".join("".join(c if c.isalnum() else " " for c in composed).split())


def _make_distinct(plain: str, name: str, taken: bool) -> str:
    if plain and not taken and len(plain.encode()) <= _LONGEST and not re.search(r"(^|-)v\d+$", plain):
        return plain
    digits = hashlib.sha256(name.encode()).hexdigest()[:_DIGITS]
    cut = plain.encode()[:_LONGEST].decode(errors="ignore").rstrip("-")
    return f"{cut}-{digits}".lstrip("-")
