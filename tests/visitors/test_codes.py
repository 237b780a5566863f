"""Coming in by a private message with a code, for whom no server answers: the signature says whose account it is."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select, update

from fediprof import clock
from fediprof.schema.posts import post
from fediprof.schema.timelines import notification
from fediprof.schema.visitors import login_code, visitor_session
from fediprof.visitors import codes
from tests.support.remote import PUBLIC

pytestmark = pytest.mark.anyio
HOST = "lemmy.example"


@pytest.fixture
def anna(remote, network):  # type: ignore[no-untyped-def]
    """On a server that lets nobody log in elsewhere."""
    network.server(HOST, api=False)
    return remote("anna", HOST)


async def ask(browser, to: str = "/@marie") -> tuple[str, str]:  # type: ignore[no-untyped-def]
    """(whom to write to, the code) as the page says."""
    await browser.open(f"/visit?to={to}")
    await browser.press("/visit/code", "Give me a code")
    assert (browser.status, browser.path) == (200, "/visit/code")
    address, code = browser.page.select_one(".copyable code").get_text().split()
    assert re.fullmatch(r"[2-9A-HJ-NP-Z]{3}-[2-9A-HJ-NP-Z]{3}", code)
    return address, code


async def write(person, to: str, text: str, drain, **more: object) -> None:  # type: ignore[no-untyped-def]
    tag = [{"type": "Mention", "href": to, "name": "@whoever"}]
    note = person.note(f"<p>{text}</p>", to=(to,), tag=tag, **more)
    assert (await person.send(person.create(note))).status_code == 202
    await drain()


async def landed(services) -> tuple[int, int]:  # type: ignore[no-untyped-def]
    """(posts, notifications) there are."""
    return await services.read(
        lambda tx: (len(tx.execute(select(post.c.id)).all()), len(tx.execute(select(notification.c.id)).all()))
    )


async def test_a_message_with_the_code_lets_its_sender_in_and_lands_nowhere(
    services, marie, anna, browser, drain
) -> None:
    # Given Anna, whose server has no login for others: she is told, and offered a code
    await browser.open("/visit?to=/@marie")
    await browser.press("/visit", button="Go on", handle=f"anna@{HOST}")
    assert "lets nobody log in elsewhere" in browser.text
    address, code = await ask(browser)
    assert address == "@marie@home.example"
    # When she has not sent it yet, she is told to wait, and sees the same code
    await browser.press("/visit/code/sent")
    assert "has not come yet" in browser.text
    assert browser.page.select_one(".copyable code").get_text().split()[1] == code
    # and when it came
    await write(anna, services.here().actor("marie"), f"@marie {code.lower()}", drain)
    await browser.press("/visit/code/sent")
    # Then she is there, as herself
    assert browser.path == "/@marie"
    assert f"You are here as @anna@{HOST}" in browser.page.get_text()
    # and Marie has no message and no news of it
    assert await landed(services) == (0, 0)


async def test_the_server_itself_is_written_to_where_nobody_s_page_was_looked_at(
    services, marie, anna, browser, drain
) -> None:
    address, code = await ask(browser, "/about")
    assert address == "@instance.actor@home.example"
    await write(anna, services.here().actor("instance.actor"), code, drain)
    await browser.press("/visit/code/sent")
    assert (browser.path, await landed(services)) == ("/about", (0, 0))


async def test_a_code_counts_once_in_one_browser(services, marie, anna, remote, browser, browsers, drain) -> None:
    _, code = await ask(browser)
    other = await browsers()
    await other.open("/visit/code")
    assert other.path == "/visit"
    await ask(other)
    to = services.here().actor("marie")
    await write(anna, to, code, drain)
    await write(remote("late", "far.example"), to, code, drain)  # somebody else sends it after her
    await other.press("/visit/code/sent")
    assert "has not come yet" in other.text
    await browser.press("/visit/code/sent")
    assert f"@anna@{HOST}" in browser.page.get_text()
    sessions = await services.read(lambda tx: tx.execute(select(visitor_session)).all())
    assert len(sessions) == 1
    await browser.open("/visit/code")
    assert browser.path == "/visit"


async def test_a_code_that_comes_too_late_lets_nobody_in_and_is_still_no_message(
    services, marie, anna, browser, drain
) -> None:
    _, code = await ask(browser)
    now = clock.now()
    await services.database.write(lambda tx: tx.execute(update(login_code).values(expires_at=now)))
    await write(anna, services.here().actor("marie"), code, drain)
    assert await landed(services) == (0, 0)
    await browser.open("/visit/code")
    assert browser.path == "/visit"
    assert await services.read(lambda tx: tx.execute(select(visitor_session)).all()) == []


async def test_a_code_said_in_public_is_a_post_like_another(services, marie, anna, browser, drain) -> None:
    _, code = await ask(browser)
    to = services.here().actor("marie")
    note = anna.note(f"@marie {code}", to=(PUBLIC, to), tag=[{"type": "Mention", "href": to}])
    await anna.send(anna.create(note))
    await drain()
    await browser.press("/visit/code/sent")
    assert "has not come yet" in browser.text
    assert (await landed(services))[0] == 1


async def test_a_private_message_that_looks_like_a_code_and_is_none_arrives(
    services, marie, anna, browser, drain
) -> None:
    _, code = await ask(browser)
    guess = "ABC-DEF" if code != "ABC-DEF" else "ABC-DEG"
    await write(anna, services.here().actor("marie"), f"@marie About the part {guess}", drain)
    assert await landed(services) == (1, 1)
    await browser.press("/visit/code/sent")
    assert "has not come yet" in browser.text


async def test_nobody_sends_it_in_another_s_name(services, marie, anna, remote, browser, drain) -> None:
    _, code = await ask(browser)
    mallory = remote("mallory", "evil.example")
    forged = anna.create(anna.note(code, to=(services.here().actor("marie"),)))
    await mallory.send(forged)
    await drain()
    await browser.press("/visit/code/sent")
    assert "has not come yet" in browser.text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("KX7-2QD", ("KX7-2QD",)),
        ("@marie kx7-2qd!", ("KX7-2QD",)),
        ("KX7–2QD, KX7\u20112QD", ("KX7-2QD",)),
        ("AKX7-2QD KX7-2QDA KX7-2QD-3 KX72QD KX7-2Q1 KX7-2QO", ()),
        ("é KX7-2QD KX8-2QD", ("KX7-2QD", "KX8-2QD")),
        (" ".join(f"AA{n}-AAA" for n in range(2, 10)), tuple(f"AA{n}-AAA" for n in range(2, 7))),
    ],
)
def test_codes_are_found_as_people_write_them(text, found) -> None:
    assert codes.written_in(text) == found


def test_a_code_follows_from_the_browser_s_secret_alone() -> None:
    assert codes.shown("one", "salt") == codes.shown("one", "salt")
    assert len({codes.shown(f"{n}", "salt") for n in range(1000)}) == 1000
