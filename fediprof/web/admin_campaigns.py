"""The console's pages on campaigns: how many members about the same first message reached, from which server and accounts, and
when. Neither what it says nor who got it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.campaigns import store
from fediprof.campaigns.commands import DismissCampaign, TellServer, dismiss_campaign, tell_server
from fediprof.campaigns.records import Campaign, Line
from fediprof.db.database import Tx
from fediprof.delivery import report as deliveries
from fediprof.errors import NotFound
from fediprof.web.forms import Form
from fediprof.web.posts import STATES
from fediprof.web.view import Page


@dataclass(frozen=True, slots=True)
class Shown:
    """`told_by`, `dismissed_by`: of those who run the server. `arrived`: in words, how far what was written to the other server got."""

    campaign: Campaign
    senders: tuple[Actor, ...]
    told_by: Actor | None
    dismissed_by: Actor | None
    arrived: str


async def index(page: Page) -> Response:
    return page.render(
        "admin/campaigns.html", campaigns=await _shown(page), enough=await page.read(store.enough_members)
    )


async def dismiss(page: Page) -> Response:
    form = await page.form()
    asked = DismissCampaign(page.by, page.request.path_params["id"], again=form.has("again"))
    await page.perform(dismiss_campaign, asked)
    return page.to("/admin/campaigns", "saved")


async def tell_form(page: Page) -> Response:
    shown = await _one(page)
    return _form(page, shown, Form({"words": _words(page, shown)}))


async def tell(page: Page) -> Response:
    form = await page.form()
    shown = await _one(page)
    asked = TellServer(page.by, shown.campaign.id, form.text("words"))
    await form.attempt(page.t, page.perform(tell_server, asked), known=frozenset(("words",)))
    return _form(page, shown, form) if form.errors else page.to("/admin/campaigns", "sent")


def _form(page: Page, shown: Shown, form: Form) -> Response:
    return page.render("admin/campaign.html", status=form.status, form=form, shown=shown)


def _words(page: Page, shown: Shown) -> str:
    """What is proposed to be said: figures and addresses, in the page's language."""
    t, campaign = page.t, shown.campaign
    senders = ", ".join(f"@{each.handle} ({each.iri})" for each in shown.senders)
    first, last = t.date(campaign.begun_at), t.date(campaign.last_at)
    when = t("on {day}", day=first) if first == last else t("between {first} and {last}", first=first, last=last)
    said = t.plural(
        "{n} member of {here} got about the same first private message {when}, from accounts of {host}: {senders}.",
        "{n} members of {here} got about the same first private message {when}, from accounts of {host}: {senders}.",
        campaign.reached,
        here=page.here.domain,
        host=campaign.host,
        when=when,
        senders=senders,
    )
    rest = t("We keep no text of it, and pass none on. You may want to look at it with whoever wrote it.")
    return "\n\n".join((t("Hello,"), said, rest))


async def _one(page: Page) -> Shown:
    """A campaign from elsewhere. Raises NotFound."""
    found = await _shown(page, only=page.request.path_params["id"])
    if not found or found[0].campaign.host is None:
        raise NotFound("no such campaign")
    return found[0]


async def _shown(page: Page, *, only: int | None = None) -> list[Shown]:
    def load(tx: Tx) -> tuple[list[Line], dict[int, Actor], list[list[deliveries.Line]]]:
        lines = store.lines(tx, only=only)
        named = {each for line in lines for each in line.senders}
        named |= {who for line in lines for who in (line.campaign.told_by, line.campaign.dismissed_by) if who}
        went = [deliveries.of_activities(tx, line.campaign.told_iris) for line in lines]
        return lines, actors.by_ids(tx, named), went

    lines, people, went = await page.read(load)
    return [
        Shown(
            line.campaign,
            tuple(people[each] for each in line.senders),
            people.get(line.campaign.told_by or 0),
            people.get(line.campaign.dismissed_by or 0),
            _arrived(page, sent),
        )
        for line, sent in zip(lines, went, strict=True)
    ]


def _arrived(page: Page, sent: list[deliveries.Line]) -> str:
    """Of several the one that is furthest behind."""
    for state in ("waiting", "failed", "sent"):
        if any(each.state == state for each in sent):
            return page.t(STATES[state])
    return ""
