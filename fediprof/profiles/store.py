"""Entries, hide-from lists and grants in the database. Nothing read here may be shown: that is for `views`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Select, and_, bindparam, delete, func, insert, select, update

from fediprof.db.among import among
from fediprof.db.database import Tx
from fediprof.db.prepared import Prepared
from fediprof.profiles.records import (
    ONLY_ME,
    Beginning,
    Entry,
    Field,
    FieldName,
    FieldWords,
    Grant,
    HiddenFrom,
    Kind,
    Readers,
    Rule,
    Words,
)
from fediprof.schema.posts import post
from fediprof.schema.profiles import (
    beginning,
    disclosure_grant,
    entry,
    entry_field,
    entry_reader,
    hidden_from,
    ledger,
    part_set,
)

_LIVE = post.c.id.label("live_post")
_COLUMNS = [column for column in entry.c if column.name != "form_key"]
_ENTRIES = select(*_COLUMNS, _LIVE).outerjoin(post, and_(post.c.id == entry.c.post_id, post.c.deleted_at.is_(None)))
_OF_ACTOR = Prepared(
    _ENTRIES.where(entry.c.actor_id == bindparam("actor")).order_by(entry.c.position, entry.c.id.desc())
)
_BY_SLUG = Prepared(_ENTRIES.where(entry.c.slug == bindparam("slug")))
_BY_IDS = Prepared(
    _ENTRIES.where(entry.c.actor_id == bindparam("actor"), among(entry.c.id, "ids")).order_by(
        entry.c.position, entry.c.id.desc()
    )
)
_FIELDS = Prepared(select(entry_field).where(among(entry_field.c.entry_id, "ids")))
_READERS = Prepared(select(entry_reader).where(among(entry_reader.c.entry_id, "ids")))
_HIDDEN = Prepared(select(hidden_from.c.what, hidden_from.c.whom).where(hidden_from.c.actor_id == bindparam("actor")))
_GRANTS = Prepared(
    select(disclosure_grant).where(
        disclosure_grant.c.actor_id == bindparam("actor"), disclosure_grant.c.to_actor_id == bindparam("to")
    )
)
_NAMES = [column.name for column in _COLUMNS]


def of_actor(tx: Tx, actor_id: int) -> list[Entry]:
    """All, in their owner's order."""
    return _whole(tx, _OF_ACTOR.all(tx, {"actor": actor_id}))


def by_slug(tx: Tx, slug: str) -> Entry | None:
    """Asks the same of the database whether there is one or not: an address that is hidden must not be told from one
    that does not exist by the time it takes."""
    found = _whole(tx, _BY_SLUG.all(tx, {"slug": slug}), always=True)
    return found[0] if found else None


def by_ids(tx: Tx, actor_id: int, ids: Iterable[int]) -> list[Entry]:
    """Those of one owner, in their order."""
    return _whole(tx, _BY_IDS.all(tx, {"actor": actor_id, "ids": list(set(ids))}))


def by_id(tx: Tx, actor_id: int, entry_id: int) -> Entry | None:
    found = by_ids(tx, actor_id, [entry_id])
    return found[0] if found else None


def by_post(tx: Tx, post_id: int) -> Entry | None:
    """The entry that a post is the public side of."""
    slug = tx.execute(select(entry.c.slug).where(entry.c.post_id == post_id)).scalar()
    return None if slug is None else by_slug(tx, slug)


def by_form_key(tx: Tx, actor_id: int, key: str) -> Entry | None:
    """The entry that a form made already."""
    slug = tx.execute(select(entry.c.slug).where(entry.c.actor_id == actor_id, entry.c.form_key == key)).scalar()
    return None if slug is None else by_slug(tx, slug)


def by_import_keys(tx: Tx, actor_id: int) -> dict[str, Entry]:
    return {each.import_key: each for each in of_actor(tx, actor_id) if each.import_key is not None}


def count(tx: Tx, actor_id: int) -> int:
    return int(tx.execute(select(func.count()).where(entry.c.actor_id == actor_id)).scalar_one())


