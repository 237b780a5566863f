"""Everything a process needs, built once: `open_services(settings)`. Doors find it at `request.app.state.services`."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from fediprof import __version__, clock
from fediprof.db.database import Database, Tx
from fediprof.db.migrate import migrate
from fediprof.db.opening import open_database, open_messages
from fediprof.federation.resolve import NetworkResolver
from fediprof.here import Here
from fediprof.keystore import KeyStore
from fediprof.media.proxy import PictureProxy
from fediprof.media.storage import DirectoryStorage, PictureCache
from fediprof.moderation import policies
from fediprof.net.fetcher import Fetcher
from fediprof.perform import Bells, Performer
from fediprof.refusals.gate import Gate
from fediprof.settings import Settings
from fediprof.timelines.streams import Streams

Result = TypeVar("Result")


@dataclass(slots=True)
class Services:
    settings: Settings
    database: Database
    keystore: KeyStore
    fetcher: Fetcher
    storage: DirectoryStorage
    pictures: PictureProxy
    streams: Streams
    bells: Bells
    perform: Performer
    resolver: NetworkResolver
    gate: Gate

    def here(self) -> Here:
        return self.perform.here()

    async def read(self, unit: Callable[[Tx], Result]) -> Result:
        """Run a reading unit; doors have no other access to the database than this and `perform`."""
        return await self.database.read(unit)

    async def close(self) -> None:
        await self.streams.close()
        await self.fetcher.close()
        await self.gate.close(self.database)
        await self.database.close()


async def open_services(settings: Settings, fetcher: Fetcher | None = None) -> Services:
    """Open the keys, the database (its schema brought up to date), the network and the files. `fetcher`: for tests."""
    keystore = KeyStore.open(settings.keys)
    database = await open_database(settings.database_url, full_sync=settings.sqlite_full_sync)
    await migrate(database)
    listed = settings.federation == "allowed"
    if await database.read(policies.only_listed) is not listed:
        await database.write(lambda tx: policies.set_only_listed(tx, listed, clock.now()))
    streams, bells = Streams(open_messages(database)), Bells()
    perform = Performer(settings, database, keystore, streams, bells)
    trust = ssl.create_default_context(cafile=settings.certificates) if settings.certificates else None
    fetcher = fetcher or Fetcher(
        user_agent=f"fediprof/{__version__} (+{settings.origin})",
        development=settings.development,
        ssl_context=trust,
        hosts=settings.hosts,
    )
    resolver = NetworkResolver(perform, fetcher)
    perform.resolver = resolver
    cache = PictureCache(settings.data / "pictures", settings.picture_cache_mb * 1024 * 1024)
    return Services(
        settings=settings,
        database=database,
        keystore=keystore,
        fetcher=fetcher,
        storage=DirectoryStorage(settings.data / "uploads"),
        pictures=PictureProxy(fetcher, cache, keystore.secret),
        streams=streams,
        bells=bells,
        perform=perform,
        resolver=resolver,
        gate=Gate(settings),
    )
