"""Names of editions and their files: 2026-W18-board.html, 2026-W18-division-north-v2.pdf."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Final

from compliance.reports.model.report_model import Figures
from compliance.reports.rendering.forms import Form

OF_DIVISION: Final = "division-"
_LONGEST: Final = 60
_DIGITS: Final = 8


def edition_keys(editions: Sequence[Figures]) -> list[str]:
    """Return the name of each of a period's editions in files and rows: board, public, division-telford-and-wrekin.

    A division's name is in lower case with letters and digits only. If the result is empty, too long, shared with
    another division of the period, or ends like a version, digits of the name's SHA-256 make it distinct.
    """
    plain = [_plain(figures.unit or "") for figures in editions]
    often = Counter(plain)
    return [
        figures.edition if figures.unit is None else OF_DIVISION + _make_distinct(name, figures.unit, often[name] > 1)
        for name, figures in zip(plain, editions, strict=True)
    ]


def file_name(period: str, key: str, version: int, ending: Form) -> str:
    """Return the name of a report's file, with its version from the second on."""
    return f"{period}-{key}{'' if version == 1 else f'-v{version}'}.{ending}"


def form_of(name: str) -> str:
    """Return the form of a report's file from its name."""
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
