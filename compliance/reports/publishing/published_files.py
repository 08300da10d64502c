"""The files of published reports: read back byte for byte, and compared with what was published."""

import hashlib
from pathlib import Path

from sqlmodel import select

from compliance.errors import SettingsError
from compliance.reports.publishing.snapshots import newest_published, read_figures
from compliance.reports.rendering.forms import Form, form
from compliance.reports.rendering.names import form_of
from compliance.store import Store
from compliance.store.tables import Published


def as_published(store: Store, folder: Path, period: str, edition: str, ending: Form) -> bytes:
    """Return the newest version of a published report, byte for byte.

    This is the stored file, or one reproduced from the stored figures. Raises SettingsError if it was never published
    in that form or cannot be reproduced.
    """
    with store.session(reading=True) as session:
        row = newest_published(session, period, edition)
        if row is None:
            raise SettingsError(f"report {period}, edition {edition}: it has not been published")
        figures, digests = read_figures(row), dict(row.files)
    name = next((name for name in digests if form_of(name) == ending), None)
    if name is None:
        raise SettingsError(f"report {period}, edition {edition}: it was not published as {ending}")
    path = folder / name
    stored = path.read_bytes() if path.exists() else b""
    if digest_of(stored) == digests[name]:
        return stored
    made = form(figures, ending) if figures else b""
    if digest_of(made) == digests[name]:
        return made
    raise SettingsError(
        f"{path}: the file is gone or was changed, and the templates or libraries that made it have changed; restore "
        f"it from a copy whose SHA-256 is {digests[name]}"
    )


def find_altered(store: Store, folder: Path) -> list[str]:
    """Return the names of published files in the folder whose content is no longer the one published, in order.

    One that cannot be read counts as altered; one that is not there does not.
    """
    with store.session(reading=True) as session:
        published = session.exec(select(Published.files)).all()
    digests = {name: digest for files in published for name, digest in files.items()}
    return sorted(name for name, digest in digests.items() if _is_altered(folder / name, digest))


def _is_altered(path: Path, digest: str) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() != digest
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True


def digest_of(content: bytes) -> str:
    """Return the digest by which a file is known as published: SHA-256, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
