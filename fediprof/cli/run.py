"""From a command line to open services: read the settings, set up the log, run one coroutine, close."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fediprof.errors import Misconfigured
from fediprof.observability import logs
from fediprof.settings import Settings, load_settings

if TYPE_CHECKING:
    from fediprof.services import Services

Result = TypeVar("Result")


def settings_of(ctx: click.Context, *, serving: bool = False, **overrides: Any) -> Settings:
    """The settings the command runs with. Raises Misconfigured. `serving`: its log is what it has to say; that of other
    commands shows only what is wrong."""
    settings = load_settings(ctx.find_root().obj, **overrides)
    logs.configure(settings.log if serving or settings.log == "debug" else "warning")
    return settings


def with_services(settings: Settings, work: Callable[[Services], Awaitable[Result]]) -> Result:
    """Open the instance of `settings`, which may be running at the same time, do `work`, close it."""

    async def worked() -> Result:
        async with opened(settings) as services:
            return await work(services)

    return asyncio.run(worked())


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Services]:
    """The instance's services, closed at the end. Raises Misconfigured where the database cannot be reached, or belongs
    to another host."""
    from fediprof.cli.founding import must_belong_here
    from fediprof.services import open_services

    try:
        services = await open_services(settings)
    except OSError as error:
        raise Misconfigured(f"database: {error.strerror or error}") from error
    try:
        await must_belong_here(services)
        yield services
    finally:
        await services.close()


def missing_file(settings: Settings) -> Path | None:
    """Where the SQLite database should be, when it is not there. To open it would make an empty one."""
    if not settings.database_url.startswith("sqlite:///"):
        return None
    path = Path(settings.database_url.removeprefix("sqlite:///"))
    return None if path.exists() else path


def as_json(value: Any) -> None:
    """Print for programs: one JSON value, times as RFC 3339."""
    click.echo(json.dumps(value, default=str, ensure_ascii=False, indent=2))
