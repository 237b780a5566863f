"""Deliveries that wait, by host and in their order: a host far behind costs no more to look at than another"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    waiting = sa.text("state = 'waiting'")
    op.create_index("ix_delivery_waiting", "delivery", ["host", "id"], sqlite_where=waiting, postgresql_where=waiting)
