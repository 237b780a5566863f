"""Backups made from the console, beside the data: `data/backups/backup-2026-11-23-104500.tar.gz`. They are given out by no
address: whoever may read the disk takes them from there."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from fediprof.settings import Settings

_DATED: Final = "backup-%Y-%m-%d-%H%M%S.tar.gz"
_NAME: Final = re.compile(r"backup-\d{4}-\d\d-\d\d-\d{6}\.tar\.gz", re.ASCII)


@dataclass(frozen=True, slots=True)
class Kept:
    name: str
    bytes: int
    made_at: datetime


def of(settings: Settings) -> Path:
    return settings.data / "backups"


def opened(settings: Settings) -> Path:
    """The folder, there, for its owner alone, and without what a process that died at it left."""
    folder = of(settings)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for left in (*folder.glob("*.part"), *folder.glob(".backup-*")):
        shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink(missing_ok=True)
    return folder


def name(at: datetime) -> str:
    return at.astimezone(UTC).strftime(_DATED)


def kept(settings: Settings) -> list[Kept]:
    """The newest first."""
    found = []
    for path in of(settings).glob("backup-*.tar.gz"):
        try:
            size = path.stat().st_size
            at = datetime.strptime(path.name, _DATED).replace(tzinfo=UTC)
        except (FileNotFoundError, ValueError):  # thrown away while we look; not one of ours
            continue
        found.append(Kept(path.name, size, at))
    return sorted(found, key=lambda each: each.name, reverse=True)


def throw_away(settings: Settings, name: str) -> bool:
    """False where there is none of this name."""
    path = of(settings) / name
    if not _NAME.fullmatch(name) or not path.is_file():
        return False
    path.unlink(missing_ok=True)
    return True
