"""Pages anybody may read: a person's page, a post with its conversation, posts with a hashtag, what this place is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, cast

from markupsafe import Markup
from starlette.responses import Response

from fediprof.accounts import store as accounts
from fediprof.actors import store as actors
from fediprof.actors.records import Actor, Relationship
from fediprof.db.database import Tx
from fediprof.errors import Gone, NotFound
from fediprof.follows import store as follows
from fediprof.here import INSTANCE_ACTOR
from fediprof.posts import front, threads, views
from fediprof.posts import store as posts
from fediprof.posts.records import Shown
from fediprof.web import compose
from fediprof.web.cards import Cards
from fediprof.web.view import Page

PAGE = 20
TOPICS = 6


async def first_page(page: Page) -> Response:
    """Members go home; visitors of a server with one member to that person's page; else: what this place is."""
    if page.visitor is not None:
        return page.to("/home")
    people = [actor for account, actor in await page.read(accounts.everyone) if actor.gone_at is None]
    return page.to(f"/@{people[0].username}") if len(people) == 1 else await about(page)


async def about(page: Page) -> Response:
    return page.render("public/about.html")


def member(tx: Tx, username: str) -> Actor:
    """A member's actor by name. Raises NotFound, and Gone for one who left."""
    actor = None if username == INSTANCE_ACTOR else actors.local_by_username(tx, username)
    if actor is None:
        raise NotFound(f"no member {username!r}")
    if actor.gone_at is not None:
        raise Gone(f"{username} left")
    return actor


async def profile(page: Page) -> Response:
    """h-card, pinned posts, posts newest first."""
    if page.visitor is None:
        return await _profile_for_anybody(page)
    username, max_id, viewer = page.request.path_params["name"], page.number("max_id"), page.me.actor.id

    def load(tx: Tx) -> tuple[_Head, list[Shown], list[Shown], int | None, Relationship]:
        actor = member(tx, username)
        first = posts.pinned(tx, actor.id, viewer) if max_id is None else []
        found = posts.of_actor(tx, actor.id, viewer, limit=PAGE + 1, max_id=max_id, replies=False)
        shown = views.shown(tx, [*first, *(each for each in found[:PAGE] if each not in first)], viewer)
        return (
            _head(tx, actor, max_id),
            [each for each in shown if each.post.id in first],
            [each for each in shown if each.post.id not in first],
            _more(found),
            follows.relationships(tx, viewer, [actor.id]).get(actor.id) or Relationship(actor.id),
        )

    head, pinned, items, more, relation = await page.read(load)
    cards = card_maker(page)
    return _profile(page, head, [cards(each) for each in pinned], [cards(each) for each in items], more, relation)


async def _profile_for_anybody(page: Page) -> Response:
    """The same for a visitor without account, from cards that are kept; what is missing of them is made."""
    username, max_id = page.request.path_params["name"], page.number("max_id")
    kept = cards_of(page)

    def load(tx: Tx) -> tuple[_Head, list[_Name], list[_Name], int | None, list[Shown]]:
        actor = member(tx, username)
        first = front.pinned(tx, actor.id) if max_id is None else []
        found = front.page(tx, actor.id, limit=PAGE + 1, max_id=max_id)
        pinned = [_Name(page.t.language, *each, True) for each in first]
        rest = [_Name(page.t.language, *each, False) for each in found[:PAGE] if each not in first]
        have.update({name: card for name in (*pinned, *rest) if (card := kept.get(name)) is not None})
        missing = [name.post_id for name in (*pinned, *rest) if name not in have]
        more = _more([number for number, _ in found])
        return _head(tx, actor, max_id, kept), pinned, rest, more, views.shown(tx, missing, None)

    have: dict[_Name, object] = {}
    head, pinned, rest, more, shown = await page.read(load)
    if fresh := {each.post.id: each for each in shown}:
        make = card_maker(page)
        for name in (*pinned, *rest):
            if name not in have and name.post_id in fresh:
                have[name] = kept.keep(name, make(fresh[name.post_id]))
    first, items = ([have[name] for name in names if name in have] for names in (pinned, rest))
    return _profile(page, head, first, items, more, Relationship(head.actor.id))


class _Name(NamedTuple):
    """What a kept card depends on."""

    language: str
    post_id: int
    edited_at: datetime | None
    pinned: bool


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


@dataclass(frozen=True, slots=True)
class _Head:
    actor: Actor
    topics: list[str]
    moved: Actor | None


def _head(tx: Tx, actor: Actor, max_id: int | None, kept: Cards | None = None) -> _Head:
    """What stands above the posts. Topics are counted over all posts; they are kept until there is a new one."""
    name = ("topics", actor.id, actor.posts_count, actor.last_post_at)
    topics = cast("list[str] | None", kept.get(name)) if kept else None
    if topics is None:
        topics = [written for written, _ in posts.tags_by_use(tx, actor.id, TOPICS)]
        if kept:
            kept.keep(name, topics)
    moved = actors.by_iri(tx, actor.moved_to) if actor.moved_to else None
    return _Head(actor, [] if max_id else topics, moved)


