"""What members do with posts: publish, revise, delete, pin. What other servers' posts do here is in `posts.receive`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import Any

from fediprof.actors import store as actors
from fediprof.as2 import build
from fediprof.campaigns import noting
from fediprof.db.database import Tx
from fediprof.effects import Audience, Deliver, Done, Effect, Enqueue, Resolver, Stream
from fediprof.errors import Invalid, NotFound, Unreachable
from fediprof.groups.records import THREAD_TYPE
from fediprof.here import Here
from fediprof.media import store as uploads
from fediprof.notifications import store as notifications
from fediprof.posts import rules, sending, store, wire
from fediprof.posts.records import MAX_PINS, Attachment, Post, Shown, Tag, Visibility
from fediprof.principal import Member
from fediprof.schema.posts import EMPTIED
from fediprof.text.compose import Composed, MentionTarget, compose, handles_in
from fediprof.text.language import normalise
from fediprof.timelines import store as timelines

IDEMPOTENT_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class PublishPost:
    """`text`: plain text, mentions as @user@host. `translations`: (language, text) beside the first. `title`: makes it
    an Article. `named`: filled by `gathered`: handle → actor id. `terms`: what goes with the Note once, when it is sent,
    for servers that know it (`fp:grant`, `fp:ask`). `group_id`: the group it begins a thread in; an answer is in the group of
    what it answers. In a group the text is Markdown."""

    by: Member
    text: str
    visibility: Visibility = "public"
    warning: str = ""
    sensitive: bool = False
    language: str | None = None
    translations: tuple[tuple[str, str], ...] = ()
    in_reply_to_id: int | None = None
    upload_ids: tuple[int, ...] = ()
    title: str = ""
    idempotency_key: str = ""
    group_id: int | None = None
    named: Mapping[str, int] = field(default_factory=dict)
    terms: Mapping[str, object] = field(default_factory=dict)

    async def gathered(self, resolver: Resolver) -> PublishPost:
        texts = (self.text, *(text for _, text in self.translations))
        return replace(self, named=await _resolved(texts, resolver))


@dataclass(frozen=True, slots=True)
class RevisePost:
    """`translations=None` keeps those there are; `upload_ids=None` the pictures. `descriptions`: (upload id, new alt
    text)."""

    by: Member
    post_id: int
    text: str
    warning: str = ""
    sensitive: bool = False
    language: str | None = None
    translations: tuple[tuple[str, str], ...] | None = None
    upload_ids: tuple[int, ...] | None = None
    descriptions: tuple[tuple[int, str], ...] = ()
    title: str = ""
    named: Mapping[str, int] = field(default_factory=dict)

    async def gathered(self, resolver: Resolver) -> RevisePost:
        texts = (self.text, *(text for _, text in self.translations or ()))
        return replace(self, named=await _resolved(texts, resolver))


@dataclass(frozen=True, slots=True)
class DeletePost:
    by: Member
    post_id: int


@dataclass(frozen=True, slots=True)
class AskForThread:
    by: Member
    post_id: int


@dataclass(frozen=True, slots=True)
class PinPost:
    by: Member
    post_id: int


async def _resolved(texts: tuple[str, ...], resolver: Resolver) -> dict[str, int]:
    """Whom the handles in a text name; one that cannot be reached now stays text."""
    found: dict[str, int] = {}
    for handle in dict.fromkeys(handle for text in texts for handle in handles_in(text)):
        if len(found) == 50:
            break
        try:
            actor = await resolver.handle(handle)
        except Unreachable:
            continue
        if actor is not None:
            found[handle] = actor.id
    return found


def publish_post(tx: Tx, request: PublishPost, here: Here) -> Done[Post]:
    """Write a post and send it to its audience. Raises Invalid (naming the field), NotFound for a parent unseen."""
    by = request.by
    if request.idempotency_key:
        earlier = store.earlier_with_key(tx, by.account_id, request.idempotency_key, here.now - IDEMPOTENT_FOR)
        if earlier is not None and (again := store.by_id(tx, earlier)) is not None:
            return Done(again)
    rules.must_be_writable(request.text, request.warning, request.visibility, len(request.upload_ids))
    author = sending.author_of(tx, by)
    parent = _parent(tx, request)
    group_id = _group_of(request, parent)
    written = _written(tx, request, here, markdown=group_id is not None)
    pictures = _attached(tx, by, request.upload_ids)
    post = replace(
        Post.ours(here, author, request.visibility),
        type=_type(request.title, group_id),
        title=request.title.strip(),
        content=written.html,
        content_map=written.by_language,
        source=request.text,
        source_map=written.sources,
        warning=request.warning.strip(),
        sensitive=request.sensitive or bool(request.warning.strip()),
        language=written.language,
        attachments=[asdict(each) for each in pictures],
        group_id=group_id,
    )
    if parent is not None:
        post = replace(
            post,
            in_reply_to_iri=parent.iri,
            in_reply_to_id=parent.id,
            in_reply_to_actor_id=parent.actor_id,
            conversation_id=parent.conversation_id,
            context=parent.context,
        )
    effects = sending.send_new(tx, author, post, written.actor_ids, written.tags, parent, here, request.terms)
    if post.visibility == "direct" and not request.terms:
        people = actors.by_ids(tx, written.actor_ids).values()
        noting.note_outgoing(tx, post, author, people, here)
    uploads.attach(tx, request.upload_ids, post.id)
    if request.idempotency_key:
        since = here.now - IDEMPOTENT_FOR
        store.keep_key(tx, by.account_id, request.idempotency_key, post.id, here.now, since)
    return Done(post, tuple(effects))


def revise_post(tx: Tx, request: RevisePost, here: Here) -> Done[Post]:
    """Change what a post says; its audience stays. Those who got it get an Update."""
    before = rules.must_be_own(request.by, store.by_id(tx, request.post_id))
    if before.entry is not None:
        raise Invalid("This is an entry of your profile: change it on its own page", field="text")
    author = sending.author_of(tx, request.by)
    count = len(before.attachments) if request.upload_ids is None else len(request.upload_ids)
    rules.must_be_writable(request.text, request.warning, before.visibility, count)
    for upload_id, text in request.descriptions:
        uploads.describe(tx, upload_id, request.by.actor_id, text)
    kept = request.upload_ids
    if kept is None:
        kept = tuple(each.upload_id for each in before.media if each.upload_id is not None)
    pictures = _attached(tx, request.by, kept, post_id=before.id)
    written = _written(tx, request, here, markdown=before.group_id is not None)
    uploads.attach(tx, kept, before.id)
    by_language, sources = written.by_language, written.sources
    if request.translations is None:
        by_language, sources = _kept(before, written, request.text)
    values: dict[str, Any] = {
        "type": _type(request.title, before.group_id),
        "title": request.title.strip(),
        "content": written.html,
        "content_map": by_language,
        "source": request.text,
        "source_map": sources,
        "warning": request.warning.strip(),
        "sensitive": request.sensitive or bool(request.warning.strip()),
        "language": written.language,
        "attachments": [asdict(each) for each in pictures],
        "edited_at": here.now,
    }
    store.change(tx, before.id, values)
    store.set_mentions(tx, before.id, [(named, False) for named in written.actor_ids])
    store.set_tags(tx, before.id, written.tags)
    after = store.by_id(tx, before.id)
    if after is None:
        raise NotFound("the post went away")
    return Done(after, tuple(sending.send_change(tx, author, after.id, here)))


def delete_post(tx: Tx, request: DeletePost, here: Here) -> Done[Post]:
    """Take a post back: a Tombstone stays at its address, and every server that got it is told. Returns it as it was."""
    before = rules.must_be_own(request.by, store.by_id(tx, request.post_id))
    author = sending.author_of(tx, request.by)
    shown = sending.own(tx, before.id, author)
    delivery_to = sending.widened(tx, shown)
    bury(tx, before, here)
    effects: list[Effect] = [Deliver(author.id, wire.delete(shown, here), delivery_to, before.iri, before.id)]
    if shown.pinned:
        effects.append(_pin_activity("Remove", shown, here))
    effects.append(Stream(author.id, "delete", before.id))
    return Done(before, tuple(effects))


def bury(tx: Tx, post: Post, here: Here) -> None:
    """Empty a post's row; its address, type and times stay, for the Tombstone."""
    was_entry: dict[str, object] | None = None if post.entry is None else {}  # that one was sent out still counts
    store.change(tx, post.id, {**EMPTIED, "entry": was_entry, "deleted_at": here.now})
    store.set_mentions(tx, post.id, ())
    store.set_tags(tx, post.id, ())
    store.unpin_post(tx, post.actor_id, post.id)
    timelines.lift(tx, post_id=post.id)
    actors.count(tx, post.actor_id, posts=-1)
    if post.in_reply_to_id is not None:
        store.count(tx, post.in_reply_to_id, replies=-1)
    notifications.remove(tx, post_id=post.id)
    if post.local:
        uploads.release(tx, post.id)


