"""Pages are made here: one `Page` per request, templates compiled once per language, headers that go with every page.

A handler is `async def name(page: Page) -> Response`; `routes` says who may open it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from fediprof.actors.records import Actor
from fediprof.clock import rfc3339
from fediprof.db.database import Tx
from fediprof.errors import NotVerified
from fediprof.here import Here
from fediprof.i18n.catalog import N_, NAMES, Texts, texts
from fediprof.media import addresses
from fediprof.perform import Command
from fediprof.posts.records import Post, Shown
from fediprof.principal import Member
from fediprof.services import Services
from fediprof.text.html import excerpt, plain
from fediprof.visitors.records import Guest
from fediprof.web import csrf, files, forms, group_lines
from fediprof.web.emoji import drawn, drawn_text
from fediprof.web.forms import Form
from fediprof.web.questions import apart
from fediprof.web.visitor import Visitor

Result = TypeVar("Result")
Value = TypeVar("Value")
Asked = TypeVar("Asked")

SAID = {
    "posted": N_("Posted."),
    "sent": N_("Sent."),
    "saved": N_("Saved."),
    "deleted": N_("Deleted."),
    "pinned": N_("Pinned to the top of your page."),
    "unpinned": N_("No longer pinned."),
    "followed": N_("You follow this person."),
    "asked": N_("Your request was sent. You will see their posts once they accept."),
    "unfollowed": N_("You no longer follow this person."),
    "accepted": N_("Accepted."),
    "declined": N_("Declined."),
    "removed": N_("Removed."),
    "blocked": N_("Blocked. They can no longer follow you or reach you."),
    "unblocked": N_("No longer blocked."),
    "reported": N_("Thank you. Your report was sent to whoever runs this server."),
    "reported-in-group": N_("Thank you. The moderators of the group have your report."),
    "fetching": N_("More is being fetched. Look again in a moment."),
    "welcome": N_("Welcome back."),
    "bye": N_("You are logged out."),
    "password": N_("Your password was changed."),
    "ended": N_("Those sessions were ended."),
    "withdrawn": N_("This app can no longer use your account."),
    "moved": N_("Your followers are being told where you moved."),
    "left": N_("Your account was deleted. Other servers are being told."),
    "liked": N_("Liked."),
    "shared": N_("Shared with those who follow you."),
    "part-open": N_("Open, until the day you chose. They were told in this conversation."),
    "part-sent": N_("Sent. It is on their server now."),
    "part-closed": N_("Closed: they read it no more. What they remember or copied stays with them."),
    "part-asked-back": N_("Their server was asked to delete it. Whether it does, nobody can see from here."),
    "asked-for": N_("Asked, in a private message."),
    "kept": N_("Saved. Nobody is told of it."),
    "resent": N_("Saved. Where it arrived, it is being brought up to date."),
    "published": N_("Published: it is on its way to those who follow you."),
    "narrowed": N_("Saved. Fewer may read it now, so it has a new address; the old one leads nowhere."),
    "taken_back": N_(
        "Saved. Fewer may read it now: the servers that received it are asked to delete it, and it has a new address. "
        "Copies that people kept cannot be taken back."
    ),
    "proposed": N_("Both are asked. You are told when both said yes, or “not now”."),
    "proposal-withdrawn": N_("Taken back."),
    "answered": N_("Your answer is kept. Nobody else sees it."),
    "introduced": N_("Both of you said yes: here is the conversation."),
    "hidden": N_("Hidden from them, from now on."),
    "dropped": N_("Nothing was brought; what was read is forgotten."),
    "retried": N_("Tried again at once."),
    "forgotten": N_("Taken out of your address book."),
    "joined": N_("You are a member of this group."),
    "join-asked": N_("Your request was sent. The group answers it."),
    "group-left": N_("You left the group."),
    "group-founded": N_("The group is there. Its address can be given to anybody."),
    "in-group": N_("Your thread is in the group."),
    "to-group": N_("Your thread is on its way to the group."),
    "held": N_("Your thread waits for a moderator, as first posts of newcomers do."),
    "in-line": N_("Your thread waits for its turn: you wrote much in a short time. Nothing is lost."),
    "backup-asked": N_("Asked for. It is made in the background, and listed here once it is whole."),
    "backup-gone": N_("The backup was thrown away."),
    "admitted": N_("They are in, and were told so."),
    "turned-away": N_("They were told no. They may ask again."),
    "let-in": N_("It is in the group now."),
    "not-taken": N_("It was not taken; its author was told why."),
    "taken-out": N_("It was taken out of the group; its author was told why."),
    "put-back": N_("It is back in the group."),
    "banned": N_("Banned. They were told until when, and why."),
    "unbanned": N_("No longer banned."),
    "warned": N_("Warned. They were told why."),
    "locked": N_("Locked: nobody answers there any more."),
    "unlocked": N_("Open again."),
    "asked-group": N_("Sent to the group’s server. It is shown as done here once the group announces it."),
    "appointed": N_("They are a moderator now."),
    "resigned": N_("You are a moderator of this group no more."),
    "dismissed": N_("They are a moderator no more."),
    "contested": N_("Contested. Another moderator decides, where there is one, and answers you."),
    "decided": N_("Decided, and told."),
    "group-closed": N_("The group is closed."),
    "questions": N_("Your questions close their entries now. Choose who may read them."),
}
"""Sentences an answer may carry over a redirect: `?said=posted`. A fixed list: an address cannot put words here."""


@dataclass(slots=True)
class Page:
    """One request for a page, and what is needed to answer it."""

    request: Request
    services: Services
    here: Here
    t: Texts
    visitor: Visitor | None
    came: Guest | None = None
    narrow: str = ""
    """What the forms of a suspended member are bound to (`web.suspended`)."""

    @property
    def me(self) -> Visitor:
        """The member; pages for members are opened by nobody else."""
        if self.visitor is None:
            raise NotVerified("page for members")
        return self.visitor

    @property
    def by(self) -> Member:
        return self.me.member

    @property
    def viewer(self) -> int | None:
        """Whose eyes posts are chosen for: an actor's id, or None."""
        return None if self.visitor is None else self.visitor.actor.id

    @property
    def guest(self) -> Actor | None:
        """Who came with an account of elsewhere, when no member looks."""
        return None if self.came is None else self.came.actor

    @property
    def looker(self) -> int | None:
        """Whose eyes profiles are shown to: the actor of a member or of a visitor, or None. One whom a link let in counts
        on the pages of who sent it (`{name}` in their path)."""
        if self.visitor is not None or self.came is None:
            return self.viewer
        return self.came.actor.id if self.came.looks_at(self.request.path_params.get("name", "")) else None

    def asked(self, name: str) -> str:
        """A value of the query, or ""."""
        return self.request.query_params.get(name, "")

    def number(self, name: str) -> int | None:
        return forms.whole(self.asked(name))

    @property
    def token(self) -> str:
        """What this visitor's forms carry."""
        return csrf.token(self.services.keystore.secret, self._session_hash)

    @property
    def _session_hash(self) -> str:
        if self.visitor is not None:
            return self.visitor.session.secret_hash
        return self.narrow if self.came is None else self.came.session.secret_hash

    def macro(self, template: str, name: str) -> Callable[..., object]:
        """A macro of the templates in this page's language, to render a part by itself."""
        found: Callable[..., object] = getattr(
            environment(self.request, self.services, self.t.language).get_template(template).module, name
        )
        return found

    def in_language(self, code: str) -> str:
        """The address of the same page in another language."""
        kept = [
            (name, value) for name, value in self.request.query_params.multi_items() if name not in ("lang", "said")
        ]
        return "?" + urlencode([*kept, ("lang", code)])

    def onward(self, **changes: int | None) -> str:
        """The address of the same page with parts of its query replaced; 0 and None: left out."""
        kept = [
            (name, value)
            for name, value in self.request.query_params.multi_items()
            if name not in ("lang", "said", *changes)
        ]
        query = urlencode([*kept, *((name, value) for name, value in changes.items() if value)])
        return self.request.url.path + (f"?{query}" if query else "")

    async def read(self, unit: Callable[[Tx], Result]) -> Result:
        return await self.services.read(unit)

    async def perform(self, command: Command[Asked, Value], asked: Asked) -> Value:
        return await self.services.perform(command, asked)

    async def form(self) -> Form:
        """The form that was sent, once its token proved that it is ours."""
        form = await forms.read(self.request, max_bytes=self.services.settings.upload_mb * 1024 * 1024)
        csrf.must_carry_token(
            form[csrf.FIELD],
            self.services.keystore.secret,
            self._session_hash,
            proven=csrf.is_proven(self.request),
        )
        return form

    def render(
        self, template: str, *, status: int = 200, outward: bool = False, indexable: bool = False, **values: Any
    ) -> Response:
        """`outward`: a form of this page may lead to another server (follow or reply from one's own account).
        `indexable`: search engines may list it, as the person it is about wants."""
        body = (
            environment(self.request, self.services, self.t.language)
            .get_template(template)
            .render(
                page=self,
                me=self.visitor,
                here=self.here,
                settings=self.services.settings,
                token=self.token,
                said=SAID.get(self.asked("said")),
                **values,
            )
        )
        response = HTMLResponse(body, status)
        settle(response, self.t.language, outward=outward, development=self.services.settings.development)
        if indexable:
            response.headers["X-Robots-Tag"] = "noai, noimageai"
            response.headers["Content-Signal"] = "search=yes, ai-input=no, ai-train=no"
        return response if status != 200 else self.fresh(response)

    def fresh(self, response: Response) -> Response:
        """304 when the reader holds the same bytes already."""
        etag = f'W/"{hashlib.blake2b(bytes(response.body), digest_size=12).hexdigest()}"'
        response.headers["ETag"] = etag
        response.headers["Cache-Control"] = (
            "private, no-cache" if self.visitor or self.came else "public, max-age=0, must-revalidate"
        )
        if etag in self.request.headers.get("if-none-match", ""):
            kept = {n: v for n, v in response.headers.items() if n.lower() not in ("content-length", "content-type")}
            return Response(status_code=304, headers=kept)
        return response

    def to(self, path: str, said: str = "") -> Response:
        """Go on at a path of ours after something was done."""
        if said:
            path, _, anchor = path.partition("#")
            path += ("&" if "?" in path else "?") + urlencode({"said": said}) + (f"#{anchor}" if anchor else "")
        return settle(RedirectResponse(path, 303), self.t.language)

    def back(self, form: Form, otherwise: str, said: str = "") -> Response:
        """To the page the form was on, which it names; only ever one of ours."""
        return self.to(own_path(form["back"]) or otherwise, said)


