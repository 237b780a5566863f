"""`fediprof demo`: a candidate's, a recruiter's and a group's instance, three processes on three ports of this machine, doing
what people do: over HTTP, signed, through the doors everybody uses. Nothing leaves the machine; the folder is gone at the end.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

import click
import httpx2

from fediprof.errors import Unreachable

PATIENCE = 30.0
"""Seconds for any one thing to arrive."""

_POST = "I finished the bridge survey at Saint-Malo. Open to new work from January. #engineering"
_REPLY = "Well done! We look for somebody like you."
_ASKED = "@{} thank you. May I send you my references in private?"
_ANSWERED = "Please do. We have an opening in Rennes."
_EMPLOYER = "Arvor Bridges & Sons"
_ENTRY = (
    *("entry", "add", "A bridge surveyed in nine days instead of thirty", "--kind", "project"),
    *("--story", "Two drones and one climber. The first plan failed in the wind.", "--language", "en"),
    *("--question", "why did the first plan fail?", "--tag", "engineering", "--readers", "everyone"),
    *("--field", f"employer={_EMPLOYER}", "--stand-in", "employer=a family firm in Brittany", "--json"),
)
_GROUP = "trades"
_QUESTION = "Who has surveyed an arch bridge with a drone?"
_WHY = "The wind took ours twice. What did you do?"
_ADVICE = "We tied ours to the rope of a climber."
_LOCKED = "Answered; the survey season is over."
_ASKING = "I would like to know where that was, before we talk about Rennes."


@dataclass(slots=True)
class Side:
    """One of the three. `home`: its folder; `browser`: somebody logged in there."""

    who: str
    name: str
    home: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    browser: httpx2.Client | None = None

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def handle(self) -> str:
        return f"{self.who}@localhost:{self.port}"

    def run(self, *words: str) -> str:
        """A command of this instance. Raises Unreachable with what it said."""
        done = subprocess.run(
            [sys.executable, "-m", "fediprof", *words],
            cwd=self.home,
            env=_environment(),
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise Unreachable(f"fediprof {' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout.strip()

    def start(self) -> None:
        with (self.home / "log").open("ab") as log:
            # A session of its own: Ctrl-C is for us, and we end all in order.
            self.process = subprocess.Popen(
                [sys.executable, "-m", "fediprof", "serve"],
                cwd=self.home,
                env=_environment(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def log_in(self) -> None:
        """As a browser does, with the one-time link."""
        link = self.run("member", "link", self.who)
        self.browser = httpx2.Client(follow_redirects=True, timeout=10, headers={"Origin": self.origin})
        token = re.search(r'name="token" value="([^"]*)"', self.browser.get(link).text)
        self.browser.post(link, data={"token": token.group(1) if token else ""})

    def fill(self, page: str, action: str, **values: str) -> str:
        """Send a form of a page, as its button does; what is answered."""
        if self.browser is None:
            raise Unreachable(f"{self.who} is not logged in")
        token = re.search(r'name="token" value="([^"]*)"', self.browser.get(self.origin + page).text)
        sent = {"token": token.group(1) if token else "", **values}
        return self.browser.post(self.origin + action, data=sent).text

    def sees(self, path: str, text: str) -> bool:
        """Whether the member finds `text` on a page of theirs, wherever its lines may break."""
        return self.browser is not None and text in self.browser.get(self.origin + path).text.replace("<wbr>", "")

    def stop(self) -> None:
        if self.browser is not None:
            self.browser.close()
        if self.process is not None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(15)
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()


@click.command()
@click.option("--once", is_flag=True, help="End after the exchange.")
def demo(once: bool) -> None:
    """A candidate's, a recruiter's and a group's instance on this machine, that talk to each other."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with (
        tempfile.TemporaryDirectory(prefix="fediprof-demo-") as folder,
        _three(Path(folder), ended) as (lea, marc, ada),
    ):
        _exchange(lea, marc, ended)
        _disclose(lea, marc, ended)
        _gather(lea, marc, ada, ended)
        if once or ended.is_set():
            return
        for side in (lea, marc, ada):
            page = "" if side is ada else f"@{side.who}"
            click.echo(f"\n  {side.name}\n    page          {side.origin}/{page}")
            click.echo(f"    log in, once  {side.run('member', 'link', side.who)}")
        click.echo("\nCtrl-C stops all three, and leaves nothing behind.")
        while not ended.wait(0.5):
            for side in (lea, marc, ada):
                if side.process is not None and side.process.poll() is not None:
                    raise Unreachable(f"{side.name}'s server ended: {_last_words(side)}")


