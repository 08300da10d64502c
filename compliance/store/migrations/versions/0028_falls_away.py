"""Store whether a pending obligation falls away as its case is closed, and index what was owed when a case closed.

Revision 0028, after 0026.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0026"


def upgrade() -> None:
    """Add the column and both indexes. Every crime with a pending obligation is judged again at the next run, which
    fills the column and makes the counts of what is outstanding."""
    op.add_column("obligation", sa.Column("falls_away", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.drop_index("ix_obligation_owed", "obligation")
    outstanding = sa.text("state NOT IN ('met', 'late', 'missed', 'lapsed', 'exempt')")
    op.create_index(
        "ix_obligation_owed", "obligation",
        ["due_date", "crime_ref", "victim_ref", "requirement", "cycle", "state", "division", "team", "officer_ref",
         "category", "falls_away"],
        sqlite_where=outstanding, postgresql_where=outstanding,
    )  # fmt: skip
    at_close = sa.text("state = 'missed' AND clause = '5.6'")
    op.create_index(
        "ix_obligation_at_close", "obligation", ["officer_ref", "due_date", "crime_ref"],
        sqlite_where=at_close, postgresql_where=at_close,
    )  # fmt: skip
    op.execute("DELETE FROM owed_count")
    op.execute(
        "UPDATE crime SET wake_on = '0001-01-01' "
        "WHERE crime_ref IN (SELECT crime_ref FROM obligation WHERE state = 'pending')"
    )
