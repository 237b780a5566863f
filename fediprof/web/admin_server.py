"""The console's pages on the machine and what leaves it: groups here, deliveries, storage and backups, erasures."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from starlette.responses import Response

from fediprof.backups import commands as backups
from fediprof.backups import folder
from fediprof.backups.commands import AskForBackup
from fediprof.db.database import Tx
from fediprof.delivery import report as deliveries
from fediprof.delivery.commands import RetryDeliveries, retry_deliveries
from fediprof.errors import NotFound
from fediprof.groups import store as group_store
from fediprof.i18n.catalog import N_
from fediprof.moderation import erasures, figures, notes
from fediprof.moderation.erasures import Erasure, Told
from fediprof.web.forms import Form
from fediprof.web.posts import answer_words
from fediprof.web.view import Page

NEARLY_FULL = 0.9


@dataclass(frozen=True, slots=True)
class Health:
    host: str
    words: str
    waiting: int
    answer: str
    dead: bool


@dataclass(frozen=True, slots=True)
class Disk:
    """Bytes of the disk the data is on."""

    total: int
    free: int

    @property
    def nearly_full(self) -> bool:
        return self.free < self.total * (1 - NEARLY_FULL)


DEAD = N_("Given up after a week; begins again when it speaks to us")


async def disk(page: Page) -> Disk:
    data = page.services.settings.data

    def look() -> Disk:
        found = shutil.disk_usage(data if data.exists() else Path("."))
        return Disk(found.total, found.free)

    return await asyncio.to_thread(look)


async def groups(page: Page) -> Response:
    found, left = await page.read(lambda tx: (figures.groups(tx), group_store.unmoderated(tx)))
    return page.render("admin/groups.html", groups=found, unmoderated=left)


async def delivery(page: Page) -> Response:
    since = page.here.now - timedelta(days=1)
    hosts, inbound = await page.read(lambda tx: (deliveries.of_host(tx), figures.inbound(tx, since)))
    return page.render("admin/deliveries.html", hosts=[_health(page, each) for each in hosts[:200]], inbound=inbound)


async def retry(page: Page) -> Response:
    form = await page.form()
    await page.perform(retry_deliveries, RetryDeliveries(host=form.text("host") or None))
    return page.to("/admin/deliveries", "retried")


def _health(page: Page, host: deliveries.HostLine) -> Health:
    if host.dead_at is not None:
        words = page.t(DEAD)
    elif host.failures:
        words = page.t.plural("Failed once", "Failed {n} times in a row", host.failures)
    else:
        words = page.t("Well")
    answer = answer_words(host.last_status, host.last_error, page.t)
    return Health(host.host, words, host.waiting, answer, host.dead_at is not None)


async def storage(page: Page) -> Response:
    return await _storage(page, Form())


async def _storage(page: Page, form: Form) -> Response:
    data = page.services.settings.data
    uploads, pictures, kept = await asyncio.gather(
        asyncio.to_thread(_weight, data / "uploads"),
        asyncio.to_thread(_weight, data / "pictures"),
        asyncio.to_thread(folder.kept, page.services.settings),
    )
    size, rows, backup, run = await page.read(
        lambda tx: (figures.database_bytes(tx), figures.rows(tx), notes.of(tx, "backup"), notes.of(tx, backups.RUN))
    )
    return page.render(
        "admin/storage.html",
        status=form.status,
        form=form,
        kept=kept,
        folder=await asyncio.to_thread(folder.of(page.services.settings).absolute),
        run=run,
        database=size,
        uploads=uploads,
        pictures=pictures,
        most=page.services.settings.picture_cache_mb * 1024 * 1024,
        rows=rows,
        backup=backup,
        disk=await disk(page),
    )


async def back_up(page: Page) -> Response:
    """A job makes one: it may take minutes."""
    form = await page.form()

    async def asking() -> bool:
        await page.perform(backups.ask_for_backup, AskForBackup(page.by))
        return True

    if await form.attempt(page.t, asking()) is None:
        return await _storage(page, form)
    return page.to("/admin/storage", "backup-asked")


async def throw_away(page: Page) -> Response:
    form = await page.form()
    if not await asyncio.to_thread(folder.throw_away, page.services.settings, form["name"]):
        raise NotFound("no such backup")
    return page.to("/admin/storage", "backup-gone")


def _weight(folder: Path) -> tuple[int, int, list[int]]:
    """(files, bytes, the bytes of the five largest)"""
    sizes = []
    for path in folder.rglob("*") if folder.exists() else ():
        try:
            if path.is_file():
                sizes.append(path.stat().st_size)
        except FileNotFoundError:  # deleted while we look
            continue
    return len(sizes), sum(sizes), sorted(sizes, reverse=True)[:5]


async def erased(page: Page) -> Response:
    def load(tx: Tx) -> list[tuple[Erasure, dict[str, int]]]:
        return [(each, erasures.counts(tx, each)) for each in erasures.newest(tx)]

    return page.render("admin/erasures.html", erasures=await page.read(load))


async def erasure(page: Page) -> Response:
    number = page.request.path_params["id"]
    return await _erasure(page, await page.read(lambda tx: erasures.by_id(tx, number)), console=True)


async def erasure_of_mine(page: Page) -> Response:
    """By the link that whoever deleted the account was given; it works as long as the report is there."""
    secret = page.request.path_params["secret"]
    response = await _erasure(page, await page.read(lambda tx: erasures.by_secret(tx, secret)), console=False)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


async def _erasure(page: Page, found: Erasure | None, *, console: bool) -> Response:
    if found is None:
        raise NotFound("no such report")

    def load(tx: Tx) -> tuple[dict[str, int], list[Told], object]:
        return erasures.counts(tx, found), erasures.told(tx, found), notes.of(tx, "backup")

    counts, told, backup = await page.read(load)
    lines = [(each, answer_words(each.last_status, each.last_error, page.t)) for each in told]
    return page.render(
        "admin/erasure.html",
        erasure=found,
        counts=counts,
        lines=lines,
        states=STATES,
        console=console,
        backup_at=backup[1] if isinstance(backup, tuple) else None,
    )


STATES = {"sent": N_("Taken"), "failed": N_("Not reached"), "waiting": N_("Still being told")}
