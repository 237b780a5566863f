"""The question an entry closes with, set apart where its post is shown among others: here, and from other servers."""

from __future__ import annotations

from html import escape
from typing import NamedTuple

from fediprof.posts.records import Post

_LEAD = 80
"""Most characters between a paragraph's beginning and the question in it: "Ask me:" in any language."""


class Apart(NamedTuple):
    """A post's safe HTML before and after its question. `question`: "" where it does not stand in this text."""

    before: str
    question: str
    after: str


def apart(post: Post, content: str) -> Apart:
    question = (post.entry or {}).get("prompt", "")
    for written in {escape(question), escape(question, quote=False)} if question else ():
        end = f"{written}</p>"
        at = content.rfind(end)
        start = content.rfind("<p>", 0, at) if at >= 0 else -1
        if start >= 0 and at - start <= _LEAD and "<" not in content[start + 3 : at]:
            return Apart(content[:start], question, content[at + len(end) :])
    return Apart(content, "", "")
