"""Whose eyes a profile is shown to. Everybody sees with their own, as far as a door proved who they are; owners may put on
somebody else's (`?as=everyone`, `?as=contact`, `?as=group:name@its.server`, `?as=person:you@your.server`), and see what the
same code gives them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from starlette.responses import Response

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.profiles import memberships, views
from fediprof.profiles.disclosure import ANYBODY, Disclosed, Viewer
from fediprof.profiles.memberships import Circle
from fediprof.web.view import Page


@dataclass(frozen=True, slots=True)
class Eyes:
    """`lent`: the owner looks with these eyes, "" with none but their own: `everyone`, `contact`, `group`, `person`, or
    `unknown` for a handle nobody here knows (who is then anybody). `person`: whose. `circle`: the group whose member they
    are. `circles`: for the owner, the groups their rules name."""

    viewer: Viewer
    lent: str = ""
    person: Actor | None = None
    circle: Circle | None = None
    circles: tuple[Circle, ...] = ()


def eyes_of(tx: Tx, page: Page, owner_id: int) -> Eyes:
    """Whoever is not the owner cannot borrow eyes: what they ask for is not looked at."""
    wanted, now = page.asked("as"), page.here.now
    if page.viewer != owner_id:
        return Eyes(views.viewer_of(tx, owner_id, page.looker, now))
    circles = tuple(memberships.named_circles(tx, owner_id, now))
    return replace(_own_or_lent(tx, page, owner_id, wanted, circles), circles=circles)


def _own_or_lent(tx: Tx, page: Page, owner_id: int, wanted: str, circles: Iterable[Circle]) -> Eyes:
    if not wanted:
        return Eyes(views.viewer_of(tx, owner_id, owner_id, page.here.now))
    if wanted.startswith("group:"):
        named = next((each for each in circles if f"group:{each.actor.handle}" == wanted), None)
        return Eyes(_member_of(named), "group", circle=named) if named is not None else Eyes(ANYBODY, "everyone")
    if wanted == "contact":
        return Eyes(Viewer(contact=True), "contact")
    if not wanted.startswith("person"):
        return Eyes(ANYBODY, "everyone")
    handle = wanted.removeprefix("person").removeprefix(":") or page.asked("handle")
    username, _, domain = handle.strip().removeprefix("@").partition("@")
    if domain and domain.casefold() != page.here.domain.casefold():
        person = actors.by_handle(tx, username, domain)
    else:
        person = actors.local_by_username(tx, username)
    if person is None:
        return Eyes(ANYBODY, "unknown")
    return Eyes(views.viewer_of(tx, owner_id, person.id, page.here.now), "person", person)


def _member_of(circle: Circle) -> Viewer:
    """Somebody of whom nothing is known but that they are in the group."""
    return Viewer(actor_id=0, groups=frozenset() if circle.left else frozenset({circle.actor.id}))


def for_whom(page: Page, eyes: Eyes) -> str:
    """The handle of whom a page was made for, to stand on its print; "" for everyone."""
    if eyes.lent:
        return f"@{eyes.person.handle}" if eyes.person else ""
    if page.visitor is not None:
        return f"@{page.visitor.actor.handle}"
    return f"@{page.guest.handle}" if page.guest and page.looker is not None else ""


def closed(response: Response) -> Response:
    """Headers of an answer that holds what not everybody may read: nobody on the way keeps it, no machine shows it."""
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Vary"] = "Accept, Accept-Language, Cookie"
    response.headers["X-Robots-Tag"] = "noindex, noarchive, nosnippet"
    if "etag" in response.headers:
        del response.headers["ETag"]
    return response


def listed(response: Response) -> Response:
    """Headers of a page its owner lets search engines list; learning from it stays forbidden."""
    response.headers["X-Robots-Tag"] = "noai, noimageai"
    response.headers["Content-Signal"] = "search=yes, ai-input=no, ai-train=no"
    return response


def all_public(shown: Iterable[Disclosed]) -> bool:
    return all(each.public for each in shown)
