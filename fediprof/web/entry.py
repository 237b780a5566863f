"""One entry at its address: a small article with its question, what stands in for what is not shown, and the conversation.

Whoever may not read it gets what they would get for an address that never was: the same words, the same headers, after
the same questions to the database.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.errors import NotFound
from fediprof.posts import threads, views
from fediprof.posts.records import Shown
from fediprof.posts.threads import Stretch
from fediprof.profiles import views as profiles
from fediprof.profiles.disclosure import Disclosed
from fediprof.web import compose, entry_cards, linked_data
from fediprof.web.disclosures import note_opening
from fediprof.web.eyes import Eyes, closed, eyes_of, for_whom, listed
from fediprof.web.view import Page


@dataclass(frozen=True, slots=True)
class _Loaded:
    """`post`: its public side, where it was sent out; `following`: the next entry its viewer may read."""

    owner: Actor
    eyes: Eyes
    entry: Disclosed
    following: Disclosed | None
    post: Shown | None
    replies: list[Shown]
    stretch: Stretch


def entry_of(tx: Tx, page: Page) -> tuple[Actor, Disclosed]:
    """The entry that a path `/@{name}/e/{slug}` names, as whoever looks may read it, and its owner. Raises NotFound."""
    name, slug = page.request.path_params["name"], page.request.path_params["slug"]
    entry = profiles.one(tx, slug, page.looker, page.here.now)
    owner = actors.by_id(tx, entry.actor_id) if entry is not None else None
    if entry is None or owner is None or owner.gone_at is not None or owner.username.lower() != name.lower():
        raise NotFound("no such entry for them")
    return owner, entry


async def permalink(page: Page) -> Response:
    """The entry, and what was answered to it. What not everybody may read is kept by nobody on the way."""
    loaded = await page.read(lambda tx: _load(tx, page))
    owner, entry, eyes, post = loaded.owner, loaded.entry, loaded.eyes, loaded.post
    await note_opening(page, [entry])
    open = owner.indexable and entry.public and page.looker is None
    response = page.render(
        "public/entry.html",
        indexable=open,
        actor=owner,
        eyes=eyes,
        told=entry_cards.told(page, owner, entry, language=page.asked("in")[:35].partition("-")[0].lower()),
        following=entry_cards.told(page, owner, loaded.following) if loaded.following else None,
        shown=post,
        replies=loaded.replies,
        stretch=loaded.stretch,
        form=compose.reply_form(page, post) if page.visitor and post else None,
        back=page.onward(after=page.number("after")),
        now=page.here.now if page.visitor else None,
        mine=owner.id == page.viewer and not eyes.lent,
        owner=owner.id == page.viewer,
        open=open,
        for_whom=for_whom(page, eyes),
        linked=linked_data.work(owner, entry, page.here) if open else "",
    )
    if eyes.lent or not entry.public:
        return closed(response)
    return listed(response) if open else response


def _load(tx: Tx, page: Page) -> _Loaded:
    owner, entry = entry_of(tx, page)
    eyes = eyes_of(tx, page, owner.id)
    seen = profiles.chosen(tx, owner.id, [entry.id], eyes.viewer, page.here.now) if eyes.lent else [entry]
    if not seen:
        raise NotFound("those eyes do not see it")
    entry = seen[0]
    following = profiles.following(tx, entry, eyes.viewer, page.here.now)
    post = views.one(tx, entry.post_id, page.viewer) if entry.post_id is not None else None
    part = threads.stretch(tx, post.post, page.viewer, page.number("after")) if post else Stretch([])
    below = [each for each, _ in part.answers]
    return _Loaded(owner, eyes, entry, following, post, views.shown(tx, below, page.viewer), part)
