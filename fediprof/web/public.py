"""Pages anybody may read: a post with its conversation, posts with a hashtag, what this place is. A person's page is
`profile`, one of their entries `entry`."""

from __future__ import annotations

from starlette.responses import Response

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.errors import Gone, NotFound
from fediprof.here import INSTANCE_ACTOR
from fediprof.moderation import limits
from fediprof.posts import store as posts
from fediprof.posts import threads, views
from fediprof.posts.records import Post, Shown
from fediprof.posts.threads import Stretch
from fediprof.web import compose, groups_thread
from fediprof.web.view import Page

PAGE = 20


async def about(page: Page) -> Response:
    return page.render("public/about.html")


class NamesGroup(NotFound):
    """What has this name here is a group: it has none of the pages of a person."""


def member(tx: Tx, username: str) -> Actor:
    """A member's actor by name. Raises NotFound (NamesGroup for a group's name), and Gone for one who left."""
    return _there(tx, username, groups=False)


def member_or_group(tx: Tx, username: str) -> Actor:
    return _there(tx, username, groups=True)


def _there(tx: Tx, username: str, *, groups: bool) -> Actor:
    actor = None if username == INSTANCE_ACTOR else actors.local_by_username(tx, username)
    if actor is None:
        raise NotFound(f"no member {username!r}")
    if actor.type == "Group" and not groups:
        raise NamesGroup(f"{username} is a group")
    if actor.gone_at is not None:
        raise Gone(f"{username} left")
    if limits.suspended(tx, actor.id):
        raise NotFound(f"{username} is suspended")
    return actor


async def permalink(page: Page) -> Response:
    """A member's post at its public address; one that is an entry's public side has that entry's."""
    name, slug = page.request.path_params["name"], page.request.path_params["slug"]
    iri = f"{page.services.settings.origin}/p/{slug}"

    def find(tx: Tx) -> Post:
        post = posts.by_iri(tx, iri)
        author = None if post is None else actors.by_id(tx, post.actor_id)
        if post is None or author is None or author.username.lower() != name.lower():
            if posts.buried(tx, iri) is not None:
                raise Gone(f"{iri} was deleted")
            raise NotFound(f"no post {iri}")
        if post.deleted_at is not None:
            raise Gone(f"{iri} was deleted")
        return post

    post = await page.read(find)
    if post.entry is not None:
        return page.to(post.url.removeprefix(page.services.settings.origin))
    return await show_thread(page, post.id)


async def known_post(page: Page) -> Response:
    """Any post known here, for members: `/posts/{id}`. Those of members have a public address; go there."""
    post_id = page.request.path_params["id"]
    post = await page.read(lambda tx: posts.by_id(tx, post_id))
    if post is not None and post.local and post.deleted_at is None:
        return page.to(post.url.removeprefix(page.services.settings.origin))
    return await show_thread(page, post_id)


async def show_thread(page: Page, post_id: int) -> Response:
    """A post with what it answers and what answers it, all as the visitor may see them. Raises NotFound."""

    def load(tx: Tx) -> tuple[Shown, list[Shown], list[Shown], Stretch]:
        one = views.one(tx, post_id, page.viewer)
        if one is None:
            raise NotFound(f"post {post_id} is not to be seen by {page.viewer}")
        if one.group is not None:
            return one, [], [], Stretch([])
        above = threads.ancestors(tx, one.post, page.viewer)
        part = threads.stretch(tx, one.post, page.viewer, page.number("after"))
        below = [each for each, _ in part.answers]
        shown = {each.post.id: each for each in views.shown(tx, [*above, *below], page.viewer)}
        return one, [shown[n] for n in above if n in shown], [shown[n] for n in below if n in shown], part

    shown, ancestors, replies, stretch = await page.read(load)
    if shown.group is not None:
        return await groups_thread.show(page, shown)
    return page.render(
        "public/thread.html",
        indexable=shown.author.indexable
        and shown.post.local
        and shown.post.visibility == "public"
        and stretch.earlier is None,
        shown=shown,
        ancestors=ancestors,
        replies=replies,
        stretch=stretch,
        form=compose.reply_form(page, shown) if page.visitor else None,
        back=page.onward(after=page.number("after")),
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
    actor = await page.read(lambda tx: member_or_group(tx, page.request.path_params["name"]))
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