@contextlib.contextmanager
def _three(folder: Path, ended: threading.Event) -> Iterator[tuple[Side, Side, Side]]:
    people = (("lea", "Léa, a candidate"), ("marc", "Marc, a recruiter"), ("ada", "Ada, who runs a group"))
    ports = _free_ports(len(people))
    sides = [Side(who, name, folder / who, port) for (who, name), port in zip(people, ports, strict=True)]
    try:
        _say("Making three instances: databases, keys, a member each, a group on the third")
        for side in sides:
            side.home.mkdir()
            at = ("--host", f"localhost:{side.port}", "--listen", f"127.0.0.1:{side.port}")
            of = ("--group", _GROUP) if side.who == "ada" else ()
            side.run("init", *at, *of, "--member", side.who, "--name", side.name, "--language", "en")
        for side in sides:
            side.start()
        for side in sides:
            _until(ended, f"{side.name}: {side.origin}", lambda side=side: _ready(side))  # type: ignore[misc]
        yield sides[0], sides[1], sides[2]
    finally:
        for side in sides:
            side.stop()


def _exchange(lea: Side, marc: Side, ended: threading.Event) -> None:
    """The story, each step waited for where it is to be seen: on the other one's pages."""
    for one, other in ((lea, marc), (marc, lea)):
        _say(f"{one.who} follows @{other.handle}")
        one.run("follow", other.handle)
        _until(ended, f"{other.who}'s server accepted", lambda other=other: _followers(other) == 1)  # type: ignore[misc]
        one.log_in()
    _say(f"{lea.who} writes to everybody")
    post = json.loads(lea.run("post", _POST, "--json"))
    _until(ended, f"it is on {marc.who}'s home page", lambda: marc.sees("/home", "bridge survey"))
    _say(f"{marc.who} replies")
    marc.run("post", f"@{lea.handle} {_REPLY}", "--reply-to", post["iri"])
    page = post["url"].removeprefix(lea.origin)
    _until(ended, f"the reply stands under {lea.who}'s post", lambda: lea.sees(page, _REPLY))
    _say(f"{lea.who} writes to {marc.who} alone")
    asked = json.loads(lea.run("post", _ASKED.format(marc.handle), "--visibility", "direct", "--json"))
    _until(ended, f"{marc.who} finds it among private messages", lambda: marc.sees("/conversations", "references"))
    with httpx2.Client(timeout=10) as stranger:
        if stranger.get(asked["url"]).status_code != 404:
            raise Unreachable("A private message was shown to a stranger")
    _say("  a stranger who has its address is told that there is no such page")
    marc.run("post", f"@{lea.handle} {_ANSWERED}", "--reply-to", asked["iri"], "--visibility", "direct")
    _until(ended, f"{lea.who} has the answer", lambda: lea.sees("/conversations", "opening in Rennes"))


def _disclose(lea: Side, marc: Side, ended: threading.Event) -> None:
    """An entry with something masked, asked about, opened, read, and closed again."""
    _say(f"{lea.who} sends out an entry; her employer is masked in it")
    made = json.loads(lea.run(*_ENTRY))
    url = lea.run("entry", "publish", made["id"]).split()[0]
    page = url.removeprefix(lea.origin)
    _until(ended, f"{marc.who} reads “a family firm in Brittany” on his home page", lambda: _told(marc, "/home"))
    _must_not_read(marc.fill(_elsewhere(url), "/elsewhere", url=url), "to Marc before it was opened")
    _say(f"{marc.who} asks, with one button at his own server")
    asked = {"object": url, "field-employer": "1", "words": _ASKING}
    marc.fill(f"/intents/ask?object={quote(url, safe='')}", "/intents/ask", **asked)
    _until(
        ended, f"{lea.who} finds the question among private messages", lambda: lea.sees("/conversations", "to know")
    )
    _say(f"{lea.who} opens that part to {marc.who}, for thirty days")
    number = _found(lea, "/conversations", r'href="/conversations/(\d+)')
    parts = {f"part-{made['id']}": "1", f"part-{made['id']}-employer": "1", "days": "30", "mode": "show"}
    lea.fill(f"/conversations/{number}/open", f"/conversations/{number}/open", **parts)
    if escape(_EMPLOYER) not in marc.fill(_elsewhere(url), "/elsewhere", url=url):
        raise Unreachable("What was opened could not be read")
    _say(f"  {marc.who} reads “{_EMPLOYER}” at his own server, which keeps nothing of it")
    with httpx2.Client(timeout=10, follow_redirects=True) as stranger:
        _must_not_read(stranger.get(lea.origin + page).text, "to a stranger")
    _say("  a stranger still reads “a family firm in Brittany”")
    _until(ended, f"{lea.who}'s ledger says who read it, and when", lambda: lea.sees("/ledger", marc.handle))
    _say(f"{lea.who} closes it again")
    lea.fill("/grants", "/grants/{}/revoke".format(_found(lea, "/grants", r"/grants/(\d+)/revoke")))
    _must_not_read(marc.fill(_elsewhere(url), "/elsewhere", url=url), "after it was closed")
    _say(f"  {marc.who}'s very next look finds it closed")


