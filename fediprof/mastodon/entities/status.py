"""Status: a post as one viewer is shown it, or an announce of one (the wrapper, with the post in `reblog`)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from html import escape
from urllib.parse import quote

from fediprof.actors.records import Actor
from fediprof.clock import rfc3339
from fediprof.mastodon.entities import account, emoji, media, poll
from fediprof.mastodon.entities.answer import Answer, Entity
from fediprof.mastodon.entities.visibility import word
from fediprof.posts.records import Post, Shown, Tag
from fediprof.text.html import plain


def render_all(items: Iterable[Shown], answer: Answer) -> list[Entity]:
    return [render(each, answer) for each in items]


def render(shown: Shown, answer: Answer) -> Entity:
    """What a viewer did with a post (`favourited` …) is told to members only; to the rest the keys are absent."""
    made = _post(shown, answer)
    return made if shown.announced is None else _announce(shown, made, answer)


def render_deleted(shown: Shown, answer: Answer) -> Entity:
    """What a deletion answers: the status, with the text as it was written, for a new draft."""
    return {**render(shown, answer), "text": text_of(shown.post)}


def render_source(post: Post) -> Entity:
    return {"id": str(post.id), "text": text_of(post), "spoiler_text": post.warning}


def text_of(post: Post) -> str:
    return post.source if post.source is not None else plain(post.content)


def _post(shown: Shown, answer: Answer) -> Entity:
    post = shown.post
    made: Entity = {
        "id": str(post.id),
        "uri": post.iri,
        "url": post.url or post.iri,
        "created_at": rfc3339(post.published_at),
        "edited_at": rfc3339(post.edited_at) if post.edited_at else None,
        "in_reply_to_id": str(post.in_reply_to_id) if post.in_reply_to_id else None,
        "in_reply_to_account_id": str(post.in_reply_to_actor_id) if post.in_reply_to_actor_id else None,
        "account": account.render(shown.author, answer),
        "content": _content(post),
        "spoiler_text": post.warning,
        "sensitive": post.sensitive,
        "visibility": word(post.visibility),
        "language": post.language,
        "replies_count": post.replies_count,
        "reblogs_count": post.announces_count,
        "favourites_count": post.likes_count,
        "media_attachments": _attachments(post, answer) if post.attachments else [],
        "mentions": [_mention(named) for named in shown.mentions],
        "tags": [_tag(each, answer) for each in shown.tags],
        "emojis": emoji.render(post.emojis, answer) if post.emojis else [],
        "reblog": None,
        "quote": None,
        "application": None,
        "card": None,
        "poll": poll.render(post, answer) if post.poll else None,
    }
    if answer.viewer is not None:
        made["favourited"] = shown.liked
        made["reblogged"] = shown.announced_by_viewer
        made["muted"] = False
        made["bookmarked"] = False
        made["filtered"] = []
        if post.actor_id == answer.viewer:
            made["pinned"] = shown.pinned
    return made


def _announce(shown: Shown, inner: Entity, answer: Answer) -> Entity:
    """The wrapper has an id of its own, that timelines page by; counts and flags are those of the post."""
    announced = shown.announced
    if announced is None:
        return inner
    made: Entity = {
        **inner,
        "id": str(announced.id),
        "uri": announced.iri,
        "url": announced.iri,
        "created_at": rfc3339(announced.at),
        "edited_at": None,
        "in_reply_to_id": None,
        "in_reply_to_account_id": None,
        "account": account.render(announced.by, answer),
        "content": "",
        "visibility": word(announced.visibility),
        "media_attachments": [],
        "mentions": [],
        "tags": [],
        "emojis": [],
        "poll": None,
        "reblog": inner,
    }
    made.pop("pinned", None)
    return made


def _content(post: Post) -> str:
    """An article's title has no field of its own in this API, and is said first."""
    return f"<p><strong>{escape(post.title)}</strong></p>{post.content}" if post.title else post.content


def _attachments(post: Post, answer: Answer) -> list[Entity]:
    return [
        media.render(each, str(each.upload_id or post.id + at), answer) for at, each in enumerate(post.media, start=1)
    ]


def _mention(actor: Actor) -> Entity:
    return {
        "id": str(actor.id),
        "username": actor.username,
        "url": actor.url or actor.iri,
        "acct": account.handle(actor),
    }


def _tag(tag: Tag, answer: Answer) -> Entity:
    return {"name": tag.written, "url": f"{answer.here.origin}/tags/{_quoted(tag.name)}"}


_quoted = lru_cache(2000)(quote)
