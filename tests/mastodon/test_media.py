"""Uploads with their words."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from tests.mastodon.people import Person

pytestmark = pytest.mark.anyio


def picture(width: int = 60, height: int = 40) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (200, 30, 30)).save(out, "PNG")
    return out.getvalue()


async def uploaded(person: Person, path: str = "/api/v2/media", **fields: str) -> dict[str, Any]:
    answer = await person.ask("POST", path, files={"file": ("a.png", picture(), "image/png")}, data=fields)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_an_upload_is_ready_with_its_sizes_and_words(ada: Person) -> None:
    for path in ("/api/v2/media", "/api/v1/media"):
        made = await uploaded(ada, path, description="A red field", focus="0.5,-0.25")
        assert isinstance(made["id"], str)
        assert made["type"] == "image"
        assert made["description"] == "A red field"
        assert made["url"].startswith("https://home.example/media/")
        assert made["preview_url"].startswith("https://home.example/media/")
        assert made["blurhash"]
        assert made["remote_url"] is None
        assert made["meta"]["original"] == {"width": 60, "height": 40, "size": "60x40", "aspect": 1.5}
        assert made["meta"]["small"]["width"] > 0
        assert made["meta"]["focus"] == {"x": 0.5, "y": -0.25}
        assert await ada.get(f"/api/v1/media/{made['id']}") == made
        for address in (made["url"], made["preview_url"]):
            file = await ada.client.get(address)
            assert file.status_code == 200
            assert file.headers["content-type"].startswith("image/")
            assert file.headers["access-control-allow-origin"] == "*"


async def test_words_can_be_changed_while_writing_and_by_their_owner_alone(ada: Person, bob: Person) -> None:
    made = await uploaded(ada)
    assert made["description"] is None
    for body in ({"data": {"description": "Form"}}, {"json": {"description": "JSON"}}):
        answer = await ada.ask("PUT", f"/api/v1/media/{made['id']}", **body)  # type: ignore[arg-type]
        assert answer.json()["description"] == next(iter(body.values()))["description"]
    answer = await ada.ask("PUT", f"/api/v1/media/{made['id']}", json={"focus": "1,1"})
    assert (answer.json()["description"], answer.json()["meta"]["focus"]) == ("JSON", {"x": 1.0, "y": 1.0})
    for method in ("GET", "PUT"):
        assert (await bob.ask(method, f"/api/v1/media/{made['id']}")).status_code == 404
    for wrong in ("x", "1", "nan,0", "1,2,3"):
        answer = await ada.ask("PUT", f"/api/v1/media/{made['id']}", json={"focus": wrong})
        assert answer.status_code == 422, wrong


async def test_a_status_carries_its_pictures_and_keeps_them_through_changes(ada: Person, bob: Person) -> None:
    one, two = await uploaded(ada, description="One"), await uploaded(ada, description="Two")
    body = {"media_ids[]": [one["id"], two["id"]], "status": ""}
    answer = await ada.ask("POST", "/api/v1/statuses", json=body)
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert [(each["id"], each["description"]) for each in made["media_attachments"]] == [
        (one["id"], "One"),
        (two["id"], "Two"),
    ]
    assert [each["id"] for each in await bob.get(f"/api/v1/accounts/{ada.id}/statuses", only_media="true")] == [
        made["id"]
    ]
    change = {
        "status": "Now with words",
        "media_ids[]": [two["id"]],
        "media_attributes": [{"id": two["id"], "description": "Two, better", "focus": "0.5,0.5"}],
    }
    changed = (await ada.ask("PUT", f"/api/v1/statuses/{made['id']}", json=change)).json()
    assert [each["description"] for each in changed["media_attachments"]] == ["Two, better"]
    assert changed["media_attachments"][0]["meta"]["focus"] == {"x": 0.5, "y": 0.5}
    dropped = (await ada.ask("PUT", f"/api/v1/statuses/{made['id']}", json={"status": "Words only"})).json()
    assert dropped["media_attachments"] == []


async def test_a_status_taken_back_leaves_its_pictures_for_the_next(ada: Person) -> None:
    one = await uploaded(ada)
    made = await ada.write("With", **{"media_ids[]": one["id"]})
    gone = (await ada.ask("DELETE", f"/api/v1/statuses/{made['id']}")).json()
    assert [each["id"] for each in gone["media_attachments"]] == [one["id"]]
    again = await ada.write("Again", **{"media_ids[]": one["id"]})
    assert [each["id"] for each in again["media_attachments"]] == [one["id"]]


async def test_another_ones_picture_cannot_be_posted(ada: Person, bob: Person) -> None:
    one = await uploaded(ada)
    answer = await bob.ask("POST", "/api/v1/statuses", json={"status": "Mine?", "media_ids": [one["id"]]})
    assert answer.status_code == 422


async def test_what_is_no_picture_is_refused(ada: Person) -> None:
    for data in (b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\nbroken"):
        answer = await ada.ask("POST", "/api/v2/media", files={"file": ("a.png", data, "image/png")})
        assert (answer.status_code, list(answer.json())) == (422, ["error"]), data
    assert (await ada.ask("POST", "/api/v2/media", data={"file": "text"})).status_code == 422
    assert (await ada.ask("POST", "/api/v2/media")).status_code == 422
