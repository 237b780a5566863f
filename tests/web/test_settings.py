"""What a member decides about page, account, data; and what who runs the server sees."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from fediprof.accounts import store as accounts
from fediprof.accounts.commands import SetPassword, set_password
from fediprof.actors import store as actors
from fediprof.interactions.commands import React, like_post
from fediprof.oauth.commands import ExchangeCode, GrantCode, RegisterApp, exchange_code, grant_code, register_app
from fediprof.oauth.records import OUT_OF_BAND, App
from fediprof.posts.commands import PublishPost, publish_post
from fediprof.principal import Member
from fediprof.services import Services
from tests.conftest import make_member
from tests.web.test_writing import picture

pytestmark = pytest.mark.anyio
PASSWORD = "a sentence is long enough"


async def test_a_page_is_changed_and_shown(services, marie, member, visitor) -> None:
    await member.open("/settings/profile")
    await member.press(
        "/settings/profile",
        files={"icon": picture()},
        name="Marie D.",
        summary="I mend things.",
        field__name__1="Site",
        field__value__1="https://marie.example/",
        discoverable="1",
    )
    await visitor.open("/@marie")
    assert visitor.page.h1.get_text() == "Marie D."
    assert "I mend things." in visitor.text
    face = visitor.page.select_one(".u-photo")["src"]
    assert (await visitor.client.get(face)).headers["content-type"].startswith("image/")
    # what is set stays set, what is not ticked is off
    await member.open("/settings/profile")
    values = member.values(member.form("/settings/profile"))
    assert values["field-value-1"] == ["https://marie.example/"]
    assert "discoverable" in values
    assert "locked" not in values
    await member.press("/settings/profile", remove_icon="1", discoverable=None)
    assert (await services.read(lambda tx: actors.by_id(tx, marie.actor_id))).icon is None


async def test_a_picture_that_cannot_be_read_changes_nothing(services, marie, member) -> None:
    await member.open("/settings/profile")
    await member.press("/settings/profile", files={"icon": b"GIF89a nothing"}, name="Other")
    assert member.status == 422
    assert member.page.select_one("#f-name")["value"] == "Other"
    assert (await services.read(lambda tx: actors.by_id(tx, marie.actor_id))).name == "Marie"


async def test_language_and_usual_readers_are_kept(services, marie, member) -> None:
    await member.open("/settings/account")
    await member.press("/settings/account", language="fr", visibility="followers")
    assert member.page.html["lang"] == "fr"
    await member.open("/write")
    values = member.values(member.form("/write"))
    assert (values["language"], values["visibility"]) == (["fr"], ["followers"])


async def let_in(services: Services, by: Member, app: App, *words: str) -> str:
    """A code an app may buy a token with."""
    return await services.perform(grant_code, GrantCode(by, app.id, OUT_OF_BAND, words))


async def bought(services: Services, app: App, code: str) -> str | None:
    issued = await services.perform(exchange_code, ExchangeCode(app.id, True, code, OUT_OF_BAND))
    return None if issued is None else issued.secret


async def test_apps_are_listed_with_what_they_may_do_and_withdrawn(services, marie, member, client) -> None:
    await member.open("/settings/apps")
    assert "No app uses your account." in member.text
    # Given an app on Marie's telephone and tablet, asking to come in a third time, and on Paul's; and another one
    asked = RegisterApp("Tusk <b>", (OUT_OF_BAND,), "read write", "https://tusk.example")
    tusk = (await services.perform(register_app, asked)).app
    elk = (await services.perform(register_app, RegisterApp("Elk", (OUT_OF_BAND,), "profile"))).app
    paul = await make_member(services, "paul")
    phone = await bought(services, tusk, await let_in(services, marie, tusk, "read", "write:statuses"))
    tablet = await bought(services, tusk, await let_in(services, marie, tusk, "read"))
    third = await let_in(services, marie, tusk, "read")
    pauls = await bought(services, tusk, await let_in(services, paul, tusk, "read"))
    used = await bought(services, elk, await let_in(services, marie, elk, "profile"))

    async def answered(*tokens: str) -> list[int]:
        url = "/api/v1/accounts/verify_credentials"
        return [(await client.get(url, headers={"authorization": f"Bearer {each}"})).status_code for each in tokens]

    assert await answered(used) == [200]
    # When she looks, then each app is there once, with what it is for and whether it was used
    await member.open("/settings")
    await member.open(member.page.find("a", href="/settings/apps")["href"])
    rows = {row.strong.get_text(): " ".join(row.get_text(" ").split()) for row in member.page.select("main .row")}
    assert list(rows) == ["Elk", "Tusk <b>"]
    assert "last used" in rows["Elk"]
    assert "not used yet" in rows["Tusk <b>"]
    assert "Read what you can read" in rows["Tusk <b>"]
    assert "(write:statuses)" in rows["Tusk <b>"]
    assert "See your name" not in rows["Tusk <b>"]
    # When she withdraws the first, then it is out everywhere, and nobody else is
    await member.press(f"/settings/apps/{tusk.id}/withdraw")
    assert "can no longer use your account" in member.text
    assert [row.strong.get_text() for row in member.page.select("main .row")] == ["Elk"]
    assert await answered(phone, tablet, pauls, used) == [401, 401, 200, 200]
    assert await bought(services, tusk, third) is None


async def test_other_addresses_are_named_and_a_move_needs_the_other_side(services, marie, member, remote) -> None:
    paul = remote("paul")
    await member.open("/settings/move")
    await member.press("/settings/aliases", handles="@paul@far.example")
    assert paul.iri in member.text
    await member.press("/settings/aliases", handles="@nobody@far.example")
    assert member.status == 422
    assert "@nobody@far.example was not found" in member.page.select_one("#e-handles").get_text()
    await member.press("/settings/move", target="@paul@far.example")
    assert "First name" in member.page.select_one("#e-target").get_text()


async def test_a_move_and_a_deletion_ask_for_the_password(services, marie, member, remote) -> None:
    await services.perform(set_password, SetPassword(marie, None, PASSWORD))
    remote("paul", alsoKnownAs=[services.here().actor("marie")])
    await member.open("/settings/move")
    await member.press("/settings/move", target="@paul@far.example", password="wrong")
    assert "not your present password" in member.text
    assert (await services.read(lambda tx: actors.by_id(tx, marie.actor_id))).moved_to is None
    await member.press("/settings/move", target="@paul@far.example", password=PASSWORD)
    assert "being told where you moved" in member.text
    await member.open("/settings/data")
    await member.press("/settings/delete", confirm="marie", password="wrong")
    assert member.status == 422


async def test_a_moved_persons_page_says_where(services, marie, member, remote, visitor) -> None:
    paul = remote("paul", alsoKnownAs=[services.here().actor("marie")])
    await member.open("/settings/move")
    await member.press("/settings/move", target="@paul@far.example")
    await visitor.open("/@marie")
    assert "has moved" in visitor.text
    assert "Follow from my account" not in visitor.text
    assert visitor.page.select_one(".honest a")["href"] in (paul.iri, f"https://far.example/@{paul.name}")


async def test_everything_can_be_taken_along(services, marie, member, remote) -> None:
    # Given a member with a post with a picture, a like and somebody followed
    await member.open("/write")
    await member.press(
        "/write", text="My story", visibility="followers", files={"file-1": picture()}, alt__new__1="x"
    )
    paul = await make_member(services, "paul")
    liked = await services.perform(publish_post, PublishPost(paul, "Well said", "public"))
    await services.perform(like_post, React(marie, liked.id))
    await member.open(f"/people/{paul.actor_id}")
    await member.open("/@paul")
    await member.press("/follow")
    # When she asks for her data
    await member.open("/settings/data")
    form = member.form("/settings/export")
    answer = await member.client.post("/settings/export", data=member.values(form), headers={"Origin": member.origin})
    # Then all of it is there, readable
    assert answer.headers["content-disposition"].startswith('attachment; filename="marie-')
    packed = zipfile.ZipFile(io.BytesIO(answer.content))
    outbox = json.loads(packed.read("outbox.json"))
    assert outbox["type"] == "OrderedCollection"
    assert [each["type"] for each in outbox["orderedItems"]] == ["Create"]
    assert "My story" in outbox["orderedItems"][0]["object"]["content"]
    assert json.loads(packed.read("actor.json"))["preferredUsername"] == "marie"
    assert json.loads(packed.read("likes.json"))["orderedItems"] == [liked.iri]
    assert packed.read("following.csv").decode().splitlines() == [
        "Account address,Show boosts",
        "paul@home.example,true",
    ]
    assert len([name for name in packed.namelist() if name.startswith("media/")]) == 1


async def test_leaving_deletes_the_page_for_good(services, marie, member, visitor) -> None:
    await member.open("/settings/data")
    await member.press("/settings/delete", confirm="mari")
    assert member.status == 422
    await member.press("/settings/delete", confirm="marie")
    assert "Your account was deleted" in member.text
    await visitor.open("/@marie")
    assert visitor.status == 410
    assert await services.read(lambda tx: accounts.by_id(tx, marie.account_id)) is None


async def test_an_author_sees_where_a_post_arrived(services, marie, member, remote, drain, network) -> None:
    remote("paul")
    remote("anna", "slow.example")
    network.answers["slow.example"] = [503]
    await member.open("/write")
    await member.press("/write", text="@paul@far.example @anna@slow.example hello")
    post_path = member.path
    await drain()
    await member.open(post_path)
    await member.open(member.page.find("a", string="Where did it arrive?")["href"])
    rows = {row.strong.get_text(): row.get_text(" ") for row in member.page.select("tbody tr")}
    assert "Arrived" in rows["far.example"]
    assert "202" in rows["far.example"]
    assert "will be tried again" in rows["slow.example"]
    assert "Too busy or broken (503)" in rows["slow.example"]
    # and who runs the server sees the same per server
    await member.open("/admin/deliveries")
    assert "slow.example" in member.text
    assert "Failed once" in member.text


async def test_only_who_runs_the_server_opens_its_page(services, marie, visitor) -> None:
    await make_member(services, "paul")
    await visitor.log_in(services, "paul")
    await visitor.open("/admin")
    assert visitor.status == 403
    await visitor.open("/settings")
    assert visitor.page.find("a", href="/admin") is None


async def test_a_server_is_kept_out_and_let_in_again(services, marie, member) -> None:
    await member.open("/admin/domains")
    await member.press("/admin/domains", domain="not a name")
    assert "not the name of another server" in member.page.select_one("#e-domain").get_text()
    await member.press("/admin/domains", domain="spam.example", comment="Spam")
    await member.press("/admin/domains/apply")
    assert "spam.example" in member.page.select_one(".rows").get_text()
    await member.press("/admin/domains/remove")
    await member.press("/admin/domains/remove", "Take it back")
    assert "spam.example" not in member.page.select_one("main").get_text()
