"""Stories of a community's admin, through the pages and through what other servers send and are sent."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from fediprof.actors import store as actors
from fediprof.groups import store
from fediprof.posts import store as posts
from tests.conftest import make_member
from tests.groups.test_intake import created
from tests.support.remote import PUBLIC
from tests.web.in_a_group import begin, join

pytestmark = pytest.mark.anyio
CHARTER = {
    "username": "industrie",
    "name": "Industrie",
    "description": "Pour celles et ceux de l’industrie.",
    "rules": "Name the pay range\nA named human answers\nAnswer within ten days\nAt most three offers a month",
    "membership": "open",
    "posting": "everyone",
}


async def found(member) -> Any:  # type: ignore[no-untyped-def]
    await member.open("/groups/new")
    await member.press("/groups/new", "Start the group", **CHARTER)
    assert "The group is there." in member.text
    return member


async def test_c1_who_runs_the_server_founds_a_group_and_others_only_where_it_says_so(
    services, member, browse
) -> None:
    # Given the setting as it comes: those who run the server
    await make_member(services, "paul", name="Paul")
    paul = await browse("paul")
    await paul.open("/groups")
    assert not paul.page.find("a", href="/groups/new")
    await paul.open("/groups/new")
    assert "On this server only those who run it start groups" in paul.text
    # When Marie founds one, with a charter in their language; what is wrong is told, and nothing lost
    await member.open("/groups/new")
    await member.press("/groups/new", "Start the group", **{**CHARTER, "username": "marie"})
    assert member.status == 409 or member.status == 422
    assert "This name is taken" in member.text
    assert "At most three offers a month" in member.page.find("textarea", id="f-rules").get_text()
    await member.press("/groups/new", "Start the group", username="industrie")
    assert member.path == "/@industrie"
    # Then it says all of it to anybody
    for words in ("Industrie", "Moderated by Marie", "Name the pay range", "First posts of newcomers wait"):
        assert words in member.text, words


async def test_c2_first_posts_of_newcomers_are_held_and_rules_are_named(
    services, marie, member, remote, drain, visitor
) -> None:
    await found(member)
    industrie = SimpleNamespace(actor=await services.read(_named("industrie")))
    paul = remote("paul", "lemmy.example")
    assert (await paul.send(created(paul, industrie, 1))).status_code == 202
    await drain()
    await visitor.open("/@industrie")
    assert "Title 1" not in visitor.text
    await member.open("/notifications")
    assert "wrote something that waits for you" in member.text
    await member.open("/@industrie/queue")
    assert "Ten years of ETL." in member.text
    await member.press("", "Let it in")
    # Then it is in the group, and the next at once
    assert (await paul.send(created(paul, industrie, 2))).status_code == 202
    await drain()
    await visitor.open("/@industrie")
    assert "Title 1" in visitor.text
    assert "Title 2" in visitor.text
    # and an offer without its pay is taken out by rule 1, which the log names
    number = (await services.read(_post(f"https://{paul.host}/post/2"))).id
    await member.open(f"/posts/{number}/moderate")
    await member.press("/moderate", "Take it out", rule="1")
    await visitor.open("/@industrie")
    assert "Title 2" not in visitor.text
    await member.open("/@industrie/log")
    assert "Rule 1: Name the pay range" in member.text


async def test_c3_lemmy_reads_titles_mastodon_reads_boosts_and_both_reply_in_one_thread(
    services, member, remote, network, drain, visitor
) -> None:
    await found(member)
    await member.open("/@industrie/settings")
    await member.press("/settings", "Save the charter", hold_newcomers=None)
    group = await services.read(_named("industrie"))
    lemmy, mastodon = remote("paul", "lemmy.example"), remote("lea", "masto.example")
    for person in (lemmy, mastodon):
        await person.send(person.activity("Follow", group.iri))
    await drain()
    network.delivered.clear()
    # When Marie begins a thread by the page
    await member.open(f"/groups/{group.id}/begin")
    await member.press("/begin", kind="ask", title="Who plans nights?", text="We *tried* twice.")
    thread, path = await services.read(_post_of(group.id)), member.path
    await drain()
    # Then Lemmy is sent the activity with its title, Mastodon the boost
    wrapped = [each.activity["object"] for each in network.delivered if isinstance(each.activity.get("object"), dict)]
    assert any(inner["type"] == "Create" and inner["object"]["name"] == "Who plans nights?" for inner in wrapped)
    boosts = [each for each in network.delivered if each.activity.get("object") == thread.iri]
    assert any("masto.example" in each.url for each in boosts)
    # and both answer into it
    await lemmy.send(_answer(lemmy, group, thread.iri, 1, "From Lemmy: we did."))
    await mastodon.send(_answer(mastodon, group, thread.iri, 2, "From Mastodon: so did we."))
    await drain()
    await visitor.open(path)
    assert "From Lemmy: we did." in visitor.text
    assert "From Mastodon: so did we." in visitor.text
    # An answer of elsewhere is read whole in the group by who has no account
    await visitor.open("/@industrie")
    assert "2 answers" in visitor.text


async def test_c3_a_thread_of_elsewhere_has_a_page_in_the_group_for_visitors(
    services, member, remote, drain, visitor, browse
) -> None:
    await found(member)
    await member.open("/@industrie/settings")
    await member.press("/settings", "Save the charter", hold_newcomers=None)
    group = await services.read(_named("industrie"))
    lemmy = remote("paul", "lemmy.example")
    await lemmy.send(created(lemmy, SimpleNamespace(actor=group), 7))
    await drain()
    await visitor.open("/@industrie")
    link = visitor.page.select_one(".thread-line h3 a")["href"]
    assert link.startswith("/@industrie/t/")
    await visitor.open(link)
    assert visitor.status == 200
    assert "Ten years of ETL." in visitor.text
    assert visitor.page.select_one(".copyable code").text == f"https://{lemmy.host}/post/7"


async def test_c5_the_unanswered_view_shows_three_questions_until_each_is_answered(
    services, marie, industry, browse
) -> None:
    paul = await make_member(services, "paul", name="Paul")
    await join(services, paul, industry)
    for n in range(3):
        await begin(services, paul, industry, f"Open question {n}")
    await begin(services, paul, industry, "Something told", kind="tell")
    reader = await browse("marie")
    await reader.open("/groups/unanswered")
    links = [each["href"] for each in reader.page.select(".thread-line h3 a")]
    assert len(links) == 3
    for n, link in enumerate(links):
        await reader.open(link)
        await reader.press("/write", "Reply", text=f"@paul A small answer {n}.")
        await reader.open("/groups/unanswered")
        assert len(reader.page.select(".thread-line")) == 2 - n


async def test_c6_a_flag_of_elsewhere_is_seen_decided_told_and_contested(
    services, marie, industry, member, remote, drain, browse
) -> None:
    paul = await make_member(services, "paul", name="Paul")
    await join(services, paul, industry)
    post = await begin(services, paul, industry, "Buy my course", "Only today.")
    reporter = remote("lea", "masto.example")
    flag = reporter.activity("Flag", [f"{services.settings.origin}/u/paul", post.iri])
    assert (await reporter.send(flag | {"content": "Spam, as it seems."})).status_code == 202
    await drain()
    # Then she sees the post, and what was said of it
    await member.open("/@industry/queue")
    assert "Spam, as it seems." in member.text
    assert "Only today." in member.text
    await member.open(member.page.find("a", string="Decide about the post")["href"])
    await member.press("/moderate", "Take it out", rule="2", reason="No advertisement here.")
    await member.open("/@industry/queue")
    await member.press("", "Close the report", decision="It was taken out.")
    # the decision is in the members' log; its author is told, and may contest
    writer = await browse("paul")
    await writer.open("/@industry/log")
    assert "A post was taken out" in writer.text
    assert "A report was decided" in writer.text
    await writer.open("/notifications")
    assert "took out what you wrote" in writer.text
    await writer.open(writer.page.find("a", string="Read the decision")["href"])
    await writer.open(writer.page.select_one(".log .meta a")["href"])
    await writer.press("", "Contest the decision", words="It is free.")
    await member.open("/@industry/queue")
    assert "It is free." in member.text
    # alone, she may answer herself, and it is said so
    await member.press("", "Undo the decision", words="So it is.")
    await writer.open("/@industry")
    assert "Buy my course" in writer.text


def _named(name: str):  # type: ignore[no-untyped-def]
    return lambda tx: actors.local_by_username(tx, name)


def _post(iri: str):  # type: ignore[no-untyped-def]
    return lambda tx: posts.by_iri(tx, iri)


def _post_of(group_id: int):  # type: ignore[no-untyped-def]
    return lambda tx: posts.by_id(tx, store.latest_threads(tx, group_id)[0])


def _answer(person, group, to: str, number: int, text: str) -> dict[str, Any]:  # type: ignore[no-untyped-def]
    note = {
        "id": f"https://{person.host}/note/{number}",
        "type": "Note",
        "attributedTo": person.iri,
        "inReplyTo": to,
        "content": f"<p>{text}</p>",
        "to": [PUBLIC],
        "cc": [group.iri],
        "published": "2026-11-20T10:00:00Z",
    }
    wrapping = {"type": "Create", "id": f"https://{person.host}/create/note/{number}", "actor": person.iri}
    context = {"@context": "https://www.w3.org/ns/activitystreams"}
    return {**context, **wrapping, "to": note["to"], "cc": note["cc"], "object": note}
