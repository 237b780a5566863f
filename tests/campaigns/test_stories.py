"""The same first message to many, through the real doors: who got it, who sends it, and whoever runs the server (story C8)."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from fediprof import clock
from fediprof.as2.names import MEDIA_TYPE
from fediprof.campaigns.commands import DismissCampaign, TellServer, dismiss_campaign, tell_server
from fediprof.errors import NotAllowed
from fediprof.follows.commands import RequestFollow, request_follow
from fediprof.posts.commands import PublishPost, publish_post
from fediprof.schema.campaigns import campaign, campaign_band, campaign_copy
from fediprof.signatures import keys, verify
from fediprof.signatures.message import SignableRequest
from tests.campaigns.conftest import NAMES
from tests.campaigns.texts import ENGLISH, NOTE, OWNS, TEMPLATE, UNLIKE, template
from tests.web.reader import Reader

pytestmark = pytest.mark.anyio

MEMBERS = NAMES[1:]
LABEL = "About the same text went to 4 members here."
HEAD = "What is written only for you"


async def open_talk(reader: Reader, with_: str) -> Reader:
    await reader.open("/conversations")
    link = next(each for each in reader.page.select("main a[href^='/conversations/']") if with_ in each.get_text())
    return await reader.open(link["href"])


def kept(tx) -> bytes:  # type: ignore[no-untyped-def]
    """Every byte of the tables, as text and as it is."""
    rows = [tuple(row) for table in (campaign, campaign_band, campaign_copy) for row in tx.execute(select(table))]
    return repr(rows).encode() + b"".join(cell for row in rows for cell in row if isinstance(cell, bytes))


def words_of(text: str) -> set[bytes]:
    return {word.encode() for word in text.replace("’", " ").split() if len(word) > 6 and word.isalpha()}


async def test_a_campaign_is_seen_told_and_written_about(
    services, people, remote, paul, write, read_by, network, drain
) -> None:
    claire = remote("claire", "kind.example")
    # Given Paul, who writes about the same to four members, and Claire, who greets each of them
    for n, name in enumerate(MEMBERS):
        await write(paul, name, template(name, OWNS[name], figure=40 + n))
        await write(claire, name, NOTE.format(name=name, signed="Claire"))
    # Then each reads so, and the sentence that is theirs alone; never who else
    readers = {name: await read_by(name) for name in MEMBERS}
    for name, reader in readers.items():
        await open_talk(reader, "Paul")
        assert LABEL in reader.text, name
        label = reader.page.find("aside", attrs={"aria-label": "About this message"})
        assert label is not None
        said = " ".join(label.get_text(" ").split())
        own = [each.get_text() for each in label.find_all("li")]
        assert own == ([OWNS[name]] if OWNS[name] else [])
        assert (HEAD in said) == bool(OWNS[name])
        assert ("No sentence of it is written only for you." in said) == (not OWNS[name])
        assert not [other for other in MEMBERS if other in said.lower()]
    # nobody was stopped, silenced or reported by it
    assert not network.activities("Flag")
    # When Marie looks at the console
    keeper = await read_by("marie")
    await keeper.open("/admin/campaigns")
    page = keeper.answer.content
    assert [each.get_text() for each in keeper.page.find_all("h2")] == ["recruits.example"]
    assert "Members reached 4" in keeper.text
    assert "@paul@recruits.example" in keeper.text
    # and writes to those who run Paul's server, with a finger that presses twice
    await keeper.open(keeper.page.find("a", string="Write to its admin")["href"])
    form = keeper.values(keeper.form("", "Send"))
    proposed = form["words"][0]
    page += keeper.answer.content
    assert "4 members of home.example" in proposed
    assert "https://recruits.example/users/paul" in proposed
    path = keeper.path
    await keeper.press("", "Send", words=proposed)
    assert "Those who run recruits.example were written to" in keeper.text
    assert "by @marie" in keeper.text
    again = await keeper.client.post(
        path, data={name: values[0] for name, values in form.items()}, headers={"Origin": keeper.origin}
    )
    assert again.status_code == 303
    await drain()
    # Then one report arrives there, signed by this server, about the account alone
    flags = [each for each in network.delivered if each.activity["type"] == "Flag"]
    assert len(flags) == 1
    flag = flags[0]
    assert flag.url.startswith("https://recruits.example/")
    assert flag.activity["actor"] == "https://home.example/actor"
    assert flag.activity["object"] == paul.iri
    assert flag.activity["content"].replace("\r", "") == proposed.replace("\r", "")
    document = (await keeper.client.get("/actor", headers={"Accept": MEDIA_TYPE})).json()
    believed(flag, document["publicKey"])
    await keeper.open("/admin/campaigns")
    assert "Arrived" in keeper.text
    page += keeper.answer.content
    # Neither page, table nor report holds a word of it, or who got it
    tables = await services.read(kept)
    for word in words_of(TEMPLATE) | {each for own in OWNS.values() for each in words_of(own)}:
        for where, held in (("page", page), ("tables", tables), ("flag", flag.body)):
            assert word not in held, (where, word)
    for name in MEMBERS:
        for held in (page, tables, flag.body):
            assert name.encode() not in held.lower(), name
            assert str(people[name].actor_id).encode() not in held
    # and dismissed, the label is gone; taken back, it is there again
    await keeper.press("/dismiss", "Dismiss")
    await open_talk(readers["leonard"], "Paul")
    assert "About the same text" not in readers["leonard"].text
    assert "Dismissed on" in keeper.text
    await keeper.press("/dismiss", "Show the label again")
    await open_talk(readers["leonard"], "Paul")
    assert LABEL in readers["leonard"].text


def believed(sent, key: dict[str, str]) -> None:  # type: ignore[no-untyped-def]
    """As the other server checks it: the signature holds under the published key of the server's own actor."""
    headers = {"host": urlsplit(sent.url).netloc} | {name.lower(): value for name, value in sent.headers.items()}
    request = SignableRequest("POST", sent.url, headers, sent.body)
    known = keys.public_from_pem(key["id"], key["owner"], key["publicKeyPem"])
    verify.prove(request, verify.claim(request), known, clock.now())


