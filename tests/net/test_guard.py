"""The guard, with a recorder where sockets would be opened: nothing here can reach a network."""

from __future__ import annotations

import httpcore2
import pytest

from fediprof.errors import Forbidden, Misconfigured, Unreachable
from fediprof.net import guard as guarding
from fediprof.net.fetcher import Fetcher
from fediprof.net.guard import REFUSED, Guard

from .recorder import Names, Recorder

pytestmark = pytest.mark.anyio

PUBLIC = "93.184.215.14"
PUBLIC_V6 = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"


def fetcher(names: Names, sockets: Recorder, **more: object) -> Fetcher:
    settings: dict[str, object] = {"user_agent": "test", "development": False} | more
    return Fetcher(resolver=names, backend=sockets, **settings)  # type: ignore[arg-type]


HOSTILE_ADDRESSES = [
    "https://127.0.0.1/",
    "https://127.8.8.8/",
    "https://0.0.0.0/",
    "https://10.1.2.3/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.64.0.1/",
    "https://100.100.100.200/",
    "https://168.63.129.16/",
    "https://192.0.0.8/",
    "https://192.0.2.1/",
    "https://192.88.99.1/",
    "https://198.18.0.1/",
    "https://198.51.100.7/",
    "https://203.0.113.9/",
    "https://224.0.0.251/",
    "https://255.255.255.255/",
    "https://[::]/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[::10.0.0.1]/",
    "https://[::ffff:0:10.0.0.1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[64:ff9b:1::1]/",
    "https://[2001::1]/",
    "https://[2001:db8::1]/",
    "https://[2002:7f00:1::]/",
    "https://[3fff::1]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[1::1]/",
]
HOSTILE_SPELLINGS = [
    "https://2130706433/",
    "https://017700000001/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://127.1/",
    "https://0177.0.0.1/",
    "https://127.0.0.01/",
    "https://127.0.0.1./",
    "https://127.0.0.0x1/",
    "https://127。0。0。1/",
    "https://①②⑦.⓪.⓪.①/",
    "https://exa mple.org/",
    "https://example.org%2f@127.0.0.1/",
    "https://user:secret@example.org/",
    "https://example.org:22/",
    "https://example.org:8080/",
    "https://example.org:0/",
    "https://example.org:65536/",
    "http://example.org/",
    "ftp://example.org/",
    "file:///etc/passwd",
    "gopher://example.org/",
    "javascript:alert(1)",
    "//example.org/",
    "https:///nothing",
    "",
]


@pytest.mark.parametrize("url", HOSTILE_ADDRESSES + HOSTILE_SPELLINGS)
async def test_no_hostile_url_reaches_the_dialler(url: str) -> None:
    names, sockets = Names(example_org=[PUBLIC]), Recorder()
    with pytest.raises(Forbidden):
        await fetcher(names, sockets).get(url, accept="*/*")
    assert sockets.dialled == []


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["::1"],
        ["10.0.0.1"],
        ["::ffff:192.168.0.1"],
        ["fe80::1%2"],
        [PUBLIC, "10.0.0.1"],
        [PUBLIC, PUBLIC_V6, "64:ff9b::7f00:1"],
        [PUBLIC, PUBLIC, PUBLIC, PUBLIC, PUBLIC, "127.0.0.1"],
    ],
)
async def test_a_name_with_any_private_address_is_refused_whole(addresses: list[str]) -> None:
    names, sockets = Names(trap_example=addresses), Recorder()
    with pytest.raises(Forbidden):
        await fetcher(names, sockets).get("https://trap.example/", accept="*/*")
    assert sockets.dialled == []


@pytest.mark.parametrize("block", [block for block, _ in REFUSED])
async def test_every_row_of_the_table_is_refused_at_both_ends(block: str) -> None:
    from ipaddress import ip_network

    network, sockets = ip_network(block), Recorder()
    for address in (network[0], network[-1]):
        with pytest.raises(Forbidden):
            await Guard(inner=sockets).connect_tcp(str(address), 443)
    assert sockets.dialled == []


async def test_a_block_missing_from_the_table_is_still_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarding, "_V4", ())
    monkeypatch.setattr(guarding, "_V6", ())
    sockets = Recorder()
    for address in ("10.0.0.1", "169.254.169.254", "224.0.0.1", "::1", "2001:db8::1", "fe80::1", "ff02::1"):
        with pytest.raises(Forbidden):
            await Guard(inner=sockets).connect_tcp(address, 443)
    assert sockets.dialled == []


@pytest.mark.parametrize("address", [PUBLIC, PUBLIC_V6, "9.255.255.255", "100.128.0.0", "172.32.0.1", "2003::1"])
async def test_public_addresses_just_beside_the_table_pass(address: str) -> None:
    sockets = Recorder()
    await Guard(inner=sockets).connect_tcp(address, 443)
    assert sockets.dialled == [(address, 443)]


