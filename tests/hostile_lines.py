"""Files of lines for `evaluate`, good and spoilt, from a seed; and what is in them, found out one record at a time."""

import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from compliance.batch.inputs import LineBlock, RefusedRecord, line_blocks
from compliance.batch.line_reader import LineReader
from compliance.batch.outputs import encode
from compliance.batch.unknown_fields import count_in_lines
from compliance.errors import ComplianceError
from compliance.policy import judge
from compliance.records import Columns, columns, decode_crimes
from tests.engine import shipped
from tests.histories import AS_AT, histories
from tests.malformed import BYTES, VALUES, variations

Json = dict[str, Any]
POLICY: Final = shipped("west-mercia")[0]
_LITERALS: Final = (
    "NaN", "-Infinity", "Inf", "1e400", "-0", "5.0", "05", "1E2", "99999999999999999999", "nul", "null", "{}", "[]", "[null]",
    '"\\u0000"', '"\\ud83d\\ude00"', '"\\ud83d"', '"é\\u00e9\u2028"', '"\x7f"', '"\t"', '"}{"', '"}\\n{"', "[" * 2000,
    '{"a":{"b":[1,"2",{"c":null}]}}', "[[[[[[[[[[1]]]]]]]]]]", '{"a":1,"a":2}', '"2026-07-01 09:00:00Z"',
    '"2026-07-01T09:00+01"', '"2026-07-01T09:00:00+0100"', '"2026-07-01T09:00:00.1+01:00"', '"2999-12-31T23:59:59-23:59"',
)  # fmt: skip
_SPLICES: Final = (
    "null", "{}null", "}{", "},{", "\n", "\r\n", " ", "\t", "\f", "}\n{", "{", "}", '"', "\\", ",", "//", "\0", "\ufeff", "é", "[", "]",
    "NaN", "\u2028", "\x0b",
)  # fmt: skip


def lines(dice: Random, count: int) -> bytes:
    """The text of a file: real stories in one manner of writing, a few of them spoilt, each in one way."""
    extras = _extras(dice)
    spoilt = dice.choice([0.0, 0.0, 0.05, 0.3])
    written = _manner(dice)
    found = [_line(dice, story, extras, written, spoilt) for story in histories(dice.randrange(10**6), count)]
    end = dice.choice([b"\n", b"\n", b"\n", b"\r\n"])
    return end.join(found) + dice.choice([b"", end, end + end])


def _manner(dice: Random) -> Callable[[Any], str]:
    separators = dice.choice([(",", ":"), (", ", ": ")])
    plain = dice.random() < 0.5
    return lambda value: json.dumps(value, ensure_ascii=plain, separators=separators)


def _extras(dice: Random) -> Json:
    """The same extra fields for all records of a file, or none."""
    if dice.random() < 0.5:
        return {}
    values = ["NICHE", 7, 7.5, True, None, ["a"], {"beat": {"x": 1, "y": [2]}}, "", "é", 2**70, [[]], {}]
    names = ["system", "beat", "", "é", 'quote"', "a.b[]", "note", "updates ", "f0", "x" * 300, "line\nbreak"]
    return {name: dice.choice(values) for name in dice.sample(names, dice.randint(1, 3))}


def _line(dice: Random, story: Json, extras: Json, written: Callable[[Any], str], spoilt: float) -> bytes:
    for item in [story, *_items(story)] if extras else ():
        if dice.random() < 0.7:
            item.update(extras)
    if dice.random() >= spoilt:
        return written(story).encode()
    way = dice.choice((_literal, _literal, _twice, _splice, _splice, _byte, _other))
    return way(dice, written(story).encode())


def _items(value: Any) -> Iterator[Json]:
    """Every object in a record."""
    for each in value.values() if isinstance(value, dict) else value:
        if isinstance(each, dict | list):
            if isinstance(each, dict):
                yield each
            yield from _items(each)


