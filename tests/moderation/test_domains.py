"""What is decided about a server: shown before, held in both directions, and taken back without bringing back."""

from __future__ import annotations

import pytest

from fediprof.actors import store as actors
from fediprof.follows import store as follows
from fediprof.follows.commands import RequestFollow, request_follow
from fediprof.moderation import policies
from fediprof.posts import store as posts
from fediprof.posts.commands import PublishPost, publish_post
from fediprof.profiles.entries import Draft, WriteEntry, write_entry
from fediprof.profiles.records import Rule, Words

pytestmark = pytest.mark.anyio
MARIE = "https://home.example/u/marie"


@pytest.fixture
async def bound(services, marie, paul, remote, drain):  # type: ignore[no-untyped-def]
    """Anna of far.example follows Marie, Paul follows Anna."""
    anna = remote("anna")
    await anna.send(anna.activity("Follow", MARIE))
    await drain()
    known = await services.read(lambda tx: actors.by_iri(tx, anna.iri))
    asked = await services.perform(request_follow, RequestFollow(paul, known.id))
    await anna.send(anna.activity("Accept", asked.iri))
    await drain()
    return anna, known


async def test_a_block_says_what_it_cuts_then_ends_following_both_ways_and_tells_them(
    services, bound, keeper, network, drain, marie, paul
) -> None:
    anna, known = bound
    network.delivered.clear()
    await keeper.open("/admin/domains")
    await keeper.press("/admin/domains", domain="FAR.example ", severity="block", public_comment="spam")
    assert keeper.status == 200
    assert "This would cut 1 follows of members here and 1 followers from there." in keeper.text
    assert not await services.read(lambda tx: policies.domain_blocked(tx, "far.example"))  # shown, not done
    await keeper.press("/admin/domains/apply")
    await drain()
    told = {(each.activity["type"], each.activity["object"]["type"]) for each in network.delivered}
    assert told == {("Undo", "Follow"), ("Reject", "Follow")}
    assert await services.read(lambda tx: follows.between(tx, paul.actor_id, known.id)) is None
    assert await services.read(lambda tx: follows.between(tx, known.id, marie.actor_id)) is None
    # And nothing is taken, given or sent from here on
    assert (await anna.send(anna.activity("Follow", MARIE))).status_code == 403
    assert (await anna.get("/u/marie")).status_code == 403
    await keeper.open("/admin/domains")
    assert "spam" in keeper.text
    await keeper.press("/admin/domains/remove")
    assert "does not come back" in keeper.text
    await keeper.press("/admin/domains/remove", "Take it back")
    assert (await anna.send(anna.activity("Follow", MARIE))).status_code == 202
    await keeper.open("/moderation-log")
    assert "Server blocked" in keeper.text
    assert "Decision about a server taken back" in keeper.text


async def test_a_scraper_seen_at_the_gate_is_blocked_from_there_and_gets_403_and_entries_404(
    services, marie, keeper, remote, client
) -> None:
    post = await services.perform(publish_post, PublishPost(marie, "Hello", "public"))
    entry = await services.perform(
        write_entry, WriteEntry(marie, Draft("project", Words("Quiet"), rule=Rule("contacts")))
    )
    services.gate.tally.add("people", "scraper.example")
    await keeper.open("/admin")
    assert "Too many different people" in keeper.text
    link = next(each["href"] for each in keeper.page.find_all("a") if "Block this server" in each.get_text())
    await keeper.open(link)
    await keeper.press("/admin/domains", "Show what")
    await keeper.press("/admin/domains/apply")
    scraper = remote("bot", "api.scraper.example")  # a name under it
    for path in (f"/p/{post.iri.rpartition('/')[2]}", "/u/marie", "/u/marie/outbox"):
        assert (await scraper.get(path)).status_code == 403, path
    assert (await client.get(f"/@marie/e/{entry.slug}", headers={"accept": "text/html"})).status_code == 404


async def test_a_limited_server_is_heard_by_who_follows_and_by_nobody_else(
    services, bound, keeper, marie, paul, drain, member
) -> None:
    anna, known = bound
    await keeper.open("/admin/domains")
    await keeper.press("/admin/domains", domain="far.example", severity="limit")
    assert "0 follows" in keeper.text
    await keeper.press("/admin/domains/apply")
    root = await services.perform(publish_post, PublishPost(marie, "What do you think?", "public"))
    note = anna.note("<p>Loudly: @marie @paul</p>", inReplyTo=root.iri, tag=[_mention("marie"), _mention("paul")])
    assert (await anna.send(anna.create(note))).status_code == 202
    await drain()
    kept = await services.read(lambda tx: posts.by_iri(tx, note["id"]))
    assert kept is not None  # nothing is lost
    await keeper.open("/notifications")
    assert "mentions you" not in keeper.text  # Marie does not follow her
    await member.open("/notifications")
    assert "mentions you" in member.text  # Paul does
    slug = root.iri.rpartition("/")[2]
    await keeper.open(f"/@marie/p/{slug}")
    assert "Loudly" not in keeper.text
    await member.open(f"/@marie/p/{slug}")
    assert "Loudly" in member.text
    await keeper.open("/find?q=anna")
    assert not keeper.page.select(".person-line")
    await member.open("/find?q=anna")
    assert "anna@far.example" in member.text
    await keeper.open(f"/people/{known.id}")
    assert keeper.status == 200  # looked for by name, she is there


