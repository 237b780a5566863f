"""`fediprof init`: the settings file, the database, the keys, the server's actor and the first member."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from fediprof.cli import config
from fediprof.cli.founding import first_member, found_server, front_group, login_link, valid_name
from fediprof.cli.run import with_services
from fediprof.errors import Misconfigured
from fediprof.observability import logs
from fediprof.services import Services
from fediprof.settings import Settings, load_settings


@click.command()
@click.option("--host", metavar="NAME", help="The name this server answers at, for ever.")
@click.option("--account-domain", metavar="NAME", help="The name behind the second @ of handles, if another one.")
@click.option("--language", type=click.Choice(["fr", "en"]), help="For visitors who ask for neither.")
@click.option("--member", metavar="NAME", help="The first member, who runs the server.")
@click.option("--name", "display", default="", help="The name shown on that member's page.")
@click.option("--group", metavar="NAME", help="A group instance: this group stands at its front.")
@click.option("--contact", metavar="MAIL", help="Where people reach whoever runs the server.")
@click.option("--database", metavar="URL", help="postgresql://user@host/name; without it, SQLite.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Folder of database and pictures.")
@click.option("--keys", type=click.Path(path_type=Path, file_okay=False), help="Folder of the secrets.")
@click.option("--listen", metavar="ADDRESS:PORT", help="Where the server binds to.")
@click.pass_context
def init(ctx: click.Context, /, member: str | None, display: str, group: str | None, **options: object) -> None:
    """Write the settings file; make database, keys and the first member.

    On a terminal it asks for what the options leave open; otherwise defaults are taken.
    """
    path: Path = ctx.find_root().obj or config.FILE
    if path.exists():
        raise Misconfigured(f"{path} exists already: change it there, or remove it to begin anew")
    chosen = {name: value for name, value in options.items() if value is not None}
    if not chosen and member is None and sys.stdin.isatty():
        chosen, member, display = _asked()
    if group is not None:
        chosen |= {"front_group": group.lstrip("@!").lower(), "founders": "members"}
    if isinstance(host := chosen.get("host"), str):
        chosen["host"] = host.lower()
    settings = load_settings(Path(os.devnull), None, **chosen)  # refuses before anything is written
    path.parent.mkdir(parents=True, exist_ok=True)
    config.write(path, chosen)
    logs.configure("warning")

    async def founded(services: Services) -> tuple[str, str]:
        await found_server(services)
        account, actor = await first_member(services, member, display=display)
        await front_group(services, account)
        return actor.handle, await login_link(services, actor.username)

    try:
        handle, link = with_services(settings, founded)
    except BaseException:
        path.unlink()
        raise
    click.echo(f"  Settings      {path}\n  Data          {settings.data.absolute()}")
    if settings.front_group:
        click.echo(f"  Group         @{settings.front_group}@{settings.domain}, at {settings.origin}/")
    click.echo(f"  Keys          {settings.keys.absolute()}  (keep a copy of this folder in another place)")
    click.echo(f"  Handle        @{handle}\n  Log in, once  {link}  (within the hour, once the server runs)")
    click.echo("Next: fediprof doctor, then fediprof serve")


def _asked() -> tuple[dict[str, object], str, str]:
    default = Settings()
    host = click.prompt("Name this server answers at (host)", default=default.host)
    language = click.prompt("Language", type=click.Choice(["fr", "en"]), default=default.language)
    display = click.prompt("Your name, as your page shows it", default="")
    member = click.prompt("Your handle, before the @", default=valid_name(display))
    return {"host": host, "language": language}, member, display
