"""The settings of the crime system: where it is, how it is read, and what its fields mean (docs/feeds.md)."""

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError


def is_secret_name(text: str) -> bool:
    """Return whether a text says where a secret is kept: `env:NAME` or `file:PATH`."""
    return re.fullmatch(r"env:[A-Za-z_][A-Za-z0-9_]*|file:.+", text) is not None


def _check_name(text: str) -> str:
    if not is_secret_name(text):
        message = (
            "expected env:NAME for an environment variable or file:PATH for a file; a secret never stands here itself"
        )
        raise PydanticCustomError("secret", message)
    return text


def _check_url(text: str) -> str:
    if not is_secret_name(text) and not text.startswith(("http://", "https://")):
        raise PydanticCustomError("secret", "expected an address (https://…), or env:NAME or file:PATH that holds one")
    return text


def _check_source(found: object) -> object:
    parts = found if isinstance(found, list) else [found]
    if not parts or not all(isinstance(part, str) for part in parts):
        raise PydanticCustomError("source", "expected a column or an expression in quotes, or a list of them")
    return found


Secret = Annotated[str, AfterValidator(_check_name)]
Url = Annotated[str, AfterValidator(_check_url)]
"""An address, or where it is kept: some addresses are secrets."""
Fields = dict[str, str]
Source = Annotated[str | list[str], BeforeValidator(_check_source)]
"""Where a value comes from: a column or an expression, or several to be joined, such as a date and a time."""
SourceFields = dict[str, Source]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Named = Literal["updates.outcome", "updates.method", "victims.category", "events.kind"]


