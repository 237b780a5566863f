"""Pictures, films, sounds and files: what is attached to a post, and an actor's images.

Servers put the address in `url` or `href`, as text, as a Link or as several; what it is, in `mediaType`, in the type or
only in the name's ending.
"""

from __future__ import annotations

from typing import Final

from fediprof.as2 import reader
from fediprof.as2.model import Attachment, AttachmentKind, Document, Image
from fediprof.as2.reader import integer, iri, many, number, string

_KINDS: Final[dict[str, AttachmentKind]] = {
    "Image": "image",
    "Video": "video",
    "Audio": "audio",
    "Document": "document",
    "Link": "link",
    "Page": "link",
    "Article": "link",
}
_EXTENSIONS: Final[dict[str, AttachmentKind]] = {
    "jpg": "image",
    "jpeg": "image",
    "png": "image",
    "gif": "image",
    "webp": "image",
    "avif": "image",
    "mp4": "video",
    "webm": "video",
    "mov": "video",
    "mp3": "audio",
    "ogg": "audio",
    "opus": "audio",
    "flac": "audio",
}


def attachments(doc: Document, type_: str) -> tuple[Attachment, ...]:
    """What is attached to a post of this type, each address once. Not: profile fields, and things written inline."""
    found: dict[str, Attachment] = {}
    for item in many(doc.get("attachment"), 64):
        if (each := _attachment(item)) is not None:
            found.setdefault(each.url, each)
    if type_ in {"Video", "Audio", "Image"} and (own := _own_file(doc, type_)) is not None:
        found.setdefault(own.url, own)
    return tuple(found.values())


def image(value: object) -> Image | None:
    """The first of one or many pictures that has an address."""
    for item in many(value, 16):
        if (file := _file(item)) is not None:
            name = string(item.get("name")) if isinstance(item, dict) else None
            return Image(file[0], file[1], name or "")
    return None


def media_type_of(value: object) -> str | None:
    """A media type without its parameters, lower case."""
    written = string(value, 128)
    return written.partition(";")[0].strip().lower() or None if written else None


def _file(value: object) -> tuple[str, str | None] | None:
    """(url, media type) of an Image or attachment: url as text, Link or list of them, or href."""
    if isinstance(value, str):
        return (value, None) if iri(value) else None
    if not isinstance(value, dict):
        return None
    media_type = media_type_of(value.get("mediaType"))
    for item in many(value.get("url"), 16) or [value.get("href")]:
        if isinstance(item, dict):
            if found := iri(item.get("href")):
                return found, media_type_of(item.get("mediaType")) or media_type
        elif found := iri(item):
            return found, media_type
    return None


def _attachment(item: object) -> Attachment | None:
    file = _file(item)
    if file is None:
        return None
    doc: Document = item if isinstance(item, dict) else {}
    kinds = reader.types(doc)
    if "PropertyValue" in kinds:
        return None
    url, media_type = file
    kind = _kind(kinds, url, media_type, href="href" in doc and "url" not in doc)
    if kind is None:
        return None
    x, y = None, None
    focus = doc.get("focalPoint")
    if isinstance(focus, list) and len(focus) == 2:
        x, y = (number(each, least=-1, most=1) for each in focus)
    return Attachment(
        kind=kind,
        url=url,
        media_type=media_type,
        name=reader.text(doc, "name").value or string(doc.get("summary")) or "",
        blurhash=string(doc.get("blurhash"), 128) or None,
        focal_x=x if y is not None else None,
        focal_y=y if x is not None else None,
        width=integer(doc.get("width"), least=1, most=100_000),
        height=integer(doc.get("height"), least=1, most=100_000),
    )


def _kind(kinds: tuple[str, ...], url: str, media_type: str | None, *, href: bool) -> AttachmentKind | None:
    """By media type first, then by type, then by the name's ending. None for what is not a file or a link."""
    family = (media_type or "").partition("/")[0]
    if family == "image" or family == "video" or family == "audio":
        return family  # type: ignore[return-value]  # mypy does not narrow a str by ==
    named = next((_KINDS[each] for each in kinds if each in _KINDS), None)
    if kinds and named is None:
        return None
    if named in (None, "document") and media_type is None:
        ending = url.partition("?")[0].rpartition(".")[2].lower()
        named = _EXTENSIONS.get(ending, named)
    return named or ("link" if href else "document")


def _own_file(doc: Document, type_: str) -> Attachment | None:
    """A Video, Audio or Image is its own attachment: the first of its urls that is such a file,
    or the first file of a playlist."""
    family = type_.lower()
    links = [link for link in many(doc.get("url"), 64) if isinstance(link, dict)]
    streamed = [link for playlist in links for link in many(playlist.get("tag"), 64) if isinstance(link, dict)]
    for item in links + streamed:
        media_type = media_type_of(item.get("mediaType")) or ""
        if media_type.partition("/")[0] == family and (url := iri(item.get("href"))):
            return Attachment(
                _KINDS[type_],
                url,
                media_type,
                reader.text(doc, "name").value,
                width=integer(item.get("width"), least=1, most=100_000),
                height=integer(item.get("height"), least=1, most=100_000),
            )
    return None
