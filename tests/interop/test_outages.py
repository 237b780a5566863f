"""Servers that are away for a while, that change their keys, or that have two names."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.interop.support.internet import Internet
from tests.interop.support.member import Member, eventually
from tests.interop.support.server import Server

Join = Callable[[Server], Member]
Trio = tuple[Server, Server, Server]


@pytest.fixture
def slow(internet: Internet, tmp_path: Path, running: list[Server]) -> Server:
    """A server that a test may stop and start."""
    server = Server(internet, "slow.example", tmp_path / "slow")
    running.append(server)
    return server.start()


def notices(server: Server) -> bool:
    """Whether its deliveries to slow.example are seen to fail."""
    lines = server.command("deliveries").splitlines()
    return any(line.startswith("slow.example") and ("failing" in line or "paused" in line) for line in lines)


def test_a_server_that_was_away_gets_what_was_sent_meanwhile(trio: Trio, slow: Server, join: Join) -> None:
    # Given Bob, whose server follows Ada and then goes away
    ada, bob = join(trio[0]), join(slow)
    bob.follow(ada)
    first = ada.write("before")
    bob.sees(first["uri"])
    assert slow.stop() == 0

    # When she writes, changes and deletes meanwhile
    kept, gone = ada.write("meanwhile"), ada.write("to be taken back")
    changed = ada.ask("PUT", f"/api/v1/statuses/{kept['id']}", data={"status": "meanwhile, changed"})
    assert changed.status_code == 200
    assert ada.ask("DELETE", f"/api/v1/statuses/{gone['id']}").status_code == 200
    eventually(lambda: notices(ada.server), "the sender notices")
    assert "slow.example" in ada.browser.get(f"/posts/{kept['id']}/deliveries").text

    # And his server comes back, and the one who runs hers asks for another try
    slow.start()
    assert "1 server will be tried" in ada.server.command("retry", "slow.example")

    # Then everything has arrived, in its order
    eventually(
        lambda: "meanwhile, changed" in bob.sees(kept["uri"], 30)["content"], "he reads what she changed it to"
    )
    eventually(lambda: "Nothing waits" in ada.server.command("deliveries", "slow.example"), "nothing waits any more")
    eventually(lambda: bob.held(gone["uri"]) is None, "what she took back is gone")


def test_a_server_that_writes_again_is_delivered_to_again(trio: Trio, slow: Server, join: Join) -> None:
    """Nobody has to ask: whoever writes is alive."""
    ada, bob = join(trio[0]), join(slow)
    number = bob.follow(ada)
    slow.stop()
    posts = [ada.write(f"meanwhile {n}") for n in range(4)]
    eventually(lambda: notices(ada.server), "the sender notices")

    slow.start()
    bob.post(f"/api/v1/statuses/{bob.find_post(posts[0]['uri'])['id']}/favourite")

    for post in posts:
        bob.sees(post["uri"], 30)
    assert bob.relationship(number)["following"]


def test_what_arrives_while_a_server_restarts_is_not_lost(trio: Trio, slow: Server, join: Join) -> None:
    """SIGTERM in the middle: what was answered with 202 is kept, what was not is sent again."""
    ada, bob = join(trio[0]), join(slow)
    bob.follow(ada)
    posts = [ada.write(f"quickly {n}") for n in range(6)]
    assert slow.stop() == 0
    posts += [ada.write(f"while it is away {n}") for n in range(2)]
    slow.start()
    ada.server.command("retry", "slow.example")

    for post in posts:
        bob.sees(post["uri"], 30)


def test_new_keys_are_taken_and_old_ones_no_longer(trio: Trio, slow: Server, join: Join) -> None:
    # Given Bob, whose server knows the keys of Ada
    ada, bob = join(slow), join(trio[1])
    bob.follow(ada)
    bob.sees(ada.write("signed with the old key")["uri"])
    with slow.internet.client() as anyone:
        before = anyone.get(ada.iri, headers={"accept": "application/activity+json"}).json()

    # When she gets new ones
    said = slow.command("keys", "rotate", ada.username)
    assert "new keys" in said
    with slow.internet.client() as anyone:
        after = anyone.get(ada.iri, headers={"accept": "application/activity+json"}).json()
    assert after["publicKey"]["publicKeyPem"] != before["publicKey"]["publicKeyPem"]
    slow.stop()
    slow.start()

    # Then what she writes is still believed
    bob.sees(ada.write("signed with the new key")["uri"])


def test_a_lost_answer_from_the_key_host_is_asked_for_again(
    trio: Trio, internet: Internet, tmp_path: Path, running: list[Server], join: Join
) -> None:
    """Rebuilt from nothing under the same name: other keys, same addresses. The name's new keys are what counts."""
    folder = tmp_path / "rebuilt"
    server = Server(internet, "old.example", folder)
    running.append(server)
    server.start()
    [link] = server.add_members("eve")
    eve = Member.arrive(server, "eve", link)
    bob = join(trio[1])
    bob.follow(eve)
    bob.sees(eve.write("from the first life")["uri"])
    eve.browser.close()
    server.kill()
    shutil.rmtree(folder)

    again = Server(internet, "old.example", folder)
    running.append(again)
    again.start()
    [link] = again.add_members("eve")
    eve = Member.arrive(again, "eve", link)
    post = eve.write(f"@{bob.handle} from the second life")

    assert bob.told("mention", eve.handle)["status"]["uri"] == post["uri"]
    eve.browser.close()


@pytest.mark.parametrize("asked", ["split.example", "www.split.example"])
def test_handles_of_one_domain_may_be_served_by_another_host(
    trio: Trio, internet: Internet, tmp_path: Path, running: list[Server], join: Join, asked: str
) -> None:
    # Given a server at www.split.example whose handles end in split.example
    server = Server(internet, "www.split.example", tmp_path / "split", settings={"account_domain": "split.example"})
    running.append(server)
    server.start()
    eve, bob = join(server), join(trio[1])

    # When Bob looks for either name
    found = bob.find(f"{eve.username}@{asked}")

    # Then it is one and the same account, under the domain of its handles
    assert found["acct"] == f"{eve.username}@split.example"
    assert found["uri"] == f"https://www.split.example/u/{eve.username}"
    bob.follow(eve)
    post = eve.write(f"@{bob.handle} hello")
    assert bob.told("mention", eve.handle)["status"]["uri"] == post["uri"]
    with internet.client() as anyone:
        for host in ("split.example", "www.split.example"):
            query = {"resource": f"acct:{eve.username}@{asked}"}
            told = anyone.get(f"https://{host}/.well-known/webfinger", params=query).json()
            assert told["subject"] == f"acct:{eve.username}@split.example"
