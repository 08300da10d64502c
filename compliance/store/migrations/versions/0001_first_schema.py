"""The first schema.

Revision 0001, after none.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

INSTANT = sa.DateTime(timezone=True)
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make every table."""
    _crimes()
    _obligations()
    _mails()


def _crimes() -> None:
    """What the crime system said, and when."""
    op.create_table(
        "crime",
        sa.Column("crime_ref", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("seen_poll", sa.Integer()),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("wake_on", sa.Date()),
        sa.Column("missing_since", INSTANT),
        sa.PrimaryKeyConstraint("crime_ref"),
    )
    op.create_index("ix_crime_wake_on", "crime", ["wake_on"])
    op.create_table(
        "crime_version",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("crime_ref", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("replaced_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_crime_version_ref", "crime_version", ["crime_ref", "seen_at"])
    op.create_index("ix_crime_version_replaced", "crime_version", ["replaced_at", "seen_at"])
    op.create_table(
        "feed",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("cursor", sa.String()),
        sa.Column("moved_at", INSTANT),
        sa.PrimaryKeyConstraint("source"),
    )
    op.create_table(
        "feed_cursor",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("cursor", sa.String(), nullable=False),
        sa.Column("taken_at", INSTANT, nullable=False),
        sa.Column("reaches", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_feed_cursor_source", "feed_cursor", ["source"])
    op.create_table(
        "poll",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_poll_ended_at", "poll", ["ended_at"])
    op.create_index("ix_poll_source", "poll", ["source"])
    op.create_table(
        "quarantine",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("crime_ref", sa.String()),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("cleared_at", INSTANT),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )
    op.create_index("ix_quarantine_crime_ref", "quarantine", ["crime_ref"])
    op.create_table(
        "officer",
        sa.Column("officer_ref", sa.String(), nullable=False),
        sa.Column("name", sa.String()),
        sa.Column("email", sa.String()),
        sa.Column("team", sa.String()),
        sa.Column("division", sa.String()),
        sa.Column("supervisor_ref", sa.String()),
        sa.Column("role", sa.String()),
        sa.Column("left_on", sa.Date()),
        sa.Column("absent", sa.JSON(), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("officer_ref"),
    )


def _obligations() -> None:
    """What follows from it."""
    op.create_table(
        "obligation",
        sa.Column("crime_ref", sa.String(), nullable=False),
        sa.Column("victim_ref", sa.String(), nullable=False),
        sa.Column("requirement", sa.String(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("clock_date", sa.Date(), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("clause", sa.String(), nullable=False),
        sa.Column("discharged_on", sa.Date()),
        sa.Column("reason", sa.String()),
        sa.Column("same_day_update", sa.Boolean()),
        sa.Column("division", sa.String()),
        sa.Column("team", sa.String()),
        sa.Column("officer_ref", sa.String()),
        sa.PrimaryKeyConstraint("crime_ref", "victim_ref", "requirement", "cycle"),
    )
    op.create_index("ix_obligation_due", "obligation", ["due_date"])
    op.create_index("ix_obligation_outstanding", "obligation", ["state", "officer_ref"])
    op.create_table(
        "projection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("policy_digest", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "transition",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("crime_ref", sa.String(), nullable=False),
        sa.Column("victim_ref", sa.String(), nullable=False),
        sa.Column("requirement", sa.String(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("clock_date", sa.Date(), nullable=False),
        sa.Column("from_state", sa.String()),
        sa.Column("to_state", sa.String()),
        sa.Column("dated", sa.Date(), nullable=False),
        sa.Column("noticed_at", INSTANT, nullable=False),
        sa.Column("spell", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_transition_crime", "transition", ["crime_ref"])
    op.create_index("ix_transition_noticed", "transition", ["noticed_at"])


def _mails() -> None:
    """What was told to whom."""
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("recipient_ref", sa.String()),
        sa.Column("to_address", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("html", sa.String()),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("claimed_at", INSTANT),
        sa.Column("sent_at", INSTANT),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", INSTANT),
        sa.Column("problem", sa.String()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("ix_outbox_recipient_ref", "outbox", ["recipient_ref"])
    op.create_index("ix_outbox_state", "outbox", ["state", "next_attempt_at"])
    op.create_table(
        "notice",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("recipient_ref", sa.String(), nullable=False),
        sa.Column("crime_ref", sa.String(), nullable=False),
        sa.Column("victim_ref", sa.String(), nullable=False),
        sa.Column("requirement", sa.String(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("clock_date", sa.Date(), nullable=False),
        sa.Column("spell", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("outbox_id", sa.Integer()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "recipient_ref",
            "crime_ref",
            "victim_ref",
            "requirement",
            "cycle",
            "clock_date",
            "spell",
            "step",
            "decided_on",
            name="uq_notice",
        ),
    )
    op.create_index("ix_notice_crime", "notice", ["crime_ref"])
    op.create_index("ix_notice_outbox", "notice", ["outbox_id"])
    op.create_table(
        "published",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("edition", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("as_at", INSTANT, nullable=False),
        sa.Column("known_at", INSTANT, nullable=False),
        sa.Column("policy_digest", sa.String(), nullable=False),
        sa.Column("policy", sa.JSON(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("published_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("period", "edition", "version", name="uq_published"),
    )
    op.create_table(
        "removal",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("crime_digest", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=False),
        sa.Column("removed_at", INSTANT, nullable=False),
        sa.Column("versions", sa.Integer(), nullable=False),
        sa.Column("obligations", sa.Integer(), nullable=False),
        sa.Column("transitions", sa.Integer(), nullable=False),
        sa.Column("notices", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_removal_crime_digest", "removal", ["crime_digest"])
