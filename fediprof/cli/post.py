"""`fediprof post`: publish from a script or a terminal. The running server sends it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import cast

import click

from fediprof.cli.member import acting
from fediprof.cli.run import as_json, settings_of, with_services
from fediprof.errors import NotFound
from fediprof.groups import posting
from fediprof.media.commands import keep_upload
from fediprof.media.intake import take_in
from fediprof.posts.commands import PublishPost
from fediprof.posts.records import VISIBILITIES, Post, Visibility
from fediprof.principal import Member
from fediprof.services import Services


@click.command()
@click.argument("text")
@click.option("--as", "username", metavar="NAME", help="Who writes [default: the only member].")
@click.option(
    "--visibility",
    type=click.Choice(list(VISIBILITIES)),
    default="public",
    show_default=True,
    help="quiet: public, not on timelines of strangers; direct: only those mentioned.",
)
@click.option("--reply-to", metavar="URL", help="A post of here or elsewhere.")
@click.option("--warning", default="", help="What readers see before they open it.")
@click.option("--title", default="", help="Makes it an article.")
@click.option("--language", metavar="CODE")
@click.option("--picture", type=click.Path(path_type=Path, dir_okay=False, exists=True), multiple=True)
@click.option(
    "--alt", multiple=True, help="What a picture shows, for those who do not see it; in order of --picture."
)
@click.option("--json", "for_programs", is_flag=True, help="For programs.")
@click.pass_context
def post(
    ctx: click.Context,
    text: str,
    username: str | None,
    visibility: str,
    reply_to: str | None,
    warning: str,
    title: str,
    language: str | None,
    picture: tuple[Path, ...],
    alt: tuple[str, ...],
    for_programs: bool,
) -> None:
    """Publish TEXT; - reads it from standard input. Mentions are written @user@host."""
    words = sys.stdin.read().strip() if text == "-" else text

    async def work(services: Services) -> Post:
        by, _ = await acting(services, username)
        parent = await services.resolver.post(reply_to) if reply_to else None
        if reply_to and parent is None:
            raise NotFound("no such post", public=f"There is no post at {reply_to}")
        uploads = [
            await _taken_in(services, by, path, alt[number] if number < len(alt) else "")
            for number, path in enumerate(picture)
        ]
        request = PublishPost(
            by=by,
            text=words,
            visibility=cast(Visibility, visibility),
            warning=warning,
            title=title,
            language=language,
            in_reply_to_id=parent.id if parent else None,
            upload_ids=tuple(uploads),
        )
        return await services.perform(posting.publish, request)

    written = with_services(settings_of(ctx), work)
    if for_programs:
        as_json({"id": str(written.id), "iri": written.iri, "url": written.url})
    else:
        click.echo(written.url)


async def _taken_in(services: Services, by: Member, path: Path, description: str) -> int:
    limit = services.settings.upload_mb * 1024 * 1024
    data = await asyncio.to_thread(path.read_bytes)
    prepared = await take_in(services.storage, data, by=by, limit=limit, description=description)
    return (await services.perform(keep_upload, prepared)).id
