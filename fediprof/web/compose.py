"""Writing: the composer, for a new post, an answer and a change; what it sends becomes a command's request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from starlette.responses import Response

from fediprof import ids
from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.campaigns import noting
from fediprof.db.database import Tx
from fediprof.errors import Invalid, NotFound
from fediprof.groups import posting
from fediprof.groups import store as group_store
from fediprof.groups.posting import BeginThread
from fediprof.groups.records import KINDS, Kind
from fediprof.i18n.catalog import N_, NAMES
from fediprof.media import commands as media
from fediprof.media import store as uploads
from fediprof.media.commands import DescribeUpload
from fediprof.media.intake import take_in
from fediprof.media.records import Upload
from fediprof.posts import views
from fediprof.posts.commands import PublishPost, RevisePost
from fediprof.posts.records import MAX_ATTACHMENTS, VISIBILITIES, Post, Shown, Visibility
from fediprof.profiles import memberships
from fediprof.web import group_lines
from fediprof.web.forms import Form, whole
from fediprof.web.view import Page

_SHOWN = frozenset(
    (
        *("text", "visibility", "language", "warning", "title", "pictures", "tr_text", "translations", "uploads"),
        *("group", "kind"),
    )
)
_TONGUES = (
    ("de", "Deutsch"),
    ("es", "Español"),
    ("it", "Italiano"),
    ("nl", "Nederlands"),
    ("pt", "Português"),
    ("pl", "Polski"),
    ("uk", "Українська"),
    ("ar", "العربية"),
    ("br", "Brezhoneg"),
    ("ca", "Català"),
    ("eu", "Euskara"),
    ("oc", "Occitan"),
)
DESCRIBE = N_("Say what each picture shows, or tick that it needs no description.")


def tongues(chosen: str) -> list[tuple[str, str]]:
    """Languages to choose from, with the one chosen even where it is a rarer one."""
    known = [*NAMES.items(), *_TONGUES]
    return known if not chosen or chosen in dict(known) else [(chosen, chosen), *known]


# --- what a fresh form holds


def new_form(page: Page) -> Form:
    return Form(
        {
            "visibility": page.me.account.default_visibility,
            "language": page.me.account.language,
            "tr_language": "en" if page.me.account.language == "fr" else "fr",
            "key": ids.slug(),
        }
    )


def reply_form(page: Page, parent: Shown) -> Form:
    """Prefilled with those who talk here; read by no more people than what it answers."""
    form = new_form(page)
    order = {name: n for n, name in enumerate(VISIBILITIES)}
    if parent.group is not None:  # read by those who read the group, whatever else its author is used to
        form.values["visibility"] = parent.post.visibility
    else:
        form.values["visibility"] = max(parent.post.visibility, form["visibility"], key=lambda name: order[name])
    if parent.post.visibility == "direct" or page.me.account.default_visibility == "direct":
        form.values["visibility"] = parent.post.visibility
    named = {actor.id: actor for actor in (parent.author, *parent.mentions) if actor.id != page.me.actor.id}
    form.values["text"] = "".join(f"{_written(actor, page)} " for actor in named.values())
    form.values["warning"] = parent.post.warning
    form.values["reply"] = str(parent.post.id)
    if parent.post.language and parent.post.language[:2] in NAMES:
        form.values["language"] = parent.post.language[:2]
    return form


def _written(actor: Actor, page: Page) -> str:
    return f"@{actor.username}" if actor.local else f"@{actor.handle}"


async def form(page: Page) -> Response:
    """`?reply=` a post's id, `?to=` a person's: to them alone, as a first message should be. `?group=`: the one to begin a
    thread in. `?text=`: proposed."""
    if (post_id := page.number("reply")) is not None:
        parent = await _parent(page, post_id)
        return _show(page, reply_form(page, parent), parent=parent)
    fresh = new_form(page)
    fresh.values["text"] = page.asked("text")[:5000]
    if (person_id := page.number("to")) is not None:
        person = await page.read(lambda tx: actors.by_id(tx, person_id))
        if person is None or person.gone_at is not None:
            raise NotFound(f"no person {person_id}")
        fresh.values.update(text=f"{_written(person, page)} ", visibility="direct")
    if (group_id := page.number("group")) is not None:
        fresh.values["group"] = str(group_id)
    return _show(page, fresh, groups=await _groups(page, fresh))


async def more(page: Page) -> Response:
    """From the short answer field to the whole composer, with what was written."""
    sent = await page.form()
    return _show(page, sent, parent=await _parent(page, sent.number("reply")))


async def submit(page: Page) -> Response:
    sent = await page.form()
    parent_id, group_id = sent.number("reply"), sent.number("group")
    kept = await pictures_of(page, sent)
    if sent["group"] and group_id is None:
        sent.refuse(page.t(N_("Choose the group again.")), "group")
    threading, post, reached = bool(group_id) and parent_id is None, None, 0
    if not sent.errors:
        request = PublishPost(
            by=page.by,
            text=sent.text("text"),
            visibility=_visibility(sent),
            warning=sent.text("warning"),
            sensitive=sent.has("sensitive"),
            language=sent["language"] or None,
            translations=_translations(sent),
            in_reply_to_id=parent_id,
            upload_ids=tuple(each.id for each in kept),
            title=sent.text("title"),
            idempotency_key=sent["key"][:64],
        )
        if threading:
            post = await begun(page, sent, request, group_id or 0)
        elif sent.has("same") or not (reached := await _reached_before(page, request)):
            post = await sent.attempt(page.t, page.perform(posting.publish, request), known=_SHOWN)
    if post is None:
        placed(sent)
        parent = await _parent(page, parent_id) if parent_id else None
        groups = [] if parent else await _groups(page, sent)
        return _show(page, sent, parent=parent, uploads=kept, reached=reached, groups=groups)
    if threading:
        return await to_thread(page, post)
    path = post.url.removeprefix(page.services.settings.origin)
    if post.visibility == "direct":
        return page.to(f"/conversations/{post.conversation_id}#p{post.id}", "sent")
    return page.to(path, "posted")


async def _reached_before(page: Page, request: PublishPost) -> int:
    """How many others got about the same first message of the member's, when it is one to say so before it goes out."""
    if request.visibility != "direct":
        return 0
    named = (await request.gathered(page.services.resolver)).named
    text = "\n".join((request.title, request.warning, request.text, *(text for _, text in request.translations)))

    def look(tx: Tx) -> int:
        people = actors.by_ids(tx, named.values()).values()
        return noting.reached_before(tx, text, page.me.actor, people, page.here)

    return await page.read(look)


