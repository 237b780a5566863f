"""Introductions by a third: who is proposed to whom, and what each of them answered"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "introduction",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("conversation_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["by_id"], ["actor.id"], name=op.f("fk_introduction_by_id_actor"), ondelete="cascade"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_introduction")),
    )
    op.create_index("ix_introduction_by", "introduction", ["by_id", "id"], unique=False)
    op.create_index("ix_introduction_state", "introduction", ["state", "ends_at"], unique=False)
    op.create_table(
        "introduction_party",
        sa.Column("introduction_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("place", sa.String(length=8), nullable=False),
        sa.Column("answer", sa.String(length=8), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("note_iri", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["introduction_id"],
            ["introduction.id"],
            name=op.f("fk_introduction_party_introduction_id_introduction"),
            ondelete="cascade",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["actor.id"], name=op.f("fk_introduction_party_person_id_actor"), ondelete="cascade"
        ),
        sa.PrimaryKeyConstraint("introduction_id", "person_id", name=op.f("pk_introduction_party")),
    )
    op.create_index("ix_introduction_party_note", "introduction_party", ["note_iri"], unique=False)
    op.create_index("ix_introduction_party_person", "introduction_party", ["person_id"], unique=False)
    op.create_table(
        "introduction_question",
        sa.Column("post_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_introduction_question_post_id_post"), ondelete="cascade"
        ),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_introduction_question")),
    )
