"""What an application makes PDFs with, and how many for whom: each costs a second of a processor."""

from __future__ import annotations

from fediprof.refusals.prefixes import prefix_of
from fediprof.web.pdf_renderer import Renderer, installed
from fediprof.web.throttle import Throttle
from fediprof.web.view import Page


class Pdfs:
    def __init__(self, renderer: Renderer) -> None:
        self.renderer = renderer
        self._anybody, self._known = Throttle(limit=10, seconds=300), Throttle(limit=60, seconds=300)

    def must_pass(self, page: Page) -> None:
        """Count one for who asks: by handle, or by network where nobody knows them. Raises TooMuch."""
        if page.visitor is not None:
            self._known.must_pass(f"@{page.visitor.actor.username}")
        elif page.guest is not None:
            self._known.must_pass(f"@{page.guest.handle}")
        elif page.request.client is not None:
            self._anybody.must_pass(prefix_of(page.request.client.host) or page.request.client.host)


def pdfs_of(page: Page) -> Pdfs:
    """Those of this application."""
    state = page.request.app.state
    if not hasattr(state, "pdfs"):
        state.pdfs = Pdfs(installed())
    held: Pdfs = state.pdfs
    return held
