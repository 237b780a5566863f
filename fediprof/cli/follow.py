"""`fediprof follow`: follow somebody, here or elsewhere. The running server sends the request."""

from __future__ import annotations

import click

from fediprof.cli.member import acting
from fediprof.cli.run import settings_of, with_services
from fediprof.errors import NotFound
from fediprof.follows.commands import RequestFollow
from fediprof.groups import membership
from fediprof.services import Services

_WORDS = {
    "accepted": "You follow @{}.",
    "pending": "@{} was asked; you follow once they accept.",
    "rejected": "@{} does not want to be followed.",
}


@click.command()
@click.argument("handle")
@click.option("--as", "username", metavar="NAME", help="Who follows [default: the only member].")
@click.pass_context
def follow(ctx: click.Context, handle: str, username: str | None) -> None:
    """Follow HANDLE: user@host, or an address of a profile."""

    async def work(services: Services) -> tuple[str, str]:
        by, _ = await acting(services, username)
        resolver = services.resolver
        target = await (resolver.actor(handle) if "://" in handle else resolver.handle(handle.lstrip("@")))
        if target is None:
            raise NotFound("no such actor", public=f"Nobody was found at {handle}")
        asked = await services.perform(membership.join, RequestFollow(by, target.id))
        return asked.state, target.handle

    state, found = with_services(settings_of(ctx), work)
    click.echo(_WORDS[state].format(found))
