"""Groups: their rules, moderators and members, what is posted in them, what was decided"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "group_actor",
        sa.Column("actor_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("local", sa.Boolean(), nullable=False),
        sa.Column("membership", sa.String(length=16), nullable=False),
        sa.Column("posting", sa.String(length=16), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("hold_newcomers", sa.Boolean(), nullable=False),
        sa.Column("votes", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("moderators", sa.Text(), nullable=True),
        sa.Column("founder_id", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closing_words", sa.Text(), nullable=False),
        sa.Column("fetched_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_group_actor_actor_id_actor"), ondelete="cascade"
        ),
        sa.PrimaryKeyConstraint("actor_id", name=op.f("pk_group_actor")),
    )
    op.create_table(
        "group_moderator",
        sa.Column("group_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("iri", sa.Text(), nullable=False),
        sa.Column("appointed_by", sa.Text(), nullable=False),
        sa.Column("appointed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["actor.id"], name=op.f("fk_group_moderator_group_id_actor"), ondelete="cascade"
        ),
        sa.PrimaryKeyConstraint("group_id", "iri", name=op.f("pk_group_moderator")),
    )
    op.create_index("ix_group_moderator_iri", "group_moderator", ["iri"], unique=False)
    op.create_table(
        "group_standing",
        sa.Column("group_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("actor_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("vetted", sa.Boolean(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("ban_iri", sa.Text(), nullable=True),
        sa.Column("ban_reason", sa.Text(), nullable=False),
        sa.Column("banned_at", sa.BigInteger(), nullable=True),
        sa.Column("ban_ends_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_group_standing_actor_id_actor"), ondelete="cascade"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["actor.id"], name=op.f("fk_group_standing_group_id_actor"), ondelete="cascade"
        ),
        sa.PrimaryKeyConstraint("group_id", "actor_id", name=op.f("pk_group_standing")),
    )
    op.create_index("ix_group_standing_actor", "group_standing", ["actor_id"], unique=False)
    op.create_table(
        "announced_vote",
        sa.Column("post_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("voter_iri", sa.Text(), nullable=False),
        sa.Column("iri", sa.Text(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_announced_vote_post_id_post"), ondelete="cascade"
        ),
        sa.PrimaryKeyConstraint("post_id", "voter_iri", name=op.f("pk_announced_vote")),
    )
    op.create_index(op.f("ix_announced_vote_iri"), "announced_vote", ["iri"], unique=False)
    op.create_table(
        "group_post",
        sa.Column("post_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("group_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("locked_at", sa.BigInteger(), nullable=True),
        sa.Column("pinned_at", sa.BigInteger(), nullable=True),
        sa.Column("ups", sa.Integer(), nullable=False),
        sa.Column("downs", sa.Integer(), nullable=False),
        sa.Column("active_at", sa.BigInteger(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("activity_iri", sa.Text(), nullable=True),
        sa.Column("received", sa.LargeBinary(), nullable=True),
        sa.Column("announce_iri", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["actor.id"], name=op.f("fk_group_post_group_id_actor"), ondelete="cascade"
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_group_post_post_id_post"), ondelete="cascade"
        ),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_group_post")),
    )
    op.create_index("ix_group_post_active", "group_post", ["group_id", "active_at"], unique=False)
    op.create_index("ix_group_post_state", "group_post", ["group_id", "state"], unique=False)
    op.create_index("ix_group_post_thread", "group_post", ["group_id", "thread_id"], unique=False)
    op.create_table(
        "moderation_event",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("group_id", sa.BigInteger(), nullable=True),
        sa.Column("by_iri", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=24), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=True),
        sa.Column("subject_iri", sa.Text(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("rule", sa.Integer(), nullable=True),
        sa.Column("ends_at", sa.BigInteger(), nullable=True),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.Column("activity_iri", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["actor.id"], name=op.f("fk_moderation_event_group_id_actor"), ondelete="cascade"
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_moderation_event_post_id_post"), ondelete="set null"
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["actor.id"], name=op.f("fk_moderation_event_subject_id_actor"), ondelete="set null"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_event")),
    )
    op.create_index("ix_moderation_event_group", "moderation_event", ["group_id", "id"], unique=False)
    op.create_index("ix_moderation_event_subject", "moderation_event", ["subject_id", "id"], unique=False)
    op.create_table(
        "contest",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["actor.id"], name=op.f("fk_contest_by_id_actor"), ondelete="cascade"),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["moderation_event.id"],
            name=op.f("fk_contest_event_id_moderation_event"),
            ondelete="cascade",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contest")),
        sa.UniqueConstraint("event_id", name=op.f("uq_contest_event_id")),
    )
    op.create_index("ix_contest_state", "contest", ["state"], unique=False)
    op.add_column("post", sa.Column("group_id", sa.BigInteger(), nullable=True))
    op.create_index("ix_post_group", "post", ["group_id"], unique=False)
    op.add_column("report", sa.Column("group_id", sa.BigInteger(), nullable=True))
    op.add_column("report", sa.Column("decision", sa.Text(), nullable=False, server_default=""))
    op.add_column("report", sa.Column("decided_by", sa.Text(), nullable=True))
    op.add_column("report", sa.Column("decided_at", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_report_group_id"), "report", ["group_id"], unique=False)
