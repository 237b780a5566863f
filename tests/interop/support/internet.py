"""A small internet on loopback: names with ports behind them, one certificate authority, and a client that knows both.

Servers learn the names through their settings `dev_hosts` and `certificates`; browsers and apps here through `Wire`.
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import trustme


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Internet:
    """`folder` keeps the authority's and the servers' PEM files."""

    folder: Path
    ports: dict[str, int] = field(default_factory=dict)
    authority: trustme.CA = field(default_factory=trustme.CA)

    def __post_init__(self) -> None:
        self.authority.cert_pem.write_to_path(str(self.authority_file))

    @property
    def authority_file(self) -> Path:
        return self.folder / "authority.pem"

    @property
    def dev_hosts(self) -> str:
        return ",".join(f"{name}=127.0.0.1:{port}" for name, port in self.ports.items())

    def give(self, *names: str) -> int:
        """One free port that answers to these names. Names are given before the servers that ask for them start."""
        port = free_port()
        self.ports.update(dict.fromkeys(names, port))
        return port

    def certificate(self, *names: str) -> tuple[Path, Path]:
        """(certificate, key) files for a server of these names."""
        issued = self.authority.issue_cert(*names)
        certificate, key = self.folder / f"{names[0]}.pem", self.folder / f"{names[0]}.key"
        certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(str(key))
        return certificate, key

    def client(self, origin: str = "", **more: object) -> httpx2.Client:
        """An HTTP client that reaches every name here, and nothing else."""
        return httpx2.Client(transport=Wire(self), base_url=origin, timeout=20, **more)  # type: ignore[arg-type]


class Wire(httpx2.BaseTransport):
    """Dials a name's port; the certificate is still checked against the name."""

    def __init__(self, internet: Internet, idle: int = 0) -> None:
        self._internet = internet
        trust = ssl.create_default_context(cafile=str(internet.authority_file))
        # No `idle` connections but where speed is wanted: a program that does not read does not answer TLS's goodbye, and
        # a server that stops waits for that.
        self._inner = httpx2.HTTPTransport(
            verify=trust, trust_env=False, limits=httpx2.Limits(max_keepalive_connections=idle)
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        name = request.url.host
        port = self._internet.ports.get(name)
        if port is None:
            raise httpx2.ConnectError(f"there is no {name} here")
        extensions = {**request.extensions, "sni_hostname": name}
        dialled = httpx2.Request(
            request.method,
            request.url.copy_with(host="127.0.0.1", port=port),
            headers=request.headers,
            stream=request.stream,
            extensions=extensions,
        )
        return self._inner.handle_request(dialled)

    def close(self) -> None:
        self._inner.close()
