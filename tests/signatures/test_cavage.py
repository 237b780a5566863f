"""Draft-cavage: the appendix, recorded requests, what each change to a signed request does, and hostile headers."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from hypothesis import given
from hypothesis import strategies as st

from fediprof import clock
from fediprof.errors import NotVerified
from fediprof.signatures import cavage, digest
from fediprof.signatures.message import SignableRequest, read_date

from . import material
from .material import BODY, KEY_ID, NOW, OWNER, with_headers

DRAFT = material.vectors("cavage-draft12.json")
SEEN = material.vectors("cavage-real-world-headers.json")
APPENDIX_CLOCK = datetime.fromisoformat("2014-01-05T21:31:40Z")


def _holds(request: SignableRequest, now: datetime = NOW, key: Any = None) -> bool:
    """Whether the request's signature is believed; any error other than NotVerified fails the test."""
    try:
        signature = cavage.find(request)
        assert signature is not None
        cavage.verify(signature, request, key or material.public(material.rsa()), now)
    except NotVerified:
        return False
    return True


def _signed(request: SignableRequest, **options: Any) -> SignableRequest:
    return request.adding(
        cavage.sign(request, options.pop("key", material.rsa()), options.pop("now", NOW), **options)
    )


def _by_hand(
    text: str, parameters: str, request: SignableRequest, hash: hashes.HashAlgorithm | None = None
) -> SignableRequest:
    """The request with a signature over exactly this text, whatever it claims to cover."""
    key = material.rsa().key
    assert isinstance(key, RSAPrivateKey)
    signature = key.sign(text.encode(), padding.PKCS1v15(), hash or hashes.SHA256())
    encoded = base64.b64encode(signature).decode()
    return request.adding({"signature": f'keyId="{KEY_ID}",{parameters},signature="{encoded}"'})


# --- the published cases ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", DRAFT["appendix_c"], ids=lambda case: str(case["id"]))
def test_the_appendix_of_the_draft(case: dict[str, str]) -> None:
    asked = DRAFT["request_appendix_c"]
    headers = {**asked["headers"], "signature": case["signature_header"]}
    request = SignableRequest("POST", "https://example.com" + asked["target"], headers, asked["body"].encode())
    key = material.published("Test", DRAFT["public_key_appendix_c"])
    signature = cavage.parse(case["signature_header"])
    # The signature is right for the text the draft gives ...
    assert key.holds(signature.signature, case["signing_string"].encode())
    # ... and ours refuses what leaves a request replayable: C.1 covers the date alone, C.2 not the body.
    assert _holds(request, APPENDIX_CLOCK, key) is (case["id"] == "C.3 all headers")
    without_body = replace(request, method="POST" if case["id"] != "C.2 basic" else "GET", body=b"")
    assert not _holds(without_body, APPENDIX_CLOCK, key)


@pytest.mark.parametrize("case", DRAFT["cases"], ids=lambda case: str(case["id"]))
def test_requests_as_peers_send_them(case: dict[str, Any]) -> None:
    body = (case["body"] or "").encode()
    request = SignableRequest(case["method"], "https://b.example" + case["path"], case["headers"], body)
    key = material.published(KEY_ID, DRAFT["test-key-rsa"]["public"])
    assert _holds(request, NOW, key) is (case["expect"] == "valid")


@pytest.mark.parametrize("sample", SEEN["samples"], ids=["lemmy", "kbin"])
def test_headers_seen_in_the_wild_are_read(sample: dict[str, str]) -> None:
    signature = cavage.parse(sample["signature_header"])
    assert signature.key_id.endswith("#main-key")
    assert {"(request-target)", "date", "digest", "host"} <= set(signature.headers)
    assert len(signature.signature) in (256, 512)
    request = SignableRequest("POST", "https://b.example/", {"digest": sample["digest"]}, sample["raw_body"].encode())
    assert digest.check(request) == {"digest"}


# --- what we send ----------------------------------------------------------------------------------------------------


def test_a_delivery_is_signed_as_every_receiver_wants_it() -> None:
    added = cavage.sign(material.delivery(), material.rsa(), NOW)
    assert added["date"] == "Tue, 10 Mar 2026 09:30:30 GMT"
    assert added["digest"] == digest.digest(BODY)
    head, _, _ = added["signature"].partition(',signature="')
    assert head == (
        f'keyId="{KEY_ID}",algorithm="rsa-sha256",headers="(request-target) host date digest content-type"'
    )
    assert set(added) == {"date", "digest", "signature"}


def test_a_fetch_is_signed_without_what_proxies_rewrite() -> None:
    added = cavage.sign(material.fetch(), material.rsa(), NOW)
    assert 'headers="(request-target) host date"' in added["signature"]
    assert set(added) == {"date", "signature"}


