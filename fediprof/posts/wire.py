"""Posts on the wire: a record as Note or Article, its Create, Update, Delete and Tombstone; a Note read into a record.

Pure. What receivers demand: one author, an id on the author's host, the full Public IRI, a tag and an address for every
mention, alt text in `name`, at most four attachments, published and updated in RFC 3339.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta

from fediprof import ids
from fediprof.actors.records import Actor
from fediprof.as2 import audience, build
from fediprof.as2 import model as as2
from fediprof.as2.context import ACTIVITY_CONTEXT, POST_CONTEXT, Context
from fediprof.as2.model import Document
from fediprof.as2.names import PUBLIC
from fediprof.as2.reader import string
from fediprof.clock import rfc3339
from fediprof.here import Here
from fediprof.posts.records import Attachment, Post, Shown, Tag
from fediprof.text.compose import from_markdown
from fediprof.text.html import from_plain, plain, sanitise
from fediprof.text.language import normalise

FUTURE = timedelta(minutes=5)


def note(shown: Shown, here: Here, *, context: bool = True) -> Document:
    """The document at a local post's IRI. `context=False` for one that goes inside an activity."""
    post, author = shown.post, shown.author
    to, cc = addressed(shown)
    document: Document = {"@context": POST_CONTEXT} if context else {}
    document |= {
        "id": post.iri,
        "type": post.type,
        "attributedTo": author.iri,
        "url": post.url,
        "published": rfc3339(post.published_at),
        "to": list(to),
        "cc": list(cc),
        "content": post.content,
        "sensitive": post.sensitive,
        "summary": post.warning or None,
        "inReplyTo": post.in_reply_to_iri,
        "tag": [_mention(named) for named in _named(shown)] + [_hashtag(tag, here) for tag in shown.tags],
        "attachment": [_attachment(each, here, plain=shown.group is not None) for each in post.media],
        "replies": f"{post.iri}/replies",
        "likes": f"{post.iri}/likes",
        "shares": f"{post.iri}/shares",
    }
    if post.title:
        document["name"] = post.title
    if post.entry is not None:
        document |= {
            "name": post.entry["name"],
            "fp:entry": post.entry,
            # Nobody but the author: stamps for others' quotes (FEP-044f) are not given yet.
            "interactionPolicy": {"canQuote": {"automaticApproval": [author.iri]}},
        }
    if post.type == "Article":
        # Servers that show an Article as title and link take their text from here (FEP-b2b8).
        document["summary"] = post.warning or plain(post.content)[:500]
    if post.content_map:
        document["contentMap"] = post.content_map
    elif post.language:
        document["contentMap"] = {post.language: post.content}
    if post.context:
        document |= {"context": post.context, "conversation": post.context}
    if shown.group is not None:
        document |= {"audience": shown.group.iri, "commentsEnabled": not shown.locked}
        if post.language:  # as Lemmy and PieFed have it, who know languages and not their regions
            code = post.language.partition("-")[0]
            document["language"] = {"identifier": code, "name": code}
    if post.source is not None:
        kind = "text/plain" if shown.group is None else "text/markdown"
        document["source"] = {"content": post.source, "mediaType": kind}
    if post.edited_at is not None:
        document["updated"] = rfc3339(post.edited_at)
    return document


def create(shown: Shown, here: Here, *, context: Context | None = ACTIVITY_CONTEXT) -> Document:
    """The Create of a local post. Its id is the post's, so that it is the same at every time it is asked for."""
    to, cc = addressed(shown)
    inner = note(shown, here, context=False)
    iri, at = f"{shown.post.iri}/activity", shown.post.published_at
    return build.activity(
        "Create",
        iri,
        shown.author.iri,
        inner,
        to=to,
        cc=cc,
        published=at,
        context=context,
        audience=group_iri(shown),
    )


def update(shown: Shown, here: Here) -> Document:
    to, cc = addressed(shown)
    inner = note(shown, here, context=False)
    return build.activity(
        "Update",
        here.new_activity(),
        shown.author.iri,
        inner,
        to=to,
        cc=cc,
        published=here.now,
        context=ACTIVITY_CONTEXT,
        audience=group_iri(shown),
    )


