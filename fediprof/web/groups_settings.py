"""A group's charter, its moderators, who is banned from it, and its end: for those who moderate it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.errors import NotFound
from fediprof.groups import founding, front, moderating, moderators
from fediprof.groups.founding import CloseGroup, ReviseGroup
from fediprof.groups.front import Place
from fediprof.groups.moderating import ModeratePerson
from fediprof.groups.moderators import AppointModerator, DismissModerator, Resign
from fediprof.groups.records import Standing
from fediprof.web import compose
from fediprof.web.forms import Form
from fediprof.web.groups import CHARTER, NUMBERS, charter
from fediprof.web.groups_desk import desk_of
from fediprof.web.view import Page, group_path

_FIELDS = CHARTER | {"handle", "words", "sure"}


@dataclass(frozen=True, slots=True)
class _Read:
    place: Place
    moderators: list[tuple[str, Actor | None]]
    banned: list[tuple[Actor, Standing]]


def _read(tx: Tx, page: Page) -> _Read:
    place = desk_of(tx, page)
    group = place.actor.id
    return _Read(place, front.moderators(tx, group), front.banned(tx, group, page.here.now))


async def form(page: Page) -> Response:
    read = await page.read(lambda tx: _read(tx, page))
    return _show(page, read, _filled(read.place))


def _filled(place: Place) -> Form:
    group = place.group
    if group is None:
        raise NotFound("no such group here")
    values = {
        "name": place.actor.name,
        "description": place.actor.summary_source or "",
        "rules": "\n".join(group.rules),
        "membership": group.membership,
        "posting": group.posting,
        "language": group.language or "",
        **{name: str(getattr(group, name)) for name in NUMBERS},
    }
    ticks = {
        "hold_newcomers": group.hold_newcomers,
        "votes": group.votes,
        "discoverable": place.actor.discoverable,
        "offers_name_pay": group.offers_name_pay,
        "offers_name_contact": group.offers_name_contact,
        "group_followers": group.group_followers,
    }
    return Form(values | {name: "1" for name, ticked in ticks.items() if ticked})


def _show(page: Page, read: _Read, form: Form) -> Response:
    tongues = compose.tongues(form["language"])
    return page.render(
        "groups/settings.html",
        status=form.status,
        read=read,
        path=group_path(read.place.actor),
        form=form,
        tongues=tongues if form["language"] else [("", "–"), *tongues],
    )


async def _attempted(
    page: Page, sent: Form, command: Any, request: Any, said: str, *, whole: bool = False
) -> Response:
    """`whole`: the form is the charter's own, and is shown again as it was sent."""
    read = await page.read(lambda tx: _read(tx, page))

    async def doing() -> bool:
        await page.perform(command, request)
        return True

    if await sent.attempt(page.t, doing(), known=_FIELDS):
        return page.to(f"{group_path(read.place.actor)}/settings", said)
    if whole:
        return _show(page, read, sent)
    shown = _filled(read.place)
    shown.values |= {name: sent[name] for name in ("handle", "words") if sent[name]}
    shown.errors, shown.status = sent.errors, sent.status
    return _show(page, read, shown)


async def revise(page: Page) -> Response:
    sent = await page.form()
    place = await page.read(lambda tx: desk_of(tx, page))
    asked = ReviseGroup(page.by, place.actor.id, charter(sent))
    return await _attempted(page, sent, founding.revise_group, asked, "saved", whole=True)


async def people(page: Page) -> Response:
    """`act`: appoint, dismiss, resign, unban."""
    sent = await page.form()
    group = (await page.read(lambda tx: desk_of(tx, page))).actor.id
    if sent["act"] == "appoint":
        asked = AppointModerator(page.by, group, sent.text("handle").lstrip("@"))
        return await _attempted(page, sent, moderators.appoint, asked, "appointed")
    if sent["act"] == "dismiss":
        gone = DismissModerator(page.by, group, sent["iri"])
        return await _attempted(page, sent, moderators.dismiss, gone, "dismissed")
    if sent["act"] == "unban":
        free = ModeratePerson(page.by, group, sent.number("person") or 0)
        return await _attempted(page, sent, moderating.unban_person, free, "unbanned")
    if sent["act"] == "resign":
        path = group_path((await page.read(lambda tx: desk_of(tx, page))).actor)
        answer = await _attempted(page, sent, moderators.resign, Resign(page.by, group), "resigned")
        return page.to(path, "resigned") if answer.status_code == 303 else answer
    raise NotFound("no such act")


async def close(page: Page) -> Response:
    sent = await page.form()
    place = await page.read(lambda tx: desk_of(tx, page))
    if not sent.has("sure"):
        sent.refuse(page.t("Tick that you are sure: a closed group cannot be opened again."), "sure")
        read = await page.read(lambda tx: _read(tx, page))
        shown = _filled(read.place)
        shown.values["words"], shown.errors, shown.status = sent["words"], sent.errors, sent.status
        return _show(page, read, shown)
    await page.perform(founding.close_group, CloseGroup(page.by, place.actor.id, sent.text("words")))
    return page.to("/groups", "group-closed")
