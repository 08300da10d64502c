"""Keep one audit log in which each entry is chained to the one before; the access log becomes part of it.

Revision 0026, after 0025.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from compliance.store.audit.audit_entry import BEGINNING, AuditEntry, AuditHead, AuditKind, hash_entry, write_details

revision = "0026"
down_revision = "0025"

AT_ONCE = 1000
INSTANT = sa.DateTime(timezone=True)
ACCESS = sa.table(
    "access",
    sa.column("id", sa.BigInteger()),
    sa.column("at", INSTANT),
    *(sa.column(name, sa.String()) for name in ("person", "role", "page")),
    sa.column("asked", sa.JSON()),
    sa.column("crimes", sa.JSON()),
    sa.column("refused", sa.String()),
    sa.column("reason", sa.String()),
)
TEXTS = ("who", "role", "what", "target", "details", "previous", "hash")
AUDIT_ENTRY = sa.table(
    "audit_entry",
    sa.column("number", sa.BigInteger()),
    sa.column("at", INSTANT),
    sa.column("reason", sa.String()),
    *(sa.column(name, sa.String()) for name in TEXTS),
)


def upgrade() -> None:
    """Add the table, put what the access log holds into it, and remove the access log."""
    op.create_table(
        "audit_entry",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("who", "role", "what", "target")),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("reason", sa.String()),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("previous", "hash")),
        sa.PrimaryKeyConstraint("number"),
    )
    _carry_over(op.get_bind())
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"])
    op.create_index("ix_audit_entry_who", "audit_entry", ["who"])
    of_configuration = sa.text("what = 'configuration'")
    op.create_index(
        "ix_audit_entry_configuration",
        "audit_entry",
        ["target", "number"],
        sqlite_where=of_configuration,
        postgresql_where=of_configuration,
    )
    op.drop_table("access")


def _carry_over(connection: sa.Connection) -> None:
    """Chain the rows of the access log in their order, and say in an entry after them that they were carried over."""
    last, head, at = 0, BEGINNING, None
    asked = sa.select(ACCESS).order_by(ACCESS.c.id).limit(AT_ONCE)
    while rows := connection.execute(asked.where(ACCESS.c.id > last)).all():
        head = _append(connection, head, [_entry(row) for row in rows])
        last, at = rows[-1].id, _aware(rows[-1].at)
    if at is not None:
        now = max(at, _aware(datetime.fromisoformat(str(connection.scalar(sa.select(sa.func.current_timestamp()))))))
        details = {"entries": head.number, "from": "access log", "schema": revision}
        told = AuditEntry(now, "compliance migrate", "service", AuditKind.CONFIGURATION, "audit log", details)
        _append(connection, head, [told])


def _entry(row: Any) -> AuditEntry:
    is_program = row.page.startswith("/api/")
    what = AuditKind.DISCLOSURE if is_program else AuditKind.CONSULTATION
    given = {"asked": row.asked, "crimes": row.crimes, "refused": row.refused}
    details = {name: value for name, value in given.items() if value}
    return AuditEntry(_aware(row.at), row.person, row.role, what, row.page, details, row.reason)


def _append(connection: sa.Connection, head: AuditHead, entries: list[AuditEntry]) -> AuditHead:
    values = []
    for entry in entries:
        number, details = head.number + 1, write_details(entry.details)
        new = AuditHead(number, hash_entry(number, entry, details, head.hash))
        values.append(
            {
                "number": number, "at": entry.at, "who": entry.who, "role": entry.role, "what": str(entry.what),
                "target": entry.target, "details": details, "reason": entry.reason, "previous": head.hash,
                "hash": new.hash,
            }
        )  # fmt: skip
        head = new
    connection.execute(sa.insert(AUDIT_ENTRY), values)
    return head


def _aware(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
