"""People in a group, by its commands: for what pages show of it."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import insert, select

from fediprof import ids
from fediprof.db.database import Tx
from fediprof.follows.commands import RequestFollow
from fediprof.groups import membership, posting
from fediprof.groups.membership import AnswerRequest
from fediprof.groups.posting import BeginThread
from fediprof.groups.records import Hosted, Kind
from fediprof.posts.commands import PublishPost
from fediprof.posts.records import Post
from fediprof.principal import Member
from fediprof.schema.groups import group_post
from fediprof.schema.posts import post
from fediprof.services import Services


async def begin(
    services: Services, by: Member, group: Hosted, title: str, text: str = "Words.", kind: Kind = "ask"
) -> Post:
    post = PublishPost(by, text, "group" if group.group.private else "public", title=title)
    return await services.perform(posting.begin_thread, BeginThread(post, group.id, kind))


async def answer(services: Services, by: Member, to: Post, text: str) -> Post:
    asked = PublishPost(by, text, to.visibility, in_reply_to_id=to.id)
    return await services.perform(posting.publish, asked)


async def join(services: Services, by: Member, group: Hosted) -> None:
    await services.perform(membership.join, RequestFollow(by, group.id))


async def let_in(services: Services, by: Member, group: Hosted, person: Member) -> None:
    await join(services, person, group)
    await services.perform(membership.admit, AnswerRequest(by, group.id, person.actor_id))


async def crowd(services: Services, to: Post, first: Post, count: int) -> None:
    """Copies of `first`, an answer to `to`: every tenth answers the copy before it, the others the thread itself."""

    def copy(tx: Tx) -> None:
        said = tx.execute(select(post).where(post.c.id == first.id)).mappings().one()
        place = tx.execute(select(group_post).where(group_post.c.post_id == first.id)).mappings().one()
        posts, places, before = [], [], to
        for number in range(count):
            new, slug = ids.new_id(), ids.slug()
            above = before.id if number % 10 == 9 else to.id
            iri = f"{to.iri}/{slug}"
            own = {"id": new, "slug": slug, "iri": iri, "url": iri, "in_reply_to_id": above}
            posts.append({**said, **own, "content": f"<p>Answer {number:04}.</p>"})
            places.append({**place, "post_id": new, "activity_iri": f"{iri}#create", "announce_iri": None})
            before = replace(first, id=new)
        tx.execute(insert(post), posts)
        tx.execute(insert(group_post), places)

    await services.database.write(copy)
