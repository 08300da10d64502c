"""Store since when polls have brought nothing new, so that one row stands for all in a row.

Revision 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column; the polls so far stay as they are."""
    op.add_column("poll", sa.Column("idle_since", sa.DateTime(timezone=True)))
