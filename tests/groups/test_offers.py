"""What a group asks of offers is held: of who posts from an app that knows no fields, and of members here (stories B9 and C2)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fediprof import clock
from fediprof.errors import Invalid, NotAllowed
from fediprof.groups import offers, posting
from fediprof.groups import store as groups
from fediprof.groups.posting import BeginThread
from fediprof.posts import store as posts
from fediprof.posts.commands import PublishPost, RevisePost
from fediprof.text.html import plain
from tests.conftest import make_member
from tests.groups.conftest import make_group
from tests.groups.moderation import actor, found, joined, kinds, placed, wrapped
from tests.support.remote import PUBLIC

pytestmark = pytest.mark.anyio

RULES = {"offers_name_pay": True, "offers_name_contact": True, "offers_a_month": 2, "posting": "everyone"}
WHOLE = "<p>Salaire : 38–42 k€<br>Contact : Paul Martin, @paul@masto.example</p>"


def said(group, person, html: str, number: int, **more: object) -> dict[str, object]:  # type: ignore[no-untyped-def]
    """A Mastodon's post that mentions the group."""
    mention = (
        f'<span class="h-card"><a href="{group.actor.url}" class="u-url mention">@<span>industry</span></a></span>'
    )
    note = {
        "id": f"https://{person.host}/users/{person.name}/statuses/{number}",
        "type": "Note",
        "attributedTo": person.iri,
        "content": f"<p>{mention} Nous recrutons une soudeuse à Lyon</p>{html}",
        "published": "2026-11-20T10:00:00Z",
        "to": [PUBLIC],
        "cc": [f"{person.iri}/followers", group.actor.iri],
        "tag": [{"type": "Mention", "href": group.actor.iri, "name": "@industry@home.example"}],
        **more,
    }
    return note


async def edited(person, note, html: str, seconds: int):  # type: ignore[no-untyped-def]
    at = clock.rfc3339(clock.now() + timedelta(seconds=seconds))
    after = note | {"content": note["content"] + html, "updated": at}
    await person.send(person.activity("Update", after, to=after["to"], cc=after["cc"]))


async def test_an_offer_without_pay_is_sent_back_with_what_is_missing_and_comes_in_once_it_is_there(
    services, marie, remote, network, drain
) -> None:
    group = await make_group(services, marie, "industry", language="fr", **RULES)
    paul, lea = remote("paul", "masto.example"), remote("lea", "lemmy.example")
    await joined(group, (paul, lea), drain, network)
    note = said(group, paul, "", 1)
    await paul.send(paul.create(note))
    await drain()
    assert wrapped(network) == []
    assert [each["object"] for each in network.activities("Reject")]
    [told] = [each["object"] for each in network.activities("Create")]
    assert told["attributedTo"] == group.actor.iri
    assert told["to"] == [paul.iri]
    assert PUBLIC not in str(told)
    words = plain(str(told["content"])).replace("\u00a0", " ")
    for each in (
        "Industry",
        str(note["id"]),
        "Salaire : 38–42 k€",
        "Contact : Paul Martin",
        "Modifiez votre publication",
    ):
        assert each in words, words
    post = await found(services, str(note["id"]))
    assert (await placed(services, post)).kind == "offer"
    network.delivered.clear()
    await edited(paul, note, "<p>Salaire : 38–42 k€</p>", 1)
    await drain()
    [still] = [plain(str(each["object"]["content"])) for each in network.activities("Create")]  # type: ignore[index]
    assert "Salaire" not in still
    assert "Contact\u00a0: Paul Martin" in still
    await edited(paul, note, "<p>Salaire : 38–42 k€</p><p>À bientôt</p>", 2)
    await drain()
    assert len(network.activities("Create")) == 1, "told before"
    network.delivered.clear()
    await edited(paul, note, WHOLE, 3)
    await drain()
    [one] = {each["id"]: each for each in wrapped(network)}.values()
    assert "42 k€" in str(one)
    assert {each["object"] for each in network.activities("Announce") if isinstance(each["object"], str)} == {
        note["id"]
    }
    assert (await placed(services, post)).state == "shown"


async def test_who_posted_as_many_offers_as_a_month_takes_is_told_when_the_next_may_come(
    services, marie, remote, network, drain
) -> None:
    group = await make_group(services, marie, "industry", **RULES)
    paul = remote("paul", "masto.example")
    await joined(group, (paul,), drain, network)
    for number in (1, 2):
        await paul.send(paul.create(said(group, paul, WHOLE, number)))
        await drain()
    assert len(wrapped(network)) == 2
    network.delivered.clear()
    third = said(group, paul, WHOLE, 3)
    await paul.send(paul.create(third))
    await drain()
    assert wrapped(network) == []
    [told] = [plain(str(each["object"]["content"])) for each in network.activities("Create")]  # type: ignore[index]
    day = clock.now() + timedelta(days=30)
    assert "At most 2 offers of one person in thirty days." in told
    assert f"{day.day} {day:%B} {day.year}" in told
    network.delivered.clear()
    await edited(paul, third, "<p>Please</p>", 1)
    await drain()
    assert network.activities() == [], "told once"
    question = said(group, paul, "<p>Who knows a school?</p>", 4, content="<p>@industry Who knows a school?</p>")
    await paul.send(paul.create(question))
    await drain()
    assert len(wrapped(network)) == 1, "other threads are no offers"
    person = await actor(services, paul.iri)

    def month_ago(tx) -> None:  # type: ignore[no-untyped-def]
        for each in groups.of_person(tx, group.id, person.id, ("shown",), 9):
            groups.change_post(tx, each.post_id, {"created_at": clock.now() - timedelta(days=31)})

    await services.perform.database.write(month_ago)
    await paul.send(paul.create(said(group, paul, WHOLE, 5)))
    await drain()
    assert len(wrapped(network)) == 2


