"""`fediprof entry`: the entries of a member's profile, from a script or a terminal. Only `publish` sends anything; the running
server does it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import cast

import click

from fediprof.actors.records import Actor
from fediprof.cli.member import acting
from fediprof.cli.run import as_json, settings_of, with_services
from fediprof.errors import NotFound
from fediprof.principal import Member
from fediprof.profiles import entries, memberships, store
from fediprof.profiles.entries import Draft, PublishEntry, RemoveEntry, WriteEntry
from fediprof.profiles.people import people_of
from fediprof.profiles.records import (
    FIELDS,
    KINDS,
    READERS,
    Entry,
    Field,
    FieldName,
    FieldWords,
    Kind,
    Readers,
    Rule,
    Words,
)
from fediprof.services import Services
from fediprof.text.language import normalise

_AS = click.option("--as", "username", metavar="NAME", help="Whose entry it is [default: the only member].")
_JSON = click.option("--json", "for_programs", is_flag=True, help="For programs.")
_PARTS = ("headline", "story", "question", *FIELDS, *(f"{name}:stand-in" for name in FIELDS))


@click.group()
def entry() -> None:
    """The entries of a member's profile."""


@entry.command()
@click.argument("headline")
@_AS
@click.option("--kind", type=click.Choice(KINDS), default="free", show_default=True)
@click.option("--story", default="", help="- reads it from standard input.")
@click.option("--question", default="", help="What people may ask; it closes the entry.")
@click.option("--language", metavar="CODE")
@click.option("--tag", "tags", multiple=True)
@click.option("--link", default="", help="A page that shows it.")
@click.option("--readers", type=click.Choice(READERS), default="me", show_default=True)
@click.option("--to", "people", multiple=True, metavar="HANDLE", help="With --readers people: who.")
@click.option("--group", "groups", multiple=True, metavar="HANDLE", help="With --readers group: members of which.")
@click.option("--field", "fields", multiple=True, metavar="NAME=TEXT", help=f"Masked: {', '.join(FIELDS)}.")
@click.option("--stand-in", "stand_ins", multiple=True, metavar="NAME=TEXT", help="What others read in its place.")
@click.option(
    "--in",
    "told",
    type=(str, str),
    multiple=True,
    metavar="CODE PART=TEXT",
    help="The same in a further language: headline, story, question, a field's name, or NAME:stand-in.",
)
@click.option("--open", "opened", multiple=True, metavar="NAME", help="A field all who read the entry may read.")
@click.option("--confirm-ceiling", is_flag=True, help="More of a path in public than is usual here.")
@_JSON
@click.pass_context
def add(
    ctx: click.Context,
    headline: str,
    username: str | None,
    kind: str,
    story: str,
    question: str,
    language: str | None,
    tags: tuple[str, ...],
    link: str,
    readers: str,
    people: tuple[str, ...],
    groups: tuple[str, ...],
    fields: tuple[str, ...],
    stand_ins: tuple[str, ...],
    told: tuple[tuple[str, str], ...],
    opened: tuple[str, ...],
    confirm_ceiling: bool,
    for_programs: bool,
) -> None:
    """Keep a new entry called HEADLINE; nobody is told."""
    values, instead, others = _named(fields, "--field"), _named(stand_ins, "--stand-in"), _translated(told)
    for name in {*opened, *values, *instead} - set(FIELDS):
        raise click.BadParameter(f"{name!r} is not one of {', '.join(FIELDS)}")
    words = Words(headline, sys.stdin.read().strip() if story == "-" else story, question)

    async def work(services: Services) -> Entry:
        by, _ = await acting(services, username)
        named = await people_of(" ".join(people), services.resolver)
        circles = await services.read(lambda tx: memberships.of_member(tx, by.actor_id, services.here().now))
        draft = Draft(
            cast("Kind", kind),
            words,
            language,
            {code: Words(*(parts.get(part, "") for part in _PARTS[:3])) for code, parts in others.items()},
            tags=tags,
            link=link,
            rule=_rule(readers, named, groups, circles),
            fields=tuple(
                each
                for each in (
                    Field(
                        name,
                        values.get(name, ""),
                        Rule("everyone" if name in opened else "me"),
                        instead.get(name, ""),
                        _field_words(name, others),
                    )
                    for name in FIELDS
                )
                if each.value or each.stand_in or each.translations
            ),
        )
        asked = WriteEntry(by, draft, services.settings.entry_ceiling, confirm_ceiling)
        return await services.perform(entries.write_entry, asked)

    _tell(with_services(settings_of(ctx), work), for_programs)


