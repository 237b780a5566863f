from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections import OrderedDict, namedtuple
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fediprof.errors import Invalid, NotFound
from fediprof.media.storage import DirectoryStorage, PictureCache

pytestmark = pytest.mark.anyio


def on_disk(root: Path) -> int:
    return sum(path.stat().st_size for path in root.rglob("*") if path.is_file())


def key(number: int) -> str:
    return PictureCache.key(f"https://example.org/{number}", "small")


def test_what_is_saved_is_there_until_it_is_deleted(tmp_path: Path) -> None:
    storage = DirectoryStorage(tmp_path / "media")
    assert storage.usage() == 0
    storage.save("1234.webp", b"first")
    path = storage.save("1234.webp", b"second!")
    storage.save("1235.webp", b"x")
    assert (storage.open("1234.webp"), storage.path("1234.webp")) == (b"second!", path)
    assert storage.usage() == on_disk(tmp_path) == 8
    assert len(path.relative_to(tmp_path / "media").parts) == 3
    storage.delete("1234.webp")
    storage.delete("1234.webp")
    with pytest.raises(NotFound):
        storage.open("1234.webp")
    assert storage.usage() == 1


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "/etc/passwd", "a/b", "a\\b", ".x", "a\0b", "é", "x.part", "a" * 201]
)
def test_names_cannot_leave_the_folder(tmp_path: Path, name: str) -> None:
    storage = DirectoryStorage(tmp_path)
    for act in (lambda: storage.save(name, b"x"), lambda: storage.path(name), lambda: storage.delete(name)):
        with pytest.raises(Invalid):
            act()
    assert on_disk(tmp_path) == 0


def test_a_write_that_fails_leaves_the_former_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = DirectoryStorage(tmp_path)
    storage.save("a", b"former")

    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        storage.save("a", b"new")
    assert storage.open("a") == b"former"
    assert on_disk(tmp_path) == 6


def test_the_least_recently_used_go_first(tmp_path: Path) -> None:
    cache = PictureCache(tmp_path, quota_bytes=30, floor_free_bytes=0)
    for number in range(3):
        assert cache.put(key(number), bytes(10))
    assert cache.get(key(0)) == bytes(10)  # so 1 is now the least recently used
    cache.put(key(3), bytes(10))
    assert [cache.get(key(number)) is not None for number in range(4)] == [True, False, True, True]
    cache.put(key(4), bytes(25))
    assert [cache.get(key(number)) is not None for number in range(5)] == [False] * 4 + [True]
    assert cache.usage() == on_disk(tmp_path) == 25


def test_what_is_larger_than_the_quota_is_not_kept_and_evicts_nothing(tmp_path: Path) -> None:
    cache = PictureCache(tmp_path, quota_bytes=30, floor_free_bytes=0)
    cache.put(key(0), bytes(10))
    assert not cache.put(key(1), bytes(31))
    assert cache.get(key(0)) == bytes(10)
    assert cache.get(key(1)) is None


def test_order_and_sizes_survive_a_restart(tmp_path: Path) -> None:
    cache = PictureCache(tmp_path, quota_bytes=30, floor_free_bytes=0)
    for number in range(3):
        cache.put(key(number), bytes(10))
        os.utime(cache._path(key(number)), (1000 + number, 1000 + number))
    assert cache.get(key(0)) is not None
    # When it starts again, with the remains of a write that a crash cut off
    (tmp_path / "ab" / "cd").mkdir(parents=True, exist_ok=True)
    (tmp_path / "ab" / "cd" / "x.1-2.part").write_bytes(bytes(1000))
    again = PictureCache(tmp_path, quota_bytes=30, floor_free_bytes=0)
    assert again.usage() == on_disk(tmp_path) == 30
    again.put(key(3), bytes(10))
    assert [again.get(key(number)) is not None for number in range(4)] == [True, False, True, True]
    # And with a lower quota, it shrinks at once
    assert PictureCache(tmp_path, quota_bytes=15, floor_free_bytes=0).usage() == on_disk(tmp_path) == 10


