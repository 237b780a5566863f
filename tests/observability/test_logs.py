"""The log: one line an event, fields, no secrets."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text

from fediprof.observability import logs

log = logging.getLogger("fediprof.test")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _root_left_alone() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def written() -> io.StringIO:
    stream = io.StringIO()
    logs.configure("info", stream=stream)
    return stream


def test_an_event_is_one_line_of_json_with_its_fields(written: io.StringIO) -> None:
    mark = logs.request_id.set("abc123")
    log.info("delivery.refused", extra={"host": "name.example", "status": 410, "why": "gone\nfor good"})
    logs.request_id.reset(mark)
    line = json.loads(written.getvalue())
    assert written.getvalue().count("\n") == 1
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "info",
        "event": "delivery.refused",
        "host": "name.example",
        "status": 410,
        "why": "gone for good",
        "request": "abc123",
    }


@pytest.mark.parametrize("name", ["password", "login_secret", "access_token", "Authorization", "set_cookie", "body"])
def test_fields_named_like_secrets_are_blank(written: io.StringIO, name: str) -> None:
    log.info("some.event", extra={name: "hunter2"})
    assert "hunter2" not in written.getvalue()


def test_a_database_s_error_is_written_without_what_was_in_the_row(written: io.StringIO) -> None:
    told = " ".join(["a", "private", "message"])  # the trace shows this file's lines, not their values
    with create_engine("sqlite://").connect() as connection:
        try:
            connection.execute(text("select :words from nowhere"), {"words": told})
        except Exception:
            log.exception("unit.failed")
    line = json.loads(written.getvalue())
    assert "no such table" in line["error"]
    assert told not in written.getvalue()


def test_sentences_of_libraries_become_notes(written: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    line = json.loads(written.getvalue())
    assert (line["event"], line["level"], line["text"]) == ("uvicorn.note", "warn", "Invalid HTTP request received.")


def test_on_a_terminal_it_is_made_for_reading() -> None:
    stream = Terminal()
    logs.configure("info", stream=stream)
    log.info("server.started", extra={"listen": "127.0.0.1:8000", "why": "two words"})
    assert stream.getvalue().rstrip().endswith('info  server.started listen=127.0.0.1:8000 why="two words"')


def test_the_level_is_held(written: io.StringIO) -> None:
    log.debug("too.much")
    assert written.getvalue() == ""


@pytest.mark.parametrize(
    ("asked", "written_down"),
    [("/@lea/p/abc", "/@lea/p/abc"), ("/login/link/SECRET", "/login/link/…"), ("/pictures/TOKEN", "/pictures/…")],
)
def test_what_is_secret_in_a_path_is_cut(asked: str, written_down: str) -> None:
    assert logs.path(asked) == written_down
