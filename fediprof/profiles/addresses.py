"""Addresses of entries, as people paste them into a search."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from fediprof.db.database import Tx
from fediprof.here import Here
from fediprof.profiles import views

_ENTRY = re.compile(r"/(?:@\w{1,30}/)?e/(\w{1,40})/?", re.ASCII)


def slug_in(path: str) -> str | None:
    """The slug in the path of an entry's page or document, as fediprof servers write them."""
    found = _ENTRY.fullmatch(path)
    return found[1] if found else None


def is_entry(address: str, here: Here) -> bool:
    """Whether it looks like an entry of a member of another server of this kind."""
    parts = urlsplit(address)
    return parts.scheme in ("https", "http") and not here.is_ours(address) and slug_in(parts.path) is not None


def post_at(tx: Tx, path: str, here: Here) -> int | None:
    """The post that everybody may read of an entry of ours; None where there is none."""
    slug = slug_in(path)
    shown = views.one(tx, slug, None, here.now) if slug else None
    return shown.post_id if shown else None
