"""What a member writes, made HTML: links, mentions and hashtags in the markup other servers and apps know.

Pure: who a handle is, is looked up beforehand (`handles_in`) and handed in. What comes out has passed `html.sanitise`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from unicodedata import category, normalize

from markdown_it import MarkdownIt
from markdown_it.token import Token

from fediprof.errors import TooMuch
from fediprof.text.html import sanitise

LIMIT: Final = 100_000
"""Characters of one text."""


@dataclass(frozen=True, slots=True)
class MentionTarget:
    """`iri`: the actor's id; `url`: the page people are sent to; `acct`: `user@host`, or `user` on this server."""

    iri: str
    url: str
    acct: str


@dataclass(frozen=True, slots=True)
class Composed:
    """`mentions`: the targets that were linked, once each. `hashtags`: their names, casefolded, without #."""

    html: str
    mentions: tuple[MentionTarget, ...] = ()
    hashtags: tuple[str, ...] = ()


# One look at the text finds what to link, leftmost first, so that nothing is linked inside a URL.
_FOUND: Final = re.compile(
    r"""
    (?<![\w@])(?P<url>https?://[^\s<>"]{1,2000})
  | (?<![\w@/.+-])@(?P<user>[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,98}[A-Za-z0-9_])?)
      (?:@(?P<host>(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){0,8}[^\W_](?:[\w-]{0,61}[^\W_])?(?::[0-9]{2,5})?))?
      (?![\w@])
  | (?<![\w/#&@])[#＃](?P<tag>[^\s\x00-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f]{1,200})
    """,
    re.VERBOSE,
)
_HTTP: Final = re.compile(r"https?://(?:\[[0-9a-fA-F:.]+\]|[^/?#@:\[\]\\\s]+)(?::[0-9]{1,5})?(?:[/?#][^\\\s]*)?")
_JOINERS: Final = frozenset("_·\u200c\u200d")


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of the text, and what it is: url, mention, tag or text."""

    kind: str
    written: str
    user: str = ""
    handle: str = ""


def compose(
    source: str,
    *,
    markdown: bool = False,
    mentions: Mapping[str, MentionTarget],
    tag_url: Callable[[str], str] | None,
) -> Composed:
    """HTML for a member's text. `mentions`: handle as `handles_in` gives it → whom it names; a handle that is not there
    stays text. `tag_url`: a tag's name → its page; None leaves tags as text. TooMuch past 100 000 characters.

    Plain text: an empty line makes a paragraph, a line end a <br>. Markdown: CommonMark and ~~strikethrough~~, line ends
    kept, no raw HTML, no images; nothing is linked inside code or a link.
    """
    _check(source)
    known = {handle.casefold(): target for handle, target in mentions.items()}
    used: dict[str, MentionTarget] = {}
    tags: dict[str, None] = {}

    def linked(text: str) -> str:
        out: list[str] = []
        for part in _parts(text):
            shown = html.escape(part.written, quote=False)
            if part.kind == "url":
                shown = f'<a href="{html.escape(part.written)}">{shown}</a>'
            elif part.kind == "mention" and (target := known.get(part.handle.casefold())) is not None:
                used[target.iri] = target
                href, user = html.escape(target.url), html.escape(part.user)
                shown = f'<span class="h-card"><a href="{href}" class="u-url mention">@<span>{user}</span></a></span>'
            elif part.kind == "tag" and tag_url is not None:
                name = tag_name(part.written[1:])
                tags[name] = None
                href, word = html.escape(tag_url(name)), html.escape(part.written[1:])
                shown = f'<a href="{href}" class="mention hashtag">#<span>{word}</span></a>'
            out.append(shown)
        return "".join(out)

    made = _markdown(source, linked) if markdown else _paragraphs(source, linked)
    return Composed(sanitise(made), tuple(used.values()), tuple(tags))


def from_markdown(source: str) -> str:
    """HTML for Markdown that a remote server sent (PeerTube, Lemmy's source), with URLs linked; cut at 32 000
    characters, for some inputs cost the parser quadratic time."""
    return compose(source[:32_000], markdown=True, mentions={}, tag_url=None).html


def handles_in(source: str, *, markdown: bool = False) -> tuple[str, ...]:
    """The handles written in a text, `@user@host` or `@user`, each once whatever its case, as first written."""
    found: dict[str, str] = {}
    for text in _runs(source, markdown):
        for part in _parts(text):
            if part.kind == "mention":
                found.setdefault(part.handle.casefold(), part.handle)
    return tuple(found.values())


def tags_in(source: str, *, markdown: bool = False) -> tuple[str, ...]:
    """The names of the hashtags written in a text, casefolded, without #, each once."""
    parts = (part for text in _runs(source, markdown) for part in _parts(text))
    return tuple(dict.fromkeys(tag_name(part.written[1:]) for part in parts if part.kind == "tag"))


def tag_name(written: str) -> str:
    """The name tags are compared by: NFKC and casefolded."""
    return normalize("NFKC", written).casefold()


def _check(source: str) -> None:
    if len(source) > LIMIT:
        raise TooMuch(f"text of {len(source)} characters, over {LIMIT}")


def _parts(text: str) -> Iterator[_Part]:
    start = 0
    while (match := _FOUND.search(text, start)) is not None:
        part = _part(match)
        if match.start() > start:
            yield _Part("text", text[start : match.start()])
        yield part
        start = match.start() + len(part.written)
    if start < len(text):
        yield _Part("text", text[start:])


def _part(match: re.Match[str]) -> _Part:
    whole = match[0]
    if match["url"]:
        url = _trimmed(whole)
        return _Part("url" if _HTTP.fullmatch(url) else "text", url)
    if match["user"]:
        return _Part("mention", whole, match["user"], whole)
    word = _tag(match["tag"])
    return _Part("tag", whole[0] + word) if word else _Part("text", whole[0])


def _trimmed(url: str) -> str:
    """Without the punctuation of the sentence around it; a closing bracket stays if it was opened inside."""
    while len(url) > 8:
        last = url[-1]
        if last in ".,:;!?'\"*_~…»”’" or (last in ")]}" and url.count(last) > url.count("([{"[")]}".index(last)])):
            url = url[:-1]
        else:
            break
    return url


def _tag(candidate: str) -> str:
    """The longest beginning made of letters, marks, digits and joiners; "" without a letter (#1 is not a tag)."""
    end = 0
    for character in candidate:
        if not (character.isalnum() or character in _JOINERS or category(character)[0] == "M"):
            break
        end += 1
    word = candidate[:end].rstrip("·\u200c\u200d")
    return word if any(character.isalpha() for character in word) else ""


def _paragraphs(source: str, linked: Callable[[str], str]) -> str:
    text = source.replace("\r\n", "\n").replace("\r", "\n").strip()
    paragraphs = (each for each in re.split(r"\n[ \t]*\n\s*", text) if each)
    return "".join("<p>" + linked(each).replace("\n", "<br>") + "</p>" for each in paragraphs)


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": 20})
    return parser.enable("strikethrough").disable(["image", "html_block", "html_inline"])


def _markdown(source: str, linked: Callable[[str], str]) -> str:
    parser = _parser()
    tokens = parser.parse(source)
    for token in _texts(tokens):
        token.type, token.content = "html_inline", linked(token.content)
    rendered: str = parser.renderer.render(tokens, parser.options, {})
    return rendered.strip()


def _texts(tokens: list[Token]) -> Iterator[Token]:
    """The text tokens outside code (other types) and links."""
    for block in tokens:
        inside_link = 0
        for token in block.children or ():
            if token.type in {"link_open", "link_close"}:
                inside_link += token.nesting
            elif token.type == "text" and not inside_link:
                yield token


def _runs(source: str, markdown: bool) -> Iterator[str]:
    """The stretches of a text in which links are looked for."""
    _check(source)
    if not markdown:
        yield source
        return
    for token in _texts(_parser().parse(source)):
        yield token.content
