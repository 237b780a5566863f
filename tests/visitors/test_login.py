"""A visitor logs in with the account they have elsewhere; the server they name is honest, old, broken or hostile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from fediprof import clock
from fediprof.errors import Forbidden, Unreachable
from fediprof.moderation import policies
from fediprof.net.fetcher import Response
from fediprof.schema.visitors import login_app, login_attempt, login_code, visitor_session
from fediprof.web import visitors as pages
from fediprof.web.throttle import Throttle
from fediprof.worker import Workers
from tests.conftest import make_member
from tests.visitors.conftest import HOST

pytestmark = pytest.mark.anyio
HANDLE = f"@paul@{HOST}"
HERE_AS = f"You are here as @paul@{HOST}"
OAUTH_POSTS = {"/api/v1/apps", "/oauth/token", "/oauth/revoke"}


async def set_out(browser, handle: str = HANDLE, to: str = "/@marie") -> str:  # type: ignore[no-untyped-def]
    """As far as the page that says where they are going; returns where its button leads."""
    await browser.open(f"/visit?to={to}")
    await browser.press("/visit", button="Go on", handle=handle)
    assert browser.status == 200, browser.text
    return str(browser.page.find("a", class_="button")["href"])


async def log_in(browser, server, handle: str = HANDLE, to: str = "/@marie") -> None:  # type: ignore[no-untyped-def]
    user = handle.lstrip("@").partition("@")[0]
    await browser.open(server.authorize(await set_out(browser, handle, to), user))


def nothing_is_left(server) -> bool:  # type: ignore[no-untyped-def]
    return all(token.revoked for token in server.tokens.values())


async def sessions(services) -> int:  # type: ignore[no-untyped-def]
    return len(await services.read(lambda tx: tx.execute(select(visitor_session)).all()))


# --- B4


async def test_a_recruiter_comes_in_with_his_own_account_and_nothing_is_done_in_his_name(
    services, marie, paul, server, network, browser
) -> None:
    # Given Paul on Marie's page, who has no account here
    # When he gives his address, he is told in large letters where he is going
    url = await set_out(browser)
    assert browser.page.h1.get_text() == f"You are going to {HOST}"
    # Then he is asked for no more than who he is
    back = server.authorize(url, "paul", iss=f"{server.base}/")
    assert [code.scopes for code in server.codes.values()] == [["profile"]]
    # and he comes back to the page, as himself
    await browser.open(back)
    assert (browser.status, browser.path) == (200, "/@marie")
    assert HERE_AS in browser.page.get_text()
    # The token is revoked, nothing was asked beside it, nothing was posted
    assert len(server.tokens) == 1
    assert nothing_is_left(server)
    posted = [path for method, path, _ in server.asked if method == "POST"]
    assert posted == ["/api/v1/apps", "/oauth/token", "/oauth/revoke"]
    assert network.delivered == []
    # and the page is his alone
    assert browser.answer.headers["cache-control"].startswith("private")


async def test_the_session_is_a_cookie_no_script_and_no_other_site_has(
    services, marie, paul, server, browser
) -> None:
    back = server.authorize(await set_out(browser), "paul")
    answer = await browser.client.get(back)
    cookies = {line.partition("=")[0]: line for line in answer.headers.get_list("set-cookie")}
    session = cookies["__Host-visitor"].lower()
    for word in ("httponly", "samesite=lax", "secure", "path=/", f"max-age={12 * 3600}"):
        assert word in session
    secret = session.partition("=")[2].partition(";")[0]
    rows = await services.read(lambda tx: tx.execute(select(visitor_session)).all())
    assert secret not in str(rows).lower()


async def test_after_twelve_hours_it_is_over(services, marie, paul, server, browser) -> None:
    await log_in(browser, server)
    row = await services.read(lambda tx: tx.execute(select(visitor_session)).one())
    assert row.expires_at - row.created_at == timedelta(hours=12)
    now = clock.now()
    await services.database.write(lambda tx: tx.execute(update(visitor_session).values(expires_at=now)))
    await browser.open("/@marie")
    assert "You are here as" not in browser.page.get_text()


async def test_they_leave_when_they_like(services, marie, paul, server, browser) -> None:
    await log_in(browser, server)
    kept = dict(browser.client.cookies)
    await browser.press("/visit/leave")
    assert browser.path == "/@marie"
    assert "__Host-visitor" not in browser.client.cookies
    assert "You are here as" not in browser.page.get_text()
    # and the cookie, were it kept, opens nothing
    browser.client.cookies.update(kept)
    await browser.open("/@marie")
    assert "You are here as" not in browser.page.get_text()
    assert await sessions(services) == 0


async def test_somebody_else_s_form_does_not_make_them_leave(services, marie, paul, server, browser) -> None:
    await log_in(browser, server)
    answer = await browser.client.post("/visit/leave", data={"token": "0" * 32}, headers={"Origin": browser.origin})
    assert answer.status_code == 403
    assert await sessions(services) == 1


async def test_a_member_is_a_member_and_needs_no_visit(services, marie, paul, server, browser) -> None:
    await log_in(browser, server)
    await browser.log_in(services, "marie")
    assert "You are here as" not in browser.page.get_text()
    await browser.open("/visit?to=/settings")
    assert browser.path == "/settings"


# --- other servers, old and split


async def test_a_server_without_metadata_is_asked_where_mastodon_is(
    services, marie, remote, network, browser
) -> None:
    remote("paul", "old.example")
    old = network.server("old.example")
    url = await set_out(browser, "paul@old.example")
    assert url.startswith("https://old.example/oauth/authorize?")
    await browser.open(old.authorize(url, "paul"))
    assert "You are here as @paul@old.example" in browser.page.get_text()
    assert [code.scopes for code in old.codes.values()] == [["read:accounts"]]


async def test_a_server_that_does_not_know_the_small_scope_is_asked_for_the_next(
    services, marie, paul, server, browser
) -> None:
    server.describe(scopes_supported=["read", "write", "read:accounts"])
    assert "scope=read%3Aaccounts" in await set_out(browser)


async def test_a_handle_on_another_domain_than_its_server(services, marie, remote, network, browser) -> None:
    person = remote("paul", "social.firm.example", webfinger="paul@firm.example")
    social = network.server("social.firm.example")
    social.describe()
    jrd = {
        "subject": "acct:paul@firm.example",
        "links": [{"rel": "self", "type": "application/activity+json", "href": person.iri}],
    }
    network.jrds["firm.example", "acct:paul@firm.example"] = jrd
    network.jrds["social.firm.example", "acct:paul@social.firm.example"] = jrd
    await log_in(browser, social, "paul@firm.example")
    assert "You are here as @paul@firm.example" in browser.page.get_text()


async def test_one_app_for_a_server_and_its_secret_sealed(services, marie, paul, server, browsers) -> None:
    for _ in range(3):
        await log_in(await browsers(), server)
    (app,) = server.apps.values()
    assert app.redirect_uris == ["https://home.example/visit/back"]
    assert app.scopes == ["profile"]
    row = await services.read(lambda tx: tx.execute(select(login_app)).one())
    assert row.client_id == app.client_id
    assert app.secret.encode() not in bytes(row.client_secret)


async def test_an_app_that_was_forgotten_there_is_made_again_before_anybody_is_sent(
    services, marie, paul, server, browsers
) -> None:
    await log_in(await browsers(), server)
    server.apps.clear()
    before = clock.now() - timedelta(hours=2)
    await services.database.write(lambda tx: tx.execute(update(login_app).values(registered_at=before)))
    browser = await browsers()
    await log_in(browser, server)
    assert HERE_AS in browser.page.get_text()
    assert len(server.apps) == 1
    # and one that is known is kept
    await services.database.write(lambda tx: tx.execute(update(login_app).values(registered_at=before)))
    await log_in(await browsers(), server)
    assert len(server.apps) == 1


async def test_an_app_forgotten_on_the_way_is_told_and_made_again(services, marie, paul, server, browser) -> None:
    back = server.authorize(await set_out(browser), "paul")
    server.apps.clear()
    await browser.open(back)
    assert browser.status == 502
    assert "did not know this one any more" in browser.text
    await log_in(browser, server)
    assert HERE_AS in browser.page.get_text()


# --- forged callbacks


async def test_a_callback_with_a_wrong_state_does_nothing(services, marie, paul, server, browser) -> None:
    back = server.authorize(await set_out(browser), "paul")
    for bad in (
        "/visit/back",
        "/visit/back?code=x&state=y",
        back.replace("state=", "state=x"),
        back.split("&state")[0],
    ):
        await browser.open(bad)
        assert browser.status == 401, bad
        assert "not begun in this browser" in browser.text
    assert server.tokens == {}
    assert await sessions(services) == 0
    # and the right one still counts
    await browser.open(back)
    assert HERE_AS in browser.page.get_text()


async def test_a_callback_in_another_browser_does_nothing(services, marie, paul, server, browser, browsers) -> None:
    """Whoever is made to open it would be logged in as somebody else."""
    back = server.authorize(await set_out(browser), "paul")
    victim = await browsers()
    await victim.open(back)
    assert victim.status == 401
    await set_out(victim)  # now with a cookie of their own
    await victim.open(back)
    assert victim.status == 401
    assert server.tokens == {}
    await browser.open(back)
    assert HERE_AS in browser.page.get_text()


async def test_a_callback_counts_once_and_for_ten_minutes(services, marie, paul, server, browser) -> None:
    back = server.authorize(await set_out(browser), "paul")
    kept = dict(browser.client.cookies)
    await browser.open(back)
    browser.client.cookies.update(kept)
    await browser.open(back)
    assert browser.status == 401
    back = server.authorize(await set_out(browser), "paul")
    rows = await services.read(
        lambda tx: tx.execute(select(login_attempt).order_by(login_attempt.c.expires_at)).all()
    )
    assert timedelta(minutes=9) < rows[-1].expires_at - clock.now() <= timedelta(minutes=10)
    now = clock.now()
    await services.database.write(lambda tx: tx.execute(update(login_attempt).values(expires_at=now)))
    await browser.open(back)
    assert browser.status == 401
    assert len(server.tokens) == 1


async def test_a_code_of_another_host_is_offered_only_where_the_login_was_begun(
    services, marie, paul, server, remote, network, browser
) -> None:
    remote("mallory", "evil.example")
    evil = network.server("evil.example")
    stolen = server.authorize(await set_out(browser), "paul").partition("code=")[2].partition("&")[0]
    url = await set_out(browser, "mallory@evil.example")
    back = evil.authorize(url, "mallory")
    mixed = back.replace(back.partition("code=")[2].partition("&")[0], stolen)
    await browser.open(mixed)
    assert browser.status == 401
    assert "did not confirm who you are" in browser.text
    assert server.tokens == {}
    assert await sessions(services) == 0


@pytest.mark.parametrize("iss", ["https://evil.example/", None])
async def test_an_answer_says_whose_it_is_where_it_would(services, marie, paul, server, browser, iss) -> None:
    server.describe(authorization_response_iss_parameter_supported=True)
    more = {} if iss is None else {"iss": iss}
    await browser.open(server.authorize(await set_out(browser), "paul", **more))
    assert browser.status == 401
    assert "Another server answered" in browser.text
    assert server.tokens == {}
    await browser.open(server.authorize(await set_out(browser), "paul", iss=f"{server.base}/"))
    assert HERE_AS in browser.page.get_text()


async def test_who_says_no_at_home_is_not_let_in_and_may_try_again(services, marie, paul, server, browser) -> None:
    back = server.authorize(await set_out(browser), "paul", agree=False)
    await browser.open(back)
    assert browser.status == 403
    assert "you did not agree" in browser.text
    assert server.tokens == {}
    await browser.open(back)
    assert browser.status == 401


# --- servers that lie


async def test_a_server_does_not_speak_for_an_account_of_another(
    services, marie, paul, server, remote, network, browser
) -> None:
    remote("mallory", "evil.example")
    evil = network.server("evil.example")
    for claimed in (f"paul@{HOST}", "nobody", f"nobody@{HOST}", "not a name", f"paul@{HOST}/@evil.example"):
        evil.acct = claimed
        await browser.open(evil.authorize(await set_out(browser, "mallory@evil.example"), "mallory"))
        assert browser.status in (401, 502), claimed
        assert "You are here as" not in browser.page.get_text()
    assert await sessions(services) == 0
    assert len(evil.tokens) == 5
    assert nothing_is_left(evil)


async def test_a_server_s_webfinger_does_not_make_another_s_actor_its_own(
    services, marie, paul, server, remote, network, browser
) -> None:
    """It names Paul's actor as its own account's; then it names Paul as the account's true name."""
    mallory = remote("mallory", "evil.example")
    evil = network.server("evil.example")
    url = await set_out(browser, "mallory@evil.example")
    for subject, actor in (
        ("acct:mallory@evil.example", paul.iri),
        (f"acct:paul@{HOST}", paul.iri),
        (f"acct:paul@{HOST}", mallory.iri),
    ):
        network.jrds["evil.example", "acct:mallory@evil.example"] = {
            "subject": subject,
            "links": [{"rel": "self", "type": "application/activity+json", "href": actor}],
        }
        await browser.open(evil.authorize(url, "mallory"))
        assert browser.status == 401, subject
        network.jrds.clear()
        url = await set_out(browser, "mallory@evil.example")
    # or its own account's address leads to Paul's
    network.redirects[mallory.iri] = paul.iri
    await browser.open(evil.authorize(url, "mallory"))
    assert browser.status == 401
    assert await sessions(services) == 0
    assert nothing_is_left(evil)


