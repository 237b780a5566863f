"""A backup is made from the console, by a job; it lies on the disk, and is given out at no address."""

from __future__ import annotations

import json
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from fediprof.backups import archive, folder
from fediprof.backups.commands import AskForBackup, ask_for_backup
from fediprof.errors import NotAllowed
from fediprof.moderation import notes
from tests.conftest import make_member
from tests.web.conftest import browse, member

__all__ = ["browse", "member"]
pytestmark = pytest.mark.anyio


def files(settings) -> list[Path]:  # type: ignore[no-untyped-def]
    return sorted(folder.of(settings).glob("*"))


async def test_it_is_asked_for_made_listed_and_thrown_away(services, marie, member, client, drain) -> None:
    settings = services.settings
    picture = settings.data / "uploads" / "ab" / "cd"
    picture.mkdir(parents=True)
    (picture / "one.webp").write_bytes(b"picture")
    await member.open("/admin/storage")
    assert "None was made yet" in member.text
    await member.press("/backup", "Make a backup now")
    assert "It is made in the background" in member.text
    assert "One is being made" in member.text
    assert files(settings) == [], "not in the request"
    await member.press("/backup", "Make a backup now")
    assert member.status == 422
    assert "A backup is being made already" in member.text
    # What a process that was killed at it left is cleared away
    (settings.data / "backups").mkdir()
    (settings.data / "backups" / "backup-2026-01-01-000000.tar.gz.part").write_bytes(b"half")
    (settings.data / "backups" / ".backup-x").mkdir()
    await drain()
    [made] = files(settings)
    assert made.stat().st_mode & 0o777 == 0o600
    assert made.parent.stat().st_mode & 0o777 == 0o700
    with tarfile.open(made) as opened:
        names = opened.getnames()
        manifest = json.load(opened.extractfile("manifest.json"))  # type: ignore[arg-type]
    assert "uploads/ab/cd/one.webp" in names
    assert ("database.sqlite3" in names) is settings.database_url.startswith("sqlite")
    assert ("tables/account.jsonl" in names) is not settings.database_url.startswith("sqlite")
    assert not [name for name in names if name.startswith("keys/")]
    assert manifest["keys"] is False
    await member.open("/admin/storage")
    assert made.name in member.text
    assert str(made.parent.absolute()) in member.text
    assert "One is being made" not in member.text
    assert "The last was made" in member.text
    for path in (f"/data/backups/{made.name}", f"/static/../data/backups/{made.name}", f"/admin/storage/{made.name}"):
        assert (await member.open(path)).status == 404
        assert (await client.get(path)).status_code in (401, 404)
    await member.open("/admin/storage")
    await member.press("/throw-away", "Throw it away for good")
    assert "The backup was thrown away." in member.text
    assert files(settings) == []


async def test_only_who_runs_the_server_and_only_what_is_a_backup(services, marie, member, browse, drain) -> None:
    await make_member(services, "paul")
    paul = await browse("paul")
    await paul.open("/admin/storage")
    assert paul.status == 403
    await paul.open("/settings")
    own = {name: each[0] for name, each in paul.values(paul.page.find("form", method="post")).items()}
    for path in ("backup", "throw-away"):
        assert (await paul.client.post(f"/admin/storage/{path}", data=own)).status_code == 403
    with pytest.raises(NotAllowed):
        await services.perform(ask_for_backup, AskForBackup(replace(marie, admin=False)))
    await drain()
    await member.open("/admin/storage")
    assert files(services.settings) == []
    other = services.settings.data / "backups"
    other.mkdir(parents=True)
    (services.settings.data / "kept.tar.gz").write_bytes(b"x")
    values = {name: each[0] for name, each in member.values(member.form("/backup")).items()}
    for name in ("../kept.tar.gz", "", "kept.tar.gz", "backup-2026-11-23-104500.tar.gz", "/etc/passwd"):
        answer = await member.client.post("/admin/storage/throw-away", data={**values, "name": name})
        assert answer.status_code == 404, name
    assert (services.settings.data / "kept.tar.gz").exists()


@pytest.mark.parametrize("why", ["room", "error"])
async def test_what_went_wrong_is_told_and_it_can_be_asked_again(
    why, services, marie, member, drain, monkeypatch
) -> None:
    with monkeypatch.context() as patched:
        if why == "room":
            patched.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(total=10**9, free=10**6, used=0))
        else:
            patched.setattr(archive, "_write", lambda *given: 1 / 0)
        await member.open("/admin/storage")
        await member.press("/backup", "Make a backup now")
        await drain()
    await member.open("/admin/storage")
    assert "could not be made" in member.text
    assert ("too little room" in member.text) is (why == "room")
    assert files(services.settings) == []
    await member.press("/backup", "Make a backup now")
    await drain()
    assert len(files(services.settings)) == 1
    said = await services.read(lambda tx: notes.of(tx, "backup"))
    assert said[0]["bytes"] == files(services.settings)[0].stat().st_size
