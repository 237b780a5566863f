"""Other people, for members: finding, following, being followed, blocking, reporting."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from fediprof.actors import store as actors
from fediprof.actors.commands import AskForPosts, ask_for_posts
from fediprof.actors.records import Actor, Relationship
from fediprof.db.database import Tx
from fediprof.errors import FediprofError, Malformed, NotFound, Unreachable
from fediprof.follows import commands as follow_commands
from fediprof.follows import store as follows
from fediprof.follows.commands import AnswerFollower, RequestFollow, Unfollow
from fediprof.groups import membership, reporting
from fediprof.moderation import commands as moderation
from fediprof.moderation import limits
from fediprof.moderation.commands import BlockActor, ReportActor
from fediprof.posts import store as posts
from fediprof.posts import views
from fediprof.posts.records import Shown
from fediprof.profiles import addresses
from fediprof.web import groups_page
from fediprof.web.forms import Form, sentence
from fediprof.web.view import Page

PAGE = 20
LIST = 40
_OWN_PAGE = re.compile(r"/@(?P<name>\w{1,30})(?:/p/(?P<slug>\w{1,40}))?/?", re.ASCII)


async def the_actor(page: Page) -> Actor:
    """The person in the address; the server's own account is nobody."""
    number = page.request.path_params["id"]
    actor = await page.read(lambda tx: actors.by_id(tx, number))
    if actor is None or ("." in actor.username and actor.local) or await _is_hidden(page, actor):
        raise NotFound(f"no person {number}")
    return actor


async def _is_hidden(page: Page, actor: Actor) -> bool:
    return await page.read(lambda tx: limits.suspended(tx, actor.id))


async def person(page: Page) -> Response:
    """Somebody as known here, and what the member may do about them."""
    actor, me, max_id = await the_actor(page), page.me.actor.id, page.number("max_id")
    if actor.id == me:
        return page.to(f"/@{actor.username}")
    if actor.type == "Group":
        return page.to(f"/@{actor.username}") if actor.local else await groups_page.show(page)

    if actor.backfilled_at is None and not actor.local:
        await page.perform(ask_for_posts, AskForPosts(page.by, actor.id))

    def load(tx: Tx) -> tuple[list[Shown], Relationship, int | None]:
        found = posts.of_actor(tx, actor.id, me, limit=PAGE + 1, max_id=max_id)
        relation = follows.relationships(tx, me, [actor.id]).get(actor.id) or Relationship(actor.id)
        return views.shown(tx, found[:PAGE], me), relation, found[PAGE - 1] if len(found) > PAGE else None

    items, relation, more = await page.read(load)
    return page.render(
        "people/person.html", actor=actor, relation=relation, items=items, more=more, now=page.here.now
    )


# --- finding


async def find(page: Page) -> Response:
    """A name known here, or an address anywhere: a handle, a person's page, a post."""
    query = page.asked("q").strip()[:500]
    form = Form({"q": query})
    if not query:
        return page.render("people/find.html", form=form, actors=[])
    try:
        target = await resolved(page, query)
    except FediprofError as error:
        if addresses.is_entry(query, page.here):
            return page.to(f"/elsewhere?url={quote(query, safe='')}")
        form.refuse(sentence(error, page.t), "q")
        target = None
    if isinstance(target, Actor):
        await page.perform(ask_for_posts, AskForPosts(page.by, target.id))
        return page.to(f"/@{target.username}" if target.local else f"/people/{target.id}")
    if target is not None:
        return page.to(f"/posts/{target}")
    found = await page.read(lambda tx: limits.heard(tx, page.viewer, actors.matching(tx, query.lstrip("@"), LIST)))
    shown = [each for each in found if not (each.local and "." in each.username)]
    if shown:
        form.errors.clear()
        form.status = 200
    return page.render("people/find.html", status=form.status, form=form, actors=shown)


async def resolved(page: Page, address: str) -> Actor | int | None:
    """The person, or the id of the post, that an address names; None for what is no address. Raises NotFound,
    Unreachable."""
    resolver = page.services.resolver
    if address.startswith(("https://", "http://")):
        path = address.removeprefix(page.services.settings.origin)
        if entry := await page.read(lambda tx: addresses.post_at(tx, path, page.services.here())):
            return entry
        address = _as_id(address, page.services.settings.origin)
        post, actor = await page.read(lambda tx: (posts.by_iri(tx, address), actors.by_iri(tx, address)))
        if actor is not None and actor.gone_at is None:
            return actor
        post = post or await resolver.post(address)
        if post is not None:
            if await page.read(lambda tx: views.one(tx, post.id, page.viewer)) is None:
                raise NotFound(f"{address} is not to be seen by {page.viewer}")
            return post.id
        actor = await resolver.actor(address)
    elif "@" in address.strip("@"):
        try:
            actor = await resolver.handle(address.removeprefix("@"))
        except Malformed:
            return None
    else:
        return None
    if actor is None:
        raise NotFound(f"nothing at {address}")
    return actor


