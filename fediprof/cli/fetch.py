"""`fediprof fetch`: a document of the fediverse as this server gets and reads it, and what it would refuse and why.

For finding out why somebody's post or profile does not arrive here. Nothing is stored.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import click

from fediprof.as2 import names, origin, parse, reader
from fediprof.as2.model import Document
from fediprof.cli.run import as_json, settings_of, with_services
from fediprof.errors import FediprofError
from fediprof.federation.documents import Documents
from fediprof.moderation import policies
from fediprof.net import webfinger
from fediprof.net.fetcher import Response
from fediprof.services import Services

Scheme = Literal["cavage", "rfc9421"]


@dataclass(slots=True)
class Looked:
    """`read_as`: what the document was taken for. `refused`: each reason why it would not be taken in."""

    asked: str
    url: str = ""
    status: int = 0
    content_type: str = ""
    signed_with: str = ""
    read_as: str = ""
    refused: list[str] = field(default_factory=list)
    document: Document | None = None
    text: str = ""


@click.command()
@click.argument("iri")
@click.option("--scheme", type=click.Choice(["cavage", "rfc9421"]), help="The signature scheme to ask with.")
@click.option("--json", "for_programs", is_flag=True, help="For programs: one object, the document in it.")
@click.pass_context
def fetch(ctx: click.Context, iri: str, scheme: Scheme | None, for_programs: bool) -> None:
    """Read the document at IRI, or the actor behind user@host. Exit code 1 when it would be refused."""
    found = with_services(settings_of(ctx), lambda services: look(services, iri, scheme))
    if for_programs:
        as_json({name: getattr(found, name) for name in Looked.__slots__ if name != "text"})
    else:
        _show(found)
    if found.refused:
        sys.exit(1)


async def look(services: Services, asked: str, scheme: Scheme | None = None) -> Looked:
    """Go the way `federation.documents` and `federation.resolve` go, and note each step."""
    found = Looked(asked)
    try:
        iri = asked if "://" in asked else await _actor_of(services, asked)
        host = origin.host_of(iri)
        if await services.read(lambda tx: policies.domain_blocked(tx, host)):
            found.refused.append(f"{host} is blocked here")
        response = await _asked(services.resolver.documents, iri, scheme, found)
    except FediprofError as error:
        found.refused.append(str(error))
        return found
    found.url, found.status = response.url, response.status
    found.content_type = response.headers.get("content-type", "")
    if response.status != 200:
        found.text = response.body[:2000].decode("utf-8", "replace")
        found.refused.append(f"the answer is {response.status}, not 200")
        return found
    if not names.is_as2_media_type(found.content_type):
        found.refused.append(f"{found.content_type or 'no content type'} is not the type of an ActivityPub document")
    try:
        document = reader.load(response.body)
    except FediprofError as error:
        found.text = response.body[:2000].decode("utf-8", "replace")
        found.refused.append(f"it is not JSON as we take it: {error}")
        return found
    found.document = document
    _judge(found, document)
    return found


async def _actor_of(services: Services, handle: str) -> str:
    answer = await webfinger.discover(services.fetcher, handle, scheme=services.settings.scheme)
    return answer.actor_iri


async def _asked(documents: Documents, iri: str, scheme: Scheme | None, found: Looked) -> Response:
    """By the scheme wanted; without one both are tried, as the server does."""
    tried: list[str] = []
    for each in (scheme,) if scheme else ("cavage", "rfc9421"):
        response = await documents.ask(iri, each)
        tried.append(f"{each}: {response.status}")
        if response.status not in (400, 401, 403):
            break
    found.signed_with = ", ".join(tried)
    return response


def _judge(found: Looked, document: Document) -> None:
    stated = reader.iri(document.get("id"))
    if stated is None:
        found.refused.append("it has no id")
    else:
        _try(found, lambda: origin.must_match_url(stated, found.url))
    kinds = set(reader.types(document))
    if kinds & names.ACTOR_TYPES:
        found.read_as = "actor"
        _try(found, lambda: _actor(document))
    elif kinds & {"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"}:
        found.read_as = "collection"
        _try(found, lambda: parse.collection(document))
    elif "Tombstone" in kinds:
        found.read_as = "tombstone"
        _try(found, lambda: parse.tombstone(document))
    elif kinds and "actor" in document and "object" in document:
        found.read_as = "activity"
        _try(found, lambda: parse.activity(document))
    else:
        found.read_as = "post"
        _try(found, lambda: _post(document))


def _actor(document: Document) -> None:
    actor = parse.actor(document)
    if not origin.same_origin(actor.id, actor.inbox):
        raise FediprofError(f"the inbox {actor.inbox} is not on the actor's own host")
    if not actor.keys:
        raise FediprofError("it has no key, so nothing it sends can be proven")


def _post(document: Document) -> None:
    post = parse.post(document)
    origin.must_own(post.id, post.attributed_to, post.attributed_to)


def _try(found: Looked, check: Callable[[], object]) -> None:
    try:
        check()
    except FediprofError as error:
        found.refused.append(str(error))


def _show(found: Looked) -> None:
    for name in ("url", "status", "content_type", "signed_with", "read_as"):
        if value := getattr(found, name):
            click.echo(f"{name.replace('_', ' '):<13} {_plain(str(value))}", err=True)
    click.echo(f"{'verdict':<13} {'refused' if found.refused else 'taken'}", err=True)
    for reason in found.refused:
        click.echo(f"{'':<13} {_plain(reason)}", err=True)
    if found.document is not None:
        from rich.console import Console

        Console().print_json(json.dumps(found.document))
    elif found.text:
        click.echo(_plain(found.text))


def _plain(text: str) -> str:
    """Another server's words cannot move the cursor or colour the screen."""
    return "".join(character for character in text if character.isprintable() or character == "\n")
