"""Policies for servers and accounts, lists of them, erasures"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "policy_list",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("automatic_below", sa.Integer(), nullable=True),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("modified", sa.Text(), nullable=True),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_list")),
        sa.UniqueConstraint("url", name=op.f("uq_policy_list_url")),
    )
    op.create_table(
        "domain_policy",
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("reject_media", sa.Boolean(), nullable=False),
        sa.Column("reject_reports", sa.Boolean(), nullable=False),
        sa.Column("obfuscate", sa.Boolean(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("public_comment", sa.Text(), nullable=False),
        sa.Column("list_id", sa.BigInteger(), nullable=True),
        sa.Column("largest", sa.Integer(), nullable=True),
        sa.Column("per_minute", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["policy_list.id"], name=op.f("fk_domain_policy_list_id_policy_list"), ondelete="set null"
        ),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_domain_policy")),
    )
    op.create_table(
        "policy_line",
        sa.Column("list_id", sa.BigInteger(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("reject_media", sa.Boolean(), nullable=False),
        sa.Column("reject_reports", sa.Boolean(), nullable=False),
        sa.Column("obfuscate", sa.Boolean(), nullable=False),
        sa.Column("public_comment", sa.Text(), nullable=False),
        sa.Column("put_aside", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["policy_list.id"], name=op.f("fk_policy_line_list_id_policy_list"), ondelete="cascade"
        ),
        sa.PrimaryKeyConstraint("list_id", "domain", name=op.f("pk_policy_line")),
    )
    op.create_table(
        "sanction",
        sa.Column("actor_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=True),
        sa.Column("erases", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_sanction_actor_id_actor"), ondelete="cascade"
        ),
        sa.PrimaryKeyConstraint("actor_id", name=op.f("pk_sanction")),
    )
    op.create_table(
        "erasure",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("username", sa.Text(), nullable=True),
        sa.Column("activity_iri", sa.Text(), nullable=True),
        sa.Column("erased_at", sa.BigInteger(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_erasure_secret_hash")),
    )
    op.create_table(
        "server_note",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_server_note")),
    )
    columns = "domain, severity, reject_media, reject_reports, obfuscate, comment, public_comment, created_at"
    kept = "domain, 'block', false, false, false, reason, '', created_at"
    op.execute(f"insert into domain_policy ({columns}) select {kept} from domain_block")  # noqa: S608 - our own words
    op.drop_table("domain_block")
