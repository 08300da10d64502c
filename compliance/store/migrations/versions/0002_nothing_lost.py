"""What must not be lost in silence: obligations set aside, reports owed, unknown values, the directory's state.

Revision 0002, after 0001.
"""

from itertools import product

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

INSTANT = sa.DateTime(timezone=True)
KINDS = [("week", "____-W__", ""), ("month", "____-__", "____-Q_"), ("quarter", "____-Q_", "")]
"""How the periods of each kind are written, and how they are not."""


def upgrade() -> None:
    """Add the tables and columns; what is held stays as it is. A kind of period that was published before is owed since
    its first report, in whichever editions and forms the settings ask for."""
    op.create_table(
        "set_aside",
        sa.Column("crime_ref", sa.String(), nullable=False),
        sa.Column("victim_ref", sa.String(), nullable=False),
        sa.Column("requirement", sa.String(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("clause", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("crime_ref", "victim_ref", "requirement", "cycle"),
    )
    op.create_table(
        "report_duty",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("edition", sa.String(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("kind", "edition", "form"),
    )
    op.create_table(
        "unknown_value",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("source", "field", "value"),
    )
    op.add_column("poll", sa.Column("officers", sa.Integer()))
    op.add_column("poll", sa.Column("directory_problem", sa.String()))
    op.add_column("crime", sa.Column("changed_at", INSTANT))
    op.add_column("crime_version", sa.Column("late", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("outbox", sa.Column("deferred_since", INSTANT))
    _report_duties()
    op.add_column("notice", sa.Column("rerouted", sa.String()))
    op.add_column("notice", sa.Column("obstacles", sa.JSON()))
    of_text = "substr(reason, instr(reason, '; rerouted: ') + 12)"
    if op.get_bind().dialect.name == "postgresql":
        of_text = "split_part(reason, '; rerouted: ', 2)"
    op.execute(f"UPDATE notice SET rerouted = {of_text} WHERE reason LIKE '%; rerouted: %'")  # noqa: S608


def _report_duties() -> None:
    """What was published before is owed from its first report on."""
    for kind, like, unlike in KINDS:
        for edition, form in product(("board", "division", "public"), ("html", "pdf", "xlsx", "csv", "json")):
            op.execute(
                sa.text(
                    "INSERT INTO report_duty (kind, edition, form, since) SELECT :kind, :edition, :form, since FROM "
                    "(SELECT MIN(published_at) AS since FROM published WHERE period LIKE :like "
                    "AND period NOT LIKE :unlike) AS earliest WHERE since IS NOT NULL"
                ).bindparams(kind=kind, edition=edition, form=form, like=like, unlike=unlike)
            )
