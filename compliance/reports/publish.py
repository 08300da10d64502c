"""Publishing: the report's file in its folder, and a row that keeps what it was made from."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlmodel import Session, col, select

from compliance.errors import UnavailableError
from compliance.records import to_micros
from compliance.reports.model import Figures
from compliance.reports.render import EDITION, file_name, render, write_whole
from compliance.reports.sources import Held
from compliance.store import Reader, Store, polls_covering
from compliance.store.tables import Published


class StoredRecords:
    """The records of the service's store, which keeps every version: read once, asked about any instant."""

    name = "the crime records this service holds"
    versions = True

    def __init__(self, store: Store) -> None:
        """Of all crimes, as the store stands when this is made."""
        self._reader = Reader(store)

    def known(self, known_at: datetime) -> Held:
        """What stood by the end of the first complete poll that ended at or after K (design decision 11)."""
        known = self._reader.known(known_at)
        reported = known.columns.reported_at <= to_micros(known_at)
        return Held(known.columns, int((known.before_observation & reported).sum()))


@dataclass(frozen=True)
class Publication:
    """A published report: its file, its version from 1, and whether it is new."""

    path: Path
    version: int
    new: bool


def publish(store: Store, figures: Figures, folder: Path, now: datetime) -> Publication:
    """Write the report and note it as published at `now`, an aware instant.

    Publishing again without change notes nothing and puts the file back should it be gone; a changed figure, policy or
    template makes the next version, and the earlier ones stay. Raises UnavailableError where no complete poll has ended
    at or after K: what was known then is not known yet (design decision 11).
    """
    known_at = figures.basis.known_at
    if polls_covering(store, known_at) is None:
        raise UnavailableError(
            f"report {figures.week}: the crime system has not been read whole since {known_at:%Y-%m-%dT%H:%MZ}; the "
            "report is published after the next complete poll"
        )
    content = render(figures).encode()
    with store.session() as session:
        newest = _newest(session, figures.week)
        if newest is not None:
            row = _row(figures, content, newest.version, now)
            if all(getattr(row, name) == getattr(newest, name) for name in _KEPT):
                path = folder / file_name(figures, newest.version)
                return Publication(path if path.exists() else write_whole(path, content), newest.version, new=False)
        version = 1 if newest is None else newest.version + 1
        path = write_whole(folder / file_name(figures, version), content)
        session.add(_row(figures, content, version, now))
    return Publication(path, version, new=True)


_KEPT = ("as_at", "known_at", "policy_digest", "figures", "files")


def _newest(session: Session, period: str) -> Published | None:
    asked = select(Published).where(Published.period == period, Published.edition == EDITION)
    return session.exec(asked.order_by(col(Published.version).desc()).limit(1)).first()


def _row(figures: Figures, content: bytes, version: int, now: datetime) -> Published:
    kept: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(figures))
    return Published(
        period=figures.week,
        edition=EDITION,
        version=version,
        as_at=figures.basis.as_at,
        known_at=figures.basis.known_at,
        policy_digest=figures.basis.policy_digest,
        figures=kept,
        files={file_name(figures, version): hashlib.sha256(content).hexdigest()},
        published_at=now,
    )
