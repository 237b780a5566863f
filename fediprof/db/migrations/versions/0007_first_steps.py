"""A member's first steps"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "beginning",
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("aim", sa.String(length=16), nullable=False),
        sa.Column("readers", sa.String(length=16), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_beginning_actor_id_actor"), ondelete="cascade"
        ),
        sa.PrimaryKeyConstraint("actor_id", name=op.f("pk_beginning")),
    )
