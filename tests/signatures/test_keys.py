"""Keys in and out of their forms, by the FEP-521a vectors; and those we refuse."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from fediprof.errors import FediprofError, Malformed, NotVerified
from fediprof.signatures import keys, multibase
from fediprof.signatures.keys import PublicKey

from . import material

VECTORS = material.vectors("fep-521a-multikey.json")
CAVAGE = material.vectors("cavage-draft12.json")
ED25519 = "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"


@pytest.mark.parametrize("case", VECTORS["multibase"], ids=lambda case: str(case["encoded"]))
def test_base58_agrees_both_ways(case: dict[str, str]) -> None:
    assert multibase.decode(case["encoded"]).hex() == case["hex"]
    assert multibase.encode(bytes.fromhex(case["hex"])) == case["encoded"]


@pytest.mark.parametrize("scenario", VECTORS["scenarios"], ids=lambda scenario: str(scenario["scenario"]))
def test_a_published_multikey_is_the_key_it_says(scenario: dict[str, list[dict[str, dict[str, str]]]]) -> None:
    document = scenario["steps"][-1]["doc"]
    stated = bytes.fromhex(str(scenario["steps"][0]["step"]).split('"')[1])
    key = keys.public_from_multibase(document["id"], document["controller"], document["publicKeyMultibase"])
    assert key.multikey() == document["publicKeyMultibase"]
    form = PublicFormat.PKCS1 if key.algorithm == "rsa" else PublicFormat.Raw
    assert key.key.public_bytes(Encoding.DER if key.algorithm == "rsa" else Encoding.Raw, form) == stated


def test_a_multikey_and_the_pem_of_the_same_key_are_one() -> None:
    case = VECTORS["multikey"][0]
    from_multikey = keys.public_from_multibase("k", "o", case["encoded"])
    from_pem = keys.public_from_pem("k", "o", case["pem"])
    assert from_multikey.spki() == from_pem.spki() == keys.public_from_spki("k", "o", from_pem.spki()).spki()
    assert keys.public_from_pem("k", "o", from_pem.pem()).multikey() == case["encoded"]
    assert from_pem.pem().startswith("-----BEGIN PUBLIC KEY-----\n")


def test_a_did_key_is_its_own_owner() -> None:
    did = f"did:key:{ED25519}"
    key = keys.public_from_did_key(f"{did}#{ED25519}")
    assert (key.owner, key.algorithm, key.multikey()) == (did, "ed25519", ED25519)
    assert keys.public_from_did_key(did).spki() == key.spki()


@pytest.mark.parametrize("did", ["did:web:a.example", ED25519, f"did:key:{ED25519}#other", "did:key:", "did:key:z"])
def test_another_did_is_refused(did: str) -> None:
    with pytest.raises(NotVerified):
        keys.public_from_did_key(did)


@pytest.mark.parametrize("case", VECTORS["invalid"], ids=lambda case: str(case["why"]))
def test_an_invalid_multikey_is_refused(case: dict[str, str]) -> None:
    with pytest.raises(NotVerified):
        keys.public_from_multibase("k", "o", case["encoded"])


@pytest.mark.parametrize("encoded", ["z" + "1" * 5000, "zé", "u7QEu", multibase.encode(b"\x80\x26" + bytes(32))])
def test_a_multikey_of_another_form_is_refused(encoded: str) -> None:
    with pytest.raises(NotVerified):
        keys.public_from_multibase("k", "o", encoded)


def test_a_multibase_value_without_end_is_not_worked_through() -> None:
    with pytest.raises(NotVerified):
        multibase.decode("z" + "2" * 5000)


def _pem(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize(
    "pem",
    [
        pytest.param(CAVAGE["public_key_appendix_c"], id="RSA of 1024 bits"),
        pytest.param(_pem(rsa.RSAPublicNumbers(3, 2**8192 + 1).public_key()), id="RSA of 8193 bits"),
        pytest.param(_pem(rsa.RSAPublicNumbers(2**40 + 1, 2**2047 + 1).public_key()), id="RSA, a huge exponent"),
        pytest.param(_pem(ec.generate_private_key(ec.SECP256R1()).public_key()), id="an elliptic curve"),
        pytest.param(CAVAGE["test-key-rsa"]["private"], id="a private key"),
        pytest.param("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", id="no key inside"),
        pytest.param("", id="nothing"),
        pytest.param("é\ud800", id="not even text"),
    ],
)
def test_a_key_we_do_not_trust_is_refused(pem: str) -> None:
    with pytest.raises(NotVerified):
        keys.public_from_pem("k", "o", pem)


def test_windows_line_ends_and_spaces_around_a_pem_do_not_matter() -> None:
    pem = material.public(material.rsa()).pem()
    assert keys.public_from_pem("k", "o", "  \n" + pem.replace("\n", "\r\n")).pem() == pem


def test_a_key_met_again_is_not_loaded_again() -> None:
    pem = material.public(material.rsa()).pem()
    assert keys.public_from_pem("a", "o", pem).key is keys.public_from_pem("b", "p", pem).key


@pytest.mark.parametrize("make", [keys.generate_rsa, keys.generate_ed25519])
def test_a_key_we_make_signs_for_its_public_half_and_no_other(make: object) -> None:
    key = keys.private_from_pem("k", make())  # type: ignore[operator]
    checked = keys.private_from_pem("k", make(), trusted=False)  # type: ignore[operator]
    signature = key.sign(b"words")
    assert key.public("o").holds(signature, b"words")
    assert not key.public("o").holds(signature, b"other words")
    assert not key.public("o").holds(signature[:-1], b"words")
    assert not key.public("o").holds(b"", b"words")
    assert not checked.public("o").holds(signature, b"words")


@pytest.mark.parametrize("pem", [b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_private_material_that_is_none_is_refused(pem: bytes) -> None:
    with pytest.raises(Malformed):
        keys.private_from_pem("k", pem)


def test_an_unreadable_spki_is_refused() -> None:
    with pytest.raises(FediprofError):
        keys.public_from_spki("k", "o", b"\x30\x00")


def test_the_spki_is_what_other_software_reads() -> None:
    key: PublicKey = material.public(material.ed25519())
    assert load_der_public_key(key.spki()) == key.key