def published_since(tx: Tx, actor_id: int, since: datetime) -> int:
    """How many entries were sent out since then, also those taken back meanwhile."""
    sent: Select[Any] = select(func.count()).where(
        post.c.actor_id == actor_id, post.c.local, post.c.published_at > since, post.c.entry.is_not(None)
    )
    return int(tx.execute(sent).scalar_one())


def insert_entry(tx: Tx, new: Entry, form_key: str = "") -> None:
    """`form_key`: of two that come at once, the second fails here, and is run again to find the first's entry."""
    tx.execute(insert(entry), _row(new) | {"form_key": form_key or None})
    _put_parts(tx, new)


def replace_entry(tx: Tx, changed: Entry) -> None:
    """Write an entry that is there anew, whole."""
    tx.execute(update(entry).where(entry.c.id == changed.id), _row(changed))
    tx.execute(delete(entry_field).where(entry_field.c.entry_id == changed.id))
    tx.execute(delete(entry_reader).where(entry_reader.c.entry_id == changed.id))
    _put_parts(tx, changed)


def remove_entry(tx: Tx, entry_id: int) -> None:
    tx.execute(delete(entry).where(entry.c.id == entry_id))


def reorder(tx: Tx, actor_id: int, ids: Sequence[int]) -> None:
    """Positions in the order given."""
    for position, entry_id in enumerate(ids):
        tx.execute(
            update(entry).where(entry.c.id == entry_id, entry.c.actor_id == actor_id).values(position=position)
        )


# --- hide-from


def hidden_from_of(tx: Tx, actor_id: int) -> HiddenFrom:
    rows = _HIDDEN.all(tx, {"actor": actor_id})
    return HiddenFrom(
        frozenset(int(whom) for what, whom in rows if what == "person"),
        frozenset(whom for what, whom in rows if what == "domain"),
    )


def hide_from(tx: Tx, actor_id: int, what: str, whom: str, now: datetime) -> None:
    unhide_from(tx, actor_id, what, whom)
    tx.execute(insert(hidden_from).values(actor_id=actor_id, what=what, whom=whom, since=now))


def unhide_from(tx: Tx, actor_id: int, what: str, whom: str) -> None:
    tx.execute(
        delete(hidden_from).where(
            hidden_from.c.actor_id == actor_id, hidden_from.c.what == what, hidden_from.c.whom == whom
        )
    )


# --- grants


def grants_to(tx: Tx, actor_id: int, to_actor_id: int) -> list[Grant]:
    """All that an owner ever opened to one person, ended ones too."""
    return [grant_of(row) for row in _GRANTS.all(tx, {"actor": actor_id, "to": to_actor_id})]


def grant_of(row: Sequence[Any]) -> Grant:
    """A row of `schema.profiles.disclosure_grant`."""
    number, actor_id, to_actor_id, mode, parts, starts_at, ends_at, revoked_at, conversation_id, label = row
    return Grant(
        number,
        actor_id,
        to_actor_id,
        mode,
        parts_of(parts),
        starts_at,
        ends_at,
        revoked_at,
        conversation_id,
        label,
    )


def parts_of(written: Mapping[str, list[str]]) -> dict[int, frozenset[FieldName]]:
    """Parts as a JSON column holds them."""
    return {int(entry_id): cast("frozenset[FieldName]", frozenset(names)) for entry_id, names in written.items()}


def parts_written(parts: Mapping[int, frozenset[FieldName]]) -> dict[str, list[str]]:
    return {str(entry_id): sorted(names) for entry_id, names in parts.items()}


# --- the first steps


def beginning_of(tx: Tx, actor_id: int) -> Beginning | None:
    found = tx.execute(select(beginning).where(beginning.c.actor_id == actor_id)).first()
    return None if found is None else Beginning(*found[:-1])


def keep_beginning(tx: Tx, begun: Beginning, now: datetime) -> None:
    tx.execute(delete(beginning).where(beginning.c.actor_id == begun.actor_id))
    tx.execute(insert(beginning).values(**asdict(begun), changed_at=now))


# --- leaving


