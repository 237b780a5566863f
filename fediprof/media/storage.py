"""Where pictures lie on disk: members' uploads, and the proxy's cache of other servers' pictures.

Both are directories of files spread over `ab/cd/`, written whole or not at all. Which file belongs to what is the
database's to know; the cache alone needs none, it is rebuilt from the directory at the first use.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shutil
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from fediprof.errors import Invalid, NotFound

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}", re.ASCII)
_PART = ".part"


class DirectoryStorage:
    """Uploads under `root`, each by a name of letters, digits, dot, dash and underscore. Call from a thread."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def save(self, name: str, data: bytes) -> Path:
        """Write, or replace as a whole; on disk when it returns."""
        path = self._place(name)
        _write(path, data, sync=True)
        return path

    def path(self, name: str) -> Path:
        """Where it is, for a file response. Raises NotFound."""
        path = self._place(name)
        if not path.is_file():
            raise NotFound(f"No file {name}")
        return path

    def open(self, name: str) -> bytes:
        """Its content. Raises NotFound."""
        return self.path(name).read_bytes()

    def delete(self, name: str) -> None:
        """Remove it, if it is there."""
        self._place(name).unlink(missing_ok=True)

    def usage(self) -> int:
        """Bytes of all files."""
        return sum(size for _, size, _ in _files(self._root))

    def _place(self, name: str) -> Path:
        if not _NAME.fullmatch(name) or name.endswith(_PART):
            raise Invalid(f"{name!r} is no name for a file")
        # By hash, since names made from our ids begin alike and would all land in one folder.
        spread = hashlib.sha256(name.encode()).hexdigest()
        return self._root / spread[:2] / spread[2:4] / name


class PictureCache:
    """Files under `root`, never more than `quota_bytes` together; the least recently used go first.

    Nothing is added while the disk has less than `floor_free_bytes` left. One process owns the directory. The last use
    is the file's mtime, so the order survives a restart.
    """

    def __init__(self, root: Path, quota_bytes: int, floor_free_bytes: int = 512 * 1024 * 1024) -> None:
        self._root = root
        self._quota = quota_bytes
        self._floor = floor_free_bytes
        self._lock = threading.Lock()
        self._sizes: OrderedDict[str, int] | None = None  # least recently used first; None until the first use
        self._total = 0
        self._making: dict[str, tuple[asyncio.Lock, int]] = {}

    @staticmethod
    def key(url: str, variant: str) -> str:
        """The name under which a variant of a URL's picture is kept."""
        return hashlib.sha256(f"{variant}\0{url}".encode()).hexdigest()

    async def fetch(self, key: str, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """What is kept under `key`, or else what `make` makes, kept then. Of several askers at once, one makes it.

        What `make` raises is raised to its asker, and the next one tries again.
        """
        async with self._alone(key):
            kept = await asyncio.to_thread(self.get, key)
            if kept is not None:
                return kept
            data = await make()
            await asyncio.to_thread(self.put, key, data)
            return data

    def get(self, key: str) -> bytes | None:
        """The bytes under `key`, now the most recently used; None when there are none."""
        with self._lock:
            sizes = self._loaded()
            if key not in sizes:
                return None
            path = self._path(key)
            try:
                data = path.read_bytes()
                os.utime(path)
            except FileNotFoundError:  # removed from outside, which an operator may
                self._total -= sizes.pop(key)
                return None
            sizes.move_to_end(key)
            return data

    def put(self, key: str, data: bytes) -> bool:
        """Keep `data`, evicting what it takes. False when it is not kept: too big, or the disk is nearly full."""
        with self._lock:
            self._loaded()
            if len(data) > self._quota:
                return False
            self._drop(key)
            self._root.mkdir(parents=True, exist_ok=True)
            if shutil.disk_usage(self._root).free - len(data) < self._floor:
                return False
            # Room first, file after: not even for a moment are there more bytes than the quota.
            self._make_room(len(data))
            try:
                _write(self._path(key), data, sync=False)
            except OSError:  # the disk is full or not ours to write: a cache may go without, the picture is shown
                return False
            self._loaded()[key] = len(data)
            self._total += len(data)
            return True

    def usage(self) -> int:
        """Bytes kept now."""
        with self._lock:
            self._loaded()
            return self._total

    @asynccontextmanager
    async def _alone(self, key: str) -> AsyncIterator[None]:
        lock, users = self._making.get(key, (asyncio.Lock(), 0))
        self._making[key] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._making.pop(key)
            if users > 1:
                self._making[key] = (lock, users - 1)

    def _loaded(self) -> OrderedDict[str, int]:
        if self._sizes is None:
            self._root.mkdir(parents=True, exist_ok=True)
            found = sorted(_files(self._root), key=lambda entry: entry[2])
            for path, _, _ in found:
                if path.name.endswith(_PART):  # a write that a crash cut off
                    path.unlink(missing_ok=True)
            kept = [(path.name, size) for path, size, _ in found if not path.name.endswith(_PART)]
            self._sizes = OrderedDict(kept)
            self._total = sum(self._sizes.values())
            self._make_room(0)  # the quota may have been lowered since
        return self._sizes

    def _make_room(self, size: int) -> None:
        sizes = self._loaded()
        while sizes and self._total + size > self._quota:
            self._drop(next(iter(sizes)))

    def _drop(self, key: str) -> None:
        size = self._loaded().pop(key, None)
        if size is not None:
            self._total -= size
            self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._root / key[:2] / key[2:4] / key


def _write(path: Path, data: bytes, *, sync: bool) -> None:
    """Under another name first, then renamed: readers and crashes see the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}{_PART}")
    try:
        with part.open("wb") as file:
            file.write(data)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _files(root: Path) -> Iterator[tuple[Path, int, int]]:
    """(path, bytes, mtime in ns) of each file below; what vanishes meanwhile is left out."""
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue
            yield path, stat.st_size, stat.st_mtime_ns
