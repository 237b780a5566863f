"""Nothing that was not written for everybody is announced, whoever wrote it, however it is addressed and whatever it becomes.

Drawn: hundreds of posts to and around three groups (open, private, one that holds newcomers), by members here and people
elsewhere, with answers, revisions for fewer or for more, and ends. Each text has a word of its own, and of each word it is
known who may read it. Then every activity that left, and every address anybody may ask, is searched for the words."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select
from starlette.routing import Route

from fediprof import clock
from fediprof.actors import store as actors
from fediprof.errors import FediprofError
from fediprof.follows.commands import RequestFollow, request_follow
from fediprof.groups import membership, moderating, posting
from fediprof.groups.membership import AnswerRequest
from fediprof.groups.moderating import ModeratePost
from fediprof.groups.posting import BeginThread
from fediprof.groups.records import Hosted
from fediprof.posts import store as posts
from fediprof.posts.commands import DeletePost, PublishPost, RevisePost
from fediprof.posts.records import Post
from fediprof.principal import Member
from fediprof.schema.groups import group_post
from fediprof.schema.posts import post as post_table
from tests.conftest import make_member
from tests.groups.conftest import make_group
from tests.groups.test_software import runs
from tests.support.remote import PUBLIC, Remote

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]

ROUNDS, EACH = 8, 100
WORD = re.compile(r"zq\d+zq")
EVERYBODY = (PUBLIC, "as:Public", "Public")
PEOPLE = {"paul": "far.example", "lea": "near.example", "kim": "hidden.example", "zoe": "stranger.example"}


@dataclass(slots=True)
class Truth:
    """Who may read a word: everybody, or these hosts."""

    everybody: bool
    hosts: frozenset[str] = frozenset()


@dataclass(slots=True)
class Town:
    """Everybody, what they wrote so far, and for whom."""

    services: Any
    network: Any
    drawn: random.Random
    here: dict[str, Member]
    away: dict[str, Remote]
    groups: dict[str, Hosted]
    followers: dict[str, frozenset[str]]
    """Actor → hosts of its followers elsewhere."""
    words: dict[str, Truth] = field(default_factory=dict)
    sent: list[tuple[Remote, dict[str, Any]]] = field(default_factory=list)
    written: list[tuple[str, Post, Truth]] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)

    def word(self, truth: Truth) -> str:
        made = f"zq{len(self.words)}zq"
        self.words[made] = truth
        return made

    def addresses(self, person: Remote) -> tuple[list[str], list[str], dict[str, list[str]]]:
        """Any combination of what a post may be addressed to: (to, cc, bto and bcc)."""
        pool = [
            *EVERYBODY,
            PUBLIC,
            f"{person.iri}/followers",
            f"{person.iri}/followers",
            *(each.actor.iri for each in self.groups.values()),
            *(f"{each.actor.iri}/followers" for each in self.groups.values()),
            *(each.iri for each in self.away.values()),
            "https://home.example/u/marie",
            "https://home.example/u/anna",
        ]
        to = self.drawn.sample(pool, self.drawn.randint(0, 3))
        cc = self.drawn.sample(pool, self.drawn.randint(0, 2))
        blind = {}
        if self.drawn.random() < 0.2:
            blind = {self.drawn.choice(("bto", "bcc")): self.drawn.sample(pool, 2)}
        return to, cc, blind

    def usual(self, person: Remote) -> tuple[list[str], list[str], dict[str, list[str]]]:
        """As the software out there does it."""
        group = self.drawn.choice(list(self.groups.values())).actor
        followers = f"{person.iri}/followers"
        to, cc = self.drawn.choice(
            [
                ([group.iri, PUBLIC], []),
                ([PUBLIC], [followers, group.iri]),
                ([followers], [PUBLIC, group.iri]),
                ([followers], [group.iri]),
                ([group.iri], []),
                ([group.iri, f"{group.iri}/followers"], []),
                ([group.iri, "https://home.example/u/marie"], []),
            ]
        )
        return to, cc, {}

    def truth_of(self, person: Remote, to: list[str], cc: list[str]) -> Truth:
        named = {*to, *cc}
        if named & set(EVERYBODY):
            return Truth(True)
        hosts = {urlsplit(each).netloc for each in named}
        if f"{person.iri}/followers" in named:
            hosts |= self.followers[person.iri]
        for each in self.groups.values():
            # A private group's followers are named by who writes in it; those of a public one are no reason to pass on
            if each.group.private and f"{each.actor.iri}/followers" in named:
                hosts |= self.followers[each.actor.iri]
        return Truth(False, frozenset(hosts))

    def posted(self, person: Remote) -> dict[str, Any]:
        """A Create of a post nobody saw before."""
        to, cc, blind = (self.usual if self.drawn.random() < 0.7 else self.addresses)(person)
        word = self.word(self.truth_of(person, to, cc))
        tags = [
            {"type": "Mention", "href": each.actor.iri, "name": f"@{name}@home.example"}
            for name, each in self.groups.items()
            if self.drawn.random() < 0.3
        ]
        note = person.note(f"<p>{word}</p>", to=self._spelled(to), cc=self._spelled(cc), tag=tags, **blind)
        if self.drawn.random() < 0.5:
            note |= {"type": self.drawn.choice(("Page", "Article", "Question")), "name": f"Title {word}"}
        if self.drawn.random() < 0.3:
            note |= {"summary": word, "audience": self.drawn.choice(list(self.groups.values())).actor.iri}
        if self.drawn.random() < 0.4 and (parent := self._parent()):
            note["inReplyTo"] = parent
        return self._in_envelope(person, "Create", note)

    def revised(self) -> tuple[Remote, dict[str, Any]] | None:
        """An Update of something sent before, for the same people or for others."""
        before = [each for each in self.sent if each[1]["type"] == "Create"]
        if not before:
            return None
        person, create = self.drawn.choice(before)
        old = create["object"]
        to, cc = self._listed(old["to"]), self._listed(old["cc"])
        if self.drawn.random() < 0.6:
            to, cc, _ = self.usual(person)
        word = self.word(self.truth_of(person, to, cc))
        at = clock.rfc3339(clock.now() + timedelta(seconds=len(self.words)))
        note = {**old, "content": word, "to": self._spelled(to), "cc": self._spelled(cc), "updated": at}
        note |= {name: f"Again {word}" for name in ("name", "summary") if name in old}
        return person, self._in_envelope(person, "Update", note)

    def _in_envelope(self, person: Remote, kind: str, note: dict[str, Any]) -> dict[str, Any]:
        """What an activity is addressed to need not be what its object is."""
        to, cc = note["to"], note["cc"]
        if self.drawn.random() < 0.15:
            to, cc, _ = self.addresses(person)
        made = person.activity(kind, note, to=to, cc=cc, audience=note.get("audience"))
        return person.proven(made) if self.drawn.random() < 0.2 else made

    def _spelled(self, found: list[str]) -> Any:
        return found[0] if len(found) == 1 and self.drawn.random() < 0.5 else found

    def _listed(self, found: Any) -> list[str]:
        return list(found) if isinstance(found, list) else [found]

    def _parent(self) -> str | None:
        ours = [post.iri for _, post, _ in self.written]
        theirs = [str(create["object"]["id"]) for _, create in self.sent if create["type"] == "Create"]
        found = ours + theirs
        return self.drawn.choice(found) if found else None

    # --- members here

    async def write(self) -> None:
        """Something a member does by a command; what is refused is not written."""
        name = self.drawn.choice(list(self.here))
        by = self.here[name]
        mine = [each for each in self.written if each[0] == name]
        match self.drawn.choice(("publish", "publish", "answer", "thread", "thread", "revise", "withdraw")):
            case "thread":
                group = self.drawn.choice(list(self.groups.values()))
                private = frozenset(self.followers[group.actor.iri]) if group.group.private else frozenset()
                truth = Truth(not group.group.private, private)
                word = self.word(truth)
                text = f"{word} {self._handle()}"
                await self._kept(
                    name, truth, posting.begin_thread, BeginThread(PublishPost(by, text, title=f"T {word}"), group.id)
                )
            case "revise" if mine:
                _, post, truth = self.drawn.choice(mine)
                await self._kept("", truth, posting.revise, RevisePost(by, post.id, self.word(truth)))
            case "withdraw" if mine and self.drawn.random() < 0.3:
                _, post, truth = self.drawn.choice(mine)
                await self._kept("", truth, posting.withdraw, DeletePost(by, post.id))
            case kind:
                parent = await self._answered() if kind == "answer" else None
                visibility = self.drawn.choice(("public", "quiet", "followers", "direct"))
                handle = self._handle()
                truth = self._meant(by, visibility, handle, parent)
                text = f"{self.word(truth)} {handle} {self.drawn.choice(('', '@industry', '@circle', '@gate'))}"
                request = PublishPost(by, text, visibility, in_reply_to_id=parent.id if parent else None)  # type: ignore[arg-type]
                await self._kept(name, truth, posting.publish, request)

    def _handle(self) -> str:
        person = self.drawn.choice([None, *self.away.values()])
        return f"@{person.handle}" if person is not None else ""

    def _meant(self, by: Member, visibility: str, handle: str, parent: Post | None) -> Truth:
        private = self.groups["circle"]
        if parent is not None and parent.group_id == private.id and visibility in ("public", "quiet"):
            return Truth(False, self.followers[private.actor.iri])
        if visibility in ("public", "quiet"):
            return Truth(True)
        hosts = {handle.rpartition("@")[2]} - {""}
        if visibility == "followers":
            name = next(name for name, each in self.here.items() if each == by)
            hosts |= self.followers[f"https://home.example/u/{name}"]
        return Truth(False, frozenset(hosts))

    async def _answered(self) -> Post | None:
        rows = await self.services.read(lambda tx: tx.execute(select(post_table.c.id)).scalars().all())
        found = self.drawn.choice(rows) if rows else None
        return await self.services.read(lambda tx: posts.by_id(tx, found)) if found is not None else None

    async def _kept(self, name: str, truth: Truth, command: Any, request: Any) -> None:
        try:
            post = await self.services.perform(command, request)
        except FediprofError as refusal:
            self.met[type(refusal).__name__] += 1
            return
        self.met[command.__name__] += 1
        if name:
            self.written.append((name, post, truth))


@pytest.fixture
async def town(services, marie, remote, network, drain, request) -> Town:  # type: ignore[no-untyped-def]
    """Anna is in every group, Bob in none; Paul is in all of them, Lea in the public ones, Kim in the private one alone, Zoe
    in none. Paul and Marie follow each other."""
    here = {"marie": marie, "anna": await make_member(services, "anna"), "bob": await make_member(services, "bob")}
    made = {
        "industry": await make_group(services, marie, "industry", posting="everyone"),
        "circle": await make_group(services, marie, "circle", membership="private", discoverable=False),
        "gate": await make_group(services, marie, "gate", posting="everyone", hold_newcomers=True),
    }
    away = {name: remote(name, host) for name, host in PEOPLE.items()}
    for host in PEOPLE.values():
        runs(network, host, "lemmy" if host in ("far.example", "hidden.example") else "unheard-of")
    for name, joins in {"paul": list(made), "lea": ["industry", "gate"], "kim": ["circle"]}.items():
        for each in joins:
            await away[name].send(away[name].activity("Follow", made[each].actor.iri))
            await drain()
            await away[name].send(away[name].activity("Follow", made[each].actor.iri))  # now their software is known
            await drain()
    await away["paul"].send(away["paul"].activity("Follow", "https://home.example/u/marie"))
    for group in made.values():
        await services.perform(membership.join, RequestFollow(here["anna"], group.id))
    await drain()
    for name in ("paul", "kim", "anna"):
        iri = away[name].iri if name in away else f"https://home.example/u/{name}"
        person = await services.read(lambda tx, iri=iri: actors.by_iri(tx, iri))
        await services.perform(membership.admit, AnswerRequest(marie, made["circle"].id, person.id))
    known = await services.resolver.actor(away["paul"].iri)
    await services.perform(request_follow, RequestFollow(marie, known.id))
    await drain()
    follow = next(each for each in network.activities("Follow") if each["object"] == away["paul"].iri)
    await away["paul"].send(away["paul"].activity("Accept", follow))
    await drain()
    followers = {
        made["industry"].actor.iri: frozenset({"far.example", "near.example"}),
        made["gate"].actor.iri: frozenset({"far.example", "near.example"}),
        made["circle"].actor.iri: frozenset({"far.example", "hidden.example"}),
        "https://home.example/u/marie": frozenset({"far.example"}),
        **{f"https://home.example/u/{name}": frozenset[str]() for name in ("anna", "bob")},
        **{each.iri: frozenset[str]() for each in away.values()},
    }
    network.delivered.clear()
    seed = int(request.node.callspec.params.get("seed", 0))
    return Town(services, network, random.Random(seed), here, away, made, followers)


@pytest.mark.parametrize("seed", [1])
async def test_no_word_reaches_whom_it_was_not_for(seed, town, services, network, client, app, drain) -> None:
    for _ in range(ROUNDS):
        for _ in range(EACH):
            if town.drawn.random() < 0.35:
                await town.write()
                continue
            found = town.revised() if town.drawn.random() < 0.25 else None
            if found is None:
                person = town.drawn.choice(list(town.away.values()))
                found = person, town.posted(person)
            person, activity = found
            if activity["type"] == "Create":
                network.documents[activity["object"]["id"]] = activity["object"]
            town.sent.append((person, activity))
            answer = await person.send(json.dumps(activity).encode())
            assert answer.status_code == 202, answer.status_code
        await drain()
        await _let_in(town)
    await drain()
    leaks = [
        (urlsplit(each.url).netloc, word, each.activity)
        for each in network.delivered
        for word in set(WORD.findall(each.body.decode()))
        if not _may(town.words[word], urlsplit(each.url).netloc)
    ]
    assert leaks == []
    _drew_enough(town, network)
    await _searched(town, client, app)


def _may(truth: Truth, host: str) -> bool:
    return truth.everybody or host in truth.hosts


async def _let_in(town: Town) -> None:
    """Moderators let in what waits, whatever it became meanwhile."""
    waiting = select(group_post.c.post_id, group_post.c.group_id).where(group_post.c.state == "held")
    for post_id, group_id in await town.services.read(lambda tx: tx.execute(waiting).all()):
        if town.drawn.random() < 0.5:
            request = ModeratePost(town.here["marie"], group_id, post_id)
            await town._kept("", Truth(True), moderating.approve_held, request)


def _drew_enough(town: Town, network: Any) -> None:
    """A search that finds nothing proves something only where there was much to find."""
    announced: Counter[str] = Counter()
    for each in network.activities("Announce"):
        name = str(each["actor"]).rpartition("/")[2]
        announced[name] += 1
        announced[f"{name} boost"] += isinstance(each["object"], str)
    assert announced["industry"] > 100, announced
    assert announced["industry boost"] > 20, announced
    assert announced["circle"] > 20, announced
    assert announced["circle boost"] == 0
    assert announced["gate"] > 10, announced
    assert sum(not each.everybody for each in town.words.values()) > len(town.words) / 4
    for name in ("publish", "begin_thread", "revise", "withdraw", "approve_held"):
        assert town.met[name] > 3, town.met


async def _searched(town: Town, client: Any, app: Any) -> None:
    """Every address that is there, asked by nobody, and documents by a server without a member."""
    rows = await town.services.read(
        lambda tx: tx.execute(select(post_table.c.id, post_table.c.iri, post_table.c.local)).all()
    )
    chosen = town.drawn.sample(rows, min(40, len(rows)))
    slugs = [iri.rpartition("/")[2] for _, iri, local in rows if local]
    private = {name for name, each in town.groups.items() if each.group.private}
    ids = [str(each.id) for each in town.groups.values()] + [str(each[0]) for each in chosen]
    values = {
        "name": [*town.groups, "marie", "anna"],
        "username": [*town.groups, "marie", "anna"],
        "id": ids,
        "slug": town.drawn.sample(slugs, min(25, len(slugs))),
        "part": ["replies", "context"],
    }
    seen = 0
    for route in app.routes:
        if not isinstance(route, Route) or "GET" not in (route.methods or ()):
            continue
        for path in _paths(route.path, values):
            for headers in ({"accept": "text/html"}, {"accept": "application/activity+json"}):
                answer = await client.get(path, headers=headers)
                assert answer.status_code < 500, path
                seen += answer.status_code == 200
                found = {word for word in WORD.findall(answer.text) if not town.words[word].everybody}
                assert not found, (path, headers, found)
    assert seen > 80, seen
    stranger = town.away["zoe"]
    asked = [f"/p/{slug}" for slug in slugs] + [
        f"/u/{name}/{what}" for name in town.groups for what in ("outbox", "featured")
    ]
    for path in asked:
        answer = await stranger.get(path)
        found = {word for word in WORD.findall(answer.text) if not _may(town.words[word], stranger.host)}
        assert not found, (path, {word: town.words[word] for word in found})
        if path.split("/")[2] in private:
            assert answer.status_code == 404, path


def _paths(path: str, values: dict[str, list[str]]) -> list[str]:
    """A route's path with each of the values; none where one of its parameters has none."""
    found = [path]
    for parameter, name in re.findall(r"(\{(\w+)(?::\w+)?\})", path):
        found = [each.replace(parameter, value) for each in found for value in values.get(name, [])]
    return found[:200]
