"""The Victims' Code compliance monitor: no victim of crime is forgotten, and the figure that says so can be trusted.

For analysts: `compliance.evaluate(frame, policy="west-mercia", as_at="2026-11-25T12:00:00Z")`; see docs/library.md.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from compliance.errors import ComplianceError, RecordError, SettingsError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from compliance.batch.inputs import NotJudged, RefusedRecord
    from compliance.policy import Policy

__version__ = "0.1.0"
__all__ = ["ComplianceError", "RecordError", "SettingsError", "__version__", "evaluate"]


def evaluate(
    frame: Any,
    policy: "str | Path | Policy",
    as_at: "str | datetime",
    known_at: "str | datetime | None" = None,
    *,
    strict: bool = False,
    tell: "Callable[[RefusedRecord | NotJudged], None] | None" = None,
    threads: int = 1,
) -> Any:
    """Return the verdicts of a frame of crime records, as a frame of the same kind.

    `frame` is a table of Polars, pandas, DuckDB or Arrow, or any object with `__arrow_c_stream__`, with the fields of
    records section 1 as columns. The result has the columns of records section 2 and is of the same kind where that is
    known, otherwise an Arrow table. `policy` is the name of a supplied policy, the path of a policy file, or a Policy.
    `as_at` is T and `known_at` is K (rules 2.7, 2.8): RFC 3339 text, or an aware datetime.

    `tell` is called with each refused record and each obligation set aside (rules 6.1a), by row from 1; all others are
    judged. Without it they are an error. A field that the record format does not have is a warning
    (`compliance.batch.frames.UnknownFieldWarning`), or with `strict` an error.

    Raises SettingsError if an argument is wrong, and RecordError if records are refused or obligations set aside.
    """
    from compliance.batch.frames import evaluate_frame  # noqa: PLC0415  # heavy; `import compliance` stays quick

    return evaluate_frame(frame, policy, as_at, known_at, strict, tell, threads)
