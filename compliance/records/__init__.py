"""The wire format (records section 1): typed decoding, refusal with a reason, columns for the engine."""

from compliance.records.arrow import columns_from_arrow
from compliance.records.assembly import columns
from compliance.records.columns import Columns
from compliance.records.instants import NONE, from_micros, to_micros
from compliance.records.mapped import FeedRecord, MappedRecord, PageRecord, SourceRecord, as_read, text_of
from compliance.records.record_changes import FieldChange, list_changes
from compliance.records.wire import (
    Crime,
    Officer,
    Refusal,
    Update,
    Victim,
    check_instants,
    convert_crime,
    decode_crime,
    decode_crimes,
)

__all__ = [
    "NONE",
    "Columns",
    "Crime",
    "FeedRecord",
    "FieldChange",
    "MappedRecord",
    "Officer",
    "PageRecord",
    "Refusal",
    "SourceRecord",
    "Update",
    "Victim",
    "as_read",
    "check_instants",
    "columns",
    "columns_from_arrow",
    "convert_crime",
    "decode_crime",
    "decode_crimes",
    "from_micros",
    "list_changes",
    "text_of",
    "to_micros",
]
