"""`fediprof group`: groups of this server, and threads in groups here or elsewhere. The running server sends what follows."""

from __future__ import annotations

import sys
from typing import cast

import click

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.cli.member import acting
from fediprof.cli.run import as_json, settings_of, with_services
from fediprof.db.database import Tx
from fediprof.errors import NotFound
from fediprof.groups import founding, posting, store
from fediprof.groups.founding import Charter, CloseGroup, FoundGroup
from fediprof.groups.posting import BeginThread
from fediprof.groups.records import KINDS, MEMBERSHIPS, POSTINGS, Group, Hosted, Kind, Membership, Posting
from fediprof.posts.commands import PublishPost
from fediprof.posts.records import Post
from fediprof.services import Services

_AS = click.option("--as", "username", metavar="NAME", help="Who does it [default: the only member].")
_NUMBER = click.IntRange(0, founding.MOST)
_JSON = click.option("--json", "for_programs", is_flag=True, help="For programs.")


@click.group()
def group() -> None:
    """Groups of this server; threads in groups here and elsewhere."""


@group.command()
@click.argument("name")
@click.option("--title", required=True, help="What the group is called on its page.")
@click.option("--description", default="", help="Markdown; - reads it from standard input.")
@click.option("--membership", type=click.Choice(MEMBERSHIPS), default="open", show_default=True)
@click.option(
    "--posting",
    "writers",
    type=click.Choice(POSTINGS),
    default="members",
    show_default=True,
    help="Who begins threads.",
)
@click.option("--rule", "rules", multiple=True, help="One each.")
@click.option("--language", metavar="CODE", default="")
@click.option("--newcomers-at-once", is_flag=True, help="First posts do not wait for a moderator.")
@click.option("--no-votes", is_flag=True)
@click.option(
    "--author-pace", type=_NUMBER, default=6, show_default=True, help="Posts a minute of one; 0: any number."
)
@click.option("--pace", type=_NUMBER, default=60, show_default=True, help="Posts a minute of all.")
@click.option("--offers-a-month", type=_NUMBER, default=3, show_default=True, help="Of one person; 0: any number.")
@click.option("--offers-name-pay", is_flag=True, help="An offer that does not is sent back.")
@click.option("--offers-name-contact", is_flag=True, help="The same for a person to write to.")
@click.option("--groups-may-follow", is_flag=True, help="Groups on other servers may follow it.")
@_AS
@_JSON
@click.pass_context
def found(
    ctx: click.Context,
    name: str,
    title: str,
    description: str,
    membership: str,
    writers: str,
    rules: tuple[str, ...],
    language: str,
    newcomers_at_once: bool,
    no_votes: bool,
    author_pace: int,
    pace: int,
    offers_a_month: int,
    offers_name_pay: bool,
    offers_name_contact: bool,
    groups_may_follow: bool,
    username: str | None,
    for_programs: bool,
) -> None:
    """Found a group that bears NAME in addresses, for ever. Who founds it is its first moderator."""
    charter = Charter(
        title,
        sys.stdin.read() if description == "-" else description,
        cast("Membership", membership),
        cast("Posting", writers),
        rules,
        hold_newcomers=not newcomers_at_once,
        votes=not no_votes,
        language=language,
        author_pace=author_pace,
        pace=pace,
        offers_a_month=offers_a_month,
        offers_name_pay=offers_name_pay,
        offers_name_contact=offers_name_contact,
        group_followers=groups_may_follow,
    )

    async def work(services: Services) -> Hosted:
        by, _ = await acting(services, username)
        asked = await FoundGroup.prepared(
            services.keystore,
            services.here(),
            by=by,
            username=name,
            charter=charter,
            by_members=services.settings.founders == "members",
        )
        return await services.perform(founding.found_group, asked)

    made = with_services(settings_of(ctx), work)
    if for_programs:
        as_json({"name": made.actor.username, "iri": made.actor.iri, "handle": made.actor.handle})
    else:
        click.echo(f"{made.actor.url}\n@{made.actor.handle}")


@group.command(name="list")
@_JSON
@click.pass_context
def list_(ctx: click.Context, for_programs: bool) -> None:
    """Groups of this server."""

    async def work(services: Services) -> list[dict[str, object]]:
        return await services.read(lambda tx: [_row(tx, each) for each in store.all_hosted(tx)])

    rows = with_services(settings_of(ctx), work)
    if for_programs:
        as_json(rows)
        return
    from fediprof.cli.table import table

    table(rows, right=("members", "threads"), empty="There is no group here: fediprof group found NAME --title …")


