"""Store which crime system a cursor belongs to, and until when the crime system asked for no requests.

Revision 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the columns. The next poll fills `origin` in, because an earlier version did not note it."""
    op.add_column("feed", sa.Column("origin", sa.String()))
    op.add_column("feed", sa.Column("ask_again_at", sa.DateTime(timezone=True)))
    op.add_column("feed", sa.Column("directory_ask_again_at", sa.DateTime(timezone=True)))
