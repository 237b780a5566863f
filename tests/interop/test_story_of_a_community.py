"""The first hour of a community's admin (story C1): a group instance of its own, made with one command, a real process behind
TLS; what it gives away, and whether it is heard by a server that is not ours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.interop.support.fedify import Fedify
from tests.interop.support.internet import Internet
from tests.interop.support.member import Member, eventually
from tests.interop.support.server import Server

pytestmark = pytest.mark.timeout(300)
AS2 = {"accept": "application/activity+json"}
RULES = ("Name the pay", "A human who answers within ten days")


@pytest.fixture(scope="module")
def internet(tmp_path_factory: pytest.TempPathFactory) -> Internet:
    made = Internet(tmp_path_factory.mktemp("internet"))
    made.folder.chmod(0o755)
    for host in ("prof.example", "masto.example"):
        made.give(host)
    return made


@pytest.fixture(scope="module")
def server(internet: Internet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    told = {"language": "fr", "secure_fetch": "true", "entry_ceiling": "1"}
    made = Server(internet, "prof.example", tmp_path_factory.mktemp("prof"), settings=told)
    yield made
    made.kill()


@pytest.fixture(scope="module")
def peer(internet: Internet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fedify]:
    made = Fedify(
        internet, "masto.example", "draft-cavage-http-signatures-12", tmp_path_factory.mktemp("peer") / "log"
    )
    try:
        yield made.start()
    finally:
        made.stop()


def test_an_admin_sets_up_a_community_and_is_heard_elsewhere(server: Server, peer: Fedify) -> None:
    # Given a group instance, made with one command
    said = server.command("init", "--host", "prof.example", "--member", "ada", "--group", "industrie")
    [link] = [word for word in said.split() if "/login/link/" in word]
    server.start()
    ada = Member.arrive(server, "ada", link)
    try:
        # When its keeper gives the group a charter
        ada.submit(
            "/@industrie/settings",
            name="Industrie",
            description="On se parle avant de se vendre.",
            rules="\n".join(RULES),
            membership="open",
            posting="everyone",
            language="fr",
            hold_newcomers="1",
        )
        # Then it stands at the front, in the language of who comes
        with server.internet.client(server.origin) as anyone:
            french = anyone.get("/", headers={"accept-language": "de"}).text
            english = anyone.get("/", headers={"accept-language": "en"}).text
        assert '<html lang="fr"' in french
        assert '<html lang="en"' in english
        for words in ("Industrie", "On se parle avant de se vendre.", *RULES, "@industrie@prof.example"):
            assert words in french, words

        # And the server finds itself in health, from outside and within
        assert "Nothing bad was found." in server.command("doctor")
        assert ada.browser.get("/admin").status_code == 200

        # And nothing is given to who does not sign, while who signs reads
        post = ada.write("Bonjour à tous")
        with server.internet.client(server.origin) as anyone:
            assert anyone.get(post["uri"], headers=AS2).status_code == 401
        assert peer.do("lookup", address=post["uri"])["id"] == post["uri"]

        # And no whole career is published by accident
        career = ("entry", "add", "--as", "ada", "--kind", "experience", "--readers", "everyone")
        server.command(*career, "One line")
        assert "ceiling: 1 public" in server.command(*career, "Another", code=2)
        server.command(*career, "Another", "--confirm-ceiling")

        # When the keeper follows somebody of a server that is not ours
        assert f"@{peer.handle}" in server.command("follow", peer.handle, "--as", "ada")
        # Then the request arrives, and its acceptance is seen here
        number = str(ada.find(peer.handle)["id"])
        eventually(lambda: ada.relationship(number)["following"], "the follow is accepted", 60)
    finally:
        ada.browser.close()