def delete(shown: Shown, here: Here) -> Document:
    """A Delete with its Tombstone, addressed to those the post was addressed to."""
    to, cc = addressed(shown)
    iri = f"{shown.post.iri}/delete"
    tombstone = build.tombstone(shown.post.iri, shown.post.type, here.now, context=None)
    return build.activity(
        "Delete",
        iri,
        shown.author.iri,
        tombstone,
        to=to,
        cc=cc,
        published=here.now,
        audience=group_iri(shown),
    )


def group_iri(shown: Shown) -> str | None:
    return shown.group.iri if shown.group is not None else None


def addressed(shown: Shown) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(to, cc) of a post and of every activity about it. Both are lists in a group, and the group comes first: some
    receivers look each up in turn (FEP-1b12, groups rules 5 to 7)."""
    named = (each.iri for each in shown.mentions)
    if shown.group is not None:
        return _in_group(shown, shown.group, named)
    return audience.address(shown.post.visibility, shown.author.followers or "", named)


def _named(shown: Shown) -> tuple[Actor, ...]:
    """Whom a post's tags name: in a group also who is answered, for nobody there is told otherwise (groups rule 7)."""
    answered = shown.parent_author
    if shown.group is None or answered is None or answered.id in {shown.author.id, *(n.id for n in shown.mentions)}:
        return shown.mentions
    return (answered, *shown.mentions)


