"""What members do with entries: write, revise, publish, put in order, remove. Nothing is sent but by publishing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from fediprof import ids
from fediprof.actors import store as actors
from fediprof.db.database import Tx
from fediprof.effects import Done, Effect
from fediprof.errors import Conflict, Invalid, NotFound
from fediprof.here import Here
from fediprof.posts import projection
from fediprof.posts.projection import Projection
from fediprof.principal import Member
from fediprof.profiles import memberships, rules, store, text
from fediprof.profiles.disclosure import ANYBODY, disclose
from fediprof.profiles.records import CAREER, MAX_ENTRIES, ONLY_ME, Entry, Field, Kind, Rule, Words

CEILING = 8
"""Public entries of a path (experience, education) a person may have without confirming; a setting of the server."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry as its owner writes it; see `records.Entry`."""

    kind: Kind
    words: Words
    language: str | None = None
    translations: Mapping[str, Words] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    link: str = ""
    rule: Rule = ONLY_ME
    fields: tuple[Field, ...] = ()
    import_key: str | None = None


@dataclass(frozen=True, slots=True)
class WriteEntry:
    """`confirmed`: the owner wrote that they mean to go over the ceiling. `form_key`: the same each time one form is sent,
    at most 64 characters."""

    by: Member
    draft: Draft
    ceiling: int = CEILING
    confirmed: bool = False
    form_key: str = ""


@dataclass(frozen=True, slots=True)
class WriteEntries:
    """An import: all of it only for its owner, whatever the drafts say."""

    by: Member
    drafts: tuple[Draft, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """How many entries were new, changed, and left as they were (the same, or changed by hand since)."""

    new: int = 0
    changed: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True)
class ReviseEntry:
    by: Member
    entry_id: int
    draft: Draft
    ceiling: int = CEILING
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class PublishEntry:
    by: Member
    entry_id: int


@dataclass(frozen=True, slots=True)
class RemoveEntry:
    by: Member
    entry_id: int


@dataclass(frozen=True, slots=True)
class OrderEntries:
    """`entry_ids`: all or some of one's own, in the order wished; the others follow."""

    by: Member
    entry_ids: tuple[int, ...]


def write_entry(tx: Tx, request: WriteEntry, here: Here) -> Done[Entry]:
    """Keep a new entry. Nobody is told. Of a form that made one already, that one is the answer. Raises Invalid naming the
    field, Conflict where such a form says something else by now."""
    if request.form_key:
        made = store.by_form_key(tx, request.by.actor_id, request.form_key)
        if made is not None and not _says_the_same(made, _drafted(made, request.draft, here)):
            raise Conflict("changed since", public="This entry is kept already. Save once more to change it")
        if made is not None:
            return Done(made)
    entry = _new(request.by, request.draft, here)
    mine = store.of_actor(tx, request.by.actor_id)
    if len(mine) >= MAX_ENTRIES:
        raise Invalid(f"At most {MAX_ENTRIES} entries", field="headline")
    rules.must_be_keepable(entry)
    rules.must_hold_its_masks(entry)
    rules.must_be_under_ceiling(entry, mine, request.ceiling, request.confirmed)
    _must_know_readers(tx, entry, here.now)
    first = min((each.position for each in mine), default=0) - 1
    store.insert_entry(tx, replace(entry, position=first), request.form_key)
    return Done(_own(tx, request.by, entry.id))


def write_entries(tx: Tx, request: WriteEntries, here: Here) -> Done[Imported]:
    """Keep what an import brought, for its owner only. An entry known by its import key is brought up to date as long
    as nobody changed it by hand; nothing is ever sent."""
    known = store.by_import_keys(tx, request.by.actor_id)
    count = store.count(tx, request.by.actor_id)
    told = Imported()
    for position, draft in enumerate(request.drafts):
        private = replace(draft, rule=ONLY_ME, fields=tuple(replace(each, rule=ONLY_ME) for each in draft.fields))
        entry = replace(_new(request.by, private, here), position=count + position)
        rules.must_be_keepable(entry)
        before = known.get(draft.import_key) if draft.import_key else None
        if before is None:
            if count + told.new >= MAX_ENTRIES:
                raise Invalid(f"At most {MAX_ENTRIES} entries", field="file")
            store.insert_entry(tx, entry)
            if entry.import_key:
                known[entry.import_key] = entry
            told = replace(told, new=told.new + 1)
        elif before.changed_at != before.created_at or _says_the_same(before, entry):
            told = replace(told, left=told.left + 1)
        else:
            kept = replace(entry, id=before.id, slug=before.slug, position=before.position)
            store.replace_entry(tx, kept)
            told = replace(told, changed=told.changed + 1)
    return Done(told)


def revise_entry(tx: Tx, request: ReviseEntry, here: Here) -> Done[Entry]:
    """Change an entry. One that was sent out gets an Update; one that fewer may read now, even in part, is taken back
    from everywhere (a Delete) and begins a new life at a new address: copies may stay where it was read."""
    before = _own(tx, request.by, request.entry_id)
    after = _drafted(before, replace(request.draft, import_key=before.import_key), here)
    rules.must_be_keepable(after)
    rules.must_hold_its_masks(after)
    if before.rule.readers != "everyone" or before.kind not in CAREER:
        mine = store.of_actor(tx, request.by.actor_id)
        rules.must_be_under_ceiling(after, mine, request.ceiling, request.confirmed)
    _must_know_readers(tx, after, here.now, before)
    effects: tuple[Effect, ...] = ()
    if _narrowed(before, after):
        after = replace(after, slug=ids.slug(), post_id=None, published_at=None)
        if before.post_id is not None:
            effects = projection.take_back(tx, request.by, before.post_id, here).effects
    elif after.post_id is not None:
        effects = projection.renew(tx, request.by, after.post_id, _projection(tx, after, here), here).effects
    store.replace_entry(tx, after)
    return Done(_own(tx, request.by, after.id), effects)


