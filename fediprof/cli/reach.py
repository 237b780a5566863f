"""What `doctor` finds by asking this server at its public name, with the requests other servers send: TLS, the reverse
proxy, WebFinger in both directions, actors, signatures by both schemes."""

from __future__ import annotations

import asyncio
import hashlib
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from fediprof import clock
from fediprof.accounts import store as accounts
from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.as2 import names, parse
from fediprof.cli.fetch import look
from fediprof.cli.finding import Finding
from fediprof.db.database import Tx
from fediprof.errors import FediprofError, Forbidden, Unreachable
from fediprof.here import INSTANCE_ACTOR
from fediprof.keystore import KeyPair, public_material
from fediprof.net import webfinger
from fediprof.services import Services
from fediprof.settings import Settings
from fediprof.signatures import digest, keys, sign, verify
from fediprof.signatures.message import SignableRequest

MOST_MEMBERS = 5
EXPIRES_SOON = timedelta(days=10)


async def findings(services: Services) -> AsyncIterator[Finding]:
    """In the order in which a fault hides those after it."""
    answer = await _answers(services)
    yield answer
    if answer.state == "bad":
        return
    if services.settings.scheme == "https":
        yield await _certificate(services)
    yield await _own_clock(services)
    async for each in _proxy(services):
        yield each
    yield await _server_actor(services)
    everyone = await services.read(accounts.everyone)
    if not everyone:
        yield Finding("member", "bad", "There is nobody to find here: fediprof member add NAME")
    for _, actor in everyone[:MOST_MEMBERS]:
        yield await _handle(services, actor)
        yield await _actor(services, actor)
    yield await _nodeinfo(services)
    yield await _unsigned(services)


async def _answers(services: Services) -> Finding:
    """Whether the public name leads to this server."""
    url = f"{services.settings.origin}/health/live"
    try:
        got = await services.fetcher.get(url, accept="*/*")
    except Forbidden as error:
        return Finding(
            "reach",
            "bad",
            f"{error}. Seen from here the name leads to an address of the inner network: point its DNS to the public one.",
        )
    except FediprofError as error:
        return Finding("reach", "bad", f"{error}. {await _at_home(services.settings)}")
    if got.status != 200 or got.body.strip() != b"ok":
        return Finding(
            "reach", "bad", f"{url} answers {got.status}: another program, or the proxy's own page, is there."
        )
    return Finding("reach", "good", f"{services.settings.origin} answers")


async def _at_home(settings: Settings) -> str:
    """The server not being found at its name: is it there at all?"""
    address, _, port = settings.listen.rpartition(":")
    at = address.strip("[]").replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - read, not bound
    try:
        async with asyncio.timeout(2):
            _, writer = await asyncio.open_connection(at, int(port))
        writer.close()
    except (OSError, TimeoutError):
        return f"Nothing listens at {settings.listen} either: start the server first."
    return f"Something listens at {settings.listen}, so look at DNS, firewall (ports 80 and 443) and reverse proxy."


async def _certificate(services: Services) -> Finding:
    """That it is trusted was shown by the answer; here: for how long."""
    settings = services.settings
    name, _, port = settings.host.partition(":")
    at, number = settings.hosts.get(name, (name, int(port or 443)))
    trust = ssl.create_default_context(cafile=settings.certificates or None)
    try:
        async with asyncio.timeout(10):
            _, writer = await asyncio.open_connection(at, number, ssl=trust, server_hostname=name)
        ends = str(writer.get_extra_info("peercert")["notAfter"])
        writer.close()
    except (OSError, TimeoutError) as error:
        return Finding("TLS", "bad", f"{name}: {error}")
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC)
    left = until - clock.now()
    # A certificate of a private authority may live for hours only, and is renewed all the same.
    if left < EXPIRES_SOON and not settings.certificates:
        return Finding("TLS", "worth a look", f"The certificate ends on {until:%Y-%m-%d}: is it renewed by itself?")
    return Finding("TLS", "good", f"trusted, until {until:%Y-%m-%d}")


