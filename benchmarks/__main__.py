"""`make bench`: one run, every figure, the floor beside it. `make bench B="inbox reads"`: these parts alone."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks import floor, groups, load, peer, profiles, server
from fediprof import clock, ids
from fediprof.accounts.commands import CreateAccount, CreateServerActor, create_account, create_server_actor
from fediprof.actors import commands as actor_commands
from fediprof.actors import wire as actor_wire
from fediprof.actors.records import Follow
from fediprof.as2 import parse
from fediprof.follows import store as follows
from fediprof.here import INSTANCE_ACTOR
from fediprof.oauth import commands as oauth
from fediprof.posts.commands import PinPost, PublishPost, pin_post, publish_post
from fediprof.principal import Member
from fediprof.services import Services, open_services
from fediprof.settings import load_settings
from fediprof.signatures import keys

SCALE = float(os.environ.get("FEDIPROF_BENCH_SCALE", "1"))
ACTIVITIES = int(1500 * SCALE)
WRITERS = 20
FOLLOWERS_PER_HOST = 2
POSTS_SENT = max(1, int(8 * SCALE))
STRANGERS = int(150 * SCALE)
READS = int(600 * SCALE)

ENTRIES = 40

TURNS = max(3, int(30 * SCALE))
A_TURN = 20
"""Times each profile page is read in its turn."""

PARTS = ("inbox", "delivery", "follow", "reads", "profiles", "groups", "floor")
ONLY = tuple(sys.argv[1:]) or PARTS
if not set(ONLY) <= set(PARTS):
    raise SystemExit(f"There is no such part. The parts: {', '.join(PARTS)}")

AIMS = {
    "inbox: signed Create until it is in the home": (1.5, 5.7),
    "delivery in a fan-out to 100 hosts": (0.9, 0.94),
    "follow by an unknown actor, until the Accept": (4.0, 12.3),
    "outbox page": (1.5, 3.3),
    "profile page": (1.5, 18.7),
    "home timeline of 20, client API": (0.8, 0.20),
    "actor document": (None, 0.12),
    "idle memory, MB": (90.0, 117.0),
    "start, s": (1.5, 0.85),
} | {f"  ratio of {name} to the page without rules": (1.3, None) for name in profiles.AGAINST}


async def founded(folder: Path, port: int, peer_port: int, pem: str) -> tuple[str, list[str]]:
    """A member with 40 posts, 20 people followed, 200 followers on 100 hosts. Returns a token, and who is followed."""
    os.environ.update({k: v for k, v in server.environment(folder, port).items() if k.startswith("FEDIPROF_")})
    services = await open_services(load_settings(None))
    here = services.here()
    keys_of = await asyncio.to_thread(services.keystore.make, here.actor(INSTANCE_ACTOR))
    await services.perform(create_server_actor, CreateServerActor(keys_of))
    wanted = await CreateAccount.prepared(services.keystore, here, username="marie", language="fr", admin=True)
    account = await services.perform(create_account, wanted)
    marie = Member(account.id, account.actor_id, admin=True)
    for number in range(40):
        text = f"Billet {number} : diviser le délai d’un atelier, sans y laisser les gens. #lean #atelier"
        post = await services.perform(publish_post, PublishPost(marie, text, language="fr"))
        if number < 3:
            await services.perform(pin_post, PinPost(marie, post.id))
    followed = []
    for number in range(WRITERS):
        iri = peer.actor_iri(number % peer.HOSTS + 1, f"writer{number}", peer_port)
        await _known(services, iri, pem, follower=None, target=marie.actor_id, followed_by=marie.actor_id)
        followed.append(iri)
    for host in range(1, peer.HOSTS + 1):
        for each in range(FOLLOWERS_PER_HOST):
            iri = peer.actor_iri(host, f"reader{each}", peer_port)
            await _known(services, iri, pem, follower=True, target=marie.actor_id, followed_by=None, shared=False)
    token = await _token(services, marie)
    await services.close()
    return token, followed


async def _known(
    services: Services,
    iri: str,
    pem: str,
    *,
    follower: bool | None,
    target: int,
    followed_by: int | None,
    shared: bool = True,
) -> None:
    document = peer.document(iri, pem)
    if not shared:
        del document["endpoints"]
    host = iri.partition("://")[2].partition("/")[0]
    described = actor_wire.described(parse.actor(document), domain=host, now=clock.now())
    actor = await services.perform(actor_commands.learn_actor, actor_commands.LearnActor(described))
    if follower:
        made = Follow(ids.new_id(), f"{iri}/follow", actor.id, target, "accepted", clock.now())
    else:
        made = Follow(ids.new_id(), f"{iri}/followed", followed_by or 0, actor.id, "accepted", clock.now())
    await services.database.write(lambda tx: follows.insert_follow(tx, made))


async def _token(services: Services, by: Member) -> str:
    """A client app's token, the way an app gets one."""
    away = ("urn:ietf:wg:oauth:2.0:oob",)
    app = await services.perform(oauth.register_app, oauth.RegisterApp("bench", away, "read write"))
    code = await services.perform(oauth.grant_code, oauth.GrantCode(by, app.app.id, away[0], ("read", "write")))
    issued = await services.perform(oauth.exchange_code, oauth.ExchangeCode(app.app.id, True, code, away[0]))
    if issued is None:
        raise SystemExit("no token was issued")
    return issued.secret


