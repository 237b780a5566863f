"""Proofs in documents, by the vectors of FEP-8b32, FEP-c390 and RFC 8785; and those that do not hold."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fediprof.errors import NotVerified
from fediprof.signatures import integrity, keys, multibase, verify
from fediprof.signatures.keys import PrivateKey, PublicKey

from . import material
from .material import NOW

FEP = material.vectors("fep-8b32-eddsa-jcs-2022.json")
IDENTITY = material.vectors("fep-c390-identity-proof.json")
JCS = material.vectors("rfc8785-jcs.json")

METHOD = FEP["actor"]["assertionMethod"][0]
THEN = datetime(2023, 2, 24, 23, 36, 38, tzinfo=UTC)
UNSIGNED, SIGNED = (FEP["fep_scenarios"][0]["steps"][step]["doc"] for step in (0, -1))
CASES = {case["id"]: case for case in FEP["cases"]}


def _private() -> PrivateKey:
    # The secret's multibase value has two bytes of prefix (ed25519-priv).
    raw = multibase.decode(FEP["key"]["secretKeyMultibase"])[2:]
    assert raw.hex() == FEP["key"]["secret_raw_hex"]
    return PrivateKey(METHOD["id"], "ed25519", Ed25519PrivateKey.from_private_bytes(raw))


KEY = keys.public_from_multibase(METHOD["id"], METHOD["controller"], METHOD["publicKeyMultibase"])


def _holds(document: dict[str, Any], key: PublicKey = KEY) -> bool:
    """Whether a document is proved by the key; any error other than NotVerified fails the test."""
    try:
        proof = integrity.proof_of(document)
        if proof is None:
            return False
        integrity.check(document, proof, key)
    except NotVerified:
        return False
    return True


def _by_hand(document: dict[str, Any], key: PrivateKey | None = None, **changes: str) -> dict[str, Any]:
    """A document with a right signature over options of any kind."""
    options = {name: value for name, value in SIGNED["proof"].items() if name != "proofValue"} | changes
    if "@context" not in document:
        del options["@context"]
    data = integrity._hash(options) + integrity._hash(document)
    return {**document, "proof": {**options, "proofValue": multibase.encode((key or _private()).sign(data))}}


def test_the_document_of_the_fep_is_proved_to_the_letter() -> None:
    assert integrity.attach(UNSIGNED, _private(), THEN) == SIGNED
    assert "proof" not in UNSIGNED


def test_the_canonical_forms_of_the_fep_are_ours() -> None:
    stages = FEP["intermediate_for_scenario_1"]
    options = {name: value for name, value in SIGNED["proof"].items() if name != "proofValue"}
    assert rfc8785.dumps(options).decode() == stages["canonical_proof_options"]
    assert rfc8785.dumps(UNSIGNED).decode() == stages["canonical_document"]


def test_the_signed_document_of_the_fep_holds() -> None:
    document = FEP["fep_scenarios"][1]["steps"][0]["doc"]
    proof = integrity.proof_of(document)
    assert proof is not None
    assert proof.verification_method == METHOD["id"]
    integrity.check(document, proof, KEY)


@pytest.mark.parametrize("case", FEP["cases"], ids=lambda case: str(case["id"]))
def test_the_cases_around_the_fep(case: dict[str, Any]) -> None:
    document, expected = case["document"], case["expect"]
    inner = expected in ("object proof valid, activity unsigned", "both valid")
    assert _holds(document) is (expected in ("valid", "both valid"))
    assert not inner or _holds(document["object"])
    assert (integrity.proof_of(document) is None) is (expected.startswith(("unsupported", "object proof")))


def test_an_identity_proof_holds_by_the_did_key_it_names() -> None:
    document = IDENTITY["scenarios"][0]["steps"][-1]["doc"]
    proof = integrity.proof_of(document)
    assert proof is not None
    key = keys.public_from_did_key(proof.verification_method)
    assert _holds(document, key)
    assert not _holds({**document, "alsoKnownAs": "https://server.example/users/mallory"}, key)


def test_a_linked_data_signature_added_after_or_before_changes_nothing() -> None:
    signature = {"type": "RsaSignature2017", "signatureValue": "AAAA"}
    assert _holds({**SIGNED, "signature": signature})
    before = {**UNSIGNED, "signature": signature}
    proved = _by_hand(before)
    assert _holds(proved)
    assert not _holds({**proved, "signature": {}})


def test_contexts_appended_later_are_passed_over_and_others_are_not() -> None:
    contexts = SIGNED["@context"]
    assert _holds({**SIGNED, "@context": [*contexts, "https://relay.example/ns"]})
    assert not _holds({**SIGNED, "@context": ["https://relay.example/ns", *contexts]})
    assert not _holds({**SIGNED, "@context": contexts[:1]})
    assert not _holds({name: value for name, value in SIGNED.items() if name != "@context"})


def test_a_document_without_contexts_and_one_with_a_single_one_can_be_proved() -> None:
    for document in ({"id": "x"}, {"@context": "https://www.w3.org/ns/activitystreams", "id": "x"}):
        proved = integrity.attach(document, _private(), NOW)
        assert _holds(proved)
        assert not _holds({**proved, "id": "y"})


def test_a_right_signature_for_another_purpose_is_refused() -> None:
    assert _holds(_by_hand(UNSIGNED))
    assert not _holds(_by_hand(UNSIGNED, proofPurpose="authentication"))


def test_a_right_signature_by_a_key_of_another_kind_is_refused() -> None:
    proved = _by_hand(UNSIGNED, material.rsa())
    assert not _holds(proved, replace(material.public(material.rsa()), id=KEY.id))


@pytest.mark.parametrize("expires", ["soon", "2023-02-24T23:36:38", 5])
def test_an_end_that_is_no_instant_is_refused(expires: object) -> None:
    with pytest.raises(NotVerified):
        integrity.proof_of({"proof": {**SIGNED["proof"], "expires": expires}})


def test_a_proof_among_several_is_found() -> None:
    others = [{"type": "DataIntegrityProof", "cryptosuite": "mldsa44-jcs-2024"}, "text", None]
    assert _holds({**SIGNED, "proof": [*others, SIGNED["proof"]]})
    assert integrity.proof_of({**SIGNED, "proof": others}) is None
    assert integrity.proof_of({**SIGNED, "proof": others * 100 + [SIGNED["proof"]]}) is None


def test_proving_again_replaces_the_proof() -> None:
    again = integrity.attach({**SIGNED, "signature": {}}, _private(), NOW, verification_method="https://a.example/k")
    assert again["proof"] != SIGNED["proof"]
    assert _holds(again, replace(KEY, id="https://a.example/k"))
    assert not _holds(again)


@pytest.mark.parametrize(
    "change",
    [
        {"proofPurpose": "authentication"},
        {"created": "2023-02-24T23:36:39Z"},
        {"created": 5},
        {"verificationMethod": None},
        {"verificationMethod": {"id": METHOD["id"]}},
        {"proofValue": None},
        {"proofValue": ""},
        {"proofValue": "z"},
        {"proofValue": "zAAAA"},
        {"proofValue": "z0OIl"},
        {"proofValue": SIGNED["proof"]["proofValue"][1:]},
        {"proofValue": SIGNED["proof"]["proofValue"] + "1"},
        {"extra": "unsigned"},
        {"@context": []},
        {"@context": None},
    ],
    ids=str,
)
def test_a_change_to_the_proof_breaks_it(change: dict[str, Any]) -> None:
    assert _holds(SIGNED)
    assert not _holds({**SIGNED, "proof": {**SIGNED["proof"], **change}})


def test_another_key_is_refused_whatever_its_name() -> None:
    other = material.public(material.ed25519())
    assert not _holds(SIGNED, other)
    assert not _holds(SIGNED, replace(other, id=KEY.id))
    assert not _holds(SIGNED, replace(material.public(material.rsa()), id=KEY.id))
    with pytest.raises(NotVerified):
        integrity.attach(UNSIGNED, material.rsa(), NOW)


def _deep(levels: int) -> list[Any]:
    nested: list[Any] = []
    for _ in range(levels):
        nested = [nested]
    return nested


@pytest.mark.parametrize(
    "value",
    [2**53, float("nan"), float("inf"), "\ud800", {"\ud800": 1}, {1: 2}, {1, 2}, _deep(20_000)],
    ids=["2^53", "NaN", "infinite", "half a character", "half a name", "a number as name", "a set", "depth"],
)
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(NotVerified):
        integrity.attach({"value": value}, _private(), NOW)
    assert not _holds({**SIGNED, "value": value})


def test_a_proof_that_states_its_end_is_believed_until_then() -> None:
    document = _by_hand({"id": "x"}, expires="2026-03-10T10:30:30Z")
    proof = integrity.proof_of(document)
    assert proof is not None
    verified = verify.prove_document(document, proof, KEY, NOW)
    assert (verified.owner, verified.source, verified.scheme) == (METHOD["controller"], "proof", "eddsa-jcs-2022")
    with pytest.raises(NotVerified):
        verify.prove_document(document, proof, KEY, NOW + timedelta(hours=2))


def test_a_document_that_was_changed_is_not_believed() -> None:
    document = CASES["tampered-content"]["document"]
    proof = integrity.proof_of(document)
    assert proof is not None
    with pytest.raises(NotVerified):
        verify.prove_document(document, proof, KEY, NOW)


@pytest.mark.parametrize("case", JCS["documents"].values(), ids=JCS["documents"])
def test_the_canonical_form_of_documents(case: dict[str, str]) -> None:
    assert rfc8785.dumps(json.loads(case["input_json"])).hex() == case["output_hex"]


@pytest.mark.parametrize("case", JCS["numbers"], ids=lambda case: str(case["json"]))
def test_the_canonical_form_of_numbers(case: dict[str, str]) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(case["ieee754"]))
    assert rfc8785.dumps(number).decode() == case["json"]
