"""Fields of entries in further languages; a form for a new entry that is sent twice makes one"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("entry_field", sa.Column("translations", sa.Text(), nullable=True))
    op.add_column("entry", sa.Column("form_key", sa.String(length=64), nullable=True))
    op.create_index("ix_entry_form", "entry", ["actor_id", "form_key"], unique=True)
