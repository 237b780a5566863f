"""Two profiles of forty entries that read alike: one with rules for who reads which part, one where everybody reads all."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert

from fediprof import clock, ids
from fediprof.accounts import store as accounts
from fediprof.accounts.commands import CreateAccount, create_account
from fediprof.accounts.sessions import open_session
from fediprof.actors.records import Follow
from fediprof.follows import store as follows
from fediprof.principal import Member
from fediprof.profiles import store
from fediprof.profiles.entries import Draft, WriteEntry, write_entry
from fediprof.profiles.records import EVERYONE, KINDS, Field, Rule, Words
from fediprof.schema.profiles import disclosure_grant
from fediprof.services import Services, open_services
from fediprof.settings import load_settings

AGAINST = {
    "profile, 40 entries: nobody known": "profile, 40 entries without rules: nobody known",
    "profile, 40 entries: a contact": "profile, 40 entries without rules: a member",
    "profile, 40 entries: granted a part": "profile, 40 entries without rules: a member",
    "profile, 40 entries: its owner": "profile, 40 entries without rules: a member",
}


async def written(count: int) -> dict[str, tuple[str, str]]:
    """{figure: (path, cookie)}. The server is not running meanwhile."""
    services = await open_services(load_settings(None))
    ruled, plain, contact, granted = [await _member(services, name) for name in ("rita", "pia", "cora", "greta")]
    everyone = (ruled, plain)
    made = []
    for number in range(count):
        for owner in everyone:
            entry = await services.perform(
                write_entry, WriteEntry(owner, _draft(number, owner is ruled), confirmed=True)
            )
            if owner is ruled:
                made.append(entry)
    await _mutual(services, ruled, contact)
    now = clock.now()
    row = {
        "id": ids.new_id(),
        "actor_id": ruled.actor_id,
        "to_actor_id": granted.actor_id,
        "mode": "show",
        "parts": store.parts_written({each.id: frozenset({"employer"}) for each in made[: count // 2]}),
        "starts_at": now,
        "ends_at": now + timedelta(days=30),
        "label": "",
    }
    await services.database.write(lambda tx: tx.execute(insert(disclosure_grant), row))
    await services.database.write(lambda tx: store.hide_from(tx, ruled.actor_id, "domain", "corp.example", now))
    cookies = {member.actor_id: await _cookie(services, member) for member in (ruled, contact, granted)}
    await services.close()
    return {
        "profile, 40 entries without rules: nobody known": ("/@pia", ""),
        "profile, 40 entries: nobody known": ("/@rita", ""),
        "profile, 40 entries without rules: a member": ("/@pia", cookies[contact.actor_id]),
        "profile, 40 entries: a contact": ("/@rita", cookies[contact.actor_id]),
        "profile, 40 entries: granted a part": ("/@rita", cookies[granted.actor_id]),
        "profile, 40 entries: its owner": ("/@rita", cookies[ruled.actor_id]),
    }


def _draft(number: int, ruled: bool) -> Draft:
    """With rules: everybody reads the entry and three of its five fields, contacts one more, and one is for grants."""
    rules = [EVERYONE, Rule("contacts"), EVERYONE, Rule("me"), EVERYONE] if ruled else [EVERYONE] * 5
    values = ("Cheffe d’atelier", "Nantes", "2019-03/2021-06", f"Atelier {number} SARL", "un tiers des délais")
    stand_ins = ("", "dans l’Ouest", "", "une PME de l’énergie", "")
    names = ("title", "place", "dates", "employer", "figures")
    return Draft(
        KINDS[number % len(KINDS)],
        Words(
            f"Diviser par trois le délai, {number}", "Deux essais ont échoué avant le bon. " * 4, "pourquoi deux ?"
        ),
        language="fr",
        rule=EVERYONE,
        fields=tuple(
            Field(name, value, rule, stand_in if rule is not EVERYONE else "")  # type: ignore[arg-type]
            for name, value, rule, stand_in in zip(names, values, rules, stand_ins, strict=True)
        ),
    )


async def _member(services: Services, username: str) -> Member:
    wanted = await CreateAccount.prepared(services.keystore, services.here(), username=username, language="fr")
    account = await services.perform(create_account, wanted)
    return Member(account.id, account.actor_id)


async def _mutual(services: Services, one: Member, other: Member) -> None:
    for who, whom in ((one, other), (other, one)):
        iri = f"https://bench.example/follows/{ids.slug()}"
        made = Follow(ids.new_id(), iri, who.actor_id, whom.actor_id, "accepted", clock.now())
        await services.database.write(lambda tx, made=made: follows.insert_follow(tx, made))  # type: ignore[misc]


async def _cookie(services: Services, member: Member) -> str:
    account = await services.read(lambda tx: accounts.by_id(tx, member.account_id))
    if account is None:
        raise SystemExit("the member is gone")
    opened = await services.database.write(lambda tx: open_session(tx, account, "bench", clock.now()))
    name = "session" if services.settings.scheme == "http" else "__Host-session"
    return f"{name}={opened.secret}"
