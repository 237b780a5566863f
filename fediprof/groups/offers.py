"""What a group asks of offers (jobs, missions): that they name the pay and a person, and how many one person posts. What lacks
is sent back to its author with what is missing; once they add it, it comes in (product F14). Read from plain words by simple
rules, for most who post write from an app that knows no fields."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from fediprof.actors.records import Actor
from fediprof.clock import rfc3339
from fediprof.db.database import Tx
from fediprof.errors import Invalid, NotAllowed
from fediprof.groups import store
from fediprof.groups.records import KINDS, Group, Hosted, Kind
from fediprof.groups.rules import Decided
from fediprof.i18n.catalog import LANGUAGES, N_, Texts, texts
from fediprof.text.html import plain

MONTH: Final = timedelta(days=30)

Missing: TypeAlias = Literal["pay", "contact"]

MISSING: dict[Missing, str] = {
    "pay": N_("the pay, or a range: a line such as “Pay: 38–42 k€ a year”, or “unpaid”"),
    "contact": N_(
        "a person to write to, with their address: a line such as “Contact: Paul Martin, @paul@server.example”"
    ),
}
"""What is asked → how to say it."""
_REASON = N_("What is missing: {list}.")
_TOO_MANY = N_("At most {n} offers of one person in thirty days. Your next one may come from {day}.")

_TAGS = "offre offres offredemploi offreemploi joboffer jerecrute onrecrute nousrecrutons hiring wearehiring nowhiring fedihire"
_SAYS_SO = re.compile(
    r"#(?:" + "|".join(_TAGS.split()) + r")\b"
    r"|^\W*(?:offre(?: d[’']emploi)?|poste|job(?: offer)?|offer|vacancy|hiring)\s*:"
    r"|\b(?:nous recrutons|on recrute|je recrute|we(?:[’']re| are) hiring|i(?:[’']m| am) hiring)\b"
    r"|\b[hf]\s?/\s?[hf]\b",
    re.IGNORECASE | re.MULTILINE,
)
"""Words of somebody who offers. Those of somebody who looks for work (#emploi, #job) are none."""

_PAY = re.compile(
    r"\d[\d\s.,]*\s?(?:k\b|k?\s?(?:€|eur\b|euros?\b|\$|usd\b|£|gbp\b|chf\b))"
    r"|(?:€|\$|£|\bchf|\beur)\s?\d"
    r"|\b(?:salaire|r[ée]mun[ée]ration|gratification|tjm|pay|salary|compensation|wage|rate)\b[^\n:]{0,20}:[^\n]*(?:\d|smic)"
    r"|\b(?:b[ée]n[ée]vol\w*|non r[ée]mun[ée]r[ée]e?|unpaid|volunteer\w*)\b",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"(?<![\w/.@])@([\w-][\w.-]*)(?:@([\w-][\w.:-]*))?")


def kind_of(said: str, title: str, text: str) -> Kind:
    """What a thread is: what its author says it is, else an offer where its words are those of one. `text`: plain."""
    if said in KINDS:
        return said
    return "offer" if _SAYS_SO.search(f"{title}\n{text}") else ""


def missing(hosted: Hosted, title: str, text: str) -> list[Missing]:
    """What the group asks and an offer does not say."""
    words, group = f"{title}\n{text}", hosted.group
    found: list[Missing] = []
    if group.offers_name_pay and not _PAY.search(words):
        found.append("pay")
    if group.offers_name_contact and not any(
        not _is_group(hosted, name, server) for name, server in _HANDLE.findall(words)
    ):
        found.append("contact")
    return found


def _is_group(hosted: Hosted, name: str, server: str) -> bool:
    return name.rstrip(".").lower() == hosted.actor.username.lower() and server.lower() in ("", hosted.actor.host)


def next_at(tx: Tx, group: Group, author_id: int, now: datetime) -> datetime | None:
    """When the next offer of somebody may come, where they have posted as many as the group takes; None: now. One that was
    taken out, or taken back, counts: it was read."""
    if not group.offers_a_month:
        return None
    found = store.offers_since(tx, group.actor_id, author_id, now - MONTH, group.offers_a_month)
    return found[-1] + MONTH if len(found) == group.offers_a_month else None


def decided(tx: Tx, hosted: Hosted, before: Decided, author: Actor, title: str, html: str, now: datetime) -> Decided:
    """What becomes of an offer that would be taken: in the group's words where it is not."""
    t = words_of(hosted)
    if (day := next_at(tx, hosted.group, author.id, now)) is not None:
        return Decided("refused", t(_TOO_MANY, n=str(hosted.group.offers_a_month), day=t.date(day)))
    if lacks := missing(hosted, title, plain(html)):
        return Decided("lacking", lacking(t, lacks))
    return before


def lacking(t: Texts, lacks: list[Missing]) -> str:
    return t(_REASON, list=" · ".join(t(MISSING[each]) for each in lacks))


def must_be_complete(tx: Tx, hosted: Hosted, author_id: int, title: str, text: str, now: datetime) -> None:
    """The same, of a member here, before anything is written. Raises Invalid (field text), NotAllowed."""
    if (day := next_at(tx, hosted.group, author_id, now)) is not None:
        most, date = hosted.group.offers_a_month, rfc3339(day)[:10]
        raise NotAllowed(
            "offers of the month", public=f"At most {most} offers of one person in thirty days; the next from {date}"
        )
    must_say_all(hosted, title, text)


def must_say_all(hosted: Hosted, title: str, text: str) -> None:
    """An offer says what its group asks of offers. Raises Invalid (field text)."""
    match missing(hosted, title, text):
        case ["pay"]:
            raise Invalid(
                "An offer names its pay here: a line such as “Pay: 38–42 k€ a year”, or “unpaid”", field="text"
            )
        case ["contact"]:
            raise Invalid(
                "An offer names a person to write to, with their address: a line such as “Contact: Paul Martin,"
                " @paul@server.example”",
                field="text",
            )
        case ["pay", "contact"]:
            raise Invalid(
                "An offer names its pay and a person here: lines such as “Pay: 38–42 k€ a year” and “Contact: Paul"
                " Martin, @paul@server.example”",
                field="text",
            )


def words_of(hosted: Hosted) -> Texts:
    """The group's language."""
    code = (hosted.group.language or "")[:2]
    return texts(code if code in LANGUAGES else "en")
