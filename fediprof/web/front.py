"""What stands at `/`: for members their home; for others the page of the group this instance is for, where it is for one;
the page of the one person whose server this is; else what this place is."""

from __future__ import annotations

from starlette.responses import Response

from fediprof.accounts import store as accounts
from fediprof.db.database import Tx
from fediprof.groups import store as groups
from fediprof.web import profile
from fediprof.web.public import about
from fediprof.web.view import Page


async def first_page(page: Page) -> Response:
    if page.visitor is not None:
        return page.to("/home")
    name = page.services.settings.front_group
    if name != "" and await page.read(lambda tx: _is_there(tx, name)):
        page.request.path_params["name"] = name
        return await profile.profile(page)
    people = [actor for account, actor in await page.read(accounts.everyone) if actor.gone_at is None]
    return page.to(f"/@{people[0].username}") if len(people) == 1 else await about(page)


def _is_there(tx: Tx, name: str) -> bool:
    """A closed group's address is gone; the front page is not."""
    hosted = groups.hosted_by_name(tx, name)
    return hosted is not None and hosted.group.closed_at is None
