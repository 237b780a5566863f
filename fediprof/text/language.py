"""Language tags, as far as posts need them (BCP 47, without its registry)."""

from __future__ import annotations

import re
from typing import Final

_TAG: Final = re.compile(
    r"(?P<language>[A-Za-z]{2,3})"
    r"(?:-(?P<script>[A-Za-z]{4}))?"
    r"(?:-(?P<region>[A-Za-z]{2}|[0-9]{3}))?"
    r"(?P<variants>(?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3})){0,3})"
    r"(?:-.*)?"
)
_NO_LANGUAGE: Final = frozenset({"und", "mul", "mis", "zxx"})


def normalise(tag: str) -> str | None:
    """`pt_br` → `pt-BR`, `zh-hant-tw` → `zh-Hant-TW`; None for what is no tag, or says that there is no language.

    Extensions and private parts (`-u-…`, `-x-…`) are dropped.
    """
    match = _TAG.fullmatch(tag.strip().replace("_", "-")) if len(tag) <= 64 else None
    if match is None:
        return None
    language = match["language"].lower()
    if language in _NO_LANGUAGE:
        return None
    parts = [language]
    if match["script"]:
        parts.append(match["script"].title())
    if match["region"]:
        parts.append(match["region"].upper())
    return "-".join(parts) + match["variants"].lower()