async def _own_clock(services: Services) -> Finding:
    """The Date of an answer is what peers compare our signatures with; a proxy on another machine may write it."""
    got = await services.fetcher.get(f"{services.settings.origin}/health/live", accept="*/*")
    try:
        told = parsedate_to_datetime(got.headers.get("date", ""))
    except ValueError:
        return Finding("date", "worth a look", "Answers carry no Date.")
    off = abs((told - clock.now()).total_seconds())
    if off > 30:
        return Finding("date", "bad", f"Answers are dated {off:.0f} s off this machine's clock: set both by NTP.")
    return Finding("date", "good", "answers and this machine agree on the time")


async def _proxy(services: Services) -> AsyncIterator[Finding]:
    """Send a signed POST by each scheme, have it told back as it arrived, and believe it or not."""
    settings = services.settings
    url = f"{settings.origin}/health/seen"
    key_id, material, pair = await services.read(lambda tx: _server_keys(tx, services))
    body = json.dumps({"type": "Ping", "at": clock.rfc3339(clock.now())}).encode()
    schemes: tuple[Literal["cavage", "rfc9421"], ...] = ("cavage", "rfc9421")
    for number, scheme in enumerate(schemes):
        headers = {"host": settings.host, "content-type": names.MEDIA_TYPE}
        sent = sign.signed(SignableRequest("POST", url, headers, body), pair.rsa, clock.now(), scheme)
        try:
            got = await services.fetcher.post(url, body, headers=sent.headers)
            told = json.loads(got.body)
        except (Unreachable, ValueError) as error:
            yield Finding("proxy", "bad", f"A POST to {url} does not come through: {error}")
            return
        if number == 0:
            yield _host(settings, told)
            yield _scheme(settings, told)
        yield _signature(scheme, url, body, told, keys.public_from_pem(key_id, f"{settings.origin}/actor", material))


def _server_keys(tx: Tx, services: Services) -> tuple[str, str, KeyPair]:
    actor = actors.local_by_username(tx, INSTANCE_ACTOR)
    if actor is None:
        raise Unreachable("the server's own actor is missing")
    key_id, material = public_material(tx, actor.id)["rsa"]
    return key_id, material, services.keystore.pair(tx, actor.id)


def _host(settings: Settings, told: Mapping[str, Any]) -> Finding:
    seen = told["headers"].get("host", "")
    if seen.lower() != settings.host:
        return Finding(
            "proxy: Host",
            "bad",
            f"The reverse proxy writes Host {seen!r} instead of {settings.host!r}; every signature fails. "
            "nginx: proxy_set_header Host $host; Apache: ProxyPreserveHost On",
        )
    return Finding("proxy: Host", "good", "arrives unchanged")


def _scheme(settings: Settings, told: Mapping[str, Any]) -> Finding:
    if told["scheme"] != settings.scheme:
        return Finding(
            "proxy: scheme",
            "bad",
            f"The server believes it is asked by {told['scheme']}: the proxy must send X-Forwarded-Proto, and its "
            "address must stand in the setting trusted_proxies.",
        )
    return Finding("proxy: scheme", "good", f"{told['scheme']}, asked by {told['client']}")


def _signature(scheme: str, url: str, body: bytes, told: Mapping[str, Any], key: keys.PublicKey) -> Finding:
    check = f"sign: {scheme}"
    if told["sha256"] != hashlib.sha256(body).hexdigest():
        return Finding(check, "bad", "The proxy changes bodies; switch off whatever rewrites requests.")
    arrived = SignableRequest(told["method"], url, told["headers"], body)
    try:
        digest.check(arrived)
        verify.prove(arrived, verify.claim(arrived), key, clock.now())
    except FediprofError as error:
        return Finding(
            check, "bad", f"What we sign does not verify when it arrives: {error}. A header is changed on the way."
        )
    return Finding(check, "good", "signed, sent, arrived, verified")


