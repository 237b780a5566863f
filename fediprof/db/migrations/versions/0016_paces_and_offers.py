"""How many posts a minute a group lets in, what its offers say, and groups that follow it"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0014"


def upgrade() -> None:
    for name, type_, before in (
        ("author_pace", sa.Integer(), "6"),
        ("pace", sa.Integer(), "60"),
        ("offers_a_month", sa.Integer(), "3"),
        ("offers_name_pay", sa.Boolean(), sa.false()),
        ("offers_name_contact", sa.Boolean(), sa.false()),
        ("group_followers", sa.Boolean(), sa.false()),
    ):
        op.add_column("group_actor", sa.Column(name, type_, nullable=False, server_default=before))
    op.add_column("group_post", sa.Column("let_in_at", sa.BigInteger(), nullable=True))
    op.create_index("ix_group_post_let_in", "group_post", ["group_id", "let_in_at"])