def pin_post(tx: Tx, request: PinPost, here: Here) -> Done[Post]:
    """Put a post of one's own on top of one's profile."""
    post = rules.must_be_own(request.by, store.by_id(tx, request.post_id))
    if post.visibility == "direct":
        raise Invalid("A private message cannot be pinned", field="post")
    if len(store.pinned(tx, request.by.actor_id, request.by.actor_id)) >= MAX_PINS:
        raise Invalid(f"At most {MAX_PINS} posts can be pinned", field="post")
    if not store.pin_post(tx, request.by.actor_id, post.id, here.now) or not rules.is_public(post):
        return Done(post)
    return Done(post, (_pin_activity("Add", sending.own(tx, post.id, sending.author_of(tx, request.by)), here),))


def unpin_post(tx: Tx, request: PinPost, here: Here) -> Done[Post]:
    post = rules.must_be_own(request.by, store.by_id(tx, request.post_id))
    if not store.unpin_post(tx, request.by.actor_id, post.id) or not rules.is_public(post):
        return Done(post)
    return Done(post, (_pin_activity("Remove", sending.own(tx, post.id, sending.author_of(tx, request.by)), here),))


def ask_for_thread(tx: Tx, request: AskForThread, here: Here) -> Done[None]:
    """Fetch, in the background, what a thread lacks here: what stands above a post, and the answers its author lists."""
    if not store.is_visible(tx, request.post_id, request.by.actor_id):
        raise NotFound("no such post")
    post = store.by_id(tx, request.post_id)
    effects: list[Effect] = []
    if post is not None and post.in_reply_to_iri is not None and post.in_reply_to_id is None:
        effects.append(Enqueue("thread", post.iri, {"post": str(post.id), "parent": post.in_reply_to_iri}))
    if post is not None and not post.local and post.replies is not None:
        effects.append(Enqueue("replies", post.iri, {"post": str(post.id)}))
    return Done(None, tuple(effects))


