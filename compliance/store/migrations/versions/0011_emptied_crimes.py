"""Store how many crimes each poll emptied of updates or victims.

Revision 0011, after 0010.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the column; of the polls so far it is not known, which counts as none."""
    op.add_column("poll", sa.Column("emptied", sa.Integer(), nullable=False, server_default="0"))
