"""Alembic's entry: always online, on the connection `migrate` hands in."""

from alembic import context

from fediprof.schema import metadata
from fediprof.schema.columns import Instant, Json


def plain(kind, item, autogen):  # type: ignore[no-untyped-def]
    """Write our column types as what they are stored as, so that old revisions need no code of today."""
    if kind == "type" and isinstance(item, (Instant, Json)):
        return f"sa.{type(item.impl).__name__}()"
    return False


connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, render_item=plain)
context.run_migrations()
