"""Digest and Content-Digest: made, matched, refused."""

from __future__ import annotations

import pytest

from fediprof.errors import NotVerified
from fediprof.signatures import digest
from fediprof.signatures.message import SignableRequest

HELLO = b'{"hello": "world"}'
SHA256 = "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="
SHA512 = "WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew=="


def _request(**headers: str) -> SignableRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return SignableRequest("POST", "https://b.example/inbox", named, HELLO)


def test_the_digests_we_make_are_those_of_the_specifications() -> None:
    assert digest.digest(HELLO) == f"SHA-256={SHA256}"
    assert digest.content_digest(HELLO) == f"sha-256=:{SHA256}:"


@pytest.mark.parametrize(
    ("headers", "right"),
    [
        ({}, set()),
        ({"digest": f"SHA-256={SHA256}"}, {"digest"}),
        ({"digest": f"sha-256={SHA256}"}, {"digest"}),
        ({"digest": f"SHA-256={SHA256},SHA-512={SHA512}"}, {"digest"}),
        ({"digest": f"MD5=Sd/dVLAcvNLSq16eXua5uQ==, SHA-256={SHA256}"}, {"digest"}),
        ({"content_digest": f"sha-512=:{SHA512}:"}, {"content-digest"}),
        ({"content_digest": f"sha-256=:{SHA256}:, sha-512=:{SHA512}:"}, {"content-digest"}),
        ({"digest": f"SHA-256={SHA256}", "content_digest": f"sha-256=:{SHA256}:"}, {"digest", "content-digest"}),
    ],
)
def test_a_right_digest_is_named(headers: dict[str, str], right: set[str]) -> None:
    assert digest.check(_request(**headers)) == right


@pytest.mark.parametrize(
    "headers",
    [
        {"digest": "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
        {"digest": f"SHA-256={SHA256},SHA-512={SHA512[4:]}AAAA"},
        {"digest": f"SHA-256={SHA256[:-1]}"},
        {"digest": "SHA-256="},
        {"digest": f"SHA-256={SHA256},sha-256={SHA256}"},
        {"digest": "MD5=Sd/dVLAcvNLSq16eXua5uQ=="},
        {"digest": ""},
        {"digest": f"SHA-256=:{SHA256}:"},
        {"digest": f"SHA-256={SHA256[:-2]}é="},
        {"content_digest": f"sha-256={SHA256}"},
        {"content_digest": f"sha-256=:{SHA512}:"},
        {"content_digest": f"sha-256=:{SHA256}:,sha-256=:{SHA256}:"},
        {"digest": f"SHA-256={SHA256}", "content_digest": "sha-256=:AAAA:"},
    ],
)
def test_a_wrong_or_unreadable_digest_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(NotVerified):
        digest.check(_request(**headers))
