"""`fediprof up`: from nothing, or from where one left off, to a page on the air. What `make run` calls."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import click

from fediprof.cli import caddy, config
from fediprof.cli.founding import first_member, front_group, login_link
from fediprof.cli.run import settings_of
from fediprof.cli.server import bound, serve_until_stopped
from fediprof.errors import Misconfigured
from fediprof.services import Services
from fediprof.settings import Settings, checked, load_settings


@click.command()
@click.option("--domain", metavar="NAME", help="Go public under this name, with Caddy and certificates.")
@click.option("--member", metavar="NAME", help="Whose page it is [default: the first member, or your name here].")
@click.option("--name", "display", default="", help="The name shown on the page of a new member.")
@click.option("--port", type=click.IntRange(1, 65535), help="Another port of this machine than 8000.")
@click.option(
    "--group", metavar="NAME", help="A group instance: this group stands at its front, and members may found others."
)
@click.option("--email", help="With --domain: where the certificate authority may write to.")
@click.option(
    "--internal-ca", is_flag=True, hidden=True, help="Certificates of Caddy's own authority, for trying out."
)
@click.option("--http-port", type=int, default=80, hidden=True)
@click.option("--https-port", type=int, default=443, hidden=True)
@click.pass_context
def up(
    ctx: click.Context,
    domain: str | None,
    member: str | None,
    display: str,
    port: int | None,
    group: str | None,
    email: str | None,
    internal_ca: bool,
    http_port: int,
    https_port: int,
) -> None:
    """Your own instance, made where there is none, and started.

    The first time this makes the database, the keys and the first member; later it only starts. It prints the address
    of the page, the handle, and a link to log in with.
    """
    chosen = _chosen(domain, port, group)
    settings = _aligned(settings_of(ctx, serving=True, **chosen))
    if domain is not None:
        caddy.binary()  # before anything is written
    if domain is not None or group is not None:
        _remember(ctx.find_root().obj, chosen)
    listening = bound(settings.listen)

    async def ready(services: Services) -> None:
        account, actor = await first_member(services, member, display=display)
        await front_group(services, account)
        lines = [("Page", f"{settings.origin}/@{actor.username}"), ("Handle", f"@{actor.handle}")]
        if name := services.settings.front_group:
            lines.insert(0, ("Group", f"@{name}@{settings.domain}, at {settings.origin}/"))
        if account.password_hash is None or settings.development:
            lines.append(("Log in, once", await login_link(services, actor.username)))
        else:
            lines.append(("Log in", f"{settings.origin}/login"))
        for name, value in lines:
            click.echo(f"  {name:<13} {value}")
        click.echo("  Ctrl-C stops it.")

    ports = caddy.Ports(http_port, https_port)
    front = caddy.running(settings, ports, email=email, internal_ca=internal_ca) if domain else _nothing()
    with front as proxy:
        serve_until_stopped(settings, listening, ready=ready, beside=proxy)


def _chosen(domain: str | None, port: int | None, group: str | None) -> dict[str, object]:
    """The settings the options stand for."""
    if group is not None:
        return {**_chosen(domain, port, None), "front_group": group.lstrip("@!").lower(), "founders": "members"}
    if domain is not None and port is not None:
        return {"host": domain.lower(), "listen": f"127.0.0.1:{port}"}
    if domain is not None:
        return {"host": domain.lower()}
    if port is not None:
        return {"host": f"localhost:{port}", "listen": f"127.0.0.1:{port}"}
    return {}


def _aligned(settings: Settings) -> Settings:
    """On one's own machine the port in `host` is the one to listen at, when nothing else was said."""
    name, _, port = settings.host.partition(":")
    if name in ("localhost", "127.0.0.1") and port and settings.listen == Settings().listen:
        from dataclasses import replace

        return checked(replace(settings, listen=f"127.0.0.1:{port}"))
    return settings


def _remember(path: Path | None, chosen: dict[str, object]) -> None:
    """Keep domain and group in the settings file: every other command, and the next start, must know them too."""
    path = path or config.FILE
    if not path.exists():
        config.write(path, chosen if "front_group" in chosen else {"host": chosen["host"]})
        return
    kept = load_settings(path)
    if (domain := chosen.get("host", kept.host)) != kept.host:
        raise Misconfigured(
            f"host: {path} says {kept.host!r}, not {domain!r}; an instance keeps its name for ever, "
            "so start a new one in another folder"
        )
    if (group := chosen.get("front_group", kept.front_group)) != kept.front_group:
        raise Misconfigured(f"front_group: {path} says {kept.front_group!r}, not {group!r}; change it there")


@contextlib.contextmanager
def _nothing() -> Iterator[None]:
    yield None
