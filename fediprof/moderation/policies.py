"""What is decided about other servers, and the one place that is asked: `domain_blocked` before anything is taken from a
host, fetched there or sent there; `severity_of` and `flags_of` for less.

The most specific name decides: a policy for `sub.far.example` goes before one for `far.example`, and both before `*`, the
policy of every server not named, which is there when the setting says that only listed servers are talked to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from sqlalchemy import delete, func, select, update

from fediprof.db.among import among
from fediprof.db.changes import insert_record
from fediprof.db.database import Tx
from fediprof.db.prepared import Prepared
from fediprof.schema.moderation import domain_policy

Severity: TypeAlias = Literal["block", "limit", "none"]
SEVERITIES: tuple[Severity, ...] = ("block", "limit", "none")
"""Nothing is taken or sent · only those who follow them see them · talked to as others are."""

EVERYONE_ELSE = "*"


@dataclass(frozen=True, slots=True)
class Policy:
    """Column order of `schema.moderation.domain_policy`. `comment` is for those who run the server. `list_id`: the list it
    came from; None: decided by hand. `largest`: bytes of one activity; `per_minute`: activities."""

    domain: str
    severity: Severity
    reject_media: bool
    reject_reports: bool
    obfuscate: bool
    comment: str
    public_comment: str
    list_id: int | None
    largest: int | None
    per_minute: int | None
    created_at: datetime

    @property
    def shown_as(self) -> str:
        """Its name where others read it: `f**.ex*****` when it is kept unreadable."""
        return obfuscated(self.domain) if self.obfuscate else self.domain


SEVERITY = (
    select(domain_policy.c.severity)
    .where(among(domain_policy.c.domain, "names"))
    .order_by(func.length(domain_policy.c.domain).desc())
    .limit(1)
    .scalar_subquery()
)
"""What decides about the host whose names (`over`) are the parameter `names`; null: nothing does."""

_SEVERITY = Prepared(
    select(domain_policy.c.severity)
    .where(among(domain_policy.c.domain, "names"))
    .order_by(func.length(domain_policy.c.domain).desc())
    .limit(1)
)
_NAMED = Prepared(select(domain_policy).where(among(domain_policy.c.domain, "names")))


def over(host: str) -> list[str]:
    """The names whose policy is one for `host`: its own, every domain it is under, and everyone else's."""
    labels = host.partition(":")[0].split(".")
    return [".".join(labels[i:]) for i in range(len(labels))] + [host, EVERYONE_ELSE]


def domain_blocked(tx: Tx, host: str) -> bool:
    """Whether nothing is taken from a host and nothing sent there."""
    return severity_of(tx, host) == "block"


def severity_of(tx: Tx, host: str) -> Severity:
    found = _SEVERITY.first(tx, {"names": over(host)})
    return "none" if found is None else found[0]


def flags_of(tx: Tx, host: str) -> Policy | None:
    """The policy that decides about a host."""
    return of_hosts(tx, [host]).get(host)


def of_hosts(tx: Tx, hosts: Iterable[str]) -> dict[str, Policy]:
    """{host: the policy that decides about it}, without those about which none does."""
    wanted = set(hosts)
    names = {name for host in wanted for name in over(host)}
    if not wanted:
        return {}
    known = {row[0]: Policy(*row) for row in _NAMED.all(tx, {"names": sorted(names)})}
    return {host: found for host in wanted if (found := deciding(known, host)) is not None} if known else {}


def deciding(known: Mapping[str, Policy], host: str) -> Policy | None:
    """Of policies by domain, the one that decides about a host."""
    return known.get(max((name for name in over(host) if name in known), key=len, default=""))


def all_policies(tx: Tx) -> dict[str, Policy]:
    """By domain, in the order of their names."""
    return {row[0]: Policy(*row) for row in tx.execute(select(domain_policy).order_by(domain_policy.c.domain))}


def keep(tx: Tx, new: Policy) -> None:
    """In the place of what was decided about that domain."""
    drop(tx, new.domain)
    insert_record(tx, domain_policy, new)


def drop(tx: Tx, domain: str) -> bool:
    return tx.execute(delete(domain_policy).where(domain_policy.c.domain == domain)).rowcount > 0


def only_listed(tx: Tx) -> bool:
    """Whether only servers named in a policy are talked to."""
    return EVERYONE_ELSE in {row[0] for row in _NAMED.all(tx, {"names": [EVERYONE_ELSE]})}


def set_only_listed(tx: Tx, wanted: bool, now: datetime) -> None:
    """As the setting `federation` says, at each start."""
    drop(tx, EVERYONE_ELSE)
    if wanted:
        keep(tx, blank(EVERYONE_ELSE, "block", now))


def blank(domain: str, severity: Severity, now: datetime) -> Policy:
    return Policy(domain, severity, False, False, False, "", "", None, None, None, now)


def limits(tx: Tx) -> dict[str, tuple[int | None, int | None]]:
    """{domain: (bytes of an activity, activities a minute)} where one is set."""
    columns = domain_policy.c.domain, domain_policy.c.largest, domain_policy.c.per_minute
    query = select(*columns).where(domain_policy.c.largest.is_not(None) | domain_policy.c.per_minute.is_not(None))
    return {row[0]: (row[1], row[2]) for row in tx.execute(query)}


def orphaned(tx: Tx, list_id: int) -> None:
    """Of a list that is read no more: what it brought stays, as decided by hand."""
    tx.execute(update(domain_policy).where(domain_policy.c.list_id == list_id).values(list_id=None))


def obfuscated(domain: str) -> str:
    """As other servers publish a name they do not want found: the middle of each label but the last as stars."""
    labels = domain.split(".")
    hidden = [each[0] + "*" * (len(each) - 1) if len(each) > 1 else "*" for each in labels[:-1]]
    return ".".join([*hidden, labels[-1]])
