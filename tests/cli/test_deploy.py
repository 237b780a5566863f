"""The files of deploy/ speak of settings, commands, options and files that there are."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import click
import pytest

from fediprof.cli.main import COMMANDS, cli
from fediprof.settings import Settings

ROOT = Path(__file__).parent.parent.parent
TEXTS = [path for path in sorted((ROOT / "deploy").rglob("*")) if path.is_file()] + [ROOT / "keys" / "README.md"]
ids = [path.relative_to(ROOT).as_posix() for path in TEXTS]


@pytest.mark.parametrize("path", TEXTS, ids=ids)
def test_every_variable_named_is_a_setting(path: Path) -> None:
    known = {f"FEDIPROF_{each.name.upper()}" for each in fields(Settings)} | {"FEDIPROF_CONFIG"}
    assert set(re.findall(r"FEDIPROF_[A-Z_]+", path.read_text("utf-8"))) <= known


@pytest.mark.parametrize("path", TEXTS, ids=ids)
def test_every_command_named_is_one_with_these_options(path: Path) -> None:
    text = re.sub(r"\\\n\s*#?", " ", path.read_text("utf-8"))
    for name, rest in re.findall(r"(?:`|bin/|\n|fediprof )fediprof ([a-z]+)\b([^`\n#|]*)", text):
        assert name in COMMANDS, f"{path.name}: fediprof {name}"
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        if isinstance(command, click.Group):
            words = rest.split()
            assert words, f"{path.name}: fediprof {name}"
            sub = command.get_command(click.Context(command), words[0])
            assert sub is not None, f"{path.name}: fediprof {name} {words[0]}"
            command = sub
        known = {option for parameter in command.params for option in parameter.opts}
        for option in re.findall(r"(?<!\S)--[a-z-]+", rest):
            assert option in known, f"{path.name}: fediprof {name} has no {option}"


def test_files_the_image_is_made_of_are_there() -> None:
    wanted = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "deploy" / "Dockerfile").read_text("utf-8"), re.M)
    assert wanted
    for each in " ".join(wanted).split():
        assert (ROOT / each).exists(), each


def test_targets_of_make_named_in_the_pages_are_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    for path in TEXTS:
        named = set(re.findall(r"`(?:sudo )?make ([a-z-]+)", path.read_text("utf-8")))
        assert named <= targets, path
