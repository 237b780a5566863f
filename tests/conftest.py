"""Fixtures: a whole server on a fresh database of either engine, as its doors see it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import select

from fediprof.accounts.commands import CreateAccount, CreateServerActor, create_account, create_server_actor
from fediprof.accounts.records import Account
from fediprof.here import INSTANCE_ACTOR
from fediprof.keystore import KeyStore
from fediprof.principal import Member
from fediprof.schema.actors import actor
from fediprof.services import Services, open_services
from fediprof.settings import Settings, checked
from tests.groups import strict
from tests.support.remote import Network, Remote

ENGINES = ("sqlite", "postgresql")
"""Every test that asks for `services` runs on both."""


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Where everything must have run (FEDIPROF_NO_SKIPS), a skipped test is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("FEDIPROF_NO_SKIPS") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def wire() -> Path:
    """The folder of captured payloads, beside the repository."""
    folder = Path(__file__).parent.parent.parent / "shared" / "wire"
    if not folder.is_dir():
        pytest.skip("the captured payloads are not beside this repository")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server, without a database name."""
    if address := os.environ.get("FEDIPROF_TEST_POSTGRES"):
        yield address
        return
    from tests.support.postgres import running

    with running() as address:
        yield address


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of its own."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.sqlite3'}"
        return
    from tests.support.postgres import fresh_database

    with fresh_database(request.getfixturevalue("postgres")) as url:
        yield url


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], None]:
    """Bring a database's schema up to date, in a process of its own: fixtures here have no event loop."""

    def bring(url: str) -> None:
        code = (
            "import asyncio, sys\n"
            "from fediprof.db.opening import open_database\n"
            "from fediprof.db.migrate import migrate\n"
            "async def main():\n"
            "    database = await open_database(sys.argv[1])\n"
            "    await migrate(database)\n"
            "    await database.close()\n"
            "asyncio.run(main())\n"
        )
        subprocess.run([sys.executable, "-c", code, url], check=True)

    return bring


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, migrated: Callable[[str], None]) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.sqlite3"
    migrated(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: str, migrated: Callable[[str], None]) -> Iterator[str]:
    from tests.support.postgres import fresh_database

    with fresh_database(postgres) as url:
        migrated(url)
        yield url.rpartition("/")[2]


@pytest.fixture(scope="session")
def postgres_kept(postgres: str, postgres_template: str) -> Iterator[str]:
    """One database for all tests of this process, one after the other."""
    from tests.support.postgres import fresh_database

    with fresh_database(postgres, postgres_template) as url:
        yield url


@pytest.fixture(params=ENGINES)
def ready_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with the schema and nothing in it."""
    if request.param == "sqlite":
        path = tmp_path / "test.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    from tests.support.postgres import empty

    url = request.getfixturevalue("postgres_kept")
    yield url
    empty(url)


def settings_for(tmp_path: Path, database_url: str, **changes: object) -> Settings:
    values: dict[str, object] = {
        "host": "home.example",
        "database": database_url,
        "data": tmp_path / "data",
        "keys": tmp_path / "keys",
        "development": True,
        "dev_hosts": "home.example=127.0.0.1:1",
        "worker": False,
        "language": "en",
    }
    return checked(Settings(**{**values, **changes}))  # type: ignore[arg-type]


@pytest.fixture
async def services(tmp_path: Path, ready_url: str, network: Network) -> AsyncIterator[Services]:
    """A server with its own actor and no member."""
    opened = await open_services(settings_for(tmp_path, ready_url), network)  # type: ignore[arg-type]
    keys = sealed(opened.keystore, opened.here().actor(INSTANCE_ACTOR))
    await opened.perform(create_server_actor, CreateServerActor(keys))
    try:
        yield opened
        assert (found := await read_strictly(opened, network)) == [], "\n".join(found)
    finally:
        await opened.close()


async def read_strictly(services: Services, network: Network) -> list[str]:
    """Everything a test had sent, and the documents it was answered of groups, as the strictest of the others read it."""
    columns = select(actor.c.iri, actor.c.followers).where(actor.c.type == "Group")
    rows = await services.read(lambda tx: tx.execute(columns).all())
    groups = {iri: followers or "" for iri, followers in rows}
    found = strict.faults([(each.url, each.activity) for each in network.sent], groups, services.here().host)
    return found + [fault for each in network.answered for fault in strict.served_faults(each, groups)]


_material: dict[str, tuple[bytes, bytes]] = {}


def sealed(keystore: KeyStore, actor_iri: str):  # type: ignore[no-untyped-def]
    """Keys for an actor; made once for each IRI, since RSA keys take their time."""
    from fediprof.signatures import keys

    if actor_iri not in _material:
        _material[actor_iri] = (keys.generate_rsa(), keys.generate_ed25519())
    rsa, ed25519 = _material[actor_iri]
    return (keystore._sealed(f"{actor_iri}#main-key", rsa), keystore._sealed(f"{actor_iri}#ed25519-key", ed25519))


async def make_member(services: Services, username: str, **more: object) -> Member:
    """A member with an account, as the value commands take."""
    keys = sealed(services.keystore, services.here().actor(username))
    request = CreateAccount(username, "en", keys, **more)  # type: ignore[arg-type]
    account: Account = await services.perform(create_account, request)
    return Member(account.id, account.actor_id, admin=account.admin)


@pytest.fixture
async def marie(services: Services) -> Member:
    return await make_member(services, "marie", name="Marie", admin=True)


@pytest.fixture
def app(services: Services):  # type: ignore[no-untyped-def]
    from fediprof.app import create_app

    return create_app(services)


@pytest.fixture
async def client(app, services: Services, network: Network) -> AsyncIterator[httpx2.AsyncClient]:  # type: ignore[no-untyped-def]
    """HTTP without a socket, at the server's own address."""
    hooks = {"response": [network.answer]}
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(
        transport=transport, base_url=services.settings.origin, event_hooks=hooks
    ) as opened:
        yield opened


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
async def drain(services: Services):  # type: ignore[no-untyped-def]
    """Do all background work that is due."""
    from fediprof.worker import Workers

    return Workers(services).drain


@pytest.fixture
def remote(network: Network, client: httpx2.AsyncClient):  # type: ignore[no-untyped-def]
    """Make people on other servers: `remote("paul", "far.example")`."""

    def make(name: str, host: str = "far.example", **document: object) -> Remote:
        person = Remote(network, client, f"https://{host}/users/{name}", name)
        person.publish(**document)
        return person

    return make
