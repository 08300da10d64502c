"""Store who is signed in to the pages and the access log; a dispute may be filed on a page, without an email.

Revision 0019, after 0018.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Add the tables, and let a dispute name no email."""
    op.create_table(
        "web_session",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("ended", sa.String()),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "access",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("crimes", sa.JSON(), nullable=False),
        sa.Column("refused", sa.String()),
        sa.Column("reason", sa.String()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_access_at", "access", ["at"])
    op.create_index("ix_access_person", "access", ["person"])
    with op.batch_alter_table("dispute") as batch:
        batch.alter_column("outbox_id", existing_type=sa.Integer(), nullable=True)
