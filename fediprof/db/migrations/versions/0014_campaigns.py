"""First private messages of about the same text"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=True),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("signed_at", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("reached", sa.Integer(), nullable=False),
        sa.Column("dismissed_at", sa.BigInteger(), nullable=True),
        sa.Column("dismissed_by", sa.BigInteger(), nullable=True),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.Column("told_by", sa.BigInteger(), nullable=True),
        sa.Column("told_iris", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["actor.id"], name=op.f("fk_campaign_member_id_actor"), ondelete="cascade"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
    )
    op.create_index("ix_campaign_scope", "campaign", ["scope", "reached", "last_at"], unique=False)
    op.create_index("ix_campaign_reached", "campaign", ["reached", "last_at"], unique=False)
    op.create_index("ix_campaign_member", "campaign", ["member_id"], unique=False)
    op.create_table(
        "campaign_band",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_band_campaign_id_campaign"), ondelete="cascade"
        ),
        sa.PrimaryKeyConstraint("key", "campaign_id", name=op.f("pk_campaign_band")),
    )
    op.create_index("ix_campaign_band_campaign", "campaign_band", ["campaign_id"], unique=False)
    op.create_table(
        "campaign_copy",
        sa.Column("post_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("sender_id", sa.BigInteger(), nullable=False),
        sa.Column("recipient", sa.BigInteger(), nullable=False),
        sa.Column("sentences", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_copy_campaign_id_campaign"), ondelete="cascade"
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_campaign_copy_post_id_post"), ondelete="cascade"
        ),
        sa.ForeignKeyConstraint(
            ["sender_id"], ["actor.id"], name=op.f("fk_campaign_copy_sender_id_actor"), ondelete="cascade"
        ),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_campaign_copy")),
    )
    op.create_index("ix_campaign_copy_recipient", "campaign_copy", ["campaign_id", "recipient"], unique=False)
    op.create_index("ix_campaign_copy_sender", "campaign_copy", ["sender_id"], unique=False)
    op.create_index("ix_campaign_copy_whose", "campaign_copy", ["recipient"], unique=False)
    op.create_index("ix_campaign_copy_at", "campaign_copy", ["at"], unique=False)
