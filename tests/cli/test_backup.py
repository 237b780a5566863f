"""A backup comes back whole, from either engine into either; an archive that is not one changes nothing."""

from __future__ import annotations

import asyncio
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import MetaData, insert, select

from fediprof import clock
from fediprof.backups import rows
from fediprof.db.database import Tx
from fediprof.db.opening import open_database
from fediprof.jobs import queue
from fediprof.schema.delivery import outgoing
from tests.cli.conftest import Fediprof
from tests.cli.instance import Instance, free_port


def everything(url: str) -> dict[str, list[str]]:
    """Every row of every table, as text."""

    def unit(tx: Tx) -> dict[str, list[str]]:
        return {
            table.name: sorted(repr(sorted(row.items())) for row in tx.execute(select(table)).mappings())
            for table in rows.tables(tx)
        }

    async def read() -> dict[str, list[str]]:
        database = await open_database(url)
        try:
            return await database.read(unit)
        finally:
            await database.close()

    return asyncio.run(read())


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Another empty database of the engine asked for."""
    from contextlib import ExitStack

    from tests.support.postgres import fresh_database

    with ExitStack() as opened:

        def make(engine: str) -> str:
            if engine == "sqlite":
                return f"sqlite:///{tmp_path / 'elsewhere.sqlite3'}"
            return opened.enter_context(fresh_database(request.getfixturevalue("postgres")))

        yield make


@pytest.mark.parametrize(
    ("source", "options", "target"),
    [
        ("sqlite", (), "sqlite"),
        ("sqlite", ("--portable",), "postgresql"),
        ("postgresql", (), "postgresql"),
        ("postgresql", (), "sqlite"),
    ],
)
def test_what_was_backed_up_is_what_comes_back(
    fediprof: Fediprof,
    elsewhere: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    source: str,
    options: tuple[str, ...],
    target: str,
) -> None:
    # Given an instance with a member, a post with a picture, something waiting to be done
    first = elsewhere(source) if source == "postgresql" else f"sqlite:///{tmp_path / 'first.sqlite3'}"
    monkeypatch.setenv("FEDIPROF_DATABASE", first)
    fediprof("init", "--host", "localhost:8000", "--member", "lea")
    Image.new("RGB", (40, 30), "red").save("red.png")
    fediprof("post", "Été — «à» 漢字 \u2028 'quoted'", "--picture", "red.png", "--alt", "All red")
    asyncio.run(_leave_work(first))
    before = everything(first)
    pictures = {path.name: path.read_bytes() for path in Path("data/uploads").rglob("*.*")}
    assert pictures
    # When it is backed up, and restored in another place
    archive = tmp_path / "kept.tgz"
    fediprof("backup", str(archive), "--with-keys", *options)
    assert archive.stat().st_mode & 0o077 == 0
    place = tmp_path / "another"
    place.mkdir()
    monkeypatch.chdir(place)
    second = elsewhere(target)
    monkeypatch.setenv("FEDIPROF_DATABASE", second)
    monkeypatch.setenv("FEDIPROF_HOST", "localhost:8000")
    fediprof("restore", str(archive))
    # Then every row and every picture is there, and the keys open
    assert everything(second) == before
    assert {path.name: path.read_bytes() for path in Path("data/uploads").rglob("*.*")} == pictures
    assert fediprof("post", "Again").stdout.startswith("http://localhost:8000/@lea/p/")
    # And the database goes on counting where it was
    asyncio.run(_leave_work(second, key="after"))
    # And it is not done twice by accident
    assert "has members already" in fediprof("restore", str(archive), code=2).stderr
    fediprof("restore", str(archive), "--force")
    assert everything(second) == before


async def _leave_work(url: str, key: str = "before") -> None:
    """Rows of tables the database numbers itself, one with bytes in it."""
    database = await open_database(url)
    now = clock.now()

    def unit(tx: Tx) -> None:
        from datetime import timedelta

        from fediprof.schema.actors import actor

        queue.add(tx, "thread", key, {"a": [1, None, "é"]}, now=now, delay=timedelta(days=1))
        actor_id = tx.execute(select(actor.c.id).where(actor.c.username == "lea")).scalar_one()
        row = {"actor_id": actor_id, "activity_iri": f"http://localhost:8000/a/{key}", "type": "Create"}
        tx.execute(insert(outgoing), row | {"object_iri": "x", "body": b"\x00\xff{}", "created_at": now})

    try:
        await database.write(unit)
    finally:
        await database.close()


def test_a_backup_is_taken_while_the_server_writes(instance: Instance) -> None:
    at = ("--host", instance.host, "--listen", f"127.0.0.1:{instance.port}", "--member", "lea")
    instance.run("init", *at)
    with instance.running("serve", until="server.started") as serving:
        instance.run("backup", "kept.tgz", "--with-keys")
        assert "stop the server first" in instance.run("restore", "kept.tgz", "--force", code=2)
        assert serving.stop() == 0
    instance.run("restore", "kept.tgz", "--force")
    assert "lea" in instance.run("member", "list")


def test_without_keys_a_restore_asks_for_them_first(founded: Fediprof, monkeypatch: pytest.MonkeyPatch) -> None:
    founded("backup", "kept.tgz", "--portable")
    archive = str(Path("kept.tgz").absolute())
    Path("another").mkdir()
    monkeypatch.chdir("another")
    monkeypatch.setenv("FEDIPROF_HOST", "localhost:8000")
    assert "put back your copy" in founded("restore", archive, "--force", code=2).stderr


def test_a_backup_of_nothing_is_refused(fediprof: Fediprof) -> None:
    assert "there is none" in fediprof("backup", "kept.tgz", code=2).stderr
    assert not Path("kept.tgz").exists()
    assert not Path("data").exists()


def test_a_backup_does_not_replace_another_unasked(founded: Fediprof) -> None:
    Path("kept.tgz").write_text("something else")
    assert "--force" in founded("backup", "kept.tgz", code=2).stderr
    assert Path("kept.tgz").read_text() == "something else"


# --- archives nobody should have made

Change = Callable[[list[tuple[tarfile.TarInfo, bytes]]], None]


def _entry(name: str, content: bytes = b"x", **more: Any) -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo(name)
    entry.size = 0 if more.get("type") in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE) else len(content)
    for key, value in more.items():
        setattr(entry, key, value)
    return entry, content


def _with_manifest(**more: Any) -> Change:
    def change(entries: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        for number, (entry, content) in enumerate(entries):
            if entry.name == "manifest.json":
                written = json.dumps(json.loads(content) | more).encode()
                entries[number] = _entry("manifest.json", written)

    return change


def _flip(entries: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    entry, content = entries[0]
    entries[0] = (entry, content[:100] + bytes([content[100] ^ 1]) + content[101:])


HOSTILE: dict[str, tuple[Change, str]] = {
    "a path upwards": (lambda e: e.insert(0, _entry("../evil")), "does not belong"),
    "a path upwards in uploads": (lambda e: e.insert(0, _entry("uploads/ab/cd/../../../../evil")), "does not belong"),
    "a path from the root": (lambda e: e.insert(0, _entry("/tmp/evil")), "does not belong"),
    "a name that hides": (lambda e: e.insert(0, _entry("uploads/ab/cd/.hidden")), "does not belong"),
    "a symbolic link": (
        lambda e: e.insert(0, _entry("uploads/ab/cd/link", type=tarfile.SYMTYPE, linkname="/etc/passwd")),
        "does not belong",
    ),
    "a hard link": (
        lambda e: e.insert(0, _entry("keys/seal.key", type=tarfile.LNKTYPE, linkname="/etc/passwd")),
        "does not belong",
    ),
    "a device": (lambda e: e.insert(0, _entry("database.sqlite3", b"", type=tarfile.CHRTYPE)), "does not belong"),
    "a folder": (lambda e: e.insert(0, _entry("uploads", type=tarfile.DIRTYPE)), "does not belong"),
    "a file twice": (lambda e: e.insert(1, e[0]), "does not belong"),
    "a file nobody listed": (lambda e: e.insert(0, _entry("uploads/ab/cd/more.webp")), "is not what was backed up"),
    "a file that is missing": (lambda e: e.__delitem__(1), "is not what was backed up"),
    "a file changed": (_flip, "is not what was backed up"),
    "no list of files": (lambda e: e.__delitem__(-1), "was not written to its end"),
    "a list that is none": (
        lambda e: e.__setitem__(-1, _entry("manifest.json", b"[1]")),
        "was not written to its end",
    ),
    "a later format": (_with_manifest(format=2), "of format 2"),
    "a newer version": (_with_manifest(revision="9999"), "newer fediprof"),
    "another host": (_with_manifest(origin="https://name.example"), "a server keeps its name"),
    "another engine": (_with_manifest(engine="rows"), "has no database"),
}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    instance = Instance(tmp_path_factory.mktemp("good"), port=free_port())
    instance.run("init", "--host", "localhost:8000", "--member", "lea")
    instance.run("backup", "kept.tgz", "--with-keys")
    return (instance.home / "kept.tgz").read_bytes()


def _entries(archive: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as opened:
        found = []
        for entry in opened:
            content = opened.extractfile(entry)
            found.append((entry, content.read() if content else b""))
        return found


@pytest.mark.parametrize("trick", list(HOSTILE))
def test_a_hostile_archive_changes_nothing(fediprof: Fediprof, tmp_path: Path, good: bytes, trick: str) -> None:
    change, words = HOSTILE[trick]
    entries = _entries(good)
    change(entries)
    with tarfile.open("kept.tgz", "w:gz") as archive:
        for entry, content in entries:
            archive.addfile(entry, io.BytesIO(content))
    said = fediprof("restore", "kept.tgz", code=2).stderr
    assert words in said
    left = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "kept.tgz"]
    assert left == []


@pytest.mark.parametrize("cut", [10, 200, -1000])
def test_a_torn_archive_changes_nothing(fediprof: Fediprof, tmp_path: Path, good: bytes, cut: int) -> None:
    Path("kept.tgz").write_bytes(good[:cut])
    assert "kept.tgz" in fediprof("restore", "kept.tgz", code=2).stderr
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "home" / "kept.tgz"]


def test_what_is_no_archive_changes_nothing(fediprof: Fediprof) -> None:
    Path("kept.tgz").write_text("hello")
    assert "is broken" in fediprof("restore", "kept.tgz", code=2).stderr


def test_the_hostile_archives_would_be_good_without_their_trick(fediprof: Fediprof, good: bytes) -> None:
    Path("kept.tgz").write_bytes(good)
    fediprof("restore", "kept.tgz")
    assert "lea" in fediprof("member", "list").stdout


def test_every_table_is_in_a_backup_of_rows(founded: Fediprof) -> None:
    founded("backup", "kept.tgz", "--portable")
    with tarfile.open("kept.tgz") as archive:
        names = set(archive.getnames())
    from fediprof.schema import metadata

    known: MetaData = metadata
    assert {f"tables/{name}.jsonl" for name in known.tables} <= names