def _gather(lea: Side, marc: Side, ada: Side, ended: threading.Event) -> None:
    """A group on an instance of its own: joined, asked in, answered from a third server, and moderated."""
    group = f"{_GROUP}@localhost:{ada.port}"
    ada.log_in()
    for number, side in enumerate((lea, marc), start=2):
        _say(f"{side.who} joins the group !{group}")
        side.run("follow", group)
        _until(ended, "the group let them in", lambda n=number: _followers(ada, _GROUP) == n)  # type: ignore[misc]
    _say(f"{lea.who} asks in the group")
    asked = json.loads(lea.run("group", "post", group, _QUESTION, _WHY, "--kind", "ask", "--json"))
    _until(
        ended, "a first post waits for a moderator: Ada finds it", lambda: ada.sees(f"/@{_GROUP}/queue", _QUESTION)
    )
    waiting = _found(ada, f"/@{_GROUP}/queue", rf"/@{_GROUP}/queue/let-in/(\d+)")
    ada.fill(f"/@{_GROUP}/queue", f"/@{_GROUP}/queue/let-in/{waiting}")
    _until(ended, "let in, it stands at the group's front, for anybody", lambda: _at_the_front(ada, _QUESTION))
    _until(ended, f"and on {marc.who}'s page of his groups", lambda: marc.sees("/groups/threads", _QUESTION))
    _say(f"{marc.who} answers, from his own server")
    marc.run("post", _ADVICE, "--reply-to", asked["iri"])
    page = asked["url"].removeprefix(lea.origin)
    _until(ended, "his first post waits too", lambda: ada.sees(f"/@{_GROUP}/queue", _ADVICE))
    answer = _found(ada, f"/@{_GROUP}/queue", rf"/@{_GROUP}/queue/let-in/(\d+)")
    ada.fill(f"/@{_GROUP}/queue", f"/@{_GROUP}/queue/let-in/{answer}")
    _until(ended, f"{lea.who} reads it under her question", lambda: lea.sees(page, _ADVICE))
    _say("Ada locks the thread, and says why")
    ada.fill(f"/posts/{waiting}/moderate", f"/posts/{waiting}/moderate", act="lock", reason=_LOCKED)
    for side in (lea, marc):
        there = page if side is lea else _found(marc, "/groups/threads", r'href="(/posts/\d+)"')
        _until(ended, f"{side.who} sees it locked", lambda side=side, there=there: side.sees(there, "Locked"))  # type: ignore[misc]


def _at_the_front(side: Side, text: str) -> bool:
    with httpx2.Client(timeout=10) as stranger:
        return text in stranger.get(f"{side.origin}/").text


def _told(side: Side, path: str) -> bool:
    return side.sees(path, "a family firm in Brittany")


def _elsewhere(url: str) -> str:
    return f"/elsewhere?url={quote(url, safe='')}"


def _found(side: Side, path: str, pattern: str) -> str:
    found = re.search(pattern, side.browser.get(side.origin + path).text) if side.browser else None
    if found is None:
        raise Unreachable(f"{side.name} does not find it at {path}")
    return found[1]


def _must_not_read(text: str, when: str) -> None:
    if escape(_EMPLOYER) in text or _EMPLOYER in text:
        raise Unreachable(f"What is masked was shown {when}")


def _until(ended: threading.Event, what: str, holds: Callable[[], bool]) -> None:
    """Wait for it. Raises Unreachable when it does not come."""
    deadline = time.monotonic() + PATIENCE
    while not ended.is_set():
        if holds():
            _say(f"  {what}")
            return
        if time.monotonic() > deadline:
            raise Unreachable(f"It did not happen within {PATIENCE:.0f} s: {what}")
        time.sleep(0.1)
    raise click.Abort


def _ready(side: Side) -> bool:
    if side.process is not None and side.process.poll() is not None:
        raise Unreachable(f"{side.name}'s server ended: {_last_words(side)}")
    with contextlib.suppress(httpx2.TransportError):
        return httpx2.get(f"{side.origin}/health/ready", timeout=5).status_code == 200
    return False


def _followers(side: Side, name: str = "") -> int:
    answer = httpx2.get(f"{side.origin}/api/v1/accounts/lookup", params={"acct": name or side.who}, timeout=10)
    return int(answer.json().get("followers_count", 0))


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _environment() -> dict[str, str]:
    """Ours without settings: these have their own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("FEDIPROF_")}


def _last_words(side: Side) -> str:
    lines = (side.home / "log").read_text("utf-8", "replace").splitlines()
    return lines[-1] if lines else "it said nothing"


def _say(line: str) -> None:
    click.echo(line)
    sys.stdout.flush()
