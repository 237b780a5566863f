"""Writing an entry: what the form holds, what becomes of it, and who may read which part, named where it is written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import cast

from starlette.responses import Response

from fediprof import ids
from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.follows import store as follows
from fediprof.i18n.catalog import N_
from fediprof.profiles import entries, memberships, store, text
from fediprof.profiles.entries import Draft, ReviseEntry, WriteEntry
from fediprof.profiles.people import people_of
from fediprof.profiles.records import (
    CAREER,
    FIELDS,
    KINDS,
    MAX_HEADLINE,
    MAX_QUESTION,
    MAX_STORY,
    Entry,
    Field,
    FieldName,
    FieldWords,
    Kind,
    Readers,
    Rule,
    Words,
)
from fediprof.web import audiences
from fediprof.web.compose import tongues
from fediprof.web.entries import groups_in, named_in, own, path_of
from fediprof.web.forms import Form, whole
from fediprof.web.view import Page

_SHOWN = frozenset(
    (
        "kind",
        "headline",
        "story",
        "question",
        "language",
        "translations",
        "tags",
        "link",
        "readers",
        "people",
        "groups",
        "ceiling",
        *FIELDS,
        *(f"{name}-groups" for name in FIELDS),
        *(f"{name}-translated" for name in FIELDS),
        *(f"{name}-stand_in-translated" for name in FIELDS),
    )
)
_READERS = ("readers", *(f"{name}-readers" for name in FIELDS))
_GROUPS = ("groups", *(f"{name}-groups" for name in FIELDS))
_BETWEEN = re.compile(r"[\s,;#]+")
_NAME_THEM = N_("Write the handle of at least one person.")
_TICK_ONE = N_("Tick at least one group.")


async def new_form(page: Page) -> Response:
    """`?kind=`: what it is to be."""
    wanted = page.asked("kind")
    begun = await page.read(lambda tx: store.beginning_of(tx, page.by.actor_id))
    fresh = Form(
        {
            "kind": wanted if wanted in KINDS else "project",
            "language": page.me.account.language,
            "tr_language": "en" if page.me.account.language == "fr" else "fr",
            "readers": begun.readers if begun is not None else "me",
            "key": ids.slug(),
        }
    )
    fresh.values.update({f"{name}-readers": "me" for name in FIELDS})
    return await _show(page, fresh)


async def write(page: Page) -> Response:
    form = await page.form()
    entry, draft, key = None, await _draft(page, form, None), form["key"][:64]
    if draft is not None:
        ceiling, confirmed = page.services.settings.entry_ceiling, await _confirmed(page, form, None)
        asked = WriteEntry(page.by, draft, ceiling, confirmed, key)
        entry = await form.attempt(page.t, page.perform(entries.write_entry, asked), known=_SHOWN)
    if entry is None:
        return await _refused(page, form, await page.read(lambda tx: store.by_form_key(tx, page.by.actor_id, key)))
    return page.to(f"/entries#e{entry.id}", "kept")


async def change_form(page: Page) -> Response:
    entry = await own(page)
    named = named_in(entry)
    people = await page.read(lambda tx: actors.by_ids(tx, named)) if named else {}
    return await _show(page, filled(entry, people, page.me.account.language), entry)


async def change(page: Page) -> Response:
    form, before = await page.form(), await own(page)
    after, draft = None, await _draft(page, form, before)
    if draft is not None:
        ceiling, confirmed = page.services.settings.entry_ceiling, await _confirmed(page, form, before)
        asked = ReviseEntry(page.by, before.id, draft, ceiling, confirmed)
        after = await form.attempt(page.t, page.perform(entries.revise_entry, asked), known=_SHOWN)
    if after is None:
        return await _refused(page, form, before)
    said = "kept" if after.post_id is None else "resent"
    if after.slug != before.slug:
        said = "taken_back" if before.post_id is not None else "narrowed"
    return page.to(f"/entries#e{after.id}", said)


def filled(entry: Entry, people: Mapping[int, Actor], language: str) -> Form:
    """The form of an entry as it stands. `language`: the member's, where the entry's was not said."""
    values = {
        "kind": entry.kind,
        "headline": entry.words.headline,
        "story": entry.words.story,
        "question": entry.words.question,
        "language": entry.language or language,
        "tr_language": "en" if (entry.language or language) == "fr" else "fr",
        "tags": " ".join(entry.tags),
        "link": entry.link,
        "readers": entry.rule.readers,
        "people": _handles(entry.rule, people),
    }
    second = next(iter(entry.translations), "")
    if second:
        words = entry.translations[second]
        values |= {
            "tr_language": second,
            "tr_headline": words.headline,
            "tr_story": words.story,
            "tr_question": words.question,
        }
    values |= {f"{name}-readers": "me" for name in FIELDS}
    for each in entry.fields:
        values |= {
            each.name: each.value,
            f"{each.name}-readers": each.rule.readers,
            f"{each.name}-people": _handles(each.rule, people),
            f"{each.name}-stand_in": each.stand_in,
            f"{each.name}-translated": _words(each, second).value,
            f"{each.name}-stand_in-translated": _words(each, second).stand_in,
        }
    rules = {"groups": entry.rule, **{f"{each.name}-groups": each.rule for each in entry.fields}}
    return Form(values, {name: [str(each) for each in sorted(rule.groups)] for name, rule in rules.items()})


def _words(each: Field, language: str) -> FieldWords:
    return each.translations.get(language, FieldWords())


def _handles(rule: Rule, people: Mapping[int, Actor]) -> str:
    return " ".join(f"@{people[each].handle}" for each in sorted(rule.people) if each in people)


# --- what was sent


async def _draft(page: Page, form: Form, before: Entry | None) -> Draft | None:
    """None when something in it was refused already; then it stands in the form."""
    rule = await _rule(page, form, "readers", "people", "groups")
    translations = _translations(page, form, before)
    fields = []
    for name in FIELDS:
        value, stand_in, told = form.text(name), form.text(f"{name}-stand_in"), _field_words(form, name, before)
        others = {code: words for code, words in told.items() if code in translations and words != FieldWords()}
        if value or stand_in or others:
            rule_of_it = await _rule(page, form, f"{name}-readers", f"{name}-people", f"{name}-groups")
            fields.append(Field(name, value, rule_of_it, stand_in, others))
    if form.errors:
        return None
    return Draft(
        kind=cast("Kind", form["kind"]),
        words=Words(form.text("headline"), form.text("story"), form.text("question")),
        language=form["language"] or None,
        translations=translations,
        tags=tuple(dict.fromkeys(filter(None, _BETWEEN.split(form.text("tags"))))),
        link=form.text("link"),
        rule=rule,
        fields=tuple(fields),
        import_key=before.import_key if before is not None else None,
    )


async def _rule(page: Page, form: Form, readers: str, people: str, groups: str) -> Rule:
    """The names of the form's fields that say it."""
    chosen = next((each for each in audiences.OFFERED if each == form[readers]), None)
    if chosen is None:
        form.refuse(page.t(N_("Choose who may read this")), readers)
        return Rule()
    if chosen == "group":
        ticked = frozenset(each for each in map(whole, form.lists.get(groups, ())) if each is not None)
        if not ticked:
            form.refuse(page.t(_TICK_ONE), groups)
        return Rule("group", groups=ticked)
    if chosen != "people":
        return Rule(chosen)
    looked_up = people_of(form.text(people), page.services.resolver, field=people)
    found = await form.attempt(page.t, looked_up, known=frozenset((people,)))
    if found is not None and not found:
        form.refuse(page.t(_NAME_THEM), people)
    return Rule("people", people=found or frozenset())


