"""Statuses: read one with its thread; write, change and take back one's own."""

from __future__ import annotations

from starlette.responses import Response

from fediprof.db.database import Tx
from fediprof.errors import Invalid, NotFound
from fediprof.groups import posting
from fediprof.interactions import store as interactions
from fediprof.interactions.commands import React, unannounce_post
from fediprof.mastodon.call import Call
from fediprof.mastodon.entities import status
from fediprof.mastodon.entities.visibility import ours
from fediprof.mastodon.errors import json
from fediprof.mastodon.media import focus
from fediprof.media.commands import DescribeUpload, describe_upload
from fediprof.posts import store as posts
from fediprof.posts import threads, views
from fediprof.posts.commands import DeletePost, PublishPost, RevisePost
from fediprof.posts.records import Shown, Visibility

MOST_ANSWERS = 500

_NOT_BUILT = {
    "poll": "Polls cannot be made here",
    "scheduled_at": "Posts cannot be scheduled here",
    "quoted_status_id": "Posts cannot be quoted here",
    "quote_id": "Posts cannot be quoted here",
}
"""Refused rather than left out: a post sent at once instead of tomorrow cannot be called back."""


def show(tx: Tx, call: Call) -> Response:
    return json(status.render(seen(tx, call.id(), call.viewer), call.answer()))


def context(tx: Tx, call: Call) -> Response:
    """What leads to a post, and what answers it."""
    shown = seen(tx, call.id(), call.viewer)
    answer = call.answer()
    above = threads.ancestors(tx, shown.post, call.viewer)
    below = [each for each, _ in threads.descendants(tx, shown.post, call.viewer)[:MOST_ANSWERS]]
    both = {each.post.id: each for each in views.shown(tx, [*above, *below], call.viewer)}
    return json(
        {
            "ancestors": [status.render(both[each], answer) for each in above if each in both],
            "descendants": [status.render(both[each], answer) for each in below if each in both],
        }
    )


def source(tx: Tx, call: Call) -> Response:
    """The text as written: the author's own."""
    return json(status.render_source(_own(tx, call).post))


async def publish(call: Call) -> Response:
    """Without `visibility`, the member's default. The Idempotency-Key makes a post sent twice one post."""
    for name, sentence in _NOT_BUILT.items():
        if _is_given(call, name):
            raise Invalid(sentence, field=name)
    me = call.caller.me
    answered = _reference(call, "in_reply_to_id")
    asked = PublishPost(
        by=call.by,
        text=call.params.text("status"),
        visibility=await _in_group(call, answered, _visibility(call, me.default_visibility)),
        warning=call.params.text("spoiler_text"),
        sensitive=call.params.flag("sensitive"),
        language=call.params.text("language") or me.language,
        in_reply_to_id=answered,
        upload_ids=_upload_ids(call),
        idempotency_key=call.request.headers.get("idempotency-key", "").strip()[:200],
    )
    post = await call.perform(posting.publish, asked)
    return await shown_again(call, post.id)


async def revise(call: Call) -> Response:
    """All of a status anew: a warning or pictures not named are taken away. `media_attributes` describe pictures."""
    before = (await call.read(lambda tx: _own(tx, call))).post
    if _is_given(call, "poll"):
        raise Invalid(_NOT_BUILT["poll"], field="poll")
    named = {number: each for each in call.params.each("media_attributes") if (number := each.cursor("id"))}
    upload_ids = _upload_ids(call)
    for number, each in named.items():
        if number in upload_ids and (point := focus(each)) is not None:
            await call.perform(describe_upload, DescribeUpload(call.by, number, focal=point))
    asked = RevisePost(
        by=call.by,
        post_id=before.id,
        text=call.params.text("status"),
        warning=call.params.text("spoiler_text"),
        sensitive=call.params.flag("sensitive"),
        language=call.params.text("language") or before.language,
        upload_ids=upload_ids,
        descriptions=tuple((n, each.text("description")) for n, each in named.items() if "description" in each),
        title=before.title,
    )
    await call.perform(posting.revise, asked)
    return await shown_again(call, before.id)


async def delete(call: Call) -> Response:
    """Answers the status with its `text`, for a new draft. A boost's id takes the boost back."""
    before = await call.read(lambda tx: seen(tx, call.id(), call.viewer))
    if before.announced is not None:
        if before.announced.by.id != call.viewer:
            raise NotFound("another's boost")
        await call.perform(unannounce_post, React(call.by, before.post.id))
        return json(status.render_deleted(before, call.answer()))
    if before.post.actor_id != call.viewer:
        raise NotFound("another's post")
    body = status.render_deleted(before, call.answer())
    await call.perform(posting.withdraw, DeletePost(call.by, before.post.id))
    return json(body)


def seen(tx: Tx, status_id: int, viewer: int | None) -> Shown:
    """A post, or a boost by its own id. Raises NotFound for what is not there for this viewer."""
    shown = views.one(tx, status_id, viewer)
    if shown is not None:
        return shown
    announce = interactions.by_id(tx, status_id)
    if announce is not None and announce.kind == "announce":
        found = views.items(tx, [(announce.post_id, announce.id)], viewer)
        if found:
            return found[0]
    raise NotFound("no such status for this viewer")


async def shown_again(call: Call, post_id: int) -> Response:
    """A post after something was done to it."""
    shown = await call.read(lambda tx: views.one(tx, post_id, call.viewer))
    if shown is None:
        raise NotFound("the post went away")
    return json(status.render(shown, call.answer()))


def _own(tx: Tx, call: Call) -> Shown:
    shown = seen(tx, call.id(), call.viewer)
    if shown.post.actor_id != call.viewer or shown.announced is not None:
        raise NotFound("another's post")
    return shown


async def _in_group(call: Call, answered: int | None, chosen: Visibility) -> Visibility:
    """What is for a group's members apps are told of as "private", and they answer it so."""
    if answered is None or chosen != "followers":
        return chosen
    parent = await call.read(lambda tx: posts.by_id(tx, answered))
    return "group" if parent is not None and parent.visibility == "group" else chosen


def _visibility(call: Call, default: str) -> Visibility:
    word = call.params.text("visibility")
    if word:
        return ours(word)
    return next((each for each in ("public", "quiet", "followers", "direct") if each == default), "direct")


def _reference(call: Call, name: str) -> int | None:
    """An id that must be one of ours when it is given: an answer that lost its parent would be a post on its own."""
    if not call.params.text(name):
        return None
    number = call.params.cursor(name)
    if number is None:
        raise NotFound(f"{name} is no id")
    return number


def _upload_ids(call: Call) -> tuple[int, ...]:
    given = call.params.texts("media_ids")
    ids = call.params.numbers("media_ids")
    if len(ids) != len(given):
        raise Invalid("media_ids names a file that is not there", field="media_ids")
    return tuple(dict.fromkeys(ids))


def _is_given(call: Call, name: str) -> bool:
    """Apps send empty values for what they leave out."""
    if name not in call.params:
        return False
    poll = call.params.nested(name)
    return bool(poll.texts("options")) if name == "poll" else bool(call.params.text(name))
