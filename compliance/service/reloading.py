"""Taking changed settings, policy, calendar and map of the organisation into a running service, or refusing them all.

What is refused changes nothing (decision 0042).
"""

from pathlib import Path

from compliance.config import Settings, load_settings
from compliance.errors import SettingsError
from compliance.policy import Policy, load_policy
from compliance.reminders import check_rules, check_templates
from compliance.reports.organisation import Organisation
from compliance.service.crime_feed import feed_of
from compliance.service.mail_channel import channel_of, pilot_of
from compliance.service.service import Service, reminder_settings


def reloaded(service: Service) -> Service:
    """Return the service as the files say now, on the same store, knowing nothing of the old one, as after a restart.

    Raises SettingsError, which names the file and the key, if anything in them cannot be used.
    """
    settings = load_settings(Path(service.settings.source))
    if settings.database_url != service.settings.database_url:
        raise SettingsError(
            f"{settings.source}: database.url: another database cannot be taken while the service runs; restart it"
        )
    taken = Service(settings, load_policy(settings.policy), service.store, service.clock, stop=service.stop)
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
    """Check everything that a job would find wrong, without asking another system."""
    settings, policy = service.settings, service.policy
    try:
        check_rules(policy, settings.reminders)
        _check_targets(settings, policy)
    except SettingsError as error:
        raise SettingsError(f"{settings.source}: {error}") from None
    check_templates(policy, reminder_settings(settings))
    with feed_of(settings, service.clock):
        pass
    channel_of(settings).open().close()
    pilot_of(settings)
    _ = service.organisation


def _check_targets(settings: Settings, policy: Policy) -> None:
    for requirement in settings.report.targets:
        policy.requirement_by_id(requirement)
