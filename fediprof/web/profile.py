"""A member's page: who they are, what they can talk about, their entries, then their posts. And the same on paper.

Entries are those its viewer may read (`profiles.views`); no line of this module looks at what is not in them. Visitors'
pages are put together from cards that are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple, cast
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.responses import Response

from fediprof.actors import store as actors
from fediprof.actors.records import Actor, Relationship
from fediprof.db.database import Tx
from fediprof.follows import store as follows
from fediprof.posts import front, views
from fediprof.posts import store as posts
from fediprof.posts.records import Shown
from fediprof.profiles import grant_store, sets
from fediprof.profiles import views as profiles
from fediprof.profiles.disclosure import Disclosed
from fediprof.profiles.grant_store import PartSet
from fediprof.web import entry_cards, groups_page, linked_data
from fediprof.web.cards import Cards
from fediprof.web.disclosures import note_opening
from fediprof.web.eyes import Eyes, all_public, closed, eyes_of, for_whom, listed
from fediprof.web.pdfs import pdfs_of
from fediprof.web.public import PAGE, NamesGroup, member
from fediprof.web.view import Page

TOPICS = 6
MAX_PRINTED = 60
"""Entries on paper; more is no longer a page or two."""


@dataclass(frozen=True, slots=True)
class _Head:
    """What stands above the posts. `shown`: the entries its viewer may read, on the first page."""

    actor: Actor
    topics: list[str]
    moved: Actor | None
    eyes: Eyes
    shown: list[Disclosed]


class _Name(NamedTuple):
    """What a kept card depends on."""

    language: str
    post_id: int
    edited_at: datetime | None
    pinned: bool


async def profile(page: Page) -> Response:
    """Who is at `/@name`: a person, else a group."""
    try:
        return await (_for_visitor(page) if page.visitor is None else _for_member(page))
    except NamesGroup:
        return await groups_page.show(page)


async def _for_member(page: Page) -> Response:
    """h-card, entries, posts newest first. A post that is an entry's public side is shown as the entry."""
    username, max_id, viewer = page.request.path_params["name"], page.number("max_id"), page.me.actor.id
    kept = cards_of(page)

    def load(tx: Tx) -> tuple[_Head, list[int], list[Shown], int | None, Relationship]:
        actor = member(tx, username)
        head = _head(tx, page, actor, max_id, kept)
        seen_by = (head.eyes.person.id if head.eyes.person else None) if head.eyes.lent else viewer
        first = posts.pinned(tx, actor.id, seen_by) if max_id is None else []
        circle = next(iter(head.eyes.viewer.groups), None) if head.eyes.lent == "group" else None
        if circle is None:
            found = front.page_for(tx, actor.id, seen_by, limit=PAGE + 1, max_id=max_id)
        else:  # chosen as for a member of the group; whose posts they are may be shown them
            found, seen_by = front.page_in(tx, actor.id, circle, limit=PAGE + 1, max_id=max_id), viewer
        shown = views.shown(tx, [*first, *(each for each in found[:PAGE] if each not in first)], seen_by)
        others = [actor.id] if actor.id != viewer else []
        relation = follows.relationships(tx, viewer, others).get(actor.id) or Relationship(actor.id)
        return head, first, shown, _more(found), relation

    head, first, shown, more, relation = await page.read(load)
    await note_opening(page, head.shown)
    make = card_maker(page)
    cards = {each.post.id: make(each) for each in shown}
    return _page(page, kept, head, first, cards, more, relation)


async def _for_visitor(page: Page) -> Response:
    """The same for who has no account here, from cards that are kept; what is missing of them is made."""
    username, max_id = page.request.path_params["name"], page.number("max_id")
    kept = cards_of(page)

    def load(tx: Tx) -> tuple[_Head, list[_Name], int | None, list[Shown]]:
        actor = member(tx, username)
        pinned = front.pinned(tx, actor.id) if max_id is None else []
        found = front.page(tx, actor.id, limit=PAGE + 1, max_id=max_id)
        names = [_Name(page.t.language, *each, True) for each in pinned]
        names += [_Name(page.t.language, *each, False) for each in found[:PAGE] if each not in pinned]
        have.update({name: card for name in names if (card := kept.get(name)) is not None})
        missing = [name.post_id for name in names if name not in have]
        more = _more([number for number, _ in found])
        return _head(tx, page, actor, max_id, kept), names, more, views.shown(tx, missing, None)

    have: dict[_Name, object] = {}
    head, names, more, shown = await page.read(load)
    await note_opening(page, head.shown)
    if fresh := {each.post.id: each for each in shown}:
        make = card_maker(page)
        for name in names:
            if name not in have and name.post_id in fresh:
                have[name] = kept.keep(name, make(fresh[name.post_id]))
    cards = {name.post_id: have[name] for name in names if name in have}
    first = [name.post_id for name in names if name.pinned]
    return _page(page, kept, head, first, cards, more, Relationship(head.actor.id))


@dataclass(frozen=True, slots=True)
class Paper:
    """What goes on paper. `shown`: the entries on it; `open`: everybody reads the same; `values`: for the template."""

    actor: Actor
    shown: list[Disclosed]
    open: bool
    values: dict[str, Any]