@pytest.mark.parametrize(
    "lies",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"token_endpoint": "https://evil.example/oauth/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"revocation_endpoint": "http://mastodon.example/oauth/revoke"},
        {"app_registration_endpoint": "https://127.0.0.1/api/v1/apps"},
    ],
)
async def test_no_secret_goes_elsewhere_than_to_the_server_itself(
    services, marie, paul, server, browser, lies
) -> None:
    server.describe(**lies)
    await browser.open("/visit")
    await browser.press("/visit", button="Go on", handle=HANDLE)
    assert browser.status == 422
    assert "lets nobody log in elsewhere" in browser.text
    assert server.apps == {}


# --- servers that are slow, huge, private, redirecting, broken

ELSEWHERE = Response("x", 302, {"location": "https://evil.example/"}, b"")
HUGE = Response("x", 200, {}, b'{"issuer": "' + b"x" * 400_000 + b'"}')
BROKEN = Response("x", 500, {}, b"")
NO_JSON = Response("x", 200, {}, b"<html>")
DEEP = Response("x", 200, {}, b"[" * 60_000)
SLOW = Unreachable("no whole answer within 6 s")
PRIVATE = Forbidden("10.0.0.1 is a private address")


@pytest.mark.parametrize("bad", [SLOW, PRIVATE, HUGE, BROKEN, ELSEWHERE, NO_JSON, DEEP])
@pytest.mark.parametrize("path", ["/.well-known/oauth-authorization-server", "/api/v1/apps"])
async def test_a_login_that_cannot_be_begun_is_told_and_a_message_is_offered(
    services, marie, paul, server, browser, path, bad
) -> None:
    server.answers[path] = bad
    server.api = path == "/api/v1/apps"
    await browser.open("/visit?to=/@marie")
    await browser.press("/visit", button="Go on", handle=HANDLE)
    assert browser.status == 422
    told = browser.page.select_one("#e-handle").get_text()
    assert "lets nobody log in elsewhere" in told or "did not answer" in told
    assert browser.form("/visit/code", "Give me a code")
    assert browser.values(browser.form("/visit/code"))["to"] == ["/@marie"]
    assert browser.page.select_one("#f-handle")["value"] == HANDLE