def own_path(given: str) -> str | None:
    """A path on this server, or None: `//host`, `/\\host` and full addresses lead elsewhere."""
    plain_path = given.startswith("/") and not given.startswith(("//", "/\\")) and given.isprintable()
    return given if plain_path and "\\" not in given and len(given) < 2000 else None


def settle(response: Response, language: str, *, outward: bool = False, development: bool = False) -> Response:
    """The headers every page has."""
    forms_to = "'self'" + ((" https: http:" if development else " https:") if outward else "")
    response.headers.update(
        {
            "Content-Security-Policy": (
                "default-src 'none'; style-src 'self'; img-src 'self' data:; media-src 'self'; script-src 'self'; "
                f"form-action {forms_to}; base-uri 'none'; frame-ancestors 'none'"
            ),
            "Content-Language": language,
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
            "Vary": "Accept, Accept-Language, Cookie",
            "TDM-Reservation": "1",
        }
    )
    response.headers.setdefault("Cache-Control", "private, no-store")
    return response


# --- templates


def environment(request: Request, services: Services, language: str) -> Environment:
    """The compiled templates of one language: a Jinja environment each, so that macros know their texts."""
    held: dict[str, Environment] | None = getattr(request.app.state, "environments", None)
    if held is None:
        held = request.app.state.environments = {}
    if language not in held:
        held[language] = _environment(services, texts(language))
    return held[language]


