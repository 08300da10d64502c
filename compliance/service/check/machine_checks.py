"""Looks at this machine: the folders that are written, who can read secrets, and the service's own certificate."""

import os
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from compliance.config import Settings
from compliance.errors import ComplianceError
from compliance.feed_settings import is_secret_name
from compliance.feeds.exports import DONE, FAILED
from compliance.policy.calendars import plain_date
from compliance.service.check.settings_checks import secrets_of
from compliance.service.conditions import Finding, Problem
from compliance.store.database.dialect import file_of, has_password, parse_url
from compliance.text import count_noun

ENDS_SOON: Final = timedelta(days=30)
OTHERS: Final = 0o007
"""The bits of a file's mode that are for other users."""


def check_folders(settings: Settings) -> Finding:
    """Look whether every folder in which the service writes can be written to. Nothing is created."""
    named = {"[report] folder": settings.path(settings.report.folder)}
    if settings.mail.allow is not None:
        named["[mail] pilot_folder"] = settings.path(settings.mail.pilot_folder)
    system = settings.crime_system
    if system.kind == "files" and system.files is not None and (folder := settings.path(system.files.folder)).is_dir():
        named["[crime_system.files] folder, where exports that were read are moved"] = folder
        named |= {
            f"[crime_system.files] folder, in {name}": folder / name
            for name in (DONE, FAILED)
            if (folder / name).exists()
        }
    try:
        if (file := file_of(parse_url(settings.database_url))) is not None:
            named["[database] url"] = file.parent
    except ComplianceError:
        pass  # the look at the database says so
    problems = [
        Problem("folder-unwritable", f"{setting}: {place} {why}.")
        for setting, folder in named.items()
        if (why := _why_not(place := _nearest(folder))) is not None
    ]
    return Finding(f"folders that are written to: {len(named)}", tuple(problems))


def _nearest(folder: Path) -> Path:
    """Return the folder, or what there is of the path to it: the service creates the rest."""
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())


def _why_not(place: Path) -> str | None:
    if not place.is_dir():
        return "is a file, not a folder"
    return None if os.access(place, os.W_OK | os.X_OK) else "cannot be written to by this user"


def check_private_files(settings: Settings) -> Finding:
    """Look who can read the files with secrets and keys, and the settings if a password is in them."""
    paths = [settings.path(value.removeprefix("file:")) for _, value in secrets_of(settings) if value[:5] == "file:"]
    system = settings.crime_system
    if key := system.key or system.certificate:
        paths.append(settings.path(key))
    try:
        if not is_secret_name(settings.database.url) and has_password(parse_url(settings.database_url)):
            paths.append(Path(settings.source))
    except ComplianceError:
        pass  # the look at the database says so
    there = [path for path in dict.fromkeys(paths) if path.is_file()]
    return Finding(f"files with secrets: {len(there)}", tuple(_readable(there)))


def _readable(paths: list[Path]) -> Iterator[Problem]:
    for path in paths:
        mode = path.stat().st_mode & 0o777
        if mode & OTHERS:
            sentence = f"{path} holds a secret, and its mode {mode:03o} lets other users of this machine read it."
            yield Problem("file-readable-by-others", sentence)


def check_own_certificate(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Look when the certificate ends that this service shows, as at an instant (aware). One that cannot be read is a
    wrong setting, which another look finds."""
    name = settings.crime_system.certificate
    if name is None:
        return
    try:
        # The only reader of a certificate in the standard library.
        held = ssl._ssl._test_decode_cert(str(settings.path(name)))  # type: ignore[attr-defined]
    except OSError:
        return
    ends = certificate_end(held["notAfter"])
    yield Finding(
        f"own certificate, until {plain_date(ends.date())}", find_ending("[crime_system] certificate", ends, now)
    )


def certificate_end(text: str) -> datetime:
    """Return the instant (UTC) that a certificate's `notAfter` means."""
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC)


def find_ending(whose: str, ends: datetime, now: datetime) -> tuple[Problem, ...]:
    """Return the problem of a certificate that ends within `ENDS_SOON`, or has ended; none if it does not."""
    if ends - now > ENDS_SOON:
        return ()
    day = plain_date(ends.date())
    left = f"ends on {day}, in {count_noun((ends - now).days, 'day')}" if ends > now else f"ended on {day}"
    return (Problem("certificate-ending", f"The certificate of {whose} {left}."),)
