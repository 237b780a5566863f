"""MediaAttachment: of a post, or of an upload no post carries yet."""

from __future__ import annotations

from fediprof.mastodon.entities.answer import Answer, Entity
from fediprof.media import addresses
from fediprof.media.records import Upload
from fediprof.posts.records import Attachment

_TYPES = {"image": "image", "video": "video", "audio": "audio"}


def render(attachment: Attachment, id: str, answer: Answer) -> Entity:
    """`id`: the upload's, or for a remote one any number that is its own within the post."""
    url, preview = addresses.attachment(attachment, answer.here, answer.pictures)
    return {
        "id": id,
        "type": _TYPES.get(attachment.kind, "unknown"),
        "url": url,
        "preview_url": preview or url,
        "remote_url": None if attachment.local else attachment.url,
        "preview_remote_url": None,
        "text_url": None,
        "meta": _meta(attachment),
        "description": attachment.description or None,
        "blurhash": attachment.blurhash,
    }


def render_upload(upload: Upload, answer: Answer) -> Entity:
    return render(upload.as_attachment(), str(upload.id), answer)


def _meta(attachment: Attachment) -> Entity:
    meta: Entity = {}
    if attachment.width and attachment.height:
        meta["original"] = _size(attachment.width, attachment.height)
        meta["small"] = _size(
            attachment.preview_width or attachment.width, attachment.preview_height or attachment.height
        )
    if attachment.kind == "image":
        meta["focus"] = {"x": attachment.focal_x or 0.0, "y": attachment.focal_y or 0.0}
    return meta


def _size(width: int, height: int) -> Entity:
    return {"width": width, "height": height, "size": f"{width}x{height}", "aspect": width / height}
