"""What a member does to one post: like, share, pin, delete; and where a post of theirs arrived."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from fediprof.delivery import report
from fediprof.errors import Invalid, NotAllowed
from fediprof.groups import finding, posting, voting
from fediprof.i18n.catalog import N_, Texts
from fediprof.interactions import commands as interactions
from fediprof.interactions.commands import Announce, React
from fediprof.posts import commands
from fediprof.posts.commands import AskForThread, DeletePost, PinPost
from fediprof.web import compose
from fediprof.web.forms import sentence
from fediprof.web.view import Page


def act(command: Any, asked: Callable[[Any, int], Any], said: str = "") -> Callable[[Page], Awaitable[Response]]:
    """A handler for a one-button form about the post in the address."""

    async def handler(page: Page) -> Response:
        form, post_id = await page.form(), page.request.path_params["id"]
        try:
            await page.perform(command, asked(page.by, post_id))
        except (Invalid, NotAllowed) as error:
            raise type(error)(str(error), public=sentence(error, page.t)) from None
        return page.back(form, f"/posts/{post_id}", said)

    return handler


like = act(voting.like, React)
unlike = act(voting.unlike, React)
dislike = act(voting.dislike, React)
undislike = act(voting.undislike, React)
share = act(interactions.announce_post, Announce, "shared")
unshare = act(interactions.unannounce_post, React)
pin = act(commands.pin_post, PinPost, "pinned")
fetch = act(finding.ask_for_thread, AskForThread, "fetching")
unpin = act(commands.unpin_post, PinPost, "unpinned")


async def delete_form(page: Page) -> Response:
    return page.render("posts/delete.html", shown=await compose.own(page))


async def delete(page: Page) -> Response:
    await page.form()
    await page.perform(posting.withdraw, DeletePost(page.by, page.request.path_params["id"]))
    return page.to(f"/@{page.me.actor.username}", "deleted")


@dataclass(frozen=True, slots=True)
class Told:
    """One server's line of the report, in words."""

    host: str
    what: str
    words: str
    answer: str
    at: str


async def deliveries(page: Page) -> Response:
    shown = await compose.own(page)
    lines = await page.read(lambda tx: report.of_post(tx, shown.post.id))
    return page.render("posts/deliveries.html", shown=shown, lines=[_told(line, page.t) for line in lines])


TYPES = {"Create": N_("The post"), "Update": N_("A change of it"), "Delete": N_("Its deletion")}
STATES = {
    "waiting": N_("On its way"),
    "sent": N_("Arrived"),
    "failed": N_("Given up"),
}


def _told(line: report.Line, t: Texts) -> Told:
    words = t(STATES[line.state])
    if line.state == "waiting" and line.attempts:
        words = t.plural("Tried once, will be tried again", "Tried {n} times, will be tried again", line.attempts)
    answer = answer_words(line.last_status, line.last_error, t)
    return Told(
        line.host, t(TYPES.get(line.type, TYPES["Create"])), words, answer, t.moment(line.done_at or line.next_at)
    )


def answer_words(status: int | None, error: str | None, t: Texts) -> str:
    """A server's last answer as a person may read it, its number kept for those who know."""
    if status is None:
        return t("No answer") if error else t("Not asked yet")
    if status < 300:
        return t("Taken ({code})", code=status)
    if status in (404, 410):
        return t("Nobody there any more ({code})", code=status)
    if status in (401, 403):
        return t("Not let in ({code})", code=status)
    if status == 429 or status >= 500:
        return t("Too busy or broken ({code})", code=status)
    return t("Refused ({code})", code=status)
