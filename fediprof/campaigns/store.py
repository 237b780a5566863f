"""All SQL on campaigns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, exists, func, insert, or_, select, update

from fediprof.campaigns import likeness
from fediprof.campaigns.records import FEWEST, MOST_COMPARED, MOST_SENDERS, OTHERS_READ, Campaign, Copy, Line
from fediprof.db.changes import insert_record
from fediprof.db.database import Tx
from fediprof.schema.accounts import account
from fediprof.schema.actors import follow
from fediprof.schema.campaigns import campaign, campaign_band, campaign_copy
from fediprof.schema.posts import mention, post

_CANDIDATES = 40


def enough_members(tx: Tx) -> bool:
    """Whether so many people have an account here that something could go to several."""
    return len(tx.execute(select(account.c.id).limit(FEWEST)).all()) == FEWEST


def has_written_to(tx: Tx, writer_id: int, reader_id: int) -> bool:
    """Whether somebody ever wrote to somebody, in private or by naming them in public."""
    query = select(post.c.id).join(mention, mention.c.post_id == post.c.id)
    query = query.where(post.c.actor_id == writer_id, mention.c.actor_id == reader_id).limit(1)
    return tx.execute(query).first() is not None


def is_followed(tx: Tx, actor_id: int) -> bool:
    return bool(tx.execute(select(exists().where(follow.c.target_id == actor_id))).scalar())


# --- texts compared


def likest(tx: Tx, signature: bytes, scope: str, since: datetime) -> Campaign | None:
    """Of a scope's texts the one most alike; None when none is about the same. Of equals, the one that went to more."""
    keys = likeness.bands(signature, scope)
    shared = select(campaign_band.c.campaign_id).where(campaign_band.c.key.in_(keys))
    query = select(campaign).where(campaign.c.id.in_(shared), campaign.c.scope == scope, campaign.c.last_at > since)
    rows = tx.execute(query.order_by(campaign.c.reached.desc(), campaign.c.id).limit(_CANDIDATES))
    found = [(likeness.similarity(signature, each.signature), each) for each in (Campaign(*row) for row in rows)]
    alike, best = max(found, key=lambda pair: pair[0], default=(0.0, None))
    return best if alike >= likeness.ALIKE else None


def hold(tx: Tx, campaign_id: int) -> bool:
    """Whether it is still there, and stays until this transaction is over."""
    query = select(campaign.c.id).where(campaign.c.id == campaign_id).with_for_update()
    return tx.execute(query).first() is not None


def insert_campaign(tx: Tx, new: Campaign) -> None:
    """Of a scope that is full, the one that reached least, and of these the oldest, gives way."""
    full = select(func.count()).where(campaign.c.scope == new.scope)
    if int(tx.execute(full).scalar_one()) >= MOST_COMPARED:
        least = select(campaign.c.id).where(campaign.c.scope == new.scope)
        least = least.order_by(campaign.c.reached, campaign.c.last_at).limit(1)
        tx.execute(delete(campaign).where(campaign.c.id.in_(least)))
    insert_record(tx, campaign, new)
    _index(tx, new)


def renew(tx: Tx, known: Campaign, signature: bytes, now: datetime) -> None:
    tx.execute(update(campaign).where(campaign.c.id == known.id).values(signature=signature, signed_at=now))
    tx.execute(delete(campaign_band).where(campaign_band.c.campaign_id == known.id))
    _index(tx, replace(known, signature=signature))


def insert_copy(tx: Tx, new: Copy) -> None:
    insert_record(tx, campaign_copy, new)


def is_kept(tx: Tx, post_id: int) -> bool:
    return tx.execute(select(campaign_copy.c.post_id).where(campaign_copy.c.post_id == post_id)).first() is not None


def copies_to(tx: Tx, campaign_id: int, recipient: int) -> int:
    same = campaign_copy.c.campaign_id == campaign_id, campaign_copy.c.recipient == recipient
    return int(tx.execute(select(func.count()).where(*same)).scalar_one())


def went_on(tx: Tx, campaign_id: int, now: datetime, *, one_more: bool) -> None:
    values = {"last_at": now, "reached": campaign.c.reached + int(one_more)}
    tx.execute(update(campaign).where(campaign.c.id == campaign_id).values(values))


def _index(tx: Tx, signed: Campaign) -> None:
    keys = dict.fromkeys(likeness.bands(signed.signature, signed.scope))
    tx.execute(insert(campaign_band), [{"key": key, "campaign_id": signed.id} for key in keys])


