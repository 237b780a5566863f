"""What the parts cost alone, on this machine, now: the ground under every figure. CPU milliseconds each."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text

from benchmarks import load
from benchmarks.server import cpu_of, free_port
from fediprof.db.database import Tx
from fediprof.db.sqlite import SqliteDatabase
from fediprof.signatures import keys


def per_call(work: Callable[[], object], count: int) -> float:
    begun = time.process_time()
    for _ in range(count):
        work()
    return (time.process_time() - begun) / count * 1000


def signatures() -> dict[str, float]:
    private = keys.private_from_pem("x", keys.generate_rsa())
    public, data = private.public("x"), b"(request-target): post /inbox" * 8
    signature = private.sign(data)
    return {
        "RSA-2048 sign": per_call(lambda: private.sign(data), 300),
        "RSA-2048 verify": per_call(lambda: public.holds(signature, data), 2000),
    }


async def group_commit() -> float:
    """One inserted row of 64 that wait together."""

    def unit(tx: Tx) -> None:
        tx.execute(text("insert into t (said) values ('x')"))

    with tempfile.TemporaryDirectory() as folder:
        database = await SqliteDatabase.open(Path(folder) / "floor.sqlite3")
        await database.write(lambda tx: tx.execute(text("create table t (id integer primary key, said text)")))
        begun = time.process_time()
        for _ in range(40):
            await asyncio.gather(*(database.write(unit) for _ in range(64)))
        spent = time.process_time() - begun
        await database.close()
    return spent / (40 * 64) * 1000


_EMPTY = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
async def empty(request): return Response(b"{}", media_type="application/json")
uvicorn.run(Starlette(routes=[Route("/", empty)]), port=int(sys.argv[1]), log_level="error", access_log=False)
"""


async def empty_answer(count: int = 3000) -> float:
    """An empty Starlette response under uvicorn."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", _EMPTY, str(port)])
    try:
        for _ in range(200):
            try:
                await load.send(port, [load.get(f"http://localhost:{port}/")])
                break
            except OSError:
                await asyncio.sleep(0.05)

        before = cpu_of(process.pid)
        await load.send(port, [load.get(f"http://localhost:{port}/")] * count)
        return (cpu_of(process.pid) - before) / count * 1000
    finally:
        process.terminate()
        process.wait()
