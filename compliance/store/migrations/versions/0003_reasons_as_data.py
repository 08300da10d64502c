"""Store why a notice was decided as data: the reason and its date, in columns of their own.

Revision 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

DATED = [
    ("told on ", "told before"),
    ("address refused on ", "address refused"),
    ("mailbox has put mail off since ", "mailbox has put mail off"),
]
"""The former text of a reason before its date, and the reason's name."""


def upgrade() -> None:
    """Add the dates, and split the stored sentences into a reason and its date."""
    op.add_column("notice", sa.Column("since", sa.Date()))
    op.add_column("notice", sa.Column("rerouted_since", sa.Date()))
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    before = "substr(reason, 1, instr(reason, '; rerouted: ') - 1)"
    if on_postgresql:
        before = "split_part(reason, '; rerouted: ', 1)"
    op.execute(f"UPDATE notice SET reason = {before} WHERE reason LIKE '%; rerouted: %'")  # noqa: S608
    for column, since in (("reason", "since"), ("rerouted", "rerouted_since")):
        for text, name in DATED:
            day = f"substr({column}, {len(text) + 1}, 10)"
            if on_postgresql:
                day = f"CAST({day} AS DATE)"
            op.execute(
                f"UPDATE notice SET {since} = {day}, {column} = '{name}' WHERE {column} LIKE '{text}%'"  # noqa: S608
            )