def _environment(services: Services, t: Texts) -> Environment:
    made = Environment(
        loader=PackageLoader("fediprof.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    pictures, origin = services.pictures, services.settings.origin

    def emoji(url: str) -> str:
        return addresses.emoji(url, services.here(), pictures).removeprefix(origin)

    made.globals.update(
        t=t,
        tn=t.plural,
        ago=t.ago,
        language=t.language,
        languages=NAMES,
        version=files.version(),
        portrait=lambda actor: addresses.avatar(actor, services.here(), pictures, big=True),
        avatar=lambda actor: addresses.avatar(actor, services.here(), pictures).removeprefix(origin),
        header_of=lambda actor: addresses.header(actor, services.here(), pictures).removeprefix(origin),
        picture=lambda each: [
            part.removeprefix(origin) for part in addresses.attachment(each, services.here(), pictures)
        ],
        written=lambda markup, emojis: drawn(markup, emojis, emoji),
        apart=apart,
        named=lambda actor: drawn_text(actor.display, actor.emojis, emoji),
        actor_path=actor_path,
        post_path=lambda post, me: post_path(post, me, origin),
        visibilities={name: words for name, words in VISIBILITY_WORDS.items() if name != "group"},
        group_words=group_lines.WORDS,
        group_path=group_path,
        desk_path=desk_path,
        thread_path=lambda each, me: thread_path(each.shown, me, origin),
    )
    made.filters.update(
        safe_html=Markup,
        plain=plain,
        excerpt=lru_cache(maxsize=1000)(excerpt),
        iso=rfc3339,
        date=t.date,
        moment=t.moment,
        month=t.month,
        quoted=quote,
    )
    return made


VISIBILITY_WORDS = {
    "public": (N_("Everyone"), N_("Anyone can read it, here and elsewhere. Copies may stay for ever.")),
    "quiet": (N_("Everyone, quietly"), N_("Anyone can read it, but it is not spread in lists and searches.")),
    "followers": (N_("My followers"), N_("Only the people who follow you.")),
    "direct": (N_("Only the people I mention"), N_("Sent to them alone. Their servers hold a copy in clear.")),
    "group": (N_("Members of the group"), N_("Only those who were let into the group, on its server and theirs.")),
}
"""Visibility → (words, consequence), in the order they are offered."""


def actor_path(actor: Actor, me: Visitor | None) -> str:
    """Where a page links to for a person: their page here, or on their own server for a visitor."""
    if actor.local:
        return f"/@{actor.username}"
    return f"/people/{actor.id}" if me else actor.url or actor.iri


def post_path(post: Post, me: Visitor | None, origin: str) -> str:
    """Where a page links to for a post, by the same rule."""
    if post.local:
        return post.url.removeprefix(origin)
    return f"/posts/{post.id}" if me else post.url or post.iri


def group_path(group: Actor) -> str:
    """A group's page here: one of ours by its name, one of elsewhere by its number."""
    return f"/@{group.username}" if group.local else f"/people/{group.id}"


def desk_path(group: Actor) -> str:
    """Where what is to be decided in a group, and its log, have their pages."""
    return group_path(group) if group.local else f"/groups/{group.id}"


def thread_path(shown: Shown, me: Visitor | None, origin: str) -> str:
    """A thread of a group, or an answer in one. What people elsewhere wrote in a group of ours has a page in the group, so
    that visitors read the thread whole."""
    if shown.post.local or me or shown.group is None or not shown.group.local:
        return post_path(shown.post, me, origin)
    return f"{group_path(shown.group)}/t/{shown.post.id}"
