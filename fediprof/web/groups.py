"""Groups, for who looks for one: those of a member, those of this server, what was written last in all of theirs, questions
nobody answered. And the form that founds one."""

from __future__ import annotations

from typing import cast

from starlette.responses import Response

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.errors import FediprofError, NotAllowed
from fediprof.follows import commands as follow_commands
from fediprof.follows.commands import RequestFollow, Unfollow
from fediprof.groups import finding, founding, front, membership
from fediprof.groups.finding import FindGroup
from fediprof.groups.founding import Charter, FoundGroup
from fediprof.groups.front import Place, Thread
from fediprof.groups.records import MAX_RULES, MEMBERSHIPS, POSTINGS, Membership, Posting
from fediprof.web import compose, people
from fediprof.web.forms import Form, sentence
from fediprof.web.groups_page import PAGE, the_group
from fediprof.web.view import Page, group_path

NUMBERS = ("author_pace", "pace", "offers_a_month")
USUAL = {name: str(getattr(Charter(""), name)) for name in NUMBERS}
CHARTER = frozenset(("username", "name", "description", "membership", "posting", "rules", "language", *NUMBERS))
"""Fields of the charter's form."""


async def index(page: Page) -> Response:
    """A member's groups and those of this server; visitors see the latter."""

    def load(tx: Tx) -> tuple[list[Place], list[Place]]:
        mine = front.mine(tx, page.me.actor, page.here.now) if page.visitor else []
        return mine, front.here(tx)

    mine, here = await page.read(load)
    return _index(page, Form(), mine, here)


def _index(page: Page, form: Form, mine: list[Place], here: list[Place]) -> Response:
    known = {each.actor.id for each in mine}
    return page.render(
        "groups/index.html",
        status=form.status,
        form=form,
        mine=mine,
        others=[each for each in here if each.actor.id not in known],
        may_found=page.visitor is not None and _may_found(page),
    )


async def find(page: Page) -> Response:
    """A group by its handle (`!name@host`, as Lemmy writes it, or with @) or by its address."""
    query = page.asked("q").strip()[:500]
    form = Form({"q": query})
    if not query:
        return page.to("/groups")
    target: Actor | int | None = None
    try:
        target = await _found(page, query)
    except FediprofError as error:
        form.refuse(sentence(error, page.t), "q")
    if isinstance(target, Actor):
        return page.to(group_path(target) if target.type == "Group" else people_path(target))
    if target is not None:
        return page.to(f"/posts/{target}")
    form.refuse(page.t("No group was found with this address. It looks like !name@server."), "q")

    def load(tx: Tx) -> tuple[list[Place], list[Place]]:
        return front.mine(tx, page.me.actor, page.here.now), front.here(tx)

    return _index(page, form, *await page.read(load))


async def _found(page: Page, query: str) -> Actor | int | None:
    if "://" in query:
        return await people.resolved(page, query)
    address = query.lstrip("!@")
    own = await page.read(lambda tx: _here(tx, address, page.services.settings.host))
    if own is not None or "@" not in address:
        return own
    return (await page.perform(finding.find_group, FindGroup(page.by, f"!{address}"))).actor


def people_path(actor: Actor) -> str:
    return f"/@{actor.username}" if actor.local else f"/people/{actor.id}"


def _here(tx: Tx, address: str, host: str) -> Actor | None:
    """A group of this server by its name, with or without the server's."""
    name, _, server = address.partition("@")
    found = actors.local_by_username(tx, name.lower()) if server in ("", host) and name else None
    return found if found is not None and found.type == "Group" and found.gone_at is None else None


async def timeline(page: Page) -> Response:
    """What was written last in all groups of a member."""
    return await _all(page, "groups/timeline.html", unanswered=False)


async def unanswered(page: Page) -> Response:
    """Questions in a member's groups that nobody answered: one small answer is where taking part begins."""
    return await _all(page, "groups/unanswered.html", unanswered=True)


async def _all(page: Page, template: str, *, unanswered: bool) -> Response:
    me, before = page.me.actor.id, page.number("max_id")

    def load(tx: Tx) -> tuple[list[Thread], int | None, int]:
        groups = front.joined(tx, me)
        ids = front.threads(tx, groups, me, limit=PAGE + 1, before=before, unanswered=unanswered)
        return front.shown(tx, ids[:PAGE], me), ids[PAGE - 1] if len(ids) > PAGE else None, len(groups)

    threads, more, groups = await page.read(load)
    return page.render(template, threads=threads, more=more, groups=groups, now=page.here.now)


# --- coming in, and leaving


async def join(page: Page) -> Response:
    await page.form()
    group = await the_group(page)
    try:
        done = await page.perform(membership.join, RequestFollow(page.by, group.id))
    except NotAllowed as error:
        raise NotAllowed(str(error), public=sentence(error, page.t)) from None
    return page.to(group_path(group), "joined" if done.state == "accepted" else "join-asked")


async def leave(page: Page) -> Response:
    await page.form()
    group = await the_group(page)
    await page.perform(follow_commands.unfollow, Unfollow(page.by, group.id))
    return page.to(group_path(group), "group-left")


# --- founding


def _may_found(page: Page) -> bool:
    return page.by.admin or page.services.settings.founders == "members"


async def found_form(page: Page) -> Response:
    blank = {"membership": "open", "posting": "members", "language": page.me.account.language}
    return _founding(page, Form({**blank, **USUAL, "hold_newcomers": "1", "votes": "1", "discoverable": "1"}))


def _founding(page: Page, form: Form) -> Response:
    return page.render(
        "groups/found.html",
        status=form.status,
        form=form,
        may_found=_may_found(page),
        tongues=compose.tongues(form["language"]),
    )


async def found(page: Page) -> Response:
    sent = await page.form()
    if not _may_found(page):
        raise NotAllowed("founding", public=page.t("On this server only those who run it start groups"))
    request = await FoundGroup.prepared(
        page.services.keystore,
        page.here,
        by=page.by,
        username=sent.text("username").lstrip("!@"),
        charter=charter(sent),
        by_members=page.services.settings.founders == "members",
    )
    made = await sent.attempt(page.t, page.perform(founding.found_group, request), known=CHARTER)
    return _founding(page, sent) if made is None else page.to(group_path(made.actor), "group-founded")


def charter(sent: Form) -> Charter:
    """What the form says; what it may say is decided by the command."""
    return Charter(
        name=sent.text("name"),
        description=sent.text("description"),
        membership=cast(Membership, sent["membership"] if sent["membership"] in MEMBERSHIPS else ""),
        posting=cast(Posting, sent["posting"] if sent["posting"] in POSTINGS else ""),
        rules=tuple(sent.text("rules").splitlines()[: MAX_RULES + 20]),
        hold_newcomers=sent.has("hold_newcomers"),
        votes=sent.has("votes"),
        language=sent["language"],
        discoverable=sent.has("discoverable"),
        offers_name_pay=sent.has("offers_name_pay"),
        offers_name_contact=sent.has("offers_name_contact"),
        group_followers=sent.has("group_followers"),
        author_pace=_number(sent, "author_pace"),
        pace=_number(sent, "pace"),
        offers_a_month=_number(sent, "offers_a_month"),
    )


def _number(sent: Form, name: str) -> int:
    """The usual where the form has no such field; -1 for what is no number: the command says which there may be."""
    if name not in sent.values:
        return int(USUAL[name])
    found = sent.number(name)
    return found if found is not None else -1
