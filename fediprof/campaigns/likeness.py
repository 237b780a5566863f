"""Whether two texts are about the same, from what is kept of each: never the texts.

A text becomes its bare words: without links, addresses, mentions, numbers, names, greetings and case. Five words in a row
are a shingle; a signature holds, for each of 60 hash functions, the smallest hash of all shingles (MinHash: Broder, 1997),
so that the share of places in which two signatures agree estimates the share of shingles two texts have in common. Three
places make a band: texts that are alike in 0.6 of their shingles have one of twenty bands in common in 99 of 100 cases, so
those to compare with are found by an index. 60 words take 0.3 ms, 500 take 3 ms.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

FEWEST_WORDS = 25
"""Below it a text is a courtesy, and many are alike."""
MOST_WORDS = 1000
MOST_CHARACTERS = 20_000
MOST_SENTENCES = 60
ALIKE = 0.6
SHINGLE = 5
BAND = 3
PLACES = 60
_FEWEST_IN_SENTENCE = 3
_NAMES_AT_MOST = 1 / 3
"""Of a text with more capitals than this they tell nothing: all of it is written so."""

_ALL = 2**64 - 1
_PACKED = struct.Struct(f">{PLACES}I")
_HASH = 6  # bytes of a sentence's


def _number(value: bytes) -> int:
    """64 bits, with a sign as databases count."""
    return int.from_bytes(blake2b(value, digest_size=8).digest(), "big", signed=True)


_FUNCTIONS = tuple(
    (_number(f"by {n}".encode()) & _ALL | 1, _number(f"plus {n}".encode()) & _ALL) for n in range(PLACES)
)
"""The same on every server and in every run: x → (a·x + b) mod 2⁶⁴, of which the upper half counts."""

_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\s*\n\s*")
_WORD = re.compile(r"[^\W_]+")
_LEADING_MENTIONS = re.compile(r"^(?:@\S+\s+){1,20}")

_GREETINGS = (
    # French, as words without accents
    "bien cordialement",
    "tres cordialement",
    "cordialement",
    "salutations distinguees",
    "meilleures salutations",
    "bien a vous",
    "bien a toi",
    "a bientot",
    "dans l attente de votre retour",
    "merci d avance",
    "merci par avance",
    "merci beaucoup",
    "merci",
    "bonne journee",
    "belle journee",
    "bonne soiree",
    "belle soiree",
    "bonne semaine",
    "bonjour",
    "bonsoir",
    "salut",
    "coucou",
    "chere",
    "cher",
    "madame",
    "monsieur",
    "mme",
    "mlle",
    # English
    "good morning",
    "good afternoon",
    "good evening",
    "hello",
    "hi there",
    "hi",
    "hey",
    "dear",
    "mister",
    "mr",
    "mrs",
    "ms",
    "many thanks",
    "thanks in advance",
    "thank you",
    "thanks",
    "best regards",
    "kind regards",
    "warm regards",
    "regards",
    "best wishes",
    "yours sincerely",
    "yours faithfully",
    "sincerely",
    "cheers",
    "have a nice day",
    "have a great day",
)
_GREETING = re.compile(r"\b(?:" + "|".join(sorted(_GREETINGS, key=len, reverse=True)) + r")\b")


@dataclass(frozen=True, slots=True)
class Sentence:
    """`text`: as it was written. `words`: what is compared of it."""

    text: str
    words: tuple[str, ...]


def sentences(text: str, names: Collection[str] = ()) -> list[Sentence]:
    """A plain text in its sentences and lines. `names`: bare words (`bare`) that are somebody's name, and left out."""
    text = _UNSEEN.sub("", unicodedata.normalize("NFKC", text[:MOST_CHARACTERS])[:MOST_CHARACTERS])
    read = [(each.strip(), _tokens(each)) for each in _SENTENCE_END.split(text) if each.strip()]
    capitals, all = sum(_named(each) for _, each in read), sum(len(each) for _, each in read)
    without_names = capitals <= all * _NAMES_AT_MOST
    left, found = MOST_WORDS, []
    for written, tokens in read:
        kept = [word for n, word in enumerate(tokens) if n == 0 or not without_names or not _is_name(word)]
        words = [word for each in kept for word in bare(each) if word not in names]
        words = _GREETING.sub(" ", " ".join(words)).split()[:left]
        left -= len(words)
        found.append(Sentence(_LEADING_MENTIONS.sub("", written), tuple(words)))
    return found


