"""Entries as their owner keeps them: the list, publishing, pinning, order, taking one away. Only the owner opens these
pages, so they show what is stored; what anybody else reads comes from `profiles.views`. Writing one: `web.entry_form`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.errors import NotFound
from fediprof.follows import store as follows
from fediprof.posts import store as posts
from fediprof.profiles import entries, memberships, rules, store, text, views
from fediprof.profiles.disclosure import ANYBODY
from fediprof.profiles.entries import OrderEntries, PublishEntry, RemoveEntry
from fediprof.profiles.memberships import Circle
from fediprof.profiles.records import KINDS, Entry, Field
from fediprof.web import audiences
from fediprof.web.entry_cards import SECTIONS
from fediprof.web.forms import Form
from fediprof.web.view import Page

FIRST = 20
"""Entries of a section that the whole list shows; an import may bring hundreds."""


@dataclass(frozen=True, slots=True)
class Line:
    """An entry in its owner's list. `people`, `circles`: those its rules name. `masked`: fields that others do not read as
    they are."""

    entry: Entry
    path: str
    kind: str
    readers: str
    consequence: str
    people: tuple[Actor, ...]
    circles: tuple[Circle, ...]
    masked: tuple[Field, ...]
    pinned: bool


@dataclass(frozen=True, slots=True)
class _Around:
    """What the list needs besides: the people and groups named, the posts pinned, how many contacts there are."""

    people: Mapping[int, Actor]
    circles: Mapping[int, Circle]
    pinned: set[int]
    contacts: int


async def index(page: Page) -> Response:
    """`?section=`: that one alone, and whole."""
    me = page.me.actor

    def load(tx: Tx) -> tuple[list[Entry], _Around]:
        mine = store.of_actor(tx, me.id)
        named = {each for entry in mine for each in named_in(entry)}
        people = actors.by_ids(tx, named) if named else {}
        circles = {each.actor.id: each for each in memberships.named_circles(tx, me.id, page.here.now)}
        return mine, _Around(people, circles, set(posts.pinned(tx, me.id, me.id)), follows.contacts(tx, me.id))

    mine, around = await page.read(load)
    wanted = page.asked("section")
    sections = []
    for anchor, title, kinds in SECTIONS:
        held = [entry for entry in mine if entry.kind in kinds]
        if held and wanted in ("", anchor):
            shown = held if wanted else held[:FIRST]
            sections.append((anchor, title, [_line(page, entry, around) for entry in shown], len(held) - len(shown)))
    return page.render(
        "entries/list.html",
        sections=sections,
        alone=wanted,
        kinds=text.KINDS,
        offered=KINDS,
        labels=text.FIELDS,
    )


def named_in(entry: Entry) -> frozenset[int]:
    """The people an entry's rules name, its fields' with them."""
    return entry.rule.people.union(*(each.rule.people for each in entry.fields))


def groups_in(entry: Entry) -> frozenset[int]:
    """The groups they name."""
    return entry.rule.groups.union(*(each.rule.groups for each in entry.fields))


def path_of(page: Page, entry: Entry) -> str:
    return f"/@{page.me.actor.username}/e/{entry.slug}"


def _line(page: Page, entry: Entry, around: _Around) -> Line:
    readers = entry.rule.readers
    return Line(
        entry=entry,
        path=path_of(page, entry),
        kind=page.t(text.KINDS[entry.kind]),
        readers=page.t(audiences.WORDS[readers]),
        consequence=audiences.consequence(
            readers, page.t, indexable=page.me.actor.indexable, contacts=around.contacts
        ),
        people=tuple(around.people[each] for each in named_in(entry) if each in around.people),
        circles=tuple(each for number, each in around.circles.items() if number in groups_in(entry)),
        masked=tuple(each for each in entry.fields if each.value and each.rule.readers != "everyone"),
        pinned=entry.post_id in around.pinned,
    )


async def own(page: Page) -> Entry:
    """The member's own entry named by the address. Raises NotFound for anybody else's."""
    entry_id = page.request.path_params["id"]
    found = await page.read(lambda tx: store.by_id(tx, page.by.actor_id, entry_id))
    if found is None:
        raise NotFound(f"no entry {entry_id} of {page.me.actor.username}")
    return found


# --- sending it out


async def publish_form(page: Page) -> Response:
    return await _publishing(page, Form())


async def publish(page: Page) -> Response:
    form = await page.form()
    entry = await own(page)
    asked = PublishEntry(page.by, entry.id)
    await form.attempt(page.t, page.perform(entries.publish_entry, asked), known=frozenset(("publish",)))
    if form.errors:
        return await _publishing(page, form)
    return page.to(f"/entries#e{entry.id}", "published")


async def _publishing(page: Page, form: Form) -> Response:
    """What everyone would read, to how many it goes, and how often that may be done today."""
    entry, since = await own(page), page.here.now - timedelta(days=1)

    def load(tx: Tx) -> tuple[dict[str, str], int]:
        shown = views.chosen(tx, page.by.actor_id, [entry.id], ANYBODY, page.here.now)
        told = text.by_language(shown[0], page.here.tag) if shown else {}
        return told, store.published_since(tx, page.by.actor_id, since)

    told, sent = await page.read(load)
    return page.render(
        "entries/publish.html",
        status=form.status,
        form=form,
        entry=entry,
        told=told,
        left=max(0, rules.PUBLISHED_A_DAY - sent),
        path=path_of(page, entry),
    )


# --- order, and taking away


async def up(page: Page) -> Response:
    return await _moved(page, -1)


async def down(page: Page) -> Response:
    return await _moved(page, 1)


async def _moved(page: Page, by: int) -> Response:
    """Past its neighbour in the section of the page where it stands."""
    form = await page.form()
    entry = await own(page)
    mine = await page.read(lambda tx: store.of_actor(tx, page.by.actor_id))
    kinds = next(kinds for _, _, kinds in SECTIONS if entry.kind in kinds)
    section = [each.id for each in mine if each.kind in kinds]
    place = section.index(entry.id) + by
    if 0 <= place < len(section):
        order = [each.id for each in mine]
        at, to = order.index(entry.id), order.index(section[place])
        order[at], order[to] = order[to], order[at]
        await page.perform(entries.order_entries, OrderEntries(page.by, tuple(order)))
    return page.back(form, f"/entries#e{entry.id}")


async def remove_form(page: Page) -> Response:
    return page.render("entries/remove.html", entry=await own(page))


async def remove(page: Page) -> Response:
    await page.form()
    await page.perform(entries.remove_entry, RemoveEntry(page.by, page.request.path_params["id"]))
    return page.to("/entries", "removed")
