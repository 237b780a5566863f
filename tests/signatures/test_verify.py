"""The one door in: which scheme a request claims, and what it takes to be believed."""

from __future__ import annotations

import ast
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import fediprof
from fediprof.errors import NotVerified
from fediprof.signatures import cavage, digest, rfc9421, sign, verify
from fediprof.signatures.message import SignableRequest

from . import material
from .material import KEY_ID, NOW, OWNER, with_headers


@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
@pytest.mark.parametrize("request_", [material.delivery(), material.fetch()], ids=["delivery", "fetch"])
def test_a_request_signed_by_either_scheme_is_believed(request_: SignableRequest, scheme: verify.Scheme) -> None:
    signed = sign.signed(request_, material.rsa(), NOW, scheme)
    claim = verify.claim(signed)
    assert (claim.key_id, claim.scheme) == (KEY_ID, scheme)
    proved = verify.prove(signed, claim, material.public(material.rsa()), NOW)
    assert proved == verify.Verified(KEY_ID, OWNER, scheme, "http")


@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
def test_a_claim_is_not_enough(scheme: verify.Scheme) -> None:
    signed = sign.signed(material.delivery(), material.rsa(), NOW, scheme)
    claim = verify.claim(signed)
    key = material.public(material.rsa())
    for request, by, when in (
        (replace(signed, body=b"{}"), key, NOW),
        (signed, replace(material.public(material.ed25519()), id=KEY_ID), NOW),
        (signed, replace(key, id=KEY_ID + "-2"), NOW),
        (signed, key, NOW + timedelta(hours=2)),
    ):
        with pytest.raises(NotVerified):
            verify.prove(request, claim, by, when)


@pytest.mark.parametrize(
    "request_",
    [
        material.fetch(),
        with_headers(material.fetch(), authorization="Bearer abc"),
        with_headers(material.fetch(), signature="words"),
        with_headers(material.fetch(), signature_input=""),
        with_headers(material.fetch(), signature_input='sig1=("@method");created=1'),
        with_headers(material.fetch(), signature_input='a=();keyid="k", b=();keyid="k"'),
        with_headers(material.fetch(), signature_input='a=();keyid="k", a=();keyid="k"'),
        with_headers(material.fetch(), signature_input="sig1=();keyid=k"),
        with_headers(material.fetch(), signature_input='sig1=();keyid=""'),
    ],
)
def test_a_request_without_a_readable_signature_claims_nothing(request_: SignableRequest) -> None:
    with pytest.raises(NotVerified):
        verify.claim(request_)


def test_a_broken_signature_of_one_scheme_is_not_saved_by_the_other() -> None:
    """Both present: RFC 9421 speaks, and its refusal is the answer."""
    both = material.delivery().adding(cavage.sign(material.delivery(), material.rsa(), NOW))
    both = both.adding({"signature-input": rfc9421.sign(material.delivery(), material.rsa(), NOW)["signature-input"]})
    claim = verify.claim(both)
    assert claim.scheme == "rfc9421"
    with pytest.raises(NotVerified):
        verify.prove(both, claim, material.public(material.rsa()), NOW)


def test_a_wrong_digest_beside_a_signature_that_does_not_need_it_is_refused() -> None:
    signed = sign.signed(material.delivery(), material.rsa(), NOW, "rfc9421")
    key = material.public(material.rsa())
    right = with_headers(signed, digest=digest.digest(signed.body))
    assert verify.prove(right, verify.claim(right), key, NOW).scheme == "rfc9421"
    wrong = with_headers(signed, digest=digest.digest(b"{}"))
    with pytest.raises(NotVerified):
        verify.prove(wrong, verify.claim(wrong), key, NOW)


def test_a_claim_made_up_is_refused() -> None:
    with pytest.raises(NotVerified):
        verify.prove(material.fetch(), verify.Claim(KEY_ID, "cavage"), material.public(material.rsa()), NOW)


def test_verified_is_made_in_one_place() -> None:
    """A function that asks for `Verified` may rely on it, because nothing else in the project makes one."""
    made = {
        path.name
        for path in Path(fediprof.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and (getattr(node.func, "id", None) or getattr(node.func, "attr", None)) == "Verified"
    }
    assert made == {"verify.py"}
