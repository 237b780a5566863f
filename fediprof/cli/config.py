"""The settings file as `init` and `up` write it: each setting with its explanation, those chosen set, the others as
comments that show their default."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from textwrap import wrap

from fediprof.settings import Settings

FILE = Path("fediprof.toml")

_HEAD = """\
# Settings of this fediprof. A line that begins with # shows a default; remove the # to change it.
# An environment variable FEDIPROF_<NAME> overrides what is written here.
"""


def as_toml(chosen: Mapping[str, object]) -> str:
    """The whole file. `chosen`: setting → value, of the type `Settings` has."""
    parts = [_HEAD]
    for each in fields(Settings):
        lines = [f"# {line}" for line in wrap(each.metadata["doc"], 100)]
        default = None if each.default is MISSING else each.default
        if each.name in chosen:
            lines.append(f"{each.name} = {_value(chosen[each.name])}")
        else:
            lines.append(f"#{each.name} = {_value(default)}")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def write(path: Path, chosen: Mapping[str, object]) -> None:
    """Make the file, readable by its owner alone: `database` may hold a password. Raises FileExistsError."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(as_toml(chosen))


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    return json.dumps(str(value), ensure_ascii=False)  # a JSON string is a TOML basic string