@pytest.mark.parametrize("bad", [SLOW, PRIVATE, HUGE, BROKEN, ELSEWHERE, NO_JSON])
@pytest.mark.parametrize("path", ["/oauth/token", "/api/v1/accounts/verify_credentials"])
async def test_a_login_that_cannot_be_ended_is_told_and_leaves_no_token(
    services, marie, paul, server, browser, path, bad
) -> None:
    back = server.authorize(await set_out(browser), "paul")
    server.answers[path] = bad
    await browser.open(back)
    assert browser.status == 502
    assert browser.page.find("a", href="/visit")
    assert await sessions(services) == 0
    assert nothing_is_left(server)


async def test_a_server_that_takes_its_time_is_not_waited_for(
    services, marie, paul, server, browser, monkeypatch
) -> None:
    monkeypatch.setattr("fediprof.visitors.login.AT_MOST", 0.0)
    await browser.open("/visit")
    await browser.press("/visit", button="Go on", handle=HANDLE)
    assert browser.status == 422
    assert "did not answer as it should" in browser.text


async def test_a_revocation_that_is_not_answered_is_asked_again(services, marie, paul, server, browser) -> None:
    server.revoked_at_once = 1
    await log_in(browser, server)
    assert HERE_AS in browser.page.get_text()
    assert nothing_is_left(server)


