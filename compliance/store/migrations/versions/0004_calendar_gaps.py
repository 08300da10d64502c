"""Store on which side of the calendar the days of an obligation set aside lie, in a column of its own.

Revision 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column, and fill it from the stored sentences."""
    op.add_column("set_aside", sa.Column("gap", sa.String(), nullable=False, server_default="after the calendar"))
    op.execute("UPDATE set_aside SET gap = 'before the calendar' WHERE reason LIKE '%before the calendar does%'")
