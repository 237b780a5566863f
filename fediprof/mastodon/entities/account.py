"""Account and CredentialAccount. An *actor* is ours; an account here is the client API's word for it."""

from __future__ import annotations

from fediprof.accounts.records import Account
from fediprof.actors.records import Actor
from fediprof.mastodon.entities import emoji
from fediprof.mastodon.entities.answer import Answer, Entity
from fediprof.mastodon.entities.visibility import word
from fediprof.media import addresses

_NO_ROLE = {"id": "-99", "name": "", "permissions": "0", "color": "", "highlighted": False}


def handle(actor: Actor) -> str:
    """`acct`: the bare name for members, `user@domain` for the rest of the world."""
    return actor.username if actor.local else actor.handle


def render(actor: Actor, answer: Answer) -> Entity:
    """`avatar` and `header` are never empty: apps crash on that. Of somebody suspended, or gone, as Mastodon has it, there
    is a name to hold on to and `suspended`, and nothing they said of themselves. Rendered once per answer."""
    known = answer.accounts.get(actor.id)
    if known is not None:
        return known
    avatar = addresses.avatar(actor, answer.here, answer.pictures)
    header = addresses.header(actor, answer.here, answer.pictures)
    made: Entity = {
        "id": str(actor.id),
        "username": actor.username,
        "acct": actor.username if actor.local else actor.handle,
        "display_name": actor.name,
        "locked": actor.locked,
        "bot": actor.type in ("Service", "Application"),
        "discoverable": actor.discoverable,
        "indexable": actor.indexable,
        "noindex": not actor.indexable,
        "group": actor.type == "Group",
        "created_at": f"{(actor.published_at or actor.created_at).date().isoformat()}T00:00:00.000Z",
        "note": actor.summary,
        "url": actor.url or actor.iri,
        "uri": actor.iri,
        "avatar": avatar,
        "avatar_static": avatar,
        "avatar_description": "",
        "header": header,
        "header_static": header,
        "header_description": "",
        "followers_count": actor.followers_count,
        "following_count": actor.following_count,
        "statuses_count": actor.posts_count,
        "last_status_at": actor.last_post_at.date().isoformat() if actor.last_post_at else None,
        "hide_collections": actor.local,  # how many, not who: see `follows.followers`
        "emojis": emoji.render(actor.emojis, answer) if actor.emojis else [],
        "fields": [
            {"name": line.name, "value": line.value, "verified_at": line.verified_at} for line in actor.profile_fields
        ],
        "roles": [],
    }
    if actor.gone_at is not None or actor.id in answer.suspended:
        made |= _bare(answer)
    answer.accounts[actor.id] = made
    return made


def _bare(answer: Answer) -> Entity:
    avatar, header = (f"{answer.here.origin}/{each}" for each in (addresses.NO_AVATAR, addresses.NO_HEADER))
    return {
        "suspended": True,
        "display_name": "",
        "locked": False,
        "bot": False,
        "discoverable": False,
        "indexable": False,
        "noindex": True,
        "note": "",
        "avatar": avatar,
        "avatar_static": avatar,
        "header": header,
        "header_static": header,
        "followers_count": 0,
        "following_count": 0,
        "statuses_count": 0,
        "last_status_at": None,
        "emojis": [],
        "fields": [],
    }


def render_moved(actor: Actor, target: Actor | None, answer: Answer) -> Entity:
    """With `moved`, for the page of one account: where its person went."""
    return {**render(actor, answer), "moved": render(target, answer) if target else None}


def render_credentials(actor: Actor, account: Account, requests: int, answer: Answer) -> Entity:
    """The member's own: what they wrote stands in `source` as text, beside the HTML. `requests`: waiting followers."""
    return {
        **render(actor, answer),
        "source": {
            "privacy": word(account.default_visibility),
            "sensitive": False,
            "language": account.language,
            "note": actor.summary_source or "",
            "fields": [
                {"name": line.name, "value": line.source, "verified_at": line.verified_at}
                for line in actor.profile_fields
            ],
            "follow_requests_count": requests,
            "hide_collections": True,
            "discoverable": actor.discoverable,
            "indexable": actor.indexable,
            "attribution_domains": [],
        },
        "role": _NO_ROLE,
    }