async def test_a_name_is_resolved_once_and_the_checked_address_is_dialled() -> None:
    # Given a name that answers with a public address first, and with loopback to anyone who asks again
    names, sockets = Names(), Recorder()
    names.says("rebind.example", [PUBLIC], ["127.0.0.1"])
    fetch = fetcher(names, sockets)
    # When it is fetched
    await Guard(resolver=names, inner=sockets).connect_tcp("rebind.example", 443)
    # Then one question was asked, and the address of its answer dialled
    assert names.asked == ["rebind.example"]
    assert sockets.dialled == [(PUBLIC, 443)]
    # And the next connection asks anew, and is refused
    with pytest.raises(Forbidden):
        await fetch.get("https://rebind.example/", accept="*/*")
    assert names.asked == ["rebind.example", "rebind.example"]
    assert len(sockets.dialled) == 1


async def test_a_v4_mapped_answer_is_dialled_as_v4() -> None:
    names, sockets = Names(mapped_example=[f"::ffff:{PUBLIC}"]), Recorder()
    await Guard(resolver=names, inner=sockets).connect_tcp("mapped.example", 443)
    assert sockets.dialled == [(PUBLIC, 443)]


async def test_addresses_are_tried_in_order_and_four_at_most() -> None:
    six = [f"93.184.215.{last}" for last in range(1, 7)]
    names, sockets = Names(many_example=[six[0], *six]), Recorder(dead=six)
    with pytest.raises(httpcore2.ConnectError):
        await Guard(resolver=names, inner=sockets).connect_tcp("many.example", 443)
    assert [address for address, _ in sockets.dialled] == six[:4]
    # And the first that answers is taken
    sockets = Recorder(dead=six[:2])
    await Guard(resolver=names, inner=sockets).connect_tcp("many.example", 443)
    assert [address for address, _ in sockets.dialled] == six[:3]


async def test_names_in_other_scripts_are_resolved_in_ascii() -> None:
    names, sockets = Names(), Recorder()
    names.says("xn--bcher-kva.example", [PUBLIC])
    answer = await fetcher(names, sockets).get("https://bücher.example/", accept="*/*")
    assert names.asked == ["xn--bcher-kva.example"]
    assert (answer.status, answer.body, sockets.dialled) == (200, b"ok", [(PUBLIC, 443)])


async def test_a_name_that_does_not_resolve_is_unreachable_not_forbidden() -> None:
    with pytest.raises(Unreachable) as caught:
        await fetcher(Names(), Recorder()).get("https://nowhere.example/", accept="*/*")
    assert not isinstance(caught.value, Forbidden)


async def test_unix_sockets_are_refused() -> None:
    sockets = Recorder()
    with pytest.raises(Forbidden):
        await Guard(development=True, inner=sockets).connect_unix_socket("/run/secret.sock")
    assert sockets.dialled == []


async def test_development_adds_loopback_and_nothing_else() -> None:
    names = Names(localhost=["127.0.0.1"], private_example=["10.0.0.1"], public_example=[PUBLIC])
    sockets = Recorder()
    fetch = fetcher(names, sockets, development=True)
    assert (await fetch.get("http://localhost:8123/", accept="*/*")).body == b"ok"
    assert sockets.dialled == [("127.0.0.1", 8123)]
    for url in (
        "http://private.example/",
        "https://private.example/",
        "http://public.example/",
        "https://public.example:8443/",
        "https://169.254.169.254/",
        "http://[::ffff:10.0.0.1]/",
    ):
        with pytest.raises(Forbidden):
            await fetch.get(url, accept="*/*")
    assert len(sockets.dialled) == 1


async def test_mapped_hosts_are_asked_at_their_place_on_loopback() -> None:
    sockets = Recorder()
    fetch = fetcher(Names(), sockets, development=True, hosts={"alice.example": ("127.0.0.1", 8443)})
    await fetch.get("https://alice.example/actor", accept="*/*")
    assert sockets.dialled == [("127.0.0.1", 8443)]
    # And on another port the name is not that server
    with pytest.raises(Unreachable):
        await fetch.get("https://alice.example:9000/actor", accept="*/*")
    assert len(sockets.dialled) == 1


def test_mapped_hosts_are_for_development_and_for_loopback_only() -> None:
    with pytest.raises(Misconfigured):
        Guard(hosts={"alice.example": ("127.0.0.1", 8443)})
    with pytest.raises(Misconfigured):
        Guard(development=True, hosts={"alice.example": ("10.0.0.1", 8443)})


async def test_every_connection_of_the_client_is_opened_by_the_guard() -> None:
    # Given httpcore2 as it is, and a name that is public at first
    names, sockets = Names(), Recorder(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
    names.says("public.example", [PUBLIC], [PUBLIC], ["10.0.0.1"])
    fetch = fetcher(names, sockets)
    # When its connections end each time, each new one is checked anew
    for _ in range(2):
        await fetch.get("https://public.example/", accept="*/*")
    with pytest.raises(Forbidden):
        await fetch.post("https://public.example/", b"", headers={})
    assert sockets.dialled == [(PUBLIC, 443)] * 2
