"""Little pictures that other servers' people put into names and texts as `:shortcode:`, drawn through our proxy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from markupsafe import Markup, escape

_CODE = re.compile(r":([A-Za-z0-9_]{1,64}):")
_TAG = re.compile(r"(<[^<>]*>)")


def drawn(markup: str, emojis: Iterable[Sequence[str]], address: Callable[[str], str]) -> Markup:
    """`markup`: safe HTML. `emojis`: (shortcode, url). Only what stands alone in the text is replaced, never inside a
    tag; each keeps its code as description."""
    known = {each[0].strip(":"): each[1] for each in emojis}
    if not known or ":" not in markup:
        return Markup(markup)  # noqa: S704 - sanitised before it was stored

    def picture(match: re.Match[str]) -> str:
        code, before, after = match[1], match.string[: match.start()][-1:], match.string[match.end() :][:1]
        if code not in known or before.isalnum() or after.isalnum():
            return match[0]
        return f'<img class="emoji" src="{escape(address(known[code]))}" alt=":{code}:" title=":{code}:">'

    parts = _TAG.split(markup)
    return Markup("".join(part if n % 2 else _CODE.sub(picture, part) for n, part in enumerate(parts)))  # noqa: S704


def drawn_text(text: str, emojis: Iterable[Sequence[str]], address: Callable[[str], str]) -> Markup:
    """The same for plain text, a name."""
    return drawn(str(escape(text)), emojis, address)
