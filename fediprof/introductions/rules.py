"""What somebody says in a reply, and what may be proposed: pure decisions."""

from __future__ import annotations

import re

from fediprof.actors.records import Actor
from fediprof.errors import Invalid
from fediprof.introductions.records import MAX_WORDS, Says

_SAID: dict[str, Says] = {"oui": "yes", "yes": "yes", "non": "no", "no": "no"}
_HANDLES = re.compile(r"^(?:\s*[@＠][\w.-]+(?:@[\w.:-]+)?[,:]?)+")
_WORD = re.compile(r"[^\W\d_]+")
_NO_REFUSAL = frozenset({"problem", "problems", "worries", "objection", "objections", "doubt"})
_SHORT = 3
"""Words of a reply that says nothing beside its answer: “oui, avec plaisir”."""


def said_in(text: str) -> tuple[Says | None, bool]:
    """(the answer a reply begins with, whether that is all it says). Handles in front do not count; "no problem" is
    neither a yes nor a no, and reaches who proposed as the message it is."""
    words = [each.casefold() for each in _WORD.findall(_HANDLES.sub("", text, count=1))]
    answer = _SAID.get(words[0]) if words else None
    if answer == "no" and len(words) > 1 and words[1] in _NO_REFUSAL:
        return None, False
    return answer, answer is not None and len(words) <= _SHORT


def must_be_proposable(by_id: int, one: Actor, two: Actor, words: str) -> str:
    """The words, trimmed. Raises Invalid (field one, two, words)."""
    for field, person in (("one", one), ("two", two)):
        if person.id == by_id:
            raise Invalid("Choose two other people: this is you", field=field)
        if person.type != "Person" or person.gone_at is not None or (person.local and "." in person.username):
            raise Invalid("Only people can be introduced", field=field)
    if one.id == two.id:
        raise Invalid("Choose two different people", field="two")
    said = words.strip()
    if not said:
        raise Invalid("Say to both why: it is all they have to decide on", field="words")
    if len(said) > MAX_WORDS:
        raise Invalid(f"At most {MAX_WORDS} characters", field="words")
    return said
