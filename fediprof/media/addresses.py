"""Where a picture is seen from: a member's own file here, another server's through our proxy; never a third party's
address, so that reading tells nobody. Never empty: a stand-in where there is none."""

from __future__ import annotations

from fediprof.actors.records import Actor
from fediprof.here import Here
from fediprof.media.proxy import PictureProxy
from fediprof.posts.records import Attachment

NO_AVATAR = "static/avatar.png"
NO_HEADER = "static/header.png"


def avatar(actor: Actor, here: Here, pictures: PictureProxy, *, big: bool = False) -> str:
    """Absolute address of a portrait."""
    if actor.icon is None:
        return f"{here.origin}/{NO_AVATAR}"
    if actor.local:
        return here.upload(actor.icon)
    return proxied(actor.icon, here, pictures, "avatar_big" if big else "avatar")


def header(actor: Actor, here: Here, pictures: PictureProxy) -> str:
    if actor.header is None:
        return f"{here.origin}/{NO_HEADER}"
    if actor.local:
        return here.upload(actor.header)
    return proxied(actor.header, here, pictures, "header")


def attachment(each: Attachment, here: Here, pictures: PictureProxy) -> tuple[str, str]:
    """(full size, preview). Sound and film of other servers are named, not fetched: their own address is given."""
    if each.local:
        return here.upload(each.url), here.upload(each.preview or each.url)
    if each.kind != "image":
        return each.url, each.url
    return proxied(each.url, here, pictures, "full"), proxied(each.url, here, pictures, "small")


def emoji(url: str, here: Here, pictures: PictureProxy) -> str:
    return proxied(url, here, pictures, "avatar")


def proxied(url: str, here: Here, pictures: PictureProxy, variant: str) -> str:
    return f"{here.origin}/pictures/{pictures.sign(url, variant)}"
