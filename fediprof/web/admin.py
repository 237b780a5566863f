"""For who runs the server: what was reported, which servers are kept out, which do not take what is sent."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.delivery import report as deliveries
from fediprof.i18n.catalog import N_
from fediprof.moderation import commands, policies
from fediprof.moderation import store as moderation
from fediprof.moderation.commands import CloseReport
from fediprof.moderation.domains import BlockDomain, DecideDomains, Line, decide_domains
from fediprof.moderation.domains import block_domain as keep_out
from fediprof.moderation.store import Report
from fediprof.refusals import store as refusals
from fediprof.refusals.store import Refusal
from fediprof.web.forms import Form
from fediprof.web.posts import answer_words
from fediprof.web.view import Page


@dataclass(frozen=True, slots=True)
class Domain:
    domain: str
    reason: str


async def index(page: Page) -> Response:
    return await _show(page, Form())


async def _show(page: Page, form: Form) -> Response:
    await page.services.gate.write(page.services.database)

    def load(
        tx: Tx,
    ) -> tuple[list[tuple[Report, Actor]], list[Domain], list[deliveries.HostLine], list[Refusal]]:
        reports = moderation.reports(tx)
        people = actors.by_ids(tx, (each.target_id for each in reports))
        domains = [Domain(each.domain, each.comment) for each in policies.all_policies(tx).values()]
        told = [(each, people[each.target_id]) for each in reports]
        return told, domains, deliveries.of_host(tx), refusals.newest(tx)

    reports, domains, hosts, refused = await page.read(load)
    return page.render(
        "admin/index.html",
        status=form.status,
        form=form,
        reports=reports,
        domains=domains,
        hosts=[_host(page, each) for each in hosts],
        refused=refused,
        refused_words=REFUSED,
    )


REFUSED = {
    "agent": N_("Program on the list"),
    "trap": N_("Went into the trap"),
    "blocked": N_("Came back after the trap"),
    "people": N_("Too many different people"),
    "pace": N_("Too many pages"),
    "unsigned": N_("List asked for without a signature"),
    "server": N_("Server kept out"),
}
"""Kind of refusal → what the table says."""


@dataclass(frozen=True, slots=True)
class Health:
    host: str
    words: str
    waiting: int
    answer: str


DEAD = N_("Given up after a week; begins again when it speaks to us")


def _host(page: Page, host: deliveries.HostLine) -> Health:
    if host.dead_at is not None:
        words = page.t(DEAD)
    elif host.failures:
        words = page.t.plural("Failed once", "Failed {n} times in a row", host.failures)
    else:
        words = page.t("Well")
    return Health(host.host, words, host.waiting, answer_words(host.last_status, host.last_error, page.t))


async def close_report(page: Page) -> Response:
    await page.form()
    await page.perform(commands.close_report, CloseReport(page.by, page.request.path_params["id"]))
    return page.to("/admin", "saved")


async def block_domain(page: Page) -> Response:
    form = await page.form()
    asked = BlockDomain(page.by, form.text("domain"), form.text("reason"))
    await form.attempt(page.t, page.perform(keep_out, asked), known=frozenset(("domain",)))
    return await _show(page, form) if form.errors else page.to("/admin#domains", "saved")


async def unblock_domain(page: Page) -> Response:
    form = await page.form()
    await page.perform(decide_domains, DecideDomains(page.by, (Line(form.text("domain"), None),)))
    return page.to("/admin#domains", "saved")
