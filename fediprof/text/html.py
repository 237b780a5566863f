"""HTML from elsewhere made safe to show, and read as plain text.

One allow-list for everything shown: posts, profiles, fields. `sanitise` twice is `sanitise` once, so what is stored
can be cleaned again. The parser is a browser's own (html5ever, through nh3): what it lets out is what was looked at.
Text a member writes here is `compose`.
"""

from __future__ import annotations

import html
import re
from typing import Final

import nh3

LIMIT: Final = 256 * 1024
"""Characters looked at; what is over is cut."""

REL: Final = "nofollow noopener noreferrer ugc"
"""On every link: no credit for spam (nofollow, ugc), no handle on our window (noopener), no trace (noreferrer)."""

_TAGS: Final = frozenset(
    {
        "a",
        "b",
        "blockquote",
        "br",
        "code",
        "del",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "i",
        "ins",
        "li",
        "ol",
        "p",
    }
    | {"pre", "rp", "rt", "ruby", "s", "small", "span", "strong", "sub", "sup", "u", "ul"}
)
_DROPPED: Final = frozenset(
    {
        "head",
        "iframe",
        "math",
        "noembed",
        "noframes",
        "noscript",
        "object",
        "script",
        "style",
        "svg",
        "template",
        "title",
    }
)
_CLASSES: Final[dict[str, set[str]]] = {
    "a": {"mention", "hashtag", "u-url"},
    "span": {"h-card", "mention", "hashtag", "ellipsis", "invisible", "quote-inline"},
    "p": {"quote-inline"},
}
_CLEANER: Final = nh3.Cleaner(
    tags=set(_TAGS),
    clean_content_tags=set(_DROPPED),
    attributes={"*": {"lang"}, "a": {"href"}, "ol": {"start", "reversed"}, "li": {"value"}},
    allowed_classes=_CLASSES,
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel=REL,
    strip_comments=True,
)

# Containers we do not keep, but whose edges are line ends: unwrapped they would run their texts together.
_BLOCK: Final = re.compile(
    r"<(/?)(?:div|section|article|header|footer|main|aside|figure|figcaption|tr|dl|dt|dd|details|summary|address)"
    r"\b[^<>]*>",
    re.IGNORECASE,
)
_TABLE: Final = re.compile(r"</?(?:table|caption|colgroup|col|thead|tbody|tfoot|td|th)\b[^<>]*>", re.IGNORECASE)

# A browser's parser reopens every unclosed formatting element in every paragraph that follows, unless they are alike:
# with attributes to tell them apart n of them and n paragraphs make n² elements. Without attributes three count.
_FORMATTING: Final = re.compile(r"<(b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)\b[^<>]*>?", re.IGNORECASE)
_MANY_TAGS: Final = 200
_TOO_MANY_TAGS: Final = 6000
"""Past it (no honest post comes near) only the text is kept: deep lists take the parser quadratic time."""

_FOREIGN: Final = re.compile(rf"<(?!/?(?:{'|'.join(sorted(_TAGS))})[\s>/])", re.IGNORECASE)
_PASSES: Final = 4

_LEADING_LINE: Final = re.compile(r"(<pre(?: [^<>]*)?>)\n+")
_NO_CLASS: Final = re.compile(r'(<[a-z0-9]+[^<>]*) class=""')
_HASHTAG: Final = re.compile(rf'(<a [^<>]*class="[^"<>]*\bhashtag\b[^"<>]*" rel=")(?={REL}">)')

_LINE_END: Final = re.compile(r"<br>|</li>")
_BLOCK_END: Final = re.compile(r"</?(?:p|blockquote|pre|ul|ol|h[1-6])(?: [^>]*)?>")
_ITEM: Final = re.compile(r"<li(?: [^>]*)?>")
_TAG: Final = re.compile(r"<[^<>]*>")
_PRE: Final = re.compile(r"(<pre(?: [^>]*)?>.*?</pre>)", re.DOTALL)


def sanitise(markup: str) -> str:
    """Safe HTML for what a remote server sent: text-level and list markup, http(s) and mailto links, the class names
    clients know mentions and hashtags by. No images, styles, scripts, ids or targets."""
    markup = markup[:LIMIT]
    tags = markup.count("<")
    if tags > _TOO_MANY_TAGS:
        return _flat(markup)
    if tags > _MANY_TAGS:
        markup = _FORMATTING.sub(r"<\1>", markup)
    foreign = _FOREIGN.search(markup) is not None
    if foreign and _BLOCK.search(markup):
        markup = _TABLE.sub(" ", _BLOCK.sub(r"<\1p>", markup))
    cleaned = _clean(markup)
    if foreign:
        # What an element we unwrap had kept apart may now nest (a link in a link), and be read differently next time.
        for _ in range(_PASSES):
            before, cleaned = cleaned, _clean(cleaned)
            if cleaned == before:
                break
        else:
            return _flat(cleaned)
    if len(cleaned) > LIMIT or cleaned.count("<") > _TOO_MANY_TAGS:
        return _flat(cleaned)
    return cleaned


def _clean(markup: str) -> str:
    cleaned = _CLEANER.clean(markup)
    if "<pre" in cleaned:
        cleaned = _LEADING_LINE.sub(r"\1", cleaned)
    if ' class=""' in cleaned:
        cleaned = _NO_CLASS.sub(r"\1", cleaned)
    if "hashtag" in cleaned:
        cleaned = _HASHTAG.sub(r"\1tag ", cleaned)
    return cleaned


def _flat(markup: str) -> str:
    """One paragraph of the text alone, short enough to stay under the limit however it is escaped."""
    text = html.unescape(_TAG.sub(" ", markup))[: LIMIT // 8]
    return _CLEANER.clean(f"<p>{html.escape(text, quote=False)}</p>")


def plain(markup: str) -> str:
    """The text of HTML as a person would copy it: lines and paragraphs kept, list items with a dash, nothing else."""
    pieces = _PRE.split(sanitise(markup))
    for n, piece in enumerate(pieces):
        preformatted = n % 2 == 1
        if not preformatted:
            piece = re.sub(r"[ \t\r\n\f]+", " ", piece)
        piece = _ITEM.sub("- ", _BLOCK_END.sub("\n\n", _LINE_END.sub("\n", piece)))
        piece = _TAG.sub("", piece)
        pieces[n] = piece if preformatted else re.sub(r" *\n *", "\n", piece)
    return re.sub(r"\n{3,}", "\n\n", html.unescape("".join(pieces))).strip()


def excerpt(markup: str, length: int) -> str:
    """One line of at most `length` characters of the text, cut between words and ended by … where it was longer."""
    line = " ".join(plain(markup).split())
    if len(line) <= length:
        return line
    head = line[: max(length - 1, 0)]
    word = head.rfind(" ")
    if word > length // 2:
        head = head[:word]
    return head.rstrip(" ,;:.-") + "…"


def from_plain(text: str) -> str:
    """HTML for plain text: an empty line makes a paragraph, a line end a <br>; nothing in it is markup."""
    paragraphs = re.split(r"\n[ \t]*\n\s*", text[:LIMIT].replace("\r\n", "\n").replace("\r", "\n").strip())
    lines = ("<br>".join(html.escape(line, quote=False) for line in each.split("\n")) for each in paragraphs if each)
    return sanitise("".join(f"<p>{each}</p>" for each in lines))
