"""Readers as strict as those of other software, and which of them reads what. Written from the rules they are known to keep,
not from anybody's code. Everything any test sends passes all that apply (tests/conftest.py)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from fediprof.as2.names import PUBLIC
from tests.groups.strict.lemmy import lemmy_group, lemmy_outbox, lemmy_post, lemmy_strict
from tests.groups.strict.mastodon import mastodon_history, mastodon_strict
from tests.groups.strict.mbin import mbin_strict
from tests.groups.strict.piefed import piefed_strict
from tests.groups.strict.shape import POSTS, Doc, addressed, embedded, object_id, public, wrapped

Sent = tuple[str, Doc]
"""(inbox, activity)"""


def in_group(activity: Doc, groups: Mapping[str, str]) -> bool:
    """Whether an activity is to, by or in a group. `groups`: actor → its followers' collection."""
    inner = embedded(activity) or {}
    if activity.get("type") == "Create" and "audience" not in inner and not set(addressed(inner)) & {*groups, PUBLIC}:
        return False  # a private message, be it the group's own
    named = (activity.get("actor"), activity.get("audience"), activity.get("object"), inner.get("object"))
    return wrapped(activity) is not None or any(isinstance(each, str) and each in groups for each in named)


def faults(sent: Iterable[Sent], groups: Mapping[str, str], host: str) -> list[str]:
    """Of everything our server `host` sent, in order; what it passed on of others unchanged is not its fault."""
    ours = [(inbox, each) for inbox, each in sent if urlsplit(str(each.get("actor"))).netloc == host]
    found: list[str] = []
    for inbox, each in ours:
        read = {"mastodon": mastodon_strict(each), "piefed": piefed_strict(each)}
        if in_group(each, groups):
            followers = groups.get(str(each.get("actor")), "")
            read["lemmy"] = lemmy_strict(each)
            read["mbin"] = mbin_strict(each, followers=followers, receiver=urlsplit(inbox).netloc)
        elif each.get("type") in ("Create", "Update", "Announce") and public(each) and {*addressed(each)} & {*groups}:
            read["lemmy"] = [f"{name} is no array" for name in ("to", "cc") if not isinstance(each.get(name), list)]
        found += [f"{name}: {fault} · {_named(each)}" for name, faults in read.items() for fault in faults]
    found += [f"mastodon: {each}" for each in mastodon_history([each for _, each in ours], groups)]
    return list(dict.fromkeys(found))


def served_faults(document: Doc, groups: Mapping[str, str]) -> list[str]:
    """Of a document answered at one of our addresses."""
    kind, iri = document.get("type"), str(document.get("id"))
    if kind == "Group":
        return [f"lemmy: {each} · {iri}" for each in lemmy_group(document)]
    if iri.partition("?")[0].removesuffix("/outbox") in groups and "/outbox" in iri:
        return [f"lemmy: {each} · {iri}" for each in lemmy_outbox(document)]
    if kind in POSTS and document.get("audience") in groups:
        return [f"lemmy: {each} · {iri}" for each in lemmy_post(document)]
    return []


def _named(activity: Doc) -> str:
    inner = embedded(activity)
    of = f"{{{inner.get('type')}}}" if inner else ""
    return f"{activity.get('type')}{of} {activity.get('id')} of {object_id(activity)}"
