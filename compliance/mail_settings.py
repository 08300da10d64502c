"""The settings of email: the mail server, and what emails say of where they come from (docs/mail.md)."""

from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from compliance.feed_settings import Secret, SettingsSection

FolderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._/-]*$")]
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class DeliverySettings(SettingsSection):
    """How the outbox is emptied."""

    per_minute: int | None = Field(
        None, ge=1, description="At most so many emails a minute, evenly; absent: as fast as they are taken."
    )
    uncertain: Literal["resend", "hold"] = Field(
        "resend",
        description="What becomes of an email of which nobody can know whether the mail server took it: sent once more "
        "with the same Message-ID, or held until a person decides (docs/mail.md).",
    )


class MailServer(SettingsSection):
    """Where emails are handed over. The server's certificate and name are always checked."""

    host: str = Field(description="The mail server.")
    port: int = Field(25, ge=1, le=65535, description="Its port.")
    security: Literal["plain", "starttls", "tls"] = Field("starttls", description="`plain`, `starttls` or `tls`.")
    username: str | None = Field(None, description="The user name, where the server asks for one.")
    password: Secret | None = Field(None, description="The password: `env:NAME` or `file:PATH`.")
    timeout_seconds: float = Field(30, gt=0, le=120, description="How long to wait for the mail server.")
    ca_file: str | None = Field(
        None, description="A file of certificate authorities (PEM) to trust in place of the machine's own."
    )

    @model_validator(mode="after")
    def _check_password(self) -> "MailServer":
        if (self.username is None) != (self.password is None):
            raise ValueError("give both username and password, or neither")
        if self.username is not None and self.security == "plain" and self.host not in _LOOPBACK:
            raise ValueError(
                f"a password is not sent over a plain connection to {self.host}; set security to 'starttls' or 'tls'"
            )
        return self


class InboundMail(SettingsSection):
    """The mailbox in which bounces are read, so that an email that was not delivered after all does not count as told:
    a Maildir on this machine, or a mailbox of an IMAP server over TLS (docs/mail.md). The server's certificate and name
    are always checked."""

    bounce_address: str = Field(
        description="Where reports on delivery go, an address of that mailbox. Each email has its own, with a token: "
        "`bounces+TOKEN@force.example`."
    )
    reply_address: str | None = Field(
        None,
        description="Where replies to reminders go, another address of that mailbox, in place of `reply_to`: a reply "
        "is filed as a dispute, for the performance team to answer. Absent: replies are not read.",
    )
    maildir: str | None = Field(None, description="The folder of a Maildir, relative to this file, if it is one.")
    host: str | None = Field(None, description="The IMAP server, if it is one.")
    port: int = Field(993, ge=1, le=65535, description="Its port.")
    security: Literal["starttls", "tls"] = Field("tls", description="`tls` from the first byte, or `starttls`.")
    username: str | None = Field(None, description="The user name at the IMAP server.")
    password: Secret | None = Field(None, description="The password there: `env:NAME` or `file:PATH`.")
    timeout_seconds: float = Field(30, gt=0, le=120, description="How long to wait for the IMAP server.")
    ca_file: str | None = Field(
        None, description="A file of certificate authorities (PEM) to trust in place of the machine's own."
    )
    mailbox: FolderName = Field("INBOX", description="The mailbox at the IMAP server.")
    done_folder: FolderName | None = Field(
        None, description="Where messages are moved that have been dealt with; absent: they are deleted."
    )
    other_folder: FolderName = Field(
        "Other", description="Where messages are moved that are neither bounces nor automatic replies to our emails."
    )

    @model_validator(mode="after")
    def _check_place(self) -> "InboundMail":
        if (self.maildir is None) == (self.host is None):
            raise ValueError("give either maildir or host")
        if self.host is not None and None in (self.username, self.password):
            raise ValueError("an IMAP server needs username and password")
        if self.maildir is not None and "/" in f"{self.done_folder}{self.other_folder}":
            raise ValueError("the name of a folder of a Maildir has no '/' in it")
        if self.reply_address is not None and self.reply_address.lower() == self.bounce_address.lower():
            raise ValueError("reply_address and bounce_address must differ")
        if self.mailbox in (self.done_folder, self.other_folder):
            raise ValueError(f"done_folder and other_folder must be others than mailbox, {self.mailbox!r}")
        return self


class MailSettings(DeliverySettings, MailServer):
    """The mail server and what emails say of where they come from."""

    sender: str = Field(description="The address emails come from.")
    reply_to: str | None = Field(None, description="Where a reply goes: the performance team.")
    performance_team: list[Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]] = Field(
        [],
        description="Who is mailed, on working days on which there is something to tell, which emails did not reach "
        "their readers, and what to do (docs/mail.md): addresses.",
    )
    allow: list[str] | None = Field(
        None,
        description="A pilot: only these addresses (`name@domain`) and domains (`@domain`) are written to, and every "
        "other email becomes a file in `pilot_folder`. Absent: no pilot, everybody is written to.",
    )
    pilot_folder: str = Field(
        "var/pilot", description="Where a pilot's unsent emails are written, relative to this file."
    )
    inbound: InboundMail | None = None

    @property
    def replies_to(self) -> str | None:
        """Where a reply to a reminder goes: where replies are read, or else the performance team; None: nowhere."""
        return (self.inbound and self.inbound.reply_address) or self.reply_to