async def test_short_notes_and_texts_with_little_in_common_are_no_campaign(
    services, people, paul, write, read_by
) -> None:
    for name in MEMBERS:
        await write(paul, name, NOTE.format(name=name, signed="Paul"))
    for name, text in zip(MEMBERS, (TEMPLATE, UNLIKE, ENGLISH, TEMPLATE), strict=True):
        await write(paul, name, template(name, text=text))
    reader = await read_by("leonard")
    await open_talk(reader, "Paul")
    assert "About the same text" not in reader.text
    keeper = await read_by("marie")
    await keeper.open("/admin/campaigns")
    assert "recruits.example" not in keeper.text


async def test_several_accounts_of_one_server_are_one_campaign_and_two_servers_are_two(
    services, people, remote, write, read_by
) -> None:
    for n, name in enumerate(("leonard", "isabelle", "zoraide")):
        await write(remote(f"agent{n}", "recruits.example"), name, template(name, signed=f"Agent {n}"))
    await write(remote("other", "elsewhere.example"), "olympe", template("olympe"))
    keeper = await read_by("marie")
    await keeper.open("/admin/campaigns")
    assert len(keeper.page.find_all("article")) == 1
    assert "Members reached 3" in keeper.text
    for n in range(3):
        assert f"@agent{n}@recruits.example" in keeper.text
    reader = await read_by("olympe")
    await open_talk(reader, "Other")
    assert "About the same text" not in reader.text
    # all three accounts are reported, each by itself
    await keeper.open(keeper.page.find("a", string="Write to its admin")["href"])
    await keeper.press("", "Send", words="  ")
    assert keeper.status == 422
    await keeper.press("", "Send", words="Please look.")
    assert "Sent." in keeper.page.get_text()


