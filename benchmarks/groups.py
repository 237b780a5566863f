"""A group at load (lemmy#3062): votes on one thread, passed on to a member on each of many hosts, one of them slow and one
that takes connections and never answers. How fast they go out, what each costs, how far the last host is behind; then the
same with a `kill -9` in the middle, after which nothing may be missing and little may come twice.

Short by default; FEDIPROF_BENCH_FULL=1 is 1,500 votes within 60 s to 100 hosts. With PostgreSQL the work is done by two
`fediprof worker` beside the web process.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from sqlalchemy import select

from benchmarks import load, peer, server
from benchmarks.server import Server
from fediprof import clock, ids
from fediprof.accounts.commands import CreateAccount, CreateServerActor, create_account, create_server_actor
from fediprof.actors import commands as actor_commands
from fediprof.actors import wire as actor_wire
from fediprof.actors.records import Follow
from fediprof.as2 import parse
from fediprof.as2.names import PUBLIC
from fediprof.delivery import hosts as peers
from fediprof.follows import store as follows
from fediprof.groups.founding import Charter, FoundGroup, found_group
from fediprof.here import INSTANCE_ACTOR
from fediprof.principal import Member
from fediprof.schema.delivery import outgoing
from fediprof.services import Services, open_services
from fediprof.settings import load_settings
from fediprof.signatures import keys

FULL = bool(os.environ.get("FEDIPROF_BENCH_FULL"))
HOSTS = 100
VOTES = 1500 if FULL else 100
SECONDS = 60 if FULL else 0
KILLED_VOTES = 100 if FULL else 40
PATIENCE = 1800 if FULL else 300


@dataclass(slots=True)
class Run:
    """What became of a heap of votes. `order`: their ids as the group passed them on. `noted`: what each host was sent."""

    order: list[str]
    passed_at: dict[str, float]
    noted: dict[str, list[tuple[str, float]]]
    by_process: dict[int, int] = field(default_factory=dict)
    seconds: float = 0.0

    def missing(self) -> int:
        """Deliveries that never came, of those to hosts that answer."""
        return sum(len(set(self.order) - {each for each, _ in got}) for got in self.noted.values())

    def twice(self) -> dict[str, int]:
        """{host: how many came more than once}"""
        mine = set(self.order)
        counted = {host: Counter(each for each, _ in got if each in mine) for host, got in self.noted.items()}
        return {host: sum(times - 1 for times in each.values()) for host, each in counted.items()}

    def disordered(self) -> list[str]:
        """Hosts that met them in another order than they were made in."""
        place = {each: number for number, each in enumerate(self.order)}
        found = []
        for host, got in self.noted.items():
            first = list(dict.fromkeys(each for each, _ in got if each in place))
            if first != sorted(first, key=place.__getitem__):
                found.append(host)
        return found

    def lag(self, hosts: Sequence[str]) -> float:
        """Seconds between a vote's being passed on and the last of these hosts' having it, at worst."""
        lags = [
            at - self.passed_at[each] for host in hosts for each, at in self.noted[host] if each in self.passed_at
        ]
        return max(lags, default=0.0)


@dataclass(slots=True)
class Stage:
    """A group on a server of ours, and the hosts with its members."""

    folder: Path
    port: int
    sink_port: int
    hosts: int
    pem: bytes
    group: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    workers: int = 0
    processes: list[Server] = field(default_factory=list)
    made: int = 0

    # --- hosts

    @property
    def slow(self) -> str:
        return f"127.0.0.{self.hosts - 1}:{self.sink_port}"

    @property
    def quick(self) -> list[str]:
        """Hosts that answer at once."""
        return [f"127.0.0.{number}:{self.sink_port}" for number in range(1, self.hosts - 1)]

    def asked(self, path: str) -> dict[str, object]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.sink_port}{path}") as answer:
            found: dict[str, object] = json.loads(answer.read())
        return found

    # --- our processes

    def start(self) -> None:
        """The web process, and workers beside it."""
        self.processes = [server.start(self.folder, self.port, self.settings)]
        self.processes += [self._worker() for _ in range(self.workers)]
        self.asked("/watch?pids=" + ",".join(str(each.process.pid) for each in self.processes))

    def _worker(self) -> Server:
        environment = server.environment(self.folder, self.port) | self.settings
        command = [sys.executable, "-m", "fediprof", "worker"]
        return Server(self.folder, self.port, subprocess.Popen(command, cwd=self.folder, env=environment), 0.0)

    def kill(self) -> None:
        """`kill -9` of the process that delivers (of two, the first), and the same started again."""
        number = 1 if self.workers else 0
        killed = self.processes[number].process
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        self.processes[number] = (
            self._worker() if self.workers else server.start(self.folder, self.port, self.settings)
        )
        self.asked("/watch?pids=" + ",".join(str(each.process.pid) for each in self.processes))

    def stop(self) -> None:
        for each in self.processes:
            if each.process.poll() is None:
                each.process.kill()  # nothing is in hand any more
                each.process.wait()

    def cpu(self) -> float:
        return sum(each.cpu() for each in self.processes)

    # --- what comes in

    def signed(self, voter: str, activity: dict[str, object]) -> bytes:
        key = keys.private_from_pem(f"{voter}#main-key", self.pem)
        return load.signed_post(f"http://localhost:{self.port}/inbox", activity, key)

    def voter(self, number: int) -> str:
        return peer.actor_iri(number % (self.hosts - 2) + 1, f"voter{number}", self.sink_port)

    async def thread(self) -> str:
        """A member begins a thread. Returns its id."""
        self.made += 1
        by = peer.actor_iri(1, "reader", self.sink_port)
        page = {
            "id": f"{by}/posts/{self.made}",
            "type": "Page",
            "attributedTo": by,
            "name": "Looking for ETL work",
            "content": "<p>Ten years of it.</p>",
            "to": [self.group, PUBLIC],
            "cc": [],
            "audience": self.group,
            "published": clock.rfc3339(clock.now()),
        }
        create: dict[str, object] = {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{by}/creates/{self.made}",
            "type": "Create",
            "actor": by,
            "to": page["to"],
            "cc": [],
            "audience": self.group,
            "object": page,
        }
        statuses = await load.send(self.port, [self.signed(by, create)])
        if statuses != {202: 1}:
            raise SystemExit(f"the thread was not taken: {statuses}")
        await self._until(lambda: self.everywhere(str(create["id"])), "the thread is there")
        return str(page["id"])

    def everywhere(self, iri: str) -> bool:
        noted: dict[str, list[tuple[str, float]]] = self.asked("/noted")["noted"]  # type: ignore[assignment]
        return all(any(each == iri for each, _ in noted.get(host, ())) for host in self.quick)

    def votes(self, thread: str, count: int) -> list[bytes]:
        requests = []
        for number in range(count):
            by = self.voter(number)
            self.made += 1
            vote: dict[str, object] = {
                "@context": "https://www.w3.org/ns/activitystreams",
                "id": f"{by}/likes/{self.made}",
                "type": "Like",
                "actor": by,
                "object": thread,
                "audience": self.group,
            }
            requests.append(self.signed(by, vote))
        return requests

    # --- a run

    async def run(self, count: int, *, seconds: float = 0, kill: bool = False) -> Run:
        """So many votes on a new thread, within `seconds` or as fast as they are taken, until all hosts have them."""
        thread = await self.thread()
        requests = self.votes(thread, count)
        before: dict[str, int] = self.asked("/seen")  # type: ignore[assignment]
        begun = time.time()

        def came() -> dict[str, int]:
            now: dict[str, int] = self.asked("/seen")  # type: ignore[assignment]
            return {host: now.get(host, 0) - before.get(host, 0) for host in (*self.quick, self.slow)}

        sending = asyncio.create_task(self._sent(requests, seconds))
        if kill:
            half = count * len(self.quick) // 2
            await self._until(lambda: sum(came().values()) >= half, "half of it is there")
            await sending
            self.kill()
        await sending
        await self._until(
            lambda: all(came()[host] >= count for host in self.quick), "the quick hosts have all", PATIENCE
        )
        ended = time.time()
        await self._until(lambda: came()[self.slow] >= count, "the slow host has all", PATIENCE)
        return await self._read(thread, ended - begun)

    async def _sent(self, requests: list[bytes], seconds: float) -> None:
        turns = max(1, int(seconds))
        begun = time.monotonic()
        for turn in range(turns):
            statuses = await load.send(self.port, requests[turn::turns])
            if set(statuses) != {202}:
                raise SystemExit(f"votes were not taken: {statuses}")
            if seconds:
                await asyncio.sleep(max(0.0, begun + turn + 1 - time.monotonic()))

    async def _until(self, look: object, what: str, seconds: float = 120) -> None:
        until = time.monotonic() + seconds
        while not await asyncio.to_thread(look):  # type: ignore[arg-type]
            if time.monotonic() > until:
                raise SystemExit(f"within {seconds} s this did not happen: {what}")
            await asyncio.sleep(0.1)

    async def _read(self, thread: str, seconds: float) -> Run:
        async with self.opened() as services:
            columns = (outgoing.c.body, outgoing.c.created_at)
            query = select(*columns).where(outgoing.c.object_iri == thread).order_by(outgoing.c.id)
            rows = await services.read(lambda tx: tx.execute(query).all())
        order, passed_at = [], {}
        for body, at in rows:
            inner = msgspec.json.decode(body)["object"]
            if isinstance(inner, dict) and inner["type"] == "Like":
                order.append(inner["id"])
                passed_at[inner["id"]] = at.timestamp()
        told = self.asked("/noted")
        noted: dict[str, list[tuple[str, float]]] = told["noted"]  # type: ignore[assignment]
        sent: dict[str, int] = told["by_process"]  # type: ignore[assignment]
        hosts = (*self.quick, self.slow)
        return Run(
            order,
            passed_at,
            {host: noted.get(host, []) for host in hosts},
            {int(pid): count for pid, count in sent.items()},
            seconds,
        )

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Services]:
        """The same server's parts, in this process."""
        told = server.environment(self.folder, self.port) | self.settings
        services = await open_services(load_settings(None, told))
        try:
            yield services
        finally:
            await services.close()