def _profile(
    page: Page, head: _Head, pinned: list[object], items: list[object], more: int | None, relation: Relationship
) -> Response:
    return page.render(
        "public/profile.html",
        indexable=head.actor.indexable and page.number("max_id") is None,
        actor=head.actor,
        topics=head.topics,
        moved=head.moved,
        pinned=[Markup(each) for each in pinned],  # noqa: S704 - made by our own macro, escaped there
        items=[Markup(each) for each in items],  # noqa: S704
        more=more,
        relation=relation,
        mine=head.actor.id == page.viewer,
        max_id=page.number("max_id"),
    )


async def permalink(page: Page) -> Response:
    """A member's post at its public address."""
    name, slug = page.request.path_params["name"], page.request.path_params["slug"]
    iri = f"{page.services.settings.origin}/p/{slug}"

    def find(tx: Tx) -> int:
        post = posts.by_iri(tx, iri)
        author = None if post is None else actors.by_id(tx, post.actor_id)
        if post is None or author is None or author.username.lower() != name.lower():
            if posts.buried(tx, iri) is not None:
                raise Gone(f"{iri} was deleted")
            raise NotFound(f"no post {iri}")
        if post.deleted_at is not None:
            raise Gone(f"{iri} was deleted")
        return post.id

    return await show_thread(page, await page.read(find))


async def known_post(page: Page) -> Response:
    """Any post known here, for members: `/posts/{id}`. Those of members have a public address; go there."""
    post_id = page.request.path_params["id"]
    post = await page.read(lambda tx: posts.by_id(tx, post_id))
    if post is not None and post.local and post.deleted_at is None:
        return page.to(post.url.removeprefix(page.services.settings.origin))
    return await show_thread(page, post_id)


async def show_thread(page: Page, post_id: int) -> Response:
    """A post with what it answers and what answers it, all as the visitor may see them. Raises NotFound."""

    def load(tx: Tx) -> tuple[Shown, list[Shown], list[Shown]]:
        one = views.one(tx, post_id, page.viewer)
        if one is None:
            raise NotFound(f"post {post_id} is not to be seen by {page.viewer}")
        above = threads.ancestors(tx, one.post, page.viewer)
        below = threads.descendants(tx, one.post, page.viewer)
        shown = {each.post.id: each for each in views.shown(tx, [*above, *below], page.viewer)}
        return one, [shown[n] for n in above if n in shown], [shown[n] for n in below if n in shown]

    shown, ancestors, replies = await page.read(load)
    return page.render(
        "public/thread.html",
        indexable=shown.author.indexable and shown.post.local and shown.post.visibility == "public",
        shown=shown,
        ancestors=ancestors,
        replies=replies,
        form=compose.reply_form(page, shown) if page.visitor else None,
        back=page.request.url.path,
        now=page.here.now if page.visitor else None,
    )


async def post_address(page: Page) -> Response:
    """`/p/{slug}`, a post's id, asked for by a browser: its page."""
    iri = f"{page.services.settings.origin}/p/{page.request.path_params['slug']}"

    def look(tx: Tx) -> str:
        post = posts.by_iri(tx, iri)
        if post is None or not posts.is_visible(tx, post.id, page.viewer):
            if (post is not None and post.deleted_at is not None) or posts.buried(tx, iri) is not None:
                raise Gone(f"{iri} was deleted")
            raise NotFound(f"no post {iri} for {page.viewer}")
        return post.url

    return page.to((await page.read(look)).removeprefix(page.services.settings.origin))


async def person_address(page: Page) -> Response:
    """`/u/{name}`, a member's id, asked for by a browser: their page."""
    actor = await page.read(lambda tx: member(tx, page.request.path_params["name"]))
    return page.to(f"/@{actor.username}")


async def tag(page: Page) -> Response:
    """Public posts of members with a hashtag. It can be followed nowhere: reading is all there is to it."""
    name, max_id = page.request.path_params["name"], page.number("max_id")

    def load(tx: Tx) -> tuple[list[Shown], int | None]:
        found = posts.with_tag(tx, name, page.viewer, limit=PAGE + 1, max_id=max_id)
        more = found[PAGE - 1] if len(found) > PAGE else None
        return views.shown(tx, found[:PAGE], page.viewer), more

    items, more = await page.read(load)
    return page.render(
        "public/tag.html",
        name=name,
        items=items,
        more=more,
        back=page.request.url.path,
        now=page.here.now if page.visitor else None,
    )
