"""Reads the lists of servers that the server subscribed to: guarded, bounded, asked only whether they changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fediprof import clock
from fediprof.errors import FediprofError
from fediprof.jobs import queue
from fediprof.moderation import csv_lists, subscriptions
from fediprof.moderation.csv_lists import LARGEST_FILE
from fediprof.moderation.subscriptions import ListRead, list_read
from fediprof.net.fetcher import Fetcher
from fediprof.perform import Performer


class PolicyLists:
    def __init__(self, perform: Performer, fetcher: Fetcher) -> None:
        self._perform, self._fetcher = perform, fetcher

    async def ask_for_due(self) -> None:
        """A job for each list that was not asked for within a day."""
        now = clock.now()
        for number in await self._perform.database.read(lambda tx: subscriptions.due(tx, now)):
            await self._perform.database.write(
                lambda tx, n=number: queue.add(  # type: ignore[misc]
                    tx, "policy_list", str(n), {"list": str(n)}, now=now, delay=timedelta()
                )
            )

    async def read(self, arguments: Mapping[str, Any]) -> None:
        """One list. Whatever goes wrong is written down beside it, and what it said before stays."""
        number = int(arguments["list"])
        found = await self._perform.database.read(lambda tx: subscriptions.by_id(tx, number))
        if found is None:
            return
        conditions = {"If-None-Match": found.etag, "If-Modified-Since": found.modified}

        def sign(method: str, url: str, headers: dict[str, str], body: bytes) -> dict[str, str]:
            return {name: value for name, value in conditions.items() if value} if url == found.url else {}

        try:
            answer = await self._fetcher.get(
                found.url, accept="text/csv, text/plain;q=0.9", sign=sign, max_bytes=LARGEST_FILE, seconds=60
            )
            request = self._understood(number, answer.status, answer.body, answer.headers)
        except FediprofError as error:
            request = ListRead(number, None, error=str(error))
        await self._perform(list_read, request)

    def _understood(self, number: int, status: int, body: bytes, headers: Mapping[str, str]) -> ListRead:
        if status == 304:
            return ListRead(number, None)
        if status != 200:
            return ListRead(number, None, error=f"it answered {status}")
        read = csv_lists.read(body, self._perform.here())
        if not read.lines:
            return ListRead(number, None, error="no line of it could be read")
        etag, modified = headers.get("etag"), headers.get("last-modified")
        return ListRead(number, read.lines, etag[:200] if etag else None, modified[:100] if modified else None)
