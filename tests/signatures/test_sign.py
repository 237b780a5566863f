"""The double knock: which scheme is tried when, and what the answers teach about a host."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from fediprof.errors import NotVerified
from fediprof.signatures import sign, verify
from fediprof.signatures.message import SignableRequest
from fediprof.signatures.verify import Scheme

from . import material
from .material import NOW


def _play(
    knocks: Generator[SignableRequest, int, Scheme | None], answers: list[int]
) -> tuple[list[Scheme], Scheme | None]:
    """The schemes tried, each request proved by its key, and what is remembered."""
    tried: list[Scheme] = []
    try:
        request = next(knocks)
        for status in answers:
            claim = verify.claim(request)
            verify.prove(request, claim, material.public(material.rsa()), NOW)
            assert ("signature-input" in request.headers) is (claim.scheme == "rfc9421")
            assert ("date" in request.headers) is (claim.scheme == "cavage")
            tried.append(claim.scheme)
            request = knocks.send(status)
    except StopIteration as end:
        learnt: Scheme | None = end.value
        return tried, learnt
    raise AssertionError("it knocks on and on")


@pytest.mark.parametrize("accepted", [200, 202, 204])
@pytest.mark.parametrize("first", ["cavage", "rfc9421"])
def test_a_welcome_ends_it_and_teaches_nothing(first: Scheme, accepted: int) -> None:
    assert _play(sign.knock(material.delivery(), material.rsa(), NOW, first), [accepted]) == ([first], None)


@pytest.mark.parametrize("status", [404, 405, 408, 410, 429, 500, 502, 503, 301])
def test_an_answer_that_is_not_about_signatures_ends_it(status: int) -> None:
    assert _play(sign.knock(material.delivery(), material.rsa(), NOW), [status]) == (["cavage"], None)


@pytest.mark.parametrize("refusal", [400, 401, 403])
def test_a_refused_request_is_sent_once_more_by_the_other_scheme(refusal: int) -> None:
    knocks = sign.knock(material.delivery(), material.rsa(), NOW)
    assert _play(knocks, [refusal, 202]) == (["cavage", "rfc9421"], "rfc9421")
    back = sign.knock(material.delivery(), material.rsa(), NOW, first="rfc9421")
    assert _play(back, [refusal, 200]) == (["rfc9421", "cavage"], "cavage")


def test_twice_refused_is_refused() -> None:
    knocks = sign.knock(material.fetch(), material.rsa(), NOW)
    assert _play(knocks, [401, 401]) == (["cavage", "rfc9421"], None)


@pytest.mark.parametrize(
    ("first_status", "second_status", "method", "first", "learnt"),
    [
        (401, 202, "POST", "cavage", "rfc9421"),
        (401, 200, "GET", "cavage", "rfc9421"),
        # Some servers answer 200 to a delivery signed by RFC 9421 and drop it.
        (401, 200, "POST", "cavage", None),
        (401, 200, "POST", "rfc9421", "cavage"),
        (401, 401, "POST", "cavage", None),
        (401, 404, "GET", "cavage", None),
        (401, 500, "POST", "cavage", None),
        (401, 301, "GET", "cavage", None),
        (401, None, "POST", "cavage", None),
        (200, None, "POST", "cavage", None),
        (202, None, "POST", "rfc9421", None),
        (500, 202, "POST", "cavage", None),
    ],
)
def test_what_two_answers_teach(
    first_status: int, second_status: int | None, method: str, first: Scheme, learnt: Scheme | None
) -> None:
    assert sign.remember(first_status, second_status, method, first) == learnt


def test_a_request_without_a_host_is_not_signed() -> None:
    with pytest.raises(NotVerified):
        next(sign.knock(material.with_headers(material.fetch(), host=None), material.rsa(), NOW))
