"""What members write in groups: threads and answers, their changes and ends. Doors call these instead of `posts.commands`: a
post that is in no group goes straight through."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.effects import Done, Resolver
from fediprof.errors import NotAllowed, NotFound
from fediprof.groups import announcing, intake, locks, offers, rules, store, turns
from fediprof.groups.intake import Carried
from fediprof.groups.records import DEEPEST, KINDS, UNDECIDED, Group, GroupPost, Hosted, Kind
from fediprof.groups.rules import Decided
from fediprof.here import Here
from fediprof.posts import commands as posts
from fediprof.posts import sending, threads, wire
from fediprof.posts import store as post_store
from fediprof.posts.commands import DeletePost, PublishPost, RevisePost
from fediprof.posts.records import Post
from fediprof.text.html import from_plain


@dataclass(frozen=True, slots=True)
class BeginThread:
    """A titled thread in a group, here or elsewhere. `kind`: ask, tell, offer, or "" where the group has none."""

    post: PublishPost
    group_id: int
    kind: Kind = ""

    async def gathered(self, resolver: Resolver) -> BeginThread:
        return replace(self, post=await self.post.gathered(resolver))


def begin_thread(tx: Tx, request: BeginThread, here: Here) -> Done[Post]:
    """Raises Invalid (field title, text, kind), NotAllowed with the reason, NotFound."""
    rules.must_be_kind(request.kind)
    group = _group(tx, request.group_id)
    title = rules.must_be_readable_title(request.post.title)
    terms = {"fp:kind": request.kind} if request.kind in KINDS else {}
    asked = replace(
        request.post,
        title=title,
        group_id=request.group_id,
        visibility="group" if group.private else "public",
        in_reply_to_id=None,
        terms={**request.post.terms, **terms},
    )
    return _published(tx, asked, group, None, here, kind=request.kind)


def publish(tx: Tx, request: PublishPost, here: Here) -> Done[Post]:
    """Write a post; one that answers in a group's thread is the group's too, and so is one that names a group of ours. What
    is for one's followers or those named alone stays for them, whatever it answers."""
    parent = post_store.by_id(tx, request.in_reply_to_id) if request.in_reply_to_id is not None else None
    if parent is not None and parent.group_id is not None and request.visibility in ("public", "quiet", "group"):
        group = _group(tx, parent.group_id)
        placed = store.post(tx, parent.id)
        thread = locks.thread_of(tx, placed) if placed is not None else None
        visibility = "group" if group.private else request.visibility
        answered = _not_too_deep(tx, parent, request.by.actor_id)
        return _published(tx, replace(request, visibility=visibility, in_reply_to_id=answered), group, thread, here)
    if parent is None and request.visibility == "public" and request.group_id is None:
        named = store.hosted_among(tx, [each.iri for each in actors.by_ids(tx, request.named.values()).values()])
        if named:
            # What begins a thread has a title, or servers that know threads do not find its group (groups §7.1).
            title = request.title or rules.title_of("", from_plain(request.text))
            asked = replace(request, group_id=named[0], title=title)
            kind = offers.kind_of("", title, request.text)
            return _published(tx, asked, _group(tx, named[0]), None, here, kind=kind)
    return posts.publish_post(tx, request, here)


def _not_too_deep(tx: Tx, parent: Post, viewer: int) -> int:
    """What an answer answers; from a depth on, the nearest post above that may still be answered."""
    above = threads.ancestors(tx, parent, viewer)
    return above[DEEPEST - 1] if len(above) >= DEEPEST else parent.id


def revise(tx: Tx, request: RevisePost, here: Here) -> Done[Post]:
    """Change a post; what is in a group here is passed on by it."""
    before = post_store.by_id(tx, request.post_id)
    if before is not None and before.group_id is not None and before.title:
        # A door that knows no titles leaves the thread its own (groups rule 24).
        title = rules.must_be_readable_title(request.title) if request.title.strip() else before.title
        request = replace(request, title=title)
    placed = store.post(tx, request.post_id) if before is not None and before.group_id is not None else None
    hosted = store.hosted(tx, placed.group_id) if placed is not None and placed.state == "shown" else None
    if hosted is not None and placed is not None and placed.kind == "offer":
        offers.must_say_all(hosted, request.title, request.text)
    done = posts.revise_post(tx, request, here)
    if hosted is None:
        return done
    shown = sending.own(tx, request.post_id, sending.author_of(tx, request.by))
    passed = announcing.wrapped(hosted, wire.update(shown, here), here, object_iri=shown.post.iri)
    return Done(done.value, (*done.effects, passed))