# --- beginning a thread in a group


async def begun(page: Page, sent: Form, post: PublishPost, group_id: int) -> Post | None:
    """What a form sent becomes a thread, as its `kind` says; None when something in it was refused."""
    if sent["kind"] not in KINDS:
        sent.refuse(page.t(N_("Choose what it is: a question, something told, something offered")), "kind")
    if sent.errors:
        return None
    asked = BeginThread(post, group_id, cast("Kind", sent["kind"]))
    return await sent.attempt(page.t, page.perform(posting.begin_thread, asked), known=_SHOWN)


async def to_thread(page: Page, post: Post) -> Response:
    """On to the thread, with a word on where it stands."""
    known = await page.read(lambda tx: group_store.post(tx, post.id))
    said = {"sent": "to-group", "held": "held", "waiting": "in-line"}.get(known.state if known else "", "in-group")
    return page.to(post.url.removeprefix(page.services.settings.origin), said)


async def _groups(page: Page, form: Form) -> list[Actor]:
    """Those to begin a thread in: the member's, and the one chosen already, so that a choice is never lost."""

    def load(tx: Tx) -> list[Actor]:
        found = memberships.of_member(tx, page.by.actor_id, page.here.now)
        number = form.number("group")
        chosen = actors.by_id(tx, number) if number is not None else None
        other = chosen is not None and chosen.type == "Group" and chosen.id not in {each.id for each in found}
        return [*found, chosen] if other and chosen is not None else found

    return await page.read(load)


# --- changing what was written


async def change_form(page: Page) -> Response:
    shown = await own(page)
    post = shown.post
    filled = new_form(page)
    filled.values.update(
        text=post.source or "",
        warning=post.warning,
        title=post.title,
        language=post.language or page.me.account.language,
        visibility=post.visibility,
    )
    if post.sensitive:
        filled.values["sensitive"] = "1"
    for code, source in (post.source_map or {}).items():
        if code != post.language:
            filled.values.update(tr_language=code, tr_text=source)
    return _show(page, filled, changing=shown, uploads=await _held(page, shown))


async def change(page: Page) -> Response:
    sent = await page.form()
    shown = await own(page)
    sent.values["visibility"] = shown.post.visibility
    kept = await pictures_of(page, sent)
    post = None
    if not sent.errors:
        request = RevisePost(
            by=page.by,
            post_id=shown.post.id,
            text=sent.text("text"),
            warning=sent.text("warning"),
            sensitive=sent.has("sensitive"),
            language=sent["language"] or None,
            translations=_translations(sent),
            upload_ids=tuple(each.id for each in kept),
            descriptions=tuple((each.id, each.description) for each in kept),
            title=sent.text("title"),
        )
        post = await sent.attempt(page.t, page.perform(posting.revise, request), known=_SHOWN)
    if post is None:
        placed(sent)
        return _show(page, sent, changing=shown, uploads=kept)
    return page.to(post.url.removeprefix(page.services.settings.origin), "saved")


