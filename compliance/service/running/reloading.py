"""Taking changed settings, policy, calendar and map of the organisation into a running service, or refusing them all.

What is refused changes nothing (decision 0042).
"""

from pathlib import Path

from compliance.config import load_settings
from compliance.errors import SettingsError
from compliance.policy import load_policy_in_use
from compliance.reports.organisation import Organisation
from compliance.service.check.settings_checks import check_settings
from compliance.service.conditions import Severity, name_conditions
from compliance.service.service import Service


def reloaded(service: Service) -> Service:
    """Return the service as the files say now, on the same store, knowing nothing of the old one, as after a restart.

    Raises SettingsError, which names the file and the key, if anything in them cannot be used.
    """
    settings = load_settings(Path(service.settings.source))
    if settings.database_url != service.settings.database_url:
        raise SettingsError(
            f"{settings.source}: database.url: another database cannot be taken while the service runs; restart it"
        )
    taken = Service(settings, load_policy_in_use(settings.policy), service.store, service.clock, stop=service.stop)
    _check(taken)
    return taken


def describe_changes(old: Service, new: Service) -> dict[str, object]:
    """Return what a reload has changed, for the log: the names of settings, never their values."""
    before, after = old.settings.model_dump(), new.settings.model_dump()
    changed = [
        f"{section}.{key}"
        for section, values in after.items()
        if isinstance(values, dict)
        for key, value in values.items()
        if before[section][key] != value
    ]
    days = [(each.policy.working.first, each.policy.working.last, each.policy.working.holidays) for each in (old, new)]
    others = {
        "policy": old.policy.digest != new.policy.digest,
        "calendar": days[0] != days[1],
        "organisation": _organisation(old) != _organisation(new),
    }
    return {"changed": changed + [name for name, differs in others.items() if differs]}


def _organisation(service: Service) -> Organisation | None:
    """Return the map; the one before may have been wrong since the start."""
    try:
        return service.organisation
    except SettingsError:
        return None


def _check(service: Service) -> None:
    """Look at everything that a job would find wrong, as `compliance check` does, without asking another system."""
    for finding in check_settings(service.settings, service.policy, service.clock()):
        for found in name_conditions(finding.problems):
            if found.condition.severity is Severity.FAULT:
                raise SettingsError(found.sentence.removesuffix("."))
    _ = service.organisation  # read now: an edit has no effect until the next reload