async def test_a_new_follower_from_a_limited_server_waits(services, keeper, marie, remote, drain) -> None:
    await services.database.write(
        lambda tx: policies.keep(tx, policies.blank("far.example", "limit", services.here().now))
    )
    bert = remote("bert")
    await bert.send(bert.activity("Follow", MARIE))
    await drain()
    known = await services.read(lambda tx: actors.by_iri(tx, bert.iri))
    assert (await services.read(lambda tx: follows.between(tx, known.id, marie.actor_id))).state == "pending"


async def test_the_most_specific_name_decides(services) -> None:
    now = services.here().now

    def write(tx) -> None:  # type: ignore[no-untyped-def]
        policies.keep(tx, policies.blank("example", "block", now))
        policies.keep(tx, policies.blank("good.example", "none", now))
        policies.keep(tx, policies.blank("sub.good.example", "limit", now))

    await services.database.write(write)
    for host, severity in (
        ("bad.example", "block"),
        ("good.example", "none"),
        ("x.good.example", "none"),
        ("sub.good.example", "limit"),
        ("goodexample", "none"),
        ("notexample", "none"),
    ):
        assert await services.read(lambda tx, h=host: policies.severity_of(tx, h)) == severity, host


async def test_only_listed_servers_are_talked_to_where_the_setting_says_so(
    services, marie, paul, remote, network, drain, keeper
) -> None:
    now = services.here().now
    await services.database.write(lambda tx: policies.set_only_listed(tx, True, now))
    await services.database.write(lambda tx: policies.keep(tx, policies.blank("friend.example", "none", now)))
    friend, stranger = remote("frida", "friend.example"), remote("sam", "stranger.example")
    assert (await friend.send(friend.activity("Follow", MARIE))).status_code == 202
    assert (await stranger.send(stranger.activity("Follow", MARIE))).status_code == 403
    assert stranger.iri not in network.got  # not even its key was asked for
    assert (await stranger.get("/u/marie")).status_code == 403
    await drain()
    await keeper.open("/find?q=sam@stranger.example")
    assert not [each for each in network.got if "stranger.example" in each]
    await keeper.open("/admin/domains")
    assert "federation = allowed" in keeper.text
    assert "*" not in keeper.text
    await services.database.write(lambda tx: policies.set_only_listed(tx, False, now))
    assert (await stranger.send(stranger.activity("Follow", MARIE))).status_code == 202


async def test_no_pictures_and_no_reports_are_taken_where_they_are_not_wanted(
    services, bound, keeper, drain, marie
) -> None:
    anna, _ = bound
    await keeper.open("/admin/domains")
    await keeper.press("/admin/domains", domain="far.example", severity="none", reject_media="1", reject_reports="1")
    await keeper.press("/admin/domains/apply")
    picture = {"type": "Document", "mediaType": "image/png", "url": "https://far.example/a.png"}
    note = anna.note("<p>Look @marie</p>", attachment=[picture], tag=[_mention("marie")])
    await anna.send(anna.create(note))
    await anna.send(anna.activity("Flag", [MARIE], content="bad"))
    await drain()
    assert (await services.read(lambda tx: posts.by_iri(tx, note["id"]))).attachments == []
    await keeper.open("/admin/reports")
    assert "bad" not in keeper.text


@pytest.mark.parametrize(
    "name", ["", "home.example", "f**.example", "no server", "com", "http://", "a..b", "example"]
)
async def test_what_is_no_other_server_is_refused_beside_its_field(keeper, name) -> None:
    await keeper.open("/admin/domains")
    await keeper.press("/admin/domains", domain=name, severity="block")
    assert keeper.status == 422
    assert keeper.page.select_one("#e-domain") is not None


async def test_a_server_is_bounded_in_size_and_pace_and_nothing_is_dropped(
    app, services, marie, remote, keeper, drain
) -> None:
    await keeper.open("/admin/domains")
    await keeper.press("/admin/domains", domain="far.example", severity="none", largest="2", per_minute="3")
    await keeper.press("/admin/domains/apply")
    anna, other = remote("anna"), remote("otto", "other.example")
    assert (await anna.send(anna.activity("Like", MARIE, content="x" * 3000))).status_code == 413
    assert (await other.send(other.activity("Like", MARIE, content="x" * 3000))).status_code == 202
    answers = [await anna.send(anna.activity("Follow", MARIE)) for _ in range(4)]
    assert [each.status_code for each in answers] == [202, 202, 202, 503]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert (await other.send(other.activity("Follow", MARIE))).status_code == 202
    await keeper.open("/admin")
    assert "asked to come again" in keeper.text
    assert "something too large" in keeper.text
    await keeper.open("/admin/deliveries")
    assert "far.example" in keeper.text


async def test_what_waits_for_a_blocked_server_is_not_sent(services, bound, marie, network, drain, keeper) -> None:
    network.down.add("far.example")
    await services.perform(publish_post, PublishPost(marie, "Not for them", "public"))
    await drain()
    await keeper.open("/admin/domains")
    await keeper.press("/admin/domains", domain="far.example", severity="block")
    await keeper.press("/admin/domains/apply")
    network.down.clear()
    await keeper.open("/admin/deliveries")
    await keeper.press("/admin/deliveries/retry")
    await drain()
    assert {each.activity["type"] for each in network.delivered} <= {"Accept", "Undo", "Reject", "Follow"}


def _mention(name: str) -> dict[str, str]:
    return {"type": "Mention", "href": f"https://home.example/u/{name}", "name": f"@{name}@home.example"}
