"""What an operator does from a terminal, on both engines: members, posts, follows, keys, deliveries."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import insert, select

from fediprof import clock
from fediprof.accounts import passwords
from fediprof.accounts import store as accounts
from fediprof.db.database import Tx
from fediprof.delivery.commands import RetryDeliveries, retry_deliveries
from fediprof.keystore import public_material
from fediprof.schema.actors import actor
from fediprof.schema.delivery import delivery, outgoing, peer
from fediprof.services import Services, open_services
from fediprof.settings import load_settings
from tests.cli.conftest import Fediprof
from tests.conftest import make_member


def inside(work):  # type: ignore[no-untyped-def]
    """Look into the instance the commands work on."""

    async def opened() -> object:
        services = await open_services(load_settings())
        try:
            return await work(services)
        finally:
            await services.close()

    return asyncio.run(opened())


def test_members_come_get_a_password_and_a_link_and_go(founded: Fediprof) -> None:
    assert "Log in, once" in founded("member", "add", "marc", "--name", "Marc").stdout
    assert "taken" in founded("member", "add", "marc", code=2).stderr
    assert "Letters a to z" in founded("member", "add", "Marc Dupont", code=2).stderr
    listed = json.loads(founded("member", "list", "--json").stdout)
    assert [each["handle"] for each in listed] == ["lea@localhost:8000", "marc@localhost:8000"]
    assert [each["admin"] for each in listed] == [True, False]
    assert founded("member", "link", "marc").stdout.startswith("http://localhost:8000/login/link/")
    founded("member", "password", "marc", typed="correct horse\ncorrect horse\n")

    async def kept(services: Services) -> str | None:
        found = await services.read(lambda tx: accounts.by_username(tx, "marc"))
        assert found is not None
        return found[0].password_hash

    assert passwords.matches("correct horse", inside(kept))
    assert "Between 8" in founded("member", "password", "marc", typed="short\nshort\n", code=2).stderr
    founded("member", "delete", "marc", typed="n\n", code=1)
    assert len(json.loads(founded("member", "list", "--json").stdout)) == 2
    founded("member", "delete", "marc", "--yes")
    assert len(json.loads(founded("member", "list", "--json").stdout)) == 1
    assert "taken" in founded("member", "add", "marc", code=2).stderr
    for words in (("link", "nobody"), ("password", "nobody"), ("delete", "nobody", "--yes")):
        assert "There is no member named nobody" in founded("member", *words, code=2).stderr


def test_a_post_from_the_terminal_with_a_picture_and_an_answer_to_it(founded: Fediprof) -> None:
    Image.new("RGB", (40, 30), "red").save("red.png")
    first = json.loads(founded("post", "Look", "--picture", "red.png", "--alt", "All red", "--json").stdout)
    answer = founded("post", "-", "--reply-to", first["iri"], typed="I did\n").stdout.strip()
    assert answer.startswith("http://localhost:8000/@lea/p/")
    assert "There is no post" in founded("post", "x", "--reply-to", "http://localhost:8000/p/none", code=2).stderr
    assert "text" in founded("post", "x" * 5001, code=2).stderr
    Path("words.png").write_text("no picture")
    assert "file" in founded("post", "x", "--picture", "words.png", code=2).stderr


def test_who_acts_must_be_said_where_there_are_several(founded: Fediprof) -> None:
    founded("member", "add", "marc")
    assert "--as" in founded("post", "Hello", code=2).stderr
    assert "/@marc/" in founded("post", "Hello", "--as", "marc").stdout
    assert "nobody" in founded("post", "Hello", "--as", "nobody", code=2).stderr
    assert "You follow @marc@localhost:8000" in founded("follow", "marc", "--as", "lea").stdout
    assert "Nobody was found" in founded("follow", "@none@localhost:8000", "--as", "lea", code=2).stderr
    assert "cannot follow yourself" in founded("follow", "lea", "--as", "lea", code=2).stderr


def test_new_keys_replace_the_old_under_the_same_ids(founded: Fediprof) -> None:
    def by_id() -> dict[str, str]:
        return {each["key"]: each["sha256"] for each in json.loads(founded("keys", "--json").stdout)}

    before = by_id()
    founded("keys", "rotate", "lea")
    after = by_id()
    assert before.keys() == after.keys()
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {"http://localhost:8000/u/lea#main-key", "http://localhost:8000/u/lea#ed25519-key"}
    assert "There is no member named nobody" in founded("keys", "rotate", "nobody", code=2).stderr

    # And what is signed fits what is shown
    async def pair(services: Services) -> bool:
        def unit(tx: Tx) -> bool:
            actor_id = tx.execute(select(actor.c.id).where(actor.c.username == "lea")).scalar_one()
            shown = public_material(tx, actor_id)["rsa"][1]
            return services.keystore.pair(tx, actor_id).rsa.public("x").pem() == shown

        return await services.read(unit)

    assert inside(pair)


def test_a_command_for_another_host_than_the_database_s_is_refused(
    founded: Fediprof, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEDIPROF_HOST", "localhost:9000")
    assert "belongs to http://localhost:8000" in founded("post", "Hello", code=2).stderr


def test_fetch_says_what_would_be_refused(founded: Fediprof) -> None:
    assert "not absolute http" in founded("fetch", "ftp://name.example/x", code=1).output
    assert "not a handle" in founded("fetch", "nobody", code=1).output
    told = json.loads(founded("fetch", "http://10.1.2.3/x", "--json", code=1).stdout)
    assert told["document"] is None
    assert told["refused"]


def test_where_nothing_was_sent_nothing_is_retried(founded: Fediprof) -> None:
    assert founded("deliveries", "--json").stdout.strip() == "[]"
    assert "Nothing waits" in founded("retry").stdout
    assert "host" in founded("retry", "https://name.example/", code=2).stderr


@pytest.mark.anyio
async def test_a_retry_revives_the_dead_host_named_and_leaves_the_others(services: Services) -> None:
    # Given two servers given up on, each with something waiting
    by = await make_member(services, "marie")
    now = clock.now()

    def lay(tx: Tx) -> None:
        row = {"actor_id": by.actor_id, "activity_iri": "https://home.example/a/1", "type": "Create", "body": b"{}"}
        row |= {"object_iri": "https://home.example/p/1", "created_at": now}
        number = tx.execute(insert(outgoing).returning(outgoing.c.id), row).scalar_one()
        for host in ("one.example", "two.example"):
            tx.execute(insert(peer), {"host": host, "failures": 9, "failing_days": ["2026-01-01"], "dead_at": now})
            line = {
                "outgoing_id": number,
                "host": host,
                "inbox": f"https://{host}/inbox",
                "attempts": 3,
                "next_at": now,
            }
            tx.execute(insert(delivery), line | {"object_iri": row["object_iri"], "state": "waiting"})

    await services.database.write(lay)

    def dead(tx: Tx) -> list[str]:
        return list(
            tx.execute(select(peer.c.host).where(peer.c.dead_at.is_not(None)).order_by(peer.c.host)).scalars()
        )

    # When one is named
    assert await services.perform(retry_deliveries, RetryDeliveries("One.example")) == 1
    # Then that one is alive
    assert await services.read(dead) == ["two.example"]
    assert await services.perform(retry_deliveries, RetryDeliveries(dead=True)) == 1
    assert await services.read(dead) == []


def test_files_of_an_instance_are_its_owner_s_alone(founded: Fediprof) -> None:
    for path in [Path("fediprof.toml"), *Path("keys").iterdir(), Path("keys")]:
        assert path.stat().st_mode & 0o077 == 0, path
