"""What `doctor` can tell without the network: settings, files and who may read them, disk, database, queues, clock."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
from collections.abc import AsyncIterator, Iterator

from sqlalchemy import func, select

from fediprof import clock
from fediprof.actors import store as actors
from fediprof.cli.finding import Finding
from fediprof.cli.run import missing_file
from fediprof.db import migrate
from fediprof.db.database import Database, Tx
from fediprof.db.opening import open_database
from fediprof.errors import FediprofError
from fediprof.groups import store as groups
from fediprof.here import INSTANCE_ACTOR
from fediprof.observability import health, queues
from fediprof.schema.delivery import peer
from fediprof.settings import Settings

NEEDED = frozenset({"seal key", "database", "schema", "server actor"})
"""Checks that must be good before the server's own services can be opened."""

LOW, EMPTY = 2 * 1024**3, 256 * 1024**2
"""Bytes of free disk: worth a look, and bad."""


async def findings(settings: Settings) -> AsyncIterator[Finding]:
    yield _name(settings)
    for each in _files(settings):
        yield each
    yield _disk(settings)
    yield await asyncio.to_thread(_clock)
    if missing := missing_file(settings):
        yield Finding("database", "bad", f"There is no database at {missing}: run `fediprof init`.")
        return
    try:
        database = await open_database(settings.database_url)
        at = await database.read(migrate.revision)
    except Exception as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        yield Finding(
            "database", "bad", f"It does not answer: {why}. Is it running, is the setting `database` right?"
        )
        return
    try:
        async for each in _database(settings, database, at):
            yield each
    finally:
        await database.close()


def _name(settings: Settings) -> Finding:
    if settings.development and not settings.dev_hosts:
        return Finding(
            "name", "worth a look", f"{settings.host} is this machine only: `fediprof up --domain NAME` goes public."
        )
    if "." not in settings.host:
        return Finding("name", "bad", f"{settings.host} is not a name others can find: set `host` to a full name.")
    split = f"; handles end in @{settings.domain}" if settings.domain != settings.host else ""
    return Finding("name", "good", f"{settings.host}{split}")


def _files(settings: Settings) -> Iterator[Finding]:
    """Secrets that others on this machine could read, files of somebody else."""
    seal = settings.keys / "seal.key"
    if not seal.exists():
        yield Finding(
            "seal key",
            "bad",
            f"{seal} is missing. A new server: run `fediprof init`. An old one: put back the copy of the keys folder, "
            "without it nothing can be signed.",
        )
    for check, folder, secret in (("keys", settings.keys, True), ("data", settings.data, False)):
        if not folder.is_dir():
            continue
        loose = [
            path
            for path in (folder, *sorted(folder.iterdir()))
            if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
        ]
        foreign = [path for path in (folder, *sorted(folder.iterdir())) if path.stat().st_uid != os.geteuid()]
        if loose and secret:
            yield Finding(check, "bad", f"Others on this machine may read {loose[0]}: chmod -R go= {folder}")
        elif loose and folder in loose:
            yield Finding(
                check, "worth a look", f"Others on this machine may read private messages: chmod -R go= {folder}"
            )
        elif foreign and os.geteuid() != 0:
            yield Finding(
                check, "bad", f"{foreign[0]} belongs to another user than you: run as that one, or chown it."
            )
        elif seal.exists() or not secret:
            yield Finding(check, "good", str(folder.absolute()))


def _disk(settings: Settings) -> Finding:
    folder = next(each for each in (settings.data.absolute(), *settings.data.absolute().parents) if each.is_dir())
    free = shutil.disk_usage(folder).free
    words = f"{free / 1024**3:.1f} GiB free at {folder}"
    if free < EMPTY:
        return Finding("disk", "bad", f"{words}: make room, writes will fail soon.")
    return Finding("disk", "worth a look" if free < LOW else "good", words)