async def paper(page: Page) -> Response:
    """The same on paper: nothing else on it, to be printed, or taken as a PDF (`cv_pdf`) where this server makes them."""
    read = await read_paper(page)
    await note_opening(page, read.shown)
    wanted = urlencode([(name, page.asked(name)) for name in ("set", "as", "handle") if page.asked(name)])
    pdf = f"/@{read.actor.username}/cv.pdf{'?' if wanted else ''}{wanted}"
    available = pdfs_of(page).renderer.available
    response = page.render("public/paper.html", pdf=pdf if available else "", **read.values)
    return response if read.open else closed(response)


async def read_paper(page: Page) -> Paper:
    """What its viewer may read, in the order of a résumé: a page or two. Owners may have one of their saved sets
    (`?set=`), as whoever it is opened to reads it."""

    def load(tx: Tx) -> tuple[_Head, list[PartSet], PartSet | None]:
        head = _head(tx, page, member(tx, page.request.path_params["name"]), None, cards_of(page))
        mine = grant_store.sets_of(tx, head.actor.id) if head.actor.id == page.viewer else []
        chosen = next((each for each in mine if each.id == page.number("set")), None)
        if chosen is not None:
            head = replace(head, shown=sets.opened_by(tx, chosen, page.here.now))
        return head, mine, chosen

    head, mine, chosen = await page.read(load)
    shown = head.shown[:MAX_PRINTED]
    values = {
        "actor": head.actor,
        "topics": head.topics,
        "sections": [
            (anchor, title, [entry_cards.told(page, head.actor, each, whole=False) for each in entries])
            for anchor, title, entries in entry_cards.in_sections(shown)
        ],
        "for_whom": "" if chosen else for_whom(page, head.eyes),
        "sets": mine,
        "chosen": chosen,
    }
    return Paper(head.actor, shown, all_public(shown) and page.looker is None, values)


def card_maker(page: Page) -> Callable[[Shown], str]:
    """Renders a post as its author's page shows it: without their name on each."""
    token, back = page.token, page.request.url.path
    now = page.here.now if page.visitor else None
    macro = page.macro("macros/post.html", "card")

    def make(shown: Shown) -> str:
        return str(macro(shown, page.visitor, token, back, now, byline=False))

    return make


def cards_of(page: Page) -> Cards:
    """The cards this application keeps."""
    state = page.request.app.state
    if not hasattr(state, "cards"):
        state.cards = Cards()
    held: Cards = state.cards
    return held


def _more(found: list[int]) -> int | None:
    return found[PAGE - 1] if len(found) > PAGE else None


def _head(tx: Tx, page: Page, actor: Actor, max_id: int | None, kept: Cards) -> _Head:
    """Topics are counted over all posts; they are kept until there is a new one."""
    name = ("topics", actor.id, actor.posts_count, actor.last_post_at)
    topics = cast("list[str] | None", kept.get(name))
    if topics is None:
        topics = kept.keep(name, [written for written, _ in posts.tags_by_use(tx, actor.id, TOPICS)])
    moved = actors.by_iri(tx, actor.moved_to) if actor.moved_to else None
    eyes = eyes_of(tx, page, actor.id)
    shown = [] if max_id else profiles.of_owner(tx, actor.id, eyes.viewer, page.here.now)
    return _Head(actor, [] if max_id else topics, moved, eyes, shown)


def _page(
    page: Page,
    kept: Cards,
    head: _Head,
    first: list[int],
    cards: Mapping[int, object],
    more: int | None,
    relation: Relationship,
) -> Response:
    """`first`: ids of pinned posts; `cards`: post id → its card, pinned ones first. A pinned post that is an entry gives
    its place to the entry, which may say more to this viewer."""
    actor, max_id = head.actor, page.number("max_id")
    public = all_public(head.shown)
    open = actor.indexable and public and page.looker is None and max_id is None
    by_post = {each.post_id: each for each in head.shown if each.post_id is not None}

    def drawn(entry: Disclosed, pinned: bool = False) -> str:
        return entry_cards.card(page, kept, actor, entry, open=open, pinned=pinned)

    pinned = [drawn(by_post[each], True) if each in by_post else cards.get(each) for each in first]
    apart = {by_post[each].id for each in first if each in by_post}
    sections = entry_cards.in_sections(each for each in head.shown if each.id not in apart)
    response = page.render(
        "public/profile.html",
        indexable=open,
        actor=actor,
        topics=head.topics,
        moved=head.moved,
        eyes=head.eyes,
        pinned=[Markup(each) for each in pinned if each is not None],  # noqa: S704 - made by our own macros
        sections=[
            (anchor, title, [Markup(drawn(each)) for each in entries])  # noqa: S704
            for anchor, title, entries in sections
        ],
        items=[Markup(card) for post_id, card in cards.items() if post_id not in first],  # noqa: S704
        more=more,
        relation=relation,
        noted=any(each.grant_id is not None for each in head.shown),
        mine=actor.id == page.viewer and not head.eyes.lent,
        owner=actor.id == page.viewer,
        max_id=max_id,
        granted=any(each.grant_id is not None for each in head.shown),
        open=open,
        linked=linked_data.person(actor, head.topics, head.shown, page.here) if open else "",
        for_whom=for_whom(page, head.eyes),
    )
    if head.eyes.lent or not public:
        return closed(response)
    return listed(response) if open else response
