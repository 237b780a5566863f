"""What anybody may read, and what not."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from fediprof.actors.commands import ReviseProfile, VerifyField, revise_profile, verify_field
from fediprof.posts.commands import (
    DeletePost,
    PinPost,
    PublishPost,
    RevisePost,
    delete_post,
    pin_post,
    publish_post,
    revise_post,
)
from fediprof.principal import Member
from fediprof.services import Services
from tests.conftest import make_member
from tests.web.reader import Reader

pytestmark = pytest.mark.anyio
ATOM = "{http://www.w3.org/2005/Atom}"


async def publish(services: Services, by: Member, text: str, visibility: str = "public", **more: object):  # type: ignore[no-untyped-def]
    return await services.perform(publish_post, PublishPost(by, text, visibility, **more))  # type: ignore[arg-type]


def path_of(post, services: Services) -> str:  # type: ignore[no-untyped-def]
    return post.url.removeprefix(services.settings.origin)


async def test_a_page_shows_the_person_then_what_they_pinned_then_the_rest(services, marie, visitor) -> None:
    # Given three posts of which the first is pinned
    first = await publish(services, marie, "Ask me why we failed twice")
    await publish(services, marie, "The second one")
    await publish(services, marie, "The third one")
    await services.perform(pin_post, PinPost(marie, first.id))
    # When a visitor opens the page
    await visitor.open("/@marie")
    # Then the pinned post stands first, and only once
    assert visitor.page.h1.get_text() == "Marie"
    assert visitor.text.index("failed twice") < visitor.text.index("The third one") < visitor.text.index("The second")
    assert visitor.text.count("failed twice") == 1
    assert visitor.page.select_one(".person .u-photo")["src"] == "/static/avatar.png"


async def test_machines_are_asked_to_stay_away_until_the_person_invites_them(services, marie, visitor) -> None:
    await visitor.open("/@marie")
    assert "noindex" in visitor.page.find("meta", attrs={"name": "robots"})["content"]
    await services.perform(revise_profile, ReviseProfile(marie, indexable=True))
    await visitor.open("/@marie")
    assert visitor.page.find("meta", attrs={"name": "robots"}) is None


async def test_a_link_that_links_back_is_marked_and_every_link_says_that_it_is_hers(services, marie, visitor) -> None:
    fields = (("Site", "https://marie.example/"), ("Other", "https://other.example/"))
    await services.perform(revise_profile, ReviseProfile(marie, fields=fields))
    await services.perform(verify_field, VerifyField(marie.actor_id, "https://marie.example/", True))
    await visitor.open("/@marie")
    site, other = visitor.page.select(".facts > div")
    assert "✓" in site.get_text()
    assert "✓" not in other.get_text()
    assert "me" in site.a["rel"]


@pytest.mark.parametrize("visibility", ["followers", "direct"])
async def test_what_is_not_for_everyone_looks_like_what_never_was(services, marie, visitor, visibility) -> None:
    hidden = await publish(services, marie, "Only for some", visibility)
    await visitor.open("/@marie")
    assert "Only for some" not in visitor.text
    await visitor.open(path_of(hidden, services))
    refused = visitor.answer
    await visitor.open("/@marie/p/AAAABBBBCCCCDDDD")
    assert refused.status_code == visitor.status == 404
    assert refused.text.replace(path_of(hidden, services), "") == visitor.answer.text.replace(
        "/@marie/p/AAAABBBBCCCCDDDD", ""
    )


async def test_a_deleted_post_says_that_it_was_deleted(services, marie, visitor) -> None:
    post = await publish(services, marie, "Never mind")
    await services.perform(delete_post, DeletePost(marie, post.id))
    await visitor.open(path_of(post, services))
    assert visitor.status == 410
    assert "deleted" in visitor.text


async def test_answers_from_elsewhere_stand_under_the_post_with_their_server(
    services, marie, visitor, remote, drain
) -> None:
    # Given a post and an answer from another server
    post = await publish(services, marie, "Ask me")
    paul = remote("paul")
    note = paul.note("<p>Why <b>twice</b>?</p>", inReplyTo=post.iri)
    await paul.send(paul.create(note))
    await drain()
    # When a visitor reads the post
    await visitor.open(path_of(post, services))
    # Then the answer is there, with where its author is from, and no address of theirs is loaded
    assert "@paul@far.example" in visitor.text
    assert "Why twice ?" in visitor.text.replace(" ?", " ?")
    assert all(image["src"].startswith("/") for image in visitor.page.find_all("img"))


async def test_a_page_not_changed_is_not_sent_again(services, marie, visitor) -> None:
    await publish(services, marie, "Hello")
    await visitor.open("/@marie")
    assert visitor.answer.headers["cache-control"].startswith("public")
    again = await visitor.client.get(
        "/@marie", headers={"Accept": "text/html", "If-None-Match": visitor.answer.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    await publish(services, marie, "News")
    changed = await visitor.client.get(
        "/@marie", headers={"Accept": "text/html", "If-None-Match": visitor.answer.headers["etag"]}
    )
    assert changed.status_code == 200


async def test_older_posts_are_a_page_further(services, marie, visitor) -> None:
    for n in range(23):
        await publish(services, marie, f"Post number {n}.")
    await visitor.open("/@marie")
    assert len(visitor.page.select("article")) == 20
    await visitor.open(visitor.page.find("a", rel="next")["href"])
    assert [f"number {n}." in visitor.text for n in (3, 2, 0)] == [False, True, True]
    assert visitor.page.find("a", rel="next") is None


async def test_the_feed_is_atom_with_public_posts_alone(services, marie, visitor) -> None:
    await publish(services, marie, "Shown & <told>", language="en")
    await publish(services, marie, "Hidden", "followers")
    await visitor.open("/@marie.atom")
    assert visitor.answer.headers["content-type"] == "application/atom+xml"
    feed = ElementTree.fromstring(visitor.answer.content)
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == 1
    assert entries[0].find(f"{ATOM}content").text == "<p>Shown &amp; &lt;told&gt;</p>"
    assert feed.find(f"{ATOM}id").text == services.here().actor("marie")
    for wanted in ("title", "updated"):
        assert feed.find(f"{ATOM}{wanted}").text
        assert entries[0].find(f"{ATOM}{wanted}").text
    etag = visitor.answer.headers["etag"]
    assert (await visitor.client.get("/@marie.atom", headers={"If-None-Match": etag})).status_code == 304


async def test_a_tag_gathers_the_public_posts_that_carry_it(services, marie, visitor) -> None:
    await publish(services, marie, "About #Lean work")
    await publish(services, marie, "Quiet #lean", "quiet")
    await visitor.open("/tags/lean")
    assert "About" in visitor.text
    assert "Quiet" not in visitor.text


async def test_a_browser_at_an_id_is_led_to_its_page(services, marie, visitor) -> None:
    post = await publish(services, marie, "Hello")
    await visitor.open(post.iri)
    assert visitor.path == path_of(post, services)
    await visitor.open("/u/marie")
    assert visitor.path == "/@marie"


async def test_the_language_is_the_visitors(marie, visitor) -> None:
    await visitor.open("/@marie", Accept_Language="de, fr-CH;q=0.8, en;q=0.5")
    assert visitor.page.html["lang"] == "fr"
    await visitor.open("/@marie?lang=en", Accept_Language="fr")
    assert visitor.page.html["lang"] == "en"
    await visitor.open("/@marie", Accept_Language="fr")  # chosen once, kept
    assert visitor.page.html["lang"] == "en"


async def test_a_text_in_two_languages_is_read_in_ones_own(services, marie, visitor) -> None:
    post = await publish(services, marie, "Bonjour à tous", language="fr", translations=(("en", "Hello everybody"),))
    await visitor.open(path_of(post, services) + "?lang=en")
    content = visitor.page.select_one(".e-content")
    assert "Hello everybody" in content.get_text()
    assert visitor.page.select_one("details [lang=fr]").get_text() == "Bonjour à tous"


async def test_what_a_person_writes_is_text_never_markup(services, marie, visitor) -> None:
    attack = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    await services.perform(
        revise_profile, ReviseProfile(marie, name=attack, summary=attack, fields=((attack, attack),))
    )
    await publish(services, marie, attack, warning=attack, title=attack)
    await visitor.open("/@marie")
    assert [script.get("src", "").partition("?")[0] for script in visitor.page.find_all("script")] == [
        "/static/app.js"
    ]
    assert all(not image.has_attr("onerror") for image in visitor.page.find_all("img"))


async def test_the_first_page_is_the_persons_while_there_is_one(services, marie, visitor) -> None:
    await visitor.open("/")
    assert visitor.path == "/@marie"
    await make_member(services, "paul")
    await visitor.open("/")
    assert visitor.path == "/"
    assert visitor.status == 200


async def test_an_unknown_address_has_a_page_in_the_same_look(marie, visitor: Reader) -> None:
    for path in ("/nothing", "/@nobody", "/tags/a/b", "/@marie/p"):
        await visitor.open(path)
        assert visitor.status == 404
        assert visitor.page.h1.get_text() == "There is nothing here"
        assert "default-src 'none'" in visitor.answer.headers["content-security-policy"]


async def test_what_is_kept_of_a_page_follows_every_change_at_once(services, marie, visitor) -> None:
    # Given a page that was read, so that its posts are kept as visitors saw them
    kept = await publish(services, marie, "The first words")
    await publish(services, marie, "The last words")
    await visitor.open("/@marie")
    # When one is changed
    await services.perform(revise_post, RevisePost(marie, kept.id, "Better words"))
    await visitor.open("/@marie")
    # Then the change is read, and so is a pin
    assert "Better words" in visitor.text
    assert "The first words" not in visitor.text
    await services.perform(pin_post, PinPost(marie, kept.id))
    await visitor.open("/@marie")
    assert visitor.text.index("Pinned") < visitor.text.index("Better words") < visitor.text.index("The last words")
    # and in the other language the signs around it are
    await visitor.open("/@marie?lang=fr")
    assert "Épinglée" in visitor.text
    # and what is deleted is gone
    await services.perform(delete_post, DeletePost(marie, kept.id))
    await visitor.open("/@marie?lang=en")
    assert "Better words" not in visitor.text
    assert "The last words" in visitor.text


async def test_what_a_member_may_see_is_never_kept_for_visitors(services, marie, member, visitor) -> None:
    await publish(services, marie, "For followers only", "followers")
    await member.open("/@marie")
    assert "For followers only" in member.text
    await visitor.open("/@marie")
    assert "For followers only" not in visitor.text


async def test_little_pictures_in_names_and_texts_come_through_us(services, marie, visitor, remote, drain) -> None:
    post = await publish(services, marie, "Ask me")
    paul = remote("paul")
    sign = {"type": "Emoji", "name": ":wave:", "icon": {"type": "Image", "url": "https://far.example/wave.png"}}
    note = paul.note("<p>Hello :wave: <code>a:wave:b</code> :other:</p>", inReplyTo=post.iri, tag=[sign])
    await paul.send(paul.create(note))
    await drain()
    await visitor.open(path_of(post, services))
    drawn = visitor.page.select(".reply .e-content img.emoji")
    assert [image["alt"] for image in drawn] == [":wave:"]
    assert drawn[0]["src"].startswith("/pictures/")
    assert ":other:" in visitor.text
