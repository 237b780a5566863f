"""A member's own lists: the home timeline, news, private conversations."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import Response

from fediprof.accounts import commands as accounts
from fediprof.accounts.commands import SeeNotifications
from fediprof.campaigns import noting
from fediprof.conversations import store as conversations
from fediprof.conversations.commands import OpenConversation, open_conversation
from fediprof.conversations.store import Thread
from fediprof.db.database import Tx
from fediprof.errors import NotFound
from fediprof.introductions import store as introductions
from fediprof.notifications import store as notifications
from fediprof.posts import store as posts
from fediprof.posts import views
from fediprof.posts.records import Shown
from fediprof.timelines import store as timelines
from fediprof.web import compose, disclosures, moderation_log
from fediprof.web.view import Page

PAGE = 20
TALK = 40
"""Private posts on one page of a conversation."""


async def timeline(page: Page) -> Response:
    reader, max_id = page.me.actor.id, page.number("max_id")

    def load(tx: Tx) -> tuple[list[Shown], int | None]:
        pairs = timelines.home(tx, reader, limit=PAGE + 1, max_id=max_id)
        last = pairs[PAGE - 1] if len(pairs) > PAGE else None
        return _once(views.items(tx, pairs[:PAGE], reader)), (last[1] or last[0]) if last else None

    items, more = await page.read(load)
    return page.render("account/home.html", items=items, more=more, now=page.here.now)


def _once(items: list[Shown]) -> list[Shown]:
    """Without what was shared of posts that stand on the same page: a group passes on what its members read already."""
    there = {each.post.id for each in items if each.announced is None}
    kept: list[Shown] = []
    for each in items:
        if each.announced is None or each.post.id not in there:
            there.add(each.post.id)
            kept.append(each)
    return kept


async def news(page: Page) -> Response:
    """Looking is seeing: what is on the first page counts as seen from now on."""
    reader, seen, max_id = page.me.actor.id, page.me.account.notifications_seen_id, page.number("max_id")
    items = await page.read(lambda tx: notifications.page(tx, reader, limit=PAGE + 1, max_id=max_id))
    if items and items[0].id > seen:
        await page.perform(accounts.see_notifications, SeeNotifications(page.by, items[0].id))
    more = items[PAGE - 1].id if len(items) > PAGE else None
    return page.render(
        "account/notifications.html",
        items=items[:PAGE],
        more=more,
        seen=seen,
        now=page.here.now,
        moderation_news=moderation_log.NEWS,
    )


async def private(page: Page) -> Response:
    reader, max_id = page.me.actor.id, page.number("max_id")

    def load(tx: Tx) -> list[Thread]:
        return conversations.threads(tx, reader, limit=PAGE + 1, max_id=max_id)

    threads = await page.read(load)
    more = threads[PAGE - 1].last.post.id if len(threads) > PAGE else None
    return page.render("account/conversations.html", threads=threads[:PAGE], more=more, now=page.here.now)


async def conversation(page: Page) -> Response:
    """The last of its private posts, oldest first, with a field to answer the last one. Opening it is reading it."""
    number, reader, before = page.request.path_params["id"], page.me.actor.id, page.number("max_id")
    if number in page.me.unread:
        # Before they are read out: what comes in between stays unread.
        await page.perform(open_conversation, OpenConversation(page.by, number))
        page.visitor = replace(page.me, unread=page.me.unread - {number})

    def load(tx: Tx) -> tuple[list[Shown], int | None]:
        ids = posts.private_talk(tx, number, reader, limit=TALK + 1, before=before)
        return views.shown(tx, ids[:TALK][::-1], reader), ids[TALK - 1] if len(ids) > TALK else None

    items, earlier = await page.read(load)
    if not items:
        raise NotFound(f"no conversation {number} of {page.me.actor.username}")
    people = {actor.id: actor for each in items for actor in (each.author, *each.mentions) if actor.id != reader}
    beside = await disclosures.beside(page, items)
    theirs = [each.post.id for each in items if not each.post.local]
    questions = await page.read(lambda tx: introductions.questions_in(tx, theirs, page.here.now))
    labels = await page.read(lambda tx: noting.labels(tx, items, page.me.actor))
    return page.render(
        "account/conversation.html",
        items=items,
        people=list(people.values()),
        opened=beside.opened,
        asked=beside.asked,
        received=beside.received,
        questions=questions,
        labels=labels,
        earlier=earlier,
        shown=items[-1],
        form=compose.reply_form(page, items[-1]) if before is None else None,
        back=page.request.url.path,
        now=page.here.now,
    )
