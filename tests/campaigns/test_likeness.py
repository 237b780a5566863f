"""Texts that are about the same, and texts that are not; whatever comes, in little time."""

from __future__ import annotations

import random
import string
import time

import pytest

from fediprof.campaigns import likeness
from tests.campaigns.texts import ENGLISH, NOTE, OWNS, TEMPLATE, UNLIKE, template

NAMES = ["Marie", "Jean-Loup", "Ørjan", "Zoé", "MARIE", "Anne Le Goff", "x", "42"]
GREETINGS = ["Dear", "Hi", "Hello", "Hey", "Good morning", "Good afternoon", ""]


def signed(text: str, *names: str) -> bytes | None:
    found = likeness.sentences(text, {word for name in names for word in likeness.bare(name)})
    return likeness.signature([word for each in found for word in each.words])


def alike(one: str, other: str) -> float:
    a, b = signed(one), signed(other)
    assert a is not None
    assert b is not None
    return likeness.similarity(a, b)


@pytest.mark.parametrize("seed", range(40))
def test_other_names_greetings_and_figures_leave_a_text_about_the_same(seed: int) -> None:
    draw = random.Random(seed)
    made = []
    for _ in range(2):
        text = draw.choice([ENGLISH]).format(
            greeting=draw.choice(GREETINGS),
            name=draw.choice(NAMES),
            figure=draw.randrange(10**6),
            own="",
            signed=draw.choice(["Paul Martin", "Bob", "The Team"]),
        )
        made.append(f"@marie@home.example {text} https://jobs.example/{draw.randrange(10**9)}")
    changed = draw.choice([str.upper, str.lower, lambda text: text.replace("e", "\u200be")])
    assert alike(made[0], made[1]) >= likeness.ALIKE, made
    assert alike(made[0].lower(), changed(made[0].lower())) == 1.0  # type: ignore[operator]


def test_a_sentence_of_ones_own_leaves_a_text_about_the_same_and_is_found() -> None:
    texts = {name: template(name, own, figure=n + 30) for n, (name, own) in enumerate(OWNS.items())}
    for one in texts.values():
        for other in texts.values():
            assert alike(one, other) >= likeness.ALIKE
    for name, text in texts.items():
        others = {
            each
            for who, other in texts.items()
            if who != name
            for each in likeness.hashes(likeness.sentences(other), "far.example")
        }
        found = likeness.own(likeness.sentences(text), "far.example", others)
        assert found == ([OWNS[name]] if OWNS[name] else []), name
    # of another server the same sentence has another hash
    assert not {*likeness.hashes(likeness.sentences(texts["leonard"]), "a")} & {
        *likeness.hashes(likeness.sentences(texts["leonard"]), "b")
    }


def test_texts_with_little_in_common_are_not_about_the_same() -> None:
    draw = random.Random(7)
    written = [template("marie"), template("marie", text=UNLIKE), template("marie", text=ENGLISH)]
    vocabulary = sorted({word for text in written for word in likeness.bare(text)})
    written += [" ".join(draw.choices(vocabulary, k=80)) for _ in range(20)]
    for n, one in enumerate(written):
        for other in written[:n]:
            assert alike(one, other) < 0.3


def test_half_a_text_in_common_is_not_enough_and_nine_tenths_is() -> None:
    draw = random.Random(1)
    words = ["".join(draw.choices(string.ascii_lowercase, k=7)) for _ in range(400)]
    base = " ".join(words[:200])
    assert alike(base, " ".join(words[100:300])) < likeness.ALIKE
    assert alike(base, " ".join(words[10:210])) >= likeness.ALIKE


@pytest.mark.parametrize("length", [40, 80, 300])
def test_texts_that_are_alike_have_a_band_in_common(length: int) -> None:
    missed = 0
    for seed in range(100):
        draw = random.Random(seed)
        words = ["".join(draw.choices(string.ascii_lowercase, k=7)) for _ in range(length * 2)]
        kept = length * 8 // 10
        one, other = signed(" ".join(words[:length])), signed(" ".join([*words[:kept], *words[length : length + 3]]))
        assert one is not None
        assert other is not None
        if likeness.similarity(one, other) >= likeness.ALIKE:
            missed += not set(likeness.bands(one, "x")) & set(likeness.bands(other, "x"))
            assert not set(likeness.bands(one, "x")) & set(likeness.bands(other, "y"))
    assert missed <= 3


def test_a_short_note_has_no_signature() -> None:
    for text in (
        "",
        NOTE.format(name="Marie", signed="Paul"),
        "word " * 24,
        "Bonjour madame " * 40,
        "😀 " * 500,
        "12 " * 99,
    ):
        assert signed(text) is None, text
    assert signed("word " * 25) is not None


def test_a_text_with_a_capital_at_every_word_is_still_compared() -> None:
    assert signed(TEMPLATE.title()) is not None
    assert alike(TEMPLATE.upper(), TEMPLATE.upper() + " VITE") >= likeness.ALIKE


def test_names_are_no_part_of_it() -> None:
    text = (
        "marie, j’ai lu ce que vous avez écrit sur les ponts et " + "je voudrais en savoir plus sur la fatigue " * 4
    )
    read = likeness.sentences(text, frozenset(likeness.bare("Marie Curie")))
    assert "marie" not in read[0].words


@pytest.mark.parametrize(
    "text",
    [
        "x" * 300_000,
        "a@" * 200_000,
        "A b. " * 60_000,
        "😀" * 50_000,
        "\n" * 90_000,
        "\u0345" * 20_000,
        "ﷺ" * 20_000,
        "<p><b>" * 40_000,
        "https://" * 40_000,
        "\u200b" * 50_000,
        "".join(map(chr, range(32, 60_000))),
        "\ud800 \x00 \uffff",
    ],
    ids=lambda text: ascii(text[:6]),
)
def test_any_text_is_read_in_little_time(text: str) -> None:
    begun = time.process_time()
    read = likeness.sentences(text)
    words = [word for each in read for word in each.words]
    likeness.signature(words)
    assert len(words) <= likeness.MOST_WORDS
    assert len(likeness.hashes(read, "x")) <= likeness.MOST_SENTENCES
    assert time.process_time() - begun < 0.5
