"""Decisions about other servers: blocked, limited, talked to; shown before they are taken, and taken back.

Blocking ends following both ways and tells the other side (Undo of ours, Reject of theirs); lifting a block brings nothing
of that back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import or_, select, update

from fediprof.actors import store as actors
from fediprof.as2.origin import ascii_host
from fediprof.db.among import among
from fediprof.db.database import Tx
from fediprof.effects import Audience, Deliver, Done, Effect
from fediprof.errors import Invalid, Malformed, NotFound
from fediprof.follows import wire
from fediprof.follows.commands import answer_to, end_between
from fediprof.groups import log
from fediprof.here import Here
from fediprof.moderation import policies
from fediprof.moderation.policies import EVERYONE_ELSE, SEVERITIES, Policy, Severity
from fediprof.principal import Member, must_run_server
from fediprof.schema.actors import actor, follow
from fediprof.schema.delivery import delivery
from fediprof.schema.posts import post

MOST_COMMENT = 500
SMALLEST_LIMIT, LARGEST_LIMIT = 1024, 1_048_576
MOST_AT_ONCE = 20_000
"""Lines of one decision."""

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_NAME = re.compile(
    r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)+(:\d{1,5})?|localhost(:\d{1,5})?"
)


@dataclass(frozen=True, slots=True)
class Line:
    """What is wanted of one server. `severity` None: nothing any more. `whole` False: from a file or a list, which know
    nothing of private comments and limits; those stay."""

    domain: str
    severity: Severity | None
    reject_media: bool = False
    reject_reports: bool = False
    obfuscate: bool = False
    comment: str = ""
    public_comment: str = ""
    largest: int | None = None
    per_minute: int | None = None
    whole: bool = True


@dataclass(frozen=True, slots=True)
class DecideDomains:
    """`list_id`: the list the lines are from; None: decided by hand, which no list overrides."""

    by: Member
    lines: tuple[Line, ...]
    list_id: int | None = None


@dataclass(frozen=True, slots=True)
class BlockDomain:
    by: Member
    domain: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Cut:
    """Follows that end: of members here, and of people there."""

    ours: int = 0
    theirs: int = 0

    @property
    def all(self) -> int:
        return self.ours + self.theirs

    def __add__(self, other: Cut) -> Cut:
        return Cut(self.ours + other.ours, self.theirs + other.theirs)


def cleaned(written: str, here: Here) -> str:
    """The name of another server as it is kept: lower case, punycode. Raises Invalid (field domain)."""
    name = written.strip().removeprefix("https://").removeprefix("http://").strip("/")
    if "*" in name:
        raise Invalid("This name is kept unreadable, it cannot be used", field="domain")
    try:
        domain = ascii_host(name.lstrip("@."))
    except Malformed:
        raise Invalid("This is not the name of a server", field="domain") from None
    if not _NAME.fullmatch(domain) or domain in (here.domain, here.host):
        raise Invalid("This is not the name of another server", field="domain")
    if any(own.endswith(f".{domain}") for own in (here.domain, here.host)):
        raise Invalid("This server itself is under that name", field="domain")
    return domain


def checked(line: Line, here: Here) -> Line:
    """Raises Invalid naming the field."""
    if line.severity is not None and line.severity not in SEVERITIES:
        raise Invalid("Choose what is to be done", field="severity")
    if line.largest is not None and not SMALLEST_LIMIT <= line.largest <= LARGEST_LIMIT:
        raise Invalid("Between 1 and 1024 KiB", field="largest")
    if line.per_minute is not None and not 1 <= line.per_minute <= 100_000:
        raise Invalid("Between 1 and 100000 a minute", field="per_minute")
    for name in ("comment", "public_comment"):
        if len(getattr(line, name)) > MOST_COMMENT:
            raise Invalid(f"At most {MOST_COMMENT} characters", field=name)
    return replace(line, domain=cleaned(line.domain, here))


def cuts(tx: Tx, wanted: Mapping[str, Severity | None]) -> dict[str, Cut]:
    """{domain: the follows its decision would end}, of those decisions that would end any."""
    before = policies.all_policies(tx)
    after = _with(before, wanted)
    found: dict[str, Cut] = {}
    for host, cut in _follows_by_host(tx).items():
        if _newly_blocked(before, after, host) and (decides := policies.deciding(after, host)) is not None:
            found[decides.domain] = found.get(decides.domain, Cut()) + cut
    return found


def decide_domains(tx: Tx, request: DecideDomains, here: Here) -> Done[Cut]:
    """Take all the lines, or none. The value: the follows that ended. Raises Invalid, NotAllowed."""
    must_run_server(request.by)
    by = actors.by_id(tx, request.by.actor_id)
    if by is None:
        raise NotFound("nobody decides")
    return _decide(tx, request.lines, by.iri, request.list_id, here)


def apply_list(tx: Tx, lines: Iterable[Line], by_iri: str, list_id: int, here: Here) -> Done[Cut]:
    """What a list asks for, on its own: see `subscriptions`."""
    return _decide(tx, tuple(lines), by_iri, list_id, here)


def _decide(tx: Tx, wanted: tuple[Line, ...], by_iri: str, list_id: int | None, here: Here) -> Done[Cut]:
    if len(wanted) > MOST_AT_ONCE:
        raise Invalid(f"At most {MOST_AT_ONCE} lines at once", field="file")
    lines = [checked(line, here) for line in wanted]
    before = policies.all_policies(tx)
    after = _with(before, {line.domain: line.severity for line in lines})
    hosts = [host for host in _known_hosts(tx) if _newly_blocked(before, after, host)]
    for line in lines:
        _keep(tx, line, before.get(line.domain), by_iri, list_id, here)
    cut, effects = _parted(tx, hosts, here)
    _cancelled(tx, hosts, here)
    _without_media(tx, [line.domain for line in lines if line.reject_media and line.severity is not None])
    return Done(cut, tuple(effects))


def block_domain(tx: Tx, request: BlockDomain, here: Here) -> Done[str]:
    """Nothing more comes from a server or goes to it. Returns the name as it is kept."""
    line = Line(request.domain, "block", comment=request.reason[:MOST_COMMENT])
    done = decide_domains(tx, DecideDomains(request.by, (line,)), here)
    return Done(cleaned(request.domain, here), done.effects)


def _keep(tx: Tx, line: Line, known: Policy | None, by_iri: str, list_id: int | None, here: Here) -> None:
    severity = line.severity
    if severity is None:
        if policies.drop(tx, line.domain):
            log.add(
                tx,
                here,
                group_id=None,
                by_iri=by_iri,
                action="domain_lift",
                subject_iri=known.shown_as if known else line.domain,
            )
        return
    if known is not None and not line.whole:
        line = replace(line, comment=known.comment, largest=known.largest, per_minute=known.per_minute)
    new = Policy(
        line.domain,
        severity,
        line.reject_media,
        line.reject_reports,
        line.obfuscate,
        line.comment,
        line.public_comment,
        list_id,
        line.largest,
        line.per_minute,
        known.created_at if known is not None else here.now,
    )
    if known == new:
        return
    policies.keep(tx, new)
    if known is None or known.severity != new.severity:
        log.add(
            tx,
            here,
            group_id=None,
            by_iri=by_iri,
            action=f"domain_{severity}",
            subject_iri=new.shown_as,
            reason=line.public_comment,
        )


def _with(before: Mapping[str, Policy], wanted: Mapping[str, Severity | None]) -> dict[str, Policy]:
    """The policies as they would be."""
    after = {name: each for name, each in before.items() if wanted.get(name, each.severity) is not None}
    for name, severity in wanted.items():
        if severity is not None:
            known = before.get(name)
            after[name] = (
                replace(known, severity=severity)
                if known is not None
                else Policy(name, severity, False, False, False, "", "", None, None, None, _NEVER)
            )
    return after


def _newly_blocked(before: Mapping[str, Policy], after: Mapping[str, Policy], host: str) -> bool:
    was, will = policies.deciding(before, host), policies.deciding(after, host)
    return (will is not None and will.severity == "block") and (was is None or was.severity != "block")


def _known_hosts(tx: Tx) -> list[str]:
    return list(tx.execute(select(actor.c.host).where(~actor.c.local).distinct()).scalars())


def _follows_by_host(tx: Tx) -> dict[str, Cut]:
    """Of each other server: who here follows there, and who there follows here."""
    found: dict[str, Cut] = {}
    here_side = actor.alias("here_side")
    for remote, local, step in (
        (follow.c.target_id, follow.c.follower_id, Cut(ours=1)),
        (follow.c.follower_id, follow.c.target_id, Cut(theirs=1)),
    ):
        query = (
            select(actor.c.host)
            .select_from(follow)
            .join(actor, actor.c.id == remote)
            .join(here_side, here_side.c.id == local)
            .where(~actor.c.local, here_side.c.local, follow.c.state != "rejected")
        )
        for host in tx.execute(query).scalars():
            found[host] = found.get(host, Cut()) + step
    return found


def _parted(tx: Tx, hosts: list[str], here: Here) -> tuple[Cut, list[Effect]]:
    """End every follow between people here and people there; both sides are told."""
    if not hosts:
        return Cut(), []
    there = select(actor.c.id).where(among(actor.c.host, "hosts"), ~actor.c.local)
    query = select(follow.c.follower_id, follow.c.target_id).where(
        or_(follow.c.follower_id.in_(there), follow.c.target_id.in_(there))
    )
    pairs = [(row[0], row[1]) for row in tx.execute(query, {"hosts": hosts})]
    people = actors.by_ids(tx, {each for pair in pairs for each in pair})
    cut, effects = Cut(), list[Effect]()
    for pair in pairs:
        follower, target = people[pair[0]], people[pair[1]]
        if follower.local == target.local:
            continue
        for made in end_between(tx, *pair):
            one, other = people[made.follower_id], people[made.target_id]
            if one.local:
                cut += Cut(ours=1)
                audience = Audience(actor_ids=(other.id,), parting=True)
                effects.append(Deliver(one.id, wire.undo(made, one, other, here), audience, made.iri))
            else:
                cut += Cut(theirs=1)
                told = answer_to("Reject", made, one, other, here)
                effects.append(replace(told, audience=replace(told.audience, parting=True)))
    return cut, effects


def _cancelled(tx: Tx, hosts: list[str], here: Here) -> None:
    """What still waits for them is sent no more."""
    if hosts:
        values = {"state": "failed", "last_error": "blocked here", "done_at": here.now}
        waiting = update(delivery).where(among(delivery.c.host, "hosts"), delivery.c.state == "waiting")
        tx.execute(waiting.values(**values), {"hosts": hosts})


def _without_media(tx: Tx, domains: list[str]) -> None:
    """Pictures of theirs that we have the addresses of are forgotten."""
    for domain in domains:
        theirs = (
            select(actor.c.id)
            .where(or_(actor.c.host == domain, actor.c.host.endswith(f".{domain}", autoescape=True)), ~actor.c.local)
            .scalar_subquery()
        )
        tx.execute(update(post).where(post.c.actor_id.in_(theirs)).values(attachments=[]))
        tx.execute(update(actor).where(actor.c.id.in_(theirs)).values(icon=None, header=None))


def unlisted(known: Mapping[str, Policy]) -> dict[str, Policy]:
    """Without the one that stands for everyone else."""
    return {name: each for name, each in known.items() if name != EVERYONE_ELSE}
