"""`fediprof keys`: the keys other servers know our actors by, and new ones when the old may be known to others."""

from __future__ import annotations

import asyncio
import hashlib

import click

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.actors.rotation import RotateKeys, rotate_keys
from fediprof.cli.run import as_json, settings_of, with_services
from fediprof.cli.table import table
from fediprof.db.database import Tx
from fediprof.errors import NotFound
from fediprof.here import INSTANCE_ACTOR
from fediprof.keystore import public_material
from fediprof.services import Services


@click.group(invoke_without_command=True)
@click.option("--json", "for_programs", is_flag=True, help="For programs.")
@click.pass_context
def keys(ctx: click.Context, for_programs: bool) -> None:
    """The keys of this server's actors: ids and fingerprints, never the keys themselves."""
    if ctx.invoked_subcommand is not None:
        return
    rows = with_services(settings_of(ctx), lambda services: services.read(_listed))
    if for_programs:
        as_json(rows)
    else:
        table(rows, empty="There is none: run `fediprof init`.")


@keys.command()
@click.argument("username")
@click.pass_context
def rotate(ctx: click.Context, username: str) -> None:
    """New RSA and Ed25519 keys for a member, or for the server itself (instance.actor). Followers' servers are told."""

    async def work(services: Services) -> Actor:
        actor = await services.read(lambda tx: actors.local_by_username(tx, username))
        if actor is None:
            raise NotFound("no such actor", public=f"There is no member named {username}")
        services.keystore.forget(actor.id)
        made = await asyncio.to_thread(services.keystore.make, actor.iri)
        return await services.perform(rotate_keys, RotateKeys(username, made))

    actor = with_services(settings_of(ctx), work)
    click.echo(f"@{actor.handle} has new keys; a running server signs with them within half a minute.")
    if actor.username == INSTANCE_ACTOR:
        click.echo("Restart the server: it fetches with the server's own key, which it reads once.")


def _listed(tx: Tx) -> list[dict[str, object]]:
    return [
        {
            "actor": actor.username,
            "algorithm": algorithm,
            "key": key_id,
            "sha256": hashlib.sha256(public.encode()).hexdigest()[:16],
        }
        for actor in actors.local_actors(tx)
        if actor.gone_at is None
        for algorithm, (key_id, public) in sorted(public_material(tx, actor.id).items())
    ]
