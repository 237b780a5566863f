"""The log: one event with its fields a line, on stderr. JSON for machines, `key=value` on a terminal.

`log.info("delivery.refused", extra={"host": host, "status": 410})` is all the rest of the server does. Nothing that
opens a door is written: fields that are named like secrets are blanked, addresses lose their query and what is secret in
their path, statements lose their parameters.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Of the request being answered in this context; "" outside one. Every line written meanwhile carries it."""

LONGEST = 500
_OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "color_message", "taskName"}
_SECRET = re.compile(r"password|secret|token|cookie|authorization|signature|body|private|pem$", re.I)
_SECRET_PATHS = ("/login/link/", "/pictures/")
_LEVELS = {"WARNING": "warn", "CRITICAL": "error"}


def configure(level: str, *, stream: TextIO | None = None) -> None:
    """Send the whole process's log, uvicorn's too, to `stream` (stderr). `level`: debug, info, warning or error."""
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Terminal() if stream.isatty() else Lines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # What libraries say of their own workings is of no use to who runs a server.
    for name in ("uvicorn", "alembic", "asyncio", "httpcore2", "PIL", "markdown_it", "aiosqlite", "websockets"):
        logging.getLogger(name).setLevel(logging.DEBUG if level == "debug" else logging.WARNING)
    logging.getLogger("uvicorn").handlers.clear()
    logging.getLogger("uvicorn").propagate = True


class Lines(logging.Formatter):
    """A JSON object a line: at, level, event, its fields, and for an exception `error` and `trace`."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": _level(record),
        }
        told |= event(record)
        if record.exc_info and record.exc_info[0] is not None:
            told["error"] = _clean(f"{record.exc_info[0].__name__}: {record.exc_info[1]}")
            told["trace"] = _without_values("".join(traceback.format_exception(*record.exc_info)))
        return json.dumps(told, default=str, ensure_ascii=False)


class Terminal(logging.Formatter):
    """`14:02:11 info  delivery.refused host=… status=410`"""

    def format(self, record: logging.LogRecord) -> str:
        told = event(record)
        words = [f"{datetime.fromtimestamp(record.created).astimezone():%H:%M:%S}", f"{_level(record):<5}"]
        words += [str(told.pop("event"))]
        words += [f"{name}={_quoted(value)}" for name, value in told.items()]
        line = " ".join(words)
        if record.exc_info and record.exc_info[0] is not None:
            line += "\n" + _without_values("".join(traceback.format_exception(*record.exc_info))).rstrip()
        return line


def event(record: logging.LogRecord) -> dict[str, object]:
    """A record's name and fields. What libraries write in sentences becomes the event `note` of that library."""
    message = record.getMessage()
    if " " in message:
        told: dict[str, object] = {"event": f"{record.name.partition('.')[0]}.note", "text": _clean(message)}
    else:
        told = {"event": message}
    if current := request_id.get():
        told["request"] = current
    for name, value in record.__dict__.items():
        if name not in _OWN and not name.startswith("_"):
            told[name] = "…" if _SECRET.search(name) else _bounded(value)
    return told


def path(asked: str) -> str:
    """An address's path as it may be written down; its query never is."""
    for prefix in _SECRET_PATHS:
        if asked.startswith(prefix):
            return prefix + "…"
    return asked[:LONGEST]


def _level(record: logging.LogRecord) -> str:
    return _LEVELS.get(record.levelname, record.levelname.lower())


def _bounded(value: object) -> object:
    return value if isinstance(value, int | float | bool | None) else _clean(str(value))


def _clean(text: str) -> str:
    """One line, of bounded length, without a statement's parameters: they are people's words, and hashes."""
    return _without_values(text).replace("\n", " ").replace("\r", " ")[:LONGEST]


def _without_values(text: str) -> str:
    return re.sub(r"\[(parameters|SQL): .*", "[…]", text)


def _quoted(value: object) -> str:
    text = str(value)
    return text if re.fullmatch(r"[^\s\"=]+", text) else json.dumps(text, ensure_ascii=False)