def _clock() -> Finding:
    """Whether the kernel's clock is kept by NTP; signatures are refused when it is minutes off (some peers: one)."""
    state = _kernel_clock()
    if state is None:
        return Finding("clock", "unknown", "Whether this clock is kept right by NTP cannot be told here.")
    if not state:
        return Finding(
            "clock",
            "worth a look",
            "This clock is not kept by NTP; peers refuse signatures a minute off: run chrony.",
        )
    return Finding("clock", "good", "kept by NTP")


def _kernel_clock() -> bool | None:
    """`adjtimex(2)` without changing anything; None where there is no such call."""
    import ctypes

    unsynchronised = 5  # TIME_ERROR
    try:
        buffer = ctypes.create_string_buffer(512)  # a struct timex, modes = 0: only read
        answer = int(ctypes.CDLL(None, use_errno=True).adjtimex(buffer))
    except (OSError, AttributeError):
        return None
    return None if answer < 0 else answer != unsynchronised


async def _database(settings: Settings, database: Database, at: str | None) -> AsyncIterator[Finding]:
    if at is None:
        yield Finding("database", "bad", "It is empty: run `fediprof init`, or restore a backup.")
        return
    yield Finding("database", "good", f"{database.dialect} answers")
    if at != migrate.newest():
        yield Finding(
            "schema",
            "bad",
            f"It is at revision {at}, this version needs {migrate.newest()}: stop every process of the old version, make "
            "a backup, start one of this version; it changes what is needed.",
        )
        return
    yield Finding("schema", "good", f"revision {at}")
    yield await database.read(lambda tx: _server_actor(tx, settings))
    for each in await database.read(_queues):
        yield each
    if settings.front_group:
        yield await database.read(lambda tx: _front_group(tx, settings.front_group))


def _server_actor(tx: Tx, settings: Settings) -> Finding:
    known = actors.local_by_username(tx, INSTANCE_ACTOR)
    if known is None:
        return Finding("server actor", "bad", "It is missing: run `fediprof init`, or start the server once.")
    if known.iri != f"{settings.origin}/actor":
        theirs = known.iri.removesuffix("/actor")
        return Finding(
            "server actor",
            "bad",
            f"This database belongs to {theirs}, the settings say {settings.origin}: mend `host`.",
        )
    try:
        from fediprof.keystore import KeyStore

        for actor in actors.local_actors(tx):
            if actor.gone_at is None:
                KeyStore.open(settings.keys).pair(tx, actor.id)
    except (FediprofError, KeyError) as error:
        return Finding("server actor", "bad", f"The keys in the database cannot be opened: {error}")
    return Finding("server actor", "good", "its keys, and those of every member, can be opened")


def _front_group(tx: Tx, name: str) -> Finding:
    """Whether the group whose page is to stand at / is there."""
    hosted = groups.hosted_by_name(tx, name)
    if hosted is None:
        told = f"There is no group named {name}: fediprof group found {name} --title …, or mend `front_group`."
        return Finding("front group", "bad", told)
    if hosted.group.closed_at is not None:
        return Finding("front group", "bad", f"{name} was closed: name another in `front_group`, or none.")
    if hosted.group.private:
        return Finding(
            "front group", "worth a look", f"{name} is private: those who are not in it see only its charter."
        )
    return Finding("front group", "good", f"{hosted.actor.display} stands at /")


def _queues(tx: Tx) -> list[Finding]:
    late = {name: seconds for name, seconds in queues.behind(tx, clock.now()).items() if seconds > health.LATE}
    found = [
        Finding(
            "queue",
            "bad",
            f"{name} is {seconds / 60:.0f} minutes behind: is the server (or `fediprof worker`) running?",
        )
        for name, seconds in late.items()
    ]
    dead = int(tx.execute(select(func.count()).select_from(peer).where(peer.c.dead_at.is_not(None))).scalar_one())
    if dead:
        found.append(
            Finding(
                "deliveries", "worth a look", f"{dead} servers have not answered for a week: `fediprof deliveries`."
            )
        )
    return found or [Finding("queue", "good", "background work keeps up")]