async def _server_actor(services: Services) -> Finding:
    """FEP-2677: it must be readable unsigned, or two servers that demand signatures wait for each other for ever."""
    url = f"{services.settings.origin}/actor"
    try:
        got = await services.fetcher.get(url, accept=names.ACCEPT)
    except FediprofError as error:
        return Finding("unsigned fetch", "bad", str(error))
    if got.status != 200 or not names.is_as2_media_type(got.headers.get("content-type", "")):
        kind = got.headers.get("content-type", "")
        return Finding(
            "unsigned fetch", "bad", f"{url} answers {got.status} {kind}: does a cache ignore Vary: Accept?"
        )
    return Finding("unsigned fetch", "good", "the server's actor can be read")


async def _handle(services: Services, actor: Actor) -> Finding:
    """The handle leads to the actor, and the actor back to the handle."""
    check = "webfinger"
    settings = services.settings
    try:
        found = await webfinger.discover(services.fetcher, actor.handle, scheme=settings.scheme)
    except FediprofError as error:
        hint = (
            f" {settings.domain} must pass /.well-known/webfinger on to {settings.host}."
            if settings.domain != settings.host
            else ""
        )
        return Finding(check, "bad", f"@{actor.handle} is not found: {error}.{hint}")
    if found.actor_iri != actor.iri:
        return Finding(check, "bad", f"@{actor.handle} leads to {found.actor_iri}, not to {actor.iri}.")
    if found.subject_acct.casefold() != actor.handle.casefold():
        return Finding(check, "bad", f"@{actor.handle} calls itself {found.subject_acct}.")
    return Finding(check, "good", f"@{actor.handle} is found, and the actor says the same")


async def _actor(services: Services, actor: Actor) -> Finding:
    check = "actor"
    found = await look(services, actor.iri)
    if found.refused or found.document is None:
        return Finding(check, "bad", f"{actor.iri}: {'; '.join(found.refused)}")
    said = str(found.document.get("webfinger", "")).lstrip("@")
    if said.casefold() != actor.handle.casefold():
        return Finding(check, "bad", f"{actor.iri} calls itself {said!r}, its handle is {actor.handle}.")
    kept = await services.read(lambda tx: public_material(tx, actor.id))
    shown = {key.id: (key.pem or key.multibase or "").strip() for key in parse.keys(found.document)}
    if any(shown.get(key_id) != material.strip() for key_id, material in kept.values()):
        return Finding(
            check, "bad", f"{actor.iri} shows other keys than this server signs with: is a cache in between?"
        )
    return Finding(check, "good", f"{actor.iri} can be read, with the keys it signs with")


async def _nodeinfo(services: Services) -> Finding:
    url = f"{services.settings.origin}/.well-known/nodeinfo"
    try:
        got = await services.fetcher.get(url, accept="application/json")
    except FediprofError as error:
        return Finding("nodeinfo", "bad", str(error))
    if got.status != 200:
        return Finding("nodeinfo", "worth a look", f"{url} answers {got.status}.")
    return Finding("nodeinfo", "good", "answers")


async def _unsigned(services: Services) -> Finding:
    """An unsigned delivery must reach us, and be refused by us: not by the proxy, and not accepted."""
    url = f"{services.settings.origin}/inbox"
    body = json.dumps({"type": "Follow", "actor": f"{services.settings.origin}/actor", "id": url}).encode()
    try:
        got = await services.fetcher.post(url, body, headers={"content-type": names.MEDIA_TYPE})
    except FediprofError as error:
        return Finding("inbox", "bad", str(error))
    if got.status != 401:
        return Finding(
            "inbox",
            "bad",
            f"An unsigned delivery is answered {got.status} instead of 401: does the proxy let POST through?",
        )
    return Finding("inbox", "good", "refuses what is not signed")