def forget(tx: Tx, actor_id: int) -> None:
    """Everything a person had here: entries with their masks, whom they hid from, sets, what they opened and its ledger;
    and what others opened to them. A row of somebody else's ledger stays theirs."""
    for table in (entry, hidden_from, part_set, disclosure_grant, ledger, beginning):
        tx.execute(delete(table).where(table.c.actor_id == actor_id))
    tx.execute(delete(entry_reader).where(entry_reader.c.reader_id == actor_id))
    tx.execute(delete(disclosure_grant).where(disclosure_grant.c.to_actor_id == actor_id))
    hidden = hidden_from.c.what == "person", hidden_from.c.whom == str(actor_id)
    tx.execute(delete(hidden_from).where(*hidden))


# --- rows


def _row(each: Entry) -> dict[str, Any]:
    plain = {name: getattr(each, name) for name in _NAMES if name not in ("words", "translations", "tags", "readers")}
    return plain | {
        "words": _written(each.words),
        "translations": {language: _written(words) for language, words in each.translations.items()},
        "tags": list(each.tags),
        "readers": each.rule.readers,
    }


def _written(words: Words) -> list[str]:
    return [words.headline, words.story, words.question]


def _put_parts(tx: Tx, each: Entry) -> None:
    fields = [
        {
            "entry_id": each.id,
            "name": part.name,
            "value": part.value,
            "readers": part.rule.readers,
            "stand_in": part.stand_in,
            "translations": {code: [told.value, told.stand_in] for code, told in part.translations.items()} or None,
        }
        for part in each.fields
    ]
    readers = [
        {"entry_id": each.id, "field": name, "reader_id": reader}
        for name, rule in [("", each.rule), *((part.name, part.rule) for part in each.fields)]
        for reader in rule.people | rule.groups
    ]
    if fields:
        tx.execute(insert(entry_field), fields)
    if readers:
        tx.execute(insert(entry_reader), readers)


def _whole(tx: Tx, rows: Sequence[Sequence[Any]], *, always: bool = False) -> list[Entry]:
    """Entries with their fields and named readers: two statements more, however many there are."""
    if not rows and not always:
        return []
    ids = [row[0] for row in rows]
    named: dict[tuple[int, str], set[int]] = {}
    for entry_id, name, reader in _READERS.all(tx, {"ids": ids}):
        named.setdefault((entry_id, name), set()).add(reader)
    fields: dict[int, list[Field]] = {}
    for entry_id, name, value, readers, stand_in, others in _FIELDS.all(tx, {"ids": ids}):
        rule = _rule(readers, named.get((entry_id, name)))
        translations = {code: FieldWords(*told) for code, told in others.items()} if others else {}
        fields.setdefault(entry_id, []).append(Field(name, value, rule, stand_in, translations))
    return [_entry(row, named.get((row[0], "")), fields.get(row[0], [])) for row in rows]


def _rule(readers: Readers, named: set[int] | None) -> Rule:
    if readers == "people":
        return Rule(readers, people=frozenset(named or ()))
    if readers == "group":
        return Rule(readers, groups=frozenset(named or ()))
    return Rule(readers)


def _entry(row: Sequence[Any], named: set[int] | None, fields: list[Field]) -> Entry:
    values = dict(zip(_NAMES, row[:-1], strict=True))
    live = row[-1]
    rule = _rule(values["readers"], named)
    if values["post_id"] is not None and live is None:
        rule = ONLY_ME  # its post was deleted, by an app perhaps: what was taken back is open to nobody
    order = {name: at for at, name in enumerate(("title", "employer", "client", "dates", "place", "figures"))}
    return Entry(
        id=values["id"],
        actor_id=values["actor_id"],
        slug=values["slug"],
        kind=cast("Kind", values["kind"]),
        words=Words(*values["words"]),
        created_at=values["created_at"],
        changed_at=values["changed_at"],
        language=values["language"],
        translations={language: Words(*words) for language, words in values["translations"].items()},
        tags=tuple(values["tags"]),
        link=values["link"],
        rule=rule,
        fields=tuple(sorted(fields, key=lambda each: order[each.name])),
        position=values["position"],
        published_at=values["published_at"],
        post_id=live,
        import_key=values["import_key"],
    )
