"""Which obligations are drawn, who reads them, and in which order: by a seed alone, so that anybody can draw again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from compliance.reviews.strata import RecordedState, SampledObligation


@dataclass(frozen=True, slots=True)
class DrawnCase:
    """An obligation that was drawn. `number`: its place in the order of reading, from 1.

    `second_reader`: who reads it too; None: nobody.
    """

    number: int
    obligation: SampledObligation
    reader: str
    second_reader: str | None


def draw(
    frame: Sequence[SampledObligation],
    sizes: Mapping[RecordedState, int],
    seed: str,
    readers: Sequence[str],
    share_read_twice: float,
) -> list[DrawnCase]:
    """Draw so many obligations of each state, and share them out to the readers.

    In each stratum every obligation has the same chance. It is drawn systematically from the list in the order of the
    divisions, so that each division has its share. The order of reading mixes the strata and the readers: where a
    case stands says nothing of its verdict, and its number nothing of who else reads it. Of all that are drawn,
    `share_read_twice` (0 to 1) have a second reader, if there is one.
    """
    drawn = [each for state in sizes for each in _draw_stratum(frame, state, sizes[state], seed)]
    drawn.sort(key=lambda each: _lot(seed, "order", each.key))
    dealt = {
        each.key: place for place, each in enumerate(sorted(drawn, key=lambda each: _lot(seed, "reader", each.key)))
    }
    twice = sorted(drawn, key=lambda each: _lot(seed, "twice", each.key))
    chosen = {each.key for each in twice[: round(share_read_twice * len(drawn))]} if len(readers) > 1 else set[str]()
    return [
        DrawnCase(
            number, each, readers[dealt[each.key] % len(readers)],
            readers[(dealt[each.key] + 1) % len(readers)] if each.key in chosen else None,
        )
        for number, each in enumerate(drawn, 1)
    ]  # fmt: skip


def _draw_stratum(
    frame: Sequence[SampledObligation], state: RecordedState, size: int, seed: str
) -> list[SampledObligation]:
    """Draw a systematic sample from a stratum, listed by division and within it by lot, from a start drawn by lot."""
    listed = sorted(
        (each for each in frame if each.state is state), key=lambda each: (each.division, _lot(seed, "draw", each.key))
    )
    if size >= len(listed):
        return listed
    start = _lot(seed, "start", state) / 2**64
    return [listed[int((place + start) * len(listed) / size)] for place in range(size)]


def _lot(seed: str, purpose: str, key: str) -> int:
    """Return a whole number below 2 ** 64: the first eight bytes of SHA-256, the first byte the highest."""
    return int.from_bytes(sha256(f"{seed}\n{purpose}\n{key}".encode()).digest()[:8])
