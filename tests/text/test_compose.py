"""A member's text made HTML."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fediprof.errors import TooMuch
from fediprof.text.compose import Composed, MentionTarget, compose, from_markdown, handles_in, tags_in
from fediprof.text.html import REL, plain, sanitise

BOB = MentionTarget("https://b.example/u/bob", "https://b.example/@bob", "bob@b.example")
AL = MentionTarget("https://a.example/u/al", "https://a.example/@al", "al")
KNOWN = {"@bob@b.example": BOB, "@al": AL}


def made(source: str, *, markdown: bool = False) -> Composed:
    return compose(source, markdown=markdown, mentions=KNOWN, tag_url=lambda name: f"https://a.example/tags/{name}")


def test_lines_and_paragraphs_are_kept() -> None:
    assert made("one\r\ntwo\n\n \n<three> & four\n").html == "<p>one<br>two</p><p>&lt;three&gt; &amp; four</p>"
    assert made("").html == ""


def test_a_mention_is_marked_up_as_clients_expect_and_reported() -> None:
    done = made("hi @bob@b.example, @AL!")
    assert done.html == (
        f'<p>hi <span class="h-card"><a href="https://b.example/@bob" class="u-url mention" rel="{REL}">@<span>bob</span>'
        f'</a></span>, <span class="h-card"><a href="https://a.example/@al" class="u-url mention" rel="{REL}">@<span>AL</span>'
        "</a></span>!</p>"
    )
    assert done.mentions == (BOB, AL)


def test_who_is_not_known_stays_text() -> None:
    assert made("hi @nobody@x.example").html == "<p>hi @nobody@x.example</p>"


def test_a_hashtag_shows_as_written_and_counts_casefolded() -> None:
    done = made("#Été #ÉTÉ")
    assert done.hashtags == ("été",)
    assert (
        f'<a href="https://a.example/tags/été" class="mention hashtag" rel="tag {REL}">#<span>Été</span></a>'
        in done.html
    )


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("#one,#two. (#three)", ("one", "two", "three")),
        ("#日本語 #हिन्दी #שלום #c0de #a_b #_x", ("日本語", "हिन्दी", "שלום", "c0de", "a_b", "_x")),
        ("#1 #1.5 #_ # ## #! &#39; a#b https://a.example/#frag /#x", ()),
        ("#a-b", ("a",)),
        ("#straße", ("strasse",)),
        ("＃全角", ("全角",)),
    ],
)
def test_hashtags_are_words_in_any_script(source: str, expected: tuple[str, ...]) -> None:
    assert tags_in(source) == expected
    assert made(source).hashtags == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("@al @AL @bob@b.example", ("@al", "@bob@b.example")),
        ("(@al), @al. @al@sub.b.example!", ("@al", "@al@sub.b.example")),
        ("@al@bücher.example @al@localhost:3000", ("@al@bücher.example", "@al@localhost:3000")),
        ("me@x.example https://x.example/@al @ @@al a@b @-a", ()),
        ("@al.", ("@al",)),
        ("@a.b@x.example.", ("@a.b@x.example",)),
    ],
)
def test_handles_are_found_as_written(source: str, expected: tuple[str, ...]) -> None:
    assert handles_in(source) == expected


@pytest.mark.parametrize(
    ("source", "url"),
    [
        ("see https://x.example/a?b=c&d#e.", "https://x.example/a?b=c&d#e"),
        ("(https://x.example/a_(b))", "https://x.example/a_(b)"),
        ("https://x.example/@al#x", "https://x.example/@al#x"),
        ('"https://x.example"', "https://x.example"),
        ("https://x.example/ü, and", "https://x.example/ü"),
    ],
)
def test_addresses_are_linked_and_shown_in_full(source: str, url: str) -> None:
    done = made(source)
    shown = url.replace("&", "&amp;")
    assert f'<a href="{shown}" rel="{REL}">{shown}</a>' in done.html
    assert not done.mentions
    assert not done.hashtags


@pytest.mark.parametrize(
    "source", ["https://bank.example@evil.example/", "https://", "xhttps://x.example", "javascript:alert(1)"]
)
def test_what_would_mislead_is_not_linked(source: str) -> None:
    assert "<a" not in made(source).html


def test_markdown_is_read_and_code_and_links_are_left_alone() -> None:
    source = "**#Bold** `@al #no` ~~x~~ [@al](https://z.example)\nline\n\n- @bob@b.example\n\n```\n#code\n```\n\n<b>raw</b>"
    done = made(source, markdown=True)
    assert done.mentions == (BOB,)
    assert done.hashtags == ("bold",)
    assert "<code>@al #no</code>" in done.html
    assert f'<a href="https://z.example" rel="{REL}">@al</a>' in done.html
    assert "<s>x</s>" in done.html
    assert "<br>" in done.html
    assert "&lt;b&gt;raw" in done.html
    assert handles_in(source, markdown=True) == ("@bob@b.example",)
    assert tags_in(source, markdown=True) == ("bold",)


def test_markdown_holds_no_image_and_no_script() -> None:
    html = made("![x](https://x.example/i.png) [y](javascript:alert(1)) <script>z</script>", markdown=True).html
    assert "<img" not in html
    assert "<script" not in html
    assert 'href="javascript' not in html


def test_remote_markdown_links_its_addresses_only() -> None:
    assert from_markdown("> https://x.example #tag") == (
        f'<blockquote>\n<p><a href="https://x.example" rel="{REL}">https://x.example</a> #tag</p>\n</blockquote>'
    )


def test_a_text_over_the_limit_is_too_much() -> None:
    with pytest.raises(TooMuch):
        made("x" * 100_001)
    with pytest.raises(TooMuch):
        handles_in("x" * 100_001)


SOURCES = st.lists(
    st.sampled_from(
        ["@al", "@bob@b.example", "#tag", "#Été", "https://x.example/a_(b)?c=1&d", " ", "\n", "\n\n", "<b>", "&amp;"]
    )
    | st.sampled_from(
        ["`", "*", "_", "~~", "[", "](https://y.example)", "> ", "- ", "# ", "    ", "```\n", "\\", '"', "@", "#"]
    )
    | st.text(max_size=6),
    max_size=16,
).map("".join)


@settings(max_examples=400, deadline=None)
@given(SOURCES, st.booleans())
@example("<pre>\n\n", False)
@example("```\n\n\nx", True)
def test_what_is_composed_is_already_clean(source: str, markdown: bool) -> None:
    done = made(source, markdown=markdown)
    assert sanitise(done.html) == done.html
    assert set(done.hashtags) == set(tags_in(source, markdown=markdown))
    named = {handle.casefold() for handle in handles_in(source, markdown=markdown)}
    assert {target.acct for target in done.mentions} == {KNOWN[each].acct for each in named if each in KNOWN}


@settings(max_examples=200, deadline=None)
@given(SOURCES)
def test_plain_text_loses_no_word(source: str) -> None:
    visible = "".join(character for character in source if character.isalnum())
    html = compose(source, mentions={}, tag_url="https://a.example/tags/{}".format).html
    assert "".join(character for character in plain(html) if character.isalnum()) == visible
