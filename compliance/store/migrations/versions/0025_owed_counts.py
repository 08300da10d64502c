"""Keep counts of what is outstanding. The first judging of a day makes them.

Revision 0025, after 0024.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Add the table."""
    named = ("officer_ref", "team", "division", "requirement", "category", "band")
    op.create_table(
        "owed_count",
        *(sa.Column(name, sa.String(), primary_key=True) for name in named),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
    )
