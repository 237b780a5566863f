"""First private messages of about the same text: what tells that they are, for thirty days. No text, and nobody's name."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from fediprof.schema.columns import Id, Instant, Json, metadata

campaign = Table(
    "campaign",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("scope", Text, nullable=False),  # within which texts are compared: a host, or one member here
    Column("member_id", Id, ForeignKey("actor.id", ondelete="cascade")),  # who sends, when it is somebody here
    Column("signature", LargeBinary, nullable=False),  # of one copy, see `campaigns.likeness`
    Column("signed_at", Instant, nullable=False),  # when that copy came
    Column("begun_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("reached", Integer, nullable=False),  # different people; of three and more it is a campaign
    Column("dismissed_at", Instant),
    Column("dismissed_by", Id),
    Column("told_at", Instant),  # those who run the sender's server were written to
    Column("told_by", Id),
    Column("told_iris", Json, nullable=False),  # the Flags
    Index("ix_campaign_scope", "scope", "reached", "last_at"),
    Index("ix_campaign_reached", "reached", "last_at"),
    Index("ix_campaign_member", "member_id"),
)

campaign_band = Table(
    "campaign_band",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),  # of a scope and a part of a signature
    Column("campaign_id", Id, ForeignKey("campaign.id", ondelete="cascade"), primary_key=True),
    Index("ix_campaign_band_campaign", "campaign_id"),
)

campaign_copy = Table(
    "campaign_copy",
    metadata,
    Column("post_id", Id, ForeignKey("post.id", ondelete="cascade"), primary_key=True, autoincrement=False),
    Column("campaign_id", Id, ForeignKey("campaign.id", ondelete="cascade"), nullable=False),
    Column("sender_id", Id, ForeignKey("actor.id", ondelete="cascade"), nullable=False),
    Column("recipient", BigInteger, nullable=False),  # a hash, to count different ones
    Column("sentences", LargeBinary, nullable=False),  # a short hash of each
    Column("at", Instant, nullable=False),
    Index("ix_campaign_copy_recipient", "campaign_id", "recipient"),
    Index("ix_campaign_copy_sender", "sender_id"),
    Index("ix_campaign_copy_whose", "recipient"),
    Index("ix_campaign_copy_at", "at"),
)