def create(iri: str, number: int) -> dict[str, object]:
    note = f"{iri}/notes/{number}"
    public, followers = "https://www.w3.org/ns/activitystreams#Public", f"{iri}/followers"
    text = (
        "<p>Ce matin, réunion d’atelier : on a déplacé les stocks, pas les gens. "
        'Deux essais ont échoué avant le bon. <a href="https://example.org/lean" rel="nofollow">Notes</a> '
        '<a href="https://example.org/tags/lean" class="mention hashtag" rel="tag">#<span>lean</span></a></p>'
    ) * 2
    return {
        "@context": ["https://www.w3.org/ns/activitystreams", {"sensitive": "as:sensitive", "Hashtag": "as:Hashtag"}],
        "id": f"{note}/activity",
        "type": "Create",
        "actor": iri,
        "published": clock.rfc3339(clock.now()),
        "to": [public],
        "cc": [followers],
        "object": {
            "id": note,
            "type": "Note",
            "summary": None,
            "inReplyTo": None,
            "published": clock.rfc3339(clock.now()),
            "url": f"{note}/page",
            "attributedTo": iri,
            "to": [public],
            "cc": [followers],
            "sensitive": False,
            "content": text,
            "contentMap": {"fr": text},
            "attachment": [],
            "tag": [{"type": "Hashtag", "href": "https://example.org/tags/lean", "name": "#lean"}],
            "replies": f"{note}/replies",
        },
    }


async def measured(running: server.Server, work: object, count: int) -> float:
    """CPU ms per unit."""
    await server.settled(running)
    before = running.cpu()
    await work  # type: ignore[misc]
    await server.settled(running)
    return (running.cpu() - before) / count * 1000


def waiting(folder: Path) -> int:
    import sqlite3

    with sqlite3.connect(folder / "data" / "fediprof.sqlite3") as raw:
        return int(raw.execute("select count(*) from inbox_activity where state = 'waiting'").fetchone()[0])


async def run() -> dict[str, float]:
    figures: dict[str, float] = {}
    private_pem = keys.generate_rsa()
    port, peer_port = server.free_port(), server.free_port()
    with tempfile.TemporaryDirectory(prefix="fediprof-bench-") as name:
        folder = Path(name)
        pem = keys.private_from_pem("x", private_pem).public("x").pem()
        others = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.peer", str(peer_port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert others.stdin is not None
        assert others.stdout is not None
        others.stdin.write(private_pem)
        others.stdin.close()
        others.stdout.readline()
        running: server.Server | None = None
        try:
            token, followed = await founded(folder, port, peer_port, pem)
            running = server.start(folder, port)
            await server.settled(running, 1.5)
            figures["start, s"] = running.start_seconds
            figures["idle memory, MB"] = running.memory()
            if "inbox" in ONLY:
                await _inbox(running, followed, private_pem, figures)
            if "delivery" in ONLY:
                await _deliveries(running, token, peer_port, figures)
            if "follow" in ONLY:
                await _strangers(running, peer_port, private_pem, figures)
            if "reads" in ONLY:
                await _reads(running, token, figures)
            if "profiles" in ONLY:
                running.stop()
                readers = await profiles.written(ENTRIES)
                running = server.start(folder, port)
                await _profiles(running, readers, figures)
            figures["memory after, MB"] = running.memory()
        finally:
            if running is not None:
                running.stop()
            others.terminate()
    if "groups" in ONLY:
        await groups.measured(figures)
    if "floor" in ONLY:
        figures |= floor.signatures()
        figures["empty Starlette answer"] = await floor.empty_answer()
        figures["SQLite insert in a group commit of 64"] = await floor.group_commit()
    return figures


async def _inbox(running: server.Server, followed: list[str], pem: bytes, figures: dict[str, float]) -> None:
    url = f"{running.origin}/inbox"
    pairs = [(iri, keys.private_from_pem(f"{iri}#main-key", pem)) for iri in followed]
    requests = [load.signed_post(url, create(*_of(pairs, n)), pairs[n % WRITERS][1]) for n in range(ACTIVITIES)]
    await load.send(running.port, requests[:50])

    async def all_in() -> None:
        print("inbox", await load.send(running.port, requests[50:]), file=sys.stderr)
        while waiting(running.folder):
            await asyncio.sleep(0.05)

    figures["inbox: signed Create until it is in the home"] = await measured(running, all_in(), ACTIVITIES - 50)


