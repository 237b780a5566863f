"""Another implementation of draft-cavage as a witness: ours signs and it verifies, and back. And the forgery it
accepts, which ours must not."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from fediprof import clock
from fediprof.errors import NotVerified
from fediprof.signatures import cavage, digest
from fediprof.signatures.message import SignableRequest

from . import material
from .material import KEY_ID, NOW, with_headers

with warnings.catch_warnings():
    # It is of 2018 and uses modules that warn about their own end.
    warnings.simplefilter("ignore")
    httpsig: Any = pytest.importorskip("httpsig", reason="the witness is a test-only package")

COVERED = ["(request-target)", "host", "date", "digest", "content-type"]


def _pem() -> bytes:
    return material.rsa().key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _it_believes(request: SignableRequest) -> bool:
    headers = {**request.headers, "authorization": "Signature " + request.headers["signature"]}
    pem = material.public(material.rsa()).pem()
    verifier = httpsig.HeaderVerifier(
        headers, pem, required_headers=COVERED[:3], method=request.method, path=request.target, host="b.example"
    )
    return bool(verifier.verify())


def _it_signs(request: SignableRequest, secret: bytes | str, algorithm: str) -> SignableRequest:
    request = with_headers(request, date=clock.http_date(NOW), digest=digest.digest(request.body))
    signer = httpsig.HeaderSigner(KEY_ID, secret, algorithm=algorithm, headers=COVERED)
    signed = signer.sign(dict(request.headers), host="b.example", method=request.method, path=request.target)
    return with_headers(request, authorization=signed["authorization"])


def _we_believe(request: SignableRequest) -> bool:
    signature = cavage.find(request)
    assert signature is not None
    try:
        cavage.verify(signature, request, material.public(material.rsa()), NOW)
    except NotVerified:
        return False
    return True


@pytest.mark.parametrize("request_", [material.delivery(), material.fetch()], ids=["delivery", "fetch"])
def test_what_we_sign_the_witness_believes(request_: SignableRequest) -> None:
    signed = request_.adding(cavage.sign(request_, material.rsa(), NOW))
    assert _it_believes(signed)
    assert not _it_believes(with_headers(signed, date="Tue, 10 Mar 2026 09:30:31 GMT"))


def test_what_the_witness_signs_we_believe() -> None:
    signed = _it_signs(material.delivery(), _pem(), "rsa-sha256")
    assert _we_believe(signed)
    assert not _we_believe(with_headers(signed, content_type="text/plain"))


def test_the_forgery_the_witness_believes_we_do_not() -> None:
    """Given the victim's public key, which everybody has, used as the secret of a MAC."""
    forged = _it_signs(material.delivery(), material.public(material.rsa()).pem(), "hmac-sha256")
    header = forged.headers["authorization"].removeprefix("Signature ")
    assert _it_believes(with_headers(forged, signature=header))
    assert not _we_believe(forged)
