"""Somebody suspended, as apps are told of them: an account by name alone, `suspended`, and nothing they said."""

from __future__ import annotations

import pytest

from fediprof.actors import store as actors
from fediprof.actors.commands import ReviseProfile, revise_profile
from fediprof.moderation.sanctions import LiftSanction, SanctionActor, lift_sanction, sanction_actor
from fediprof.principal import Member
from tests.conftest import make_member
from tests.mastodon.people import Person

pytestmark = pytest.mark.anyio

SAID = "Zéphyr"


@pytest.fixture
async def admin(services) -> Member:  # type: ignore[no-untyped-def]
    return await make_member(services, "root", admin=True)


@pytest.fixture
async def told(services, bob: Person) -> Person:  # type: ignore[no-untyped-def]
    """Bob, who says much of himself."""
    fields = ((SAID, f"https://{SAID.lower()}.example/"),)
    about = ReviseProfile(bob.by, name=f"Bob {SAID}", summary=f"I am of {SAID}", fields=fields)
    await services.perform(revise_profile, about)
    return bob


async def suspend(services, admin: Member, target_id: int) -> None:  # type: ignore[no-untyped-def]
    await services.perform(sanction_actor, SanctionActor(admin, target_id, "suspend", "Sells addresses"))


async def test_an_account_is_given_without_what_it_said(services, client, ada: Person, told: Person, admin) -> None:
    post = await told.write(f"From {SAID}")
    answer = await ada.post("/api/v1/statuses", status=f"@{told.actor.username} hello")
    boosted = (await told.post(f"/api/v1/statuses/{answer['id']}/reblog"))["id"]
    await suspend(services, admin, told.actor.id)
    for path in (f"/api/v1/accounts/{told.id}", "/api/v1/accounts/lookup?acct=bob"):
        for answer_to in (await ada.ask("GET", path), await client.get(path)):
            found = answer_to.json()
            assert (found["id"], found["username"], found["acct"], found["suspended"]) == (
                told.id,
                "bob",
                "bob",
                True,
            )
            assert (found["display_name"], found["note"], found["fields"], found["emojis"]) == ("", "", [], [])
            assert (found["locked"], found["bot"], found["discoverable"]) == (False, False, False)
            assert found["avatar"].endswith("/static/avatar.png")
            assert found["statuses_count"] == 0
            assert found.get("moved") is None
            assert SAID.lower() not in repr(found).lower()
    # Nothing of theirs is listed, their boosts as little
    statuses = f"/api/v1/accounts/{told.id}/statuses"
    for path in (statuses, f"{statuses}?pinned=true"):
        assert (await ada.ask("GET", path)).json() == []
        assert (await client.get(path)).json() == []
    for number in (post["id"], boosted):
        assert (await ada.ask("GET", f"/api/v1/statuses/{number}")).status_code == 404
    assert await ada.get(f"/api/v1/accounts/{told.id}/followers") == []
    # Nor are they found, followed, or told how one stands to them, but to who asks for just that
    assert (await ada.get("/api/v2/search", q="@bob"))["accounts"] == []
    assert (await ada.get("/api/v2/search", q="https://home.example/@bob"))["accounts"] == []
    assert (await ada.ask("POST", f"/api/v1/accounts/{told.id}/follow")).status_code == 404
    assert await ada.get("/api/v1/accounts/relationships", **{"id[]": told.id}) == []
    [standing] = await ada.get("/api/v1/accounts/relationships", **{"id[]": told.id, "with_suspended": "true"})
    assert (standing["id"], standing["following"]) == (told.id, False)
    # Where others named them, the name stays and says no more
    mine = await ada.get(f"/api/v1/statuses/{answer['id']}")
    assert [each["acct"] for each in mine["mentions"]] == ["bob"]


async def test_what_was_said_is_back_with_them(services, ada: Person, told: Person, admin) -> None:
    await told.write(f"From {SAID}")
    await suspend(services, admin, told.actor.id)
    await services.perform(lift_sanction, LiftSanction(admin, told.actor.id))
    found = await ada.get(f"/api/v1/accounts/{told.id}")
    assert "suspended" not in found
    assert found["display_name"] == f"Bob {SAID}"
    assert len(await ada.get(f"/api/v1/accounts/{told.id}/statuses")) == 1


async def test_somebody_of_elsewhere_as_well(services, ada: Person, remote, admin) -> None:
    paul = remote("paul", "far.example", summary=f"<p>{SAID}</p>")
    known = await services.resolver.actor(paul.iri)
    await ada.post(f"/api/v1/accounts/{known.id}/follow")
    await suspend(services, admin, known.id)
    found = await ada.get(f"/api/v1/accounts/{known.id}")
    assert (found["acct"], found["suspended"], found["display_name"], found["note"]) == (
        "paul@far.example",
        True,
        "",
        "",
    )
    assert await services.read(lambda tx: actors.by_id(tx, known.id)) is not None
