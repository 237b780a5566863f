"""Captured payloads, by path, from beside the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from fediprof.as2 import reader

ROOT = Path(__file__).parents[2].parent / "shared" / "wire"

present = pytest.mark.skipif(not ROOT.is_dir(), reason="the captured payloads are not beside this checkout")


def load(name: str) -> dict[str, object]:
    return reader.load((ROOT / name).read_bytes())


def files(kind: str) -> list[Path]:
    """Every file of a kind: activity, actor, object, collection."""
    return sorted(ROOT.glob(f"*/{kind}-*.json"))
