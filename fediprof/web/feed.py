"""A member's public posts, or a public group's threads, as an Atom feed (RFC 4287), for readers of feeds."""

from __future__ import annotations

from functools import lru_cache
from xml.sax.saxutils import escape, quoteattr

from starlette.responses import Response

from fediprof.actors.records import Actor
from fediprof.clock import http_date, rfc3339
from fediprof.db.database import Tx
from fediprof.errors import NotFound
from fediprof.groups import store as groups
from fediprof.posts import store as posts
from fediprof.posts import views
from fediprof.posts.records import Shown
from fediprof.text.html import excerpt
from fediprof.web.public import member_or_group
from fediprof.web.view import Page, settle

ENTRIES = 20


@lru_cache(maxsize=1000)
def _line(content: str) -> str:
    return excerpt(content, 80)


async def atom(page: Page) -> Response:
    """ETag and Last-Modified let a reader ask often at little cost."""

    def load(tx: Tx) -> tuple[Actor, list[Shown]]:
        actor = member_or_group(tx, page.request.path_params["name"])
        if actor.type == "Group":
            return actor, _threads(tx, actor)
        return actor, views.shown(tx, posts.of_actor(tx, actor.id, None, limit=ENTRIES, replies=False), None)

    actor, shown = await page.read(load)
    changed = max((each.post.edited_at or each.post.published_at for each in shown), default=actor.created_at)
    response = Response(document(actor, shown, rfc3339(changed)), media_type="application/atom+xml")
    settle(response, page.t.language)
    response.headers["Last-Modified"] = http_date(changed)
    response.headers["Vary"] = "Accept"
    return page.fresh(response)


def _threads(tx: Tx, group: Actor) -> list[Shown]:
    """A group's threads, the newest first. Raises NotFound for a private one, which has no feed."""
    known = groups.by_id(tx, group.id)
    if known is None or known.private:
        raise NotFound(f"no feed of {group.username}")
    return views.shown(tx, groups.latest_threads(tx, group.id, ENTRIES), None)


def document(actor: Actor, shown: list[Shown], updated: str) -> str:
    """The feed. `updated`: RFC 3339."""
    own = f"{actor.url}.atom"
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom">',
        f"<id>{escape(actor.iri)}</id>",
        f"<title>{escape(actor.display)}</title>",
        f"<subtitle>{escape(excerpt(actor.summary, 200))}</subtitle>",
        f"<updated>{updated}</updated>",
        f'<link rel="self" type="application/atom+xml" href={quoteattr(own)}/>',
        f'<link rel="alternate" type="text/html" href={quoteattr(actor.url)}/>',
        _author(actor),
    ]
    for each in shown:
        post = each.post
        title = post.title or post.warning or _line(post.content) or rfc3339(post.published_at)
        language = f" xml:lang={quoteattr(post.language)}" if post.language else ""
        lines += [
            f"<entry{language}>",
            f"<id>{escape(post.iri)}</id>",
            f"<title>{escape(title)}</title>",
            f"<published>{rfc3339(post.published_at)}</published>",
            f"<updated>{rfc3339(post.edited_at or post.published_at)}</updated>",
            f'<link rel="alternate" type="text/html" href={quoteattr(post.url)}/>',
            _author(each.author) if each.author.id != actor.id else "",
            *(f"<category term={quoteattr(tag.name)} label={quoteattr(tag.written)}/>" for tag in each.tags),
            f"<summary>{escape(post.warning)}</summary>" if post.warning else "",
            f'<content type="html">{escape(post.content)}</content>' if not post.warning else "",
            "</entry>",
        ]
    return "\n".join(filter(None, [*lines, "</feed>"]))


def _author(actor: Actor) -> str:
    return f"<author><name>{escape(actor.display)}</name><uri>{escape(actor.url)}</uri></author>"
