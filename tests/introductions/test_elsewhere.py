"""Introductions to people of other servers: the private message that asks, and the word that answers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from fediprof import clock
from fediprof.conversations import store as conversations
from fediprof.introductions import rules
from fediprof.introductions.commands import WithdrawIntroduction, withdraw
from fediprof.schema.introductions import introduction_party
from fediprof.schema.posts import post
from fediprof.text.html import plain
from tests.introductions.conftest import (
    WHY,
    actor_id,
    asked_by_message,
    ended,
    kept,
    proposed,
    questions,
    replies,
    said,
    told,
    words_of,
)

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("text", "says", "alone"),
    [
        ("oui", "yes", True),
        ("@marie Oui !", "yes", True),
        ("@marie@home.example YES.", "yes", True),
        ("non merci", "no", True),
        ("No", "no", True),
        ("oui, avec plaisir", "yes", True),
        ("Non, je n’ai pas le temps avant mars.", "no", False),
        ("no problem, go ahead", None, False),
        ("No worries", None, False),
        ("nonetheless", None, False),
        ("ouistiti", None, False),
        ("I say yes", None, False),
        ("", None, False),
        ("@marie", None, False),
        ("123", None, False),
    ],
)
def test_the_first_word_of_a_reply_is_the_answer(text: str, says: str | None, alone: bool) -> None:
    assert rules.said_in(text) == (says, alone)


async def answers(services, number: int) -> dict[str, str]:  # type: ignore[no-untyped-def]
    query = select(introduction_party).where(introduction_party.c.introduction_id == number)
    rows = (await services.read(lambda tx: tx.execute(query).all())) or []
    return {row.place: row.answer for row in rows}


async def direct_posts(services) -> list[str]:  # type: ignore[no-untyped-def]
    query = select(post.c.content).where(post.c.visibility == "direct").order_by(post.c.id)
    return list(await services.read(lambda tx: tx.execute(query).scalars().all()))


async def test_two_of_two_servers_say_yes_in_their_own_apps(services, marie, paul, zoe, network, drain) -> None:
    asked = await proposed(services, marie, paul.handle, zoe.handle)
    await drain()
    # Then each has one private message: the words, the other's name and handle, and nothing of what the other has
    for person, other in ((paul, zoe), (zoe, paul)):
        note = asked_by_message(network, person)
        assert note["to"] == [person.iri]
        assert note["cc"] == []
        assert [each["href"] for each in note["tag"]] == [person.iri]
        text = words_of(note["content"])
        assert WHY in text
        assert f"@{other.handle}" in text
        assert f"https://home.example/introductions/{asked.id}" in text
    # it is no post: the proposer's conversations have nothing, asked or held
    assert await direct_posts(services) == []
    # When both answer in one word
    await replies(paul, services, drain, asked_by_message(network, paul), "oui")
    assert (await answers(services, asked.id)) == {"one": "yes", "two": ""}
    assert await direct_posts(services) == []
    assert await told(services, marie.actor_id) == []
    await replies(zoe, services, drain, asked_by_message(network, zoe), "Yes, please!")
    # Then one message goes to both, in which both are named
    assert (await kept(services, asked.id)).state == "opened"
    sent = [each for each in network.delivered if each.activity["type"] == "Create"][-2:]
    assert {each.url.split("/")[2] for each in sent} == {paul.host, zoe.host}
    for each in sent:
        note = each.activity["object"]
        assert set(note["to"]) == {paul.iri, zoe.iri}
        assert {tag["href"] for tag in note["tag"]} == {paul.iri, zoe.iri}
        assert WHY in words_of(note["content"])
    (thread,) = await services.read(lambda tx: conversations.threads(tx, marie.actor_id, limit=9))
    assert {each.username for each in thread.people} == {"paul", "zoe"}
    # and what they write in it reaches Marie as any message does
    await replies(paul, services, drain, sent[0].activity["object"], "non mais quelle bonne idée")
    assert "bonne idée" in (await direct_posts(services))[-1]


async def test_a_no_by_a_word_reaches_nobody(services, marie, leo, paul, network, drain) -> None:
    asked = await proposed(services, marie, "leo", paul.handle)
    await drain()
    network_before = len(network.delivered)
    seen = await questions(services, leo.actor_id, clock.now())
    await replies(paul, services, drain, asked_by_message(network, paul), "Non")
    assert (await kept(services, asked.id)).state == "ended"
    assert await direct_posts(services) == []
    assert await told(services, marie.actor_id) == [("introduction.ended", "instance.actor")]
    assert await questions(services, leo.actor_id, clock.now()) == [
        type(each)(await kept(services, asked.id), each.by, each.other, each.answer) for each in seen
    ]
    await said(services, leo.actor_id, asked.id, "yes")
    await drain()
    assert len(network.delivered) == network_before


async def test_a_reply_that_says_more_counts_and_is_a_message_too(services, marie, leo, paul, network, drain) -> None:
    asked = await proposed(services, marie, "leo", paul.handle)
    await drain()
    question = asked_by_message(network, paul)
    await replies(paul, services, drain, question, "Who is that? I would like to know first.")
    assert (await answers(services, asked.id))["two"] == ""
    assert "Who is that?" in (await direct_posts(services))[0]
    # further down in the same conversation a word still answers
    mine = (await services.read(lambda tx: tx.execute(select(post.c.iri)).scalars().all()))[0]
    await replies(paul, services, drain, {"id": mine}, "oui")
    assert (await answers(services, asked.id))["two"] == "yes"
    assert len(await direct_posts(services)) == 1


async def test_only_from_who_was_asked_and_only_there(services, marie, leo, paul, zoe, network, drain) -> None:
    asked = await proposed(services, marie, "leo", paul.handle)
    await drain()
    question = asked_by_message(network, paul)
    # another person, the right conversation
    await replies(zoe, services, drain, question, "oui")
    # the right person, another conversation; and not in private
    await replies(paul, services, drain, {"id": "https://home.example/p/nothing"}, "oui")
    public = "https://www.w3.org/ns/activitystreams#Public"
    await replies(paul, services, drain, question, "oui", to=(services.here().actor("marie"), public))
    assert (await answers(services, asked.id)) == {"one": "", "two": ""}


async def test_a_word_that_comes_too_late_is_shown_to_nobody(
    services, marie, leo, paul, network, drain, later
) -> None:
    asked = await proposed(services, marie, "leo", paul.handle)
    await drain()
    later(timedelta(days=14, seconds=1))
    await ended(services)
    await replies(paul, services, drain, asked_by_message(network, paul), "oui")
    assert await direct_posts(services) == []
    assert (await answers(services, asked.id))["two"] == ""


async def test_the_same_word_twice_is_one_answer(services, marie, leo, paul, network, drain) -> None:
    asked = await proposed(services, marie, "leo", paul.handle)
    await drain()
    for _ in range(2):
        await replies(paul, services, drain, asked_by_message(network, paul), "oui")
    await said(services, leo.actor_id, asked.id, "yes")
    assert (await kept(services, asked.id)).state == "opened"


async def test_a_question_taken_back_is_deleted_where_it_went(services, marie, paul, zoe, network, drain) -> None:
    asked = await proposed(services, marie, paul.handle, zoe.handle)
    await drain()
    note = asked_by_message(network, paul)
    await services.perform(withdraw, WithdrawIntroduction(marie, asked.id))
    await drain()
    gone = network.activities("Delete")
    assert note["id"] in [each["object"]["id"] for each in gone]
    assert {tuple(each["to"]) for each in gone} == {(paul.iri,), (zoe.iri,)}
    await replies(paul, services, drain, note, "oui")
    assert await direct_posts(services) == []


async def test_the_questions_address_gives_nothing_out(services, client, marie, paul, leo, network, drain) -> None:
    await proposed(services, marie, "leo", paul.handle)
    await drain()
    iri = asked_by_message(network, paul)["id"]
    for person in (None, paul):
        path = iri.removeprefix("https://home.example")
        answer = await (
            person.get(path) if person else client.get(path, headers={"Accept": "application/activity+json"})
        )
        assert answer.status_code == 404
    assert await actor_id(services, paul)


async def test_servers_of_this_kind_show_two_buttons(services, marie, member, paul, network, drain) -> None:
    """A question that came from one; the word that is sent is what the other server reads."""
    until = clock.rfc3339(clock.now() + timedelta(days=14))
    me = services.here().actor("marie")
    tag = [{"type": "Mention", "href": me, "name": "@marie@home.example"}]
    terms = {"fp:introduction": {"with": "https://far.example/users/zoe", "expires": until}}
    note = paul.note("<p>@marie Puis-je ?</p>", to=(me,), tag=tag, **terms)
    await paul.send(paul.create(note))
    await drain()
    await member.open("/conversations")
    link = next(each["href"] for each in member.page.find_all("a") if each["href"].startswith("/conversations/"))
    await member.open(link)
    await member.press("/introduction", "Yes, introduce us")
    assert "Your answer is kept" in member.text
    assert not [each for each in member.page.find_all("form") if each["action"].endswith("/introduction")]
    await drain()
    reply = network.activities("Create")[-1]["object"]
    assert reply["inReplyTo"] == note["id"]
    assert reply["to"] == [paul.iri]
    assert rules.said_in(plain(reply["content"])) == ("yes", True)


async def test_what_is_sent_carries_the_term(services, marie, leo, paul, network, drain) -> None:
    await proposed(services, marie, "leo", paul.handle)
    await drain()
    term = asked_by_message(network, paul)["fp:introduction"]
    assert term["with"] == services.here().actor("leo")
    assert term["expires"] > clock.rfc3339(clock.now() + timedelta(days=13))


@pytest.mark.parametrize("term", ["yes", {}, {"expires": 7}, {"expires": "2020-01-01T00:00:00Z"}, ["x"]])
async def test_a_term_that_says_nothing_makes_no_buttons(services, marie, member, paul, drain, term) -> None:
    me = services.here().actor("marie")
    note = paul.note("<p>@marie</p>", to=(me,), **{"fp:introduction": term})
    assert (await paul.send(paul.create(note))).status_code == 202
    await drain()
    await member.open("/conversations")
    link = next(each["href"] for each in member.page.find_all("a") if each["href"].startswith("/conversations/"))
    assert (await member.open(link)).status == 200
    assert "Yes, introduce us" not in member.text
