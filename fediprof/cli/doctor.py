"""`fediprof doctor`: what keeps this server from federating, and what to mend, a sentence each.

First what this machine can tell alone (`machine`), then what others see: the server is asked at its public name, with
the requests other servers send (`reach`). Exit code 0 when nothing is bad, 1 otherwise.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict

import click

from fediprof.cli.finding import Finding, State
from fediprof.cli.run import as_json, settings_of
from fediprof.settings import Settings

_MARKS: dict[State, tuple[str, str]] = {
    "good": ("ok", "green"),
    "worth a look": ("look", "yellow"),
    "bad": ("BAD", "red"),
    "unknown": ("?", "cyan"),
}


@click.command()
@click.option("--json", "for_programs", is_flag=True, help="For programs.")
@click.pass_context
def doctor(ctx: click.Context, for_programs: bool) -> None:
    """Look for what keeps this server from federating; say what to mend."""
    settings = settings_of(ctx)
    found = asyncio.run(_all(settings, quiet=for_programs))
    bad = sum(each.state == "bad" for each in found)
    if for_programs:
        as_json([asdict(each) for each in found])
    elif bad:
        click.echo(f"\n{bad} thing{'s' if bad > 1 else ''} to mend.")
    else:
        click.echo("\nNothing bad was found.")
    sys.exit(1 if bad else 0)


async def _all(settings: Settings, *, quiet: bool) -> list[Finding]:
    found = []
    async for each in examined(settings):
        found.append(each)
        if not quiet:
            mark, colour = _MARKS[each.state]
            click.echo(f"{click.style(f'{mark:<5}', fg=colour)} {each.check:<16} {each.words}")
    return found


async def examined(settings: Settings) -> AsyncIterator[Finding]:
    """Each finding as it is made. What cannot be looked at without what was found bad is left out."""
    from fediprof.cli import machine, reach
    from fediprof.cli.run import opened

    usable = True
    async for each in machine.findings(settings):
        usable = usable and not (each.state == "bad" and each.check in machine.NEEDED)
        yield each
    if usable:
        async with opened(settings) as services:
            async for each in reach.findings(services):
                yield each
