"""Store the stamps of the audit log by a time-stamping service, and index its entries about the outbox.

Revision 0029, after 0028.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Add both."""
    op.create_table(
        "audit_stamp",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stamped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    of_outbox = sa.text("what = 'disclosure' AND target = 'outbox'")
    op.create_index(
        "ix_audit_entry_outbox", "audit_entry", ["number"], sqlite_where=of_outbox, postgresql_where=of_outbox
    )
