"""Entries of a profile, who may read them, and what was opened to whom"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table('disclosure_grant',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('actor_id', sa.BigInteger(), nullable=False),
    sa.Column('to_actor_id', sa.BigInteger(), nullable=False),
    sa.Column('mode', sa.String(length=8), nullable=False),
    sa.Column('parts', sa.Text(), nullable=False),
    sa.Column('starts_at', sa.BigInteger(), nullable=False),
    sa.Column('ends_at', sa.BigInteger(), nullable=False),
    sa.Column('revoked_at', sa.BigInteger(), nullable=True),
    sa.Column('conversation_id', sa.BigInteger(), nullable=True),
    sa.Column('label', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['actor.id'], name=op.f('fk_disclosure_grant_actor_id_actor'), ondelete='cascade'),
    sa.ForeignKeyConstraint(['to_actor_id'], ['actor.id'], name=op.f('fk_disclosure_grant_to_actor_id_actor'), ondelete='cascade'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_disclosure_grant'))
    )
    op.create_index('ix_disclosure_grant_actor', 'disclosure_grant', ['actor_id', 'to_actor_id'], unique=False)
    op.create_table('entry',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('actor_id', sa.BigInteger(), nullable=False),
    sa.Column('slug', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('language', sa.String(length=35), nullable=True),
    sa.Column('translations', sa.Text(), nullable=False),
    sa.Column('tags', sa.Text(), nullable=False),
    sa.Column('link', sa.Text(), nullable=False),
    sa.Column('readers', sa.String(length=16), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('changed_at', sa.BigInteger(), nullable=False),
    sa.Column('published_at', sa.BigInteger(), nullable=True),
    sa.Column('post_id', sa.BigInteger(), nullable=True),
    sa.Column('import_key', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['actor_id'], ['actor.id'], name=op.f('fk_entry_actor_id_actor'), ondelete='cascade'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_entry')),
    sa.UniqueConstraint('actor_id', 'import_key', name=op.f('uq_entry_actor_id_import_key')),
    sa.UniqueConstraint('slug', name=op.f('uq_entry_slug'))
    )
    op.create_index('ix_entry_actor', 'entry', ['actor_id', 'position'], unique=False)
    op.create_index(op.f('ix_entry_post_id'), 'entry', ['post_id'], unique=False)
    op.create_table('hidden_from',
    sa.Column('actor_id', sa.BigInteger(), nullable=False),
    sa.Column('what', sa.String(length=8), nullable=False),
    sa.Column('whom', sa.Text(), nullable=False),
    sa.Column('since', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['actor.id'], name=op.f('fk_hidden_from_actor_id_actor'), ondelete='cascade'),
    sa.PrimaryKeyConstraint('actor_id', 'what', 'whom', name=op.f('pk_hidden_from'))
    )
    op.create_table('ledger',
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('actor_id', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('what', sa.String(length=16), nullable=False),
    sa.Column('with_id', sa.BigInteger(), nullable=True),
    sa.Column('with_handle', sa.Text(), nullable=False),
    sa.Column('grant_id', sa.BigInteger(), nullable=True),
    sa.Column('parts', sa.Text(), nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['actor.id'], name=op.f('fk_ledger_actor_id_actor'), ondelete='cascade'),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_ledger'))
    )
    op.create_index('ix_ledger_actor', 'ledger', ['actor_id', 'number'], unique=False)
    op.create_table('part_set',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('actor_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('parts', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['actor.id'], name=op.f('fk_part_set_actor_id_actor'), ondelete='cascade'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_part_set')),
    sa.UniqueConstraint('actor_id', 'name', name=op.f('uq_part_set_actor_id_name'))
    )
    op.create_table('entry_field',
    sa.Column('entry_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.String(length=16), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.Column('readers', sa.String(length=16), nullable=False),
    sa.Column('stand_in', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['entry_id'], ['entry.id'], name=op.f('fk_entry_field_entry_id_entry'), ondelete='cascade'),
    sa.PrimaryKeyConstraint('entry_id', 'name', name=op.f('pk_entry_field'))
    )
    op.create_table('entry_reader',
    sa.Column('entry_id', sa.BigInteger(), nullable=False),
    sa.Column('field', sa.String(length=16), nullable=False),
    sa.Column('reader_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['entry_id'], ['entry.id'], name=op.f('fk_entry_reader_entry_id_entry'), ondelete='cascade'),
    sa.ForeignKeyConstraint(['reader_id'], ['actor.id'], name=op.f('fk_entry_reader_reader_id_actor'), ondelete='cascade'),
    sa.PrimaryKeyConstraint('entry_id', 'field', 'reader_id', name=op.f('pk_entry_reader'))
    )
    op.create_index('ix_entry_reader_reader', 'entry_reader', ['reader_id'], unique=False)
    op.add_column('post', sa.Column('entry', sa.Text(), nullable=True))
