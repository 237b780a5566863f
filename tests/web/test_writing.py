"""Writing, answering, changing, deleting, as a member does with forms."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from fediprof.media import store as uploads
from fediprof.posts import store as posts
from fediprof.posts.commands import DeletePost, PublishPost, RevisePost, delete_post, publish_post, revise_post
from tests.conftest import make_member
from tests.web.reader import Reader

pytestmark = pytest.mark.anyio


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, "PNG")
    return out.getvalue()


async def newest(services, member):  # type: ignore[no-untyped-def]
    ids = await services.read(lambda tx: posts.of_actor(tx, member.actor_id, member.actor_id, limit=1))
    return await services.read(lambda tx: posts.by_id(tx, ids[0])) if ids else None


async def test_a_post_is_written_and_read(services, marie, member: Reader, visitor) -> None:
    await member.open("/write")
    await member.press("/write", text="Ask me why we failed #lean", visibility="quiet", language="en")
    assert member.status == 200
    assert "Posted." in member.text
    await visitor.open(member.path)
    assert "Ask me why we failed" in visitor.text
    assert "Everyone, quietly" in visitor.text


async def test_the_usual_readers_are_chosen_beforehand_and_a_first_message_is_private(
    services, marie, member
) -> None:
    paul = await make_member(services, "paul", name="Paul")
    await member.open("/write")
    assert member.values(member.form("/write"))["visibility"] == ["public"]
    await member.open(f"/write?to={paul.actor_id}")
    values = member.values(member.form("/write"))
    assert (values["visibility"], values["text"]) == (["direct"], ["@paul "])


async def test_what_is_refused_keeps_its_text_beside_the_reason(services, marie, member) -> None:
    text = "x" * 5001
    await member.open("/write?lang=fr")
    await member.press("/write", text=text, warning="Attention", title="Titre", visibility="followers")
    assert member.status == 422
    assert "Au plus 5000 caractères" in member.page.select_one("#e-text").get_text()
    values = member.values(member.form("/write"))
    assert (values["text"], values["warning"], values["title"]) == ([text], ["Attention"], ["Titre"])
    assert values["visibility"] == ["followers"]
    assert await newest(services, marie) is None


async def test_two_texts_in_one_language_are_refused_beside_the_second(services, marie, member) -> None:
    await member.open("/write")
    await member.press("/write", text="Hello", language="en", tr_text="Hello again", tr_language="en")
    assert "same language" in member.page.select_one("#e-tr_text").get_text()
    assert member.page.select_one("#f-tr_text").find_parent("details").has_attr("open")


async def test_a_button_pressed_twice_posts_once(services, marie, member) -> None:
    await member.open("/write")
    form = member.page
    await member.press("/write", text="Only once")
    first = member.path
    member.page = form
    await member.press("/write", text="Only once")
    assert member.path == first


async def test_a_picture_asks_for_its_description_and_is_kept_meanwhile(services, marie, member, visitor) -> None:
    await member.open("/write")
    await member.press("/write", text="Look", files={"file-1": picture()})
    # Then nothing is posted yet; the picture is there, to be described
    assert member.status == 422
    assert await newest(services, marie) is None
    upload = member.page.find("input", attrs={"name": "upload"})["value"]
    await member.press("/write", **{f"alt__{upload}": "A teal field"})
    assert member.status == 200
    await visitor.open(member.path)
    image = visitor.page.select_one(".pictures img")
    assert image["alt"] == "A teal field"
    shown = await visitor.client.get(image["src"])
    assert shown.status_code == 200
    assert "immutable" in shown.headers["cache-control"]
    assert "default-src 'none'" in shown.headers["content-security-policy"]


async def test_a_picture_may_go_without_a_description_when_one_says_so(services, marie, member) -> None:
    await member.open("/write")
    await member.press("/write", text="Look", files={"file-1": picture()})
    upload = member.page.find("input", attrs={"name": "upload"})["value"]
    await member.press("/write", **{f"bare__{upload}": "1"})
    assert member.status == 200
    assert member.page.select_one(".pictures img")["alt"] == "Picture without a description"


async def test_a_file_that_is_no_picture_is_refused_and_the_text_stays(services, marie, member) -> None:
    await member.open("/write")
    await member.press("/write", text="Look", files={"file-1": b"<svg onload=alert(1)>"})
    assert member.status == 422
    assert member.values(member.form("/write"))["text"] == ["Look"]
    assert await services.read(lambda tx: uploads.of_actor(tx, marie.actor_id)) == []


async def test_an_answer_names_those_who_talk_and_is_read_by_no_more(services, marie, member) -> None:
    paul = await make_member(services, "paul", name="Paul")
    asked = await services.perform(publish_post, PublishPost(paul, "@marie What now?", "direct"))
    await member.open(f"/write?reply={asked.id}")
    values = member.values(member.form("/write"))
    assert (values["text"], values["visibility"]) == (["@paul "], ["direct"])
    await member.press("/write", text="@paul This now.")
    assert member.path == f"/conversations/{asked.conversation_id}"
    assert "This now." in member.text
    made = await newest(services, marie)
    assert (made.in_reply_to_id, made.visibility) == (asked.id, "direct")


async def test_the_short_answer_field_opens_into_the_whole_composer(services, marie, member) -> None:
    paul = await make_member(services, "paul")
    post = await services.perform(publish_post, PublishPost(paul, "What do you think?", "public"))
    await member.open(post.url)
    form = member.form("/write")
    sent = {**member.values(form), "text": ["@paul I think"]}
    member._read(
        await member.client.post("/write/more", data=sent, headers={"Origin": member.origin}, follow_redirects=True)
    )
    values = member.values(member.form("/write"))
    assert (values["text"], values["reply"]) == (["@paul I think"], [str(post.id)])


async def test_a_post_is_changed_and_says_so(services, marie, member) -> None:
    post = await services.perform(
        publish_post, PublishPost(marie, "Frist", "public", language="en", translations=(("fr", "Premeir"),))
    )
    await member.open(f"/posts/{post.id}/edit")
    values = member.values(member.form("/edit"))
    assert (values["text"], values["tr_text"], values["tr_language"]) == (["Frist"], ["Premeir"], ["fr"])
    await member.press("/edit", text="First", tr_text="Premier")
    assert "First" in member.text
    assert "changed" in member.text
    kept = await newest(services, marie)
    assert kept.content_map["fr"] == "<p>Premier</p>"


async def test_each_language_comes_back_as_it_was_written(services, marie, member, remote) -> None:
    remote("paul")
    texts = {
        "text": "Bonjour @paul@far.example,\n\n  un  retrait,\n* un <b>point</b> &amp; https://far.example/a_b_c.",
        "tr_text": "Hello @paul@far.example,\n\n  an  indent,\n\n\n* a <b>dot</b> &amp; https://far.example/a_b_c.",
    }
    await member.open("/write")
    await member.press("/write", **texts, language="fr", tr_language="en")
    made = await newest(services, marie)
    for change in ({}, {"text": "Bonsoir", "tr_text": "Good\n\n\n evening"}):
        await member.open(f"/posts/{made.id}/edit")
        values = member.values(member.form("/edit"))
        assert {name: values[name] for name in ("text", "tr_text")} == {n: [t] for n, t in texts.items()}
        assert (values["language"], values["tr_language"]) == (["fr"], ["en"])
        await member.press("/edit", **change)
        texts |= change
    # also after an app, which knows of no translations, changed the first
    await services.perform(revise_post, RevisePost(marie, made.id, "Salut", language="fr"))
    await member.open(f"/posts/{made.id}/edit")
    values = member.values(member.form("/edit"))
    assert (values["text"], values["tr_text"]) == (["Salut"], [texts["tr_text"]])
    # and nothing is left of it in a deleted one
    await services.perform(delete_post, DeletePost(marie, made.id))
    assert (await services.read(lambda tx: posts.by_id(tx, made.id))).source_map is None


async def test_changing_a_text_keeps_its_pictures(services, marie, member) -> None:
    await member.open("/write")
    await member.press("/write", text="Look", files={"file-1": picture()}, alt__new__1="A field")
    made = await newest(services, marie)
    await member.open(f"/posts/{made.id}/edit")
    await member.press("/edit", text="Look again")
    kept = await newest(services, marie)
    assert [each.description for each in kept.media] == ["A field"]
    await member.open(f"/posts/{made.id}/edit")
    upload = member.page.find("input", attrs={"name": "upload"})["value"]
    await member.press("/edit", **{f"drop__{upload}": "1"})
    assert (await newest(services, marie)).media == ()


async def test_deleting_asks_first(services, marie, member, visitor) -> None:
    post = await services.perform(publish_post, PublishPost(marie, "Never mind", "public"))
    await member.open(f"/posts/{post.id}/delete")
    assert "Never mind" in member.text
    await visitor.open(post.url)
    assert visitor.status == 200
    await member.press("/delete")
    await visitor.open(post.url)
    assert visitor.status == 410


async def test_nobody_changes_deletes_or_looks_into_somebody_elses_post(services, marie, member) -> None:
    paul = await make_member(services, "paul")
    post = await services.perform(publish_post, PublishPost(paul, "Mine", "public"))
    for page in ("edit", "delete", "deliveries"):
        await member.open(f"/posts/{post.id}/{page}")
        assert member.status == 404


async def test_liking_and_sharing_are_buttons_that_can_be_taken_back(services, marie, member) -> None:
    paul = await make_member(services, "paul")
    post = await services.perform(publish_post, PublishPost(paul, "What do you think?", "public"))
    await member.open(post.url)
    for action, undo in (("/like", "/unlike"), ("/share", "/unshare")):
        await member.press(action)
        assert member.form(undo).button["aria-pressed"] == "true"
        await member.press(undo)
        assert member.form(action).button["aria-pressed"] == "false"


async def test_at_most_five_posts_are_pinned(services, marie, member) -> None:
    for n in range(6):
        post = await services.perform(publish_post, PublishPost(marie, f"Post {n}", "public"))
        await member.open(post.url)
        await member.press("/pin")
    assert member.status == 422
    assert "At most 5 posts can be pinned" in member.text


async def test_a_text_sent_after_the_session_ended_is_given_back(services, marie, member) -> None:
    await member.open("/write")
    member.client.cookies.clear()
    await member.press("/write", text="A long thought\nin two lines")
    assert member.status == 401
    assert member.page.find("textarea").get_text() == "A long thought\nin two lines"
    assert await newest(services, marie) is None
