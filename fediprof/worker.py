"""Background work of one process: inbox, deliveries, jobs and what is due by the clock, in one task group."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from fediprof import clock
from fediprof.backups import commands as backups
from fediprof.backups.commands import BackupChore
from fediprof.campaigns import store as campaigns
from fediprof.campaigns.records import KEPT as CAMPAIGNS_KEPT
from fediprof.delivery import store as deliveries
from fediprof.delivery.worker import DeliveryWorker
from fediprof.federation import inbox
from fediprof.federation.chores import Chores
from fediprof.federation.group_chores import GroupChores
from fediprof.federation.policy_lists import PolicyLists
from fediprof.federation.process import InboxWorker
from fediprof.introductions.commands import EndOverdue, end_overdue
from fediprof.jobs.lease import RENEWED_EVERY
from fediprof.jobs.runner import JobRunner
from fediprof.media import store as uploads
from fediprof.moderation import erasures
from fediprof.moderation.sanctions import EndSanctions, end_sanctions
from fediprof.net.pace import HostPace
from fediprof.portability import store as imports
from fediprof.profiles import ledger
from fediprof.refusals import store as refusals
from fediprof.services import Services
from fediprof.visitors import store as visits

log = logging.getLogger(__name__)

INBOX_KEPT = timedelta(days=14)
DELIVERIES_KEPT = timedelta(days=30)
REFUSALS_KEPT = timedelta(days=30)
UPLOADS_KEPT_UNUSED = timedelta(days=1)


async def _kept_going(run: Callable[[], Awaitable[None]]) -> None:
    """A fault of the moment (a database that is locked, or away) must not end background work until the next start."""
    while True:
        try:
            await run()
        except Exception:
            log.exception("worker.failed")
            await asyncio.sleep(1)


class Workers:
    def __init__(self, services: Services) -> None:
        self._services = services
        chores = Chores(services.perform, services.resolver, services.fetcher)
        kinds = {
            name: getattr(chores, name)
            for name in (
                "thread",
                "backfill",
                "replies",
                "refetch",
                "synchronize",
                "refollow",
                "links",
                "erase",
                "software",
            )
        }
        groups = GroupChores(services.perform, services.resolver, HostPace())
        kinds |= {
            "group": groups.group,
            "group_thread": groups.thread,
            "group_clear": groups.clear,
            "group_turns": groups.turns,
        }
        kinds[backups.CHORE] = BackupChore(services.database, services.settings).make
        lists = PolicyLists(services.perform, services.fetcher)
        kinds["policy_list"] = lists.read
        periodic = ((timedelta(hours=1), self._sweep), (timedelta(hours=1), lists.ask_for_due))
        settings = services.settings
        self.inbox = InboxWorker(services.perform, services.resolver, at_once=settings.workers)
        self.delivery = DeliveryWorker(services.perform, services.fetcher, hosts_at_once=settings.delivery_hosts)
        self.jobs = JobRunner(services.database, services.bells.jobs, kinds, periodic)

    async def run(self) -> None:
        """Until cancelled; what is in hand is finished first."""
        async with asyncio.TaskGroup() as group:
            for part in (self.inbox, self.delivery, self.jobs):
                group.create_task(_kept_going(part.run))
            group.create_task(_kept_going(self._hold))

    async def _hold(self) -> None:
        """Say from time to time that we are alive and at it; what a dead process held is free soon (`jobs.lease`)."""
        while True:
            await asyncio.sleep(RENEWED_EVERY.total_seconds())
            for part in (self.inbox, self.delivery, self.jobs):
                await part.hold()

    async def drain(self) -> None:
        """Do all that is due now, and what that causes. For tests and the command line."""
        while await self.inbox.drain() + await self.jobs.drain() + await self.delivery.drain():
            pass

    async def _sweep(self) -> None:
        """Forget what is long done, so that the database does not grow for ever."""
        now = clock.now()
        write = self._services.database.write
        await write(lambda tx: inbox.sweep(tx, now - INBOX_KEPT))
        await self._services.perform(end_sanctions, EndSanctions())
        await write(lambda tx: erasures.forget_names(tx, now - DELIVERIES_KEPT))
        await write(lambda tx: deliveries.give_up(tx, now - timedelta(days=7), now))
        await write(lambda tx: deliveries.sweep(tx, now - DELIVERIES_KEPT))
        await write(lambda tx: imports.sweep(tx, now - imports.KEPT))
        await write(lambda tx: refusals.sweep(tx, (now - REFUSALS_KEPT).date().isoformat()))
        await write(lambda tx: campaigns.sweep(tx, now - CAMPAIGNS_KEPT))
        await write(lambda tx: ledger.note_ended(tx, now))
        await self._services.perform(end_overdue, EndOverdue())
        await write(lambda tx: visits.sweep(tx, now))
        unused = await write(lambda tx: uploads.unused_since(tx, now - UPLOADS_KEPT_UNUSED))
        for each in unused:
            for file in filter(None, (each.file, each.preview)):
                await asyncio.to_thread(self._services.storage.delete, file)
        await write(lambda tx: uploads.remove(tx, [each.id for each in unused]))
