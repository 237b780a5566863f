"""What a client sent, read alike from the query, a form, a multipart body or JSON.

Names follow Rails: `a[]`, `a[0]`, `a[b]`, `a[0][b]`, `a[][b]`; in JSON such names may also be keys (`"media_ids[]"`).
Values are coerced when they are asked for: "1", "true", "on" and their opposites to booleans, digits to numbers. A JSON
null is as good as not given. A body wins over the query.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Iterator
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

import msgspec
from python_multipart.exceptions import FormParserError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from fediprof.errors import Invalid, Malformed, TooMuch

Tree: TypeAlias = dict[str, Any]

MOST_BYTES = 1024 * 1024
_MOST_VALUES = 1000
_DEEPEST = 8
_TRUE = frozenset({"1", "true", "t", "on", "yes"})
_FALSE = frozenset({"0", "false", "f", "off", "no", ""})
_LARGEST = 2**63 - 1


class Params:
    """One request's values. Every reader answers its default for what was not given, and Invalid for what cannot be."""

    __slots__ = ("_files", "_tree")

    def __init__(self, tree: Tree, files: tuple[UploadFile, ...] = ()) -> None:
        self._tree, self._files = tree, files

    async def close(self) -> None:
        """Let go of uploaded files; large ones lie on disk until then."""
        for file in self._files:
            await file.close()

    def __contains__(self, name: str) -> bool:
        return self._tree.get(name) is not None

    def text(self, name: str, default: str = "") -> str:
        value = self._tree.get(name)
        if value is None:
            return default
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str | int | float) and "\0" not in (found := str(value)):
            return found
        raise Invalid(f"{name} must be text", field=name)

    def flag(self, name: str, default: bool = False) -> bool:
        word = self.text(name, "true" if default else "false").strip().lower()
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
        raise Invalid(f"{name} must be true or false", field=name)

    def number(self, name: str) -> int | None:
        """A whole number that fits 63 bits; None when it is not given, or empty."""
        word = self.text(name).strip()
        if not word:
            return None
        if not word.isascii() or not word.lstrip("-").isdigit() or abs(int(word[:20])) > _LARGEST:
            raise Invalid(f"{name} must be a number", field=name)
        return int(word)

    def cursor(self, name: str) -> int | None:
        """A number to page from: what is no id of ours cannot be one, and is as if it were not given."""
        try:
            return self.number(name)
        except Invalid:
            return None

    def limit(self, default: int, most: int) -> int:
        """`limit`, clamped and never refused."""
        try:
            wanted = self.number("limit")
        except Invalid:
            wanted = None
        return default if wanted is None else max(1, min(wanted, most))

    def texts(self, name: str) -> list[str]:
        """A list, however it was written; one value alone is a list of one."""
        found = [str(each) for each in self._listed(name) if isinstance(each, str | int)]
        if any("\0" in each for each in found):  # PostgreSQL keeps no such text
            raise Invalid(f"{name} must be text", field=name)
        return [each for each in found if each]

    def numbers(self, name: str) -> list[int]:
        """Ids in a list; what is no number names nothing, and is left out."""
        found = (each.strip() for each in self.texts(name))
        numbers = (int(each) for each in found if each.isascii() and each.isdigit() and len(each) < 20)
        return [each for each in numbers if each <= _LARGEST]

    def nested(self, name: str) -> Params:
        value = self._tree.get(name)
        return Params(value if isinstance(value, dict) else {})

    def each(self, name: str) -> list[Params]:
        """A list of objects: `a[0][b]`, `a[][b]`, or a JSON list."""
        return [Params(value) for value in self._listed(name) if isinstance(value, dict)]

    def file(self, name: str) -> UploadFile | None:
        value = self._tree.get(name)
        return value if isinstance(value, UploadFile) else None

    def _listed(self, name: str) -> list[Any]:
        value = self._tree.get(name)
        if value is None:
            return []
        if isinstance(value, dict):  # `a[0]`, `a[1]`: an object of indexes
            return [value[key] for key in sorted(value, key=_index)]
        return value if isinstance(value, list) else [value]


def of_query(query: bytes) -> Params:
    return Params(_grown({}, _pairs(query)))


