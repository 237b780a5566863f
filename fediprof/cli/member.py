"""`fediprof member`: who has an account here, and the ways in for those who lost theirs."""

from __future__ import annotations

import click

from fediprof.accounts import commands
from fediprof.accounts import store as accounts
from fediprof.accounts.commands import DeleteAccount, ResetPassword
from fediprof.accounts.records import Account
from fediprof.actors.records import Actor
from fediprof.cli.founding import add_member, found_server, login_link
from fediprof.cli.run import as_json, settings_of, with_services
from fediprof.errors import NotFound
from fediprof.principal import Member
from fediprof.services import Services


async def by_name(services: Services, username: str) -> tuple[Account, Actor]:
    """Raises NotFound."""
    found = await services.read(lambda tx: accounts.by_username(tx, username))
    if found is None:
        raise NotFound("no such member", public=f"There is no member named {username}")
    return found


async def acting(services: Services, username: str | None) -> tuple[Member, Actor]:
    """As whom a command acts: the member named, or the only one there is. Raises NotFound."""
    if username is None:
        everyone = await services.read(accounts.everyone)
        if len(everyone) != 1:
            raise NotFound("", public="There is no member yet" if not everyone else "Say who acts: --as NAME")
        account, actor = everyone[0]
    else:
        account, actor = await by_name(services, username)
    return Member(account.id, actor.id, admin=account.admin), actor


@click.group()
def member() -> None:
    """Who has an account here."""


@member.command()
@click.argument("username")
@click.option("--name", "display", default="", help="The name shown on the page.")
@click.option("--language", type=click.Choice(["fr", "en"]))
@click.option("--admin", is_flag=True, help="May also run the server.")
@click.option(
    "--password", is_flag=True, help="Ask for a password; without it, the login link leads to choosing one."
)
@click.pass_context
def add(ctx: click.Context, username: str, display: str, language: str | None, admin: bool, password: bool) -> None:
    """Make an account, and print its one-time login link."""
    secret = _new_password() if password else None

    async def work(services: Services) -> str:
        await found_server(services)
        await add_member(services, username, language=language, display=display, password=secret, admin=admin)
        return await login_link(services, username)

    settings = settings_of(ctx)
    click.echo(f"  Handle        @{username}@{settings.domain}\n  Log in, once  {with_services(settings, work)}")


@member.command(name="list")
@click.option("--json", "for_programs", is_flag=True, help="For programs.")
@click.pass_context
def list_(ctx: click.Context, for_programs: bool) -> None:
    """Every member."""
    found = with_services(settings_of(ctx), lambda services: services.read(accounts.everyone))
    rows = [
        {
            "handle": actor.handle,
            "name": actor.name,
            "admin": account.admin,
            "posts": actor.posts_count,
            "followers": actor.followers_count,
            "following": actor.following_count,
            "created_at": account.created_at,
        }
        for account, actor in found
    ]
    if for_programs:
        as_json(rows)
        return
    from fediprof.cli.table import table

    table(rows, right=("posts", "followers", "following"))


@member.command()
@click.argument("username")
@click.pass_context
def password(ctx: click.Context, username: str) -> None:
    """Set a new password, asked for twice; every session of the member ends."""

    async def work(services: Services) -> None:
        await by_name(services, username)
        await services.perform(commands.reset_password, ResetPassword(username, _new_password()))

    with_services(settings_of(ctx), work)
    click.echo(f"{username} has a new password, and is logged out everywhere.")


@member.command()
@click.argument("username")
@click.pass_context
def link(ctx: click.Context, username: str) -> None:
    """Print an address that logs the member in, once, within the hour."""
    click.echo(with_services(settings_of(ctx), lambda services: login_link(services, username)))


@member.command()
@click.argument("username")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def delete(ctx: click.Context, username: str, yes: bool) -> None:
    """Erase a member with all posts; other servers are told. The name is never given out again."""

    async def work(services: Services) -> None:
        account, actor = await by_name(services, username)
        if not yes:
            click.confirm(f"Erase @{actor.handle}, {actor.posts_count} posts, for ever?", abort=True)
        by = Member(account.id, actor.id, admin=account.admin)
        await services.perform(commands.delete_own_account, DeleteAccount(by))

    with_services(settings_of(ctx), work)
    click.echo(f"{username} is erased here; the running server tells the others.")


def _new_password() -> str:
    asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return asked
