"""A résumé as PDF: what the page for paper shows to the same reader, and nothing else; made by a child that fetches
nothing and has little time."""

from __future__ import annotations

import asyncio
import io
import os
import re
import subprocess
import sys
from dataclasses import replace
from random import Random
from unicodedata import normalize

import httpx2
import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader
from pypdf.generic import IndirectObject

from fediprof.actors.commands import ReviseProfile, revise_profile
from fediprof.errors import TryLater
from fediprof.profiles import ledger_store
from fediprof.profiles.entries import Draft, WriteEntry, write_entry
from fediprof.profiles.records import EVERYONE, Field, Rule, Words
from fediprof.profiles.sets import SaveSet, save_set
from fediprof.web import pdf_child, pdf_renderer
from fediprof.web.pdf_renderer import Renderer, installed
from fediprof.web.pdfs import Pdfs
from tests.conftest import make_member
from tests.profiles import drawn
from tests.web.reader import Reader
from tests.web.test_entry_pages import DRAFT, contacts, grant, written

pytestmark = pytest.mark.anyio

CHILD = pdf_child.__file__
one_engine = pytest.mark.parametrize("ready_url", ["sqlite"], indirect=True)
"""For what takes long and does not ask which database its words come from."""


@pytest.fixture(scope="session")
def sets_pdfs() -> None:
    """WeasyPrint, Pango and a font are on this machine."""
    tried = subprocess.run([sys.executable, "-I", CHILD], input=b"<p>a", capture_output=True)
    if tried.returncode == pdf_child.UNAVAILABLE:
        pytest.skip(f"no PDFs on this machine: {tried.stderr.decode().strip()[:200]}")


@pytest.fixture
async def leo(services):  # type: ignore[no-untyped-def]
    return await make_member(services, "leo", name="Léo")


@pytest.fixture
async def guest(app, services, leo):  # type: ignore[no-untyped-def]
    """Léo at his browser."""
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url=services.settings.origin) as opened:
        yield await Reader(opened, services.settings.origin).log_in(services, "leo")


async def taken(reader: Reader, query: str = "", name: str = "marie") -> PdfReader:
    await reader.open(f"/@{name}/cv.pdf{query}")
    assert reader.status == 200, reader.text
    assert reader.answer.headers["content-type"] == "application/pdf"
    return PdfReader(io.BytesIO(reader.answer.content))


def text_of(pdf: PdfReader) -> str:
    return "\n".join(page.extract_text() for page in pdf.pages)


def words(text: str) -> set[str]:
    """Letters and figures alone, as a line may break anywhere else."""
    return set(re.findall(r"\w+", normalize("NFKC", text)))


def everything_in(pdf: PdfReader) -> str:
    """Each string and stream of the file, decoded: metadata, structure, addresses of links, and what stands on no page."""
    found: list[str] = [text_of(pdf)]

    def look(value: object) -> None:
        if isinstance(value, IndirectObject):
            return
        if isinstance(value, dict):
            for each in value.values():
                look(each)
            if hasattr(value, "get_data"):
                found.append(value.get_data().decode("utf-8", "replace"))
        elif isinstance(value, list):
            for each in value:
                look(each)
        elif isinstance(value, bytes):
            found.extend((value.decode("utf-16", "replace"), value.decode("latin-1")))
        else:
            found.append(str(value))

    for number in range(1, len(pdf.xref_objStm) + sum(map(len, pdf.xref.values())) + 1):
        look(pdf.get_object(number))
    look(pdf.trailer)
    return "\n".join(found)


async def on_paper(reader: Reader, query: str = "", name: str = "marie") -> set[str]:
    """The words of the page for paper, without what is not printed."""
    await reader.open(f"/@{name}/cv{query}")
    assert reader.status == 200
    main = BeautifulSoup(str(reader.page.main), "html.parser")
    for each in main.select(".noprint"):
        each.decompose()
    return words(main.get_text(" "))


# --- what is in it


@one_engine
async def test_it_holds_the_words_of_the_page_for_paper_and_what_is_masked_nowhere(
    services, marie, leo, visitor, guest, member, sets_pdfs
) -> None:
    # Given an entry with masked fields, one for contacts, one granted in part, one for nobody
    await written(services, marie)
    await written(services, marie, replace(DRAFT, rule=Rule("contacts"), words=Words("Rapprocher Zanzibar")))
    alone = replace(DRAFT, rule=Rule("me"), words=Words("Reconstruire Quito"))
    granted = await written(services, marie, alone)
    await written(services, marie, replace(DRAFT, rule=Rule("me"), words=Words("Oublier Xanadu")))
    hidden = {"Ferroénergie", "Zanzibar", "Quito", "Xanadu"}
    # When nobody, somebody with a grant, and a contact take the PDF, it holds just that
    await _same_words(visitor, hidden)
    await grant(services, marie, leo, {granted.id: ["employer"]})
    await _same_words(guest, {"Zanzibar", "Xanadu"}, {"Quito", "Ferroénergie"})
    await contacts(services, marie, leo)
    await _same_words(guest, {"Xanadu"}, {"Quito", "Ferroénergie", "Zanzibar"})
    await _same_words(visitor, hidden)
    # and its owner, with their own eyes and with others'
    await _same_words(member, set(), hidden | {"2019", "2021"})
    await _same_words(member, hidden - {"Zanzibar"}, {"Zanzibar"}, query="?as=contact")
    # and what a grant opened stands in the ledger
    rows = await services.read(lambda tx: ledger_store.of_owner(tx, marie.actor_id))
    assert "opened" in {row.what for row in rows}