def _in_group(shown: Shown, group: Actor, named: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    followers = shown.author.followers or ""
    to: tuple[str, ...]
    cc: tuple[str, ...]
    answered = (shown.parent_author.iri,) if shown.parent_author is not None else ()
    if shown.post.visibility == "group":
        to, cc = (group.iri, group.followers or ""), (*answered, *named)
    elif shown.post.in_reply_to_iri is None:
        to, cc = (group.iri, PUBLIC), (followers, *named)
    else:
        to, cc = (PUBLIC,), (group.iri, *answered, followers, *named)
    return to, tuple(each for each in dict.fromkeys(cc) if each and each not in to)


def _mention(named: Actor) -> Document:
    return {"type": "Mention", "href": named.iri, "name": f"@{named.handle}"}


def _hashtag(tag: Tag, here: Here) -> Document:
    return {"type": "Hashtag", "href": here.tag(tag.name), "name": f"#{tag.written}"}


def _attachment(each: Attachment, here: Here, *, plain: bool = False) -> Document:
    """`plain`: for groups, some of whose receivers refuse a post with an attachment of another type (groups §4)."""
    kinds = {"image": "Image"} if plain else {"image": "Image", "video": "Video", "audio": "Audio"}
    document: Document = {
        "type": kinds.get(each.kind, "Document"),
        "mediaType": each.media_type,
        "url": here.upload(each.url) if each.local else each.url,
        "name": each.description or None,
    }
    if each.width and each.height:
        document |= {"width": each.width, "height": each.height}
    if each.blurhash:
        document["blurhash"] = each.blurhash
    if each.focal_x is not None and each.focal_y is not None:
        document["focalPoint"] = [each.focal_x, each.focal_y]
    return document


# --- reading


def html_of(written: as2.Post) -> str:
    """The safe HTML of a remote post: its content, or its name where that is all there is, and where it links to."""
    shown = _made_html(written.content.value, written.media_type)
    if written.type in _TITLED and written.url and not shown:
        shown = sanitise(f'<p><a href="{written.url}">{written.url}</a></p>')
    return shown


def _made_html(text: str, media_type: str | None) -> str:
    """PeerTube writes Markdown, a few others plain text; all else is HTML, whatever it calls itself."""
    return _WRITTEN_AS.get(media_type or "", sanitise)(text)


_WRITTEN_AS = {"text/plain": from_plain, "text/markdown": from_markdown}
_TITLED = frozenset({"Article", "Page", "Event", "Video", "Audio", "Image", "Document"})
_KNOWN_TYPES = frozenset({"Note", "Article", "Question"})


def post_of(
    written: as2.Post,
    author: Actor,
    *,
    html: str,
    parent: Post | None,
    received_at: datetime,
) -> Post:
    """The record of a remote post that is new to us. `html`: of `html_of`, made outside the transaction.

    A publication time in the future, or before there was a network, is not believed: it would sit on top of, or under,
    every list for ever.
    """
    published = written.published or received_at
    if published > received_at + FUTURE or published.year < 1990:
        published = received_at
    post_id = ids.new_id(published)
    visibility = audience.visibility_of(written.to, written.cc, author.followers)
    entry = entry_of(written.entry) if visibility in ("public", "quiet") else None
    return Post(
        id=post_id,
        iri=written.id,
        url=written.url or written.id,
        actor_id=author.id,
        local=False,
        type=written.type if written.type in _KNOWN_TYPES else "Article" if written.type in _TITLED else "Note",
        title=plain(written.name.value)[:500] if written.name.value and entry is None else "",
        content=html,
        content_map=_map_of(written),
        source=None,
        source_map=None,
        warning=plain(written.summary.value)[:500] if written.summary.value and written.type not in _TITLED else "",
        sensitive=written.sensitive,
        language=written.language,
        visibility=visibility,
        in_reply_to_iri=written.in_reply_to,
        in_reply_to_id=parent.id if parent else None,
        in_reply_to_actor_id=parent.actor_id if parent else None,
        conversation_id=parent.conversation_id if parent else post_id,
        context=written.context,
        replies=written.replies,
        poll=poll_of(written.poll),
        emojis=[[each.shortcode, each.url] for each in written.emojis],
        attachments=[asdict(each) for each in attachments_of(written)],
        group_id=None,
        entry=entry,
        published_at=published,
        edited_at=written.updated if written.updated and written.updated > published else None,
        deleted_at=None,
        received_at=received_at,
        replies_count=0,
        likes_count=0,
        announces_count=0,
    )


def entry_of(sent: Document | None) -> dict[str, object] | None:
    """What is kept of an entry on another server's profile: kind, headline, question, the words that stand for masked
    fields. Plain text of bounded length; None without a headline. Facts (`data`) stay in the text they came with."""
    name = _line(sent.get("name"), 200) if sent else ""
    if not sent or not name:
        return None
    kept: dict[str, object] = {"kind": _word(sent.get("kind")) or "free", "name": name}
    if prompt := _line(sent.get("prompt"), 300):
        kept["prompt"] = prompt
    masked = sent.get("standIns")
    if isinstance(masked, dict):
        written = {_word(field): _line(text, 300) for field, text in list(masked.items())[:32]}
        stand_ins: dict[str, object] = {field: text for field, text in list(written.items())[:16] if field and text}
        for field in list(stand_ins):
            if by_language := _by_language(masked.get(f"{field}Map")):
                stand_ins[f"{field}Map"] = by_language
        if stand_ins:
            kept["standIns"] = stand_ins
    return kept


def _by_language(sent: object) -> dict[str, str]:
    """One line in each language, of a map in the form of AS2's natural language values."""
    pairs = list(sent.items())[:16] if isinstance(sent, dict) else []
    found = {normalise(code): _line(text, 300) for code, text in pairs}
    return {code: text for code, text in found.items() if code and text}


def _line(value: object, most: int) -> str:
    """One line of text, whatever was sent; it is text, not HTML, and is escaped wherever it is shown."""
    return " ".join(_UNSEEN.sub("", string(value, 4 * most) or "").split())[:most]


_UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")


def _word(value: object) -> str:
    word = string(value, 64) or ""
    return word if re.fullmatch(r"[a-z_]{1,16}", word) else ""


def _map_of(written: as2.Post) -> dict[str, str] | None:
    """Translations, where there is more than one language. None of Markdown: nobody sends it, and a hostile one would
    cost that many times as long to read."""
    if len(written.content.by_language) < 2 or written.media_type == "text/markdown":
        return None
    return {language: _made_html(text, written.media_type) for language, text in written.content.by_language}


def attachments_of(written: as2.Post) -> list[Attachment]:
    return [
        Attachment(
            kind=each.kind,
            url=each.url,
            media_type=each.media_type or "",
            description=each.name[:1500],
            blurhash=each.blurhash,
            width=each.width,
            height=each.height,
            focal_x=each.focal_x,
            focal_y=each.focal_y,
        )
        for each in written.attachments[:16]
        if each.kind != "link"
    ]


def tags_of(written: as2.Post) -> list[Tag]:
    return [Tag(each.name, each.name) for each in written.hashtags[:64] if each.name]


def poll_of(poll: as2.Poll | None) -> dict[str, object] | None:
    """A poll's state as it is kept."""
    if poll is None:
        return None
    return {
        "options": [[option.name, option.votes] for option in poll.options],
        "multiple": poll.multiple,
        "ends_at": rfc3339(poll.ends_at) if poll.ends_at else None,
        "closed": poll.closed_at is not None,
        "voters": poll.voters,
    }
