"""The emails to the readers of reports: each is queued once, in the transaction of what it tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlmodel import Session

from compliance.config import Settings
from compliance.mail import Rendered, bare_address, enqueue, row_of
from compliance.reports.model.report_model import Figures
from compliance.reports.rendering.announcement import announce

log = structlog.get_logger()


@dataclass(frozen=True)
class ReportMail:
    """The emails to readers at an instant."""

    settings: Settings
    now: datetime

    def announce(self, session: Session, figures: Figures, files: Sequence[str]) -> None:
        """Queue the email about a new report of the board's edition, once for every version."""
        if figures.edition != "board":
            return
        report = self.settings.report
        told = announce(figures, files, str(self.settings.path(report.folder)), report.link)
        if told.problem:
            log.error("readers are mailed without HTML", problem=told.problem)
        content = Rendered(told.subject, told.text, told.html)
        self.queue(session, f"{figures.period}/{figures.edition}/{figures.version}", content)

    def queue(self, session: Session, what: str, content: Rendered) -> None:
        """Queue an email to each reader, once for what it tells."""
        mail = self.settings.mail
        headers = {"From": mail.sender} | ({"Reply-To": mail.reply_to} if mail.reply_to else {})
        rows = [
            row_of(
                key=f"report/{what}/{reader}", kind="report", recipient_ref=None, to_address=reader, content=content,
                headers=headers, domain=bare_address(mail.sender).partition("@")[2], now=self.now,
            )
            for reader in self.settings.report.readers
        ]  # fmt: skip
        enqueue(session, rows)
