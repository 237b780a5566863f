"""People in a group, by its commands: for what pages show of it."""

from __future__ import annotations

from fediprof.follows.commands import RequestFollow
from fediprof.groups import membership, posting
from fediprof.groups.membership import AnswerRequest
from fediprof.groups.posting import BeginThread
from fediprof.groups.records import Hosted, Kind
from fediprof.posts.commands import PublishPost
from fediprof.posts.records import Post
from fediprof.principal import Member
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
