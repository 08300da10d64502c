"""Store who answered a dispute; find emails in a state by number, and those to an address, for the pages.

Revision 0020, after 0019.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Add the column and the indexes."""
    op.add_column("dispute", sa.Column("answered_by", sa.String()))
    op.create_index("ix_outbox_listed", "outbox", ["state", "id"])
    op.create_index("ix_outbox_address", "outbox", ["to_address", "state"])
