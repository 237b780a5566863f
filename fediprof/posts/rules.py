"""Who may see, answer and change a post: pure decisions on records. `store.visible` is `visible_to` as SQL.

The rule: public and quiet posts are for everybody; followers' posts for accepted followers and those named; direct
posts for those named, a private group's for its members, whoever is named. A block, either way, hides all. What is not visible does not exist for the one who asks.
"""

from __future__ import annotations

from fediprof.errors import Invalid, NotAllowed, NotFound
from fediprof.posts.records import MAX_ATTACHMENTS, MAX_CHARACTERS, VISIBILITIES, Post
from fediprof.principal import Member


def must_be_own(by: Member, post: Post | None) -> Post:
    """The post, if it is there and this member wrote it; a stranger's post is simply not found."""
    if post is None or post.deleted_at is not None or post.actor_id != by.actor_id:
        raise NotFound("no such post of yours")
    return post


def must_be_writable(text: str, warning: str, visibility: str, uploads: int) -> None:
    """Raises Invalid naming the field."""
    if not text.strip() and not uploads:
        raise Invalid("Write something, or add a picture", field="text")
    if len(text) + len(warning) > MAX_CHARACTERS:
        raise Invalid(f"At most {MAX_CHARACTERS} characters", field="text")
    if visibility not in (*VISIBILITIES, "group"):
        raise Invalid("Choose who may read this", field="visibility")
    if uploads > MAX_ATTACHMENTS:
        raise Invalid(f"At most {MAX_ATTACHMENTS} pictures", field="uploads")


def must_be_announceable(by: Member, post: Post) -> None:
    """Public and quiet posts may be passed on by all, followers' posts by their author to the same followers, direct
    posts by nobody."""
    if post.visibility in ("public", "quiet"):
        return
    if post.visibility == "followers" and post.actor_id == by.actor_id:
        return
    raise NotAllowed("this post was not written for everyone")


def is_public(post: Post) -> bool:
    """Whether anybody at all may see it."""
    return post.deleted_at is None and post.visibility in ("public", "quiet")
