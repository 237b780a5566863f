"""Two and three servers: people find each other, follow, and get what they should and nothing else."""

from __future__ import annotations

from collections.abc import Callable

from tests.interop.support.member import Member, eventually
from tests.interop.support.server import Server

Join = Callable[[Server], Member]
Trio = tuple[Server, Server, Server]


def test_a_follower_elsewhere_gets_public_quiet_and_followers_posts(trio: Trio, join: Join) -> None:
    # Given Ada, followed by Bob from another server; Bob found her by her handle
    ada, bob = join(trio[0]), join(trio[1])
    bob.follow(ada)
    assert ada.told("follow", bob.handle)["account"]["url"] == f"{bob.server.origin}/@{bob.username}"

    # When she writes for everybody, for everybody but quietly, and for her followers
    written = [ada.write(f"For {kind}", visibility=kind) for kind in ("public", "unlisted", "private")]

    # Then he sees all three at home, with the text and the visibility they were given
    for post in written:
        seen = bob.sees(post["uri"])
        assert (seen["content"], seen["visibility"]) == (post["content"], post["visibility"])


def test_a_private_post_reaches_whom_it_names_and_nobody_else(trio: Trio, join: Join) -> None:
    # Given Bob and Cyd, who both follow Ada from servers of their own
    ada, bob, cyd = (join(server) for server in trio)
    bob.follow(ada)
    cyd.follow(ada)

    # When Ada writes to Bob in private, and then something for both
    secret = ada.write(f"@{bob.handle} between us", visibility="direct")
    open_to_both = ada.write("to both", visibility="private")

    # Then Bob has it, can answer, and Ada gets the answer
    told = bob.told("mention", ada.handle)["status"]
    assert (told["uri"], told["visibility"]) == (secret["uri"], "direct")
    answer = bob.write(f"@{ada.handle} between us", in_reply_to_id=told["id"], visibility="direct")
    assert ada.told("mention", bob.handle)["status"]["uri"] == answer["uri"]

    # And Cyd's server has nothing of it, not even when asked for it by its address
    cyd.sees(open_to_both["uri"])
    assert cyd.held(secret["uri"]) is None
    assert not cyd.get("/api/v2/search", q=secret["uri"], resolve="true")["statuses"]
    with cyd.server.internet.client() as anyone:
        found = anyone.get(secret["uri"], headers={"accept": "application/activity+json"})
    assert found.status_code == 404


def test_a_locked_account_decides_who_follows(trio: Trio, join: Join) -> None:
    # Given Ada, who decides herself
    ada, bob, cyd = (join(server) for server in trio)
    ada.revise_profile(locked="1")

    # When Bob and Cyd ask
    numbers = {who: who.ask_to_follow(ada) for who in (bob, cyd)}
    for who in (bob, cyd):
        ada.told("follow_request", who.handle)
        assert who.relationship(numbers[who])["requested"]
        assert not who.relationship(numbers[who])["following"]

    # And she lets Bob in and sends Cyd away
    asking = {each["acct"]: each["id"] for each in ada.get("/api/v1/follow_requests")}
    ada.post(f"/api/v1/follow_requests/{asking[bob.handle]}/authorize")
    ada.post(f"/api/v1/follow_requests/{asking[cyd.handle]}/reject")

    # Then Bob follows and Cyd does not, and only Bob gets what is for followers
    eventually(lambda: bob.relationship(numbers[bob])["following"], "Bob is let in")
    eventually(lambda: not cyd.relationship(numbers[cyd])["requested"], "Cyd is told no")
    post = ada.write("for followers", visibility="private")
    bob.sees(post["uri"])
    assert not cyd.relationship(numbers[cyd])["following"]
    assert cyd.held(post["uri"]) is None


def test_unfollowing_ends_it_on_both_sides(trio: Trio, join: Join) -> None:
    ada, bob = join(trio[0]), join(trio[1])
    number = bob.follow(ada)
    assert ada.get(f"/api/v1/accounts/{ada.id}")["followers_count"] == 1

    bob.post(f"/api/v1/accounts/{number}/unfollow")

    eventually(lambda: ada.get(f"/api/v1/accounts/{ada.id}")["followers_count"] == 0, "Ada has no follower")
    assert not bob.relationship(number)["following"]