# --- what they share


@dataclass(frozen=True, slots=True)
class _Written:
    html: str
    by_language: dict[str, str] | None
    sources: dict[str, str] | None
    language: str | None
    actor_ids: tuple[int, ...]
    tags: tuple[Tag, ...]


def _type(title: str, group_id: int | None) -> str:
    """What it is on the wire; with a title in a group, what its receivers take for a thread."""
    if not title:
        return "Note"
    return THREAD_TYPE if group_id is not None else "Article"


def _group_of(request: PublishPost, parent: Post | None) -> int | None:
    """The group a new post is in: what is written for few people is in none, whatever it answers."""
    if parent is None:
        return request.group_id
    return parent.group_id if request.visibility in ("public", "quiet", "group") else None


def _written(tx: Tx, request: PublishPost | RevisePost, here: Here, *, markdown: bool) -> _Written:
    people = actors.by_ids(tx, request.named.values())
    targets = {
        handle: MentionTarget(people[actor_id].iri, people[actor_id].url, people[actor_id].handle)
        for handle, actor_id in request.named.items()
        if actor_id in people
    }
    language = normalise(request.language) if request.language else None
    if request.language and language is None:
        raise Invalid("This is not a language code", field="language")
    others = [(tag, text) for tag, text in request.translations or () if text.strip()]
    if others and language is None:
        raise Invalid("Say which language the first text is in", field="language")
    texts = [(language or "", request.text), *others]
    made: dict[str, Composed] = {}
    sources: dict[str, str] = {}
    for tag, text in texts:
        code = normalise(tag) if tag else ""
        if code is None:
            raise Invalid("This is not a language code", field="translations")
        if code in made:
            raise Invalid("Two texts are in the same language", field="translations")
        made[code], sources[code] = compose(text, markdown=markdown, mentions=targets, tag_url=here.tag), text
    by_iri = {person.iri: person.id for person in people.values()}
    first = next(iter(made.values()))
    everyone = dict.fromkeys(target.iri for each in made.values() for target in each.mentions)
    tags = dict.fromkeys(name for each in made.values() for name in each.hashtags)
    return _Written(
        first.html,
        {code: each.html for code, each in made.items()} if len(made) > 1 else None,
        sources if len(made) > 1 else None,
        language,
        tuple(by_iri[iri] for iri in everyone),
        tuple(Tag(name, name) for name in tags),
    )


def _kept(before: Post, written: _Written, text: str) -> tuple[dict[str, str] | None, dict[str, str] | None]:
    """What a post had in other languages, beside its new first text: as HTML, and as it was written."""
    replaced = before.language, written.language
    others = {tag: shown for tag, shown in (before.content_map or {}).items() if tag not in replaced}
    if not others or written.language is None:
        return None, None
    sources = {tag: source for tag, source in (before.source_map or {}).items() if tag in others}
    return {written.language: written.html, **others}, {written.language: text, **sources}


def _parent(tx: Tx, request: PublishPost) -> Post | None:
    if request.in_reply_to_id is None:
        return None
    if not store.is_visible(tx, request.in_reply_to_id, request.by.actor_id):
        raise NotFound("the post answered is not there")
    return store.by_id(tx, request.in_reply_to_id)


def _attached(tx: Tx, by: Member, upload_ids: tuple[int, ...], post_id: int | None = None) -> list[Attachment]:
    found = {each.id: each for each in uploads.of_actor(tx, by.actor_id, upload_ids)}
    chosen = [found[each] for each in upload_ids if each in found and found[each].post_id in (None, post_id)]
    if len(chosen) != len(upload_ids):
        raise Invalid("A picture is not there, or belongs to another post", field="uploads")
    return [each.as_attachment() for each in chosen]


def _pin_activity(type: str, shown: Shown, here: Here) -> Effect:
    author = shown.author
    activity = build.activity(
        type,
        here.new_activity(),
        author.iri,
        shown.post.iri,
        target=author.featured,
        to=(author.followers or "",),
        published=here.now,
    )
    return Deliver(author.id, activity, Audience(author.id), f"{author.iri}#featured")
