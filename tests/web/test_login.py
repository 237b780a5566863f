"""Coming in and going out."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest

from fediprof import clock
from fediprof.accounts import store as accounts
from fediprof.accounts.commands import IssueLink, SetPassword, issue_login_link, set_password
from fediprof.profiles.entries import Draft, WriteEntry, write_entry
from fediprof.profiles.records import Words
from tests.conftest import make_member
from tests.web.reader import Reader

pytestmark = pytest.mark.anyio
PASSWORD = "a sentence is long enough"


async def test_a_link_is_spent_by_the_button_not_by_looking(services, marie, visitor) -> None:
    secret = await services.perform(issue_login_link, IssueLink("marie"))
    await visitor.open(f"/login/link/{secret}")
    await visitor.open(f"/login/link/{secret}")  # a mail program looked first
    await visitor.press(button="Log in")
    assert visitor.path == "/welcome"
    assert "Marie" in visitor.text
    # and only once
    await visitor.open(f"/login/link/{secret}")
    await visitor.press(button="Log in")
    assert visitor.status == 401
    assert "used already" in visitor.text


async def test_the_first_password_may_wait(services, marie, visitor) -> None:
    await visitor.log_in(services, "marie")
    assert visitor.page.find("a", string="Later")["href"] == "/home"
    await visitor.press("/welcome", new="short")
    assert visitor.status == 422
    assert "Between 8 and 200 characters" in visitor.text
    await visitor.press("/welcome", new=PASSWORD)
    assert visitor.path == "/start/aim"  # offered once
    assert "Your password was changed." in visitor.text


async def test_a_password_opens_and_one_goes_where_one_wanted(services, marie, visitor) -> None:
    await services.perform(set_password, SetPassword(marie, None, PASSWORD))
    await visitor.open("/followers?max_id=5")
    assert visitor.path == "/login"
    await visitor.press("/login", username="Marie", password=PASSWORD)
    assert str(visitor.answer.url).endswith("/followers?max_id=5")


async def test_the_first_steps_are_offered_once_to_who_came_with_a_password(services, marie, visitor) -> None:
    paul = await make_member(services, "paul")

    async def log_in(name: str) -> str:
        await visitor.open("/login")
        await visitor.press("/login", username=name, password=PASSWORD)
        path = visitor.path
        await visitor.open("/settings")
        await visitor.press("/logout")
        return path

    for each in (marie, paul):
        await services.perform(set_password, SetPassword(each, None, PASSWORD))
    await services.perform(write_entry, WriteEntry(paul, Draft("free", Words("Déjà là"))))
    assert [await log_in(each) for each in ("marie", "marie", "paul")] == ["/start/aim", "/home", "/home"]


async def test_wrong_names_and_wrong_passwords_are_told_alike(services, marie, visitor) -> None:
    await services.perform(set_password, SetPassword(marie, None, PASSWORD))
    told = []
    for name in ("marie", "nobody"):
        await visitor.open("/login")
        await visitor.press("/login", username=name, password="wrong")
        assert visitor.status == 422
        assert visitor.values(visitor.form("/login"))["username"] == [name]
        told.append(visitor.page.select_one("#refused").get_text())
    assert told[0] == told[1]


async def test_who_guesses_has_to_wait(services, marie, visitor) -> None:
    await services.perform(set_password, SetPassword(marie, None, PASSWORD))
    for _ in range(6):
        await visitor.open("/login")
        await visitor.press("/login", username="marie", password="wrong")
    assert visitor.status == 429
    assert int(visitor.answer.headers["retry-after"]) > 0
    await visitor.press("/login", username="marie", password=PASSWORD)
    assert visitor.status == 429


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
async def test_nobody_is_led_elsewhere_by_a_login(services, marie, visitor, elsewhere) -> None:
    await services.perform(set_password, SetPassword(marie, None, PASSWORD))
    await visitor.open(f"/login?back={elsewhere}")
    await visitor.press("/login", username="marie", password=PASSWORD, back=elsewhere)
    assert str(visitor.answer.url) == f"{services.settings.origin}/start/aim"


async def test_the_cookie_is_for_this_host_alone(services, marie, visitor: Reader) -> None:
    secret = await services.perform(issue_login_link, IssueLink("marie"))
    await visitor.open(f"/login/link/{secret}")
    await visitor.press(button="Log in")
    cookie = visitor.answer.history[0].headers["set-cookie"]
    assert cookie.startswith("__Host-session=")
    for wanted in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"):
        assert wanted.lower() in cookie.lower()


async def test_logging_out_ends_the_session_itself(services, marie, member) -> None:
    kept = dict(member.client.cookies)
    await member.open("/settings")
    await member.press("/logout")
    assert member.path == "/login"
    member.client.cookies.update(kept)  # a copy of the cookie opens nothing any more
    await member.open("/home")
    assert member.path == "/login"


async def test_sessions_are_seen_and_ended_one_by_one_or_all(app, services, marie, member) -> None:
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url=services.settings.origin) as other:
        phone = await Reader(other, services.settings.origin).log_in(services, "marie")
        await member.open("/settings/account")
        await member.press("/end", "End it")
        await phone.open("/home")
        assert phone.path == "/login"
        await member.open("/home")
        assert member.path == "/home"
        await phone.log_in(services, "marie")
        await member.open("/settings/account")
        await member.press("/sessions/end")
        await phone.open("/home")
        assert phone.path == "/login"


async def test_changing_a_password_asks_for_the_present_one(services, marie, member) -> None:
    await services.perform(set_password, SetPassword(marie, None, PASSWORD))
    await member.open("/settings/account")
    await member.press("/settings/password", current="wrong", new="another sentence")
    assert member.status == 422
    assert "not your present password" in member.page.select_one("#e-current").get_text()
    await member.press("/settings/password", current=PASSWORD, new="another sentence")
    assert "changed" in member.page.select_one("[role=status]").get_text()


async def test_a_session_in_use_is_renewed_and_seen(services, marie, member, monkeypatch) -> None:
    before = (await services.read(lambda tx: accounts.sessions_of(tx, marie.account_id, clock.now())))[0]
    later = clock.now() + timedelta(days=30)
    monkeypatch.setattr(clock, "now", lambda: later)
    await member.open("/home")
    assert "__Host-session=" in member.answer.headers["set-cookie"]
    after = (await services.read(lambda tx: accounts.sessions_of(tx, marie.account_id, later)))[0]
    assert (after.seen_at - before.seen_at).days in (29, 30)
    assert (after.expires_at - before.expires_at).days in (29, 30)
    await member.open("/home")  # not at every look
    assert "set-cookie" not in member.answer.headers
