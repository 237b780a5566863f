"""A password becomes a session. The hash is slow, so it runs between a reading and a writing unit, in a thread; who guesses
is slowed down, by the name tried and by the address it comes from."""

from __future__ import annotations

import asyncio
from typing import Protocol

from fediprof import clock
from fediprof.accounts import commands, passwords, store
from fediprof.accounts.commands import LogIn, ShutOut
from fediprof.accounts.sessions import LoggedIn
from fediprof.db.database import Database, Tx
from fediprof.errors import NotVerified, TooMuch

_at_once = asyncio.Semaphore(2)


class Performs(Protocol):
    """The part of `perform` used here."""

    async def __call__(self, command: object, request: LogIn) -> LoggedIn | ShutOut | None: ...


async def log_in(
    database: Database, perform: Performs, *, username: str, password: str, address: str, agent: str = ""
) -> LoggedIn | ShutOut:
    """Raises NotVerified for a wrong name or password (the same, in the same time), TooMuch while the door is closed."""
    throttles = (f"name:{username.strip().lower()[:100]}", f"address:{address[:64]}")
    now = clock.now()

    def look(tx: Tx) -> tuple[int | None, str | None]:
        for key in throttles:
            until = store.throttled_until(tx, key, now)
            if until is not None:
                wait = int((until - now).total_seconds()) + 1
                raise TooMuch("login throttled", public="Too many attempts; wait a little", retry_after=wait)
        found = store.by_username(tx, username)
        return (None, None) if found is None else (found[0].id, found[0].password_hash)

    account_id, kept = await database.read(look)
    async with _at_once:
        if kept is None:
            right = await asyncio.to_thread(passwords.match_nobody, password)
        else:
            right = await asyncio.to_thread(passwords.matches, password, kept)
    opened = await perform(commands.log_in, LogIn(account_id if right else None, throttles, agent))
    if opened is None:
        raise NotVerified("wrong name or password", public="This name and password do not go together")
    return opened
