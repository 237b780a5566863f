"""Commands in this process: quick, with what they say caught."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fediprof.cli.main import cli
from tests.cli.instance import Instance

Fediprof = Callable[..., Result]


@pytest.fixture(autouse=True)
def _log_left_alone() -> Iterator[None]:
    """Commands set up the log of their process, which here is pytest's."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance(tmp_path / "instance")


@pytest.fixture
def fediprof(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fediprof:
    """Run a command in an empty folder; `code` is what it must end with, by a sentence and not by an exception."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    monkeypatch.chdir(home)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")

    def run(*words: str, code: int = 0, typed: str | None = None) -> Result:
        result = CliRunner().invoke(cli, list(words), input=typed)
        assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
        assert result.exit_code == code, f"{words}: {result.exit_code}\n{result.output}"
        assert "Traceback" not in result.output
        return result

    return run


@pytest.fixture
def founded(fediprof: Fediprof, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Fediprof:
    """The same in an instance of each engine, with its member lea."""
    monkeypatch.setenv("FEDIPROF_DATABASE", database_url)
    fediprof("init", "--host", "localhost:8000", "--member", "lea", "--name", "Léa", "--language", "en")
    return fediprof