async def _founded(stage: Stage, voters: int) -> None:
    """Marie's group, a member of it on each host, and people elsewhere who will vote."""
    pem = keys.private_from_pem("x", stage.pem).public("x").pem()
    async with stage.opened() as services:
        here = services.here()
        await services.perform(
            create_server_actor,
            CreateServerActor(await asyncio.to_thread(services.keystore.make, here.actor(INSTANCE_ACTOR))),
        )
        wanted = await CreateAccount.prepared(services.keystore, here, username="marie", language="fr", admin=True)
        account = await services.perform(create_account, wanted)
        marie = Member(account.id, account.actor_id, admin=True)
        asked = await FoundGroup.prepared(
            services.keystore,
            here,
            by=marie,
            username="metiers",
            charter=Charter("Métiers", hold_newcomers=False),
            by_members=True,
        )
        hosted = await services.perform(found_group, asked)
        stage.group = hosted.actor.iri
        for number in range(1, stage.hosts + 1):
            iri = peer.actor_iri(number, "reader", stage.sink_port)
            reader = await _known(services, iri, pem)
            made = Follow(ids.new_id(), f"{iri}/follow", reader, hosted.id, "accepted", clock.now())
            host = f"127.0.0.{number}:{stage.sink_port}"

            def joined(tx, made=made, host=host) -> None:  # type: ignore[no-untyped-def]
                follows.insert_follow(tx, made)
                peers.remember_software(tx, host, "lemmy")

            await services.database.write(joined)
        for number in range(voters):
            await _known(services, stage.voter(number), pem)


