"""Posts as visitors without account see them on their author's page, made once and kept: such a card changes only with
the post. Which posts a visitor may see is asked of the database each time; a card that is kept shows nothing by itself."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import TypeVar

Kept = TypeVar("Kept")
MOST = 2000


class Cards:
    """The last used, in one process. Asked from the database's threads too."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, object] = OrderedDict()

    def get(self, key: Hashable) -> object | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def keep(self, key: Hashable, card: Kept) -> Kept:
        with self._lock:
            self._kept[key] = card
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return card
