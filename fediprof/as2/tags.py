"""The `tag` of a document: mentions, hashtags, custom emojis, and the quote that FEP-e232 hides there."""

from __future__ import annotations

import re
from typing import Final
from unicodedata import normalize

from fediprof.as2 import names, reader
from fediprof.as2.attachments import image
from fediprof.as2.model import Document, Emoji, Hashtag, Mention
from fediprof.as2.reader import iri, many, string

_SHORTCODE: Final = re.compile(r"[\w.+-]{1,100}")
_NO_TAG: Final = re.compile(r"""[\s\x00-\x1f\x7f/\\?#&%<>"'`]""")


def tags(
    doc: Document,
) -> tuple[tuple[Mention, ...], tuple[Hashtag, ...], tuple[Emoji, ...], str | None]:
    """Mentions, hashtags, emojis, and what a FEP-e232 object link quotes."""
    mentions: dict[str, Mention] = {}
    hashtags: dict[str, Hashtag] = {}
    emojis: dict[str, Emoji] = {}
    quoted: str | None = None
    for item in many(doc.get("tag")):
        if not isinstance(item, dict):
            continue
        kinds = reader.types(item)
        name = string(item.get("name"), 512) or ""
        if "Mention" in kinds:
            if (href := iri(item.get("href"))) is not None:
                mentions.setdefault(href, Mention(href, name))
        elif "Hashtag" in kinds or (not kinds and name.startswith("#")):
            if tag := hashtag_name(name):
                hashtags.setdefault(tag, Hashtag(tag, iri(item.get("href"))))
        elif "Emoji" in kinds:
            shortcode = name.strip().strip(":")
            icon = image(item.get("icon"))
            if icon is not None and _SHORTCODE.fullmatch(shortcode):
                emojis.setdefault(shortcode, Emoji(shortcode, icon.url))
        elif "Link" in kinds and quoted is None and names.is_as2_media_type(string(item.get("mediaType"), 128) or ""):
            quoted = iri(item.get("href"))
    return tuple(mentions.values()), tuple(hashtags.values()), tuple(emojis.values()), quoted


def hashtag_name(written: str) -> str:
    """The name tags are compared by: without #, NFKC, casefolded. "" for what is no tag: with spaces, or with what
    would mean something else in an address or in markup."""
    name = written.strip().lstrip("#")
    if not name.isascii():
        name = normalize("NFKC", name)
    name = name.casefold()
    return name if 0 < len(name) <= 200 and not _NO_TAG.search(name) else ""
