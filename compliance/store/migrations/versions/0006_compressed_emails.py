"""Store the text of emails compressed: written out, it was more than half of a database.

Revision 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op

from compliance.store.tables.column_types import compress_text

revision = "0006"
down_revision = "0005"

AT_ONCE = 100
OUTBOX = sa.table(
    "outbox",
    sa.column("id", sa.Integer()),
    sa.column("text", sa.String()),
    sa.column("html", sa.String()),
    sa.column("packed_text", sa.LargeBinary()),
    sa.column("packed_html", sa.LargeBinary()),
)


def upgrade() -> None:
    """Compress the texts, some emails at a time, and put them in the place of the former columns."""
    op.add_column("outbox", sa.Column("packed_text", sa.LargeBinary()))
    op.add_column("outbox", sa.Column("packed_html", sa.LargeBinary()))
    _compress(op.get_bind())
    with op.batch_alter_table("outbox") as batch:
        batch.drop_column("text")
        batch.drop_column("html")
    with op.batch_alter_table("outbox") as batch:
        batch.alter_column("packed_text", new_column_name="text", existing_type=sa.LargeBinary(), nullable=False)
        batch.alter_column("packed_html", new_column_name="html", existing_type=sa.LargeBinary())


def _compress(connection: sa.Connection) -> None:
    last = 0
    asked = sa.select(OUTBOX.c.id, OUTBOX.c.text, OUTBOX.c.html).order_by(OUTBOX.c.id).limit(AT_ONCE)
    change = sa.update(OUTBOX).where(OUTBOX.c.id == sa.bindparam("row"))
    while rows := connection.execute(asked.where(OUTBOX.c.id > last)).all():
        packed = [
            {
                "row": row.id,
                "packed_text": compress_text(row.text),
                "packed_html": None if row.html is None else compress_text(row.html),
            }
            for row in rows
        ]
        connection.execute(change, packed)
        last = rows[-1].id