async def test_a_member_here_is_told_before_anything_is_written(services, marie) -> None:
    group = await make_group(services, marie, "industry", **RULES)
    kim = await make_member(services, "kim")

    def offer(text: str, title: str = "A welder") -> BeginThread:
        return BeginThread(PublishPost(kim, text, title=title), group.id, "offer")

    for text, words in (
        ("In Lyon", "its pay and a person"),
        ("Pay: 40 k€ a year", "a person to write to"),
        ("Write to @kim", "its pay"),
        ("Write to @industry, we pay 40 k€", "a person to write to"),
    ):
        with pytest.raises(Invalid, match=words) as refused:
            await services.perform(posting.begin_thread, offer(text))
        assert refused.value.field == "text"
    whole = "Pay: 40 k€ a year. Write to @kim."
    for title in ("A welder", "A turner"):
        made = await services.perform(posting.begin_thread, offer(whole, title))
    with pytest.raises(Invalid, match="its pay"):  # nor is it taken out again later
        await services.perform(posting.revise, RevisePost(kim, made.id, "Write to @kim."))
    with pytest.raises(NotAllowed, match="month") as late:
        await services.perform(posting.begin_thread, offer(whole, "A miller"))
    assert "the next from 20" in late.value.public
    asked = BeginThread(PublishPost(kim, "Which school?", title="Schools"), group.id, "ask")
    assert (await services.perform(posting.begin_thread, asked)).title == "Schools"
    mention = PublishPost(kim, "@industry We are hiring a welder", named={"industry": group.id})
    with pytest.raises(NotAllowed):
        await services.perform(posting.publish, mention)


async def test_a_newcomer_s_offer_that_lacks_nothing_waits_for_a_moderator(
    services, marie, remote, network, drain
) -> None:
    group = await make_group(services, marie, "industry", hold_newcomers=True, **RULES)
    paul = remote("paul", "masto.example")
    await joined(group, (paul,), drain, network)
    lacks, whole = said(group, paul, "", 1), said(group, paul, WHOLE, 2)
    for note in (lacks, whole):
        await paul.send(paul.create(note))
    await drain()
    states = [(await placed(services, await found(services, str(each["id"])))).state for each in (lacks, whole)]
    assert states == ["lacking", "held"]
    assert await kinds(services, marie.actor_id) == ["group.held"]
    await edited(paul, lacks, WHOLE, 1)
    await drain()
    assert (await placed(services, await found(services, str(lacks["id"])))).state == "held"
    assert wrapped(network) == []


async def test_a_group_that_asks_nothing_takes_every_offer(services, marie, remote, network, drain) -> None:
    group = await make_group(services, marie, "industry", posting="everyone", offers_a_month=0)
    paul = remote("paul", "masto.example")
    await joined(group, (paul,), drain, network)
    for number in range(5):
        await paul.send(paul.create(said(group, paul, "", number)))
    await drain()
    assert len(wrapped(network)) == 5
    kept = await services.read(lambda tx: posts.by_iri(tx, "https://masto.example/users/paul/statuses/0"))
    assert kept.title == "Nous recrutons une soudeuse à Lyon"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Nous recrutons un tourneur", "offer"),
        ("Offre : tourneur H/F", "offer"),
        ("Une place de soudeuse #offre", "offer"),
        ("We’re hiring a miller", "offer"),
        ("Je cherche un poste de soudeuse #emploi #job", ""),
        ("Looking for a job, who offers one?", ""),
        ("How do you plan a night shift?", ""),
    ],
)
def test_what_an_offer_is(text: str, kind: str) -> None:
    assert offers.kind_of("", "", text) == kind
    assert offers.kind_of("ask", "", text) == "ask"


async def test_what_an_offer_says(services, marie) -> None:
    group = await make_group(services, marie, "industry", **RULES)
    for text, missing in (
        ("Salaire : 38–42 k€", ["contact"]),
        ("Rémunération brute : 2 400 euros par mois", ["contact"]),
        ("38.000 € à 42.000 €, @paul@masto.example", []),
        ("CHF 90'000 · write to @paul", []),
        ("Mission bénévole, voir avec @lea", []),
        ("Pay: according to experience. @paul", ["pay"]),
        ("5 ans d’expérience, 35 heures, écrire à rh@firm.example", ["pay", "contact"]),
        ("Pay: £30k. @industry@home.example", ["contact"]),
        ("Pay: £30k. @industry@other.example", []),
    ):
        assert offers.missing(group, "A welder", text) == missing, text