@pytest.mark.parametrize("key", [material.rsa(), material.ed25519()], ids=lambda key: str(key.algorithm))
@pytest.mark.parametrize("request_", [material.delivery(), material.fetch()], ids=["delivery", "fetch"])
def test_what_we_sign_we_believe(request_: SignableRequest, key: Any) -> None:
    assert _holds(_signed(request_, key=key), key=material.public(key))


def test_the_host_must_be_there_to_be_signed() -> None:
    with pytest.raises(NotVerified):
        cavage.sign(with_headers(material.fetch(), host=None), material.rsa(), NOW)


# --- what a change to a signed request does --------------------------------------------------------------------------

DELIVERY = _signed(material.delivery())
FETCH = _signed(material.fetch())


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(replace(DELIVERY, method="PUT"), id="method"),
        pytest.param(replace(DELIVERY, url="https://b.example/other?a=1&b=2"), id="path"),
        pytest.param(replace(DELIVERY, url="https://b.example/inbox?a=1&b=3"), id="query"),
        pytest.param(replace(DELIVERY, url="https://c.example/inbox?a=1&b=2"), id="sent on to another host"),
        pytest.param(replace(DELIVERY, url="ftp://b.example/inbox?a=1&b=2"), id="no web address"),
        pytest.param(with_headers(DELIVERY, host="c.example"), id="host"),
        pytest.param(with_headers(DELIVERY, host=None), id="no host"),
        pytest.param(with_headers(DELIVERY, date=clock.http_date(NOW + timedelta(seconds=1))), id="date"),
        pytest.param(with_headers(DELIVERY, date=None), id="no date"),
        pytest.param(with_headers(DELIVERY, date="2026-03-10T09:30:30Z"), id="date in another form"),
        pytest.param(with_headers(DELIVERY, date="Tue, 31 Feb 2026 09:30:30 GMT"), id="date of no calendar"),
        pytest.param(with_headers(DELIVERY, content_type="text/html"), id="type"),
        pytest.param(with_headers(DELIVERY, content_type="text/html\nhost: b.example"), id="a line break"),
        pytest.param(with_headers(DELIVERY, content_type="text/\u20ac"), id="beyond latin-1"),
        pytest.param(replace(DELIVERY, body=b"{}"), id="body"),
        pytest.param(with_headers(replace(DELIVERY, body=b"{}"), digest=digest.digest(b"{}")), id="body and digest"),
        pytest.param(with_headers(DELIVERY, digest=None), id="no digest"),
        pytest.param(with_headers(DELIVERY, content_digest="sha-256=:AAAA:"), id="another digest that is wrong"),
        pytest.param(replace(FETCH, body=b"{}"), id="a body on a fetch"),
        pytest.param(replace(FETCH, method="POST"), id="a fetch as a delivery"),
        pytest.param(replace(FETCH, url="https://b.example/u/bob?page=3"), id="query of a fetch"),
    ],
)
def test_a_change_breaks_the_signature(changed: SignableRequest) -> None:
    assert not _holds(changed)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(with_headers(DELIVERY, user_agent="y/2"), id="a header not covered"),
        pytest.param(with_headers(DELIVERY, content_type="  application/activity+json "), id="spaces around a value"),
        pytest.param(replace(DELIVERY, url="https://B.example:443/inbox?a=1&b=2#x"), id="the same place, spelt else"),
        pytest.param(
            with_headers(DELIVERY, signature=None, authorization="Signature " + DELIVERY.headers["signature"]),
            id="in Authorization",
        ),
        pytest.param(
            with_headers(
                DELIVERY, signature=DELIVERY.headers["signature"].replace(",", " , ").replace("=", " = ", 1)
            ),
            id="spaces between parameters",
        ),
    ],
)
def test_a_change_to_nothing_signed_does_not(changed: SignableRequest) -> None:
    assert _holds(changed)


def test_a_line_break_cannot_hide_one_header_in_another() -> None:
    date = clock.http_date(NOW)
    text = f"(request-target): get /u/bob?page=2\nhost: b.example\nx: 1\ny: 2\ndate: {date}"
    honest = with_headers(material.fetch(), date=date, x="1", y="2")
    assert _holds(_by_hand(text, 'headers="(request-target) host x y date"', honest))
    folded = with_headers(material.fetch(), date=date, x="1\ny: 2")
    assert not _holds(_by_hand(text, 'headers="(request-target) host x date"', folded))


