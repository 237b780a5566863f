"""What cannot be undone is wanted by whoever knows the password: a session left open is no consent."""

from __future__ import annotations

import asyncio

from fediprof.accounts import passwords
from fediprof.web.forms import Form
from fediprof.web.view import Page


async def proven(page: Page, form: Form, kept: str | None) -> bool:
    """Asks for the password again, where there is one. `kept`: its hash."""
    if kept is None or await asyncio.to_thread(passwords.matches, form["password"], kept):
        return True
    form.refuse(page.t("This is not your present password"), "password")
    return False
