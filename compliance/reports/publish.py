"""Publishing: the report's files in their folder, and a row that keeps what they were made from."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlmodel import Session

from compliance.errors import SettingsError, UnavailableError
from compliance.policy import Policy
from compliance.reports.files import write_whole
from compliance.reports.forms import Form, form
from compliance.reports.model import Figures
from compliance.reports.snapshots import kept_figures, newest_published, policy_content
from compliance.store import Store, polls_covering
from compliance.store.tables import Published


@dataclass(frozen=True)
class Publication:
    """A published report: its files, its version from 1, whether it is new, and what is different from the version
    before. `path` is the first of the files."""

    paths: tuple[Path, ...]
    version: int
    new: bool
    changed: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """Its HTML, where it has one."""
        return self.paths[0]


def edition_key(figures: Figures) -> str:
    """An edition as files and rows name it: board, public, division-telford-and-wrekin."""
    name = figures.edition if figures.unit is None else f"{figures.edition} {figures.unit}"
    return "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())


def file_name(figures: Figures, ending: Form = "html") -> str:
    """The name of a report's file: 2016-W18-board.html, later versions 2016-W18-board-v2.html."""
    version = "" if figures.version == 1 else f"-v{figures.version}"
    return f"{figures.period}-{edition_key(figures)}{version}.{ending}"


def publish(
    store: Store,
    figures: Figures,
    policy: Policy,
    folder: Path,
    now: datetime,
    forms: Sequence[Form] = ("html",),
    tell: Callable[[Session, Figures], None] = lambda *_: None,
) -> Publication:
    """Write the report in some forms and note it as published at `now`, an aware instant.

    Publishing again without change notes nothing and puts a file back should it be gone; a changed figure, policy or
    template makes the next version, which says what changed, and the earlier ones stay. `tell` is called in the
    transaction of a new version. Raises UnavailableError where no complete poll has ended at or after K: what was known
    then is not known yet (decision 0008).
    """
    known_at = figures.basis.known_at
    if polls_covering(store, known_at) is None:
        raise UnavailableError(
            f"report {figures.period}: the crime system has not been read whole since {known_at:%Y-%m-%dT%H:%MZ}; the "
            "report is published after the next complete poll"
        )
    with store.session() as session:
        newest = newest_published(session, figures.period, edition_key(figures))
        if newest is not None:
            before = kept_figures(newest)
            version, changed = newest.version, before.changed if before else ()
            again = msgspec.structs.replace(figures, version=version, changed=changed)
            content = _made(again, forms)
            if newest.files == _digests(content) and again == before:
                return Publication(_put_back(folder, content), version, new=False)
            figures = msgspec.structs.replace(figures, version=version + 1, changed=_changes(again, before))
        content = _made(figures, forms)
        paths = tuple(write_whole(folder / name, made) for name, made in content.items())
        session.add(_row(figures, policy, content, now))
        tell(session, figures)
    return Publication(paths, figures.version, new=True, changed=figures.changed)


def as_published(store: Store, folder: Path, period: str, edition: str, ending: Form) -> bytes:
    """The newest version of a published report, byte for byte: the stored file, or else made again from the figures
    that were kept. Raises SettingsError where it was never published so, or cannot be made again."""
    with store.session(reading=True) as session:
        row = newest_published(session, period, edition)
        if row is None:
            raise SettingsError(f"report {period}, edition {edition}: it has not been published")
        figures, digests = kept_figures(row), dict(row.files)
    name = next((name for name in digests if name.endswith(f".{ending}")), None)
    if name is None:
        raise SettingsError(f"report {period}, edition {edition}: it was not published as {ending}")
    path = folder / name
    kept = path.read_bytes() if path.exists() else b""
    if _digest(kept) == digests[name]:
        return kept
    made = form(figures, ending) if figures else b""
    if _digest(made) == digests[name]:
        return made
    raise SettingsError(
        f"{path}: the file is gone or was changed, and the templates or libraries that made it are others now; restore "
        f"it from a copy whose SHA-256 is {digests[name]}"
    )


def _changes(figures: Figures, before: Figures | None) -> tuple[str, ...]:
    """What is different, in words."""
    found = []
    if before is None:
        return ("the program",)
    if figures.basis.policy_digest != before.basis.policy_digest:
        found.append("the policy")
    if figures != before:
        found.append("the figures")
    return tuple(found or ["the templates, the program or the forms"])


def _made(figures: Figures, forms: Sequence[Form]) -> dict[str, bytes]:
    return {file_name(figures, ending): form(figures, ending) for ending in forms}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _digests(content: dict[str, bytes]) -> dict[str, str]:
    return {name: _digest(made) for name, made in content.items()}


def _put_back(folder: Path, content: dict[str, bytes]) -> tuple[Path, ...]:
    paths = tuple(folder / name for name in content)
    for path in paths:
        if not path.exists():
            write_whole(path, content[path.name])
    return paths


def _kept(figures: Figures) -> dict[str, Any]:
    kept: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(figures))
    return kept


def _row(figures: Figures, policy: Policy, content: dict[str, bytes], now: datetime) -> Published:
    return Published(
        period=figures.period,
        edition=edition_key(figures),
        version=figures.version,
        as_at=figures.basis.as_at,
        known_at=figures.basis.known_at,
        policy_digest=policy.digest,
        policy=policy_content(policy),
        figures=_kept(figures),
        files=_digests(content),
        published_at=now,
    )