async def _same_words(reader: Reader, hidden: set[str], there: set[str] = frozenset(), query: str = "") -> None:  # type: ignore[assignment]
    expected = await on_paper(reader, query)
    pdf = await taken(reader, query)
    assert words(text_of(pdf)) == expected
    assert there <= expected
    whole = normalize("NFKC", everything_in(pdf))
    assert "Marie" in whole
    assert not [each for each in hidden if each in whole]


@one_engine
async def test_drawn_profiles_read_the_same_on_both(services, marie, leo, visitor, guest, sets_pdfs) -> None:
    random = Random("a résumé")
    people, once = [leo.actor_id], drawn.years(random)
    for _ in range(24):
        await services.perform(write_entry, WriteEntry(marie, drawn.draft(random, once, people), confirmed=True))
    token = re.compile("zq[bcdfghjkmnpqrstvwxz]{12}qz")
    for reader in (visitor, guest):
        await reader.open("/@marie/cv")
        shown = set(token.findall(reader.text))
        assert len(shown) > 20
        assert set(token.findall(everything_in(await taken(reader)))) == shown


@one_engine
async def test_a_saved_set_as_its_reader_reads_it(services, marie, member, guest, sets_pdfs) -> None:
    entry = await written(services, marie, replace(DRAFT, rule=Rule("me")))
    made = await services.perform(save_set, SaveSet(marie, "Production", {entry.id: frozenset({"employer"})}))
    await member.open(f"/@marie/cv?set={made.id}")
    link = member.page.find("a", type="application/pdf")["href"]
    assert link == f"/@marie/cv.pdf?set={made.id}"
    await member.open(link)
    read = words(text_of(PdfReader(io.BytesIO(member.answer.content))))
    assert {"Ferroénergie", "Production"} <= read
    assert "2019" not in read
    assert words(text_of(await taken(guest, f"?set={made.id}"))).isdisjoint({"Ferroénergie", "Production"})


# --- how it is given out


@one_engine
async def test_what_was_made_for_somebody_is_kept_by_nobody(services, marie, leo, guest, visitor, sets_pdfs) -> None:
    await contacts(services, marie, leo)
    await written(services, marie)
    await taken(guest)
    assert guest.answer.headers["cache-control"] == "private, no-store"
    assert guest.answer.headers["x-robots-tag"].startswith("noindex, noarchive, nosnippet")
    assert "Cookie" in guest.answer.headers["vary"]
    assert "etag" not in guest.answer.headers
    assert guest.answer.headers["content-disposition"] == 'inline; filename="marie-cv.pdf"'
    assert "default-src 'none'" in guest.answer.headers["content-security-policy"]
    # what everybody reads the same may be asked for again, and is not made again
    await taken(visitor)
    assert "noindex" in visitor.answer.headers["x-robots-tag"]
    await visitor.open("/@marie/cv.pdf", If_None_Match=visitor.answer.headers["etag"])
    assert visitor.status == 304
    assert visitor.answer.content == b""


async def test_who_is_not_there_is_not_there_in_the_same_words(services, marie, app, visitor) -> None:
    app.state.pdfs = Pdfs(Renderer(("false",)))
    await visitor.open("/@nobody/cv")
    page = visitor.answer
    await visitor.open("/@nobody/cv.pdf")
    assert visitor.status == page.status_code == 404
    assert visitor.answer.content == page.content