def _of(pairs: list[tuple[str, keys.PrivateKey]], number: int) -> tuple[str, int]:
    return pairs[number % len(pairs)][0], number


async def _deliveries(running: server.Server, token: str, peer_port: int, figures: dict[str, float]) -> None:
    inboxes = peer.HOSTS * FOLLOWERS_PER_HOST

    async def publish(count: int) -> None:
        target = counts(peer_port).get("Create", 0) + count * inboxes
        for number in range(count):
            data = json.dumps({"status": f"À tous, {number} {ids.slug(4)}"}).encode()
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            request = urllib.request.Request(f"{running.origin}/api/v1/statuses", data, headers)
            await asyncio.to_thread(lambda r=request: urllib.request.urlopen(r).read())
        for _ in range(1200):
            if counts(peer_port).get("Create", 0) >= target:
                break
            await asyncio.sleep(0.05)

    await publish(1)  # connections are open, keys are loaded
    figures["delivery in a fan-out to 100 hosts"] = await measured(running, publish(POSTS_SENT), POSTS_SENT * inboxes)


def counts(peer_port: int) -> dict[str, int]:
    found: dict[str, int] = json.loads(urllib.request.urlopen(f"http://127.0.0.1:{peer_port}/counts").read())
    return found


async def _strangers(running: server.Server, peer_port: int, pem: bytes, figures: dict[str, float]) -> None:
    requests = []
    for number in range(STRANGERS):
        iri = peer.actor_iri(number % peer.HOSTS + 1, f"stranger{number}", peer_port)
        follow = {"@context": "https://www.w3.org/ns/activitystreams", "id": f"{iri}/f/1", "type": "Follow"}
        activity = {**follow, "actor": iri, "object": f"{running.origin}/u/marie"}
        requests.append(
            load.signed_post(f"{running.origin}/inbox", activity, keys.private_from_pem(f"{iri}#main-key", pem))
        )

    async def all_in() -> None:
        print("follow", await load.send(running.port, requests), file=sys.stderr)
        for _ in range(400):
            if counts(peer_port).get("Accept", 0) >= STRANGERS:
                break
            await asyncio.sleep(0.05)

    figures["follow by an unknown actor, until the Accept"] = await measured(running, all_in(), STRANGERS)


async def _reads(running: server.Server, token: str, figures: dict[str, float]) -> None:
    as2 = {"accept": "application/activity+json"}
    kinds = {
        "actor document": load.get(f"{running.origin}/u/marie", **as2),
        "outbox page": load.get(f"{running.origin}/u/marie/outbox?page=true", **as2),
        "profile page": load.get(f"{running.origin}/@marie", accept="text/html"),
        "home timeline of 20, client API": load.get(
            f"{running.origin}/api/v1/timelines/home?limit=20", authorization=f"Bearer {token}"
        ),
    }
    for name, request in kinds.items():
        print(name, await load.send(running.port, [request] * 30), file=sys.stderr)
        figures[name] = await measured(running, load.send(running.port, [request] * READS), READS)


async def _profiles(running: server.Server, readers: dict[str, tuple[str, str]], figures: dict[str, float]) -> None:
    """The same forty entries, with rules for who reads which part and without any, seen by each kind of reader. They are
    read in short turns, there and back, and compared turn by turn: what else the machine does meanwhile meets all alike."""
    requests = {}
    for name, (path, cookie) in readers.items():
        headers = {"accept": "text/html"} | ({"cookie": cookie} if cookie else {})
        requests[name] = [load.get(f"{running.origin}{path}", **headers)] * A_TURN
        print(name, await load.send(running.port, requests[name]), file=sys.stderr)
    spent: dict[str, list[float]] = {name: [] for name in readers}
    await server.settled(running)
    for turn in range(TURNS):
        for name in list(readers)[:: -1 if turn % 2 else 1]:
            before = running.cpu()
            await load.send(running.port, requests[name], connections=1)
            spent[name].append((running.cpu() - before) / A_TURN * 1000)
    figures |= {name: median(turns) for name, turns in spent.items()}
    for name, plain in profiles.AGAINST.items():
        ratios = [one / other for one, other in zip(spent[name], spent[plain], strict=True)]
        figures[f"  ratio of {name} to the page without rules"] = median(ratios)


def show(figures: dict[str, float]) -> None:
    table = Table(title="CPU milliseconds of the server's process per unit, unless said otherwise")
    for column in ("work", "now", "aim", "best small server measured"):
        table.add_column(column, justify="left" if column == "work" else "right")
    for name, value in figures.items():
        aim, best = AIMS.get(name, (None, None))
        table.add_row(name, f"{value:.3f}", f"{aim:g}" if aim else "", f"{best:g}" if best else "")
    Console(width=125).print(table)


if __name__ == "__main__":
    show(asyncio.run(run()))
