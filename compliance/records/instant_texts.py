"""Convert a whole Arrow column of RFC 3339 texts to microseconds since 1970 in UTC (records section 1)."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from compliance.records.instants import NONE, Instants, parse_instants

_UTC: Final = pa.timestamp("us", "UTC")
_FIRST, _LAST = -2_208_900_000_000_000, 32_503_590_000_000_000
"""From a day after 1900-01-01 to a day before 3000-01-01, so that the year as written is certain at any offset."""
_SHORTEST: Final = len("YYYY-MM-DDTHH:MM:SSZ")


def parse_texts(texts: Any) -> tuple[Instants, npt.NDArray[np.bool_]]:
    """Parse an Arrow array of strings, as `parse_instants` does a list -> (microseconds, which are not valid).

    Arrow reads everything that the record format allows and some more. Only if all texts have the shape of the format
    is its answer taken.
    """
    present = texts.drop_null() if texts.null_count else texts
    micros = _read(present.cast(pa.string()))
    if micros is None:
        return parse_instants(texts.to_pylist())
    if len(present) < len(texts):
        every = np.full(len(texts), NONE, dtype=np.int64)
        every[texts.is_valid().to_numpy(zero_copy_only=False)] = micros
        micros = every
    return micros, np.zeros(len(texts), dtype=np.bool_)


def _read(texts: pa.StringArray) -> Instants | None:
    """Return the instants, or None if any of the texts may not be one."""
    if len(texts) == 0:
        return np.empty(0, dtype=np.int64)
    try:
        micros: Instants = texts.cast(_UTC).cast(pa.int64()).to_numpy()
    except pa.ArrowInvalid:
        return None
    _, ends, data = texts.buffers()
    places = np.frombuffer(ends, dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
    first, after, text = places[:-1], places[1:], np.frombuffer(data, dtype=np.uint8)
    if (after - first).min() < _SHORTEST or micros.min() < _FIRST or micros.max() > _LAST:
        return None
    shaped = (text[first + 10] == ord("T")) & (text[first + 16] == ord(":"))
    offset = after[text[after - 1] != ord("Z")]
    signs = text[offset - 6]
    signed = ((signs == ord("+")) | (signs == ord("-"))) & (text[offset - 3] == ord(":"))
    return micros if shaped.all() and signed.all() else None
