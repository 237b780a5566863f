"""Words for groups, shared by their pages: who gets in, who writes, what a thread is, how its reader stands."""

from __future__ import annotations

import re
from types import SimpleNamespace

from fediprof.groups.front import Place
from fediprof.groups.records import Group
from fediprof.i18n.catalog import N_, Texts
from fediprof.text.html import excerpt

DOORS = {
    "open": (N_("Open to all"), N_("Whoever asks is in at once. Everyone reads.")),
    "approval": (N_("By approval"), N_("A moderator lets people in. Everyone reads.")),
    "private": (N_("Private"), N_("A moderator lets people in. Only members read what is written.")),
}
"""Membership → (word, what it means)."""

WRITERS = {
    "everyone": (N_("Everyone begins threads"), N_("Members or not, from any server.")),
    "members": (N_("Members begin threads"), N_("Whoever wants to answers in a public group.")),
    "moderators": (N_("Moderators begin threads"), N_("Others answer.")),
}

KINDS = {
    "ask": (N_("Question"), N_("You would like to know something, or to be told what others think.")),
    "tell": (N_("Experience"), N_("Something you did, tried, read or learnt, and that may serve others.")),
    "offer": (N_("Offer"), N_("A job, a mission, a place, a hand: say who, where and for how much.")),
}
"""Kind of a thread → (word, what belongs there), in the order they are offered."""

KIND_LISTS = {"ask": N_("Questions"), "tell": N_("Experiences"), "offer": N_("Offers")}

STANDING = {
    "member": N_("You are a member."),
    "pending": N_("You asked to join; no answer yet."),
    "rejected": N_("Your request was turned down."),
    "banned": N_("You are banned from this group."),
}

MARKS = {
    "member": N_("Member"),
    "pending": N_("Asked"),
    "rejected": N_("Turned down"),
    "banned": N_("Banned"),
}
"""Standing → one word, in lists."""

STATES = {
    "sent": N_("On its way to the group: it has not been passed on yet."),
    "held": N_("Waits for a moderator. Its author and the moderators alone see it in the group."),
    "waiting": N_(
        "Waits for its turn: only so many posts a minute are let in. Its author and the moderators alone see it here."
    ),
    "lacking": N_("Not in the group yet: it does not say what the group asks of offers."),
    "refused": N_("The group did not take this."),
    "removed": N_("Taken out of the group by its moderators."),
}
"""State of a post in a group → what its author reads."""

DECISIONS = {
    "found": N_("The group was founded"),
    "revise": N_("The charter was changed"),
    "close": N_("The group was closed"),
    "admit": N_("Let in"),
    "turn_away": N_("Turned away"),
    "approve": N_("A post that waited was let in"),
    "refuse": N_("A post that waited was not taken"),
    "remove": N_("A post was taken out"),
    "restore": N_("A post was put back"),
    "lock": N_("A thread, or an answer, was locked"),
    "unlock": N_("A thread, or an answer, was opened again"),
    "pin": N_("A thread was pinned"),
    "unpin": N_("A thread is no longer pinned"),
    "ban": N_("Banned"),
    "unban": N_("No longer banned"),
    "warn": N_("Warned"),
    "appoint": N_("Made a moderator"),
    "dismiss": N_("No longer a moderator"),
    "resign": N_("Stopped being a moderator"),
    "decide_report": N_("A report was decided"),
    "contest": N_("A decision was contested"),
    "uphold": N_("A contested decision was kept"),
    "overturn": N_("A contested decision was taken back"),
}
"""Action of the log → what happened."""

ASKED = {
    "remove": N_("Asked: take the post out"),
    "restore": N_("Asked: put the post back"),
    "lock": N_("Asked: lock the thread"),
    "unlock": N_("Asked: open the thread for answers again"),
    "lock_answer": N_("Asked: lock this answer"),
    "unlock_answer": N_("Asked: open this answer again"),
    "pin": N_("Asked: pin the thread"),
    "unpin": N_("Asked: unpin the thread"),
    "ban": N_("Asked: ban its author"),
    "unban": N_("Asked: end the ban of its author"),
}
"""What a moderator here asked of a group elsewhere, and is not so yet."""

