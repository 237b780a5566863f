"""Pages by cursor, and the Link header (RFC 8288) most clients page by.

`next` leads to what is older (`max_id` of the last item), `prev` to what is newer (`min_id` of the first). Neither ever
leads to an item of the page itself, and an empty page leads nowhere: clients walk until there is no `next`.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from fediprof.mastodon.params import Params

_CURSORS = frozenset({"max_id", "min_id", "since_id"})


@dataclass(frozen=True, slots=True)
class Cursor:
    """What of a list is asked for. `since_id`: the newest page above it; `min_id`: the page right above it."""

    limit: int
    max_id: int | None = None
    min_id: int | None = None
    since_id: int | None = None

    @classmethod
    def of(cls, params: Params, *, default: int, most: int) -> Cursor:
        return cls(
            params.limit(default, most), params.cursor("max_id"), params.cursor("min_id"), params.cursor("since_id")
        )

    def window(self, ids: list[int]) -> list[int]:
        """The page out of several lists that each hold at least this page: newest first."""
        ordered = sorted(set(ids), reverse=True)
        return ordered[-self.limit :] if self.min_id is not None else ordered[: self.limit]


def links(origin: str, path: str, query: QueryParams, first: int | None, last: int | None) -> dict[str, str]:
    """The Link header of a page whose first (newest) and last cursors these are; nothing for an empty page.

    `origin` is the public one: behind a proxy the request knows only an inner address. All other parameters are kept.
    """
    if first is None or last is None:
        return {}
    kept = [(name, value) for name, value in query.multi_items() if name not in _CURSORS]

    def address(cursor: str, at: int) -> str:
        return f"{origin}{path}?{urlencode([*kept, (cursor, str(at))])}"

    return {"link": f'<{address("max_id", last)}>; rel="next", <{address("min_id", first)}>; rel="prev"'}
