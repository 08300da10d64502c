"""Publishing: the report's files in their folder, and rows that keep what they were made from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlmodel import Session

from compliance.errors import SettingsError, UnavailableError
from compliance.policy import Policy
from compliance.progress import tell_step
from compliance.reports.model.report_model import Figures
from compliance.reports.organisation import Organisation
from compliance.reports.publishing.published_files import digest_of
from compliance.reports.publishing.snapshots import newest_published, policy_content, read_figures
from compliance.reports.rendering.forms import FORMS, Form, ReportContent
from compliance.reports.rendering.names import edition_keys, file_name, form_of
from compliance.reports.rendering.output_files import remove_leftovers, write_whole
from compliance.store import Store, seen_by
from compliance.store.audit.actors import THE_SERVICE, Actor
from compliance.store.audit.audit_disclosures import append_publication
from compliance.store.audit.audit_log import read_audit_head
from compliance.store.tables import Published

Tell = Callable[[Session, Figures, Sequence[str]], None]
Open = Callable[[Session], None]


@dataclass(frozen=True)
class FailedForm:
    """A form of a report that could not be made: its file, and why."""

    name: str
    error: Exception

    def __str__(self) -> str:
        why = self.error if isinstance(self.error, SettingsError) else f"a fault: {type(self.error).__name__}"
        return f"{self.name}: {why}"


@dataclass(frozen=True)
class Publication:
    """A published report.

    `paths`: its files that could be made. `version`: from 1. `new`: whether it is a new version. `changed`: what
    differs from the version before. `added`: forms added to a version published without them. `failed`: forms that
    could not be made.
    """

    paths: tuple[Path, ...]
    version: int
    new: bool
    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    failed: tuple[FailedForm, ...] = ()

    @property
    def path(self) -> Path:
        """The first of its files: the HTML, if it has one."""
        return self.paths[0]


@dataclass(frozen=True)
class _Draft:
    """An edition ready to be published: its figures with their version, and its files.

    `held`: the files of the newest version as found, None if nothing was published. `new`: whether this is another
    version.
    """

    key: str
    figures: Figures
    held: tuple[int, dict[str, str]] | None
    new: bool
    content: dict[str, bytes] = field(default_factory=dict)
    failed: tuple[FailedForm, ...] = ()

    @property
    def added(self) -> dict[str, bytes]:
        """The files that the version does not have yet."""
        held = {} if self.held is None or self.new else self.held[1]
        return {name: made for name, made in self.content.items() if name not in held}

    def stands(self, session: Session) -> bool:
        """Return whether the newest version is still the one that the draft was compared with."""
        newest = newest_published(session, self.figures.period, self.key)
        return self.held == (None if newest is None else (newest.version, dict(newest.files)))


def publish(
    store: Store,
    editions: Sequence[Figures],
    policy: Policy,
    folder: Path,
    now: datetime,
    forms: Sequence[Form] = ("html",),
    tell: Tell = lambda *_: None,
    organisation: Organisation | None = None,
    open_gate: Open = lambda _: None,
    actor: Actor = THE_SERVICE,
) -> list[Publication]:
    """Write editions of a period in some forms and record them as published at `now` (an aware instant): all or none.

    - Every file is written before the one transaction that records them all. After a crash in between, the next run
      repeats the work and replaces the files byte for byte.
    - Publishing again without a change records nothing, and restores a missing file.
    - A form that the version does not have yet is added to it.
    - A changed figure, policy or template makes the next version, which states what changed. Earlier versions remain.
    - A form that cannot be made holds nothing back and is listed in `failed`. An edition without any form is not
      published.
    - `open_gate` is called first in that transaction: what it raises leaves everything as it was. `tell` is called in
      it once for each new version, with its figures and the names of its files. Last, what is new in it is written to
      the audit log, as published by `actor`.

    Raises UnavailableError if no complete poll has ended at or after K, because what was known then is not known yet
    (decision 0008). Raises SettingsError if a file cannot be written; nothing is then recorded.
    """
    for figures in editions:
        _check_read(store, figures)
    editions = _print_head(store, editions)
    keys, judged_by = edition_keys(editions), policy_content(policy, organisation)
    while True:
        with store.session(reading=True) as session:
            newest = [newest_published(session, *each) for each in zip((f.period for f in editions), keys, strict=True)]
        drafts = []
        for each in zip(keys, editions, newest, strict=True):
            drafts.append(_draft(*each, forms))
            tell_step("editions made", len(drafts), len(editions))
        if (done := _commit(store, drafts, judged_by, folder, now, actor, tell, open_gate)) is not None:
            return done


def add_forms(
    store: Store, period: str, key: str, folder: Path, forms: Sequence[Form], now: datetime, actor: Actor = THE_SERVICE
) -> Publication:
    """Add forms to the newest version of a published edition, made from the stored figures.

    Nothing is judged again and no email is sent. If another version of this program stored the figures, all forms fail.
    Raises SettingsError if the edition was never published.
    """
    while True:
        with store.session(reading=True) as session:
            row = newest_published(session, period, key)
        if row is None:
            raise SettingsError(f"report {period}, edition {key}: it has not been published")
        figures, held = read_figures(row), dict(row.files)
        if figures is None:
            return Publication((), row.version, new=False, failed=_of_others(row, forms))
        content, failed = _make_files(figures, key, [ending for ending in forms if ending not in map(form_of, held)])
        draft = _Draft(key, figures, (row.version, held), new=False, content=content, failed=failed)
        if (done := _commit(store, [draft], None, folder, now, actor)) is not None:
            return done[0]


def _print_head(store: Store, editions: Sequence[Figures]) -> list[Figures]:
    """Return editions that have the head of the audit log as it is now, so that it is kept elsewhere too."""
    head = read_audit_head(store)
    return [_with_head(figures, str(head) if head.number else "") for figures in editions]


def _with_head(figures: Figures, head: str) -> Figures:
    return msgspec.structs.replace(figures, basis=msgspec.structs.replace(figures.basis, audit_head=head))


def _check_read(store: Store, figures: Figures) -> None:
    known_at = figures.basis.known_at
    if seen_by(store, known_at) is None:
        raise UnavailableError(
            f"report {figures.period}: the crime system has not been read completely since {known_at:%Y-%m-%dT%H:%MZ}; "
            "the report is published after the next complete poll"
        )


def _draft(key: str, figures: Figures, newest: Published | None, forms: Sequence[Form]) -> _Draft:
    """Return a draft of an edition: of its newest version if figures and files are the same, otherwise of the next."""
    if newest is None:
        content, failed = _make_files(figures, key, forms)
        return _Draft(key, figures, None, new=True, content=content, failed=failed)
    before, held = read_figures(newest), dict(newest.files)
    again = msgspec.structs.replace(figures, version=newest.version, changed=before.changed if before else ())
    again = _with_head(again, before.basis.audit_head if before else "")
    if again == before:
        content, failed = _make_files(again, key, forms)
        if all(held.get(name, digest_of(made)) == digest_of(made) for name, made in content.items()):
            return _Draft(key, again, (newest.version, held), new=False, content=content, failed=failed)
    figures = msgspec.structs.replace(figures, version=newest.version + 1, changed=_changes(again, before))
    content, failed = _make_files(figures, key, forms)
    return _Draft(key, figures, (newest.version, held), new=True, content=content, failed=failed)


def _commit(
    store: Store, drafts: Sequence[_Draft], judged_by: dict[str, Any] | None, folder: Path, now: datetime, actor: Actor,
    tell: Tell = lambda *_: None, open_gate: Open = lambda _: None,
) -> list[Publication] | None:  # fmt: skip
    """Write the files and record them in one transaction, during which no other process publishes.

    Returns None if another process has published since the drafts were made.
    """
    with store.session() as session:
        open_gate(session)
        if not all(draft.stands(session) for draft in drafts):
            return None
        remove_leftovers(folder)
        paths = [_write(draft, folder) for draft in drafts]
        for draft in drafts:
            if not draft.new:
                _add_files(session, draft)
            elif draft.content and judged_by is not None:
                session.add(_row(draft, judged_by, now))
                tell(session, draft.figures, list(draft.content))
        if added := {draft.key: _what_is_added(draft) for draft in drafts if draft.added}:
            session.flush()  # nothing is locked after the audit log
            append_publication(session.connection(), actor, now, drafts[0].figures.period, added)
    return [
        Publication(
            written, draft.figures.version, draft.new and bool(written), draft.figures.changed,
            () if draft.new else tuple(map(form_of, draft.added)), draft.failed,
        )
        for draft, written in zip(drafts, paths, strict=True)
    ]  # fmt: skip


def _what_is_added(draft: _Draft) -> dict[str, Any]:
    return {"version": draft.figures.version, "files": _digests(draft.added)}


def _write(draft: _Draft, folder: Path) -> tuple[Path, ...]:
    """Return the paths of an edition's files, after writing any that are missing."""
    for name, made in draft.content.items():
        if name in draft.added or not (folder / name).exists():
            write_whole(folder / name, made)
    return tuple(folder / name for name in draft.content)


