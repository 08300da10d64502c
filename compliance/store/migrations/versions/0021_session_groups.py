"""Store with a session which groups the person was in, where nothing says so at every request.

Revision 0021, after 0020.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Add the column; the sessions there are have none."""
    op.add_column("web_session", sa.Column("groups", sa.JSON()))
