"""The crime system of the settings as a feed, of any kind."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from compliance.authorities import machine_authorities
from compliance.config import Settings
from compliance.errors import SettingsError
from compliance.feeds import (
    ClientCredentials,
    Feed,
    HttpFeed,
    Mapper,
    Patience,
    Remembered,
    Witness,
    tls_context,
)
from compliance.feeds.access import redact
from compliance.feeds.database import DatabaseFeed, describe_source
from compliance.feeds.exports import Exports
from compliance.feeds.files import FilesFeed
from compliance.feeds.requests import check_url
from compliance.policy import Policy
from compliance.policy.vocabulary import METHOD, Vocabulary, vocabulary
from compliance.stopping import Stop

SOURCE: Final = "crimes"
"""The name under which the feed's cursor and polls are stored."""
_ONCE: Final = Patience(attempts=1)


@contextmanager
def feed_of(
    settings: Settings,
    clock: Callable[[], datetime],
    remembered: Remembered | None = None,
    mapper: Mapper | None = None,
    limit: int | None = None,
    stop: Stop | None = None,
    witness: Witness | None = None,
) -> Iterator[Feed]:
    """Open the feed for the duration of the context.

    `remembered`: answers from earlier polls. `mapper`: replaces that of the settings. `limit`: how many records a trial
    wants. `stop`: ends all waits when requested. `witness`: notes what it sees of a server over HTTP, which is then
    asked once and not again. Raises SettingsError that names the setting if one cannot be used.
    """
    system = settings.crime_system
    mapper = mapper_of(settings) if mapper is None else mapper
    size = system.page_size if limit is None else limit
    if system.kind == "http":
        with _http(settings, size, mapper, remembered, stop, witness) as feed:
            yield feed
        return
    other: Feed
    if system.kind == "files":
        other = _files(settings, size, mapper, clock, moves=limit is None)
    else:
        other = _database(settings, size, mapper, clock, limit, stop)
    try:
        yield other
    finally:
        other.close()


def mapper_of(settings: Settings) -> Mapper:
    """Return the mapper from the source's fields to the record format. Raises SettingsError for an invalid mapping."""
    system = settings.crime_system
    try:
        is_json = exports_of(settings).is_json if system.kind == "files" else system.kind == "http"
        return Mapper(system.mapping, tabular=not is_json)
    except SettingsError as error:
        raise SettingsError(f"{settings.source}: {error}") from None


def origin_of(settings: Settings) -> str:
    """Return which crime system the settings name: the kind and the address that its cursors belong to.

    An address has no secret in it. A folder of exports has none: an export is known by its content, wherever it lies.
    Raises SettingsError if the address of a database cannot be read.
    """
    system = settings.crime_system
    if system.kind == "http":
        assert system.url is not None  # noqa: S101  # the settings ensure it
        check_url(system.url)
        return f"{system.kind} {redact(system.url)}"
    if system.kind == "files":
        return system.kind
    assert system.database is not None  # noqa: S101  # the settings ensure it
    url = settings.secret(system.database.url, "crime_system.database.url") or ""
    return f"{system.kind} {describe_source(url)}"


def own_words(settings: Settings) -> dict[str, set[str]]:
    """Return the values that a force's settings add to those of specification and policy, by field.

    They are the results of its mapping of values, and the values it has acknowledged.
    """
    said = settings.crime_system.mapping
    words: dict[str, set[str]] = {}
    for name, meanings in said.values.items():
        words.setdefault(name, set()).update(meanings.values())
    for name, constant in said.constants.items():
        words.setdefault(name, set()).add(str(constant))
    for field, values in said.acknowledged.items():
        words.setdefault(field, set()).update(values)
    return words


def vocabulary_of(settings: Settings, policy: Policy) -> Vocabulary:
    """Return all known values of the fields whose values decide something (rules section 8)."""
    return vocabulary(policy, own_words(settings), {METHOD: settings.report.live_methods})


def _http(
    settings: Settings,
    size: int,
    mapper: Mapper,
    remembered: Remembered | None,
    stop: Stop | None,
    witness: Witness | None,
) -> HttpFeed:
    system = settings.crime_system
    assert system.url is not None  # noqa: S101  # the settings ensure it
    oauth = system.oauth
    credentials, token = None, settings.secret(system.token, "crime_system.token")
    if token is not None and not token.isascii():
        raise SettingsError(f"{settings.source}: crime_system.token: it has a character that is not ASCII")
    if oauth is not None:
        secret = settings.secret(oauth.client_secret, "crime_system.oauth.client_secret") or ""
        credentials = ClientCredentials(oauth, secret)
    try:
        tls = tls_context(*(_path(settings, name) for name in (system.ca_file, system.certificate, system.key)))
        return HttpFeed(
            system.url,
            system.officers_url,
            page_size=size,
            timeout=system.timeout_seconds,
            token=token,
            credentials=credentials,
            tls=tls,
            transport=None if witness is None else witness.through(tls or machine_authorities()),
            patience=Patience() if witness is None else _ONCE,
            mapper=mapper,
            remembered=remembered,
            names=system.page,
            stop=stop,
        )
    except SettingsError as error:
        raise SettingsError(f"{settings.source}: {error}") from None


def _path(settings: Settings, name: str | None) -> Path | None:
    return None if name is None else settings.path(name)


def exports_of(settings: Settings) -> Exports:
    """Return the folder of exports in the settings, which must have one."""
    files = settings.crime_system.files
    assert files is not None  # noqa: S101  # the settings ensure it
    return Exports(settings.path(files.folder), files)


def _files(settings: Settings, size: int, mapper: Mapper, clock: Callable[[], datetime], moves: bool) -> FilesFeed:
    try:
        return FilesFeed(replace(exports_of(settings), moves=moves), mapper, size, clock)
    except SettingsError as error:
        raise SettingsError(f"{settings.source}: {error}") from None


def _database(
    settings: Settings, size: int, mapper: Mapper, clock: Callable[[], datetime], limit: int | None, stop: Stop | None
) -> DatabaseFeed:
    database = settings.crime_system.database
    assert database is not None  # noqa: S101  # the settings ensure it
    url = settings.secret(database.url, "crime_system.database.url") or ""
    try:
        return DatabaseFeed(url, database, mapper, size, clock, limit, stop)
    except SettingsError as error:
        raise SettingsError(f"{settings.source}: {error}") from None