def test_a_block_keeps_someone_away(trio: Trio, join: Join) -> None:
    # Given Ada and Bob, who follow each other
    ada, bob = join(trio[0]), join(trio[1])
    number = bob.follow(ada)
    theirs = ada.follow(bob)

    # When Ada blocks Bob
    ada.submit(f"/people/{theirs}/block", f"/people/{theirs}/block")

    # Then nobody follows anybody any more, he gets nothing and cannot come back
    eventually(lambda: not bob.relationship(number)["following"], "Bob's follow has ended")
    assert not ada.relationship(theirs)["following"]
    post = ada.write("without Bob")
    assert bob.ask("POST", f"/api/v1/accounts/{number}/follow").status_code in (403, 404)
    assert not bob.relationship(number)["following"]
    assert bob.held(post["uri"]) is None
    assert ada.get(f"/api/v1/accounts/{ada.id}")["followers_count"] == 0


def test_followers_see_a_changed_profile(trio: Trio, join: Join) -> None:
    ada, bob = join(trio[0]), join(trio[1])
    number = bob.follow(ada)

    ada.revise_profile(
        name="Ada, engineer", summary="Bridges and **dams**", **{"field-name-1": "City", "field-value-1": "Lyon"}
    )

    shown = eventually(
        lambda: (found := bob.get(f"/api/v1/accounts/{number}"))["display_name"] == "Ada, engineer" and found,
        "Bob's server knows the new name",
    )
    assert "Bridges and" in shown["note"]
    assert [(each["name"], each["value"]) for each in shown["fields"]] == [("City", "Lyon")]


def test_pinned_and_earlier_posts_are_there_after_a_follow(trio: Trio, join: Join) -> None:
    # Given Ada, who wrote before anybody elsewhere knew her, and pinned one post
    ada, bob = join(trio[0]), join(trio[1])
    before = [ada.write(f"Early post {n}") for n in range(3)]
    private = ada.write("not for strangers", visibility="private")
    ada.submit(f"/posts/{before[0]['id']}", f"/posts/{before[0]['id']}/pin")

    # When Bob follows her
    number = bob.follow(ada)

    # Then her profile at his server shows them, with the pin, and nothing that was not public
    def shown() -> set[str]:
        return {each["uri"] for each in bob.get(f"/api/v1/accounts/{number}/statuses")}

    eventually(lambda: shown() == {each["uri"] for each in before}, "earlier posts are there")
    pinned = eventually(lambda: bob.get(f"/api/v1/accounts/{number}/statuses", pinned="true"), "the pin is there")
    assert [each["uri"] for each in pinned] == [before[0]["uri"]]
    assert bob.held(private["uri"]) is None


def test_a_move_takes_followers_along(trio: Trio, join: Join) -> None:
    # Given Bob, who follows Ada's old account, and her new account elsewhere that does not yet name the old one
    bob, old, new = (join(server) for server in trio)
    bob.follow(old)

    # When the new account names the old one, and she moves
    new.submit("/settings/move", "/settings/aliases", handles=old.handle)
    old.submit("/settings/move", "/settings/move", target=new.handle)

    # Then Bob follows the new account, and no longer the old one
    number = str(bob.find(new.handle)["id"])
    eventually(lambda: bob.relationship(number)["following"], "Bob follows the new account")
    eventually(
        lambda: not bob.relationship(str(bob.find(old.handle)["id"]))["following"], "Bob has left the old account"
    )
    post = new.write("hello from here", visibility="private")
    bob.sees(post["uri"])


def test_a_move_to_an_account_that_names_nobody_is_refused(trio: Trio, join: Join) -> None:
    old, new = join(trio[1]), join(trio[2])
    page = old.browser.get("/settings/move").text
    token = page.partition('name="token" value="')[2].partition('"')[0]
    answer = old.browser.post(
        "/settings/move", data={"token": token, "target": new.handle}, headers={"origin": old.server.origin}
    )
    assert 400 <= answer.status_code < 500
    assert old.get("/api/v1/accounts/verify_credentials").get("moved") is None