class SettingsSection(BaseModel):
    """A section of the settings: no key that is not described."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class OAuth(SettingsSection):
    """OAuth 2 client credentials, in place of a fixed token. `kind = "http"`."""

    token_url: str = Field(description="The token endpoint.")
    client_id: str = Field(description="Who this service is there.")
    client_secret: Secret = Field(description="Its secret: `env:NAME` or `file:PATH`.")
    scope: str | None = Field(None, description="What is asked for, where the crime system wants it said.")


class PageNames(SettingsSection):
    """What the crime system calls the parts of a page, where its interface has names of its own. `kind = "http"`."""

    records: str = Field("records", min_length=1, description="The list of records, in a JSON page.")
    next: str = Field("next", min_length=1, description="The cursor to ask from next time, in a JSON page.")
    more: str = Field("more", min_length=1, description="Whether there is something further now, in a JSON page.")
    cursor_parameter: str = Field("changed_since", min_length=1, description="What the cursor is asked by.")
    limit_parameter: str = Field("limit", min_length=1, description="What `page_size` is asked by.")


class Files(SettingsSection):
    """The folder where exports land. `kind = "files"`."""

    folder: str = Field("var/crimes", description="The folder, relative to this file.")
    tables: Fields = Field(
        {"crimes": "*.csv"},
        description="The names of the files: of `crimes`, and of those of `status`, `allocations`, `victims`, "
        "`contact_holds`, `updates` and `events` that have a file of their own. What `*` stands for says which belong "
        "together; one file may be named for several tables. The ending, `.csv`, `.ndjson`, `.parquet` or `.xlsx`, "
        "says how to read them.",
    )
    sheets: Fields = Field(
        {},
        description="The sheets of Excel workbooks: of each table, and of `officers`; where none is named, the first "
        "visible one is read.",
    )
    officers: str | None = Field(None, description="The name of the officer directory's file; it stays where it is.")
    full_export: bool = Field(
        False, description="Whether an export holds every crime: one that it lacks is flagged as vanished."
    )
    order: Literal["name", "time"] = Field("name", description="In which order exports are taken: `name` or `time`.")
    settle_seconds: float = Field(60, ge=0, description="How long a file must have been left alone before it is taken.")
    delimiter: str = Field(",", min_length=1, max_length=1, description="What separates the columns of a CSV file.")
    encoding: str = Field("utf-8-sig", description="The encoding of CSV files, such as `utf-8-sig` or `cp1252`.")


class SourceDatabase(SettingsSection):
    """The database that is read. `kind = "database"`."""

    url: Secret = Field(
        description="Its SQLAlchemy URL, which holds a password: `env:NAME` or `file:PATH`. The account need only read."
    )
    queries: Fields = Field(
        description="The queries: of `crimes`, with `:changed_since` in it, and of `status`, `allocations`, `victims`, "
        "`contact_holds`, `updates` and `events`, each giving all rows of every crime that the first gives."
    )
    officers: str | None = Field(None, description="The query of the officer directory.")
    begin: datetime | int | str = Field(
        datetime(1900, 1, 1),  # noqa: DTZ001  # a database's own instants often have no offset
        description="What `:changed_since` is the first time, of the type of the column of `changed_at`.",
    )


class FieldMapping(SettingsSection):
    """Which field of the source is which field of the record format.

    A field that is not named keeps its name, and one set to "" is left out. `crime_ref` of a list is the column of the
    crime number in that list's own table.
    """

    timezone: str | None = Field(
        None,
        description="The time zone of instants that carry none, such as `Europe/London`; absent: they are refused. Of "
        "an hour that comes twice the first is taken.",
    )
    formats: list[str] = Field(
        [], description="How dates and instants are written that are not in ISO 8601, such as `%d/%m/%Y %H:%M`."
    )
    crime: SourceFields = Field(
        {},
        description="Field = JMESPath expression (JSON) or column (tables), of the crime itself. A list of them is "
        'joined, such as a date and a time: `reported_at = ["Date", "Time"]`.',
    )
    status: SourceFields = Field({}, description="The same, of changes of status.")
    allocations: SourceFields = Field({}, description="The same, of allocations.")
    victims: SourceFields = Field({}, description="The same, of victims.")
    contact_holds: SourceFields = Field({}, description="The same, of contact holds; in tables with `victim_ref`.")
    updates: SourceFields = Field({}, description="The same, of updates.")
    events: SourceFields = Field({}, description="The same, of events.")
    officers: SourceFields = Field({}, description="The same, of the officer directory.")
    absent: SourceFields = Field({}, description="The same, of an officer's absences: `from` and `until`.")
    lists: Fields = Field({}, description="List = JMESPath expression of its items, in JSON.")
    rows: dict[str, Annotated[dict[str, Annotated[list[str], Field(min_length=1)]], Field(min_length=1)]] = Field(
        {},
        description='List = the rows that belong to it, in tables: `{ victims = { Role = ["VIC", "VICTIM"] } }`. A row '
        'must have one of the values in every column named; they are compared as text, and `""` is an absent value.',
    )
    values: dict[str, dict[str, str]] = Field(
        {}, description='`"list.field"` = what the source says and what it means; other values stay.'
    )
    constants: dict[str, str | int] = Field({}, description='`"list.field"` = what it always is.')
    acknowledged: dict[Named, list[str]] = Field(
        {},
        description='`"list.field"` = values that neither specification, mapping nor policy has, and that the force '
        "knows of: they are not told of as unknown. Of `updates.outcome`, `updates.method`, `victims.category` and "
        "`events.kind`.",
    )


class CrimeSystem(SettingsSection):
    """The crime recording system that is polled, and how: docs/feeds.md shows each kind at work."""

    kind: Literal["http", "files", "database"] = Field("http", description="`http`, `files` or `database`.")
    url: str | None = Field(
        None, description="Where changed crimes are asked for: the address of a feed in pages. Required for `http`."
    )
    officers_url: str | None = Field(
        None, description="Where the officer directory is asked for; absent: none is read."
    )
    directory_shrink_limit: float = Field(
        0.5,
        gt=0,
        le=1,
        description="An officer directory that has lost this share of the usable entries of the last good one, or "
        "more, is not accepted until a person does so (`compliance poll --accept-directory`). 1: only an empty one.",
    )
    token: Secret | None = Field(
        None,
        description="A bearer token: `env:NAME` for an environment variable, `file:PATH` for a file that holds it.",
    )
    certificate: str | None = Field(
        None,
        description="A file with the certificate this service shows (PEM), and its key where `key` names no other.",
    )
    key: str | None = Field(None, description="The file of the certificate's key (PEM, not encrypted).")
    ca_file: str | None = Field(
        None, description="A file of certificate authorities (PEM) to trust in place of the machine's own."
    )
    page_size: int = Field(1000, ge=1, le=10_000, description="How many crimes are asked for or taken at a time.")
    timeout_seconds: float = Field(30, gt=0, le=600, description="How long to wait for an answer.")
    poll_minutes: float = Field(5, gt=0, le=1440, description="How often the feed is polled by `compliance run`.")
    overlap_minutes: float = Field(
        15,
        ge=0,
        le=7 * 1440,
        description="How far back each poll begins, so that what the source committed late is not missed; what is "
        "unchanged costs no write. 0: not at all.",
    )
    crime_link: str | None = Field(
        None,
        description="The address of a crime in the crime system, with `{crime_ref}` in it; shown in emails as a link.",
    )
    oauth: OAuth | None = None
    page: PageNames = PageNames()
    files: Files | None = None
    database: SourceDatabase | None = None
    mapping: FieldMapping = FieldMapping()

    @model_validator(mode="after")
    def _link(self) -> "CrimeSystem":
        link = self.crime_link
        if link and not (re.match(r"https?://[^\s{}]+", link) and link.count("{crime_ref}") == 1):
            raise ValueError(
                f"crime_link: found {link!r}; expected an address with {{crime_ref}} in it once, such as "
                "'https://crimes.force.example/crime/{crime_ref}'"
            )
        return self

    @model_validator(mode="after")
    def _kind(self) -> "CrimeSystem":
        if self.kind == "http" and self.url is None:
            raise ValueError("url: missing; it is required for a feed of kind http")
        if self.kind != "http" and getattr(self, self.kind) is None:
            raise ValueError(f"expected a section [crime_system.{self.kind}] for a feed of kind {self.kind}")
        if self.token is not None and self.oauth is not None:
            raise ValueError("token: expected either a token or [crime_system.oauth], not both")
        if self.key is not None and self.certificate is None:
            raise ValueError("key: expected a certificate with it")
        return self
