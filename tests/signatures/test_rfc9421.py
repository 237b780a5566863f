"""RFC 9421: its appendix B, our policy above the library's defaults, and what each change to a signed request does."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from http_message_signatures import HTTPMessageSigner, MappingKeyResolver, algorithms
from hypothesis import given
from hypothesis import strategies as st

from fediprof.errors import NotVerified
from fediprof.signatures import digest, rfc9421
from fediprof.signatures.keys import PrivateKey, PublicKey
from fediprof.signatures.message import SignableRequest

from . import material
from .material import KEY_ID, NOW, with_headers

APPENDIX = material.vectors("rfc9421-appendix-b.json")
APPENDIX_CLOCK = datetime.fromtimestamp(1618884473 + 600, UTC)
# What of the appendix we believe: the schemes peers use, over everything that matters. The rest is right and refused:
# other algorithms, a response, or a signature that covers too little.
BELIEVED = {"own-rsa-v1_5-1", "own-ed25519-1"}


def _holds(request: SignableRequest, now: datetime = NOW, key: PublicKey | None = None) -> bool:
    """Whether the signature is believed; any error other than NotVerified fails the test."""
    try:
        rfc9421.verify(request, key or material.public(material.rsa()), now)
    except NotVerified:
        return False
    return True


def _signed(request: SignableRequest, key: PrivateKey | None = None) -> SignableRequest:
    return request.adding(rfc9421.sign(request, key or material.rsa(), NOW))


@pytest.mark.parametrize("case", APPENDIX["cases"], ids=lambda case: str(case["id"]))
def test_the_appendix_of_the_rfc(case: dict[str, Any]) -> None:
    asked = APPENDIX["request"]
    headers = {name.lower(): value for name, value in asked["headers"]}
    headers |= {"signature-input": case["signature_input"], "signature": case["signature"]}
    request = SignableRequest(asked["method"], asked["target_uri"], headers, asked["body"].encode())
    loaded: Any = load_pem_public_key(APPENDIX["keys"][case["keyid"]]["public"].encode())
    key = PublicKey(case["keyid"], "o", "ed25519" if isinstance(loaded, Ed25519PublicKey) else "rsa", loaded)
    assert _holds(request, APPENDIX_CLOCK, key) is (case["id"] in BELIEVED)
    assert isinstance(loaded, RSAPublicKey | Ed25519PublicKey) or case["id"] == "B.2.4"
    assert not _holds(request, APPENDIX_CLOCK + timedelta(days=1), key)


@pytest.mark.parametrize("case", APPENDIX["cases"], ids=lambda case: str(case["id"]))
def test_the_key_named_by_the_appendix_is_read(case: dict[str, Any]) -> None:
    request = SignableRequest("POST", "https://example.com/", {"signature-input": case["signature_input"]})
    assert rfc9421.key_id(request) == case["keyid"]


def test_a_delivery_is_signed_as_receivers_want_it() -> None:
    added = rfc9421.sign(material.delivery(), material.rsa(), NOW)
    assert added["signature-input"] == (
        f'sig1=("@method" "@target-uri" "content-digest");created={int(NOW.timestamp())};keyid="{KEY_ID}"'
    )
    assert added["content-digest"] == digest.content_digest(material.BODY)
    assert set(added) == {"content-digest", "signature-input", "signature"}


@pytest.mark.parametrize("key", [material.rsa(), material.ed25519()], ids=lambda key: str(key.algorithm))
@pytest.mark.parametrize(
    "request_",
    [
        material.delivery(),
        material.fetch(),
        material.delivery(body=b""),
        with_headers(material.fetch(), content_digest=digest.content_digest(b"")),
    ],
    ids=["delivery", "fetch", "empty delivery", "fetch with a digest"],
)
def test_what_we_sign_we_believe(request_: SignableRequest, key: PrivateKey) -> None:
    assert _holds(_signed(request_, key), key=material.public(key))


def test_a_url_that_cannot_be_signed_is_refused() -> None:
    with pytest.raises(NotVerified):
        rfc9421.sign(material.fetch("https://b.example/ä"), material.rsa(), NOW)


DELIVERY = _signed(material.delivery())
INPUT, SIGNATURE = DELIVERY.headers["signature-input"], DELIVERY.headers["signature"]


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(replace(DELIVERY, method="PUT"), id="method"),
        pytest.param(replace(DELIVERY, method="post"), id="method in small letters"),
        pytest.param(replace(DELIVERY, url="https://b.example/other?a=1&b=2"), id="path"),
        pytest.param(replace(DELIVERY, url="https://b.example/inbox?a=1"), id="query"),
        pytest.param(replace(DELIVERY, url="https://c.example/inbox?a=1&b=2"), id="host"),
        pytest.param(replace(DELIVERY, url="inbox"), id="no URL"),
        pytest.param(replace(DELIVERY, body=b"{}"), id="body"),
        pytest.param(
            with_headers(replace(DELIVERY, body=b"{}"), content_digest=digest.content_digest(b"{}")),
            id="body and digest",
        ),
        pytest.param(with_headers(DELIVERY, content_digest=None), id="no digest"),
        pytest.param(with_headers(DELIVERY, signature=None), id="no signature"),
        pytest.param(with_headers(DELIVERY, signature_input=None), id="no input"),
        pytest.param(with_headers(DELIVERY, signature="sig2" + SIGNATURE[4:]), id="another label"),
        pytest.param(with_headers(DELIVERY, signature=f"{SIGNATURE}, {SIGNATURE}"), id="the signature twice"),
        pytest.param(with_headers(DELIVERY, signature_input=f"{INPUT}, {INPUT}"), id="the input twice"),
        pytest.param(
            with_headers(
                DELIVERY,
                signature=f"{SIGNATURE}, sig2{SIGNATURE[4:]}",
                signature_input=f"{INPUT}, sig2{INPUT[4:]}",
            ),
            id="two signatures, both right",
        ),
        pytest.param(with_headers(DELIVERY, signature="sig1=:AAAA:"), id="another signature"),
        pytest.param(with_headers(DELIVERY, signature='sig1="AAAA"'), id="a signature that is text"),
        pytest.param(with_headers(DELIVERY, signature_input="sig1=1"), id="an input that is no list"),
        pytest.param(with_headers(DELIVERY, signature_input="sig1=é"), id="an input beyond ASCII"),
        pytest.param(with_headers(DELIVERY, signature_input=INPUT + ";x=" + "1" * 9000), id="an input without end"),
        pytest.param(with_headers(DELIVERY, signature_input=INPUT + ';alg="ed25519"'), id="an algorithm added"),
        pytest.param(
            with_headers(DELIVERY, signature_input=INPUT.replace("created=", "created=1")), id="another time"
        ),
    ],
)
def test_a_change_breaks_the_signature(changed: SignableRequest) -> None:
    assert _holds(DELIVERY)
    assert not _holds(changed)


FULL = ("@method", "@target-uri", "content-digest")


@pytest.mark.parametrize(
    ("covered", "believed"),
    [
        (FULL, True),
        (("@method", "@authority", "@request-target", "content-digest"), True),
        (("@method", "@authority", "@path", "@query", "content-digest"), True),
        (("@method", "@target-uri", '"content-digest";key="sha-256"'), True),
        (("@method", "@target-uri", "@authority", "host", "content-type", "content-digest"), True),
        (("@method", "@authority", "@path", "content-digest"), False),
        (("@method", "@path", "@query", "content-digest"), False),
        (("@method", "@authority", "content-digest"), False),
        (("@target-uri", "content-digest"), False),
        (("@method", "@target-uri"), False),
        (("@method",), False),
        ((), False),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_signature_that_covers_too_little_is_refused(covered: tuple[str, ...], believed: bool) -> None:
    request = with_headers(material.delivery(), content_digest=digest.content_digest(material.BODY))
    assert _holds(_cover(request, covered)) is believed


def test_an_empty_delivery_must_say_that_it_is_empty() -> None:
    assert not _holds(_cover(material.delivery(body=b""), ("@method", "@target-uri")))


def test_the_path_alone_is_the_target_where_there_is_no_query() -> None:
    assert _holds(_cover(material.fetch("https://b.example/u/bob"), ("@method", "@authority", "@path")))
    assert not _holds(_cover(material.fetch(), ("@method", "@authority", "@path")))


@pytest.mark.parametrize(
    ("created", "expires", "believed"),
    [
        (0, None, True),
        (-64, None, True),
        (-66, None, False),
        (4, None, True),
        (6, None, False),
        (-60, 1, True),
        (-60, -4, True),
        (-60, -6, False),
    ],
)
def test_created_and_expires(created: int, expires: int | None, believed: bool) -> None:
    moment = NOW + timedelta(minutes=created)
    end = None if expires is None else NOW + timedelta(minutes=expires)
    assert _holds(_cover(material.fetch(), ("@method", "@target-uri"), created=moment, expires=end)) is believed


@pytest.mark.parametrize("parameters", ["", ";created=1.5", ";created=99999999999999", ';created="now"'])
def test_a_signature_without_a_time_is_refused(parameters: str) -> None:
    text = f'("@method" "@target-uri"){parameters};keyid="{KEY_ID}"'
    base = f'"@method": GET\n"@target-uri": {material.fetch().url}\n"@signature-params": {text}'
    assert _holds(_by_hand(base.replace(parameters + ";keyid", f";created={int(NOW.timestamp())};keyid")))
    assert not _holds(_by_hand(base))


@pytest.mark.parametrize(
    ("extra", "believed"),
    [
        (';alg="rsa-v1_5-sha256"', True),
        (';nonce="n";tag="t"', True),
        (';alg="rsa-pss-sha512"', False),
        (';alg="hmac-sha256"', False),
        (";alg=1", False),
        (";expires=1.5", False),
        (";unheard=1", False),
        (f';nonce="{"n" * 9000}"', False),
    ],
)
def test_an_algorithm_stated_must_be_the_keys(extra: str, believed: bool) -> None:
    text = f'("@method" "@target-uri");created={int(NOW.timestamp())};keyid="{KEY_ID}"{extra}'
    base = f'"@method": GET\n"@target-uri": {material.fetch().url}\n"@signature-params": {text}'
    assert _holds(_by_hand(base)) is believed


def test_a_mac_keyed_with_the_public_key_is_no_signature() -> None:
    pem = material.public(material.rsa()).pem().encode()
    forger = HTTPMessageSigner(
        signature_algorithm=algorithms.HMAC_SHA256,
        key_resolver=MappingKeyResolver(public_keys={}, private_keys={KEY_ID: pem}),
    )
    for stated in (True, False):
        message = replace(material.fetch(), headers=dict(material.fetch().headers))
        forger.sign(
            message, key_id=KEY_ID, created=NOW, covered_component_ids=("@method", "@target-uri"), include_alg=stated
        )
        assert not _holds(replace(message, headers={name.lower(): value for name, value in message.headers.items()}))


def test_another_key_is_refused_whatever_its_name() -> None:
    other = material.public(material.ed25519())
    assert not _holds(DELIVERY, key=other)
    assert not _holds(DELIVERY, key=replace(other, id=KEY_ID))
    assert not _holds(DELIVERY, key=replace(material.public(material.rsa()), id=KEY_ID + "2"))


@given(st.text(), st.text())
def test_any_headers_are_read_or_refused(signature_input: str, signature: str) -> None:
    request = with_headers(DELIVERY, signature_input=signature_input, signature=signature)
    assert not _holds(request)


def _cover(request: SignableRequest, covered: tuple[str, ...], **options: Any) -> SignableRequest:
    """Signed over exactly these components, by the library."""
    options = {"created": NOW, **{name: value for name, value in options.items() if value is not None}}
    body_digest = request.header("content-digest") is not None
    signer = HTTPMessageSigner(signature_algorithm=algorithms.RSA_V1_5_SHA256)
    prepared = signer.prepare(
        request, key_id=KEY_ID, covered_component_ids=covered, use_existing_digest=body_digest, **options
    )
    return _with_signature(request, prepared.signature_base, prepared.signature_params)


def _by_hand(base: str) -> SignableRequest:
    """A fetch with a signature over exactly this base."""
    return _with_signature(material.fetch(), base.encode(), base.rpartition('"@signature-params": ')[2])


def _with_signature(request: SignableRequest, base: bytes, parameters: str) -> SignableRequest:
    signature = base64.b64encode(material.rsa().sign(base)).decode()
    return request.adding({"signature-input": f"s={parameters}", "signature": f"s=:{signature}:"})