async def test_whoever_was_written_back_to_is_no_stranger(services, people, paul, write, drain, read_by) -> None:
    # Given Isabelle and Zoraïde, who wrote to Paul before; one in public
    handle = "@paul@recruits.example"
    await services.perform(publish_post, PublishPost(people["isabelle"], f"{handle} Bonjour", "direct"))
    await services.perform(publish_post, PublishPost(people["zoraide"], f"{handle} Bonjour", "public"))
    for name in MEMBERS:
        await write(paul, name, template(name))
    # Then of four copies two are first messages
    assert await reached(services) == [2]
    # and one who writes again without an answer has not talked
    await write(paul, "leonard", "Bonjour, un mot encore")
    for name in ("marie", "leonard"):
        await write(paul, name, template(name, "Encore moi."))
    assert await reached(services) == [3]


async def reached(services) -> list[int]:  # type: ignore[no-untyped-def]
    return list(await services.read(lambda tx: tx.execute(select(campaign.c.reached)).scalars().all()))


async def test_groups_asks_introductions_and_what_several_read_are_not_compared(
    services, people, remote, write, drain, paul
) -> None:
    text = template("vous")
    here = services.here()
    ends = "2099-01-01T00:00:00Z"
    for name in MEMBERS:
        await write(paul, name, text, **{"fp:introduction": {"expires": ends}})
        await write(paul, name, text, **{"fp:ask": {"entries": [f"https://home.example/@{name}/e/abcd"]}})
        await services.perform(
            publish_post, PublishPost(people["marie"], f"@{name} {text}", "direct", terms={"fp:ask": {}})
        )
    club = remote("club", "lemmy.example", type="Group")
    known = await services.resolver.actor(club.iri)
    await services.perform(request_follow, RequestFollow(people["marie"], known.id))
    for name in MEMBERS:
        await write(club, name, text)
    everybody = tuple(here.actor(name) for name in MEMBERS)
    assert (await paul.send(paul.create(paul.note(f"<p>{text}</p>", to=everybody)))).status_code == 202
    await drain()
    await services.perform(publish_post, PublishPost(people["marie"], f"@leonard @isabelle {text}", "direct"))
    await services.perform(publish_post, PublishPost(people["marie"], f"@leonard {text}", "public"))
    assert await reached(services) == []
    # terms without anything to them are no way around, nor is a group that nobody here is in
    spam = remote("spam", "spam.example", type="Group")
    for name in MEMBERS:
        await write(spam, name, text)
    assert await reached(services) == [4]
    for name in MEMBERS:
        await write(
            paul, name, text, **{"fp:ask": {"entries": []}, "fp:introduction": {}, "fp:grant": {"expires": 1}}
        )
    assert await reached(services) == [4, 4]


async def test_with_fewer_than_three_members_nothing_that_comes_in_is_compared(
    services, marie, paul, write, client
) -> None:
    for _ in range(4):
        await write(paul, "marie", template("marie"))
    assert await reached(services) == []
    page = await client.get("/limits", headers={"Accept": "text/html"})
    assert "With fewer than three members here, nothing that comes in is compared." in page.text


async def test_a_message_that_changes_into_the_template_is_compared_then(services, people, paul, drain) -> None:
    for name in MEMBERS:
        to = services.here().actor(name)
        note = paul.note("<p>Bonjour</p>", to=(to,), tag=[{"type": "Mention", "href": to, "name": f"@{name}"}])
        await paul.send(paul.create(note))
        await drain()
        later = {**note, "content": f"<p>{template(name)}</p>", "updated": "2099-01-01T00:00:00Z"}
        await paul.send(paul.activity("Update", later, to=note["to"], cc=[]))
        await drain()
    assert await reached(services) == [4]


# --- a member's own


