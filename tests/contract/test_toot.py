"""toot, the command line client, in a process of its own: log in, write, read, react."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.contract.conftest import Home

pytestmark = pytest.mark.anyio


@pytest.fixture
def toot(tmp_path: Path) -> Toot:
    beside = Path(sys.executable).parent / "toot"
    program = str(beside) if beside.exists() else shutil.which("toot")
    if program is None:
        pytest.skip("toot is not installed (a package of the tests)")
    return Toot(program, tmp_path / "config")


class Toot:
    """Its settings and tokens are in a folder of the test."""

    def __init__(self, program: str, config: Path) -> None:
        self.program = program
        self.environment = {**os.environ, "XDG_CONFIG_HOME": str(config), "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            self.program,
            *arguments,
            env=self.environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    async def run(self, *arguments: str) -> str:
        process = await self.start(*arguments)
        out, _ = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode == 0, out.decode()
        return out.decode()

    async def json(self, *arguments: str) -> Any:
        return json.loads(await self.run(*arguments, "--json"))

    async def log_in(self, home: Home, username: str) -> None:
        process = await self.start("login", "--instance", home.url)
        assert process.stdin is not None
        assert process.stdout is not None
        said = ""
        while (found := re.search(r"^http\S+/oauth/authorize\S+$", said, re.MULTILINE)) is None:
            chunk = await asyncio.wait_for(process.stdout.read(4096), 60)
            assert chunk, said
            said += chunk.decode()
        process.stdin.write(b"n\n")
        code = await home.allow(found[0], username)
        out, _ = await asyncio.wait_for(process.communicate(f"{code}\n".encode()), 60)
        assert process.returncode == 0, said + out.decode()
        assert "Successfully logged in" in out.decode()


async def test_toot_goes_once_round(home: Home, toot: Toot, tmp_path: Path) -> None:
    await toot.log_in(home, "ada")
    await toot.log_in(home, "bob")
    assert f"ada@{home.domain}" in await toot.run("auth")
    await toot.run("activate", f"ada@{home.domain}")
    assert "ada" in await toot.run("whoami")
    assert home.services.settings.name in await toot.run("instance")

    made = await toot.json("post", "Hello from toot", "--visibility", "public")
    assert "Hello from toot" in made["content"]
    assert "Hello from toot" in await toot.run("timelines", "home")
    assert "Hello from toot" in await toot.run("status", made["id"])

    as_bob = ("--as", f"bob@{home.domain}")
    await toot.run(*as_bob, "follow", f"ada@{home.domain}")
    await toot.run(*as_bob, "favourite", made["id"])
    await toot.run(*as_bob, "reblog", made["id"])
    answer = await toot.json(*as_bob, "post", "@ada and back", "--reply-to", made["id"])
    assert answer["in_reply_to_id"] == made["id"]
    told = await toot.json("notifications")
    assert sorted(each["type"] for each in told) == ["favourite", "follow", "mention", "reblog"]
    assert "and back" in await toot.run("thread", made["id"])
    assert "bob" in await toot.run("followers")
    assert "ada" in await toot.run(*as_bob, "following")
    found = await toot.json("search", "bob")
    assert [each["acct"] for each in found["accounts"]] == ["bob"]
    await toot.run(*as_bob, "unreblog", made["id"])
    await toot.run(*as_bob, "unfavourite", made["id"])
    await toot.run(*as_bob, "unfollow", f"ada@{home.domain}")
    await toot.run("delete", made["id"])
    assert "Hello from toot" not in await toot.run("timelines", "home")