def publish_entry(tx: Tx, request: PublishEntry, here: Here) -> Done[Entry]:
    """Send an entry that everyone may read to its owner's followers: the only thing that ever delivers one."""
    entry = _own(tx, request.by, request.entry_id)
    if entry.rule.readers != "everyone":
        raise Invalid("Only what everyone may read can be sent out", field="readers")
    if entry.post_id is not None:
        return Done(entry)
    sent = store.published_since(tx, request.by.actor_id, here.now - timedelta(days=1))
    rules.must_be_publishable(entry, sent)
    rules.must_hold_its_masks(entry)
    done = projection.put_out(tx, request.by, _projection(tx, entry, here), here)
    store.replace_entry(tx, replace(entry, post_id=done.value.id, published_at=here.now))
    return Done(_own(tx, request.by, entry.id), done.effects)


def remove_entry(tx: Tx, request: RemoveEntry, here: Here) -> Done[Entry]:
    """Take an entry off the profile for good; its post, if it had one, is deleted everywhere. Returns it as it was."""
    entry = _own(tx, request.by, request.entry_id)
    effects: tuple[Effect, ...] = ()
    if entry.post_id is not None:
        effects = projection.take_back(tx, request.by, entry.post_id, here).effects
    store.remove_entry(tx, entry.id)
    return Done(entry, effects)


def order_entries(tx: Tx, request: OrderEntries, here: Here) -> Done[None]:
    """Put one's entries in an order of one's own."""
    mine = [each.id for each in store.of_actor(tx, request.by.actor_id)]
    first = [each for each in dict.fromkeys(request.entry_ids) if each in mine]
    store.reorder(tx, request.by.actor_id, [*first, *(each for each in mine if each not in first)])
    return Done(None)


# --- what they share


def draft_of(entry: Entry) -> Draft:
    """An entry as it stands, to be changed in a part of it."""
    return Draft(
        kind=entry.kind,
        words=entry.words,
        language=entry.language,
        translations=entry.translations,
        tags=entry.tags,
        link=entry.link,
        rule=entry.rule,
        fields=entry.fields,
        import_key=entry.import_key,
    )


def _new(by: Member, draft: Draft, here: Here) -> Entry:
    bare = Entry(ids.new_id(), by.actor_id, ids.slug(), draft.kind, draft.words, here.now, here.now)
    return _drafted(bare, draft, here)


def _drafted(entry: Entry, draft: Draft, here: Here) -> Entry:
    """The entry, saying what a draft says."""
    return replace(
        entry,
        kind=draft.kind,
        words=draft.words,
        language=draft.language or None,
        translations=dict(draft.translations),
        tags=draft.tags,
        link=draft.link.strip(),
        rule=draft.rule,
        fields=tuple(each for each in draft.fields if each.value or each.stand_in or each.translations),
        import_key=draft.import_key,
        changed_at=here.now,
    )


def _own(tx: Tx, by: Member, entry_id: int) -> Entry:
    entry = store.by_id(tx, by.actor_id, entry_id)
    if entry is None:
        raise NotFound("no such entry of yours")
    return entry


def _must_know_readers(tx: Tx, entry: Entry, now: datetime, before: Entry | None = None) -> None:
    """Groups are named by their members. One that was named stays so when its owner has left it: it opens nothing then."""
    named = entry.rule.people.union(*(part.rule.people for part in entry.fields))
    if named - set(actors.by_ids(tx, named)):
        raise Invalid("One of the people chosen is not known here", field="people")
    rules_of_parts = {"groups": entry.rule, **{f"{part.name}-groups": part.rule for part in entry.fields}}
    if not any(rule.groups for rule in rules_of_parts.values()):
        return
    known = {each.id for each in memberships.of_member(tx, entry.actor_id, now)}
    if before is not None:
        known |= before.rule.groups.union(*(part.rule.groups for part in before.fields))
    for name, rule in rules_of_parts.items():
        if rule.groups - known:
            raise Invalid("You are not a member of this group", field=name)


def _narrowed(before: Entry, after: Entry) -> bool:
    """Whether anybody may read less than before of what everyone could: the entry, or one of its fields' own texts."""
    if before.rule.readers != "everyone":
        return False
    if after.rule.readers != "everyone":
        return True
    open_now = {each.name for each in after.fields if each.rule.readers == "everyone"}
    open_before = {each.name for each in before.fields if each.rule.readers == "everyone" and each.value}
    return any(name not in open_now and after.named(name) is not None for name in open_before)


def _says_the_same(before: Entry, after: Entry) -> bool:
    return replace(
        after, id=before.id, slug=before.slug, position=before.position, created_at=before.created_at,
        changed_at=before.changed_at,
    ) == before  # fmt: skip


def _projection(tx: Tx, entry: Entry, here: Here) -> Projection:
    """An entry's public side, made from what anybody may read and from nothing else."""
    owner = actors.by_id(tx, entry.actor_id)
    shown = disclose([entry], ANYBODY, here.now)
    if owner is None or not shown:
        raise NotFound("nothing of this entry is public")
    made = text.by_language(shown[0], here.tag)
    first = next(iter(made.values()))
    return Projection(
        url=here.entry(owner.username, entry.slug),
        html=first,
        by_language=made if len(made) > 1 else None,
        language=entry.language,
        tags=entry.tags,
        entry=text.document(shown[0]),
    )
