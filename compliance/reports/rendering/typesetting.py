"""A report as a PDF: tagged (PDF/UA-1), with embedded fonts and no creation date (decision 0023).

A PDF with a character that no embedded font has is not PDF/UA. Only the typesetter knows these characters, so it is
asked when a report has failed. They are then shown by a substitute, and a note lists them.
"""

import re
import unicodedata
from collections.abc import Collection
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from compliance.errors import SettingsError
from compliance.reports.model.printable_figures import LAYOUT, SUBSTITUTE, each_text, make_printable
from compliance.reports.pieces.parts import Chart, Part, Report, note
from compliance.reports.rendering.render import draw
from compliance.reports.sections.data_quality import QUALITY
from compliance.resources import resource

FONT: Final = "Libertinus Serif"
"""The typesetter includes it, so the letters are the same on every machine."""
_MISSING: Final = ("could not be displayed with font", "text with missing codepoints")
_NAMED_TEXT: Final = re.compile(r'the text `"(.+?)"` could not be displayed')
_ESCAPE: Final = re.compile(r"\\u\{([0-9a-f]+)\}")
_NAMED: Final = 5
"""The largest number of substituted characters named in the note."""
_SIMPLE: Final = ((0x00, 0x24F), (0x1E00, 0x1EFF), (0x2000, 0x2BFF), (0xFFFD, 0xFFFD))
"""Latin letters, punctuation, arrows and shapes, which need no shaping and no marks."""
_PROBE: Final = """#set document(title: "Probe", date: none)
#set text(font: "Libertinus Serif", lang: "en")
#title("Probe")
#for text in json(bytes(sys.inputs.report)) [
  #par(text) #par(std.text(weight: "semibold", text)) #par(std.text(style: "italic", text))
]"""


class MissingGlyphsError(Exception):
    """A text of the report has a character that no embedded font has."""


def typeset(report: Report) -> bytes:
    """Return the report as a PDF, the same bytes for the same report. Raises SettingsError if the template is wrong."""
    template = resource("templates", "report", "report.typ")
    data = template_data(report)
    if not _is_shown(encoded := msgspec.json.encode(data).decode()):
        data = each_text(data, lambda text: unicodedata.normalize("NFC", make_printable(text, LAYOUT)))
        encoded = msgspec.json.encode(data).decode()
    unusual = {character for character in set(encoded) if not character.isascii()}
    substituted: set[str] = set()
    for find in (_none, _without_glyph, _beyond_simple):
        substituted |= find(unusual)
        try:
            return _compile(template.read_bytes(), _substitute(data, substituted))
        except MissingGlyphsError as error:
            problem = " ".join(str(error).split())
        except ValueError as error:
            raise SettingsError(f"{template}: {error}") from None
    raise SettingsError(f"a text of the records cannot be set in a PDF: {problem}")


def _is_shown(encoded: str) -> bool:
    """Return whether all text in some JSON can be shown as it is, as in most reports.

    If so, texts are not checked one by one.
    """
    characters = "".join(sorted(set(encoded)))
    return (
        "\\u" not in encoded and make_printable(characters) == characters and unicodedata.is_normalized("NFC", encoded)
    )


def template_data(report: Report) -> dict[str, Any]:
    """Return the report as the template reads it, with charts as SVG."""
    data: dict[str, Any] = msgspec.to_builtins(replace(report, sections=()))
    data["sections"] = [
        msgspec.to_builtins(replace(section, parts=())) | {"parts": list(map(_part, section.parts))}
        for section in report.sections
    ]
    return data


def _part(part: Part) -> Any:
    if isinstance(part, Chart):
        svg = str(draw(part, FONT))
        return {"part": "chart", "id": part.id, "caption": part.caption, "svg": svg, "words": part.words}
    return msgspec.to_builtins(part)


def _substitute(data: dict[str, Any], missing: Collection[str]) -> dict[str, Any]:
    """Return the report without some characters, and with a note that lists them."""
    if not missing:
        return data
    table = str.maketrans(dict.fromkeys(missing, SUBSTITUTE))
    changed: dict[str, Any] = each_text(data, lambda text: text.translate(table))
    names = ", ".join(f"U+{ord(c):04X} ({unicodedata.name(c, 'no name').lower()})" for c in sorted(missing)[:_NAMED])
    more = f" and {len(missing) - _NAMED} others" if len(missing) > _NAMED else ""
    said = f"Shown as {SUBSTITUTE} in this document, whose fonts do not have them: {names}{more}. The HTML shows them."
    for section in changed["sections"]:
        if section["id"] == QUALITY:
            section["parts"].append(msgspec.to_builtins(note(said)))
    return changed


def _none(_: Collection[str]) -> set[str]:
    return set()


def _without_glyph(characters: Collection[str]) -> set[str]:
    """Return the characters that no embedded font has.

    The characters are set one by one, and the typesetter names those that fail.
    """
    left = set(characters)
    while left:
        try:
            _compile(_PROBE.encode(), sorted(left))
            break
        except MissingGlyphsError as error:
            named = {character for text in _NAMED_TEXT.findall(str(error)) for character in _unescape(text)}
            left -= named or left
    return set(characters) - left


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)


def _beyond_simple(characters: Collection[str]) -> set[str]:
    """Return characters that may need shaping: every mark, and everything that is not Latin."""
    simple = {c for c in characters for first, last in _SIMPLE if first <= ord(c) <= last}
    return {c for c in characters if c not in simple or unicodedata.category(c).startswith("M")}


def _compile(source: bytes, data: Any) -> bytes:
    """Compile a PDF. Raises MissingGlyphsError, or ValueError for any other fault."""
    import typst  # noqa: PLC0415  # loaded only for a PDF (decision 0023)

    report = msgspec.json.encode(data).decode()
    try:
        compiler = typst.Compiler(source, ignore_system_fonts=True, sys_inputs={"report": report})
        made = compiler.compile(format="pdf", pdf_standards="ua-1", timestamp=0)
    except typst.TypstError as error:
        if any(words in error.diagnostic for words in _MISSING):
            raise MissingGlyphsError(error.diagnostic) from None
        raise ValueError(str(error)) from None
    assert isinstance(made, bytes)  # noqa: S101  # one PDF, as asked
    return made
