"""Introductions by a third: proposing two people to each other, answering (also from an account of elsewhere), and the list of
one's own. No page says what another person answered."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import cast
from urllib.parse import quote

from starlette.responses import Response

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.errors import FediprofError, Malformed, NotFound
from fediprof.introductions import commands, store
from fediprof.introductions.commands import (
    AnswerElsewhere,
    AnswerIntroduction,
    ProposeIntroduction,
    WithdrawIntroduction,
)
from fediprof.introductions.records import LASTS, MAX_WORDS, MOST_OPEN, Asked, Introduction, Mine, Says
from fediprof.web.forms import Form, sentence
from fediprof.web.view import Page

_SHOWN = frozenset({"one", "two", "words"})


async def index(page: Page) -> Response:
    me, now = page.me.actor.id, page.here.now

    def load(tx: Tx) -> tuple[list[Asked], list[Mine]]:
        return store.asked_of(tx, me, now), store.mine(tx, me)

    asked, mine = await page.read(load)
    return page.render("introductions/list.html", asked=asked, mine=mine)


async def form(page: Page) -> Response:
    """`?one=`, `?two=`: ids of people already chosen, from their page or from a conversation."""

    def load(tx: Tx) -> dict[str, str]:
        numbers = {name: page.number(name) for name in ("one", "two")}
        found = actors.by_ids(tx, [number for number in numbers.values() if number is not None])
        return {
            name: _handle(found[number]) for name, number in numbers.items() if number is not None and number in found
        }

    return _show(page, Form(await page.read(load)))


async def propose(page: Page) -> Response:
    sent = await page.form()
    asked = ProposeIntroduction(
        page.by, sent.text("one")[:300], sent.text("two")[:300], sent.text("words"), page.t.language
    )
    done = await sent.attempt(page.t, page.perform(commands.propose, asked), known=_SHOWN)
    return _show(page, sent) if done is None else page.to("/introductions", "proposed")


async def withdraw(page: Page) -> Response:
    await page.form()
    await _done(page, page.perform(commands.withdraw, WithdrawIntroduction(page.by, _number(page))))
    return page.to("/introductions", "proposal-withdrawn")


async def question(page: Page) -> Response:
    """What one of the two is asked: for a member, or for who came with their account of elsewhere. Whoever is nobody known here
    is asked who they are first, whether there is such a question or not."""
    person_id = _answering(page)
    if person_id is None:
        return page.to(f"/visit?to={quote(f'/introductions/{_number(page)}', safe='')}")

    def load(tx: Tx) -> Asked:
        found = store.asked_of(tx, person_id, page.here.now, only=_number(page))
        if not found:
            raise NotFound(f"no introduction {_number(page)} for {person_id}")
        return found[0]

    response = page.render("introductions/question.html", asked=await page.read(load))
    response.headers["Cache-Control"] = "private, no-store"
    return response


async def answer(page: Page) -> Response:
    sent = await page.form()
    person_id = _answering(page)
    if person_id is None:
        raise NotFound("nobody known answers")
    if sent["says"] not in ("yes", "no"):
        raise Malformed("an answer that is none")
    asked = AnswerIntroduction(person_id, _number(page), cast("Says", sent["says"]))
    done = await _done(page, page.perform(commands.answer, asked))
    if done.state == "opened" and page.visitor is not None and done.conversation_id is not None:
        return page.to(f"/conversations/{done.conversation_id}", "introduced")
    return page.to(f"/introductions/{done.id}", "answered")


async def answer_elsewhere(page: Page) -> Response:
    """To a question in a private conversation, from another server of this kind."""
    sent, number = await page.form(), _number(page)
    post_id = sent.number("post")
    if sent["says"] not in ("yes", "no") or post_id is None:
        raise Malformed("an answer that is none")
    asked = AnswerElsewhere(page.by, post_id, cast("Says", sent["says"]), page.t.language)
    await page.perform(commands.answer_elsewhere, asked)
    return page.to(f"/conversations/{number}", "answered")


def _answering(page: Page) -> int | None:
    """The actor of a member, or of a visitor whose own server said who they are. A link that somebody sent proves nobody's
    account to anybody else."""
    if page.visitor is not None:
        return page.visitor.actor.id
    if page.came is not None and page.came.session.only_at is None:
        return page.came.actor.id
    return None


async def _done(page: Page, doing: Awaitable[Introduction]) -> Introduction:
    try:
        return await doing
    except FediprofError as error:
        error.public = sentence(error, page.t)
        raise


def _number(page: Page) -> int:
    return int(page.request.path_params["id"])


def _handle(person: Actor) -> str:
    return person.username if person.local else person.handle


def _show(page: Page, sent: Form) -> Response:
    return page.render(
        "introductions/new.html",
        status=sent.status,
        form=sent,
        days=LASTS.days,
        most=MOST_OPEN,
        most_words=MAX_WORDS,
    )