def bare(text: str) -> list[str]:
    """Words without case and accents, those with a digit left out: "Écrivez-moi" → ecrivez, moi."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return [word for word in _WORD.findall(plain) if not any(sign.isdigit() for sign in word)]


def signature(words: Sequence[str]) -> bytes | None:
    """Of the bare words of a text; None for one too short to tell."""
    if len(words) < FEWEST_WORDS:
        return None
    shingles = {" ".join(words[n : n + SHINGLE]) for n in range(len(words) - SHINGLE + 1)}
    hashes = [int.from_bytes(blake2b(each.encode(), digest_size=8).digest(), "big") for each in shingles]
    return _PACKED.pack(*(min([(a * x + b) & _ALL for x in hashes]) >> 32 for a, b in _FUNCTIONS))


def similarity(one: bytes, other: bytes) -> float:
    """0 to 1: an estimate of the share of shingles that two texts have in common."""
    pairs = zip(_PACKED.unpack(one), _PACKED.unpack(other), strict=True)
    return sum(1 for a, b in pairs if a == b) / PLACES


def bands(signed: bytes, scope: str) -> list[int]:
    """Keys, of 64 bits with a sign, of which two texts of a scope that are alike have one in common. `scope`: any text."""
    size = BAND * 4
    parts = (signed[n : n + size] for n in range(0, len(signed), size))
    return [_number(f"{scope} {n} ".encode() + part) for n, part in enumerate(parts)]


def hashes(found: Iterable[Sentence], scope: str) -> list[bytes]:
    """A short hash of each sentence that says something, in their order."""
    telling = [each for each in found if len(each.words) >= _FEWEST_IN_SENTENCE]
    return [_sentence(each, scope) for each in telling[:MOST_SENTENCES]]


def own(found: Iterable[Sentence], scope: str, others: Collection[bytes]) -> list[str]:
    """The sentences, as they were written, whose hash is not among those of others."""
    telling = [each for each in found if len(each.words) >= _FEWEST_IN_SENTENCE]
    return [each.text for each in telling[:MOST_SENTENCES] if _sentence(each, scope) not in others]


def joined(each: Iterable[bytes]) -> bytes:
    return b"".join(each)


def apart(kept: bytes) -> list[bytes]:
    """What `joined` put together."""
    return [kept[n : n + _HASH] for n in range(0, len(kept), _HASH)]


def person(actor_id: int) -> int:
    """A number by which one recipient is told from another, of 64 bits with a sign."""
    return _number(f"person {actor_id}".encode())


def _sentence(each: Sentence, scope: str) -> bytes:
    return blake2b(" ".join(each.words).encode(), digest_size=_HASH, key=scope.encode()[:64]).digest()


def _tokens(sentence: str) -> list[str]:
    """Words as they were written, without links, addresses, mentions and numbers. Each piece between spaces is looked at
    once: a pattern for addresses would take a long word again from every letter."""
    found: list[str] = []
    for piece in sentence.split():
        if "@" in piece or "://" in piece or piece.casefold().startswith("www."):
            continue
        found += _WORD.findall(piece)
    return found


def _named(tokens: Sequence[str]) -> int:
    return sum(_is_name(word) for word in tokens[1:])


def _is_name(word: str) -> bool:
    """Written as a name is: a capital, then small letters. "I" and "CDI" are none."""
    return word[:1].isupper() and word[1:].islower()