@one_engine
async def test_a_career_in_french_is_a_page_or_two_of_text_that_can_be_read_by_all(
    services, marie, visitor, sets_pdfs
) -> None:
    # Given thirteen entries
    story = "Trois mois pour comprendre, six pour changer, un an pour que cela tienne sans nous. " * 3
    for number in range(13):
        fields = (Field("employer", f"Maison {number}", stand_in="une maison"), Field("dates", "2001/2004", EVERYONE))
        kind = ("experience", "project", "education")[number % 3]
        draft = Draft(
            kind,
            Words(f"L’atelier « Œuvre », n\u00ba\u00a0{number}", story, "Qu’avez-vous gardé\u202f?"),
            "fr",
            rule=EVERYONE,
            fields=fields,
        )
        await services.perform(write_entry, WriteEntry(marie, draft, confirmed=True))
    # When it is taken in French
    pdf = await taken(visitor, "?lang=fr")
    text = " ".join(text_of(pdf).split())  # a font may draw all spaces as one
    # Then
    assert 1 <= len(pdf.pages) <= 2
    assert [round(float(each)) for each in pdf.pages[0].mediabox[2:]] == [595, 842]
    assert text.count("L’atelier « Œuvre »") == 13
    assert text.count("Demandez-moi : Qu’avez-vous gardé ?") == 13
    assert "Maison" not in everything_in(pdf)
    root = pdf.trailer["/Root"]
    assert root["/Lang"] == "fr"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert "pdfuaid" in root["/Metadata"].get_data().decode()
    assert pdf.metadata.title == "Marie (@marie@home.example)"
    for page in pdf.pages:
        for font in page["/Resources"]["/Font"].values():
            described = font["/DescendantFonts"][0]["/FontDescriptor"]
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(described), font


# --- where there is none


async def test_without_the_extra_there_is_no_pdf_and_no_link(services, marie, visitor, monkeypatch) -> None:
    monkeypatch.setattr(pdf_renderer, "find_spec", lambda name: None)
    await visitor.open("/@marie/cv")
    assert "cv.pdf" not in visitor.answer.text
    await visitor.open("/@marie/cv.pdf")
    assert visitor.status == 404
    assert "This server makes no PDFs" in visitor.text


@one_engine
async def test_with_the_extra_the_page_for_paper_leads_to_it(services, marie, app, visitor) -> None:
    app.state.pdfs = Pdfs(Renderer(("false",)))
    await visitor.open("/@marie/cv?lang=fr")
    assert visitor.page.find("a", type="application/pdf")["href"] == "/@marie/cv.pdf"
    assert "En PDF" in visitor.text


@one_engine
async def test_without_pango_the_first_attempt_says_so_and_there_is_none_after(
    services, marie, app, visitor, caplog
) -> None:
    code = f"import sys; print('cannot load libpango', file=sys.stderr); sys.exit({pdf_child.UNAVAILABLE})"
    app.state.pdfs = Pdfs(Renderer((sys.executable, "-c", code)))
    await visitor.open("/@marie/cv.pdf")
    assert visitor.status == 404
    assert "This server makes no PDFs" in visitor.text
    assert [record.why for record in caplog.records if record.msg == "pdf.unavailable"] == ["cannot load libpango"]
    await visitor.open("/@marie/cv")
    assert "cv.pdf" not in visitor.answer.text


def test_the_server_never_imports_weasyprint() -> None:
    code = "import sys, fediprof.app; sys.exit('weasyprint' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_machine_without_fonts_says_so(sets_pdfs, tmp_path) -> None:
    (tmp_path / "fonts.conf").write_text("<fontconfig></fontconfig>")
    env = {**os.environ, "FONTCONFIG_FILE": str(tmp_path / "fonts.conf")}
    tried = subprocess.run([sys.executable, "-I", CHILD], input=b"<p>a", capture_output=True, env=env)
    assert tried.returncode == pdf_child.UNAVAILABLE
    assert b"font" in tried.stderr


# --- limits


@one_engine
async def test_one_that_takes_too_long_is_ended(services, marie, app, visitor, tmp_path) -> None:
    code = f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    app.state.pdfs = Pdfs(Renderer((sys.executable, "-c", code), seconds=1.0))
    await visitor.open("/@marie/cv.pdf")
    assert visitor.status == 503
    assert int(visitor.answer.headers["retry-after"]) > 0
    assert "could not be made" in visitor.text
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


async def test_two_are_made_at_once_one_waits_and_more_are_sent_away(tmp_path) -> None:
    # Given a program that tells of its beginning, and ends when it is let
    begun, door = tmp_path / "begun", tmp_path / "door"
    os.mkfifo(begun)
    os.mkfifo(door)
    said = os.open(begun, os.O_RDWR)
    held = os.open(door, os.O_RDWR)
    script = f"cat >/dev/null; echo x >{begun}; read line <{door}; printf %%PDF-"
    renderer = Renderer(("sh", "-c", script), at_once=2, waiting=1, patience=30)
    first = [asyncio.create_task(renderer.pdf(b"")) for _ in range(2)]
    await asyncio.to_thread(lambda: [os.read(said, 2) for _ in range(2)])
    # When a third comes, and a fourth
    third = asyncio.create_task(renderer.pdf(b""))
    while not renderer._waiting:
        await asyncio.sleep(0)
    with pytest.raises(TryLater) as refused:
        await renderer.pdf(b"")
    # Then the fourth is told when to come again, and the third is made after
    assert refused.value.retry_after == 30
    assert "Other PDFs" in refused.value.public
    os.write(held, b"1\n2\n3\n")
    assert await asyncio.gather(*first, third) == [b"%PDF-"] * 3
    os.close(said)
    os.close(held)