def _add_files(session: Session, draft: _Draft) -> None:
    row = newest_published(session, draft.figures.period, draft.key)
    if row is not None and draft.added:
        row.files = row.files | _digests(draft.added)
        session.add(row)


def _changes(figures: Figures, before: Figures | None) -> tuple[str, ...]:
    """Return what has changed, in words."""
    found = []
    if before is None:
        return ("the program",)
    if figures.basis.policy_digest != before.basis.policy_digest:
        found.append("the policy")
    if figures.basis.organisation_digest != before.basis.organisation_digest:
        found.append("the organisation")
    if figures != before:
        found.append("the figures")
    return tuple(found or ["the templates or the program"])


def _make_files(figures: Figures, key: str, forms: Sequence[Form]) -> tuple[dict[str, bytes], tuple[FailedForm, ...]]:
    """Return an edition's files by name, and those that could not be made."""
    made: dict[str, bytes] = {}
    failed: list[FailedForm] = []
    content = ReportContent(figures)
    for ending in forms:
        name = file_name(figures.period, key, figures.version, ending)
        try:
            made[name] = FORMS[ending](content)
        except Exception as error:  # whatever fails, the other forms are still due
            failed.append(FailedForm(name, error))
    return made, tuple(failed)


def _of_others(row: Published, forms: Sequence[Form]) -> tuple[FailedForm, ...]:
    """Return failures for all forms: the figures are stored in the format of another version of this program."""
    error = SettingsError(
        "the report was published by another version of this program; "
        f"`compliance report --period {row.period}` makes a new version of it in all forms"
    )
    return tuple(FailedForm(file_name(row.period, row.edition, row.version, ending), error) for ending in forms)


def _digests(content: dict[str, bytes]) -> dict[str, str]:
    return {name: digest_of(made) for name, made in content.items()}


def _to_store(figures: Figures) -> dict[str, Any]:
    stored: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(figures))
    return stored


def _row(draft: _Draft, judged_by: dict[str, Any], now: datetime) -> Published:
    figures = draft.figures
    return Published(
        period=figures.period,
        edition=draft.key,
        version=figures.version,
        as_at=figures.basis.as_at,
        known_at=figures.basis.known_at,
        policy_digest=figures.basis.policy_digest,
        policy=judged_by,
        figures=_to_store(figures),
        files=_digests(draft.content),
        published_at=now,
    )
