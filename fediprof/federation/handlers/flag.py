"""Flag: a report about a member or a member's posts, for whoever runs this server; about a post in a group here, for its
moderators."""

from __future__ import annotations

from fediprof.federation.inbound import Inbound
from fediprof.groups import remote_acts, reporting
from fediprof.groups.reporting import ReceiveReport
from fediprof.moderation.commands import ReceiveFlag
from fediprof.text.html import plain


async def report(inbound: Inbound) -> str:
    """Mastodon names the account and its posts in a list and says why in `content`; Lemmy one post, and `summary`."""
    activity, document = inbound.activity, inbound.activity.document or {}
    objects = activity.object_ids or ((activity.object_id,) if activity.object_id else ())
    comment = plain(activity.content) or remote_acts.words_of(document)
    flag = ReceiveFlag(activity.id, inbound.actor.iri, objects[:100], comment)
    request = ReceiveReport(flag, document, inbound.forwardable, inbound.host)
    return await inbound.perform(reporting.receive_report, request)