def _as_id(address: str, origin: str) -> str:
    """The id behind the address of a page of ours; another address as it is."""
    if match := _OWN_PAGE.fullmatch(address.removeprefix(origin)):
        return f"{origin}/p/{match['slug']}" if match["slug"] else f"{origin}/u/{match['name'].lower()}"
    return address


async def fetch(page: Page) -> Response:
    """Ask their server for the person anew and, in the background, for their last posts."""
    await page.form()
    actor = await the_actor(page)
    try:
        await page.services.resolver.actor(actor.iri, fresh=True)
    except Unreachable as error:
        raise Unreachable(
            str(error), public=page.t("The other server did not answer as it should. Try again later.")
        ) from None
    await page.perform(ask_for_posts, AskForPosts(page.by, actor.id, again=True))
    return page.to(f"/people/{actor.id}", "fetching")


# --- one-button forms


def act(
    command: Any, asked: Callable[[Any, int], Any], said: str, otherwise: str
) -> Callable[[Page], Awaitable[Response]]:
    """`otherwise`: where to go when the form does not say; `{id}` is the person's."""

    async def handler(page: Page) -> Response:
        form, actor = await page.form(), await the_actor(page)
        try:
            done = await page.perform(command, asked(page.by, actor.id))
        except FediprofError as error:
            raise _worded(error, page) from None
        told = "asked" if said == "followed" and done.state != "accepted" else said
        return page.back(form, otherwise.format(id=actor.id), told)

    return handler


def _worded(error: FediprofError, page: Page) -> FediprofError:
    error.public = sentence(error, page.t)
    return error


follow = act(membership.join, RequestFollow, "followed", "/people/{id}")
unfollow = act(follow_commands.unfollow, Unfollow, "unfollowed", "/people/{id}")
accept = act(follow_commands.accept_follower, AnswerFollower, "accepted", "/requests")
decline = act(follow_commands.reject_follower, AnswerFollower, "declined", "/requests")
remove = act(follow_commands.remove_follower, AnswerFollower, "removed", "/followers")
block = act(moderation.block_actor, BlockActor, "blocked", "/people/{id}")
unblock = act(moderation.unblock_actor, BlockActor, "unblocked", "/people/{id}")


async def block_form(page: Page) -> Response:
    return page.render("people/block.html", actor=await the_actor(page))


# --- lists


async def requests(page: Page) -> Response:
    def load(tx: Tx) -> list[Actor]:
        return follows.followers_of(tx, follows.follower_ids(tx, page.me.actor.id, state="pending", limit=99))

    return page.render("people/requests.html", actors=await page.read(load))


async def followers(page: Page) -> Response:
    return await _list(page, "followers", page.t("My followers"))


async def following(page: Page) -> Response:
    return await _list(page, "following", page.t("People I follow"))


async def _list(page: Page, kind: str, title: str) -> Response:
    max_id, me = page.number("max_id"), page.me.actor.id

    def load(tx: Tx) -> tuple[list[Actor], int | None]:
        if kind == "followers":
            numbers = follows.follower_ids(tx, me, limit=LIST + 1, max_id=max_id)
            people = follows.followers_of(tx, numbers[:LIST])
        else:
            numbers = follows.following_ids(tx, me, limit=LIST + 1, max_id=max_id)
            people = follows.followed_of(tx, numbers[:LIST])
        return people, numbers[LIST - 1] if len(numbers) > LIST else None

    people, more = await page.read(load)
    return page.render("people/list.html", title=title, kind=kind, actors=people, more=more)


# --- reporting


async def report_form(page: Page) -> Response:
    return await _report(page, Form({"forward": "1"}), page.number("post"))


async def report(page: Page) -> Response:
    form, actor = await page.form(), await the_actor(page)
    post_id = form.number("post")
    asked = ReportActor(
        page.by, actor.id, (post_id,) if post_id else (), form.text("comment")[:5000], form.has("forward")
    )
    await form.attempt(page.t, page.perform(reporting.report, asked), known=frozenset(("comment",)))
    if form.errors:
        return await _report(page, form, post_id)
    shown = await _reported(page, post_id)
    in_group = shown is not None and shown.group is not None
    return page.to(f"/people/{actor.id}", "reported-in-group" if in_group else "reported")


async def _report(page: Page, form: Form, post_id: int | None) -> Response:
    actor = await the_actor(page)
    shown = await _reported(page, post_id)
    return page.render("people/report.html", status=form.status, actor=actor, form=form, shown=shown)


async def _reported(page: Page, post_id: int | None) -> Shown | None:
    return None if post_id is None else await page.read(lambda tx: views.one(tx, post_id, page.viewer))
