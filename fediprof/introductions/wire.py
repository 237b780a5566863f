"""The private message that asks somebody elsewhere whether they want to be introduced. It is no post of who proposes: it is
kept nowhere but where it went, and the reply to it is read here for its answer."""

from __future__ import annotations

from fediprof.actors.records import Actor
from fediprof.as2 import build
from fediprof.as2.context import ACTIVITY_CONTEXT
from fediprof.as2.model import Document
from fediprof.clock import rfc3339
from fediprof.here import Here
from fediprof.i18n.catalog import N_, texts
from fediprof.introductions.records import Introduction
from fediprof.text.compose import MentionTarget, compose

_QUESTION = N_(
    "May I introduce you to {name} ({handle}, {url})? Answer with the one word yes or no: I am not shown it. Or answer here: {link}"
)
_PROMISE = N_(
    "If both of you say yes, a private conversation of the three of us is opened. If not, nobody is told who said what."
)


def question(asked: Introduction, by: Actor, to: Actor, other: Actor, iri: str, here: Here) -> Document:
    """The Create of the question. What it tells of `other` is their name, their handle and their page's address."""
    t = texts(asked.language)
    link = f"{here.origin}/introductions/{asked.id}"
    told = t(_QUESTION, name=other.display, handle=f"@{other.handle}", url=other.url or other.iri, link=link)
    handle = f"@{to.handle}"
    named = {handle: MentionTarget(to.iri, to.url or to.iri, to.handle)}
    source = f"{handle} {asked.words}\n\n{told}\n\n{t(_PROMISE)}"
    content = compose(source, mentions=named, tag_url=None).html
    note: Document = {
        "id": iri,
        "type": "Note",
        "attributedTo": by.iri,
        "content": content,
        "contentMap": {asked.language: content},
        "published": rfc3339(asked.created_at),
        "to": [to.iri],
        "cc": [],
        "sensitive": False,
        "fp:introduction": {"with": other.iri, "expires": rfc3339(asked.ends_at)},
        "tag": [{"type": "Mention", "href": to.iri, "name": handle}],
    }
    return build.activity(
        "Create",
        f"{iri}/activity",
        by.iri,
        note,
        to=(to.iri,),
        published=asked.created_at,
        context=ACTIVITY_CONTEXT,
    )


def withdrawal(by: Actor, to: Actor, iri: str, here: Here) -> Document:
    """The question is taken back."""
    gone: Document = {"id": iri, "type": "Tombstone"}
    return build.activity("Delete", f"{iri}/delete", by.iri, gone, to=(to.iri,), published=here.now)