def _translations(page: Page, form: Form, before: Entry | None) -> dict[str, Words]:
    """The second text, beside those in further languages that this form does not show. Emptied, it goes, and with it what
    its fields say in its language; those alone, of a text that never was, are no reason to forget them."""
    kept = {code: before.translations[code] for code in _unseen(before)} if before is not None else {}
    words = Words(form.text("tr_headline"), form.text("tr_story"), form.text("tr_question"))
    there = before is not None and form["tr_language"] in before.translations
    if words == Words("") and (there or not _has_second(form)):
        return kept
    if form["tr_language"] in kept:
        form.refuse(page.t(N_("Two texts are in the same language")), "tr_language")
    return {form["tr_language"]: words, **kept}


def _has_second(form: Form) -> bool:
    """Whether anything is written in the second language."""
    parts = (each for name in FIELDS for each in (f"{name}-translated", f"{name}-stand_in-translated"))
    return any(form.text(each) for each in ("tr_headline", "tr_story", "tr_question", *parts))


def _field_words(form: Form, name: FieldName, before: Entry | None) -> dict[str, FieldWords]:
    """What a field says in each further language: the second's as written, of the others' as much as still stands beside
    something in the first."""
    found = {
        form["tr_language"]: FieldWords(form.text(f"{name}-translated"), form.text(f"{name}-stand_in-translated"))
    }
    field = before.named(name) if before is not None else None
    for code in _unseen(before):
        told = _words(field, code) if field is not None else FieldWords()
        value = told.value if form.text(name) else ""
        found.setdefault(code, FieldWords(value, told.stand_in if form.text(f"{name}-stand_in") else ""))
    return found


