"""Looks at what the settings say and name, one part at a time. Nothing is asked of any server."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from compliance.config import Settings
from compliance.errors import ComplianceError, SettingsError
from compliance.feed_settings import is_secret_name
from compliance.feeds.query_words import find_writing
from compliance.policy import Policy
from compliance.policy.calendars import plain_date
from compliance.policy.vocabulary import CATEGORY
from compliance.records import columns
from compliance.reminders import check_rules, check_templates
from compliance.reports.figures import report_figures
from compliance.reports.judging.sources import GivenRecords
from compliance.reports.periods.weeks import Week
from compliance.reports.rendering.announcement import announce
from compliance.reports.rendering.render import render
from compliance.service.check.stamp_checks import check_stamp_settings
from compliance.service.conditions import Finding, Problem, note_problem
from compliance.service.mail_channel import channel_of, check_addresses, pilot_of
from compliance.service.polls.crime_feed import feed_of, mapper_of, vocabulary_of
from compliance.service.report_jobs.reporting import organisation_in
from compliance.service.service import reminder_settings
from compliance.text import count_noun, join_words

_SAMPLE_WEEK: Final = Week(2026, 20)


def check_settings(settings: Settings, policy: Policy | None, now: datetime) -> Iterator[Finding]:
    """Look at everything that the settings say and name, as at an instant (aware).

    Without a policy, which another look finds, not at what depends on it.
    """
    if policy is not None:
        yield check_reminder_settings(settings, policy, now)
    yield check_organisation(settings)
    yield check_secrets(settings)
    yield check_feed_settings(settings)
    yield check_mail_settings(settings)
    yield from check_stamp_settings(settings)
    if policy is not None:
        yield check_all_templates(settings, policy)


def check_organisation(settings: Settings) -> Finding:
    """Look at the map by which reports name units."""
    try:
        found = organisation_in(settings)
    except ComplianceError as error:
        return Finding("organisation", (note_problem("organisation-wrong", error),))
    if found is None:
        return Finding("organisation: the map names no unit, so reports name units as the records do")
    counted = ((found.areas, "area"), (found.divisions, "division"), (found.teams, "team"))
    areas, divisions, teams = (count_noun(len({entry.name for entry in entries}), noun) for entries, noun in counted)
    named = f"{areas}, {divisions}" if found.areas else divisions
    return Finding(f"organisation: {named} and {teams} over time")


def secrets_of(settings: Settings) -> list[tuple[str, str]]:
    """Return the secrets that the settings name, by setting: `env:NAME` or `file:PATH`."""
    system, alerts = settings.crime_system, settings.alerts
    urls = {
        "database.url": settings.database.url,
        "alerts.webhook": alerts.webhook,
        "alerts.heartbeat": alerts.heartbeat,
        "audit.timestamp_url": settings.audit.timestamp_url,
    }
    named = {
        "mail.password": settings.mail.password,
        "mail.inbound.password": settings.mail.inbound and settings.mail.inbound.password,
        "crime_system.token": system.token,
        "crime_system.oauth.client_secret": system.oauth and system.oauth.client_secret,
        "crime_system.database.url": system.database and system.database.url,
        "alerts.webhook_token": alerts.webhook_token,
        "web.openid.client_secret": settings.web.openid and settings.web.openid.client_secret,
        **dict(settings.teams.webhooks.values()),
        **{key: url for key, url in urls.items() if url and is_secret_name(url)},
    }
    return [(key, value) for key, value in named.items() if value]


def check_secrets(settings: Settings) -> Finding:
    """Look whether every secret of the settings can be obtained, without showing any."""
    problems, named = [], secrets_of(settings)
    for key, value in named:
        try:
            settings.secret(value, key)
        except ComplianceError as error:
            problems.append(note_problem("secret-missing", error))
    return Finding(f"secrets that the settings name: {len(named)}", tuple(problems))


def check_feed_settings(settings: Settings) -> Finding:
    """Look at the mapping and at how the crime system is reached. Nothing is connected."""
    system = settings.crime_system
    what = f"mapping and settings of the crime system ({system.kind})"
    try:
        mapper_of(settings)
    except ComplianceError as error:
        return Finding(what, (note_problem("mapping-wrong", error),))
    if system.database is not None:
        officers = {"officers": system.database.officers} if system.database.officers else {}
        for name, query in (system.database.queries | officers).items():
            if found := find_writing(query):
                sentence = f"{settings.source}: crime_system.database.queries.{name}: {found} in it writes."
                return Finding(what, (Problem("query-writes", sentence),))
    if check_secrets(settings).problems:
        return Finding(what)
    try:
        with feed_of(settings, _no_clock):
            return Finding(what)
    except ComplianceError as error:
        return Finding(what, (note_problem("settings-wrong", error),))


def _no_clock() -> datetime:
    raise AssertionError("a feed that is not read needs no clock")


def check_mail_settings(settings: Settings) -> Finding:
    """Look at how email is sent. No server is connected to."""
    allow = settings.mail.allow
    what = "mail: emails go to every address" if allow is None else "mail: a pilot, as `allow` says"
    try:
        pilot_of(settings)
        check_addresses(settings)
        if not check_secrets(settings).problems:
            channel_of(settings).open().close()
    except ComplianceError as error:
        return Finding(what, (note_problem("settings-wrong", error),))
    return Finding(what)


def check_reminder_settings(settings: Settings, policy: Policy, now: datetime) -> Finding:
    """Look at the settings of reminders and targets against the policy, as at an instant (aware)."""
    rules = settings.reminders
    what = f"reminders of what falls due from {plain_date(rules.due_from)}"
    try:
        reminder_settings(settings)
        check_rules(policy, rules)
        for requirement in settings.report.targets:
            policy.requirement_by_id(requirement)
    except SettingsError as error:
        said = str(error)
        told = said if said.startswith(settings.source) else f"{settings.source}: {said}"
        return Finding(what, (note_problem("settings-wrong", told),))
    return Finding(what, (*_due_from(settings, policy, now), *_ladder(settings, policy)))


def _due_from(settings: Settings, policy: Policy, now: datetime) -> Iterator[Problem]:
    due_from = settings.reminders.due_from
    if due_from > policy.local.date_of(now):
        told = f"[reminders] due_from is {plain_date(due_from)}: until then nobody is emailed about anything."
        yield Problem("due-from-in-future", told)


def _ladder(settings: Settings, policy: Policy) -> Iterator[Problem]:
    known = vocabulary_of(settings, policy)[CATEGORY]
    for change in settings.reminders.ladder:
        if change.category is None:
            continue
        if change.category in policy.exempt_victims:
            why = f"to whom {policy.path.name} owes nothing"
        elif change.category not in known:
            why = f"of whom neither {policy.path.name} nor the mapping knows; known are {join_words(sorted(known))}"
        else:
            continue
        yield Problem("ladder-unmatched", f"A [[reminders.ladder]] entry is for victims {change.category!r}, {why}.")


def check_all_templates(settings: Settings, policy: Policy) -> Finding:
    """Fill in every template of emails and reports once, without records."""
    problems: list[str] = []
    try:
        reminding = reminder_settings(settings)
    except SettingsError:
        return Finding("templates: not looked at while a setting of emails is wrong")
    try:
        check_templates(policy, reminding)
        nothing = GivenRecords("no records", columns([]))
        settling = _SAMPLE_WEEK.settling_instant(policy.local)
        figures = report_figures(nothing, policy, _SAMPLE_WEEK, settling, force=settings.force.name)
        render(figures)
        problems += filter(None, [announce(figures, [], settings.report.folder).problem])
    except ComplianceError as error:
        problems.append(str(error))
    return Finding("templates", tuple(note_problem("templates-wrong", problem) for problem in problems))
