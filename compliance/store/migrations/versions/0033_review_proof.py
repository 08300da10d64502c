"""Store with a dip sample what counts as proof, and when it was closed.

Revision 0033, after 0032.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("review", sa.Column("proof", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("review", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("review", sa.Column("closed_by", sa.String(), nullable=True))
