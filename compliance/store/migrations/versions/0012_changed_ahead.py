"""Find crimes whose `changed_at` lies ahead of when they were seen, without reading all crimes.

Revision 0012, after 0011.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the index. Few crimes are in it: a record has changed before it is seen."""
    ahead = sa.text("changed_at > seen_at")
    op.create_index("ix_crime_changed_ahead", "crime", ["changed_at"], sqlite_where=ahead, postgresql_where=ahead)
