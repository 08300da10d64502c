"""Store what the pages asked to be worked out in the background, how far it is, and what came of it.

Revision 0024, after 0023.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "background_task",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("asked", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("of", sa.Integer()),
        sa.Column("result", sa.LargeBinary()),
        sa.Column("problem", sa.String()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_background_task_state", "background_task", ["state"])
