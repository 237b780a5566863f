"""What was opened to members by people of other servers"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "received_grant",
        sa.Column("post_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entries", sa.Text(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_received_grant_post_id_post"), ondelete="cascade"
        ),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_received_grant")),
    )
