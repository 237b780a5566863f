"""What an instance must have before it answers: the server's own actor, and somebody whose page it is."""

from __future__ import annotations

import asyncio
import getpass
import os
import re

from fediprof.accounts import commands
from fediprof.accounts import store as accounts
from fediprof.accounts.commands import CreateAccount, CreateServerActor, IssueLink
from fediprof.accounts.records import Account
from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.errors import Conflict, Misconfigured, NotFound
from fediprof.groups import store as groups
from fediprof.groups.founding import Charter, FoundGroup, found_group
from fediprof.here import INSTANCE_ACTOR
from fediprof.principal import Member
from fediprof.services import Services

_NOBODY = ("", "root", "admin", "user", "www-data", "nobody")


async def found_server(services: Services) -> None:
    """Make the actor that signs our fetches, where it is missing; processes that start together may both try."""
    if await services.read(lambda tx: actors.local_by_username(tx, INSTANCE_ACTOR)) is None:
        keys = await asyncio.to_thread(services.keystore.make, services.here().actor(INSTANCE_ACTOR))
        await services.perform(commands.create_server_actor, CreateServerActor(keys))


async def must_belong_here(services: Services) -> None:
    """Refuse a database of another host: its addresses are known all over the fediverse, and must not be mixed with
    others. Raises Misconfigured."""
    known = await services.read(lambda tx: actors.local_by_username(tx, INSTANCE_ACTOR))
    if known is not None and known.iri != services.here().actor(INSTANCE_ACTOR):
        theirs = known.iri.removesuffix("/actor")
        raise Misconfigured(f"host: this database belongs to {theirs}, not to {services.settings.origin}")


async def first_member(services: Services, name: str | None, *, display: str = "") -> tuple[Account, Actor]:
    """The member named, made if need be; without a name the first there is, or one named after the system's user.

    The first member of an instance runs it.
    """
    everyone = await services.read(accounts.everyone)
    if name is None and everyone:
        return everyone[0]
    wanted = name or valid_name(_system_user())
    known = await services.read(lambda tx: accounts.by_username(tx, wanted))
    if known is None:
        await add_member(services, wanted, display=display, admin=not everyone)
        known = await services.read(lambda tx: accounts.by_username(tx, wanted))
    if known is None:
        raise NotFound("no such member", public=f"There is no member named {wanted}")
    return known


async def add_member(
    services: Services,
    username: str,
    *,
    language: str | None = None,
    display: str = "",
    password: str | None = None,
    admin: bool = False,
) -> Account:
    """Raises Invalid, Conflict."""
    if await services.read(lambda tx: actors.local_by_username(tx, username)) is not None:
        raise Conflict("this name is taken", public=f"The name {username} is taken")
    request = await CreateAccount.prepared(
        services.keystore,
        services.here(),
        username=username,
        language=language or _language(services.settings.language),
        name=display,
        password=password,
        admin=admin,
    )
    return await services.perform(commands.create_account, request)


async def front_group(services: Services, account: Account) -> None:
    """Found the group whose page is to stand at /, where there is none: who runs the instance moderates it first."""
    name = services.settings.front_group
    if not name or await services.read(lambda tx: groups.hosted_by_name(tx, name)) is not None:
        return
    asked = await FoundGroup.prepared(
        services.keystore,
        services.here(),
        by=Member(account.id, account.actor_id, admin=account.admin),
        username=name,
        charter=Charter(name.replace("_", " ").capitalize()),
        by_members=services.settings.founders == "members",
    )
    await services.perform(found_group, asked)


async def login_link(services: Services, username: str) -> str:
    """An address that logs a member in, once, within the hour."""
    secret = await services.perform(commands.issue_login_link, IssueLink(username))
    return f"{services.settings.origin}/login/link/{secret}"


def valid_name(text: str) -> str:
    """Someone's name on this machine as a handle may have it; "me" for names that say nothing."""
    name = re.sub(r"[^a-z0-9_]+", "_", text.lower()).strip("_")[:30].strip("_")
    return "me" if name in _NOBODY else name


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user without a name
        return ""


def _language(default: str) -> str:
    spoken = (os.environ.get("LC_ALL") or os.environ.get("LANG") or "")[:2].lower()
    return spoken if spoken in ("fr", "en") else default
