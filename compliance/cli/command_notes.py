"""What each command writes to the audit log: every command is in one list, so that none is left out by accident."""

from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from compliance.cli.options import account_name, user_name
from compliance.store.audit.audit_entry import AuditEntry, AuditKind

if TYPE_CHECKING:
    from compliance.store import Store

BY_THE_SERVICE: Final = "what it changes is logged as the service changes it"
NO_DATA: Final = "it shows and changes nothing about people"
NO_STORE: Final = "it does not use the database"

OF_COMMANDS: Final[Mapping[str, AuditKind | str]] = {
    "audit list": AuditKind.CONSULTATION,
    "audit stamp": NO_DATA,
    "audit stamps": NO_DATA,
    "audit verify": NO_DATA,
    "backup": AuditKind.DISCLOSURE,
    "check": AuditKind.CONSULTATION,
    "demo": NO_STORE,
    "disputes answer": AuditKind.DECISION,
    "disputes list": AuditKind.CONSULTATION,
    "disputes show": AuditKind.CONSULTATION,
    "evaluate": NO_STORE,
    "explain": AuditKind.CONSULTATION,
    "export": AuditKind.DISCLOSURE,
    "feed restart": AuditKind.CONFIGURATION,
    "feed try": NO_STORE,
    "figures": NO_STORE,
    "inbound": BY_THE_SERVICE,
    "init": NO_STORE,
    "maintenance": AuditKind.CONFIGURATION,
    "migrate": NO_DATA,
    "notices": AuditKind.CONSULTATION,
    "outbox": AuditKind.CONSULTATION,
    "outbox cancel": AuditKind.DECISION,
    "outbox list": AuditKind.CONSULTATION,
    "outbox retry": AuditKind.DECISION,
    "outbox show": AuditKind.CONSULTATION,
    "poll": BY_THE_SERVICE,
    "quarantine list": AuditKind.CONSULTATION,
    "quarantine retry": AuditKind.ALTERATION,
    "quarantine show": AuditKind.CONSULTATION,
    "rebuild": AuditKind.ALTERATION,
    "remind": AuditKind.DISCLOSURE,
    "report": AuditKind.DISCLOSURE,
    "report cases": AuditKind.CONSULTATION,
    "report release": AuditKind.DECISION,
    "report resume": AuditKind.DECISION,
    "report risk": NO_DATA,
    "report suspend": AuditKind.DECISION,
    "restore": AuditKind.ALTERATION,
    "return cases": AuditKind.CONSULTATION,
    "return held": AuditKind.CONSULTATION,
    "return list": NO_DATA,
    "return make": AuditKind.COMBINATION,
    "return sign": AuditKind.DECISION,
    "return write": AuditKind.DISCLOSURE,
    "review close": AuditKind.DECISION,
    "review draw": AuditKind.DECISION,
    "review form": AuditKind.DISCLOSURE,
    "review import": AuditKind.ALTERATION,
    "review list": NO_DATA,
    "review pack": AuditKind.DISCLOSURE,
    "review show": NO_DATA,
    "retention": BY_THE_SERVICE,
    "run": BY_THE_SERVICE,
    "simulate": NO_STORE,
    "status": NO_DATA,
    "subject": AuditKind.DISCLOSURE,
    "survey import": AuditKind.ALTERATION,
    "survey show": NO_DATA,
    "token create": AuditKind.CONFIGURATION,
    "token list": NO_DATA,
    "token revoke": AuditKind.CONFIGURATION,
    "trial end": AuditKind.DECISION,
    "trial register": AuditKind.DECISION,
    "trial show": NO_DATA,
    "web": NO_DATA,
    "whatif": AuditKind.COMBINATION,
}
"""The kind of entry that each command leaves, before it shows or does anything; or why it leaves none."""
SHOWS_CASES: Final = frozenset(
    ("disputes list", "disputes show", "outbox show", "quarantine list", "quarantine show", "remind", "report cases",
     "return cases", "review form", "review pack", "subject")
)  # fmt: skip
"""The commands that know only after reading which crimes they show. They note that themselves, before they show any."""
_MOST_CRIMES: Final = 1000
"""How many crime numbers an entry holds."""
_NOT_REPEATED: Final = frozenset({"config", "reason", "note", "form", "as_json"})


def note_command(store: "Store", now: datetime, crimes: Iterable[str | None] | None = None) -> None:
    """Write that the command under way is run, by whom and how, to the audit log, if the list says so.

    `crimes`: the numbers of the crimes that it is about to show; None: those of its options.
    """
    from compliance.store import log_entry
    from compliance.store.audit.actors import COMMAND_LINE
    from compliance.store.database.dialect import chunks

    context = click.get_current_context()
    name = name_command(context)
    what = _kind_of(name, context.params)
    if what is None:
        return
    given = {key: _plain(value) for key, value in context.params.items() if key not in _NOT_REPEATED and value}
    named = [given.pop("crime_ref", None), *given.pop("crimes", ())]
    shown = list(dict.fromkeys(ref for ref in (named if crimes is None else crimes) if ref is not None))
    account = account_name()
    who, parts = user_name(), list(chunks(shown, _MOST_CRIMES)) or [[]]
    for part in parts:
        found = {"asked": given, "crimes": part, "account": account if account != who else None}
        details = {key: value for key, value in found.items() if value}
        reason = context.params.get("reason")
        log_entry(store, AuditEntry(now, who, COMMAND_LINE, what, f"compliance {name}", details, reason))


def note_command_in(config: Path) -> None:
    """Do the same in the database of the settings in a file, for commands that open it themselves."""
    from compliance import clock
    from compliance.config import load_settings
    from compliance.store import Store

    with closing(Store.open(load_settings(config).database_url)) as store:
        note_command(store, clock.now())


def name_command(context: click.Context) -> str:
    """Return what the command under way is called, such as `outbox show`."""
    names: list[str] = []
    at: click.Context | None = context
    while at is not None and at.parent is not None:
        names.insert(0, str(at.info_name))
        at = at.parent
    return " ".join(names)


def _kind_of(name: str, params: Mapping[str, Any]) -> AuditKind | None:
    what = AuditKind.CONSULTATION if params.get("dry_run") else OF_COMMANDS[name]
    return what if isinstance(what, AuditKind) else None


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value if isinstance(value, str | int | bool) else str(value)