def test_another_key_does_not_hold() -> None:
    other = material.published(KEY_ID, DRAFT["test-key-rsa"]["public"])
    assert not _holds(DELIVERY, key=other)
    assert not _holds(DELIVERY, key=material.public(material.ed25519()))


def test_a_path_signed_without_its_query_is_believed() -> None:
    text = f"(request-target): get /u/bob\nhost: b.example\ndate: {clock.http_date(NOW)}"
    unsigned = with_headers(material.fetch(), date=clock.http_date(NOW))
    assert _holds(_by_hand(text, 'headers="(request-target) host date"', unsigned))


@pytest.mark.parametrize(
    "covered",
    [
        "host date digest",
        "(request-target) date digest",
        "(request-target) host digest",
        "(request-target) host date",
    ],
)
def test_a_signature_that_covers_too_little_is_refused(covered: str) -> None:
    full = "(request-target) host date digest"
    assert _holds(_signed(material.delivery(), headers=full.split()))
    assert not _holds(_signed(material.delivery(), headers=covered.split()))


# --- time ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "believed"),
    [(0, True), (64, True), (66, False), (-64, True), (-66, False), (60 * 24, False)],
    ids=lambda value: str(value),
)
def test_a_date_may_be_an_hour_and_five_minutes_away(age: int, believed: bool) -> None:
    assert _holds(DELIVERY, NOW + timedelta(minutes=age)) is believed


@pytest.mark.parametrize(
    ("created", "expires", "algorithm", "believed"),
    [
        (0, None, "hs2019", True),
        (-64, None, "hs2019", True),
        (-66, None, "hs2019", False),
        (4, None, "hs2019", True),
        (6, None, "hs2019", False),
        (0, 1, "hs2019", True),
        (-60, -4, "hs2019", True),
        (-60, -6, "hs2019", False),
        (0, None, "rsa-sha256", False),
        (None, None, "hs2019", False),
        (10**10, None, "hs2019", False),
    ],
)
def test_created_and_expires(created: int | None, expires: int | None, algorithm: str, believed: bool) -> None:
    request = material.fetch()
    text, parameters = f"(request-target): get {request.target}\nhost: b.example", f'algorithm="{algorithm}"'
    names = "(request-target) host (created)"
    start = int(NOW.timestamp())
    text += f"\n(created): {'' if created is None else start + created * 60}"
    if created is not None:
        parameters += f",created={start + created * 60}"
    if expires is not None:
        text += f"\n(expires): {start + expires * 60}"
        names += " (expires)"
        parameters += f",expires={start + expires * 60}"
    assert _holds(_by_hand(text, f'headers="{names}",{parameters}', request)) is believed


def test_an_end_that_is_covered_must_be_given() -> None:
    text = f"(request-target): get /u/bob?page=2\nhost: b.example\n(created): {int(NOW.timestamp())}\n(expires): "
    parameters = (
        f'algorithm="hs2019",created={int(NOW.timestamp())},headers="(request-target) host (created) (expires)"'
    )
    assert not _holds(_by_hand(text, parameters, material.fetch()))


@pytest.mark.parametrize("text", ["", "Tue", "tue, 10 mar 2026 09:30:00 gmt", "Tue, 10 Mar 2026 25:30:00 GMT"])
def test_a_date_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(NotVerified):
        read_date(text)


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9999, 1, 1)))
def test_a_date_we_write_is_read_back(naive: datetime) -> None:
    instant = naive.replace(tzinfo=NOW.tzinfo, microsecond=0)
    assert read_date(clock.http_date(instant)) == instant


# --- algorithms ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "hash", "believed"),
    [
        ('algorithm="rsa-sha256",', hashes.SHA256(), True),
        ("", hashes.SHA256(), True),
        ('algorithm="hs2019",', hashes.SHA256(), True),
        ('algorithm="hs2019",', hashes.SHA512(), True),
        ('algorithm="rsa-sha512",', hashes.SHA512(), True),
        ('algorithm="rsa-sha256",', hashes.SHA512(), False),
        ('algorithm="rsa-sha1",', hashes.SHA1(), False),
        ('algorithm="rsa-sha1",', hashes.SHA256(), False),
        ('algorithm="hmac-sha256",', hashes.SHA256(), False),
        ('algorithm="ed25519",', hashes.SHA256(), False),
        ('algorithm="none",', hashes.SHA256(), False),
        ('algorithm="",', hashes.SHA256(), False),
    ],
)
def test_the_key_chooses_the_algorithm_and_the_header_may_agree(
    name: str, hash: hashes.HashAlgorithm, believed: bool
) -> None:
    date = clock.http_date(NOW)
    text = f"(request-target): get /u/bob?page=2\nhost: b.example\ndate: {date}"
    request = with_headers(material.fetch(), date=date)
    assert _holds(_by_hand(text, f'{name}headers="(request-target) host date"', request, hash)) is believed