# --- what is told


def copies(tx: Tx, post_ids: Iterable[int]) -> list[tuple[Copy, Campaign]]:
    """Those of the posts that are part of a campaign which nobody dismissed."""
    query = (
        select(*campaign_copy.c, *campaign.c)
        .join(campaign, campaign.c.id == campaign_copy.c.campaign_id)
        .where(campaign_copy.c.post_id.in_(list(post_ids)))
        .where(campaign.c.reached >= FEWEST, campaign.c.dismissed_at.is_(None))
    )
    width = len(campaign_copy.c)
    return [(Copy(*row[:width]), Campaign(*row[width:])) for row in tx.execute(query)]


def sentences_of_others(tx: Tx, copy: Copy) -> set[bytes]:
    """Hashes of what the copies of other people say."""
    query = select(campaign_copy.c.sentences).where(
        campaign_copy.c.campaign_id == copy.campaign_id, campaign_copy.c.recipient != copy.recipient
    )
    rows = tx.execute(query.order_by(campaign_copy.c.post_id.desc()).limit(OTHERS_READ)).scalars()
    return {each for row in rows for each in likeness.apart(row)}


# --- for whoever runs the server


def lines(tx: Tx, limit: int = 100, *, only: int | None = None) -> list[Line]:
    """What reached three people or more, the last first."""
    query = select(campaign).where(campaign.c.reached >= FEWEST).order_by(campaign.c.last_at.desc()).limit(limit)
    if only is not None:
        query = query.where(campaign.c.id == only)
    found = [Campaign(*row) for row in tx.execute(query)]
    return [Line(each, tuple(senders(tx, each.id))) for each in found]


def senders(tx: Tx, campaign_id: int, limit: int = MOST_SENDERS) -> list[int]:
    by = campaign_copy.c.sender_id
    query = select(by).where(campaign_copy.c.campaign_id == campaign_id).group_by(by)
    return list(tx.execute(query.order_by(func.count().desc(), by).limit(limit)).scalars())


def to_change(tx: Tx, campaign_id: int) -> Campaign | None:
    """The row, for this transaction alone: of two presses of a button the second sees the first."""
    query = select(campaign).where(campaign.c.id == campaign_id, campaign.c.reached >= FEWEST).with_for_update()
    row = tx.execute(query).first()
    return None if row is None else Campaign(*row)


def set_dismissed(tx: Tx, campaign_id: int, by_id: int | None, at: datetime | None) -> None:
    values = {"dismissed_at": at, "dismissed_by": by_id}
    tx.execute(update(campaign).where(campaign.c.id == campaign_id).values(values))


def set_told(tx: Tx, campaign_id: int, by_id: int, at: datetime, iris: Sequence[str]) -> None:
    values = {"told_at": at, "told_by": by_id, "told_iris": list(iris)}
    tx.execute(update(campaign).where(campaign.c.id == campaign_id).values(values))


# --- forgetting


def sweep(tx: Tx, before: datetime) -> None:
    """Forget copies that came before, and every signature as old."""
    old = campaign_copy.c.at <= before
    touched = list(tx.execute(select(campaign_copy.c.campaign_id).where(old).distinct()).scalars())
    tx.execute(delete(campaign_copy).where(old))
    _recount(tx, touched)
    tx.execute(delete(campaign).where(or_(campaign.c.signed_at <= before, campaign.c.last_at <= before)))


def forget(tx: Tx, actor_id: int) -> None:
    """Somebody left, here or elsewhere: what they sent and what they got counts no more."""
    theirs = or_(campaign_copy.c.sender_id == actor_id, campaign_copy.c.recipient == likeness.person(actor_id))
    touched = list(tx.execute(select(campaign_copy.c.campaign_id).where(theirs).distinct()).scalars())
    tx.execute(delete(campaign_copy).where(theirs))
    _recount(tx, touched)
    tx.execute(delete(campaign).where(campaign.c.member_id == actor_id))


def _recount(tx: Tx, campaign_ids: Iterable[int]) -> None:
    for each in campaign_ids:
        different = select(func.count(campaign_copy.c.recipient.distinct())).where(
            campaign_copy.c.campaign_id == each
        )
        left = int(tx.execute(different).scalar_one())
        if left:
            tx.execute(update(campaign).where(campaign.c.id == each).values(reached=left))
        else:
            tx.execute(delete(campaign).where(campaign.c.id == each))
