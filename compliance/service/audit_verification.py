"""Verifying the audit log (`compliance audit verify`): against itself, published reports, and heads kept elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compliance.errors import SettingsError
from compliance.store import AuditHead, Store
from compliance.store.audit_check import CheckedLog, check_log, parse_head, published_heads
from compliance.text import count_noun


@dataclass(frozen=True, slots=True)
class Verified:
    """What verifying the log found, for people and for programs."""

    checked: CheckedLog

    @property
    def problem(self) -> str:
        """What is wrong in one sentence; empty if nothing is."""
        count = len(self.checked.faults) + self.checked.more_faults
        return f"the audit log is not as it was written: {count_noun(count, 'fault')}" if count else ""

    @property
    def lines(self) -> list[str]:
        """What was looked at, each fault, and the head to keep."""
        checked = self.checked
        numbers = f", {checked.beginning.number + 1:,} to {checked.head.number:,}" if checked.entries else ""
        found = [f"{count_noun(checked.entries, 'entry', 'entries')}{numbers}"]
        if checked.beginning.number:
            found.append(f"entries 1 to {checked.beginning.number:,} were removed by retention")
        if checked.heads:
            found.append(f"{count_noun(checked.heads, 'head')} kept elsewhere compared")
        if checked.too_old:
            found.append(f"{count_noun(checked.too_old, 'head')} not compared: of entries that retention removed")
        found += [fault.words for fault in checked.faults]
        if checked.more_faults:
            found.append(f"and {count_noun(checked.more_faults, 'more fault')}")
        if not self.problem:
            found.append("each entry is as it was written, and follows the one before")
            found.append(f"head: {checked.head}")
        return found

    def as_json(self) -> dict[str, Any]:
        """Return the same for programs."""
        checked = self.checked
        return {
            "entries": checked.entries,
            "beginning": str(checked.beginning),
            "head": str(checked.head),
            "heads_compared": checked.heads,
            "heads_too_old": checked.too_old,
            "faults": [
                {"kind": str(each.kind), "first": each.first, "last": each.last, "words": each.words}
                for each in checked.faults
            ],
            "more_faults": checked.more_faults,
        }


def verify_log(store: Store, heads: Sequence[tuple[AuditHead, str]] = ()) -> Verified:
    """Check the log as at one moment, also against the heads in published reports."""
    with store.reading() as connection:
        return Verified(check_log(connection, [*heads, *published_heads(connection)]))


def read_heads(given: Sequence[str]) -> list[tuple[AuditHead, str]]:
    """Return the heads given as texts, or in files with one on each line, with where each is from.

    Raises SettingsError for a text that is neither a head nor a file of heads.
    """
    return [found for text in given for found in _heads_in(text)]


def _heads_in(text: str) -> list[tuple[AuditHead, str]]:
    if (head := parse_head(text)) is not None:
        return [(head, "--head")]
    try:
        lines = Path(text).read_text("utf-8").splitlines()
    except (OSError, ValueError):
        raise SettingsError(f"--head {text!r}: neither a head, such as 12:9f86…, nor a file that can be read") from None
    named = [(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()]
    found = [(parse_head(line), f"{text}, line {number}") for number, line in named]
    if wrong := [place for head, place in found if head is None]:
        raise SettingsError(f"--head {wrong[0]}: not a head, such as 12:9f86…, with 64 digits of the hash")
    return [(head, place) for head, place in found if head is not None]