async def read(request: Request, *, most_file_bytes: int) -> Params:
    """Query and body together. Raises Malformed, TooMuch. An empty body is an empty object, whatever its type says."""
    tree = _grown({}, _pairs(request.scope["query_string"]))
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        parts = await _multipart(request, most_file_bytes)
        return Params(_grown(tree, parts), tuple(part for _, part in parts if isinstance(part, UploadFile)))
    body = b"".join([chunk async for chunk in _limited(request, MOST_BYTES)])
    if not body.strip():
        return Params(tree)
    if kind == "application/json" or kind.endswith("+json"):
        return Params(_grown(tree, _json(body).items()))
    if kind in ("application/x-www-form-urlencoded", ""):
        return Params(_grown(tree, _pairs(body)))
    raise Malformed(f"content type {kind!r}", public="The body must be JSON, a form, or multipart")


def _pairs(text: bytes) -> list[tuple[str, str]]:
    if not text:
        return []
    try:
        return parse_qsl(text.decode(), keep_blank_values=True, max_num_fields=_MOST_VALUES, errors="strict")
    except (UnicodeDecodeError, ValueError):
        raise Malformed("form not readable") from None


def _json(body: bytes) -> Tree:
    try:
        read = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        raise Malformed("JSON not readable", public="The body is not valid JSON") from None
    if not isinstance(read, dict):
        raise Malformed("JSON is no object", public="The body must be a JSON object")
    return read


async def _multipart(request: Request, most_file_bytes: int) -> list[tuple[str, Any]]:
    too_long: TooMuch | None = None

    async def stream() -> AsyncGenerator[bytes, None]:
        nonlocal too_long
        try:
            async for chunk in _limited(request, most_file_bytes + MOST_BYTES):
                yield chunk
        except TooMuch as error:
            too_long = error
            raise MultiPartException("too long") from error  # for this the parser closes what it has on disk

    parser = MultiPartParser(request.headers, stream(), max_files=8, max_fields=_MOST_VALUES)
    try:
        form = await parser.parse()
    except (MultiPartException, FormParserError, KeyError, ValueError) as error:
        if too_long is not None:
            raise too_long from None
        raise Malformed("multipart not readable", public="The multipart body is not readable") from error
    return list(form.multi_items())


async def _limited(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    """The body, stopped as soon as it is longer than `most` bytes, whatever its length was said to be."""
    taken = 0
    try:
        async for chunk in request.stream():
            taken += len(chunk)
            if taken > most:
                raise TooMuch(f"a body of more than {most} bytes")
            yield chunk
    except ClientDisconnect:
        raise Malformed("the client went away") from None


# --- names


def _grown(tree: Tree, pairs: Iterable[tuple[str, Any]]) -> Tree:
    for name, value in pairs:
        if value is not None and name:
            _put(tree, list(_steps(name)), value)
    return tree


def _index(key: str) -> tuple[bool, int]:
    number = key.isascii() and key.isdigit() and len(key) < 10
    return not number, int(key) if number else 0


def _steps(name: str) -> Iterator[str]:
    """`a[b][]` → a, b, "" (the empty step adds to a list)."""
    first, bracket, rest = name.partition("[")
    if not bracket or not rest.endswith("]") or not first:
        yield name
        return
    yield first
    yield from rest[:-1].split("][")


def _put(tree: Tree, steps: list[str], value: Any) -> None:
    if len(steps) > _DEEPEST:
        raise Malformed("names nested too deep")
    here: Any = tree
    for at, step in enumerate(steps):
        last = at == len(steps) - 1
        if step == "":
            if not isinstance(here, list):
                raise Malformed("lists of lists")
            if last:
                here.extend(value if isinstance(value, list) else [value])
                return
            # `a[][b]`: the next object begins where the last one has that name already
            if not here or not isinstance(here[-1], dict) or (at + 2 == len(steps) and steps[at + 1] in here[-1]):
                here.append({})
            here = here[-1]
            continue
        if last:
            here[step] = value
            return
        wanted: Any = [] if steps[at + 1] == "" else {}
        if not isinstance(here.get(step), type(wanted)):
            here[step] = wanted
        here = here[step]
