"""Requests that must not be believed, each wrong in one way: what any protected door is knocked on with.

A forgery takes an honest person and a request, and returns the request as it would be sent.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from fediprof import clock
from fediprof.as2.names import MEDIA_TYPE
from fediprof.signatures import cavage, digest, rfc9421
from fediprof.signatures.keys import PrivateKey, generate_rsa, private_from_pem
from fediprof.signatures.message import SignableRequest
from tests.support.remote import Remote

_another = generate_rsa()
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Knock:
    """A request as it goes over the wire; `headers` in lower case, `host` among them."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def signable(self) -> SignableRequest:
        return SignableRequest(self.method, f"https://{self.headers['host']}{self.path}", self.headers, self.body)

    def adding(self, headers: dict[str, str]) -> Knock:
        return replace(self, headers={**self.headers, **headers})

    def without(self, *names: str) -> Knock:
        return replace(self, headers={name: value for name, value in self.headers.items() if name not in names})


def posting(path: str, activity: dict[str, object]) -> Knock:
    base = {"host": "home.example", "content-type": MEDIA_TYPE}
    return Knock("POST", path, base, json.dumps(activity).encode())


def fetching(path: str) -> Knock:
    return Knock("GET", path, {"host": "home.example", "accept": MEDIA_TYPE})


def honest(person: Remote, knock: Knock, *, later: timedelta = timedelta(), key: PrivateKey | None = None) -> Knock:
    return knock.adding(cavage.sign(knock.signable, key or person.rsa, clock.now() + later))


def honest_9421(person: Remote, knock: Knock, *, later: timedelta = timedelta()) -> Knock:
    return knock.adding(rfc9421.sign(knock.signable, person.rsa, clock.now() + later))


def unsigned(person: Remote, knock: Knock) -> Knock:
    return knock


def unreadable(person: Remote, knock: Knock) -> Knock:
    return knock.adding({"signature": "trust me", "date": clock.http_date(clock.now())})


def by_another_key(person: Remote, knock: Knock) -> Knock:
    return honest(person, knock, key=private_from_pem(person.rsa.id, _another))


def by_another_key_9421(person: Remote, knock: Knock) -> Knock:
    key = private_from_pem(person.rsa.id, _another)
    return knock.adding(rfc9421.sign(knock.signable, key, clock.now()))


def stale(person: Remote, knock: Knock) -> Knock:
    return honest(person, knock, later=-13 * HOUR)


def stale_9421(person: Remote, knock: Knock) -> Knock:
    return honest_9421(person, knock, later=-13 * HOUR)


def from_the_future(person: Remote, knock: Knock) -> Knock:
    return honest(person, knock, later=13 * HOUR)


def from_the_future_9421(person: Remote, knock: Knock) -> Knock:
    return honest_9421(person, knock, later=13 * HOUR)


def expired(person: Remote, knock: Knock) -> Knock:
    """Signed by the honest key, and said by it to be over since an hour."""
    now = clock.now()
    knock = knock.adding({"digest": digest.digest(knock.body)}) if knock.body else knock
    covered = ["(request-target)", "host", "(created)", "(expires)", *(["digest"] if knock.body else [])]
    created, expires = int(now.timestamp()) - 4000, int(now.timestamp()) - 3600
    special = {
        "(request-target)": f"{knock.method.lower()} {knock.path}",
        "(created)": str(created),
        "(expires)": str(expires),
    }
    lines = [f"{name}: {special.get(name) or knock.headers[name]}" for name in covered]
    made = base64.b64encode(person.rsa.sign("\n".join(lines).encode())).decode()
    return knock.adding(
        {
            "signature": f'keyId="{person.rsa.id}",algorithm="hs2019",created={created},expires={expires},'
            f'headers="{" ".join(covered)}",signature="{made}"'
        }
    )


def for_another_path(person: Remote, knock: Knock) -> Knock:
    return replace(honest(person, replace(knock, path="/elsewhere")), path=knock.path)


def for_another_host(person: Remote, knock: Knock) -> Knock:
    """Caught on another server and sent on here as it was."""
    return honest(person, knock.adding({"host": "other.example"}))


def for_another_host_renamed(person: Remote, knock: Knock) -> Knock:
    return honest(person, knock.adding({"host": "other.example"})).adding({"host": "home.example"})


def for_another_method(person: Remote, knock: Knock) -> Knock:
    method = {"POST": "PUT", "GET": "HEAD"}[knock.method]
    return replace(honest(person, replace(knock, method=method)), method=knock.method)


def time_not_covered(person: Remote, knock: Knock) -> Knock:
    covered = ["(request-target)", "host", *(["digest"] if knock.body else [])]
    return knock.adding(cavage.sign(knock.signable, person.rsa, clock.now(), headers=covered))


def target_not_covered(person: Remote, knock: Knock) -> Knock:
    covered = ["host", "date", *(["digest"] if knock.body else [])]
    return knock.adding(cavage.sign(knock.signable, person.rsa, clock.now(), headers=covered))


def hmac_with_the_public_key(person: Remote, knock: Knock) -> Knock:
    """Verifiers that let the header choose the algorithm take the public key for a shared secret."""
    made = honest(person, knock)
    covered = ["(request-target)", "host", "date", *(["digest"] if knock.body else [])]
    lines = [
        f"{name}: {made.headers[name] if name in made.headers else f'{knock.method.lower()} {knock.path}'}"
        for name in covered
    ]
    secret = person.rsa.public(person.iri).pem().encode()
    code = base64.b64encode(hmac.new(secret, "\n".join(lines).encode(), hashlib.sha256).digest()).decode()
    return made.adding(
        {
            "signature": f'keyId="{person.rsa.id}",algorithm="hmac-sha256",'
            f'headers="{" ".join(covered)}",signature="{code}"'
        }
    )


def called_another_algorithm(person: Remote, knock: Knock) -> Knock:
    made = honest(person, knock)
    return made.adding({"signature": made.headers["signature"].replace("rsa-sha256", "rsa-sha1")})


# For requests with a body.


def body_changed(person: Remote, knock: Knock) -> Knock:
    return replace(honest(person, knock), body=knock.body + b" ")


def body_and_digest_changed(person: Remote, knock: Knock) -> Knock:
    body = knock.body + b" "
    return replace(honest(person, knock), body=body).adding({"digest": digest.digest(body)})


def digest_missing(person: Remote, knock: Knock) -> Knock:
    return honest(person, knock).without("digest")


def digest_not_covered(person: Remote, knock: Knock) -> Knock:
    covered = ["(request-target)", "host", "date"]
    return knock.adding(cavage.sign(knock.signable, person.rsa, clock.now(), headers=covered))


Forgery = Callable[[Remote, Knock], Knock]

OF_ANY: tuple[Forgery, ...] = (
    unreadable,
    by_another_key,
    by_another_key_9421,
    stale,
    stale_9421,
    from_the_future,
    from_the_future_9421,
    expired,
    for_another_path,
    for_another_host,
    for_another_host_renamed,
    for_another_method,
    time_not_covered,
    target_not_covered,
    hmac_with_the_public_key,
    called_another_algorithm,
)
OF_A_BODY: tuple[Forgery, ...] = (
    unsigned,
    *OF_ANY,
    body_changed,
    body_and_digest_changed,
    digest_missing,
    digest_not_covered,
)
