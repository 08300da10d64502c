"""Store the victim's category with each obligation, and an index for the lists of what is owed.

Revision 0022, after 0021.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Add both. Every crime is judged again at the next run, as after a change of the policy: that fills the column."""
    op.add_column("obligation", sa.Column("category", sa.String()))
    outstanding = sa.text("state NOT IN ('met', 'late', 'missed', 'lapsed', 'exempt')")
    op.create_index(
        "ix_obligation_owed", "obligation",
        ["due_date", "crime_ref", "victim_ref", "requirement", "cycle", "state", "division", "team", "officer_ref",
         "category"],
        sqlite_where=outstanding, postgresql_where=outstanding,
    )  # fmt: skip
    op.execute("UPDATE crime SET wake_on = '0001-01-01'")
