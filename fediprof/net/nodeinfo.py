"""NodeInfo, the asking side: which software a server says it runs (NodeInfo 2.0 and 2.1; FEP-f1d5)."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from fediprof.as2 import origin
from fediprof.errors import FediprofError
from fediprof.net.fetcher import Fetcher

MAX_BYTES = 65_536
_SCHEMA = re.compile(r"https?://nodeinfo\.diaspora\.software/ns/schema/2\.[0-9]")
_NAME = re.compile(r"[a-z0-9][a-z0-9 ._+-]{0,63}")


async def software(fetcher: Fetcher, host: str, *, scheme: str = "https") -> str | None:
    """The software's name in lower case, at most 64 characters. None for no answer, and for one that is not an answer:
    too large, not JSON, of another host, or with a name that is none."""
    address = f"{scheme}://{host}/.well-known/nodeinfo"
    links = _objects((await _document(fetcher, address)).get("links"))
    for href in (link.get("href") for link in links if _SCHEMA.fullmatch(str(link.get("rel")))):
        if isinstance(href, str) and origin.same_origin(href, address):
            named = (await _document(fetcher, href)).get("software")
            name = named.get("name") if isinstance(named, dict) else None
            name = name.strip().lower() if isinstance(name, str) else ""
            return name if _NAME.fullmatch(name) else None
    return None


async def _document(fetcher: Fetcher, url: str) -> dict[str, Any]:
    """What is at an address of that very server; nothing where there is no such thing."""
    try:
        answer = await fetcher.get(url, accept="application/json", max_bytes=MAX_BYTES)
        found = msgspec.json.decode(answer.body) if answer.status == 200 else None
    except (FediprofError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) and origin.same_origin(answer.url, url) else {}


def _objects(value: object) -> list[dict[str, Any]]:
    return [each for each in value[:20] if isinstance(each, dict)] if isinstance(value, list) else []