async def _known(services: Services, iri: str, pem: str) -> int:
    host = iri.partition("://")[2].partition("/")[0]
    described = actor_wire.described(parse.actor(peer.document(iri, pem)), domain=host, now=clock.now())
    return (await services.perform(actor_commands.learn_actor, actor_commands.LearnActor(described))).id


@asynccontextmanager
async def staged(
    folder: Path, *, hosts: int, voters: int, database: str = "", workers: int = 0
) -> AsyncIterator[Stage]:
    """A server with a group, running, and its members' hosts. `workers`: so many beside the web process."""
    pem = keys.generate_rsa()
    stage = Stage(folder, server.free_port(), server.free_port(), hosts, pem, workers=workers)
    if database:
        stage.settings["FEDIPROF_DATABASE"] = database
    if workers:
        stage.settings["FEDIPROF_WORKER"] = "false"
    root = Path(__file__).parent.parent
    sink = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.sink", str(stage.sink_port), str(hosts)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=root,
    )
    try:
        assert sink.stdin is not None
        assert sink.stdout is not None
        sink.stdin.write(pem)
        sink.stdin.close()
        await asyncio.to_thread(sink.stdout.readline)
        await _founded(stage, voters)
        stage.start()
        yield stage
    finally:
        stage.stop()
        sink.kill()
        sink.wait()
        if sink.stdout is not None:
            sink.stdout.close()


