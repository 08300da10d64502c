"""Store disputes: replies that say that an email is wrong, the victims they concern, and the answers.

Revision 0014, after 0013.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "dispute",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("outbox_id", sa.Integer(), nullable=False),
        sa.Column("recipient_ref", sa.String()),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("is_assigned", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.String()),
        sa.Column("note", sa.LargeBinary()),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "disputed_victim",
        sa.Column("dispute_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("crime_ref", sa.String(), nullable=False),
        sa.Column("victim_ref", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("dispute_id", "crime_ref", "victim_ref"),
    )
    op.create_index("ix_disputed_victim_crime", "disputed_victim", ["crime_ref"])