@pytest.mark.parametrize("name", ["hmac-sha256", "hmac-sha512", "hs2019", "rsa-sha256"])
def test_a_mac_keyed_with_the_public_key_is_no_signature(name: str) -> None:
    key = material.public(material.rsa())
    date = clock.http_date(NOW)
    text = f"(request-target): get /u/bob?page=2\nhost: b.example\ndate: {date}"
    for secret in (key.pem().encode(), key.pem().strip().encode(), key.spki()):
        forged = base64.b64encode(hmac.new(secret, text.encode(), hashlib.sha256).digest()).decode()
        header = f'keyId="{KEY_ID}",algorithm="{name}",headers="(request-target) host date",signature="{forged}"'
        assert not _holds(with_headers(material.fetch(), date=date, signature=header))


# --- hostile headers -------------------------------------------------------------------------------------------------

GOOD = 'keyId="k",headers="date",signature="AAAA"'


@pytest.mark.parametrize(
    "value",
    [
        "",
        "   ",
        ",",
        GOOD + ",",
        "," + GOOD,
        GOOD + ";created=1",
        GOOD + ',keyId="l"',
        GOOD + ',KEYID="l"',
        GOOD + ",created=1,created=2",
        GOOD.replace('"k"', '""'),
        GOOD.replace('"k"', "k"),
        GOOD.replace('"k"', '"k'),
        GOOD.replace('"k"', '"\\"k"'),
        GOOD.replace('"k"', '"ké"'),
        GOOD.replace('"k"', '"k\n"'),
        GOOD.replace("AAAA", "AAA"),
        GOOD.replace("AAAA", "AA*A"),
        GOOD.replace("AAAA", "AA AA"),
        GOOD.replace("AAAA", ""),
        GOOD.replace("AAAA", "AAAA" * 4096),
        GOOD.replace('"date"', '""'),
        GOOD.replace('"date"', '"date date"'),
        GOOD.replace('"date"', '"date Date"'),
        GOOD.replace('"date"', '"date  host"'),
        GOOD.replace('"date"', '"(secret)"'),
        GOOD.replace('"date"', '"a:b"'),
        GOOD.replace('"date"', '"' + " ".join(f"h{n}" for n in range(40)) + '"'),
        GOOD + ",created=1.5",
        GOOD + ",created=-1",
        GOOD + ',created="now"',
        GOOD + ',created=""',
        GOOD + ",expires=9999999999999",
        "sig1=:AAAA:",
        'headers="date",signature="AAAA"',
        'keyId="k",headers="date"',
    ],
)
def test_a_header_that_is_not_plain_is_refused(value: str) -> None:
    assert cavage.parse(GOOD).headers == ("date",)
    with pytest.raises(NotVerified):
        cavage.parse(value)


def test_two_signatures_are_none() -> None:
    """Repeated headers arrive joined by a comma, and then every parameter is there twice."""
    assert not _holds(with_headers(DELIVERY, signature=", ".join([DELIVERY.headers["signature"]] * 2)))


def test_another_authorization_is_no_signature() -> None:
    assert cavage.find(with_headers(material.fetch(), authorization="Bearer abc")) is None
    assert cavage.find(material.fetch()) is None


PIECES = st.sampled_from(
    [
        "keyId",
        "signature",
        "headers",
        "created",
        "expires",
        "algorithm",
        "=",
        '"',
        ",",
        " ",
        "\\",
        "AAAA",
        "date",
        "1",
    ]
)


@given(st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=3))).map("".join)))
def test_any_text_is_read_or_refused(value: str) -> None:
    try:
        signature = cavage.parse(value)
    except NotVerified:
        return
    assert signature.key_id
    assert signature.headers


@given(
    st.fixed_dictionaries({"host": st.text(), "date": st.text(), "digest": st.text(), "content-type": st.text()}),
    st.text(),
    st.binary(max_size=64),
)
def test_any_request_around_a_signature_is_believed_or_refused(
    headers: dict[str, str], url: str, body: bytes
) -> None:
    signature = DELIVERY.headers["signature"]
    request = SignableRequest("POST", "https://" + url, {**headers, "signature": signature}, body)
    assert not _holds(request)


def test_the_owner_is_no_part_of_a_signature() -> None:
    """Whose key it is is the caller's knowledge: verify answers for the key alone."""
    key = replace(material.public(material.rsa()), owner="https://c.example/u/other")
    assert key.owner != OWNER
    assert _holds(DELIVERY, key=key)