def test_nothing_is_added_when_the_disk_is_nearly_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    free = 1000
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10_000, 10_000 - free, free))
    cache = PictureCache(tmp_path, quota_bytes=10_000, floor_free_bytes=900)
    assert cache.put(key(0), bytes(100))
    assert not cache.put(key(1), bytes(101))
    assert (cache.usage(), on_disk(tmp_path)) == (100, 100)
    free = 2000
    assert cache.put(key(1), bytes(101))


def test_a_file_removed_by_hand_is_only_a_miss(tmp_path: Path) -> None:
    cache = PictureCache(tmp_path, quota_bytes=30, floor_free_bytes=0)
    cache.put(key(0), bytes(10))
    shutil.rmtree(tmp_path)
    assert cache.get(key(0)) is None
    assert cache.usage() == 0
    assert cache.put(key(0), bytes(30))
    assert cache.get(key(0)) == bytes(30)


async def test_a_disk_that_cannot_be_written_does_not_cost_the_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = PictureCache(tmp_path, quota_bytes=30, floor_free_bytes=0)

    def full(*_: object) -> None:
        raise OSError("No space left on device")

    async def make() -> bytes:
        return b"picture"

    monkeypatch.setattr(Path, "replace", full)
    assert await cache.fetch(key(0), make) == b"picture"
    assert cache.usage() == on_disk(tmp_path) == 0


STEP = st.tuples(st.sampled_from(["put", "get", "restart"]), st.integers(0, 5), st.integers(0, 14))


@settings(max_examples=150, deadline=None)
@given(st.lists(STEP, max_size=40), st.integers(0, 30))
def test_the_quota_is_never_exceeded_and_the_latest_used_are_kept(
    steps: list[tuple[str, int, int]], quota: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root, clock = Path(folder), 1000
        cache = PictureCache(root, quota, 0)
        model: OrderedDict[str, int] = OrderedDict()
        for step, number, size in steps:
            name = key(number)
            clock += 1
            if step == "restart":
                cache = PictureCache(root, quota, 0)
            elif step == "get":
                got = cache.get(name)
                assert (None if got is None else len(got)) == model.get(name)
                if got is not None:
                    model.move_to_end(name)
            elif cache.put(name, bytes(size)):
                model.pop(name, None)
                while sum(model.values()) + size > quota:
                    model.popitem(last=False)
                model[name] = size
            else:
                assert size > quota
            if name in model and step != "restart":
                os.utime(cache._path(name), (clock, clock))  # file systems' own clocks are too coarse for this pace
            assert cache.usage() == on_disk(root) == sum(model.values()) <= quota


async def test_of_several_askers_one_makes_it(tmp_path: Path) -> None:
    cache, made = PictureCache(tmp_path, 1000, 0), 0

    async def make() -> bytes:
        nonlocal made
        made += 1
        await asyncio.sleep(0.05)
        return b"picture"

    assert await asyncio.gather(*(cache.fetch(key(0), make) for _ in range(10))) == [b"picture"] * 10
    assert made == 1
    assert cache._making == {}


async def test_when_the_maker_fails_or_leaves_the_next_one_tries(tmp_path: Path) -> None:
    cache, made = PictureCache(tmp_path, 1000, 0), 0

    async def make() -> bytes:
        nonlocal made
        made += 1
        await asyncio.sleep(0.05)
        if made == 2:
            raise NotFound("no")
        return b"picture"

    askers = [asyncio.create_task(cache.fetch(key(0), make)) for _ in range(4)]
    await asyncio.sleep(0.02)
    askers[0].cancel()
    results = await asyncio.gather(*askers, return_exceptions=True)
    assert isinstance(results[0], asyncio.CancelledError)
    assert isinstance(results[1], NotFound)
    assert results[2:] == [b"picture"] * 2
    assert (made, cache._making) == (3, {})