@group.command()
@click.argument("name")
@_JSON
@click.pass_context
def show(ctx: click.Context, name: str, for_programs: bool) -> None:
    """What a group of this server is, and who moderates it."""

    async def work(services: Services) -> dict[str, object]:
        def load(tx: Tx) -> dict[str, object]:
            hosted = _hosted(tx, name)
            return {
                **_row(tx, hosted),
                "handle": hosted.actor.handle,
                "iri": hosted.actor.iri,
                "posting": hosted.group.posting,
                "newcomers_wait": hosted.group.hold_newcomers,
                "votes": hosted.group.votes,
                "posts_a_minute": f"{hosted.group.author_pace} of one, {hosted.group.pace} of all",
                "offers_a_month": hosted.group.offers_a_month,
                "offers_name": _asked(hosted.group),
                "groups_may_follow": hosted.group.group_followers,
                "rules": hosted.group.rules,
                "moderators": [each.iri for each in store.moderators(tx, hosted.id)],
                "description": hosted.actor.summary_source or "",
            }

        return await services.read(load)

    told = with_services(settings_of(ctx), work)
    if for_programs:
        as_json(told)
        return
    from fediprof.cli.table import table

    table([{"what": key.replace("_", " "), "is": _said(value)} for key, value in told.items()])


@group.command()
@click.argument("name")
@click.option("--words", default="", help="What stands in its place, e.g. where people went.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_AS
@click.pass_context
def close(ctx: click.Context, name: str, words: str, yes: bool, username: str | None) -> None:
    """End a group for good: its address answers 410, its members' servers are told. Its name is given to nobody else."""

    async def work(services: Services) -> None:
        by, _ = await acting(services, username)
        hosted = await services.read(lambda tx: _hosted(tx, name))
        if not yes:
            click.confirm(f"Close {hosted.actor.display!r} with {hosted.actor.followers_count} members?", abort=True)
        await services.perform(founding.close_group, CloseGroup(by, hosted.id, words))

    with_services(settings_of(ctx), work)
    click.echo("Closed; its members' servers are told.")


@group.command()
@click.argument("name")
@click.argument("title")
@click.argument("text")
@click.option("--kind", type=click.Choice(KINDS), help="A question, something told, something offered.")
@click.option("--language", metavar="CODE")
@_AS
@_JSON
@click.pass_context
def post(
    ctx: click.Context,
    name: str,
    title: str,
    text: str,
    kind: str | None,
    language: str | None,
    username: str | None,
    for_programs: bool,
) -> None:
    """Begin a thread called TITLE in the group NAME: of this server, or name@host elsewhere. TEXT - is standard input."""
    words = sys.stdin.read().strip() if text == "-" else text

    async def work(services: Services) -> Post:
        by, _ = await acting(services, username)
        asked = PublishPost(by, words, title=title, language=language)
        group_id = (await _anywhere(services, name)).id
        return await services.perform(posting.begin_thread, BeginThread(asked, group_id, cast("Kind", kind or "")))

    written = with_services(settings_of(ctx), work)
    if for_programs:
        as_json({"id": str(written.id), "iri": written.iri, "url": written.url})
    else:
        click.echo(written.url)


def _hosted(tx: Tx, name: str) -> Hosted:
    """A group of this server that is there. Raises NotFound."""
    hosted = store.hosted_by_name(tx, name.lstrip("@!"))
    if hosted is None or hosted.group.closed_at is not None:
        raise NotFound("no such group", public=f"There is no group named {name} here")
    return hosted


async def _anywhere(services: Services, name: str) -> Actor:
    plain = name.lstrip("@!")
    if "@" not in plain:
        return (await services.read(lambda tx: _hosted(tx, plain))).actor
    found = await services.resolver.handle(plain)
    if found is None or await services.read(lambda tx: store.by_id(tx, found.id)) is None:
        raise NotFound("no such group", public=f"No group was found at {name}")
    return found


def _row(tx: Tx, hosted: Hosted) -> dict[str, object]:
    actor = actors.by_id(tx, hosted.id) or hosted.actor
    return {
        "name": actor.username,
        "title": actor.display,
        "membership": hosted.group.membership,
        "members": actor.followers_count,
        "threads": store.threads_shown(tx, hosted.id),
        "founded": hosted.group.created_at.date(),
    }


def _asked(group: Group) -> list[str]:
    wanted = {"pay": group.offers_name_pay, "contact": group.offers_name_contact}
    return [name for name, each in wanted.items() if each]


def _said(value: object) -> object:
    return "; ".join(str(each) for each in value) if isinstance(value, list) else value
