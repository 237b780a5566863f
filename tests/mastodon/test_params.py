"""Every way clients write the same thing is read as the same thing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from fediprof.errors import FediprofError, Invalid, Malformed, TooMuch
from fediprof.mastodon import params
from fediprof.mastodon.params import Params

pytestmark = pytest.mark.anyio

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


async def sent(body: bytes, kind: str = FORM, query: str = "", chunk: int = 64) -> Params:
    parts = [body[at : at + chunk] for at in range(0, len(body), chunk)] or [b""]

    async def stream() -> AsyncIterator[dict[str, object]]:
        for at, part in enumerate(parts):
            yield {"type": "http.request", "body": part, "more_body": at < len(parts) - 1}

    messages = stream()
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": query.encode(),
        "headers": [(b"content-type", kind.encode())],
    }
    return await params.read(Request(scope, messages.__anext__), most_file_bytes=10_000)  # type: ignore[arg-type]


def multipart(*pairs: tuple[str, str], file: tuple[str, bytes] | None = None) -> tuple[bytes, str]:
    lines = [f'--x\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'.encode() for n, v in pairs]
    if file is not None:
        head = f'--x\r\nContent-Disposition: form-data; name="{file[0]}"; filename="a.png"\r\n'
        lines.append(head.encode() + b"Content-Type: image/png\r\n\r\n" + file[1] + b"\r\n")
    return b"".join([*lines, b"--x--\r\n"]), "multipart/form-data; boundary=x"


ONE_LIST = {
    "form, brackets": (b"media_ids[]=1&media_ids[]=2", FORM),
    "form, indexes": (b"media_ids[0]=1&media_ids[1]=2", FORM),
    "form, indexes out of order": (b"media_ids[1]=2&media_ids[0]=1", FORM),
    "form, escaped brackets": (b"media_ids%5B%5D=1&media_ids%5B%5D=2", FORM),
    "JSON": (b'{"media_ids": ["1", "2"]}', JSON),
    "JSON, numbers": (b'{"media_ids": [1, 2]}', JSON),
    "JSON, brackets in the key": (b'{"media_ids[]": ["1", "2"]}', JSON),
    "JSON, indexes": (b'{"media_ids": {"0": "1", "1": "2"}}', JSON),
    "JSON with a charset": (b'{"media_ids": ["1", "2"]}', "application/json; charset=utf-8"),
    "multipart": multipart(("media_ids[]", "1"), ("media_ids[]", "2")),
}


@pytest.mark.parametrize("body", ONE_LIST.values(), ids=ONE_LIST)
async def test_a_list_is_a_list_however_it_was_written(body: tuple[bytes, str]) -> None:
    assert (await sent(*body)).numbers("media_ids") == [1, 2]


NESTED = {
    "form": (b"source[privacy]=unlisted", FORM),
    "JSON": (b'{"source": {"privacy": "unlisted"}}', JSON),
    "JSON, path as key": (b'{"source[privacy]": "unlisted"}', JSON),
}


@pytest.mark.parametrize("body", NESTED.values(), ids=NESTED)
async def test_an_object_is_an_object_however_it_was_written(body: tuple[bytes, str]) -> None:
    assert (await sent(*body)).nested("source").text("privacy") == "unlisted"


OBJECTS = {
    "form, indexes": (b"f[0][name]=a&f[0][value]=1&f[1][name]=b&f[1][value]=2", FORM),
    "form, brackets": (b"f[][name]=a&f[][value]=1&f[][name]=b&f[][value]=2", FORM),
    "JSON list": (b'{"f": [{"name":"a","value":1},{"name":"b","value":"2"}]}', JSON),
    "JSON object of indexes": (b'{"f": {"1": {"name":"b","value":2},"0": {"name":"a","value":1}}}', JSON),
}


@pytest.mark.parametrize("body", OBJECTS.values(), ids=OBJECTS)
async def test_a_list_of_objects_is_one_however_it_was_written(body: tuple[bytes, str]) -> None:
    found = [(each.text("name"), each.number("value")) for each in (await sent(*body)).each("f")]
    assert found == [("a", 1), ("b", 2)]


@pytest.mark.parametrize(
    ("value", "meant"),
    [("1", True), ("true", True), ("on", True), ("True", True), ("0", False), ("false", False), ("", False)],
)
async def test_words_for_yes_and_no_are_booleans_in_forms_and_in_json(value: str, meant: bool) -> None:
    assert (await sent(urlencode({"sensitive": value}).encode())).flag("sensitive") is meant
    assert (await sent(msgspec.json.encode({"sensitive": value}), JSON)).flag("sensitive") is meant
    assert (await sent(msgspec.json.encode({"sensitive": meant}), JSON)).flag("sensitive") is meant


async def test_null_is_as_good_as_not_given() -> None:
    given = await sent(b'{"in_reply_to_id": null, "sensitive": null, "media_ids": null}', JSON)
    assert "in_reply_to_id" not in given
    assert given.number("in_reply_to_id") is None
    assert given.flag("sensitive") is False
    assert given.texts("media_ids") == []


async def test_a_body_wins_over_the_query_and_leaves_the_rest_of_it() -> None:
    given = await sent(b"status=body", query="status=query&visibility=direct")
    assert (given.text("status"), given.text("visibility")) == ("body", "direct")


async def test_a_file_comes_with_its_fields() -> None:
    body, kind = multipart(("description", "a dog"), file=("file", b"\x89PNG"))
    given = await sent(body, kind)
    upload = given.file("file")
    assert upload is not None
    assert await upload.read() == b"\x89PNG"
    await given.close()
    assert given.text("description") == "a dog"


LONG = b"a" * (params.MOST_BYTES + 20_000)


@pytest.mark.parametrize(
    "body", [(LONG, FORM), (LONG, JSON), multipart(file=("file", LONG))], ids=["form", "json", "file"]
)
async def test_a_body_too_long_is_refused_before_it_is_kept(body: tuple[bytes, str]) -> None:
    with pytest.raises(TooMuch):
        await sent(*body, chunk=65536)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{", JSON),
        (b"[1]", JSON),
        (b"[" * 20_000, JSON),
        (b"\xff=1", FORM),
        (b"a=1", "text/plain"),
        (b"no boundary here", "multipart/form-data; boundary=x"),
        (b"--x", "multipart/form-data"),
        (b"a[][][b]=1", FORM),
        (b"a" + b"[b]" * 50 + b"=1", FORM),
        (b"&".join(b"a=1" for _ in range(2000)), FORM),
    ],
)
async def test_what_cannot_be_read_is_malformed(body: bytes, kind: str) -> None:
    with pytest.raises(Malformed):
        await sent(body, kind)


async def test_a_limit_is_clamped_and_never_refused() -> None:
    for written, meant in (("5", 5), ("0", 1), ("-3", 1), ("1000", 40), ("many", 20), ("", 20), ("9" * 50, 20)):
        assert params.of_query(urlencode({"limit": written}).encode()).limit(20, 40) == meant


async def test_a_wrong_value_names_its_field() -> None:
    given = params.of_query(b"sensitive=maybe&poll[expires_in]=5")
    with pytest.raises(Invalid) as refused:
        given.flag("sensitive")
    assert refused.value.field == "sensitive"
    with pytest.raises(Invalid):
        given.text("poll")


@given(st.lists(st.tuples(st.text(alphabet="ab[]0123²", min_size=1, max_size=12), st.text(max_size=3)), max_size=8))
def test_any_names_are_read_or_refused_and_never_break_us(pairs: list[tuple[str, str]]) -> None:
    try:
        given_values = params.of_query(urlencode(pairs).encode())
    except Malformed:
        return
    for name in ("a", "b", "ab"):
        for reader in (given_values.text, given_values.texts, given_values.numbers, given_values.each):
            try:
                reader(name)
            except FediprofError:
                continue
