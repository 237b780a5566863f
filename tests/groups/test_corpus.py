"""What other software sends to groups, captured: as if it were for a group of ours. Each is taken or refused, never an error
of ours; and what is passed on is what came."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from fediprof.as2 import reader
from fediprof.as2.names import PUBLIC_ALIASES
from fediprof.schema.inbox import inbox_activity
from tests.groups.test_software import runs
from tests.support.remote import AS2, Remote

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("ready_url", ["sqlite"], indirect=True)]

FOLDERS = (
    "lemmy",
    "piefed",
    "mbin",
    "nodebb",
    "discourse-intake",
    "fep",
    "friendica",
    "guppe",
    "hubzilla",
    "smithereen",
    "mobilizon",
)

PASSED_ON = {
    "discourse-intake/case-1-received-2 inside": (1, 1),
    "discourse-intake/case-1-received-3 inside": (1, 0),
    "discourse-intake/case-1-received-8 inside": (1, 0),
    "friendica/create-note": (1, 0),  # an answer
    "friendica/create-page-2": (1, 0),  # unlisted
    "lemmy/announce-create-page inside": (1, 1),
    "lemmy/create-comment": (1, 0),
    "lemmy/create-page": (1, 1),
    "mbin/announce-create-entry-comment inside": (1, 0),
    "mbin/announce-create-entry inside": (1, 1),
    "mbin/announce-create-post inside": (1, 1),
    "mbin/announce-update-entry-comment inside": (1, 0),  # of a post never seen, and young: it is one
    "mbin/announce-update-entry inside": (1, 1),
    "mbin/announce-update-post inside": (1, 1),
    "mbin/create-entry-with-url-and-image": (1, 1),
    "mbin/create-entry": (1, 1),
    "mobilizon/post-activity-media-1": (1, 1),
    "piefed/received-body-3 inside": (1, 0),
    "smithereen/create-note": (1, 0),
}
"""File: how often it goes to each follower wrapped, and how often as a boost. All others not at all."""


def activities(wire: Path) -> list[tuple[str, dict[str, Any]]]:
    """(name, activity), and what is inside of an Announce once more as its actor sent it."""
    found: list[tuple[str, dict[str, Any]]] = []
    for path in sorted(each for folder in FOLDERS for each in wire.glob(f"{folder}/activity-*.json")):
        text = path.read_text().replace('"http://', '"https://')
        for number in range(text.count('"SCRUBBED_ID"')):  # Mbin's, of its tests: each a thing of its own
            text = text.replace('"SCRUBBED_ID"', f'"https://kbin.test/{path.stem}/{number}"', 1)
        document = json.loads(text)
        name = f"{path.parent.name}/{path.stem.removeprefix('activity-')}"
        found.append((name, document))
        inner = document.get("object")
        if document.get("type") == "Announce" and isinstance(inner, dict) and inner.get("actor"):
            found.append((f"{name} inside", inner))
    return found


def group_in(document: dict[str, Any]) -> str | None:
    """The address of the group an activity is for, as its software names it."""
    inner = document.get("object")
    about = inner if isinstance(inner, dict) else {}
    target = (reader.iri(document.get("target")) or "").removesuffix("/moderators").removesuffix("/featured")
    named = [*reader.iris(document.get("audience")), *reader.iris(about.get("audience")), target]
    if not any(named):
        named = [*reader.iris(document.get("to")), *reader.iris(document.get("cc"))]
        named += [str(document.get("object"))] if document.get("type") in ("Follow", "Join") else []
    people = {reader.iri(document.get("actor")), *PUBLIC_ALIASES, ""}
    return next((each for each in named if each not in people and "followers" not in each), None)


async def test_what_others_send_to_groups_is_taken_for_what_it_is(
    wire, industry, network, client, services, remote, drain
) -> None:
    runs(network, "masto.example", "friendica")
    lea = remote("lea", "masto.example")
    await lea.send(lea.activity("Follow", industry.actor.iri))
    await drain()
    outcomes: dict[str, tuple[int, int]] = {}
    seen: set[str] = set()
    for name, document in activities(wire):
        iri = reader.iri(document.get("actor"))
        if iri is None or reader.iri(document.get("id")) is None:
            continue
        group = group_in(document)
        if group is not None:
            document = json.loads(json.dumps(document).replace(json.dumps(group), json.dumps(industry.actor.iri)))
        person = Remote(network, client, iri, f"sender{len(seen)}")
        if iri not in seen:
            seen.add(iri)
            person.publish(preferredUsername=person.name)
            await person.send(person.activity("Follow", industry.actor.iri))
        document = {**document, "actor": iri}  # by its address: some embed themselves
        about = document.get("object")
        if isinstance(about, dict) and reader.iri(about.get("id")):
            network.documents.setdefault(str(about["id"]), {"@context": AS2, **about})
        await drain()
        network.delivered.clear()
        answer = await person.send(json.dumps(document, ensure_ascii=False).encode())
        assert answer.status_code in (202, 400, 401, 403), (name, answer.status_code)
        await drain()
        passed = [each["object"] for each in network.activities("Announce") if each["actor"] == industry.actor.iri]
        hosts = len({each.url for each in network.delivered if each.activity["type"] == "Announce"}) or 1
        for each in passed:
            if isinstance(each, dict):
                assert canonical(each) == canonical(document), name
        forms = [isinstance(each, dict) for each in passed]
        outcomes[name] = (-(-forms.count(True) // hosts), -(-forms.count(False) // hosts))
    rows = await services.read(lambda tx: tx.execute(select(inbox_activity.c.state, inbox_activity.c.outcome)).all())
    assert {state for state, _ in rows} <= {"done", "refused", "waiting"}
    assert all(why for state, why in rows if state == "refused")
    assert {name: each for name, each in outcomes.items() if each != (0, 0)} == PASSED_ON


def canonical(document: object) -> str:
    """Keys in order, every value as it is: nulls, numbers, terms nobody knows."""
    return json.dumps(document, sort_keys=True, ensure_ascii=False)
