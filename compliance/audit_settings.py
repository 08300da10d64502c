"""The settings of the audit log: who stamps it with the time (docs/audit.md)."""

from typing import Self

from pydantic import Field, model_validator

from compliance.feed_settings import SettingsSection, Url


class AuditSettings(SettingsSection):
    """Stamps of the audit log by a time-stamping service (RFC 3161), which knows nothing of it but a hash. With both
    settings, the head of the log is stamped once a day when there are new entries (docs/audit.md)."""

    timestamp_url: Url | None = Field(
        None,
        description="The address of the time-stamping service, which takes queries by HTTP POST: the address, or "
        "`env:NAME` or `file:PATH` that holds it; absent: the log is not stamped.",
    )
    authority: str | None = Field(
        None,
        description="A PEM file, relative to this file, of the certificates that are trusted for stamps: of the "
        "authority at the top, and of those below it that the service does not send. Keep those of earlier stamps.",
    )
    timeout_seconds: float = Field(30, gt=0, le=600, description="How long the service may take to answer.")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.timestamp_url is not None and self.authority is None:
            raise ValueError("timestamp_url is set, and authority is not: it names the certificates trusted for stamps")
        return self
