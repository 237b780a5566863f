"""Visitors' logins, sessions and links"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "login_app",
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("client_secret", sa.LargeBinary(), nullable=False),
        sa.Column("scope", sa.String(length=32), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_login_app")),
    )
    op.create_table(
        "login_attempt",
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("browser_hash", sa.String(length=64), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("says_issuer", sa.Boolean(), nullable=False),
        sa.Column("token_url", sa.Text(), nullable=False),
        sa.Column("revoke_url", sa.Text(), nullable=False),
        sa.Column("back", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_login_attempt")),
    )
    op.create_table(
        "login_code",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("browser_hash", sa.String(length=64), nullable=False),
        sa.Column("salt", sa.String(length=16), nullable=False),
        sa.Column("back", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_login_code_actor_id_actor"), ondelete="cascade"
        ),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_login_code")),
        sa.UniqueConstraint("browser_hash", name=op.f("uq_login_code_browser_hash")),
    )
    op.create_index(op.f("ix_login_code_actor_id"), "login_code", ["actor_id"])
    op.create_table(
        "visitor_session",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("only_at", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_visitor_session_actor_id_actor"), ondelete="cascade"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visitor_session")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_visitor_session_secret_hash")),
    )
    op.create_index(op.f("ix_visitor_session_actor_id"), "visitor_session", ["actor_id"])
    op.create_table(
        "capability_link",
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("grant_id", sa.BigInteger(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("uses_left", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_capability_link_actor_id_actor"), ondelete="cascade"
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["actor.id"], name=op.f("fk_capability_link_owner_id_actor"), ondelete="cascade"
        ),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_capability_link")),
    )
    for name in ("actor_id", "grant_id", "owner_id"):
        op.create_index(op.f(f"ix_capability_link_{name}"), "capability_link", [name])
