"""Whatever other software was seen to send, passed on by a group a member is in: it is taken or refused, and nothing breaks
(groups rule 16)."""

from __future__ import annotations

import json
import logging

import pytest
from sqlalchemy import select

from fediprof.schema.inbox import inbox_activity

pytestmark = pytest.mark.anyio

FOLDERS = (
    "lemmy",
    "mbin",
    "piefed",
    "nodebb",
    "discourse-intake",
    "friendica",
    "guppe",
    "smithereen",
    "fep",
    "group-adversarial",
)


@pytest.mark.parametrize("folder", FOLDERS)
async def test_captured_activities_passed_on_do_no_harm(data, marie, wire, services, drain, caplog, folder):
    await data.joined_by(marie)
    await drain()
    for file in sorted((wire / folder).glob("*.json")):
        inner = json.loads(file.read_text())
        if not isinstance(inner, dict):
            continue
        own = json.dumps(inner).replace("https://groups.example/c/rust-jobs", data.iri)
        for each in (json.loads(own), json.loads(own).get("object", inner)):
            answered = await data.group.send(data.announce(each))
            assert answered.status_code < 500, file.name
    with caplog.at_level(logging.ERROR):
        await drain()
    assert [each.message for each in caplog.records if each.levelno >= logging.ERROR] == []
    columns = select(inbox_activity.c.state, inbox_activity.c.outcome)
    rows = await services.read(lambda tx: tx.execute(columns).all())
    assert {row.state for row in rows} <= {"done", "refused", "waiting"}


@pytest.mark.parametrize(
    "changes",
    [
        {"to": None, "cc": None},
        {"to": "as:Public", "cc": "Public"},
        {"content": None, "contentMap": {"en": "<p>Only here</p>"}},
        {"attachment": {"type": "Link", "href": "https://far.example/x"}},
        {"tag": {"type": "Mention", "href": "https://home.example/u/marie"}},
        {"type": ["Page", "Unknown"]},
        {"source": "text", "summary": 7, "updated": "yesterday", "published": None},
        {"inReplyTo": []},
        {"context": {"id": "https://lemmy.example/ctx#x"}, "replies": 404},
    ],
    ids=str,
)
async def test_strings_lists_nulls_and_maps_are_read(data, marie, ana, drain, caplog, changes):
    await data.joined_by(marie)
    page = data.page(ana, 1, **changes)
    await data.pass_on(data.create(ana, page | {"audience": data.iri}))
    with caplog.at_level(logging.ERROR):
        await drain()
    assert [each.message for each in caplog.records if each.levelno >= logging.ERROR] == []
    taken = await data.post(page["id"])
    assert (taken is not None) == (changes.get("to", "as:Public") is not None)