async def measured(figures: dict[str, float]) -> None:
    """Both engines, a heap of votes each, and one with a kill in the middle."""
    from tests.support.postgres import fresh_database, running

    with tempfile.TemporaryDirectory(prefix="fediprof-groups-") as name:
        await _engine(Path(name), "SQLite", "", 0, figures)
    with (
        tempfile.TemporaryDirectory(prefix="fediprof-groups-") as name,
        running() as address,
        fresh_database(address) as url,
    ):
        await _engine(Path(name), "PostgreSQL, 2 workers", url, 2, figures)


async def _engine(folder: Path, name: str, database: str, workers: int, figures: dict[str, float]) -> None:
    async with staged(folder, hosts=HOSTS, voters=VOTES, database=database, workers=workers) as stage:
        before = stage.cpu()
        quiet = await stage.run(VOTES, seconds=SECONDS)
        deliveries = VOTES * (HOSTS - 1)
        figures[f"groups, {name}: CPU ms per delivery, votes' intake included"] = (
            (stage.cpu() - before) / deliveries * 1000
        )
        figures["  deliveries/s, quick hosts"] = VOTES * (HOSTS - 2) / quiet.seconds
        figures["  worst lag of a quick host, s"] = quiet.lag(stage.quick)
        figures["  lag of the slow host (300 ms), s"] = quiet.lag([stage.slow])
        figures["  most memory of a process, MB"] = max(each.most_memory() for each in stage.processes)
        figures["  hosts out of order (0)"] = len(quiet.disordered())
        figures["  lost (0)"] = quiet.missing()
        figures["  sent twice (0)"] = sum(quiet.twice().values())
        if workers:
            shares = [quiet.by_process.get(each.process.pid, 0) for each in stage.processes[1:]]
            figures["  the smaller worker's share (> 0.2)"] = min(shares) / max(1, sum(shares))
        killed = await stage.run(KILLED_VOTES, kill=True)
        figures["  with kill -9 in the middle: lost (0)"] = killed.missing()
        figures["  with kill -9 in the middle: sent twice, of all"] = sum(killed.twice().values()) / (
            KILLED_VOTES * (HOSTS - 1)
        )
        figures["  with kill -9 in the middle: hosts out of order (0)"] = len(killed.disordered())
    for key in [each for each in figures if each.startswith("  ")]:
        figures[f"groups, {name}: {key.strip()}"] = figures.pop(key)
