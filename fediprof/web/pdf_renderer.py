"""PDFs are made outside the server's process, a child for each: a time limit, few at once, few waiting. The child reads the
document and nothing else; it is given no setting and no key of the server's.

WeasyPrint comes with the extra `pdf`, Pango and fonts with the system. Without the first, `available` is False from the
beginning; without the others, from the first attempt on.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from fediprof.errors import NotFound, TryLater
from fediprof.i18n.catalog import N_
from fediprof.web.pdf_child import UNAVAILABLE

log = logging.getLogger(__name__)

NO_PDFS = N_("This server makes no PDFs. Open the page for paper and print it: your browser saves it as a PDF too.")
BUSY = N_("Other PDFs are being made. Try again in a moment, or print the page: your browser saves it as a PDF too.")
NOT_MADE = N_("This PDF could not be made. Print the page instead: your browser saves it as a PDF too.")

AT_ONCE, WAITING = 2, 8
PATIENCE = 10.0
"""Seconds that one which waits is held before it is sent away."""
SECONDS = 20.0
"""Of one child; a long career takes one or two."""

_HANDED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "XDG_CACHE_HOME", "SYSTEMROOT")
"""Of the environment; and what fontconfig and the loader of libraries read."""


class Renderer:
    """`command`: the program and its arguments, None where there is none. The numbers are for tests."""

    def __init__(
        self,
        command: Sequence[str] | None,
        *,
        at_once: int = AT_ONCE,
        waiting: int = WAITING,
        patience: float = PATIENCE,
        seconds: float = SECONDS,
    ) -> None:
        self._command, self._most_waiting = command, waiting
        self._patience, self._seconds = patience, seconds
        self._free, self._waiting = asyncio.Semaphore(at_once), 0

    @property
    def available(self) -> bool:
        return self._command is not None

    def must_be_available(self) -> None:
        """Raises NotFound."""
        if self._command is None:
            raise NotFound("no PDFs here", public=NO_PDFS)

    async def pdf(self, document: bytes) -> bytes:
        """`document`: HTML as UTF-8 with its style inside. Raises TryLater when too many wait or it takes too long, and
        NotFound when it turns out that this machine can make none."""
        await self._must_come_in()
        try:
            self.must_be_available()
            return await self._made(document)
        finally:
            self._free.release()

    async def _must_come_in(self) -> None:
        if self._free.locked() and self._waiting >= self._most_waiting:
            raise TryLater("too many PDFs wait", public=BUSY, retry_after=round(self._patience))
        self._waiting += 1
        try:
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        except TimeoutError:
            raise TryLater("waited for other PDFs", public=BUSY, retry_after=round(self._patience)) from None
        finally:
            self._waiting -= 1

    async def _made(self, document: bytes) -> bytes:
        assert self._command is not None
        pipe = asyncio.subprocess.PIPE
        child = await asyncio.create_subprocess_exec(
            *self._command, stdin=pipe, stdout=pipe, stderr=pipe, env=_environment()
        )
        try:
            async with asyncio.timeout(self._seconds):
                made, said = await child.communicate(document)
        except TimeoutError:
            log.warning("pdf.too_slow", extra={"seconds": self._seconds})
            raise TryLater("a PDF took too long", public=NOT_MADE) from None
        finally:
            if child.returncode is None:  # too slow, or the server stops
                with suppress(ProcessLookupError):
                    child.kill()
                await child.wait()
        if child.returncode == UNAVAILABLE:
            self._command = None
            log.error("pdf.unavailable", extra={"why": said.decode(errors="replace").strip()[:300]})
            self.must_be_available()
        if child.returncode or not made.startswith(b"%PDF-"):
            why = said.decode(errors="replace").strip().rpartition("\n")[2]
            log.error("pdf.failed", extra={"code": child.returncode, "why": why if why.isidentifier() else ""})
            raise TryLater("a PDF failed", public=NOT_MADE)
        return made


def installed() -> Renderer:
    """Looks whether WeasyPrint is there; it is never imported here."""
    if find_spec("weasyprint") is None:
        return Renderer(None)
    return Renderer((sys.executable, "-I", str(Path(__file__).with_name("pdf_child.py"))))


def _environment() -> dict[str, str]:
    kept = (name for name in os.environ if name in _HANDED_ON or name.startswith(("FONTCONFIG_", "DYLD_", "LD_")))
    return {name: os.environ[name] for name in kept}