def _unseen(before: Entry | None) -> list[str]:
    """The languages of an entry that this form has no place for."""
    return list(before.translations)[1:] if before is not None else []


async def _confirmed(page: Page, form: Form, before: Entry | None) -> bool:
    """Whether the number of public lines of a path that this would make was written."""
    return form.text("ceiling") == str(await _would_be(page, before))


async def _would_be(page: Page, before: Entry | None) -> int:
    mine = await page.read(lambda tx: store.of_actor(tx, page.by.actor_id))
    return 1 + sum(
        each.kind in CAREER and each.rule.readers == "everyone"
        for each in mine
        if before is None or each.id != before.id
    )


async def _refused(page: Page, form: Form, entry: Entry | None) -> Response:
    """The form as it was sent, each refusal beside the field it belongs to."""
    if "translations" in form.errors:
        form.errors["tr_language"] = form.errors.pop("translations")
    if "headline" in form.errors and form.text("headline") and _has_second(form) and not form.text("tr_headline"):
        form.errors["tr_headline"] = form.errors.pop("headline")
    return await _show(page, form, entry, would_be=await _would_be(page, entry) if "ceiling" in form.errors else 0)


# --- the page


async def _show(page: Page, form: Form, entry: Entry | None = None, *, would_be: int = 0) -> Response:
    """`would_be`: how many public lines of a path there would be, when that is to be confirmed."""
    kind: Kind = next((each for each in KINDS if each == form["kind"]), "free")
    circles = await page.read(lambda tx: memberships.circles(tx, page.by.actor_id, page.here.now))
    ticked = {each for name in _GROUPS for each in form.lists.get(name, ())}
    circles = [each for each in circles if not each.left or str(each.actor.id) in ticked]
    groups = bool(circles) or any(form[name] == "group" for name in _READERS)
    choices = [each for each in audiences.OFFERED if groups or each != "group"]
    return page.render(
        "entries/edit.html",
        status=form.status,
        title=page.t("Change this entry") if entry else page.t("Write an entry"),
        form=form,
        entry=entry,
        path=path_of(page, entry) if entry else "",
        would_be=would_be,
        second=_has_second(form) or "tr_language" in form.errors,
        kinds=[(each, page.t(text.KINDS[each])) for each in KINDS],
        tongues=tongues(form["language"]),
        asks=page.t(audiences.QUESTIONS[kind]),
        offered=await offered(page, choices),
        circles=circles,
        groups_named=groups_in(entry) if entry else frozenset(),
        fields=[(name, page.t(text.FIELDS[name]), page.t(audiences.EXAMPLES[name])) for name in FIELDS],
        inside=[(each, page.t(audiences.INSIDE[each])) for each in choices],
        limits={"headline": MAX_HEADLINE, "story": MAX_STORY, "question": MAX_QUESTION},
    )


async def offered(page: Page, among: Iterable[Readers] = audiences.OFFERED) -> list[tuple[Readers, str, str]]:
    """(readers, word, what follows from it) in the order they are offered."""
    indexable = page.me.actor.indexable
    contacts = await page.read(lambda tx: follows.contacts(tx, page.by.actor_id))
    return [
        (
            each,
            page.t(audiences.WORDS[each]),
            audiences.consequence(each, page.t, indexable=indexable, contacts=contacts),
        )
        for each in among
    ]
