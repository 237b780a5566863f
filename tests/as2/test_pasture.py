"""The example inputs other servers' renderings are compared by: all of them are read, and what they hold is made safe."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from types import ModuleType

import pytest

from fediprof.as2 import parse
from fediprof.as2.model import Post
from fediprof.errors import Malformed
from fediprof.text.html import plain, sanitise


@pytest.fixture(scope="module")
def examples() -> list[dict[str, object]]:
    """The package names its runner for one class that its examples do not need."""
    entry = ModuleType("fediverse_pasture.runner.entry")
    entry.Entry = type("Entry", (), {})  # type: ignore[attr-defined]
    stubs = {name: ModuleType(name) for name in ("fediverse_pasture", "fediverse_pasture.runner")}
    with pytest.MonkeyPatch.context() as patch:
        for name, module in {**stubs, entry.__name__: entry}.items():
            patch.setitem(sys.modules, name, module)
        from fediverse_pasture_inputs import available

        return [example for inputs in available.values() for example in inputs.examples]


def _post(example: dict[str, object]) -> Post:
    base = {
        "id": "http://pasture-one-actor/object/1",
        "type": "Note",
        "attributedTo": "http://pasture-one-actor/actor",
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
        "published": "2026-01-01T00:00:00Z",
    }
    return parse.post(base | example)


NO_POST = {"without id", "without attributedTo", "without type"}
"""Examples that leave out, on purpose, what a post must have. Two more are no posts: a Tombstone and a thing untyped."""


def _posts(examples: list[dict[str, object]]) -> list[Post]:
    return [
        _post(example)
        for example in examples
        if example.get("content") not in NO_POST and example.get("type", "Note") not in (None, "Tombstone")
    ]


def _texts(post: Post) -> Iterator[str]:
    for text in (post.content, post.name, post.summary):
        yield text.value
        yield from (words for _, words in text.by_language)


class Markup(HTMLParser):
    """What a browser would see of it: elements and attributes."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def test_every_example_is_read(examples: list[dict[str, object]]) -> None:
    assert len(examples) == 262
    assert len(_posts(examples)) == 257


@pytest.mark.parametrize("named", ["id", "attributedTo", "type"])
def test_what_a_post_must_have_is_named_when_it_is_not_there(examples: list[dict[str, object]], named: str) -> None:
    (example,) = (each for each in examples if each.get("content") == f"without {named}")
    with pytest.raises(Malformed, match=f"^{named}: missing"):
        _post(example)


def test_every_example_is_made_safe_once_and_for_all(examples: list[dict[str, object]]) -> None:
    for post in _posts(examples):
        for text in _texts(post):
            safe = sanitise(text)
            seen = Markup(safe)
            assert not seen.elements & {"script", "style", "iframe", "img", "object", "form", "input", "svg"}, text
            assert {name for name, _ in seen.attributes} <= {
                "href",
                "rel",
                "class",
                "lang",
                "start",
                "reversed",
                "value",
            }
            assert all(re.match(r"https?:|mailto:", value) for name, value in seen.attributes if name == "href"), text
            assert sanitise(safe) == safe
            assert "<" not in plain(safe) or "&lt;" in safe


def test_the_examples_say_what_they_mean(examples: list[dict[str, object]]) -> None:
    posts = _posts(examples)
    assert sum(bool(post.hashtags) for post in posts) >= 14
    assert sum(bool(post.mentions) for post in posts) >= 7
    assert sum(bool(post.attachments) for post in posts) >= 30
    assert sum(post.quote is not None for post in posts) >= 5
    assert sum(post.sensitive for post in posts) >= 3