# --- what is typed


@pytest.mark.parametrize(
    ("handle", "words"),
    [
        ("not an address", "not an address like"),
        (f"nobody@{HOST}", "knows no such account"),
        ("paul@down.example", "did not answer"),
        ("paul@127.0.0.1", "not an address like"),
        ("paul@blocked.example", "does not deal with"),
    ],
)
async def test_what_cannot_be_asked_is_told(services, marie, paul, remote, network, browser, handle, words) -> None:
    network.down.add("down.example")
    remote("paul", "blocked.example")
    now = clock.now()
    await services.database.write(lambda tx: policies.keep(tx, policies.blank("blocked.example", "block", now)))
    await browser.open("/visit")
    await browser.press("/visit", button="Go on", handle=handle)
    assert browser.status == 422
    assert words in browser.page.select_one("#e-handle").get_text()


async def test_a_member_of_this_server_is_led_to_the_login(services, marie, browser) -> None:
    await browser.open("/visit?to=/@marie")
    await browser.press("/visit", button="Go on", handle="@marie@home.example")
    assert browser.path == "/login"
    assert browser.values(browser.form("/login"))["back"] == ["/@marie"]


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
async def test_nobody_is_led_elsewhere_after(services, marie, paul, server, browser, to) -> None:
    await log_in(browser, server, to=to)
    assert (browser.path, browser.answer.url.host) == ("/@marie", "home.example")  # where the first page leads


async def test_nobody_makes_us_ask_without_end(services, marie, paul, server, browser, monkeypatch) -> None:
    monkeypatch.setattr(pages, "_logins", Throttle(limit=3, seconds=60))
    for _ in range(3):
        await set_out(browser)
    await browser.open("/visit")
    await browser.press("/visit", button="Go on", handle=HANDLE)
    assert browser.status == 429
    assert "Too many attempts" in browser.text


async def test_a_visitor_opens_no_member_s_page(services, marie, paul, server, browser) -> None:
    await make_member(services, "paul")
    await log_in(browser, server)
    for path in ("/home", "/settings", "/conversations", "/admin"):
        await browser.open(path)
        assert browser.path == "/login"


async def test_what_has_ended_leaves_no_trace(services, marie, paul, server, browser, monkeypatch) -> None:
    await set_out(browser)
    await log_in(browser, server)
    await browser.open("/visit")
    await browser.press("/visit/code", "Give me a code")
    later = clock.now() + timedelta(days=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    await Workers(services)._sweep()
    for table in (login_attempt, login_code, visitor_session):
        assert await services.read(lambda tx, table=table: tx.execute(select(table)).all()) == [], table.name
    assert len(await services.read(lambda tx: tx.execute(select(login_app)).all())) == 1