async def test_a_member_is_told_before_the_third_about_the_same_and_may_send_it(
    services, people, remote, read_by, network, drain
) -> None:
    far = [remote("anna", "far.example"), remote("bob", "far.example")]
    marie = await read_by("marie")

    async def send(handle: str, text: str, **more: str) -> Reader:
        await marie.open("/write")
        return await marie.press("/write", text=f"@{handle} {text}", visibility="direct", **more)

    await send(far[0].handle, template("Anna"))
    assert marie.path.startswith("/conversations/")
    await send(far[1].handle, template("Bob"))
    assert marie.path.startswith("/conversations/")
    # Then the third is asked about once, with nothing lost
    await send("leonard", template("Léonard", "Vos ponts me plaisent."), warning="Travail")
    assert marie.path == "/write"
    assert "You wrote about the same first message to 2 other people." in marie.text
    assert "Vos ponts me plaisent." in marie.page.find(id="f-text").get_text()
    assert marie.page.find(id="f-warning")["value"] == "Travail"
    # and pressing "Publish" asks again, as long as it is about the same
    await marie.press("/write")
    assert marie.path == "/write"
    await marie.press("/write", "Send all the same", same="1")
    assert marie.path.startswith("/conversations/")
    # Her own message tells what others read, and whom to ask
    assert "About the same text went to 3 people." in marie.text
    assert "tell whoever runs this server" in marie.text
    leonard = await read_by("leonard")
    await open_talk(leonard, "Marie")
    assert "About the same text went to 3 people." in leonard.text
    assert [each.get_text() for each in leonard.page.select("aside li")] == ["Vos ponts me plaisent."]
    # to somebody she talks with, or in other words, nothing is asked
    await services.perform(publish_post, PublishPost(people["isabelle"], "@marie Bonjour", "direct"))
    await send("isabelle", template("Isabelle"))
    assert marie.path.startswith("/conversations/")
    await send("zoraide", template("Zoraïde", text=UNLIKE))
    assert marie.path.startswith("/conversations/")
    await marie.open("/write")
    await marie.press("/write", text=template("tous"), visibility="public")
    assert marie.path != "/write"
    # The console leads to her page, and has nobody to write to
    await marie.open("/admin/campaigns")
    assert "A member of this server" in marie.text
    assert marie.page.find("a", href=f"/admin/people/{people['marie'].actor_id}") is not None
    assert "Write to the admin" not in marie.text
    number = (await services.read(lambda tx: tx.execute(select(campaign.c.id)).scalars().all()))[0]
    assert (await marie.open(f"/admin/campaigns/{number}")).status == 404


async def test_only_those_who_run_the_server_see_or_decide(services, people, paul, write, read_by) -> None:
    for name in MEMBERS:
        await write(paul, name, template(name))
    number = (await services.read(lambda tx: tx.execute(select(campaign.c.id)).scalars().all()))[0]
    leonard, marie = await read_by("leonard"), await read_by("marie")
    for path in ("/admin/campaigns", f"/admin/campaigns/{number}"):
        assert (await leonard.open(path)).status in (403, 404)
    token = leonard.values((await leonard.open("/settings")).form("/logout"))["token"][0]
    for path in (f"/admin/campaigns/{number}", f"/admin/campaigns/{number}/dismiss"):
        answer = await leonard.client.post(
            path, data={"token": token, "words": "x"}, headers={"Origin": leonard.origin}
        )
        assert answer.status_code in (403, 404)
    assert await services.read(lambda tx: tx.execute(select(campaign.c.dismissed_at)).scalars().all()) == [None]
    for command, asked in (
        (dismiss_campaign, DismissCampaign(people["leonard"], number)),
        (tell_server, TellServer(people["leonard"], number, "x")),
    ):
        with pytest.raises(NotAllowed):
            await services.perform(command, asked)
    for wrong in ("0", "999999999999999999"):
        assert (await marie.open(f"/admin/campaigns/{wrong}")).status == 404
