"""Files made to hurt: each gets a clear sentence, at once and with little memory."""

from __future__ import annotations

import io
import json
import struct
import time
import tracemalloc
import zipfile

import pytest

from fediprof.errors import FediprofError, Malformed, TooMuch
from fediprof.portability import reading, tables, zips
from tests.portability.exports import FULL, zipped


def refusal(data: bytes) -> FediprofError:
    """What is said of a file; within two seconds and 150 MB."""
    tracemalloc.start()
    begun = time.process_time()
    try:
        with pytest.raises((Malformed, TooMuch)) as caught:
            reading.read(io.BytesIO(data), "en")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert time.process_time() - begun < 10
    assert peak < 150 * 1024 * 1024, peak
    assert caught.value.public != type(caught.value).sentence, "a sentence of its own"
    return caught.value


def many(count: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for n in range(count):
            packed.writestr(f"{n}", b"")
    return out.getvalue()


def linked() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        link = zipfile.ZipInfo("Skills.csv")
        link.external_attr = 0o120777 << 16
        packed.writestr(link, "/etc/passwd")
    return out.getvalue()


def locked() -> bytes:
    data = bytearray(zipped({"Skills.csv": "Name\nLean\n"}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(signature) + offset
        data[at] |= 1
    return bytes(data)


def damaged() -> bytes:
    data = bytearray(zipped({"Skills.csv": "Name\n" + "Lean and mean\n" * 200}))
    at = data.index(b"Skills.csv") + len("Skills.csv") + 4
    data[at : at + 8] = b"\xff" * 8
    return bytes(data)


def lying_about_its_size() -> bytes:
    """30 MB that claim to be 10 bytes."""
    data = bytearray(zipped({"Skills.csv": b"Name\n" + b"x" * 30_000_000}))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(signature) + offset
        data[at : at + 4] = struct.pack("<I", 10)
    return bytes(data)


HOSTILE = {
    "a bomb": (lambda: zipped({"Skills.csv": b"Name\n" + b"\0" * 100_000_000}), "too large"),
    "one line of 100 MB": (
        lambda: zipped({"Positions.csv": b"Company Name,Title\n" + b"a" * 100_000_000}),
        "too large",
    ),
    "too many files": (lambda: many(20_001), "too many files"),
    "a way out": (lambda: zipped({"../../etc/cron.d/x": "x", **FULL}), "leads out"),
    "a way out with backslashes": (lambda: zipped({"..\\x": "x", **FULL}), "leads out"),
    "an absolute path": (lambda: zipped({"/etc/x": "x", **FULL}), "leads out"),
    "a drive": (lambda: zipped({"C:/x": "x", **FULL}), "leads out"),
    "a link": (linked, "links"),
    "a password": (locked, "password"),
    "damaged data": (damaged, "damaged"),
    "cut off": (lambda: zipped(FULL)[:200], "cut off"),
    "a zip in a zip": (lambda: zipped({"export.zip": zipped(FULL)}), "none of the files"),
    "a zip of pictures": (lambda: zipped({"a.png": b"x"}), "none of the files"),
    "an empty zip": (lambda: zipped({}), "none of the files"),
    "nothing": (lambda: b"", "empty"),
    "a PDF": (lambda: b"%PDF-1.7 ...", "Neither"),
    "half of a JSON": (lambda: b'{"basics": {', "no JSON"),
    "deep JSON": (lambda: b'{"work":' + b"[" * 2_000_000, "no JSON"),
    "deep JSON that closes": (lambda: b'{"work":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "no JSON"),
    "JSON of no sections": (lambda: b'{"hello": 1}', "no résumé"),
    "a list": (lambda: b"[1, 2]", "no résumé"),
    "JSON of 9 MB": (lambda: b'{"work": "' + b"x" * 9_000_000 + b'"}', "too large"),
    "somebody's profile.json": (lambda: zipped({"profile.json": '{"name": "x"}'}), "none of the files"),
    "our archive, broken": (lambda: zipped({"profile.json": '{"format": "fedi'}), "damaged"),
    "our archive of tomorrow": (
        lambda: zipped({"profile.json": json.dumps({"format": "fediprof profile", "version": 9})}),
        "newer",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_gets_a_sentence(name: str) -> None:
    make, words = HOSTILE[name]
    assert words in refusal(make()).public


def test_a_member_that_lies_about_its_size_is_read_no_further_than_it_says() -> None:
    refused = refusal(lying_about_its_size())
    assert "damaged" in refused.public or "too large" in refused.public


def test_members_together_have_a_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "MAX_ALL", 100)
    assert "too large" in refusal(zipped(FULL)).public


def test_a_long_line_in_a_small_file_is_left_out_and_the_rest_read() -> None:
    found = tables.read(b"Name\nLean\n" + b"a" * 100_000 + b"\nSMED\n", {"name": frozenset({"name"})}, most=10)
    assert found is not None
    assert [row["name"] for row in found.rows] == ["Lean", "SMED"]
    assert found.broken == 1


def test_a_file_of_quotes_and_line_ends_is_read_in_linear_time() -> None:
    begun = time.process_time()
    tables.read(b"Name\n" + b'"\n,\n' * 300_000, {"name": frozenset({"name"})}, most=10**6)
    tables.read(b"Name\n" + b"\n" * 5_000_000, {"name": frozenset({"name"})}, most=10**6)
    assert time.process_time() - begun < 20


def test_what_we_write_as_csv_begins_no_formula_and_reads_back_as_it_was() -> None:
    values = ["=1+1", "+33 6", "-x", "@SUM", "\tx", "plain", "'quoted", 'a "b", c\nd']
    text = tables.written(["name"], [[each] for each in values])
    found = tables.read(text, {"name": frozenset({"name"})}, most=99)
    assert found is not None
    kept = [row["name"] for row in found.rows]
    assert not any(each.startswith(("=", "+", "-", "@", "\t")) for each in kept)
    assert [tables.freed(each) for each in kept] == values


@pytest.mark.parametrize("text", ["\x00\x07bell", "\ud800 alone", "a\r\nb\rc", "\u2028line"])
def test_text_of_files_is_text_a_database_takes(text: str) -> None:
    from fediprof.portability.records import clean

    cleaned = clean(text)
    cleaned.encode()
    assert not any(ord(each) < 32 and each != "\n" for each in cleaned)