async def test_who_waits_too_long_is_told_to_come_again() -> None:
    renderer = Renderer(("sleep", "600"), at_once=0, patience=0.01)
    with pytest.raises(TryLater):
        await renderer.pdf(b"")


@one_engine
async def test_a_stranger_takes_so_many_and_no_more(services, marie, app, visitor) -> None:
    app.state.pdfs = Pdfs(Renderer(("printf", "%%PDF-")))
    answers = [(await visitor.open("/@marie/cv.pdf")).status for _ in range(12)]
    assert answers == [200] * 10 + [429] * 2
    assert int(visitor.answer.headers["retry-after"]) > 0


async def test_the_child_is_given_no_setting_of_the_server(monkeypatch) -> None:
    monkeypatch.setenv("FEDIPROF_DATABASE", "postgresql://secret")
    made = await Renderer(("sh", "-c", "printf %%PDF-; env")).pdf(b"")
    assert b"PATH=" in made
    assert b"secret" not in made


async def test_a_child_that_breaks_is_told_as_such_and_quotes_nothing(caplog) -> None:
    with pytest.raises(TryLater):
        await Renderer(("sh", "-c", "echo the words of a story >&2; exit 1")).pdf(b"")
    assert [record.why for record in caplog.records if record.msg == "pdf.failed"] == [""]


# --- hostile words


@one_engine
async def test_hostile_words_are_set_and_nothing_is_fetched(services, marie, visitor, tmp_path, sets_pdfs) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("KLEPTOMANIA")
    asked: list[bytes] = []
    server = await asyncio.start_server(lambda reader, writer: asked.append(b"") or writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    stories = [
        f"<img src=http://127.0.0.1:{port}/a.png> ![x](http://127.0.0.1:{port}/b.png) ![y](file://{secret})",
        f"</style><link rel=stylesheet href=http://127.0.0.1:{port}/c.css><script>fetch('http://127.0.0.1:{port}')</script>",
        f"<link rel=attachment href=file://{secret}><iframe src=file://{secret}></iframe> file://{secret}",
        "m" * 5000,
        "שלום עולם, مرحبا بالعالم, 你好",
        "👩🏽‍💻🏳️‍🌈 🧵 \u202eabc\u202c \u0000 \ufffe",
        "a\u0301\u0302\u0303" * 300,
    ]
    for number, story in enumerate(stories):
        draft = Draft("project", Words(f"Numéro {number}", story.replace("\x00", "")), "fr", rule=EVERYONE)
        await services.perform(write_entry, WriteEntry(marie, draft, confirmed=True))
    markup = f'<p>Moi</p><img src="http://127.0.0.1:{port}/d.png"><a href="file://{secret}" rel="attachment">z</a>'
    await services.perform(revise_profile, ReviseProfile(marie, summary=markup))
    text = everything_in(await taken(visitor))
    for number in range(len(stories)):
        assert f"Numéro {number}" in text
    assert "KLEPTOMANIA" not in text
    assert not asked
    server.close()
    await server.wait_closed()


async def test_the_child_itself_fetches_nothing_whatever_it_is_handed(sets_pdfs, tmp_path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("KLEPTOMANIA")
    asked: list[bytes] = []
    server = await asyncio.start_server(lambda reader, writer: asked.append(b"") or writer.close(), "127.0.0.1", 0)
    there = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    document = (
        f"<style>@import '{there}a.css'; @font-face{{font-family:x;src:url({there}f.woff)}} p{{font-family:x;"
        f"background:url(file://{secret})}}</style><link rel=stylesheet href='{there}b.css'><link rel=attachment href='"
        f"file://{secret}'><img src='{there}i.png'><img src='file://{secret}'><img src='data:image/svg+xml,<svg/>'>"
        f"<object data='file://{secret}'></object><embed src='{there}e'><svg><image href='file://{secret}'/></svg><p>a"
    )
    made = await installed().pdf(document.encode())
    pdf = PdfReader(io.BytesIO(made))
    assert "KLEPTOMANIA" not in everything_in(pdf)
    assert not list(pdf.attachments)
    assert not asked
    server.close()
    await server.wait_closed()


def test_the_direction_is_that_of_the_first_letter() -> None:
    cases = {"": "ltr", "12 abc": "ltr", "« שלום » abc": "rtl", "2019 مرحبا": "rtl", "abc שלום": "ltr"}
    assert {text: pdf_child.direction(text) for text in cases} == cases
