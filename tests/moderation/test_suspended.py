"""A suspended member's one door: the decision, contesting it once, their data, leaving. Everything else is shut to them as it is to
whoever has no account."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta

import httpx2
import pytest
from starlette.routing import Mount, Route

from fediprof import clock
from fediprof.accounts.commands import IssueLink, issue_login_link
from fediprof.actors import store as actors
from fediprof.moderation import limits
from fediprof.moderation.sanctions import LiftSanction, SanctionActor, lift_sanction, sanction_actor
from fediprof.posts import store as posts
from fediprof.posts.commands import PublishPost, publish_post
from fediprof.web.suspended import COOKIE
from fediprof.web.visitor import cookie_name
from tests.web.reader import Reader

pytestmark = pytest.mark.anyio


async def suspended(services, marie, paul, days: int | None = 30) -> None:  # type: ignore[no-untyped-def]
    await services.perform(sanction_actor, SanctionActor(marie, paul.actor_id, "suspend", "Threats, twice", days))


@pytest.fixture
async def shut(services, marie, paul, client) -> Reader:  # type: ignore[no-untyped-def]
    """Paul, suspended, at the page behind the door."""
    await services.perform(publish_post, PublishPost(paul, "Here I am", "public"))
    await suspended(services, marie, paul)
    reader = Reader(client, services.settings.origin)
    secret = await services.perform(issue_login_link, IssueLink("paul"))
    await reader.open(f"/login/link/{secret}")
    await reader.press(button="Log in")
    assert reader.path == "/suspended"
    return reader


async def test_who_is_suspended_reads_why_and_contests_once(services, marie, paul, keeper, shut) -> None:
    for words in ("Your account is suspended", "Threats, twice", "nobody sees your page"):
        assert words in shut.text, words
    await shut.press("/suspended/contest", words="")
    assert shut.status == 422
    await shut.press("/suspended/contest", words="It was a quotation.")
    assert "It was a quotation." in shut.text
    assert "Waits for an answer." in shut.text
    assert not shut.page.select('form[action="/suspended/contest"]')
    token = shut.page.find("input", {"name": "token"})["value"]
    again = {"token": token, "words": "And again."}
    answer = await shut.client.post("/suspended/contest", data=again, headers={"origin": shut.origin})
    assert answer.status_code == 422
    assert "contested before" in answer.text
    await keeper.open("/admin")
    assert "It was a quotation." in keeper.text
    form = next(each for each in keeper.page.find_all("form") if "/admin/contests/" in each["action"])
    await keeper.press(form["action"], answer="uphold", words="It names a person.")
    await shut.open("/suspended")
    assert "It stands. It names a person." in shut.text


async def test_a_decision_taken_back_shuts_this_door_and_opens_the_other(services, marie, paul, shut) -> None:
    await services.perform(lift_sanction, LiftSanction(marie, paul.actor_id))
    await shut.open("/suspended")
    assert shut.path == "/login"
    secret = await services.perform(issue_login_link, IssueLink("paul"))
    await shut.open(f"/login/link/{secret}")
    await shut.press(button="Log in")
    await shut.open("/home")
    assert shut.path == "/home"
    # suspended anew: an old cookie opens nothing
    await suspended(services, marie, paul)
    await shut.open("/suspended")
    assert shut.path == "/login"


async def test_everything_else_is_shut_as_to_a_stranger(services, marie, paul, shut, app) -> None:
    name = cookie_name(services.settings, COOKIE)
    cookies = dict(shut.client.cookies)
    assert set(cookies) == {name}, "no session"
    anybody = httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=services.settings.origin)
    post = await services.perform(publish_post, PublishPost(marie, "By Marie", "public"))
    asked = 0
    async with (
        anybody as stranger,
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app), base_url=services.settings.origin, cookies=cookies
        ) as they,
    ):
        for path, method in _doors(app.routes):
            if path.startswith(("/suspended", "/static", "/media", "/pictures", "/api/v1/streaming")):
                continue
            path = re.sub(r"\{id(:int)?\}", str(post.id), path)
            path = re.sub(r"\{(name|username)\}", "paul", path)
            path = re.sub(r"\{[^}]+\}", "1", path)
            data = {"text": "words", "act": "appoint"} if method == "POST" else None
            headers = {"accept": "text/html", "origin": services.settings.origin}
            seen = []
            for one in (stranger, they):
                answer = await one.request(method, path, data=data, headers=headers)
                seen.append((answer.status_code, answer.headers.get("location")))
            assert seen[0] == seen[1], (method, path)
            asked += 1
    assert asked > 200
    written = await services.read(lambda tx: posts.of_actor(tx, paul.actor_id, paul.actor_id, limit=9))
    assert len(written) <= 1, "nothing was written"


def _doors(routes, prefix: str = ""):  # type: ignore[no-untyped-def]
    for each in routes:
        if isinstance(each, Mount):
            yield from _doors(each.routes, prefix + each.path)
        elif isinstance(each, Route):
            for method in sorted((each.methods or {"GET"}) & {"GET", "POST", "PUT", "PATCH", "DELETE"}):
                yield prefix + each.path, method


async def test_they_take_their_data(services, shut) -> None:
    form = shut.form("/suspended/export")
    values = {name: value[0] for name, value in shut.values(form).items()}
    answer = await shut.client.post("/suspended/export", data=values, headers={"origin": shut.origin})
    assert answer.headers["content-type"] == "application/zip"
    assert zipfile.ZipFile(io.BytesIO(answer.content)).namelist()


async def test_they_leave_for_good(services, marie, paul, shut, drain, remote) -> None:
    await shut.press("/suspended/delete", confirm="somebody")
    assert shut.status == 422
    await shut.press("/suspended/delete", confirm="paul")
    assert shut.path.startswith("/erasure/")
    await drain()
    assert (await services.read(lambda tx: actors.by_id(tx, paul.actor_id))).gone_at is not None
    assert await services.read(lambda tx: limits.of(tx, paul.actor_id)) is None
    assert (await remote("anna").get("/u/paul")).status_code == 410
    await shut.open("/suspended")
    assert shut.path == "/login"


async def test_a_forged_or_old_cookie_opens_nothing(services, marie, paul, shut, monkeypatch) -> None:
    name = cookie_name(services.settings, COOKIE)
    value = shut.client.cookies[name]
    form = {"words": "Mine"}  # without the token of this door
    answer = await shut.client.post("/suspended/contest", data=form, headers={"origin": shut.origin})
    assert answer.status_code == 403
    said, _, seal = value.rpartition(".")
    account, event, ends = said.split(".")
    for forged in (
        f"{marie.account_id}.{event}.{ends}.{seal}",
        f"{account}.{event}.{int(ends) + 9999}.{seal}",
        f"{said}.",
        "....",
        "x" * 5000,
    ):
        answer = await shut.client.get("/suspended", headers={"cookie": f"{name}={forged}", "accept": "text/html"})
        assert answer.status_code == 303, forged
        assert answer.headers["location"] == "/login"
    now = clock.now()
    shut.client.cookies.set(name, value)
    await shut.open("/suspended")
    assert shut.path == "/suspended"
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(hours=2))
    await shut.open("/suspended")
    assert shut.path == "/login"


async def test_a_password_leads_there_as_well_and_a_wrong_one_nowhere(services, marie, paul, shut) -> None:
    from fediprof.accounts import passwords
    from fediprof.accounts import store as accounts

    kept = passwords.hashed("a long password")
    await services.database.write(lambda tx: accounts.change(tx, paul.account_id, {"password_hash": kept}))
    await shut.press("/suspended/leave")
    assert shut.path == "/login"
    await shut.press("/login", username="paul", password="another password")
    assert shut.status == 422
    await shut.press("/login", username="paul", password="a long password")
    assert shut.path == "/suspended"
    await shut.press("/suspended/delete", confirm="paul", password="another password")
    assert shut.status == 422
    assert (await services.read(lambda tx: actors.by_id(tx, paul.actor_id))).gone_at is None
