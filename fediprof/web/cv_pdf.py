"""The page for paper as a PDF: the same values through the same template, so it holds what that page holds for whoever
asks, and no more. Where the extra `pdf` is not installed there is none, and no link to it."""

from __future__ import annotations

from functools import lru_cache

from markupsafe import Markup
from starlette.responses import Response

from fediprof.web import profile
from fediprof.web.disclosures import note_opening
from fediprof.web.eyes import closed
from fediprof.web.files import STATIC
from fediprof.web.pdfs import pdfs_of
from fediprof.web.view import Page

POLICY = (
    "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""Browsers show a PDF by an object with a style, in a page of their own making that has this policy."""


async def pdf(page: Page) -> Response:
    """What a reader holds unchanged is not made again."""
    pdfs = pdfs_of(page)
    pdfs.renderer.must_be_available()
    paper = await profile.read_paper(page)
    answer = page.render("public/paper_pdf.html", style=Markup(_style()), **paper.values)  # noqa: S704 - our own file
    if not paper.open:
        closed(answer)
    if answer.status_code == 304:
        return answer
    pdfs.must_pass(page)
    made = await pdfs.renderer.pdf(bytes(answer.body))
    await note_opening(page, paper.shown)
    headers = {
        name: value for name, value in answer.headers.items() if name not in ("content-length", "content-type")
    }
    headers["content-security-policy"] = POLICY
    headers["content-disposition"] = f'inline; filename="{paper.actor.username}-cv.pdf"'
    return Response(made, headers=headers, media_type="application/pdf")


@lru_cache(maxsize=1)
def _style() -> str:
    return (STATIC / "pdf.css").read_text()