@entry.command(name="list")
@_AS
@_JSON
@click.pass_context
def list_(ctx: click.Context, username: str | None, for_programs: bool) -> None:
    """All entries, in their order, and who reads them."""

    async def work(services: Services) -> list[Entry]:
        by, _ = await acting(services, username)
        return await services.read(lambda tx: store.of_actor(tx, by.actor_id))

    found = with_services(settings_of(ctx), work)
    rows: list[dict[str, object]] = [
        {
            "id": str(each.id),
            "kind": each.kind,
            "headline": each.words.headline,
            "readers": each.rule.readers,
            "masked": ", ".join(part.name for part in each.fields if part.rule.readers != "everyone"),
            "published": each.published_at.date() if each.published_at and each.post_id else "",
        }
        for each in found
    ]
    if for_programs:
        as_json(rows)
        return
    from fediprof.cli.table import table

    table(rows)


@entry.command()
@click.argument("entry_id", type=int)
@_AS
@click.pass_context
def publish(ctx: click.Context, entry_id: int, username: str | None) -> None:
    """Send an entry that everyone may read to those who follow its owner."""

    async def work(services: Services) -> tuple[str, int]:
        by, actor = await acting(services, username)
        done = await services.perform(entries.publish_entry, PublishEntry(by, entry_id))
        return services.here().entry(actor.username, done.slug), actor.followers_count

    address, followers = with_services(settings_of(ctx), work)
    click.echo(f"{address}\nOn its way to {followers} followers.")


@entry.command()
@click.argument("entry_id", type=int)
@_AS
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def remove(ctx: click.Context, entry_id: int, username: str | None, yes: bool) -> None:
    """Take an entry away for good; servers that received it are asked to delete it."""

    async def work(services: Services) -> Entry:
        by, _ = await acting(services, username)
        found = await _own(services, by, entry_id)
        if not yes:
            click.confirm(f"Remove {found.words.headline!r} for good?", abort=True)
        return await services.perform(entries.remove_entry, RemoveEntry(by, entry_id))

    gone = with_services(settings_of(ctx), work)
    click.echo("Removed." if gone.post_id is None else "Removed; the servers that received it are told.")


async def _own(services: Services, by: Member, entry_id: int) -> Entry:
    found = await services.read(lambda tx: store.by_id(tx, by.actor_id, entry_id))
    if found is None:
        raise NotFound("", public=f"There is no entry {entry_id}")
    return found


def _rule(readers: str, people: frozenset[int], groups: tuple[str, ...], circles: Sequence[Actor]) -> Rule:
    """`circles`: the groups the member is in, of which those named read."""
    if readers != "group":
        return Rule(cast("Readers", readers), people=people if readers == "people" else frozenset())
    known = {
        name: each.id for each in circles for name in (each.handle, each.username if each.local else each.handle)
    }
    wanted = [each.lstrip("@!") for each in groups]
    for handle in wanted:
        if handle not in known:
            raise click.BadParameter(f"{handle!r} is no group you are in")
    return Rule("group", groups=frozenset(known[handle] for handle in wanted))


def _translated(told: tuple[tuple[str, str], ...]) -> dict[str, dict[str, str]]:
    """`fr`, `headline=Un délai` → language, part and text."""
    found: dict[str, dict[str, str]] = {}
    for code, pair in told:
        part, sign, text = pair.partition("=")
        if not sign:
            raise click.BadParameter(f"--in {code} {pair!r}: write PART=TEXT")
        if part.strip() not in _PARTS:
            raise click.BadParameter(f"--in {code} {pair!r}: {part.strip()!r} is not one of {', '.join(_PARTS)}")
        found.setdefault(normalise(code) or code, {})[part.strip()] = text.strip()
    return found


def _field_words(name: FieldName, others: Mapping[str, Mapping[str, str]]) -> dict[str, FieldWords]:
    made = {
        code: FieldWords(parts.get(name, ""), parts.get(f"{name}:stand-in", "")) for code, parts in others.items()
    }
    return {code: words for code, words in made.items() if words != FieldWords()}


def _named(pairs: tuple[str, ...], option: str) -> dict[FieldName, str]:
    """`employer=Zéphyr` → name and text."""
    found: dict[FieldName, str] = {}
    for pair in pairs:
        name, sign, text = pair.partition("=")
        if not sign:
            raise click.BadParameter(f"{option} {pair!r}: write NAME=TEXT")
        found[cast("FieldName", name.strip())] = text.strip()
    return found


def _tell(kept: Entry, for_programs: bool) -> None:
    if for_programs:
        as_json({"id": str(kept.id), "slug": kept.slug, "readers": kept.rule.readers})
    else:
        click.echo(f"{kept.id}  {kept.words.headline}  (read by: {kept.rule.readers})")
