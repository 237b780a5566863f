"""Machines that say who they are and are not wanted: names looked for in the User-Agent header, whatever their case.

A weak lock: who lies about their name passes. The list is `agents.txt` beside this file; a file of the same name in the
data folder adds to it, and takes away with a `-` in front. It is read again when it changes, without a restart.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

log = logging.getLogger(__name__)

SHORTEST, LONGEST = 4, 80
"""Characters of a name. A shorter one would be found in half of all browsers."""
MOST_BYTES = 128 * 1024
LOOKED_AT_EVERY = 60.0


def names(text: str) -> Iterable[tuple[str, bool]]:
    """(name in lower case, whether it is refused) for each line; what cannot be a name is left out."""
    for line in text.lstrip("\ufeff").splitlines():
        name = line.partition("#")[0].strip().lower()
        refused = not name.startswith("-")
        name = name if refused else name[1:].strip()
        if SHORTEST <= len(name) <= LONGEST and name.isprintable():
            yield name, refused


class Agents:
    """`extra`: the operator's own list, which need not be there."""

    def __init__(self, extra: Path | None = None) -> None:
        self._ours = files("fediprof.refusals").joinpath("agents.txt").read_text("utf-8")
        self._extra, self._looked_at, self._seen = extra, float("-inf"), (0, 0)
        self._found = _finder(self._ours, "")

    def named(self, user_agent: str, now: float) -> str | None:
        """The name on the list that a User-Agent has in it, or None. `now`: seconds of a clock that goes forward."""
        if not user_agent:
            return None
        if self._extra is not None and now - self._looked_at >= LOOKED_AT_EVERY:
            self._looked_at = now
            self._look_again(self._extra)
        return self._found(user_agent[:512])

    def _look_again(self, path: Path) -> None:
        try:
            stat = path.stat()
            seen = (stat.st_mtime_ns, stat.st_size)
            if seen == self._seen:
                return
            with path.open("rb") as file:
                text = file.read(MOST_BYTES).decode("utf-8", "replace")
        except FileNotFoundError:
            seen, text = (0, 0), ""
            if seen == self._seen:
                return
        except OSError as error:
            log.warning("refusals.list", extra={"file": str(path), "why": error.strerror or str(error)})
            return
        self._seen, self._found = seen, _finder(self._ours, text)


def _finder(*lists: str) -> Callable[[str], str | None]:
    wanted: dict[str, bool] = {}
    for text in lists:
        wanted.update(names(text))
    refused = sorted((name for name, yes in wanted.items() if yes), key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, refused)) or r"(?!)")

    @lru_cache(maxsize=1024)
    def found(user_agent: str) -> str | None:
        match = pattern.search(user_agent.lower())
        return None if match is None else match[0]

    return found