def _literal(dice: Random, line: bytes) -> bytes:
    """Something else in the place of a value."""
    place = dice.choice([i for i, byte in enumerate(line) if byte == ord(":")])
    after = min((at for mark in b",}" if (at := line.find(bytes([mark]), place)) > 0), default=len(line))
    return line[: place + 1] + dice.choice(_LITERALS).encode() + line[after:]


def _twice(dice: Random, line: bytes) -> bytes:
    """A field before the others in any object: it may be there again, or be unknown."""
    place = dice.choice([i for i, byte in enumerate(line) if byte == ord("{")])
    name = dice.choice(
        ["crime_ref", "at", "victim_ref", "update_ref", "from", "status", "note", "\\u0061t", "a\\u0000"]
    )
    value = dice.choice([json.dumps(dice.choice(VALUES)), dice.choice(_LITERALS)])
    return line[: place + 1] + f'"{name}":{value},'.encode() + line[place + 1 :]


def _splice(dice: Random, line: bytes) -> bytes:
    place = dice.choice([0, len(line), dice.randint(0, len(line))])
    return line[:place] + dice.choice(_SPLICES).encode() + line[place:]


def _byte(dice: Random, line: bytes) -> bytes:
    place = dice.randrange(len(line))
    return line[:place] + bytes([dice.randrange(256)]) + line[place + dice.randint(0, 1) :]


def _other(dice: Random, line: bytes) -> bytes:
    """No record of a story, or one on a line with another."""
    bad = dice.choice([next(variations(dice.randrange(10**6), 1)), dice.choice(BYTES), line + line, line[:-3]])
    return bad.replace(b"\n", b" ") if dice.random() < 0.9 else bad


@dataclass
class Found:
    """What was in a file: the verdicts as written, the refused records, the counts of the account."""

    verdicts: bytes = b""
    refused: list[RefusedRecord] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)

    def add(self, read: Columns, refused: list[RefusedRecord], numbers: list[int], unknown: Counter[str]) -> None:
        """Add a part of the file."""
        self.verdicts += encode("-", judge(read, POLICY, AS_AT), False)
        self.refused += refused
        self.lines += numbers
        self.unknown.update(unknown)
        self.counts.update(crimes=len(read), victims=len(read.victims), updates=len(read.updates))


def read(blocks: Iterable[LineBlock]) -> Found:
    """Read the blocks of a file as `evaluate` does."""
    reader, found = LineReader(), Found()
    for block in blocks:
        chunk = reader.read(block)
        found.add(chunk.columns, chunk.refused, chunk.lines.tolist(), chunk.unknown_fields)
    return found


def read_one_by_one(blocks: Iterable[LineBlock]) -> Found:
    """Read the same as objects, record by record, as the service reads records from a feed."""
    found = Found()
    for block in blocks:
        given = block.text.split(b"\n")
        places = [place for place, line in enumerate(given) if line.strip()]
        crimes, refusals = decode_crimes([given[place] for place in places])
        bad = {refusal.index for refusal in refusals}
        found.add(
            columns(crimes),
            [RefusedRecord(block.number + places[each.index], each.crime_ref, each.reason) for each in refusals],
            [block.number + place for index, place in enumerate(places) if index not in bad],
            count_in_lines(given),
        )
    return found


def first_difference(seed: int) -> str | None:
    """Return how the two ways of reading one generated file differ, None if they agree."""
    dice = Random(seed)
    text = lines(dice, dice.randint(1, 12))
    try:
        blocks = list(line_blocks(io.BytesIO(text), dice.choice([700, 5_000, 1_000_000])))
    except ComplianceError:
        return None  # it is no file of lines
    try:
        quick, slow = read(blocks), read_one_by_one(blocks)
    except Exception as error:  # with the seed, so that it can be found again
        return f"seed {seed}: {error!r}"
    return None if quick == slow else f"seed {seed}: {text!r}\nread as {quick}\nrather than {slow}"
