"""The way in for those whose server lets nobody log in elsewhere: a browser waits with a code, the person sends it here in
a private message, and the message's signature says whose it is. The message itself is kept nowhere.

The code follows from the secret in the browser's cookie, so that the page can show it again and the database cannot.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from fediprof import ids
from fediprof.db.database import Tx
from fediprof.effects import Done
from fediprof.errors import Conflict
from fediprof.here import Here
from fediprof.visitors import sessions, store
from fediprof.visitors.records import ATTEMPT_LASTS, Code

_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_WRITTEN = re.compile(r"(?<![A-Z0-9-])([2-9A-HJ-NP-Z]{3})[-\u2010-\u2015]([2-9A-HJ-NP-Z]{3})(?![A-Z0-9-])")
MOST_CODES = 5
"""Of one message; a message full of guesses is none."""


@dataclass(frozen=True, slots=True)
class WaitForCode:
    """`browser`: the secret in its cookie. `back`: where to go on to."""

    browser: str
    back: str


@dataclass(frozen=True, slots=True)
class ProveByCode:
    """`codes`: as `written_in` found them. `actor_id`: who sent them, proven by a signature."""

    codes: tuple[str, ...]
    actor_id: int


@dataclass(frozen=True, slots=True)
class GoIn:
    browser: str


@dataclass(frozen=True, slots=True)
class WentIn:
    secret: str
    back: str


def shown(browser: str, salt: str) -> str:
    """`KX7-2QD`: 30 bits, for ten minutes, of use to the browser that holds the secret alone."""
    digest = hashlib.blake2b(browser.encode(), salt=salt.encode(), person=b"login code", digest_size=6).digest()
    letters = "".join(_LETTERS[byte % 32] for byte in digest)
    return f"{letters[:3]}-{letters[3:]}"


def written_in(text: str) -> tuple[str, ...]:
    """What looks like codes in a message, in any case and with any dash."""
    found = dict.fromkeys(f"{one}-{two}" for one, two in _WRITTEN.findall(text.upper()))
    return tuple(found)[:MOST_CODES]


def wait_for_code(tx: Tx, request: WaitForCode, here: Here) -> Done[Code]:
    """A new code for a browser, in place of the one it had."""
    for _ in range(20):
        salt = ids.slug(12)
        code = Code(
            ids.fingerprint(shown(request.browser, salt)),
            ids.fingerprint(request.browser),
            salt,
            request.back,
            here.now + ATTEMPT_LASTS,
        )
        if store.insert_code(tx, code):
            return Done(code)
    raise Conflict("no free code")


def is_one(tx: Tx, codes: Iterable[str]) -> bool:
    """Whether a browser waits, or waited lately, for one of them."""
    return any(store.code(tx, ids.fingerprint(code)) is not None for code in codes)


def prove_by_code(tx: Tx, request: ProveByCode, here: Here) -> Done[str]:
    """Their message came. Returns what became of it."""
    proven = [store.prove_code(tx, ids.fingerprint(code), request.actor_id, here.now) for code in request.codes]
    return Done("a visitor's code" if any(proven) else "a visitor's code, used or too late")


def go_in(tx: Tx, request: GoIn, here: Here) -> Done[WentIn | None]:
    """The browser asks whether its message came; None: not yet. Its code is spent by the answer."""
    code = store.code_of(tx, ids.fingerprint(request.browser), here.now)
    if code is None or code.actor_id is None or not store.spend_code(tx, code.code_hash):
        return Done(None)
    return Done(WentIn(sessions.opened(tx, code.actor_id, here.now), code.back))
