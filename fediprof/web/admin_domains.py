"""The console's pages on other servers: what is decided about each, files and lists of them. What a decision would cut is shown
before it is taken; what does not come back, before it is taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from starlette.responses import Response

from fediprof.db.database import Tx
from fediprof.errors import FediprofError, NotFound
from fediprof.moderation import csv_lists, domains, policies, subscriptions
from fediprof.moderation.csv_lists import Fault
from fediprof.moderation.domains import Cut, DecideDomains, Line, checked, decide_domains
from fediprof.moderation.policies import Policy
from fediprof.moderation.subscriptions import (
    BringFile,
    Draft,
    PolicyList,
    PutAside,
    ReadNow,
    Subscribe,
    TakeDrafts,
    Unsubscribe,
    bring_file,
    put_aside,
    read_now,
    subscribe,
    take_drafts,
    unsubscribe,
)
from fediprof.web.forms import Form, sentence
from fediprof.web.view import Page, settle

ON_A_PAGE = 100
_FIELDS = (
    "severity",
    "domain",
    "comment",
    "public_comment",
    "largest",
    "per_minute",
    "url",
    "priority",
    "automatic_below",
)


async def index(page: Page) -> Response:
    """`?block=host`: the form filled in, from where a server was turned away."""
    return await _index(page, Form({"domain": page.asked("block")[:253], "severity": "block"}))


async def _index(page: Page, form: Form) -> Response:
    words = page.asked("q").strip().lower()[:100]

    def load(tx: Tx) -> tuple[dict[str, Policy], list[tuple[PolicyList, int]]]:
        lists = [(each, len(subscriptions.drafts(tx, each.id))) for each in subscriptions.everything(tx)]
        return policies.all_policies(tx), lists

    known, lists = await page.read(load)
    found = [each for each in domains.unlisted(known).values() if words in each.domain]
    return page.render(
        "admin/domains.html",
        status=form.status,
        form=form,
        policies=found[:500],
        left_out=max(0, len(found) - 500),
        words=words,
        lists=lists,
        names={each.id: each.url for each, _ in lists},
        only_listed=policies.EVERYONE_ELSE in known,
    )


# --- one server


async def preview(page: Page) -> Response:
    """What was filled in, read back, with what it would end."""
    form = await page.form()
    lines = await _written(page, form)
    return await _index(page, form) if lines is None else await _preview(page, form, lines)


async def apply(page: Page) -> Response:
    form = await page.form()
    lines = await _written(page, form)
    if lines is not None:
        await form.attempt(page.t, page.perform(decide_domains, DecideDomains(page.by, lines)))
    return await _index(page, form) if form.errors else page.to("/admin/domains", "saved")


async def lift(page: Page) -> Response:
    """Asked first, then done."""
    form = await page.form()
    if form.has("confirmed"):
        await page.perform(decide_domains, DecideDomains(page.by, (Line(form.text("domain"), None),)))
        return page.to("/admin/domains", "saved")
    known = await page.read(policies.all_policies)
    policy = known.get(form.text("domain"))
    if policy is None or policy.domain == policies.EVERYONE_ELSE:
        raise NotFound("nothing is decided about it")
    return page.render("admin/domain_lift.html", policy=policy)


async def _written(page: Page, form: Form) -> tuple[Line] | None:
    """The form as a decision; None with what is wrong beside its field."""
    severity = form["severity"] if form["severity"] in policies.SEVERITIES else "block"
    kib, pace = form.text("largest"), form.text("per_minute")
    line = Line(
        form.text("domain"),
        severity,
        reject_media=form.has("reject_media"),
        reject_reports=form.has("reject_reports"),
        obfuscate=form.has("obfuscate"),
        comment=form.text("comment"),
        public_comment=form.text("public_comment"),
        largest=(form.number("largest") or 0) * 1024 if kib else None,
        per_minute=(form.number("per_minute") or 0) if pace else None,
    )
    try:
        return (checked(line, page.here),)
    except FediprofError as error:
        form.refuse(sentence(error, page.t), getattr(error, "field", ""))
        return None


async def _preview(page: Page, form: Form, lines: Sequence[Line]) -> Response:
    wanted = {line.domain: line.severity for line in lines}
    cuts, known = await page.read(lambda tx: (domains.cuts(tx, wanted), policies.all_policies(tx)))
    return page.render(
        "admin/domain_preview.html",
        lines=lines,
        known=known,
        cut=sum(cuts.values(), Cut()),
        sent={
            name: form[name] for name in (*_FIELDS, "reject_media", "reject_reports", "obfuscate") if form.has(name)
        },
    )


# --- files


async def export(page: Page) -> Response:
    known = await page.read(policies.all_policies)
    response = Response(csv_lists.written(known.values()), media_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="domain_blocks.csv"'
    return settle(response, page.t.language)


async def bring(page: Page) -> Response:
    form = await page.form()
    data = form.files.get("file")
    try:
        if data is None:
            form.refuse(page.t("Choose a file"), "file")
            return await _index(page, form)
        read = csv_lists.read(data, page.here)
    except FediprofError as error:
        form.refuse(sentence(error, page.t), "file")
        return await _index(page, form)
    made = await page.perform(bring_file, BringFile(page.by, read.lines))
    return await _drafts(page, made.id, read.faults)


# --- lists


async def add_list(page: Page) -> Response:
    form = await page.form()
    asked = Subscribe(page.by, form.text("url"), form.number("priority") or 0, form.number("automatic_below"))
    known = frozenset(("url", "priority", "automatic_below"))
    await form.attempt(page.t, page.perform(subscribe, asked), known=known)
    return await _index(page, form) if form.errors else page.to("/admin/domains#lists", "saved")


async def drop_list(page: Page) -> Response:
    await page.form()
    await page.perform(unsubscribe, Unsubscribe(page.by, page.request.path_params["id"]))
    return page.to("/admin/domains#lists", "saved")


async def read_list(page: Page) -> Response:
    await page.form()
    await page.perform(read_now, ReadNow(page.by, page.request.path_params["id"]))
    return page.to("/admin/domains#lists", "fetching")


async def drafts(page: Page) -> Response:
    return await _drafts(page, page.request.path_params["id"], ())


async def _drafts(page: Page, number: int, faults: Sequence[Fault]) -> Response:
    after = page.asked("after")[:253]

    def load(tx: Tx) -> tuple[PolicyList, list[Draft], list[Draft], dict[str, Cut], dict[str, Policy]]:
        found = subscriptions.by_id(tx, number)
        if found is None:
            raise NotFound("no such list")
        waiting = subscriptions.drafts(tx, number)
        cuts = domains.cuts(tx, {each.line.domain: each.line.severity for each in waiting})
        return found, waiting, subscriptions.drafts(tx, number, aside=True), cuts, policies.all_policies(tx)

    found, waiting, aside, cuts, known = await page.read(load)
    left = [each for each in waiting if each.line.domain > after]
    return page.render(
        "admin/drafts.html",
        list=found,
        drafts=left[:ON_A_PAGE],
        all=len(waiting),
        more=left[ON_A_PAGE - 1].line.domain if len(left) > ON_A_PAGE else None,
        aside=aside[:200],
        cuts=cuts,
        cut=sum(cuts.values(), Cut()),
        known=known,
        faults=faults[:200],
        more_faults=max(0, len(faults) - 200),
    )


async def drafts_act(page: Page) -> Response:
    """Chosen lines put aside, or read back with what they would end; then, confirmed, taken."""
    form = await page.form()
    number = page.request.path_params["id"]
    names, everything = tuple(form.lists.get("domain", ())), form.has("all")
    act = form["act"]
    if act in ("aside", "again"):
        await page.perform(put_aside, PutAside(page.by, number, names, again=act == "again"))
        return page.to(f"/admin/lists/{number}", "saved")
    if form.has("confirmed"):
        await page.perform(take_drafts, TakeDrafts(page.by, number, names, everything))
        return page.to(f"/admin/lists/{number}", "saved")

    def load(tx: Tx) -> tuple[list[Draft], Cut]:
        found = subscriptions.chosen(subscriptions.drafts(tx, number), names, everything=everything)
        return found, _all(domains.cuts(tx, {each.line.domain: each.line.severity for each in found}).values())

    found, cut = await page.read(load)
    return page.render(
        "admin/drafts_preview.html", number=number, drafts=found, cut=cut, everything=everything, names=names
    )


def _all(cuts: Iterable[Cut]) -> Cut:
    return sum(cuts, Cut())
