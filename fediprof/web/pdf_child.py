"""The program that sets one page as a PDF: a document on stdin, the PDF on stdout. It runs in a process of its own, once
for each PDF (`pdf_renderer`), and imports nothing of fediprof: what it holds of the document ends with it.

Nothing is fetched, from the network or from files; the style sheet stands in the document. PDF/UA-1 (ISO 14289-1): tagged,
with language and title. Exits 69 with the reason on stderr where WeasyPrint, Pango or a font is missing; any other failure
says the class of the error alone, since its text may quote the document.
"""

from __future__ import annotations

import logging
import sys
import warnings
from typing import Any, NoReturn
from unicodedata import bidirectional
from xml.etree.ElementTree import Element

UNAVAILABLE = 69
"""EX_UNAVAILABLE of sysexits.h: this machine cannot make PDFs, whatever the document."""

MOST_MEMORY = 1 << 30
"""Bytes of address space; a career of sixty entries takes a tenth of it in memory."""

MOST_CPU = 30
"""Seconds: the end of a child whose parent is no more there to end it."""


def main() -> int:
    _be_modest()
    warnings.filterwarnings(
        "error", message="No fonts|FontConfig cannot"
    )  # said at the import; Pango would crash later
    try:
        import weasyprint  # type: ignore[import-untyped,import-not-found,unused-ignore]
        from weasyprint.urls import URLFetcher  # type: ignore[import-untyped,import-not-found,unused-ignore]
    except (ImportError, OSError, UserWarning) as error:  # OSError: a library of the system's is missing
        print(error, file=sys.stderr)
        return UNAVAILABLE
    logging.getLogger("weasyprint").disabled = True  # it quotes the document

    class Nothing(URLFetcher):  # type: ignore[misc,unused-ignore]
        def fetch(self, url: str, headers: object = None) -> NoReturn:
            raise ValueError("nothing is fetched")

    try:
        document = weasyprint.HTML(string=sys.stdin.buffer.read().decode(), url_fetcher=Nothing())
        _prepare(document.etree_element)
        made = document.write_pdf(presentational_hints=True, pdf_variant="pdf/ua-1")
        sys.stdout.buffer.write(made)
    except Exception as error:
        print(type(error).__name__, file=sys.stderr)
        return 1
    return 0


def _prepare(root: Element) -> None:
    """What WeasyPrint leaves to others: directions, and lists of pairs without a box around each pair, which PDF/UA-1 does
    not take in a list."""
    for element in root.iter():
        if element.get("dir") == "auto":
            element.set("dir", direction("".join(element.itertext())))
    for pairs in list(root.iter("dl")):
        pairs[:] = [each for child in pairs for each in (child if child.tag == "div" else [child])]


def direction(text: str) -> str:
    """That of the first letter which has one (UAX #9, P2 and P3): what `dir=auto` is for a browser."""
    first = next((each for each in map(bidirectional, text) if each in ("L", "R", "AL")), "L")
    return "ltr" if first == "L" else "rtl"


def _be_modest() -> None:
    """A hostile text takes no more than its share. Niceness stays as it is: systemd's @resources, which the sample unit
    shuts out, holds setpriority and ends who calls it; prlimit64 is not in it."""
    if sys.platform == "win32":
        return
    import resource

    limits: tuple[tuple[Any, int], ...] = ((resource.RLIMIT_AS, MOST_MEMORY), (resource.RLIMIT_CPU, MOST_CPU))
    for which, most in limits:
        resource.setrlimit(which, (most, most))


if __name__ == "__main__":
    sys.exit(main())