async def own(page: Page) -> Shown:
    """The member's own post named by the address. Raises NotFound for anybody else's."""
    post_id = page.request.path_params["id"]
    shown = await page.read(lambda tx: views.one(tx, post_id, page.viewer))
    if shown is None or shown.author.id != page.me.actor.id:
        raise NotFound(f"no post {post_id} of {page.me.actor.username}")
    return shown


# --- parts


async def _parent(page: Page, post_id: int | None) -> Shown:
    shown = None if post_id is None else await page.read(lambda tx: views.one(tx, post_id, page.viewer))
    if shown is None:
        raise NotFound(f"post {post_id} is not to be seen")
    return shown


def placed(sent: Form) -> None:
    """Refusals stand beside the fields as they are called here."""
    for called, here in (("translations", "tr_text"), ("uploads", "pictures")):
        if called in sent.errors:
            sent.errors[here] = sent.errors.pop(called)


def _visibility(sent: Form) -> Visibility:
    """ "group" is no choice: it is what an answer in a private group has, by the group it is in."""
    answers: tuple[Visibility, ...] = ("group",) if sent["reply"] else ()
    for each in (*VISIBILITIES, *answers):
        if sent["visibility"] == each:
            return each
    raise Invalid("Choose who may read this", field="visibility")


def _translations(sent: Form) -> tuple[tuple[str, str], ...]:
    text = sent.text("tr_text")
    return ((sent["tr_language"], text),) if text else ()


async def _held(page: Page, shown: Shown) -> list[Upload]:
    """A post's own pictures as uploads, in its order."""
    wanted = [each.upload_id for each in shown.post.media if each.upload_id is not None]
    found = {each.id: each for each in await page.read(lambda tx: uploads.of_actor(tx, page.by.actor_id, wanted))}
    return [found[number] for number in wanted if number in found]


async def pictures_of(page: Page, sent: Form) -> list[Upload]:
    """Pictures sent before and now, described as the form says; those to leave out are left out. A refusal of one, or
    a missing description, is written into the form, and the others are kept with it."""
    held = [number for number in map(whole, sent.lists.get("upload", [])) if number is not None]
    dropped = {number for number in held if sent.has(f"drop-{number}")}

    def look(tx: Tx) -> dict[int, Upload]:
        return {each.id: each for each in uploads.of_actor(tx, page.by.actor_id, held)} if held else {}

    found = await page.read(look)
    kept = []
    for number in held:
        if number not in found or number in dropped:
            continue
        described = sent.text(f"alt-{number}")
        if described != found[number].description:
            request = DescribeUpload(page.by, number, described)
            await page.perform(media.describe_upload, request)
        kept.append(replace(found[number], description=described))
    for n in range(1, MAX_ATTACHMENTS + 1):
        data = sent.files.get(f"file-{n}")
        if data is None or len(kept) >= MAX_ATTACHMENTS:
            continue
        try:
            limit = page.services.settings.upload_mb * 1024 * 1024
            description = sent.text(f"alt-new-{n}")
            taken = await take_in(page.services.storage, data, by=page.by, limit=limit, description=description)
            upload = await page.perform(media.keep_upload, taken)
        except Invalid:
            sent.refuse(page.t("Picture {n} cannot be read as a picture.", n=n), "pictures")
            continue
        kept.append(upload)
    for n in range(1, MAX_ATTACHMENTS + 1):
        sent.values.pop(f"alt-new-{n}", None)
    if any(not each.description and not sent.has(f"bare-{each.id}") for each in kept):
        sent.refuse(page.t(DESCRIBE), "pictures")
    return kept


def _show(
    page: Page,
    form: Form,
    *,
    parent: Shown | None = None,
    changing: Shown | None = None,
    uploads: list[Upload] | None = None,
    reached: int = 0,
    groups: Sequence[Actor] = (),
) -> Response:
    title = page.t("Change this post") if changing else page.t("Reply") if parent else page.t("Write")
    return page.render(
        "posts/compose.html",
        status=form.status,
        title=title,
        form=form,
        parent=parent,
        changing=changing,
        action=f"/posts/{changing.post.id}/edit" if changing else "/write",
        uploads=uploads or [],
        reached=reached,
        groups=[
            ("", page.t("In no group")),
            *((str(each.id), f"{each.display} (!{each.handle})") for each in groups),
        ],
        kinds=[("", page.t("Choose")), *((kind, page.t(words[0])) for kind, words in group_lines.KINDS.items())],
        tongues=tongues(form["language"]),
    )