WAYS = {
    "waiting": N_("Not sent yet: it waits for {host} to answer."),
    "sent": N_("Sent to {host}. It is shown as done here once the group announces it."),
    "failed": N_("It could not be sent to {host}."),
}
"""State of its delivery → words."""

NEWS = {
    "group.held": N_("wrote something that waits for you"),
    "group.request": N_("asks to join your group"),
    "group.report": N_("wrote something that was reported"),
    "group.contested": N_("contests a decision"),
    "group.admitted": N_("let you in"),
    "group.turned_away": N_("turned down your request"),
    "group.put_out": N_("ended your membership"),
    "group.approved": N_("let in what you wrote"),
    "group.refused": N_("did not take what you wrote"),
    "group.removed": N_("took out what you wrote"),
    "group.restored": N_("put back what you wrote"),
    "group.locked": N_("locked what you wrote"),
    "group.banned": N_("banned you"),
    "group.unbanned": N_("ended your ban"),
    "group.warned": N_("warns you"),
    "group.appointed": N_("made you a moderator"),
    "group.dismissed": N_("no longer has you as a moderator"),
    "group.upheld": N_("looked again at a decision you contested: it stands"),
    "group.overturned": N_("took back a decision you contested"),
    "group.unmoderated": N_("has no moderator any more"),
    "group.report_decided": N_("decided about what you reported"),
}
"""Kind of a notification → what is said after the name of the person or group it comes from."""

TO_DECIDE = frozenset(("group.held", "group.request", "group.report", "group.contested"))
"""Those that lead moderators to their queue; the others lead to what was decided."""

_FIRST = re.compile(r"\s*<p[^>]*>(?P<first>.*?)</p>(?P<rest>.*)", re.DOTALL)


def in_one_line(summary: str) -> tuple[str, str]:
    """(one line, HTML of what is left to read) of a group's description: its first paragraph, where it has more."""
    match = _FIRST.fullmatch(summary)
    if match is not None:
        line = excerpt(match["first"], 240)
        return line, match["rest"].strip() if not line.endswith("…") else summary
    line = excerpt(summary, 240)
    return line, summary if line.endswith("…") else ""


def standing(place: Place, t: Texts) -> str:
    """How its reader stands in a group, in a sentence; "" where there is nothing to say."""
    if place.membership == "":
        return ""
    words = t(STANDING[place.membership])
    kept = place.standing
    if place.membership == "banned" and kept is not None:
        if kept.ban_ends_at is not None:
            words = t("You are banned from this group until {date}.", date=t.moment(kept.ban_ends_at))
        if kept.ban_reason:
            words += " " + t("Reason: {reason}", reason=kept.ban_reason)
    return words


def offers(group: Group | None, t: Texts) -> list[str]:
    """What a group here asks of offers, a sentence each."""
    if group is None or not group.local:
        return []
    asked = [t("An offer names its pay, or a range.")] if group.offers_name_pay else []
    if group.offers_name_contact:
        asked.append(t("An offer names a person to write to, with their address."))
    if group.offers_a_month:
        asked.append(
            t.plural(
                "One person posts at most {n} offer in thirty days.",
                "One person posts at most {n} offers in thirty days.",
                group.offers_a_month,
            )
        )
    return asked


def lists(t: Texts) -> list[tuple[str, str]]:
    """Kinds as the names of lists: (kind, words)."""
    return [(kind, t(words)) for kind, words in KIND_LISTS.items()]


WORDS = SimpleNamespace(
    doors=DOORS,
    writers=WRITERS,
    kinds=KINDS,
    marks=MARKS,
    states=STATES,
    lists=lists,
    offers=offers,
    news=NEWS,
    to_decide=TO_DECIDE,
    asked=ASKED,
    ways=WAYS,
)
"""For templates."""
