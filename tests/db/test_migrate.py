"""The schema: brought to the newest revision, by the steps that are there, and by no others."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from fediprof.db import migrate
from fediprof.db.database import Tx
from fediprof.db.opening import open_database
from fediprof.errors import Misconfigured
from fediprof.moderation import policies
from fediprof.schema import metadata

pytestmark = pytest.mark.anyio


def test_revisions_follow_each_other_as_their_files_are_named() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrate._FOLDER))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_current_head() == migrate.newest()
    assert [each.revision for each in scripts.walk_revisions()] == sorted(migrate.revisions(), reverse=True)


async def test_an_empty_database_gets_the_tables_of_the_code_and_no_others(database_url: str) -> None:
    database = await open_database(database_url)

    def differences(tx: Tx) -> list[object]:
        context = MigrationContext.configure(tx, opts={"compare_type": False})
        return list(compare_metadata(context, metadata))

    try:
        assert await database.read(migrate.revision) is None
        await migrate.migrate(database)
        assert await database.read(migrate.revision) == migrate.newest()
        assert await database.read(differences) == []
        await migrate.migrate(database)
    finally:
        await database.close()


async def test_a_database_changed_by_a_newer_version_is_left_alone(database_url: str) -> None:
    database = await open_database(database_url)
    try:
        await migrate.migrate(database)
        await database.write(lambda tx: tx.execute(text("update alembic_version set version_num = '9999'")))
        with pytest.raises(Misconfigured, match="newer fediprof"):
            await migrate.migrate(database)
        assert await database.read(migrate.revision) == "9999"
    finally:
        await database.close()


async def test_blocked_domains_of_before_are_policies_now(database_url: str) -> None:
    database = await open_database(database_url)
    then = 1_790_000_000_000
    rows = [("evil.example", "spam", then), ("worse.example", "", then + 1)]
    try:
        await database.write(lambda tx: migrate.upgrade(tx, "0010"))
        for domain, reason, at in rows:
            await database.write(
                lambda tx, domain=domain, reason=reason, at=at: tx.execute(
                    text("insert into domain_block (domain, reason, created_at) values (:domain, :reason, :at)"),
                    {"domain": domain, "reason": reason, "at": at},
                )
            )
        await migrate.migrate(database)
        kept = await database.read(policies.all_policies)
        assert {each.domain: (each.severity, each.comment) for each in kept.values()} == {
            "evil.example": ("block", "spam"),
            "worse.example": ("block", ""),
        }
        for each in kept.values():
            assert {each.reject_media, each.reject_reports, each.obfuscate} == {False}
            assert (each.public_comment, each.list_id, each.largest, each.per_minute) == ("", None, None, None)
        query = text("select domain, created_at from domain_policy order by domain")
        found = await database.read(lambda tx: tx.execute(query).all())
        assert [tuple(row) for row in found] == [(domain, at) for domain, _, at in rows]
        assert await database.read(lambda tx: policies.domain_blocked(tx, "sub.evil.example"))
        assert not await database.read(lambda tx: inspect(tx).has_table("domain_block"))
    finally:
        await database.close()
