"""Having the head of the audit log stamped by a time-stamping service (RFC 3161), and keeping that (decision 0069)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

import httpx

from compliance.config import Settings
from compliance.errors import AuditError, SettingsError, UnavailableError
from compliance.feeds.access import redact
from compliance.policy.calendars import LocalDates
from compliance.service.audit.stamp_tokens import (
    Stamp,
    UntrustedStampError,
    WrongStampError,
    ask_about,
    read_authority,
    verify_stamp,
)
from compliance.service.bounded_requests import ask_once
from compliance.service.noting.job_runs import STAMP, JobRuns
from compliance.stopping import Stop
from compliance.store import Store
from compliance.store.audit.audit_log import StoredEntry, read_entry
from compliance.store.audit.audit_stamps import KeptStamp, iterate_stamps, keep_stamp, newest_stamp
from compliance.writing import write_whole

_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"
_REFUSED: Final = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)
_UNCHANGED: Final = "nothing is lost, and the next stamp stands for what this one would have"


@dataclass(frozen=True)
class Stamping:
    """The stamps of a service's audit log. `clock`: returns the present instant (aware)."""

    settings: Settings
    store: Store
    local: LocalDates
    clock: Callable[[], datetime]
    stop: Stop = field(default_factory=Stop)

    def stamp_if_due(self) -> KeptStamp | None:
        """Have the head stamped if the settings ask for it and nothing has been today, by local date.

        Raises what `stamp` does.
        """
        if self.settings.audit.timestamp_url is None:
            return None
        with self.store.reading() as connection:
            last = newest_stamp(connection)
        if last is not None and self.local.date_of(last.asked_at) >= self.local.date_of(self.clock()):
            return None
        return self.stamp()

    def stamp(self) -> KeptStamp | None:
        """Have the head of the log stamped now, and keep the stamp; None if it is stamped already, or there is none.

        Raises SettingsError if the settings name no service or are wrong, UnavailableError if the service does not give
        a stamp that can be verified, and AuditError if the log is not as it was written or does not have what was
        stamped last.
        """
        if self.settings.audit.timestamp_url is None:
            raise SettingsError(f"{self.settings.source}: audit.timestamp_url: it is not set, so nobody stamps the log")
        head = self._unstamped()
        kept = None
        if head is not None:
            now = self.clock()
            answer, stamp = ask_for_stamp(self.settings, head.text, self.stop)
            kept = KeptStamp(head.number, head.hash, now, stamp.at, answer)
            keep_stamp(self.store, kept)
        JobRuns(self.store).note_success(STAMP, self.clock())  # one by hand ends the failures of the service's own
        return kept

    def _unstamped(self) -> StoredEntry | None:
        """Return the last entry; None if there is none, or it is stamped."""
        with self.store.reading() as connection:
            head, last = read_entry(connection), newest_stamp(connection)
            if last is not None:  # its entry is there: retention removes both
                same = read_entry(connection, last.number)
                if same is None or same.hash != last.hash:
                    raise _not_as_stamped(f"entry {last.number} is not there any more as it was stamped")
        if head is None or (last is not None and last.number == head.number):
            return None
        if sha256(head.text).hexdigest() != head.hash:
            raise _not_as_stamped(f"entry {head.number} is not what was written")
        return head

    def write_stamps(self, folder: Path) -> tuple[int, int]:
        """Write each stamp that is kept to a file of its own, and return how many were, and how many there are.

        What is in the folder stays as it is. Raises SettingsError if it cannot be written to.
        """
        written = count = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with self.store.reading() as connection:
                for stamp in iterate_stamps(connection):
                    path = folder / file_name(stamp.number)
                    if not path.exists():
                        write_whole(path, stamp.answer)
                        written += 1
                    count += 1
        except OSError as error:
            raise SettingsError(f"--output {folder}: cannot be written to ({error.strerror})") from None
        return written, count


def file_name(number: int) -> str:
    """Return the name of the file of the stamp of an entry."""
    return f"entry-{number}.tsr"


def _not_as_stamped(what: str) -> AuditError:
    return AuditError(
        f"the audit log is not stamped, because {what}; `compliance audit verify` says what else is wrong "
        "(docs/audit.md)"
    )


def ask_for_stamp(settings: Settings, text: bytes, stop: Stop | None = None) -> tuple[bytes, Stamp]:
    """Return a stamp of a text, as the service of the settings sent it, and what it says, once it is verified.

    The service only gets the text's SHA-256. Raises SettingsError for settings that are wrong, and UnavailableError if
    the service does not answer in time with a stamp of this text that the authority of the settings vouches for.
    """
    audit, authority = settings.audit, read_authority(settings)
    url = read_url(settings)
    question = ask_about(text)
    status, answer = ask_once(
        "POST", url, audit.timeout_seconds, _REPLY, stop, {"Content-Type": _QUERY}, content=question.sent
    )
    place = f"the time-stamping service {redact(url)}"
    if status != httpx.codes.OK:
        raise UnavailableError(
            f"{place} answered with status {status}; check [audit] timestamp_url: {_UNCHANGED}",
            is_lasting=status in _REFUSED,
        )
    try:
        stamp = verify_stamp(answer, authority, question.nonce)
        if stamp.digest != sha256(text).hexdigest():
            raise WrongStampError("is of something else than was asked")
    except WrongStampError as error:
        raise UnavailableError(
            f"the stamp that {place} sent {error}; check [audit] timestamp_url and authority: {_UNCHANGED}",
            is_lasting=isinstance(error, UntrustedStampError),
        ) from None
    return answer, stamp


def read_url(settings: Settings) -> str:
    """Return the address of the service; empty if none is set. Raises SettingsError for one that cannot be used."""
    key = "audit.timestamp_url"
    url = settings.address(settings.audit.timestamp_url, key)
    if url is None:
        return ""
    try:
        if httpx.URL(url).scheme in ("http", "https") and httpx.URL(url).host:
            return url
    except httpx.InvalidURL:
        pass
    raise SettingsError(f"{settings.source}: {key}: not an address such as https://stamps.force.example/tsa")
