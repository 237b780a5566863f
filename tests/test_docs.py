"""What the documents say is what the code does."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from fediprof.federation.dispatch import HANDLERS
from fediprof.settings import Settings

ROOT = Path(__file__).parent.parent


def test_federation_md_lists_exactly_what_is_dispatched() -> None:
    section = (ROOT / "FEDERATION.md").read_text().partition("## Activities understood")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\w+) \| (post|actor|any) \|", section, re.MULTILINE)
    assert sorted(rows) == sorted((type, kind or "any") for type, kind in HANDLERS)


def test_every_setting_says_what_it_is_for() -> None:
    for field in fields(Settings):
        assert len(field.metadata["doc"]) > 15, field.name


def test_the_readme_s_commands_are_there() -> None:
    readme, makefile = (ROOT / "README.md").read_text(), (ROOT / "Makefile").read_text()
    named = set(re.findall(r"`?make ([a-z-]+)", readme))
    assert {"run", "test", "demo"} <= named
    for name in named:
        assert re.search(rf"^{name}:", makefile, re.MULTILINE), name
