"""What decides how people are treated, as the audit log has it: an entry whenever the running service finds it changed.

The log has digests, never values: they say that something changed and when, and prove a copy of the file.
"""

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from compliance.errors import SettingsError
from compliance.service.service import Service
from compliance.store import AuditEntry, AuditKind, log_if_changed
from compliance.store.database.dialect import describe_url, parse_url


def note_configuration(service: Service) -> None:
    """Write to the audit log which settings, policy and map of the organisation are in use, each if that is news."""
    now, actor = service.clock(), service.actor
    for target, details in _in_use(service):
        entry = AuditEntry(now, actor.who, actor.role, AuditKind.CONFIGURATION, target, details)
        log_if_changed(service.store, entry, "digest")


def _in_use(service: Service) -> Iterator[tuple[str, dict[str, Any]]]:
    sections = service.settings.model_dump(mode="json")
    sections["database"]["url"] = describe_url(parse_url(service.settings.database_url))  # without a password
    digests = {name: _digest(values) for name, values in sections.items()}
    yield "settings", {"digest": _digest(digests), "sections": digests}
    yield "policy", {"digest": service.policy.digest, "name": service.policy.path.name}
    try:
        found = service.organisation
    except SettingsError:
        return  # it is not in use, and reports say why
    yield "organisation", {"digest": None if found is None else found.digest}


def _digest(values: Any) -> str:
    return sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
