"""Verifying the audit log (`compliance audit verify`): against itself, published reports, and heads kept elsewhere."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple

from cryptography import x509
from sqlalchemy import Connection

from compliance.errors import SettingsError
from compliance.service.audit.stamp_tokens import WrongStampError, verify_stamp
from compliance.store import AuditHead, Store
from compliance.store.audit.audit_check import AuditFault, CheckedLog, FaultKind, check_log, parse_head, published_heads
from compliance.store.audit.audit_stamps import iterate_stamps, name_stamp
from compliance.text import count_noun

_KEPT_AT_LEAST: Final = timedelta(days=60)
"""How long after an entry was stamped it is there at least: 90 days are the least that retention can be set to, and a
stamp may come some weeks after its entry, if the service that gives it was away."""
_STAMP_FILE: Final = re.compile(r"entry-([0-9]{1,18})\.tsr")


class GivenStamp(NamedTuple):
    """A stamp to be verified: of which head (its hash is empty if only the stamp says it), as DER, and where it is."""

    head: AuditHead
    answer: bytes
    place: str


@dataclass(slots=True)
class StampsVerified:
    """How many stamps were verified, and when the newest was made (UTC); `left`: how many could not be looked at."""

    verified: int = 0
    newest: datetime | None = None
    left: int = 0

    def note(self, at: datetime) -> None:
        """Count one that is right."""
        self.verified += 1
        self.newest = at if self.newest is None else max(self.newest, at)


@dataclass(frozen=True, slots=True)
class Verified:
    """What verifying the log found, for people and for programs."""

    checked: CheckedLog
    stamps: StampsVerified = field(default_factory=StampsVerified)

    @property
    def problem(self) -> str:
        """What is wrong in one sentence; empty if nothing is."""
        faults = self.checked.faults
        count, of_stamps = len(faults) + self.checked.more_faults, [each.kind for each in faults].count(FaultKind.STAMP)
        if count and count == of_stamps:
            return f"{count_noun(count, 'stamp')} of the audit log {'does' if count == 1 else 'do'} not hold"
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
            found.append(f"{count_noun(checked.heads, 'head')} compared: of published reports, stamps and --head")
        if checked.too_old:
            found.append(f"{count_noun(checked.too_old, 'head')} not compared: of entries that retention removed")
        if self.stamps.newest is not None:
            newest = _second(self.stamps.newest)
            found.append(f"{count_noun(self.stamps.verified, 'stamp')} verified, the newest of {newest}")
        if self.stamps.left:
            found.append(f"{count_noun(self.stamps.left, 'stamp')} not verified: [audit] authority is not set")
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
            "stamps_verified": self.stamps.verified,
            "stamps_not_verified": self.stamps.left,
            "newest_stamp": self.stamps.newest and _second(self.stamps.newest),
            "faults": [
                {"kind": str(each.kind), "first": each.first, "last": each.last, "words": each.words}
                for each in checked.faults
            ],
            "more_faults": checked.more_faults,
        }


def _second(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def verify_log(
    store: Store,
    now: datetime,
    heads: Sequence[tuple[AuditHead, str]] = (),
    stamps: Sequence[GivenStamp] = (),
    authority: Sequence[x509.Certificate] = (),
) -> Verified:
    """Check the log as at one moment, also against the heads in published reports, and against stamps.

    `now`: the present instant (aware). `stamps`: those that were kept elsewhere, beside those in the store.
    `authority`: the certificates trusted for stamps; without any, of those in the store only the heads that they are
    said to be of are compared.
    """
    with store.reading() as connection:
        return verify_in(connection, now, heads, stamps, authority)


def verify_in(
    connection: Connection,
    now: datetime,
    heads: Sequence[tuple[AuditHead, str]] = (),
    stamps: Sequence[GivenStamp] = (),
    authority: Sequence[x509.Certificate] = (),
) -> Verified:
    """Do so in a transaction."""
    found, faults = StampsVerified(), list[AuditFault]()
    stamped = list[tuple[AuditHead, str]]()
    times = list[tuple[int, datetime, str]]()
    for given in chain(_stored_stamps(connection), stamps):
        number = given.head.number
        if not authority:
            found.left += 1
            stamped.append((given.head, given.place))
            continue
        try:
            stamp = verify_stamp(given.answer, list(authority))
            if stamp.digest != (given.head.hash or stamp.digest):
                raise WrongStampError("is of another entry than it is kept as the stamp of")
        except WrongStampError as error:
            faults.append(AuditFault(FaultKind.STAMP, number, number, f"{given.place}, of entry {number}, {error}"))
        else:
            found.note(stamp.at)
            stamped.append((AuditHead(number, stamp.digest), given.place))
            times.append((number, stamp.at, given.place))
    checked = check_log(connection, [*heads, *published_heads(connection), *stamped])
    for fault in (*faults, *_removed_too_soon(checked, times, now)):
        checked.add(fault)
    checked.sort()
    return Verified(checked, found)


def _removed_too_soon(
    checked: CheckedLog, stamps: Sequence[tuple[int, datetime, str]], now: datetime
) -> Iterator[AuditFault]:
    """Yield what retention cannot have removed: otherwise whoever says that it did would be rid of all stamps."""
    if checked.removed_at is None:
        return
    latest = min(checked.removed_at, now) - _KEPT_AT_LEAST
    for number, at, place in stamps:
        if number < checked.beginning.number and at > latest:
            words = f"entry {number} was removed sooner after {place} ({_second(at)}) than retention removes any"
            yield AuditFault(FaultKind.MISSING, number, number, words)


def _stored_stamps(connection: Connection) -> Iterator[GivenStamp]:
    for kept in iterate_stamps(connection):
        yield GivenStamp(kept.head, kept.answer, name_stamp(kept.stamped_at))


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


def read_stamps(given: Sequence[Path]) -> list[GivenStamp]:
    """Return the stamps in files, or in all files of folders, that `compliance audit stamps` wrote.

    Raises SettingsError for what cannot be read, and for a name that does not say of which entry a stamp is.
    """
    return [_read_stamp(path) for place in given for path in _files_at(place)]


def _files_at(place: Path) -> list[Path]:
    if not place.is_dir():
        return [place]
    found = sorted(place.glob("*.tsr"))
    if not found:
        raise SettingsError(f"--stamp {place}: there is no file named *.tsr in this folder")
    return found


def _read_stamp(path: Path) -> GivenStamp:
    named = _STAMP_FILE.fullmatch(path.name)
    if named is None:
        raise SettingsError(
            f"--stamp {path}: the name does not say of which entry the stamp is; name it as `compliance audit stamps` "
            "does, such as entry-12.tsr"
        )
    try:
        return GivenStamp(AuditHead(int(named[1]), ""), path.read_bytes(), f"the stamp {path}")
    except OSError as error:
        raise SettingsError(f"--stamp {path}: cannot be read ({error.strerror})") from None
