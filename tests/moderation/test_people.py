"""What those who run a server decide about people: by a report or by themselves, with a reason, contested once, taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fediprof import clock
from fediprof.accounts.commands import IssueLink, issue_login_link
from fediprof.actors import store as actors
from fediprof.follows import store as follows
from fediprof.follows.commands import RequestFollow, request_follow
from fediprof.moderation import erasures, figures, limits
from fediprof.moderation.sanctions import EndSanctions, end_sanctions
from fediprof.posts import store as posts
from fediprof.posts.commands import PublishPost, publish_post
from fediprof.profiles.entries import Draft, WriteEntry, write_entry
from fediprof.profiles.records import Rule, Words
from tests.conftest import make_member
from tests.web.reader import Reader

pytestmark = pytest.mark.anyio
PAUL = "https://home.example/u/paul"


async def test_a_flag_from_elsewhere_is_seen_with_its_post_decided_told_and_contested(
    services, marie, paul, keeper, member, remote, drain
) -> None:
    post = await services.perform(publish_post, PublishPost(paul, "Buy my course", "public"))
    far = remote("server", "mastodon.example")
    await far.send(far.activity("Flag", [PAUL, post.iri], content="spam, again"))
    await drain()
    await keeper.open("/admin")
    assert "spam, again" in keeper.text
    report = (await services.read(figures.reports))[0]
    await keeper.open(f"/admin/reports/{report.id}")
    assert "Buy my course" in keeper.text
    assert "Nothing was reported or decided about them before." in keeper.text
    await keeper.press(f"/admin/reports/{report.id}", decision="limit", reason="")
    assert keeper.status == 422  # a decision has a reason
    await keeper.press(f"/admin/reports/{report.id}", decision="limit", reason="Advertising, twice", days="30")
    assert keeper.status == 200
    assert await services.read(lambda tx: limits.limited(tx, [paul.actor_id])) == {paul.actor_id}
    # The author is told, and may contest; members read it, without the name
    await member.open("/notifications")
    assert "has limited your account" in member.text
    await member.open("/moderation-log")
    assert "Advertising, twice" in member.text
    event = (await services.read(lambda tx: figures.events_about(tx, paul.actor_id)))[0]
    await member.open(f"/moderation-log/{event.id}")
    await member.press(f"/moderation-log/{event.id}", words="It was a gift")
    assert "It was a gift" in member.text
    await keeper.open("/moderation-log")
    assert "paul" not in keeper.text.lower()
    await keeper.open("/admin")
    assert "It was a gift" in keeper.text
    form = next(each for each in keeper.page.find_all("form") if "/admin/contests/" in each["action"])
    await keeper.press(form["action"], answer="overturn", words="You are right")
    assert await services.read(lambda tx: limits.limited(tx, [paul.actor_id])) == set()
    await member.open("/notifications")
    assert "answered what you contested" in member.text
    await member.open(f"/moderation-log/{event.id}")
    assert "You are right" in member.text


async def test_a_member_is_suspended_hidden_and_given_back(
    services, marie, paul, keeper, member, client, remote, app
) -> None:
    post = await services.perform(publish_post, PublishPost(paul, "Here I am", "public"))
    await keeper.open(f"/admin/people/{paul.actor_id}")
    await keeper.press(f"/admin/people/{paul.actor_id}", "Decide", kind="suspend", reason="Threats")
    assert "Suspended" in keeper.text
    html, slug = {"accept": "text/html"}, post.iri.rpartition("/")[2]
    far = remote("anna")
    for path in ("/@paul", f"/@paul/p/{slug}", "/u/paul"):
        assert (await client.get(path, headers=html)).status_code == 404, path
    for path in ("/u/paul", f"/p/{slug}", "/u/paul/outbox", "/.well-known/webfinger?resource=acct:paul@home.example"):
        assert (await far.get(path)).status_code == 404, path
    await member.open("/home")
    assert member.path == "/login"  # sessions ended
    secret = await services.perform(issue_login_link, IssueLink("paul"))
    await member.open(f"/login/link/{secret}")
    await member.press(button="Log in")
    assert member.path == "/suspended"
    assert "Threats" in member.text
    await keeper.open(f"/admin/people/{paul.actor_id}")
    await keeper.press(f"/admin/people/{paul.actor_id}/lift")
    assert (await client.get("/@paul", headers=html)).status_code == 200
    assert (await far.get(f"/p/{slug}")).status_code == 200


async def test_a_suspension_without_end_erases_the_account_after_thirty_days(
    services, marie, paul, keeper, drain, monkeypatch
) -> None:
    await keeper.open(f"/admin/people/{paul.actor_id}")
    await keeper.press(f"/admin/people/{paul.actor_id}", "Decide", kind="suspend", reason="Threats")
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=29))
    assert await services.perform(end_sanctions, EndSanctions()) == 0
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=31))
    assert await services.perform(end_sanctions, EndSanctions()) == 1
    await drain()
    assert (await services.read(lambda tx: actors.by_id(tx, paul.actor_id))).gone_at is not None
    assert len(await services.read(erasures.newest)) == 1


async def test_a_limit_with_an_end_ends(services, marie, paul, keeper, monkeypatch) -> None:
    await keeper.open(f"/admin/people/{paul.actor_id}")
    await keeper.press(f"/admin/people/{paul.actor_id}", "Decide", kind="limit", reason="Loud", days="7")
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=8))
    await services.perform(end_sanctions, EndSanctions())
    assert await services.read(lambda tx: limits.of(tx, paul.actor_id)) is None


async def test_somebody_elsewhere_is_suspended_alone(services, marie, paul, keeper, remote, drain, network) -> None:
    anna, bert = remote("anna"), remote("bert")
    await anna.send(anna.activity("Follow", PAUL))
    await drain()
    known = await services.read(lambda tx: actors.by_iri(tx, anna.iri))
    await services.perform(request_follow, RequestFollow(paul, known.id))
    note = anna.note("<p>Hello @paul</p>", tag=[{"type": "Mention", "href": PAUL, "name": "@paul"}])
    await anna.send(anna.create(note))
    await drain()
    network.delivered.clear()
    await keeper.open(f"/admin/people/{known.id}")
    await keeper.press(f"/admin/people/{known.id}", "Decide", kind="suspend", reason="Abuse")
    await drain()
    assert {each.activity["type"] for each in network.delivered} == {"Undo", "Reject"}
    assert await services.read(lambda tx: follows.between(tx, known.id, paul.actor_id)) is None
    kept = await services.read(lambda tx: posts.by_iri(tx, note["id"]))
    assert not await services.read(lambda tx: posts.is_visible(tx, kept.id, paul.actor_id))
    assert (await anna.send(anna.activity("Follow", PAUL))).status_code == 403
    assert (await bert.send(bert.activity("Follow", PAUL))).status_code == 202  # of the same server


async def test_reported_posts_are_taken_out_and_what_was_written_for_few_is_not_shown(
    services, marie, paul, keeper, remote, drain
) -> None:
    anna = remote("anna")
    loud = await services.perform(publish_post, PublishPost(paul, "Loud words", "public"))
    secret = await services.perform(publish_post, PublishPost(paul, "A secret @marie", "direct"))
    await anna.send(anna.activity("Flag", [PAUL, loud.iri, secret.iri], content="look"))
    await drain()
    report = (await services.read(figures.reports))[0]
    await keeper.open(f"/admin/reports/{report.id}")
    assert "Loud words" in keeper.text
    assert "A secret" not in keeper.text
    await keeper.press(f"/admin/reports/{report.id}", decision="remove", reason="Rule 1")
    assert (await services.read(lambda tx: posts.by_id(tx, loud.id))).deleted_at is not None
    assert (await services.read(lambda tx: posts.by_id(tx, secret.id))).deleted_at is None
    await keeper.open("/admin/reports?state=closed")
    assert "Rule 1" in keeper.text


async def test_the_console_shows_nothing_that_a_member_keeps_to_themselves(services, marie, paul, keeper) -> None:
    nora = await make_member(services, "nora", name="Nora")
    private = await services.perform(publish_post, PublishPost(paul, "@nora Zanzibar plans", "direct"))
    quiet = await services.perform(
        write_entry, WriteEntry(paul, Draft("project", Words("Zanzibar", "A story"), rule=Rule("me")))
    )
    for path in (
        f"/conversations/{private.conversation_id}",
        f"/@paul/e/{quiet.slug}",
        f"/@paul/p/{private.iri.rpartition('/')[2]}",
        f"/entries/{quiet.id}/edit",
        f"/posts/{private.id}",
        f"/admin/people/{paul.actor_id}/notes",
        f"/admin/people/{paul.actor_id}/conversations",
        f"/admin/people/{paul.actor_id}/requests",
    ):
        await keeper.open(path)
        assert keeper.status == 404, path
    for path in ("/admin", "/admin/people", f"/admin/people/{paul.actor_id}", "/admin/reports", "/admin/storage"):
        await keeper.open(path)
        assert keeper.status == 200, path
        assert "Zanzibar" not in str(keeper.page), path
    await keeper.open("/admin")
    assert "Whoever can read the disk or a backup of this server can read all of it" in keeper.text
    assert nora.actor_id


async def test_an_erasure_tells_which_servers_were_told_by_a_link_that_needs_no_account(
    services, marie, paul, member, keeper, client, remote, network, drain, monkeypatch
) -> None:
    for name, host in (("anna", "far.example"), ("otto", "other.example"), ("ida", "dead.example")):
        person = remote(name, host)
        await person.send(person.activity("Follow", PAUL))
    await drain()
    network.down.add("dead.example")
    await member.open("/settings/data")
    await member.press("/settings/delete", confirm="paul")
    assert "/erasure/" in member.path
    link = member.path
    await drain()
    html = {"accept": "text/html"}
    assert (await client.get("/@paul", headers=html)).status_code == 410
    outside = Reader(client, services.settings.origin)
    await outside.open(link)
    assert outside.status == 200
    assert "far.example Taken" in outside.text
    assert "other.example Taken" in outside.text
    assert "dead.example Still being told" in outside.text
    assert "2 took it, 0 were not reached, 1 are still being told" in outside.text
    assert "Backups made before" in outside.text
    assert "no-store" in outside.answer.headers["cache-control"]
    await outside.open(link[:-1] + ("A" if link[-1] != "A" else "B"))
    assert outside.status == 404
    await keeper.open("/admin/erasures")
    assert "paul" in keeper.text
    # After thirty days: figures of nobody
    later = clock.now() + timedelta(days=31)
    await services.database.write(lambda tx: erasures.forget_names(tx, later - timedelta(days=30)))
    await outside.open(link)
    assert "paul" not in outside.text
    assert "far.example" not in outside.text
    assert "2 took it, 0 were not reached" in outside.text


async def test_only_who_runs_the_server_opens_the_console(services, member, visitor_client, app) -> None:
    from starlette.routing import Route

    from fediprof.web.routes import routes

    paths = [each for each in routes if isinstance(each, Route) and each.path.startswith("/admin")]
    assert len(paths) > 20
    for route in paths:
        path = route.path.replace("{id:int}", "1")
        if "GET" in (route.methods or ()):
            await member.open(path)
            assert member.status == 403, path
            answer = await visitor_client.get(path, headers={"accept": "text/html"})
            assert answer.status_code == 303, path
        else:
            sent = {"Origin": services.settings.origin, "Sec-Fetch-Site": "same-origin"}
            assert (await member.client.post(path, headers=sent)).status_code == 403, path
            assert (await visitor_client.post(path, headers=sent)).status_code in (303, 401, 403), path


@pytest.fixture
def visitor_client(client):  # type: ignore[no-untyped-def]
    return client


async def test_who_runs_the_server_is_not_decided_about(services, marie, keeper) -> None:
    await keeper.open(f"/admin/people/{marie.actor_id}")
    assert "nothing can be decided about them here" in keeper.text
    assert not [each for each in keeper.page.find_all("form") if each.get("action", "").startswith("/admin/people")]


async def test_a_backup_is_told_by_the_console(services, marie, keeper) -> None:
    from fediprof.moderation import notes

    await keeper.open("/admin")
    assert "No backup was made within a week." in keeper.text
    said = {"bytes": 5 * 1024**2, "keys": False}
    await services.database.write(lambda tx: notes.keep(tx, "backup", said, clock.now()))
    await keeper.open("/admin/storage")
    assert "5.0 MiB" in keeper.text
    assert "The keys are not in it" in keeper.text
    await keeper.open("/admin")
    assert "today" in keeper.text