def withdraw(tx: Tx, request: DeletePost, here: Here) -> Done[Post]:
    """Take a post back; what is in a group here goes from there too."""
    placed = store.post(tx, request.post_id)
    own = None
    if placed is not None and placed.state in ("shown", *UNDECIDED):
        found = post_store.by_id(tx, request.post_id)
        if found is not None and found.actor_id == request.by.actor_id and found.deleted_at is None:
            own = sending.own(tx, found.id, sending.author_of(tx, request.by))
    done = posts.delete_post(tx, request, here)
    if placed is None or own is None:
        return done
    return Done(done.value, (*done.effects, *intake.withdrawn(tx, placed, own.post, wire.delete(own, here), here)))


def _published(
    tx: Tx, request: PublishPost, group: Group, thread: GroupPost | None, here: Here, *, kind: Kind = ""
) -> Done[Post]:
    """Publish into a group: asked first whether it would be taken, so that nobody writes in vain."""
    author = sending.author_of(tx, request.by)
    hosted = store.hosted(tx, group.actor_id) if group.local else None
    if hosted is not None:
        store.queue_at(tx, hosted.id)
    decided = _decided(tx, group, hosted, author, request, thread, here)
    if decided.state == "refused":
        raise NotAllowed(decided.reason, public=decided.reason)
    if hosted is not None and kind == "offer" and not _sent_before(tx, request, here):
        offers.must_be_complete(tx, hosted, author.id, request.title, request.text, here.now)
    done = posts.publish_post(tx, request, here)
    post = done.value
    if store.post(tx, post.id) is not None:
        return done  # the same, sent twice
    shown = sending.own(tx, post.id, author)
    create = wire.create(shown, here)
    if isinstance(inner := create["object"], dict):
        inner.update(request.terms)
    carried = Carried(create, b"")
    if hosted is None:
        _sent(tx, post, group, thread, kind, carried, here)
        return done
    effects = intake.take(tx, hosted, post, author, thread, decided, carried, here, kind=kind)
    return Done(post, (*done.effects, *(effects or ())))


def _sent_before(tx: Tx, request: PublishPost, here: Here) -> bool:
    """The same form, sent twice."""
    key, since = request.idempotency_key, here.now - posts.IDEMPOTENT_FOR
    return bool(key) and post_store.earlier_with_key(tx, request.by.account_id, key, since) is not None


def _decided(
    tx: Tx,
    group: Group,
    hosted: Hosted | None,
    author: Actor,
    request: PublishPost,
    thread: GroupPost | None,
    here: Here,
) -> Decided:
    """By a group here: its own decision. By one elsewhere: what is known of it is asked before anything is sent (groups
    rules 5 to 7); it decides itself."""
    if hosted is not None:
        writer = intake.writer_of(tx, hosted, author, here)
        decided = rules.admitted(group, writer, request.visibility, thread, here.now)
        if decided is None:
            return Decided("refused", "this was not written for the readers of the group")
        answered = store.post(tx, request.in_reply_to_id) if request.in_reply_to_id is not None else None
        return turns.in_turn(tx, hosted, decided, author, answered, here.now)
    writer = rules.Writer(
        store.standing(tx, group.actor_id, author.id),
        member=store.is_member(tx, group.actor_id, author.id),
        moderator=store.moderates(tx, group.actor_id, author.iri),
    )
    known = replace(group, hold_newcomers=False)
    return rules.admitted(known, writer, request.visibility, thread, here.now) or Decided("shown")


def _sent(
    tx: Tx, post: Post, group: Group, thread: GroupPost | None, kind: Kind, carried: Carried, here: Here
) -> None:
    """On its way to a group elsewhere; it is in the group once that passes it on."""
    new = GroupPost.placed(post.id, group.actor_id, thread, "sent", here.now, kind=kind, activity_iri=carried.iri)
    store.insert_post(tx, new)


def _group(tx: Tx, group_id: int) -> Group:
    found = store.by_id(tx, group_id)
    if found is None:
        raise NotFound("no such group")
    return found
